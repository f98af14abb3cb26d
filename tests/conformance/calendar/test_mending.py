"""`reconcile --fix` while people book, cancel and let holds run out: the counters are the rows', whoever was in between."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event

import pytest
from sqlalchemy import text

from govline.calendar import Booking, Calendar, Policy, Programme, SlotPlan, SlotRule, mending
from govline.calendar import _queries as q
from govline.calendar._queries import shared as qp
from govline.calendar._queries.rush import FIND_SLOTS
from govline.calendar.mending import Mended
from govline.calendar.model import PoolRule
from govline.core import Actor
from govline.core.jst import to_jst
from govline.store import audit

START = datetime(2026, 12, 1, tzinfo=UTC)
CLERK = Actor("staff", "s-1", "counter")
HOLD = timedelta(seconds=1)


@pytest.fixture
def calendar(any_db):
    wall = to_jst(START)
    rule = SlotRule(
        [
            ((START + timedelta(hours=9 + n)).time(), (START + timedelta(hours=10 + n)).time())
            for n in range(3)
        ],
        6,
        [(wall.date(), wall.date())],
    )
    made = Calendar([Programme("p", policy=Policy(hold=HOLD), rules=[rule], pools=(PoolRule("品", 15),))])
    any_db.run(made.prepare)
    return made


def slots_of(db, calendar):
    return [slot.id for slot in db.read(lambda tx: calendar.slots(tx, "p"))]


def drift(db, slot, by=1):
    """What a broken tool might leave behind: counters without rows."""
    pools = text("UPDATE gl_calendar_pool SET booked = booked + :by")

    def work(tx):
        tx.write(q.GIVE, {"slot": slot, "places": -by})
        tx.connection.execute(pools, {"by": by})

    db.run(work)


def mend(db, calendar):
    answer = db.run(calendar.counter.mend, actor=CLERK)
    assert isinstance(answer, Mended)
    return answer


def test_mending_beside_a_rush_never_leaves_a_counter_wrong(any_db, calendar, clock):
    slots, keys, rng = slots_of(any_db, calendar), count(), random.Random(5)
    plans = [[(rng.choice(slots), rng.random(), f"c{n}-{m}") for m in range(25)] for n in range(3)]
    over = Event()

    def citizen(plan):
        mine = []
        for slot, luck, who in plan:
            verb = calendar.hold if luck < 0.3 else calendar.book
            answer = any_db.run(lambda tx, v=verb, s=slot, w=who: v(tx, s, w, key=f"k{next(keys)}"))
            if isinstance(answer, Booking):
                mine.append(answer.id)
            if luck > 0.6 and mine:
                gone = mine.pop()
                any_db.run(lambda tx, b=gone: calendar.cancel(tx, b, key=f"k{next(keys)}"))

    def clerk():
        rounds = 0
        while not over.is_set() or rounds < 5:
            drift(any_db, slots[rounds % 3], by=rounds % 2)
            mend(any_db, calendar)
            any_db.run(calendar.expire_holds)
            rounds += 1

    with ThreadPoolExecutor(4) as threads:
        work = threads.submit(clerk)
        for each in [threads.submit(citizen, plan) for plan in plans]:
            each.result()
        over.set()
        work.result()
    mend(any_db, calendar)
    assert any_db.read(calendar.reconcile) == []
    clock.advance(HOLD * 2)
    any_db.run(calendar.expire_holds)
    assert any_db.read(calendar.reconcile) == []
    for slot in slots:
        now = any_db.read(lambda tx, s=slot: calendar.slot(tx, s))
        assert now.booked <= now.capacity


def in_between(db, calendar):
    """A booking that is not committed when mending looks, and is when it writes."""
    slot = slots_of(db, calendar)[0]
    drift(db, slot)
    with ThreadPoolExecutor(1) as threads:
        with db.begin() as tx:
            assert isinstance(calendar.book(tx, slot, "late", key="late"), Booking)
            mending_now = threads.submit(mend, db, calendar)
            waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            while not db.read(lambda tx: tx.connection.execute(waits).scalar()):
                assert not mending_now.done()
        mending_now.result()
    return db.read(calendar.reconcile)


@pytest.fixture
def postgres_calendar(postgres_db):
    made = Calendar([Programme("p")])
    postgres_db.run(lambda tx: made.add_slots(tx, "p", [SlotPlan(START, START + timedelta(hours=1), 9)]))
    return made


def test_who_books_while_mending_looks_is_counted_in(postgres_db, postgres_calendar):
    assert in_between(postgres_db, postgres_calendar) == []


def test_without_the_lock_whoever_was_in_between_is_lost(postgres_db, postgres_calendar, monkeypatch):
    monkeypatch.setattr(mending, "LOCK_SLOTS", FIND_SLOTS)
    (wrong,) = in_between(postgres_db, postgres_calendar)
    assert (wrong.counter, wrong.rows) == (0, 1)


def test_a_pool_that_drifted_is_mended_under_its_row(any_db, calendar):
    slot = slots_of(any_db, calendar)[0]
    any_db.run(lambda tx: calendar.book(tx, slot, "a", key="a"))
    drift(any_db, slot, by=2)
    found = mend(any_db, calendar)
    assert {(each.counter, each.rows) for each in found.mended} == {(3, 1)}
    assert len(found.mended) == 2
    assert any_db.read(calendar.reconcile) == []
    assert any_db.read(lambda tx: tx.all(qp.POOL_DIFFERENCES)) == []


def test_staff_hear_of_a_slot_that_a_wrong_counter_let_too_many_into_and_of_no_full_one(any_db, calendar):
    full, over, _ = slots_of(any_db, calendar)
    for slot in (full, over):
        any_db.run(lambda tx, s=slot: calendar.book(tx, s, f"a{s}", party=6, key=f"a{s}"))
        any_db.run(lambda tx, s=slot: tx.write(q.GIVE, {"slot": s, "places": 1}))
    late = any_db.run(lambda tx: calendar.book(tx, over, "late", key="late"))
    assert isinstance(late, Booking), "the counter said that there was a place"
    found = mend(any_db, calendar)
    assert len(found.mended) == 2
    assert [(slot.id, slot.booked, slot.capacity) for slot in found.over] == [(over, 7, 6)]
    said = [entry for entry in any_db.read(audit.list) if entry.action == "calendar.mend"]
    assert {(entry.subject_id, entry.data["counter"], entry.data["rows"]) for entry in said} == {
        (full, 5, 6),
        (over, 6, 7),
    }
    assert any_db.read(calendar.reconcile) == []
