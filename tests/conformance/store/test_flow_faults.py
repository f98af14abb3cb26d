"""Handlers of vendors that misbehave in every way: the pump, the ticks and the worker's threads go on, and fates tell the truth."""

import sqlite3
import threading
from datetime import time, timedelta

import psycopg
import pytest
from sqlalchemy import update

from govline.core import Amend, Dead, Effect, Ref, Retry, Schedule, Tick, Unknown
from govline.store import _queries, _tables, outbox, schedules, ticks
from govline.store.loops import Loop
from govline.store.policies import Backoff, QueueLimit
from govline.store.pump import Pump
from govline.store.transaction import StoreTransaction
from govline.testing.effects import RecordingHandler
from govline.testing.flow_outbox import effect


def pump_of(db, handler, **options):
    limit = QueueLimit(workers=1, ahead=1, lease=timedelta(minutes=1))
    return Pump(db, {"line.push": handler}, default=limit, **options)


def entries(db):
    return {entry.id: entry for entry in db.read(outbox.list)}


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        "done",
        Retry("slow", after=float("nan")),
        Retry("slow", after=float("inf")),
        Retry("slow", after=-1),
        Retry("slow", after="5"),
        Retry("slow", after=1e15),
        Retry(None),
        Dead(None),
        Unknown(b"x"),
        Amend({"n": 2}, None),
    ],
)
def test_whatever_a_handler_returns_its_queue_goes_on(any_db, garbage):
    any_db.run(lambda tx: [tx.enqueue(effect(str(n))) for n in range(3)])
    report = pump_of(any_db, RecordingHandler([garbage])).run_once()
    assert (report.claimed, report.done, report.retried, report.running) == (3, 2, 1, 0)
    (odd,) = [entry for entry in entries(any_db).values() if entry.state == "asleep"]
    assert any_db.clock.now() < odd.wake < any_db.clock.now() + timedelta(seconds=3)


def test_a_handler_with_a_nonsense_retry_life_is_still_carried_out(any_db):
    any_db.run(lambda tx: tx.enqueue(effect("1")))
    handler = RecordingHandler([Retry("busy")], unknown_after="a day")
    assert pump_of(any_db, handler).run_once().retried == 1


@pytest.mark.parametrize("own_unit", [False, True])
def test_a_record_that_exits_costs_neither_thread_nor_pump(any_db, own_unit):
    class Exiting(RecordingHandler):
        def record(self, tx, payload, fate):
            raise SystemExit(3)

    handler = Exiting()
    handler.own_unit = own_unit
    any_db.run(lambda tx: [tx.enqueue(effect(str(n))) for n in range(3)])
    pump = pump_of(any_db, handler)
    reports = []
    working = threading.Thread(target=lambda: reports.append(pump.run_once()))
    working.start()
    working.join(30)
    assert [(report.claimed, report.retried, report.running) for report in reports] == [(3, 3, 0)]
    assert {entry.reason for entry in entries(any_db).values()} == {"record raised GL-1131"}


def test_an_effect_that_takes_its_worker_down_every_time_ends_unknown(any_db, clock):
    """A dead process claims and never comes back; here a pump that is dropped after the claim."""
    row = any_db.run(lambda tx: tx.enqueue(effect("1")))
    handler = RecordingHandler()
    for _ in range(3):
        pump = pump_of(any_db, handler)
        any_db.run(lambda tx, pump=pump: pump._claim(tx, 1, tx.now))
        clock.advance(timedelta(minutes=1))
    assert pump_of(any_db, handler, backoff=Backoff(max_attempts=3)).run_once().unknown == 1
    assert handler.calls == []
    assert entries(any_db)[row].reason == "the last of 3 attempts never came back"
    assert not any_db.read(lambda tx: outbox.busy(tx, tx.now))


def test_giving_up_on_a_provider_with_retry_keys_is_unknown_not_dead(any_db, clock):
    """Every answer was lost; the first attempt may have been accepted, so nobody may call it "did not happen"."""
    row = any_db.run(lambda tx: tx.enqueue(effect("1")))
    handler = RecordingHandler([Retry("no answer")] * 9, unknown_after=timedelta(hours=24))
    pump = pump_of(any_db, handler, backoff=Backoff(max_attempts=3))
    for _ in range(3):
        pump.run_once()
        clock.advance(timedelta(minutes=5))
    assert entries(any_db)[row].state == "unknown"
    assert isinstance(handler.recorded[-1], Unknown)


def test_a_provider_that_names_short_waits_does_not_use_up_the_attempts_of_a_day(any_db, clock):
    any_db.run(lambda tx: tx.enqueue(effect("1")))
    handler = RecordingHandler([Retry("429", after=1.0)] * 99)
    pump = pump_of(any_db, handler)
    for _ in range(60 * 60):
        pump.run_once()
        clock.advance(timedelta(seconds=1))
    assert len(handler.calls) < 20
    handler._fates.clear()
    clock.advance(timedelta(minutes=90))
    assert pump.run_once().done == 1


def test_what_has_happened_is_never_called_dead_because_its_record_fails(any_db, clock):
    class BadRecord(RecordingHandler):
        def record(self, tx, payload, fate):
            raise LookupError

    row = any_db.run(lambda tx: tx.enqueue(effect("1")))
    pump = pump_of(any_db, BadRecord(), backoff=Backoff(max_attempts=2))
    for _ in range(2):
        pump.run_once()
        clock.advance(timedelta(minutes=5))
    told = entries(any_db)[row]
    assert (told.state, told.reason) == ("unknown", "it happened, but record raised LookupError")


