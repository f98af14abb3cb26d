"""The pure decisions: drift, quiet hours, refusals, the hash that an approval is bound to."""

from datetime import UTC, datetime, time, timedelta

import pytest

from govline.delivery.rules import (
    Caps,
    Drift,
    Quiet,
    Rules,
    SendFacts,
    approval_refusals,
    content_digest,
    over_send_cap,
    send_refusals,
)

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)  # 23:30 in Japan


@pytest.mark.parametrize(
    ("expected", "found", "held"),
    [
        (100, 105, False),
        (100, 106, True),
        (100, 94, True),
        (10, 15, False),
        (10, 16, True),
        (1000, 1100, False),
        (0, 5, False),
    ],
)
def test_the_larger_of_share_and_number_is_allowed(expected, found, held):
    assert Drift(share=0.1 if expected == 1000 else 0.05, number=5).exceeded(expected, found) == held


@pytest.mark.parametrize(
    ("start", "end", "until"),
    [
        (time(21), time(8), datetime(2026, 11, 20, 23, tzinfo=UTC)),
        (time(23), time(23, 45), datetime(2026, 11, 20, 14, 45, tzinfo=UTC)),
        (time(8), time(21), None),
        (time(0), time(0), None),
        (time(23, 30), time(23, 30), None),
    ],
)
def test_quiet_hours_may_span_midnight_and_end_on_time(start, end, until):
    quiet = Quiet(start, end)
    assert quiet.until(NOW) == until
    assert Quiet.from_json(quiet.to_json()) == quiet
    if until is not None:
        assert quiet.until(until) is None
        assert quiet.until(until - timedelta(microseconds=1)) == until


def test_quiet_hours_agree_with_the_store_s():
    from govline.store.policies import QuietHours

    for hour in range(24):
        for start, end in ((21, 8), (8, 21), (3, 3), (0, 5)):
            now = NOW + timedelta(hours=hour)
            assert Quiet(time(start), time(end)).until(now) == QuietHours(time(start), time(end)).until(now)


def test_every_reason_against_a_send_comes_at_once_and_an_emergency_passes_the_caps_only():
    rules = Rules(caps=Caps(per_send=10, source_per_hour=1, source_per_day=5))
    facts = SendFacts(now=NOW, digest="a", approved="b", expected=11, expires=NOW, started=(1, 5))
    assert [reason.code for reason in send_refusals(rules, facts)] == [
        "GL-1061",
        "GL-1068",
        "GL-1063",
        "GL-1064",
        "GL-1064",
    ]
    urgent = SendFacts(now=NOW, digest="a", approved="", expected=11, started=(1, 5), emergency=True)
    assert [reason.code for reason in send_refusals(rules, urgent)] == ["GL-1062"]
    fine = SendFacts(now=NOW, digest="a", approved="a", expected=10, started=(0, 4))
    assert send_refusals(rules, fine) == ()


def test_a_second_person_who_saw_it_approves():
    makers = frozenset({"staff:tanaka", "staff:suzuki"})
    terms = {"staff": True, "makers": makers, "seen": "h", "digest": "h"}
    assert approval_refusals(actor="staff:sato", **terms) == ()
    for actor in makers:
        assert [reason.code for reason in approval_refusals(actor=actor, **terms)] == ["GL-1060"]
    found = approval_refusals(actor="system:govline", staff=False, makers=makers, seen="x", digest="h")
    assert [reason.code for reason in found] == ["GL-1060", "GL-1061"]


def test_the_hash_is_of_the_content_and_not_of_its_order():
    one = {"messages": [{"type": "text", "text": "あ"}], "unit": None, "selection": {"by": "everybody"}}
    assert content_digest(one) == content_digest(dict(reversed(one.items())))
    assert content_digest(one) != content_digest({**one, "unit": "u"})


def test_caps_and_drift_take_no_nonsense():
    for wrong in ({"per_send": 0}, {"citizen_per_day": -1}):
        with pytest.raises(ValueError, match="must be"):
            Caps(**wrong)
    with pytest.raises(ValueError, match="must be"):
        Drift(share=1.5)
    assert over_send_cap(Caps(per_send=1), 2, emergency=True) == ()
