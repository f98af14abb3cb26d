"""Rooms under new names: who has booked a room keeps that room, and one that cannot be renamed holds up no other."""

from datetime import UTC, datetime, timedelta

import pytest

from govline.calendar.model import Slot, SlotRule
from govline.calendar.renaming import asked_renamings, new_names

NINE = datetime(2026, 12, 1, tzinfo=UTC)


def rooms(names, booked=""):
    return [
        Slot(
            id=name.lower(),
            programme="p",
            starts=NINE,
            ends=NINE + timedelta(hours=1),
            capacity=1,
            name=name,
            booked=int(name in booked),
        )
        for name in names
    ]


@pytest.mark.parametrize("order", ["ABCD", "DCBA", "BADC"])
@pytest.mark.parametrize(
    ("standing", "booked", "asked", "named"),
    [
        ("AB", "A", {"A": "B"}, {"a": "B", "b": "A"}),  # the empty room takes the old name in return
        ("AB", "B", {"A": "B"}, {}),  # beside a booked one everything stays
        ("AB", "AB", {"A": "B", "B": "A"}, {"a": "B", "b": "A"}),
        ("AB", "", {"A": "B", "B": "C"}, {"a": "B", "b": "C"}),  # a name that is passed on is free
        ("ABC", "B", {"A": "B", "C": "D"}, {"c": "D"}),  # what cannot be renamed holds up no other
        ("ABCD", "C", {"A": "B", "B": "C", "D": "A"}, {}),  # nor is one name given twice
        ("AB", "", {"C": "A"}, {}),
    ],
)
def test_who_is_called_what(order, standing, booked, asked, named):
    slots = rooms([name for name in order if name in standing], booked)
    assert new_names(slots, asked) == named


def test_each_time_is_renamed_by_itself():
    (a,), (b,) = rooms("A"), rooms("B", "B")
    later = Slot(id="b2", programme="p", starts=NINE + timedelta(hours=1), ends=b.ends, capacity=1, name="B")
    assert new_names([a, later], {"A": "B"}) == {"a": "B"}


def test_the_same_names_are_asked_for_in_the_same_order():
    rules = [SlotRule((), 1, (), name=f"新{n}", was=(f"旧{n}",)) for n in range(9, 0, -1)]
    own = SlotRule((), 1, (), name="A", was=("A",))
    assert asked_renamings([*rules, own]) == [(f"旧{n}", f"新{n}") for n in range(1, 10)]
