"""Bulky waste: which days can still be applied for, counted in days on which the office is open."""

from datetime import date

import pytest

from govline.calendar.garbage.model import CollectionDay
from govline.calendar.garbage.pickups import Bulky, Pickup, pickups

DAYS = [
    CollectionDay(date(2026, 12, 10), ("燃やすごみ", "粗大ごみ")),
    CollectionDay(date(2026, 12, 11), ("燃やすごみ",)),
    CollectionDay(date(2027, 1, 14), ("粗大ごみ", "大型ごみ")),
    CollectionDay(date(2027, 2, 11), ("粗大ごみ",)),
]


@pytest.mark.parametrize(
    ("today", "first", "apply_by"),
    [
        (date(2026, 12, 3), date(2026, 12, 10), date(2026, 12, 3)),
        (date(2026, 12, 4), date(2027, 1, 14), date(2027, 1, 6)),  # 11 January is a holiday
        (date(2027, 1, 6), date(2027, 1, 14), date(2027, 1, 6)),
        (date(2027, 1, 7), date(2027, 2, 11), date(2027, 2, 4)),
    ],
)
def test_a_day_is_offered_until_its_deadline(today, first, apply_by):
    found = pickups(DAYS, Bulky(apply_before=5), today, most=3)
    assert (found[0].day, found[0].apply_by) == (first, apply_by)
    assert pickups(DAYS, Bulky(apply_before=5), today, most=1) == found[:1]


def test_without_a_deadline_the_day_itself_counts():
    today = date(2026, 12, 10)
    assert pickups(DAYS, Bulky(), today, most=1) == [Pickup(today, ["粗大ごみ"])]


def test_a_town_names_its_kinds():
    bulky = Bulky(kinds=["大型ごみ"])
    assert pickups(DAYS, bulky, date(2026, 12, 1), most=3) == [Pickup(date(2027, 1, 14), ["大型ごみ"])]
