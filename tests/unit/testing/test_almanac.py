"""The rehearsal's own idea of collection days: by hand where it matters, and equal to what is laid out elsewhere."""

from datetime import date, timedelta

import pytest

from govline.calendar.garbage.centers import Closure
from govline.calendar.garbage.editions import Book, Edition, PlainArea
from govline.calendar.garbage.plan import DayChange
from govline.calendar.garbage.rules import Rule
from govline.testing.rehearsal.almanac import Almanac

FIRST, LAST = date(2026, 12, 1), date(2027, 11, 30)
CLOSED = (
    Closure("北", date(2026, 12, 29), date(2027, 1, 3)),
    Closure("北", date(2027, 5, 3), date(2027, 5, 5)),
)


def edition(cell, *, changes=(), starts=None, ends=None, closures=CLOSED):
    return Edition(
        ("ごみ",), [PlainArea("東町", "", "北", [("ごみ", cell)])], closures, changes, starts, ends
    )


def days(book):
    return sorted(Almanac(book, FIRST, LAST).days("東町"))


def laid(book):
    return sorted({day for cell in book.lay_out(FIRST, LAST) for day in cell.laid.days})


def test_a_closed_day_is_dropped_or_pushes_the_rest_of_its_month():
    dropped = days(Book(edition("月")))
    assert date(2027, 5, 3) not in dropped
    assert date(2027, 5, 10) in dropped
    pushed = [day for day in days(Book(edition("月1 月3"), closing="shift")) if day.month == 5]
    assert pushed == [date(2027, 5, 10), date(2027, 5, 17)], "each term on its own, as in 5374.jp"
    fifth = [day for day in days(Book(edition("月"), closing="shift")) if day.month == 5]
    assert fifth == [date(2027, 5, day) for day in (10, 17, 24, 31)], "the last one leaves the month"


def test_a_date_in_the_cell_stands_though_its_centre_is_closed():
    assert date(2026, 12, 30) in days(Book(edition("月 20261230")))


def test_for_a_while_goes_before_for_good():
    staged = (
        edition("水", starts=date(2027, 1, 1)),
        edition("木", starts=date(2027, 1, 1), ends=date(2027, 1, 31)),
    )
    found = days(Book(edition("月"), staged))
    assert {day.weekday() for day in found if day.year == 2026} == {0}
    assert {day.weekday() for day in found if day.month == 1} == {3}
    assert {day.weekday() for day in found if date(2027, 2, 1) <= day} == {2}


def test_exceptions_win():
    changes = [
        DayChange(date(2026, 12, 7), "cancelled"),
        DayChange(date(2026, 12, 14), "moved", "東町", "ごみ", date(2027, 1, 20)),
        DayChange(date(2026, 12, 18), "extra", "", "ごみ"),
        DayChange(date(2026, 12, 15), "moved", "", "", date(2026, 12, 16)),
    ]
    book = Book(edition("月", changes=changes))
    found = days(book)
    assert date(2026, 12, 7) not in found
    assert date(2026, 12, 14) not in found
    assert {date(2027, 1, 20), date(2026, 12, 18)} <= set(found)
    assert date(2026, 12, 16) not in found, "nothing is collected on the day that it would move"
    offs = [(off.day, off.moved_to) for off in Almanac(book, FIRST, LAST).offs("東町")]
    assert offs[:2] == [(date(2026, 12, 7), None), (date(2026, 12, 14), date(2027, 1, 20))]


CHANGES = [
    DayChange(date(2026, 12, 24), "moved", "", "", date(2026, 12, 26)),
    DayChange(date(2027, 3, 31), "moved", "", "", date(2027, 4, 2)),
    DayChange(date(2027, 8, 11), "cancelled", "東町"),
]


@pytest.mark.parametrize("closing", ["drop", "shift"])
@pytest.mark.parametrize(
    "cell", ["月 木", "水1 水3", "金5", "隔水20260107", "水:12 1 3 4 8", "火2 20261230 水"]
)
def test_it_agrees_with_what_is_laid_out(cell, closing):
    later = edition("木 水1", starts=date(2027, 4, 1), changes=CHANGES)
    january = edition("火", starts=date(2027, 1, 4), ends=date(2027, 1, 31), closures=())
    book = Book(edition(cell, changes=CHANGES), (later, january), closing)
    assert days(book) == laid(book)
    changed = {day: to for each in book.lay_out(FIRST, LAST) for day, to in each.laid.changed}
    offs = {off.day: off.moved_to for off in Almanac(book, FIRST, LAST).offs("東町")}
    assert offs == {day: to for day, to in changed.items() if day not in days(book)}
    assert max(days(book)) > LAST - timedelta(days=40)


@pytest.mark.parametrize(
    "cell", ["月 木", "水1 水3", "水5", "最終金曜日", "隔水20261202", "e3w20261204", "水2:4 5 12", "20261215 20270119", "毎週火曜日(8月を除く)"]
)  # fmt: skip
def test_it_asks_each_day_and_finds_what_the_arithmetic_finds(cell):
    rule = Rule.parse(cell)
    first, last = date(2026, 12, 1), date(2027, 11, 30)
    book = Book(Edition(["燃やすごみ"], [PlainArea("東町", "", "", [("燃やすごみ", cell)])]))
    assert Almanac(book, first, last).by_kind("東町") == {"燃やすごみ": rule.between(first, last)}
