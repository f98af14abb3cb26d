"""Many hands on few places: never oversold, never a duplicate, counter equal to rows; and the proof that the test can see it."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam, delete, update

from govline.calendar import Booking, Calendar, Policy, Programme, SlotPlan, rules
from govline.calendar import _queries as q
from govline.calendar import rush as rush_room
from govline.calendar._queries import rush as statements
from govline.calendar._tables import persons
from govline.calendar._tables import slots as slot_table
from govline.store import Statement

START = datetime(2026, 12, 1, tzinfo=UTC)
THREADS, REQUESTS, SLOTS, PLACES = 32, 1_600, 5, 16


@pytest.fixture
def calendar():
    return Calendar([Programme("vaccine", policy=Policy())])


def open_slots(db, calendar):
    plans = [
        SlotPlan(START + timedelta(hours=n), START + timedelta(hours=n + 1), PLACES) for n in range(SLOTS)
    ]
    db.run(lambda tx: calendar.add_slots(tx, "vaccine", plans))
    return [slot.id for slot in db.read(lambda tx: calendar.slots(tx, "vaccine"))]


def rush(db, calendar, slots, *, grouped):
    """Every request of a shuffled crowd, a tenth of it sent twice; what each was answered."""
    crowd = [(slots[n % SLOTS], f"citizen-{n}", f"key-{n}") for n in range(REQUESTS)]
    crowd += crowd[::10]
    random.Random(7).shuffle(crowd)

    def ask(request):
        slot, citizen, key = request
        if grouped:
            return key, calendar.book_on(db, slot, citizen, key=key)
        return key, db.run(lambda tx: calendar.book(tx, slot, citizen, key=key))

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(ask, crowd))


def sold(db, calendar, slots):
    return [db.read(lambda tx, s=slot: calendar.slot(tx, s)).booked for slot in slots]


@pytest.mark.parametrize("grouped", [True, False], ids=["grouped", "single"])
def test_a_rush_sells_every_place_once(any_db, calendar, grouped):
    slots = open_slots(any_db, calendar)
    answers = rush(any_db, calendar, slots, grouped=grouped)
    won = {key: answer for key, answer in answers if isinstance(answer, Booking)}
    assert len(won) == SLOTS * PLACES
    assert sold(any_db, calendar, slots) == [PLACES] * SLOTS
    assert any_db.read(calendar.reconcile) == []
    assert len({booking.id for booking in won.values()}) == len(won)
    lost = [answer for _, answer in answers if not isinstance(answer, Booking)]
    assert {reason.code for answer in lost for reason in answer.reasons} == {"GL-2103"}
    by_key = Counter((key, repr(answer)) for key, answer in answers)
    assert len(by_key) == REQUESTS, "a key that was sent twice was answered the same twice"


def test_without_the_guard_the_rush_oversells(any_db, calendar, monkeypatch):
    """The look before the leap is blinded too: alone it is safe only where one unit runs at a time."""
    unguarded = update(slot_table).where(slot_table.c.id == bindparam("slot"))
    unguarded = unguarded.values(booked=slot_table.c.booked + bindparam("places"))
    monkeypatch.setattr(q, "TAKE", Statement("calendar.take_unguarded", unguarded))
    monkeypatch.setattr(rules, "_place_reasons", lambda *_: ())
    slots = open_slots(any_db, calendar)
    rush(any_db, calendar, slots, grouped=False)
    assert max(sold(any_db, calendar, slots)) > PLACES


def test_the_look_alone_oversells_on_postgresql(postgres_db, calendar, monkeypatch):
    unguarded = update(slot_table).where(slot_table.c.id == bindparam("slot"))
    unguarded = unguarded.values(booked=slot_table.c.booked + bindparam("places"))
    monkeypatch.setattr(q, "TAKE", Statement("calendar.take_unguarded", unguarded))
    slots = open_slots(postgres_db, calendar)
    rush(postgres_db, calendar, slots, grouped=False)
    assert max(sold(postgres_db, calendar, slots)) > PLACES


@pytest.mark.parametrize("grouped", [True, False], ids=["grouped", "single"])
def test_one_person_at_two_doors_stays_under_the_limit(any_db, grouped):
    calendar = Calendar([Programme("vaccine", policy=Policy(limit=1))])
    slots = open_slots(any_db, calendar)

    def ask(number):
        citizen = f"citizen-{number // 4}"
        slot = slots[number % SLOTS]
        if grouped:
            return citizen, calendar.book_on(any_db, slot, citizen, key=f"key-{number}")
        return citizen, any_db.run(lambda tx: calendar.book(tx, slot, citizen, key=f"key-{number}"))

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(64)))
    won = Counter(citizen for citizen, answer in answers if isinstance(answer, Booking))
    assert won == {f"citizen-{n}": 1 for n in range(16)}
    assert any_db.read(calendar.reconcile) == []


def test_opposite_moves_end_sound(any_db, calendar):
    """Two full slots whose people all want to swap, while places come free: nobody is lost, nothing is sold twice."""
    slots = open_slots(any_db, calendar)[:2]
    mine = {}
    for number in range(2 * (PLACES - 1)):
        booking = calendar.book_on(any_db, slots[number % 2], f"citizen-{number}", key=f"key-{number}")
        mine[booking.id] = slots[(number + 1) % 2]

    def move(item):
        booking, to = item
        return any_db.run(lambda tx: calendar.change(tx, booking, to=to, key=f"move-{booking}"))

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(move, mine.items()))
    assert any(isinstance(answer, Booking) for answer in answers)
    assert sum(sold(any_db, calendar, slots)) == len(mine)
    assert max(sold(any_db, calendar, slots)) <= PLACES
    assert any_db.read(calendar.reconcile) == []


@pytest.mark.parametrize("guarded", [True, False])
def test_two_lines_of_one_person_wait_for_each_other(postgres_db, monkeypatch, guarded):
    """Two slots have two lines; a limit of one holds over both because the person is locked before anybody is judged."""
    calendar = Calendar([Programme("vaccine", policy=Policy(limit=1))])
    wanted = open_slots(postgres_db, calendar)[:2]
    both, judge = threading.Barrier(2), rush_room.check
    if not guarded:

        def judge_together(*args, **more):
            both.wait(10)
            return judge(*args, **more)

        nobody = delete(persons).where(persons.c.citizen == bindparam("rows"))
        monkeypatch.setattr(statements, "QUEUE_PERSONS", Statement("calendar.queue_nobody", nobody))
        monkeypatch.setattr(rush_room, "check", judge_together)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(calendar.book_on, postgres_db, slot, "a", key=slot) for slot in wanted]
        won = sum(isinstance(each.result(), Booking) for each in asked)
    assert won == (1 if guarded else 2)
