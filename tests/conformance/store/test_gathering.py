"""Requests gathered into one unit: each gets its own answer, one bad one costs nobody else, and rows in bulk equal rows one by one."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from govline.core import Effect, Event, Handler, Ref, Schedule
from govline.errors import NestedUnit
from govline.store import outbox, schedules
from govline.store.bulk import emit_many, enqueue_many, schedule_many
from govline.store.gathering import Gathering


def effect(number, **more):
    return Effect("bench.topic", {"number": number}, dedupe=f"d{number}", **more)


def count(db):
    return len(db.read(lambda tx: outbox.list(tx, limit=1000)))


def test_what_waits_becomes_one_unit_and_everybody_gets_their_own_answer(any_db):
    sizes, started, go = [], threading.Event(), threading.Event()

    def answer(tx, requests):
        sizes.append(len(requests))
        if len(sizes) == 1:
            started.set()
            go.wait(10)
        enqueue_many(tx, [effect(number) for number in requests])
        return [number * 10 for number in requests]

    gathering = Gathering(any_db, answer)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(gathering.submit, "slot", 0)
        started.wait(10)
        rest = [pool.submit(gathering.submit, "slot", number) for number in range(1, 20)]
        while gathering.waiting("slot") < 19:
            threading.Event().wait(0.001)
        go.set()
        assert first.result() == 0
        assert [each.result() for each in rest] == [number * 10 for number in range(1, 20)]
    assert sizes == [1, 19]
    assert count(any_db) == 20


def test_after_a_crowd_a_leader_waits_while_its_people_come_back_and_no_longer(any_db):
    sizes, pauses, held, go = [], [], threading.Event(), threading.Event()

    def answer(tx, requests):
        sizes.append(len(requests))
        if len(sizes) == 1:
            held.set()
            go.wait(10)
        return requests

    def ask(people):
        awaited = gathering.waiting("slot") + people
        asked.extend(pool.submit(gathering.submit, "slot", 1) for _ in range(people))
        while gathering.waiting("slot") < awaited:
            threading.Event().wait(0.001)

    def pause(seconds):
        pauses.append(seconds)
        ask(coming)

    def lead():
        """One more comes and leads: how many there were in the batch, and how often it waited."""
        before = len(pauses)
        gathering.submit("slot", 1)
        return sizes[-1], len(pauses) - before

    gathering = Gathering(any_db, answer, pause=pause)
    with ThreadPoolExecutor(40) as pool:
        asked = [pool.submit(gathering.submit, "slot", 0)]
        held.wait(10)
        ask(12)
        go.set()
        for each in asked:
            each.result()
        assert (sizes, pauses) == ([1, 12], [])
        patient = any_db.dialect == "postgresql"  # on SQLite a batch costs little beside its rows
        coming = 4
        assert lead() == ((13, 3) if patient else (5, 1))  # as many as before
        coming = 1 if patient else 5
        assert lead() == ((5, 4) if patient else (6, 1))  # two milliseconds, and nobody waits longer
        coming = 0
        assert lead() == (1, 1)  # nobody came in the first half
        assert lead() == (1, 0)
    assert set(pauses) == {0.0005}


def test_a_request_that_ends_with_an_error_raises_it_for_its_own_caller(any_db):
    gathering = Gathering(any_db, lambda _tx, requests: [ValueError(str(each)) for each in requests])
    with pytest.raises(ValueError, match="7"):
        gathering.submit("slot", 7)


def test_one_bad_request_costs_nobody_else_theirs(any_db):
    tries = []

    def answer(tx, requests):
        tries.append(list(requests))
        enqueue_many(tx, [effect(number) for number in requests])
        if 3 in requests:
            raise RuntimeError("bad")
        return requests

    hold, entered = threading.Event(), threading.Event()

    def slow(tx, requests):
        if requests == [0]:
            entered.set()
            hold.wait(10)
        return answer(tx, requests)

    gathering = Gathering(any_db, slow)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(gathering.submit, "slot", 0)
        entered.wait(10)
        rest = {number: pool.submit(gathering.submit, "slot", number) for number in range(1, 6)}
        while gathering.waiting("slot") < 5:
            threading.Event().wait(0.001)
        hold.set()
        first.result()
        assert [rest[number].result() for number in (1, 2, 4, 5)] == [1, 2, 4, 5]
        with pytest.raises(RuntimeError, match="bad"):
            rest[3].result()
    assert sorted(tries[1]) == [1, 2, 3, 4, 5]
    assert count(any_db) == 5


def test_a_request_inside_a_unit_is_refused(any_db):
    gathering = Gathering(any_db, lambda _tx, requests: requests)
    with pytest.raises(NestedUnit):
        any_db.run(lambda _tx: gathering.submit("slot", 1))


def test_effects_in_bulk_equal_effects_one_by_one(any_db):
    later = any_db.clock.now() + timedelta(hours=1)
    effects = [
        effect(0), effect(1, due=later, expires=later + timedelta(hours=1), priority=3), effect(2, order_key="k"),
        effect(3, order_key="k", strict=False, queue="own"), effect(0),
    ]  # fmt: skip

    def shape(db):
        rows = db.read(lambda tx: outbox.list(tx, limit=100))
        return sorted(
            (row.topic, row.queue, row.state, row.order_key or "", row.due, str(row.expires), row.priority)
            for row in rows
        )

    any_db.run(lambda tx: enqueue_many(tx, effects))
    in_bulk = shape(any_db)
    assert len(in_bulk) == 4
    any_db.run(lambda tx: [tx.enqueue(each) for each in effects])
    assert shape(any_db) == in_bulk


def test_events_in_bulk_reach_every_handler(any_db):
    seen = []
    any_db.listen([
        Handler("a", lambda _tx, event: seen.append(event.subject.id), mode="same_tx"), Handler("a", lambda *_: None), Handler("b", lambda *_: None),
    ])  # fmt: skip
    told = [Event(name, Ref("thing", str(number))) for number, name in enumerate("aab")]
    any_db.run(lambda tx: emit_many(tx, told))
    assert seen == ["0", "1"]
    assert count(any_db) == 3


def test_an_event_is_never_lost_to_another_of_the_same_key(any_db):
    """Its key is made for it, so a row that is there already is an error and not a repetition."""
    any_db.listen([Handler("a", lambda *_: None)])
    any_db.ids = lambda _ms: "the same id again"
    told = [Event("a", Ref("thing", "1"))]
    any_db.run(lambda tx: emit_many(tx, told))
    with pytest.raises((psycopg.errors.UniqueViolation, sqlite3.IntegrityError)):
        any_db.run(lambda tx: emit_many(tx, told))
    assert count(any_db) == 1


def test_schedules_in_bulk_are_inserted_or_moved(any_db):
    now = any_db.clock.now()

    def plan(number, hours):
        return Schedule(
            f"k{number}",
            now + timedelta(hours=hours),
            Ref("thing", str(number)),
            effect(number),
            quiet_hours=True,
        )

    any_db.run(lambda tx: schedule_many(tx, [plan(1, 1), plan(2, 2)]))
    any_db.run(lambda tx: schedule_many(tx, [plan(2, 5), plan(3, 3)]))
    any_db.run(lambda tx: schedule_many(tx, []))
    standing = any_db.read(lambda tx: [schedules.of_subject(tx, Ref("thing", str(n))) for n in (1, 2, 3)])
    assert [list(found) for found in standing] == [[plan(1, 1)], [plan(2, 5)], [plan(3, 3)]]
