"""The acceptance of capacity: 10,000 requests on 500 places by 32 threads and by 4 processes, with and without the guard."""

import json
import random
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam, update

from govline.calendar import Booking, Calendar, Policy, Programme, SlotPlan, rules
from govline.calendar import _queries as q
from govline.calendar._queries import rush
from govline.calendar._tables import slots as slot_table
from govline.core import FixedClock
from govline.store import Database, Statement

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 20, tzinfo=UTC)
REQUESTS, SLOTS, PLACES = 10_000, 10, 50


def calendar():
    return Calendar([Programme("vaccine", policy=Policy())])


def crowd(seed):
    """Every request once, a twentieth of them twice, in the same shuffled order for the same seed."""
    requests = [(number % SLOTS, f"citizen-{number}", f"key-{number}") for number in range(REQUESTS)]
    requests += requests[::20]
    random.Random(seed).shuffle(requests)
    return requests


@contextmanager
def without_the_guard():
    """The conditional counter and the look before it, both gone; put back afterwards."""
    unguarded = update(slot_table).where(slot_table.c.id == bindparam("slot"))
    unguarded = unguarded.values(booked=slot_table.c.booked + bindparam("places"))
    places = [(q, "TAKE"), (rush, "TAKE_PLACES"), (rules, "_place_reasons")]
    kept = [getattr(module, name) for module, name in places]
    q.TAKE = rush.TAKE_PLACES = Statement("calendar.take_unguarded", unguarded)
    rules._place_reasons = lambda *_: ()
    try:
        yield
    finally:
        for (module, name), guard in zip(places, kept, strict=True):
            setattr(module, name, guard)


def ask_all(db, slots, requests, threads):
    """What each request was answered: key, booking id or the codes of the refusal."""
    service = calendar()

    def ask(request):
        slot, citizen, key = request
        answer = service.book_on(db, slots[slot], citizen, key=key)
        codes = () if isinstance(answer, Booking) else tuple(reason.code for reason in answer.reasons)
        return key, answer.id if isinstance(answer, Booking) else None, codes

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(ask, requests))


def in_a_process():
    """The life of one of the four: its orders come in as JSON, its answers go out as JSON."""
    orders = json.load(sys.stdin)
    db = Database.open(
        orders["url"], town="hinata", clock=FixedClock(NOW), schema=orders["schema"], pool_size=8, patience=60
    )
    try:
        with nullcontext() if orders["guarded"] else without_the_guard():
            told = ask_all(db, orders["slots"], orders["requests"], 8)
        json.dump(told, sys.stdout)
    finally:
        db.close()


def by_threads(db, address, slots, requests, guarded):
    with nullcontext() if guarded else without_the_guard():
        return ask_all(db, slots, requests, 32)


def by_processes(db, address, slots, requests, guarded):
    url, schema = address
    orders = {"url": url, "schema": schema, "slots": slots, "guarded": guarded}
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda part: send({**orders, "requests": requests[part::4]}), range(4)))
    return [(key, booking, tuple(codes)) for part in parts for key, booking, codes in part]


def send(orders):
    command = [sys.executable, __file__]
    done = subprocess.run(
        command, input=json.dumps(orders), capture_output=True, text=True, check=True, timeout=240
    )
    return json.loads(done.stdout)


@pytest.fixture
def address(request, any_db, tmp_path):
    """How another process opens the same database."""
    if any_db.dialect == "sqlite":
        return f"sqlite:///{tmp_path / 'town.db'}", None
    schema = any_db.read(lambda tx: tx.connection.exec_driver_sql("SELECT current_schema()").scalar())
    return request.getfixturevalue("postgres_18"), schema


@pytest.fixture
def slots(any_db):
    plans = [
        SlotPlan(NOW + timedelta(days=4, hours=n), NOW + timedelta(days=4, hours=n + 1), PLACES)
        for n in range(SLOTS)
    ]
    any_db.run(lambda tx: calendar().add_slots(tx, "vaccine", plans))
    return [slot.id for slot in any_db.read(lambda tx: calendar().slots(tx, "vaccine"))]


@pytest.fixture(autouse=True)
def put_the_guard_back(monkeypatch):
    monkeypatch.setattr(q, "TAKE", q.TAKE)
    monkeypatch.setattr(rules, "_place_reasons", rules._place_reasons)


@pytest.mark.parametrize("hands", [by_threads, by_processes])
def test_exactly_five_hundred(any_db, address, slots, hands):
    told = hands(any_db, address, slots, crowd(7), True)
    won = {key: booking for key, booking, _ in told if booking}
    assert len(won) == len(set(won.values())) == SLOTS * PLACES
    assert {code for _, _, codes in told for code in codes} == {"GL-2103"}
    assert all(codes for _, booking, codes in told if not booking), "no refusal without a reason"
    assert len(Counter((key, booking, codes) for key, booking, codes in told)) == REQUESTS
    sold = [any_db.read(lambda tx, s=slot: calendar().slot(tx, s)).booked for slot in slots]
    assert sold == [PLACES] * SLOTS
    assert any_db.read(calendar().reconcile) == []


@pytest.mark.parametrize("hands", [by_threads, by_processes])
def test_without_the_guard_it_oversells(any_db, address, slots, hands):
    told = hands(any_db, address, slots, crowd(7)[:2_000], False)
    sold = [any_db.read(lambda tx, s=slot: calendar().slot(tx, s)).booked for slot in slots]
    assert max(sold) > PLACES
    assert len({booking for _, booking, _ in told if booking}) > SLOTS * PLACES


if __name__ == "__main__":
    in_a_process()