def test_the_record_of_an_expired_effect_gets_the_newest_payload(any_db, clock):
    soon = clock.now() + timedelta(seconds=1)
    any_db.run(lambda tx: tx.enqueue(Effect("line.push", {"old": 1}, "1", expires=soon)))
    clock.advance(timedelta(minutes=1))
    seen = []

    class Newer(RecordingHandler):
        version = 2

        def record(self, tx, payload, fate):
            seen.append((payload["new"], fate))

    upcasters = {("line.push", 1): lambda payload: {"new": payload["old"]}}
    assert pump_of(any_db, Newer(), upcasters=upcasters).run_once().dead == 1
    assert seen == [(1, Dead("expired"))]


@pytest.mark.parametrize(
    "error",
    [psycopg.OperationalError("another database is down"), sqlite3.OperationalError("busy"), SystemExit()],
)
def test_a_tick_whose_own_database_is_down_holds_up_no_other(any_db, clock, error):
    clock.advance(timedelta(hours=9))

    def broken(tx, due):
        raise error

    ran = []
    timetable = [Tick("broken", time(18), broken), Tick("fine", time(18), lambda tx, due: ran.append(due))]
    reports = []
    working = threading.Thread(target=lambda: reports.append(ticks.run_due(any_db, timetable)))
    working.start()
    working.join(30)
    assert [(report.ran, report.failed) for report in reports] == [(("fine",), ("broken",))]
    assert len(ran) == 1


def test_a_duty_that_exits_is_begun_again():
    steps = []

    def step():
        steps.append(1)
        if len(steps) == 2:
            loop.stop()
        raise SystemExit

    loop = Loop("test", step, wait=lambda _event, _seconds: False)
    loop.run()
    assert len(steps) == 2


def test_a_schedule_of_a_newer_release_holds_up_no_other(any_db, clock):
    for key in ("newer", "fine"):
        plan = Schedule(key, clock.now(), Ref("b", key), effect(key))
        any_db.run(lambda tx, plan=plan: tx.schedule(plan))
    strange = update(_tables.schedule).where(_tables.schedule.c.key == "newer").values(effect={"novel": 1})
    any_db.run(lambda tx: tx.connection.execute(strange) and None)
    assert schedules.fire(any_db) == schedules.Fired(fired=1, postponed=1)
    assert len(entries(any_db)) == 1
    assert any_db.read(schedules.next_due) == clock.now() + timedelta(minutes=10)


def test_a_key_that_is_purged_at_the_moment_of_its_repetition_is_tried_again(postgres_db, monkeypatch):
    """The row that stands in the way may be purged before it is read: the unit runs again."""
    postgres_db.run(lambda tx: tx.enqueue(effect("1")))
    one, looks = StoreTransaction.one, []

    def purged_first(tx, statement, params=None):
        if statement is _queries.FIND_DUPLICATE and not looks:
            looks.append(1)
            return None
        return one(tx, statement, params)

    monkeypatch.setattr(StoreTransaction, "one", purged_first)
    postgres_db.run(lambda tx: tx.enqueue(effect("1")))
    assert (len(entries(postgres_db)), len(looks)) == (1, 1)


def test_a_clock_that_was_far_ahead_for_a_while_does_not_silence_a_tick(any_db, clock):
    """It ran "next month"; when the clock is right again it must go on tomorrow, not wait a month."""
    ran = []
    timetable = [Tick("daily", time(9), lambda tx, due: ran.append(due))]
    for wrong in (timedelta(days=30), timedelta(days=-30), timedelta(0), timedelta(days=1)):
        clock.advance(wrong)
        ticks.run_due(any_db, timetable)
    assert [due.day for due in ran] == [20, 21]
    assert not any_db.read(lambda tx: ticks.any_open(tx, timetable, tx.now))


class Unstorable(RecordingHandler):
    """Carries everything out; its record raises what it is given, in turn, and then works."""

    def __init__(self, errors, *, own_unit):
        super().__init__()
        self.errors, self.own_unit = list(errors), own_unit

    def record(self, tx, payload, fate):
        if self.errors:
            raise self.errors.pop(0)
        super().record(tx, payload, fate)


@pytest.mark.parametrize(("own_unit", "state"), [(False, "unknown"), (True, "dead")])
def test_what_can_never_be_recorded_has_happened_unless_the_record_is_all_of_it(any_db, own_unit, state):
    row = any_db.run(lambda tx: tx.enqueue(effect("1")))
    handler = Unstorable([ValueError("never")] * 9, own_unit=own_unit)
    pump_of(any_db, handler, backoff=Backoff(max_attempts=1)).run_once()
    assert entries(any_db)[row].state == state


@pytest.mark.parametrize("own_unit", [False, True])
def test_an_outage_while_fates_are_stored_carries_nothing_out_again(any_db, own_unit):
    outage = psycopg.OperationalError("the database is away")
    outage.sqlstate = "57P01"
    any_db.run(lambda tx: tx.enqueue(effect("1")))
    handler = Unstorable([outage] * 3, own_unit=own_unit)
    pump, met = pump_of(any_db, handler), 0
    for _ in range(4):
        try:
            pump.run_once()
        except psycopg.OperationalError:
            met += 1
    assert [entry.state for entry in entries(any_db).values()] == ["done"]
    assert (len(handler.calls), handler.errors, met) == (1, [], 2 if own_unit else 3)
