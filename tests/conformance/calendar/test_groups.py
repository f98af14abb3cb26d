"""Registered groups on both engines: asked for, decided once however many decide, told to their people, renewed and ended."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

import pytest
from sqlalchemy import bindparam, update

from govline.calendar import Calendar, Programme, Refused, SlotPlan
from govline.calendar._queries import terms as q
from govline.calendar._tables import groups
from govline.calendar.pricing import Fee, Tariff
from govline.core import Actor
from govline.errors import IndividualNumberRefused, InputError
from govline.store import Statement, languages
from govline.store.policies import QuietHours

CLERK = Actor("staff", "s-1", "counter")
START = datetime(2026, 12, 1, 1, tzinfo=UTC)
HALL = Programme("hall", tariff=Tariff([Fee(1_000, "hour")], reductions={"福祉": 50}))
YEAR_END = date(2027, 3, 31)


@pytest.fixture
def calendar():
    return Calendar([HALL], quiet=QuietHours(time(21), time(8)))


def ask(db, calendar, who="c1", label="手話の会", key=None):
    return db.run(lambda tx: calendar.groups.ask(tx, label, "福祉", who, key=key or f"{label}:{who}"))


def approve(db, calendar, group, *, rate=50, until=YEAR_END, **more):
    good = {"rate": rate, "until": until, "reason": "規約と名簿を確認", **more}
    return db.run(lambda tx: calendar.groups.approve(tx, group, **good), actor=CLERK)


def reject(db, calendar, group, **more):
    return db.run(lambda tx: calendar.groups.reject(tx, group, reason="名簿がない", **more), actor=CLERK)


def told(db):
    """What waits to be pushed: to whom, when, the words."""
    sql = "SELECT payload, due FROM gl_outbox WHERE topic = 'line.push' ORDER BY id"
    rows = db.read(lambda tx: tx.connection.exec_driver_sql(sql).all())
    found = [(payload if isinstance(payload, dict) else json.loads(payload), due) for payload, due in rows]
    return [(row["citizen"], due, row["messages"][0]["text"]) for row, due in found]


def codes(answer):
    return [reason.code for reason in answer.reasons]


def test_the_people_of_a_group_hear_of_the_decision_in_their_language(any_db, calendar, clock):
    clock.set(datetime(2026, 11, 20, 3, tzinfo=UTC))  # noon in Japan
    group = ask(any_db, calendar)
    for who in ("c2", "c3"):
        any_db.run(lambda tx, w=who: calendar.groups.add_member(tx, group, w), actor=CLERK)
    any_db.run(lambda tx: languages.choose(tx, "c2", "en"))
    any_db.run(lambda tx: languages.choose(tx, "c3", "ja-easy"))
    assert approve(any_db, calendar, group).state == "approved"
    words = {who: text for who, _, text in told(any_db)}
    assert words == {
        "c1": "【団体登録】登録を承認しました(2027年3月31日まで)。内容は団体登録の画面をご覧ください。",
        "c2": "[Group registration] Your group is registered until 31 Mar 2027. The page of groups shows how.",
        "c3": "【だんたいの とうろく】とうろくが できました。2027年3月31日までです。くわしくは がめんを みてください。",
    }
    assert all("手話" not in text for text in words.values()), "no names in a message"


def test_a_decision_of_the_evening_is_told_in_the_morning(any_db, calendar, clock):
    clock.set(datetime(2026, 11, 20, 13, tzinfo=UTC))  # 22:00
    group = ask(any_db, calendar)
    approve(any_db, calendar, group)
    ((_, due, _),) = told(any_db)
    assert due == int(datetime(2026, 11, 20, 23, tzinfo=UTC).timestamp()) * 1_000_000  # 8:00


def test_renewed_ended_and_registered_without_an_end_are_each_said_as_they_are(any_db, calendar, clock):
    group = ask(any_db, calendar)
    approve(any_db, calendar, group, until=None)
    clock.advance(timedelta(hours=1))
    approve(any_db, calendar, group, rate=30)
    clock.advance(timedelta(hours=1))
    approve(any_db, calendar, group, rate=30, until=None)
    clock.advance(timedelta(hours=1))
    assert reject(any_db, calendar, group).state == "rejected"
    other = ask(any_db, calendar, label="歌の会")
    reject(any_db, calendar, other)
    said = [text.removeprefix("【団体登録】").partition("。")[0] for _, _, text in told(any_db)]
    assert sorted(said) == sorted(
        [
            "登録を承認しました",
            "登録の内容が新しくなりました(2027年3月31日まで)",
            "登録の内容が新しくなりました",
            "団体の登録が終わりました",
            "今回は登録を承認できませんでした",
        ]
    )
    assert codes(reject(any_db, calendar, other)) == ["GL-2171"], "there is nothing left to reject"


def test_the_rate_of_the_approval_is_what_the_group_pays(any_db, calendar, clock):
    plan = SlotPlan(START, START + timedelta(hours=2), 9)
    any_db.run(lambda tx: calendar.add_slots(tx, "hall", [plan]))
    (slot,) = any_db.read(lambda tx: calendar.slots(tx, "hall"))
    cost = lambda: any_db.read(lambda tx: calendar.price(tx, slot.id, citizen="c1")).total  # noqa: E731
    group = ask(any_db, calendar)
    assert cost() == 2_000, "asked for is not approved"
    approve(any_db, calendar, group)
    assert cost() == 1_000
    clock.advance(timedelta(hours=1))
    approve(any_db, calendar, group, rate=100)
    assert cost() == 0
    any_db.run(lambda tx: calendar.groups.drop_member(tx, group, "c1"), actor=Actor("citizen", "c1", "web"))
    assert cost() == 2_000, "whoever left acts for it no longer"


def test_staff_may_approve_another_class_and_other_purposes_than_asked_for(any_db, calendar, clock):
    group = ask(any_db, calendar)
    approve(any_db, calendar, group, kind="文化", purposes=["発表", "稽古"])
    now = any_db.read(lambda tx: calendar.groups.get(tx, group))
    assert (now.kind, [*now.purposes]) == ("文化", ["発表", "稽古"])
    clock.advance(timedelta(hours=1))
    approve(any_db, calendar, group)
    now = any_db.read(lambda tx: calendar.groups.get(tx, group))
    assert (now.kind, [*now.purposes]) == ("文化", ["発表", "稽古"]), "renewed as it was"


def test_nobody_takes_another_out_of_a_group(any_db, calendar):
    group = ask(any_db, calendar)
    drop = lambda tx: calendar.groups.drop_member(tx, group, "c1")  # noqa: E731
    assert codes(any_db.run(drop, actor=Actor("citizen", "c2", "web"))) == ["GL-2161"]
    assert any_db.run(drop, actor=Actor("citizen", "c1", "web")) is True


def test_who_saw_it_before_somebody_else_decided_is_told_so(any_db, calendar, clock):
    group = ask(any_db, calendar)
    seen = any_db.read(lambda tx: calendar.groups.get(tx, group))
    clock.advance(timedelta(minutes=5))
    approved = approve(any_db, calendar, group, seen=seen)
    clock.advance(timedelta(minutes=5))
    assert codes(reject(any_db, calendar, group, seen=seen)) == ["GL-2171"]
    assert codes(approve(any_db, calendar, group, rate=100, seen=seen)) == ["GL-2171"]
    now = any_db.read(lambda tx: calendar.groups.get(tx, group))
    assert now == approved
    assert (now.state, now.rate) == ("approved", 50)
    assert len(told(any_db)) == 1


def raced(db, calendar, group):
    """An approval and a rejection by two clerks who looked at the same moment."""
    gate = Barrier(2)
    seen = db.read(lambda tx: calendar.groups.get(tx, group))

    def at_once(work):
        gate.wait()
        return work(db, calendar, group, seen=seen)

    with ThreadPoolExecutor(2) as clerks:
        return list(clerks.map(at_once, (approve, reject)))


def test_of_two_clerks_who_decide_at_once_one_decides(any_db, calendar, clock):
    for n in range(8):
        group = ask(any_db, calendar, who=f"c{n}")
        answers = raced(any_db, calendar, group)
        (won,) = [answer for answer in answers if not isinstance(answer, Refused)]
        (lost,) = [answer for answer in answers if isinstance(answer, Refused)]
        assert codes(lost) == ["GL-2171"]
        assert any_db.read(lambda tx, g=group: calendar.groups.get(tx, g)).state == won.state
        assert len([who for who, _, _ in told(any_db) if who == f"c{n}"]) == 1


def test_without_the_guard_both_would_have_decided(any_db, calendar, monkeypatch):
    careless = update(groups).where(groups.c.id == bindparam("group")).values(state=bindparam("now_is"))
    monkeypatch.setattr(q, "DECIDE", Statement("calendar.careless", careless))
    answers = raced(any_db, calendar, ask(any_db, calendar))
    assert not any(isinstance(answer, Refused) for answer in answers)


def test_three_may_wait_and_the_same_request_again_is_no_fourth(any_db, calendar):
    asked = [ask(any_db, calendar, label=f"会{n}") for n in range(3)]
    assert codes(ask(any_db, calendar, label="会3")) == ["GL-2172"]
    assert ask(any_db, calendar, label="会0") == asked[0]
    assert isinstance(ask(any_db, calendar, who="c2", label="会9"), str), "each for themselves"
    approve(any_db, calendar, asked[0])
    assert isinstance(ask(any_db, calendar, label="会4"), str)
    mine = any_db.read(lambda tx: calendar.groups.of_citizen(tx, "c1"))
    assert [(group.label, group.state) for group in mine] == [
        ("会0", "approved"),
        ("会1", "asked"),
        ("会2", "asked"),
        ("会4", "asked"),
    ]
    assert [group.label for group in any_db.read(calendar.groups.approved)] == ["会0"]


@pytest.mark.parametrize("label", [" ", "あ" * 61])
def test_a_group_has_a_name_that_fits(any_db, calendar, label):
    with pytest.raises(InputError, match="GL-2007"):
        ask(any_db, calendar, label=label)


def test_a_name_that_holds_an_individual_number_is_not_kept(any_db, calendar):
    with pytest.raises(IndividualNumberRefused):
        ask(any_db, calendar, label="123456789018")


def test_a_group_that_is_not_there_takes_nobody(any_db, calendar):
    with pytest.raises(InputError, match="GL-2007"):
        any_db.run(lambda tx: calendar.groups.add_member(tx, "nowhere", "c1"), actor=CLERK)


def test_what_only_an_erased_citizen_asked_for_is_gone_with_them(any_db, calendar):
    """The name of a group may be a person's: what waits for nobody waits no longer; what is registered stays."""
    alone, together, registered = (ask(any_db, calendar, label=label) for label in ("A", "B", "C"))
    any_db.run(lambda tx: calendar.groups.add_member(tx, together, "c2"), actor=CLERK)
    approve(any_db, calendar, registered)
    any_db.run(lambda tx: calendar.erase(tx, "c1"))
    left = [
        any_db.read(lambda tx, g=group: calendar.groups.get(tx, g)) for group in (alone, together, registered)
    ]
    assert [group and group.state for group in left] == [None, "asked", "approved"]
