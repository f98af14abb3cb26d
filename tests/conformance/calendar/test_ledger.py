"""Rows and counters in step: a move or a placing that does not happen leaves everything as it was, whyever it does not."""

from datetime import date, time, timedelta

import pytest
from attrs import evolve

from govline.calendar import Booking, Calendar, Policy, Programme, SlotRule, ledger
from govline.calendar.desk import new_booking
from govline.calendar.model import BookingState, PoolRule

DAY = date(2026, 12, 1)


@pytest.fixture
def town(any_db):
    """Two mornings of four places, and a supply of seven for each day."""
    rules = [SlotRule([(time(9), time(11))], 4, [(DAY, DAY + timedelta(days=1))])]
    pools = (PoolRule("supply", 3, "day"), PoolRule("all", 9))
    programme = Programme("p", policy=Policy(), rules=rules, pools=pools)
    calendar = Calendar([programme])
    any_db.run(lambda tx: calendar.lay_out(tx, "p"))
    return calendar, any_db.read(lambda tx: calendar.slots(tx, "p"))


def standing(db):
    tables = ("gl_calendar_slot", "gl_calendar_pool", "gl_calendar_booking", "gl_calendar_booking_draw")
    with db.begin() as tx:
        return [
            sorted(map(repr, tx.connection.exec_driver_sql(f"SELECT * FROM {table}").all()))
            for table in tables
        ]


def book(db, calendar, slot, who, party=1):
    return db.run(lambda tx: calendar.book(tx, slot.id, who, party=party, key=f"{who}:{slot.id}"))


def moves_to(db, calendar, booking, slot, places):
    def work(tx):
        to = calendar.slot(tx, slot.id)
        return ledger.move(tx, booking, to, places, places)

    return db.run(work)


@pytest.mark.parametrize(
    ("spoilt", "places", "said"),
    [("places", 4, "full"), ("pool", 2, "full"), ("person", 1, "twice"), ("party", 1, "gone"), ("state", 1, "gone")],
)  # fmt: skip
@pytest.mark.parametrize("turn", [1, -1])
def test_a_move_that_is_lost_leaves_everything_as_it_was(any_db, town, spoilt, turn, places, said):  # noqa: PLR0917 - a table
    calendar, (here, there) = town[0], town[1][::turn]
    mine = book(any_db, calendar, here, "a")
    if spoilt == "places":
        book(any_db, calendar, there, "b")
    elif spoilt == "pool":
        book(any_db, calendar, there, "b", 2)
    elif spoilt == "person":
        book(any_db, calendar, there, "a")
    elif spoilt == "party":
        mine = evolve(mine, party=2, places=2)
    else:
        mine = evolve(mine, state=BookingState.HELD)
    before = standing(any_db)
    assert moves_to(any_db, calendar, mine, there, places) == said
    assert standing(any_db) == before
    if said != "gone":
        assert any_db.read(calendar.reconcile) == []


@pytest.mark.parametrize(("who", "party", "said"), [("a", 1, "twice"), ("b", 3, "full"), ("b", 5, "full")])
def test_a_placing_that_is_lost_leaves_everything_as_it_was(any_db, town, who, party, said):
    calendar, (slot, _) = town
    book(any_db, calendar, slot, "a")
    before = standing(any_db)

    def work(tx):
        fresh = calendar.slot(tx, slot.id)
        booking = new_booking(tx, calendar.programme("p"), fresh, who, party, hold=False)
        return ledger.place(tx, fresh, booking)

    assert any_db.run(work) == said
    assert standing(any_db) == before


def test_only_what_is_still_as_it_was_read_ends(any_db, town):
    calendar, (slot, other) = town
    one, two = book(any_db, calendar, slot, "a"), book(any_db, calendar, slot, "b", 2)
    read = [
        evolve(one, state=BookingState.HELD),
        evolve(one, places=2),
        evolve(one, slot=other.id),
        evolve(one, id="nobody"),
        two,
    ]
    ended = any_db.run(lambda tx: ledger.end(tx, read, BookingState.CANCELLED))
    assert ended == [two]
    assert any_db.read(lambda tx: calendar.booking(tx, one.id)) == one
    assert any_db.read(calendar.reconcile) == []
    assert any_db.run(lambda tx: ledger.end(tx, [two], BookingState.CANCELLED)) == []
    assert any_db.read(calendar.reconcile) == []


def test_what_a_smaller_supply_cannot_hold_comes_back_all_the_same(any_db, town):
    """Staff reduce a supply below what is booked; whoever cancels gives their share back, though it is too much still."""
    calendar, (slot, _) = town
    one, two = book(any_db, calendar, slot, "a", 2), book(any_db, calendar, slot, "b")
    programme = calendar.programme("p")
    less = [evolve(rule, capacity=1) for rule in programme.pools]
    smaller = Calendar([evolve(programme, pools=less)])
    assert any_db.run(lambda tx: smaller.lay_out(tx, "p")).short
    for each in (two, one):
        assert any_db.run(lambda tx, b=each: smaller.cancel(tx, b.id, key=b.id)).state == "cancelled"
        assert any_db.read(smaller.reconcile) == []
    assert isinstance(book(any_db, smaller, slot, "c"), Booking)
