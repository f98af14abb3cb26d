"""Recurrences of campaigns: days, months, business days, ends."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govline.core.holidays import HolidayCalendar
from govline.core.jst import JST, to_jst
from govline.delivery import Recurrence
from govline.errors import InputError

NINE = time(9)
OPEN = HolidayCalendar.official().with_year_end().is_business_day


def following(rule, start, count):
    """The next days in Japan after noon of `start`."""
    moment, days = datetime.combine(start, time(12), JST).astimezone(UTC), []
    for _ in range(count):
        moment = rule.next_after(moment, OPEN)
        if moment is None:
            return [*days, None]
        days.append(to_jst(moment).date().isoformat())
    return days


@pytest.mark.parametrize(
    ("rule", "start", "days"),
    [
        (Recurrence(NINE), date(2026, 12, 30), ["2026-12-31", "2027-01-01"]),
        (Recurrence(NINE, shift="skip"), date(2026, 12, 28), ["2027-01-04", "2027-01-05"]),
        (Recurrence(NINE, weekdays=[2], nth=[2, 4]), date(2026, 11, 1), ["2026-11-11", "2026-11-25", "2026-12-09"]),
        (Recurrence(NINE, weekdays=[0], nth=[5]), date(2026, 11, 1), ["2026-11-30", "2027-03-29"]),
        (Recurrence(NINE, weekdays=[4], nth=[-1]), date(2026, 11, 1), ["2026-11-27", "2026-12-25"]),
        (Recurrence(NINE, days=[31]), date(2026, 11, 1), ["2026-12-31", "2027-01-31", "2027-03-31"]),
        (Recurrence(NINE, days=[-1]), date(2028, 2, 1), ["2028-02-29", "2028-03-31"]),
        (Recurrence(NINE, days=[29]), date(2027, 2, 1), ["2027-03-29"]),
        (Recurrence(NINE, days=[-1], shift="before"), date(2026, 12, 1), ["2026-12-28", "2027-01-29"]),
        (Recurrence(NINE, days=[1], shift="after"), date(2026, 12, 2), ["2027-01-04", "2027-02-01"]),
        (Recurrence(NINE, days=[3, 4, 5], shift="after"), date(2026, 5, 1), ["2026-05-07", "2026-06-03"]),
        (Recurrence(NINE, ends=date(2026, 11, 3)), date(2026, 11, 1), ["2026-11-02", "2026-11-03", None]),
    ],
    ids=str,
)  # fmt: skip
def test_the_days_of_a_rule(rule, start, days):
    assert following(rule, start, len(days)) == days
    assert Recurrence.from_json(rule.to_json()) == rule


@pytest.mark.parametrize(
    "wrong",
    [{"weekdays": [7]}, {"days": [0]}, {"days": [32]}, {"nth": [1]}, {"weekdays": [1], "nth": [6]},
     {"weekdays": [1], "days": [1]}, {"shift": "later"}],
)  # fmt: skip
def test_what_falls_on_no_day_is_refused(wrong):
    with pytest.raises(InputError, match="GL-1089"):
        Recurrence(NINE, **wrong)


@given(
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    st.lists(st.integers(1, 31), max_size=3),
    st.sampled_from(["skip", "before", "after"]),
)
def test_it_always_goes_on_and_never_on_a_closed_day(start, days, shift):
    rule = Recurrence(NINE, days=days, shift=shift)
    moment = datetime.combine(start, time(9), JST)
    coming = rule.next_after(moment, OPEN)
    assert coming is not None or days == [29] or shift == "skip"
    if coming is not None:
        assert coming > moment
        assert OPEN(to_jst(coming).date())
        assert to_jst(coming).time() == NINE
        assert rule.next_after(coming - timedelta(microseconds=1), OPEN) == coming
