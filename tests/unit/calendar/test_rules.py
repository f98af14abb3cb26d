"""Pure rules: every reason at once, deadlines to the microsecond."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from govline.calendar import (
    Calendar,
    CitizenFacts,
    CutOff,
    Policy,
    SlotFacts,
    can_book,
    check,
    check_cancel,
    check_change,
)
from govline.calendar.rules import deadline, weekdays_only
from govline.core.holidays import HolidayCalendar
from govline.core.jst import JST
from govline.errors import InputError

START = datetime(2026, 11, 24, 10, tzinfo=JST)  # a Tuesday; the Monday before is a national holiday
NOW = datetime(2026, 11, 20, 9, tzinfo=JST)
FREE = SlotFacts(starts=START, capacity=5)
ME = CitizenFacts()


def codes(reasons):
    return [reason.code for reason in reasons]


def test_nothing_against_it():
    assert check(Policy(), FREE, ME, NOW) == []
    assert can_book(Policy(), FREE, ME, NOW)


def test_every_reason_at_once():
    policy = Policy(opens=NOW + timedelta(hours=1), closes=NOW, book=CutOff(days=30), max_party=2, limit=1)
    slot = SlotFacts(starts=START, capacity=2, booked=1, cancelled=True)
    reasons = check(policy, slot, CitizenFacts(party=3, in_slot=True, live=1), NOW)
    wanted = ["GL-2102", "GL-2104", "GL-2105", "GL-2106", "GL-2109", "GL-2103", "GL-2107", "GL-2108"]
    assert codes(reasons) == wanted
    verdict = can_book(policy, slot, CitizenFacts(party=3), NOW)
    assert not verdict
    assert verdict.text.count("\n") == 5
    assert all(reason.text.endswith("。") for reason in reasons)


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (CutOff(), START),
        (CutOff(hours=2), datetime(2026, 11, 24, 8, tzinfo=JST)),
        (CutOff(hours=0.5), datetime(2026, 11, 24, 9, 30, tzinfo=JST)),
        (CutOff(days=1), datetime(2026, 11, 24, tzinfo=JST)),
        (CutOff(days=1, at=time(17)), datetime(2026, 11, 23, 17, tzinfo=JST)),
        (CutOff(business_days=1, at=time(17)), datetime(2026, 11, 20, 17, tzinfo=JST)),
        (CutOff(business_days=2), datetime(2026, 11, 20, tzinfo=JST)),
    ],
)
def test_deadlines(cut, expected):
    official = HolidayCalendar.official()
    limit = deadline(cut, START, business_day=official.is_business_day)
    assert limit == expected
    before = limit - timedelta(microseconds=1)
    policy = Policy(book=cut, change=cut, cancel=cut)
    for now, refused in ((before, False), (limit, True)):
        found = check(policy, FREE, ME, now, business_day=official.is_business_day)
        assert bool(found) == refused
        assert bool(check_cancel(policy, FREE, now, business_day=official.is_business_day)) == refused


def test_without_holidays_the_monday_counts():
    limit = deadline(CutOff(business_days=1, at=time(17)), START, business_day=weekdays_only)
    assert limit.astimezone(JST).date() == date(2026, 11, 23)


def test_the_reception_opens_to_the_microsecond():
    opens = datetime(2026, 11, 20, 0, tzinfo=UTC)
    policy = Policy(opens=opens)
    (reason,) = check(policy, FREE, ME, opens - timedelta(microseconds=1))
    assert reason.text == "受付開始前です。受付は11月20日(金) 9:00からです。"
    assert reason.help["until"] == opens.isoformat()
    assert check(policy, FREE, ME, opens) == []


def test_a_rolling_window_opens_at_midnight_in_japan():
    policy = Policy(opens_days_before=4)
    midnight = datetime(2026, 11, 20, tzinfo=JST)
    assert codes(check(policy, FREE, ME, midnight - timedelta(microseconds=1))) == ["GL-2104"]
    assert check(policy, FREE, ME, midnight) == []


def test_free_places_are_told():
    slot = SlotFacts(starts=START, capacity=5, booked=3)
    (reason,) = check(Policy(), slot, CitizenFacts(party=3), NOW)
    assert (reason.text, reason.help["remaining"]) == ("残りは2名分です。", 2)
    assert SlotFacts(starts=START, capacity=1, booked=3).free == 0


def test_a_change_ignores_the_limit_but_not_its_own_cut_off():
    policy = Policy(limit=1, change=CutOff(days=1))
    later = SlotFacts(starts=START + timedelta(days=7), capacity=1)
    assert check_change(policy, FREE, later, CitizenFacts(live=1), NOW) == []
    assert codes(check_change(policy, FREE, later, ME, START)) == ["GL-2106"]


def test_a_slot_that_began_takes_nobody():
    assert codes(check(Policy(), FREE, ME, START)) == ["GL-2110"]
    assert codes(check_cancel(Policy(), FREE, START)) == ["GL-2106"]


def test_cut_offs_have_one_unit():
    with pytest.raises(InputError, match="GL-2011"):
        CutOff(hours=1, days=1)
    with pytest.raises(InputError, match="GL-2011"):
        CutOff(hours=-1)


def naive_cut_off(day, business_days, holidays):
    """Walk back one day after another; the year-end closure is every town hall's (地方自治法4条の2)."""
    while business_days:
        day -= timedelta(days=1)
        closed = day.weekday() >= 5 or day in holidays or (day.month, day.day) in YEAR_END
        business_days -= not closed
    return day


YEAR_END = {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}


def test_business_days_are_those_of_a_town_hall(data_folder):
    """Against the Cabinet Office's own file, for every day of two years."""
    lines = (data_folder / "holidays" / "syukujitsu.csv").read_text("cp932").splitlines()[1:]
    holidays = {date(*map(int, line.split(",")[0].split("/"))) for line in lines}
    open_on = Calendar().business_day
    for n in range(700):
        day = date(2025, 12, 20) + timedelta(days=n)
        starts = datetime.combine(day, time(10), JST)
        for number in (1, 3, 5):
            cut = CutOff(business_days=number, at=time(17))
            expected = datetime.combine(naive_cut_off(day, number, holidays), time(17), JST)
            assert deadline(cut, starts, business_day=open_on) == expected
