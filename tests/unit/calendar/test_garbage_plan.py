"""Closures, exceptions, RRULE: from a rule to the days that hold."""

from datetime import date

import pytest

from govline.calendar.garbage import Rule, RuleError
from govline.calendar.garbage.plan import DayChange, lay_out

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
NEW_YEAR = [(date(2025, 12, 29), date(2026, 1, 3))]


def days(cell, *span, **given):
    return [day.day for day in lay_out(Rule.parse(cell), *(span or JANUARY), **given).days]


def test_closed_days_are_dropped():
    assert days("木", closed=NEW_YEAR) == [8, 15, 22, 29]
    two = [*NEW_YEAR, (date(2026, 1, 22), date(2026, 1, 22))]
    laid = lay_out(Rule.parse("木"), *JANUARY, closed=two)
    assert [day.day for day in laid.days] == [8, 15, 29]
    assert laid.changed == ((date(2026, 1, 1), None), (date(2026, 1, 22), None))


def test_closed_days_shift_with_the_rest_of_their_month():
    assert days("木1 木3", closed=NEW_YEAR) == [15]
    assert days("木1 木3", closed=NEW_YEAR, closing="shift") == [8, 15], (
        "each term by itself: only 木1 meets the closure"
    )
    laid = lay_out(Rule.parse("木1"), *JANUARY, closed=NEW_YEAR, closing="shift")
    assert laid.changed == ((date(2026, 1, 1), date(2026, 1, 8)),)


def test_a_shift_that_leaves_the_month_is_dropped():
    late = [(date(2026, 1, 29), date(2026, 1, 29))]
    assert days("木5", closed=late, closing="shift") == []
    assert days("木", closed=late, closing="shift") == [1, 8, 15, 22]


def test_a_shift_never_ends_on_a_closed_day():
    long = [(date(2026, 1, 1), date(2026, 1, 9))]
    assert days("木1", closed=long, closing="shift") == []


def test_a_shift_that_began_before_the_span_goes_on():
    week = (date(2026, 1, 5), date(2026, 1, 18))
    assert days("木1", *week, closed=NEW_YEAR, closing="shift") == [8]


def test_a_shift_ends_with_its_month_not_with_its_name():
    laid = lay_out(Rule.parse("木"), date(2026, 1, 1), date(2027, 1, 31), closed=NEW_YEAR, closing="shift")
    assert [day.day for day in laid.days if day.year == 2027] == [7, 14, 21, 28]
    assert [day.day for day in laid.days if (day.year, day.month) == (2026, 1)] == [8, 15, 22, 29]


def test_an_explicit_date_stands_in_a_closure():
    assert days("20260102 20260115", closed=NEW_YEAR) == [2, 15]
    assert days("木 20260102", closed=NEW_YEAR) == [2, 8, 15, 22, 29]


def change(day, action, to=None):
    return DayChange(date(2026, 1, day), action, moved_to=date(2026, 1, to) if to else None)


def test_exceptions_win():
    laid = lay_out(
        Rule.parse("木"), *JANUARY, closed=NEW_YEAR, changes=[change(1, "moved", 4), change(15, "cancelled")]
    )
    assert [day.day for day in laid.days] == [4, 8, 22, 29]
    assert laid.changed == ((date(2026, 1, 1), date(2026, 1, 4)), (date(2026, 1, 15), None))
    assert days("木", changes=[change(10, "extra")]) == [1, 8, 10, 15, 22, 29]


def test_a_move_reaches_only_who_is_collected_that_day():
    assert days("金", changes=[change(1, "moved", 4)]) == [2, 9, 16, 23, 30]


def test_a_move_out_of_the_span_and_into_it():
    tail = (date(2026, 1, 9), date(2026, 1, 31))
    assert days("木", *tail, changes=[change(8, "moved", 10), change(29, "cancelled")]) == [10, 15, 22]
    assert days("木", date(2026, 1, 1), date(2026, 1, 8), changes=[change(8, "moved", 10)]) == [1]


@pytest.mark.parametrize(
    ("cell", "rrules"),
    [
        ("月 木", ("FREQ=WEEKLY;BYDAY=MO,TH",)),
        ("水1 水3", ("FREQ=MONTHLY;BYDAY=1WE,3WE",)),
        ("水1:4 5 水2:6", ("FREQ=MONTHLY;BYDAY=1WE;BYMONTH=4,5", "FREQ=MONTHLY;BYDAY=2WE;BYMONTH=6")),
        ("隔水20260107", ("FREQ=WEEKLY;INTERVAL=2",)),
        ("火 金2", ("FREQ=WEEKLY;BYDAY=TU", "FREQ=MONTHLY;BYDAY=2FR")),
    ],
)
def test_rules_as_rrule(cell, rrules):
    assert Rule.parse(cell).to_rrule() == rrules


@pytest.mark.parametrize("cell", ["20260107", "月 20260107", "隔水20260107:4 5"])
def test_what_no_rrule_says(cell):
    with pytest.raises(RuleError):
        Rule.parse(cell).to_rrule()
