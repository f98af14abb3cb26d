"""Reception windows: each class at its own instant, to the millisecond, over months, fiscal years and leap days."""

from datetime import UTC, datetime, time, timedelta

import pytest

from govline.calendar import CitizenFacts, Policy, SlotFacts, check
from govline.calendar.reception import opening
from govline.calendar.terms import Ages, Group, MonthBefore, Voucher, Who, Window
from govline.core.jst import JST

START = datetime(2026, 12, 15, 10, tzinfo=JST)
SLOT = SlotFacts(starts=START, capacity=5)
OLD, YOUNG = {"birth_date": "1950-04-02"}, {"birth_date": "1990-04-02"}
ALL = datetime(2026, 12, 10, 9, tzinfo=JST)
EARLY = datetime(2026, 12, 1, 9, tzinfo=JST)
TICK = timedelta(milliseconds=1)
STAGED = Policy(opens=ALL, windows=[Window("75歳以上", Who(ages=Ages(75)), opens=EARLY)])


def codes(policy, citizen, now, slot=SLOT):
    return [reason.code for reason in check(policy, slot, citizen, now)]


@pytest.mark.parametrize(
    ("citizen", "now", "expected"),
    [
        (OLD, EARLY - TICK, ["GL-2104"]),
        (OLD, EARLY, []),
        (OLD, EARLY + TICK, []),
        (YOUNG, EARLY, ["GL-2104"]),
        (YOUNG, ALL - TICK, ["GL-2104"]),
        (YOUNG, ALL, []),
        (YOUNG, ALL + TICK, []),
        ({}, ALL, []),
    ],
)
def test_a_class_opens_at_its_own_instant_and_everybody_at_theirs(citizen, now, expected):
    assert codes(STAGED, CitizenFacts(attributes=citizen), now) == expected


def test_a_refusal_names_the_citizens_own_opening():
    reason = check(STAGED, SLOT, CitizenFacts(attributes=OLD), EARLY - TICK)[0]
    assert reason.help == {"until": EARLY.isoformat()}
    assert "12月1日(火) 9:00" in reason.text
    other = check(STAGED, SLOT, CitizenFacts(attributes=YOUNG), EARLY)[0]
    assert other.help == {"until": ALL.isoformat()}


def test_without_an_opening_for_all_only_the_classes_may_book():
    policy = Policy(windows=[Window("第1回発送", Who(cohorts={"A"}), opens=EARLY, closes=ALL)])
    of_a, of_b = CitizenFacts(voucher=Voucher("v", "A")), CitizenFacts(voucher=Voucher("v", "B"))
    assert codes(policy, of_a, EARLY) == []
    refused = check(policy, SLOT, of_b, EARLY)
    assert [reason.code for reason in refused] == ["GL-2116"]
    assert refused[0].help["windows"] == ["第1回発送"]
    assert codes(policy, of_a, ALL - TICK) == []
    assert codes(policy, of_a, ALL) == ["GL-2105"]
    assert codes(policy, CitizenFacts(person=False), EARLY) == []


def test_the_last_window_that_is_open_counts():
    first = Window("登録団体", Who(groups={"優先"}), opens=EARLY, closes=EARLY + timedelta(days=1))
    second = Window("市民", opens=ALL)
    policy = Policy(windows=[first, second])
    group = CitizenFacts(group=Group("g", "優先"))
    assert codes(policy, group, EARLY) == []
    assert codes(policy, group, EARLY + timedelta(days=1)) == ["GL-2104"]
    assert codes(policy, group, ALL) == []
    assert codes(policy, CitizenFacts(), EARLY) == ["GL-2104"]


@pytest.mark.parametrize(
    ("rule", "starts", "expected"),
    [
        (MonthBefore(2, 5, time(12)), datetime(2027, 1, 31, 9, tzinfo=JST), (2026, 11, 5, 12)),
        (MonthBefore(2, 5, time(12)), datetime(2027, 2, 1, 0, tzinfo=JST), (2026, 12, 5, 12)),
        (MonthBefore(1, 31), datetime(2028, 3, 10, tzinfo=JST), (2028, 2, 29, 0)),
        (MonthBefore(1, 31), datetime(2027, 3, 10, tzinfo=JST), (2027, 2, 28, 0)),
        (MonthBefore(12, 1), datetime(2027, 4, 1, tzinfo=JST), (2026, 4, 1, 0)),
        (MonthBefore(0, 1, time(9)), datetime(2027, 1, 5, tzinfo=JST), (2027, 1, 1, 9)),
        # 15:30 UTC on 31 January is 1 February in Japan
        (MonthBefore(1, 1), datetime(2027, 1, 31, 15, 30, tzinfo=UTC), (2027, 1, 1, 0)),
    ],
)
def test_the_slots_of_a_month_open_on_one_day(rule, starts, expected):
    slot = SlotFacts(starts=starts, capacity=1)
    assert opening(Policy(opens_month=rule), slot) == datetime(*expected, tzinfo=JST)


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        (datetime(2028, 3, 1, 0, tzinfo=JST), datetime(2028, 2, 29, 9, tzinfo=JST)),
        (datetime(2027, 3, 1, 0, tzinfo=JST), datetime(2027, 2, 28, 9, tzinfo=JST)),
        (datetime(2027, 2, 28, 15, tzinfo=UTC), datetime(2027, 2, 28, 9, tzinfo=JST)),
        (datetime(2027, 2, 28, 14, 59, 59, tzinfo=UTC), datetime(2027, 2, 27, 9, tzinfo=JST)),
    ],
)
def test_days_before_are_days_in_japan(starts, expected):
    policy = Policy(opens_days_before=1, opens_at=time(9))
    slot = SlotFacts(starts=starts, capacity=1)
    assert opening(policy, slot) == expected
    assert codes(policy, CitizenFacts(), expected - TICK, slot) == ["GL-2104"]
    assert codes(policy, CitizenFacts(), expected, slot) == []


def test_the_latest_of_several_openings_counts():
    policy = Policy(opens=EARLY, opens_days_before=3, opens_at=time(12))
    assert opening(policy, SLOT) == datetime(2026, 12, 12, 12, tzinfo=JST)
