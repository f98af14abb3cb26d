"""The counter's codes after a new key, and arrivals that meet something else, on both engines."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Text, bindparam

from govline.calendar import Calendar, Programme, Refused, SlotPlan, arrivals
from govline.calendar._queries import arrivals as qa
from govline.calendar._tables import bookings
from govline.calendar.model import BookingState
from govline.core import Actor
from govline.store import Keyring, Statement

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
CLERK = Actor("staff", "s-1", "counter")


@pytest.fixture
def town(any_db, clock):
    calendar = Calendar([Programme("p")])
    any_db.run(lambda tx: calendar.add_slots(tx, "p", [SlotPlan(START, START + timedelta(hours=1), 5)]))
    (slot,) = any_db.read(lambda tx: calendar.slots(tx, "p"))
    booking = any_db.run(lambda tx: calendar.book(tx, slot.id, "c-1", key="k"))
    clock.set(START)
    return any_db, calendar, booking


def new_key(monkeypatch, *keys):
    """The town's keys from now on, newest first."""
    ring = Keyring.from_text(",".join(key.to_text() for key in keys))
    monkeypatch.setattr(arrivals, "keyring", lambda _: ring)


def test_a_printed_code_stays_good_when_the_town_has_a_new_key(town, monkeypatch):
    """It is on paper and in people's calendars: asked for again it is the same, on the page too, and it still opens."""
    db, calendar, booking = town
    old, new = Keyring.generate("old"), Keyring.generate("new")
    new_key(monkeypatch, old)
    printed = db.run(lambda tx: calendar.ticket(tx, booking.id))
    new_key(monkeypatch, new, old)
    assert db.run(lambda tx: calendar.ticket(tx, booking.id)) == printed
    assert db.read(lambda tx: arrivals.known_ticket(tx, booking.id)) == printed
    came = db.run(lambda tx: calendar.counter.arrive(tx, printed.code, key="a"), actor=CLERK)
    assert came.state is BookingState.ATTENDED


def test_when_the_old_key_is_gone_a_new_code_is_made_and_shown(town, monkeypatch):
    db, calendar, booking = town
    new_key(monkeypatch, Keyring.generate("old"))
    printed = db.run(lambda tx: calendar.ticket(tx, booking.id))
    new_key(monkeypatch, Keyring.generate("new"))
    assert db.read(lambda tx: arrivals.known_ticket(tx, booking.id)) is None
    fresh = db.run(lambda tx: calendar.ticket(tx, booking.id))
    assert fresh != printed
    assert db.read(lambda tx: arrivals.known_ticket(tx, booking.id)) == fresh
    assert isinstance(
        db.run(lambda tx: calendar.counter.arrive(tx, printed.code, key="a"), actor=CLERK), Refused
    )


@pytest.mark.parametrize("guarded", [True, False])
def test_who_cancels_while_the_clerk_checks_them_in_has_not_come(postgres_db, clock, monkeypatch, guarded):
    """The clerk has looked; before the arrival stands, the booking is over, and its place somebody else's."""
    calendar = Calendar([Programme("p")])
    postgres_db.run(lambda tx: calendar.add_slots(tx, "p", [SlotPlan(START, START + timedelta(hours=1), 1)]))
    (slot,) = postgres_db.read(lambda tx: calendar.slots(tx, "p"))
    booking = postgres_db.run(lambda tx: calendar.book(tx, slot.id, "c-1", key="k"))
    clock.set(START - timedelta(hours=1))
    if not guarded:
        blind = bookings.update().where(bookings.c.id == bindparam("booking"))
        blind = blind.where(bindparam("was", type_=Text) != "").values(state=bindparam("now_is"))
        monkeypatch.setattr(qa, "SET_STATE", Statement("calendar.set_state_blind", blind))
    real, once = arrivals._set, threading.Event()

    def late(*args):
        if not once.is_set():
            once.set()
            with ThreadPoolExecutor(1) as other:
                other.submit(
                    postgres_db.run, lambda tx: calendar.cancel(tx, booking.id, citizen="c-1", key="x")
                ).result()
        return real(*args)

    monkeypatch.setattr(arrivals, "_set", late)
    answer = postgres_db.run(lambda tx: calendar.counter.arrive(tx, booking.id, key="a"), actor=CLERK)
    after = postgres_db.read(lambda tx: calendar.booking(tx, booking.id))
    assert isinstance(answer, Refused) == guarded
    assert (after.state is BookingState.CANCELLED) == guarded
