"""An event that kills its process, or meets an outage, is tried a few times and then failed; its neighbours go on."""

import sqlite3
import threading
from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest

from govline.core import Ref
from govline.errors import PutOff, UnitTimeout
from govline.store import Database, inbox
from govline.store.inbox import TRIES, Processed
from govline.store.worker import Worker
from govline.testing.flow_inbox import incoming


def receive(db, *events):
    db.run(lambda tx: inbox.receive(tx, events))


def told(db):
    return {event.id: (event.state, event.attempts, event.code) for event in db.read(inbox.list)}


class Killer:
    """Takes its process down at one event: KeyboardInterrupt leaves no unit behind, as a dead process does."""

    def __init__(self, victim):
        self.victim = victim
        self.seen = []

    def __call__(self, tx, event):
        self.seen.append((event.id, event.attempt))
        if event.id == self.victim:
            raise KeyboardInterrupt


def restart(db, clock, handle):
    """A new process some time later; whether it survived."""
    clock.advance(timedelta(minutes=1))
    since = clock.now()
    for lane in db.read(inbox.next_citizens):
        try:
            inbox.process(db, lane, handle, since=since)
        except KeyboardInterrupt:
            return False
    return True


def test_an_event_that_kills_its_process_every_time_is_failed_in_the_end(any_db, clock):
    receive(any_db, incoming("poison", at=1), incoming("next", at=2), incoming("other", "c2", at=3))
    killer = Killer("poison")
    lives = [restart(any_db, clock, killer) for _ in range(TRIES + 1)]
    assert lives == [False] * TRIES + [True]
    assert killer.seen[:TRIES] == [("poison", number + 1) for number in range(TRIES)]
    assert told(any_db) == {
        "poison": ("failed", TRIES, "GL-1113"),
        "next": ("done", 1, ""),
        "other": ("done", 1, ""),
    }


def test_a_failed_one_can_be_replayed_and_counts_anew(any_db, clock):
    receive(any_db, incoming("poison"))
    killer = Killer("poison")
    while not restart(any_db, clock, killer):
        pass
    any_db.run(lambda tx: inbox.replay(tx, "poison"))
    assert restart(any_db, clock, lambda tx, event: None)
    assert told(any_db) == {"poison": ("done", 1, "")}


def test_another_process_leaves_a_lane_alone_that_was_begun_just_now(any_db, clock):
    receive(any_db, incoming("slow"))
    assert not restart(any_db, clock, Killer("slow"))
    since = clock.now()
    second = inbox.process(any_db, "c1", lambda tx, event: None, since=since)
    assert second == Processed()
    clock.advance(timedelta(seconds=31))
    assert inbox.process(any_db, "c1", lambda tx, event: None, since=since) == Processed(done=1)


def test_a_clock_set_back_leaves_nothing_lying(any_db, clock):
    receive(any_db, incoming("slow"))
    assert not restart(any_db, clock, Killer("slow"))
    since = clock.now()
    clock.advance(timedelta(hours=-5))
    assert inbox.process(any_db, "c1", lambda tx, event: None, since=since) == Processed(done=1)


def test_events_that_come_after_the_start_cost_no_extra_write(any_db, clock):
    since = clock.now()
    receive(any_db, incoming("fresh"))
    statements = []
    any_db.spans = lambda name, _seconds: statements.append(name)
    assert inbox.process(any_db, "c1", lambda tx, event: None, since=since) == Processed(done=1)
    assert "inbox.count" not in statements


def test_only_one_loop_of_a_process_takes_suspects(any_db, clock):
    receive(any_db, incoming("old"))
    clock.advance(timedelta(minutes=1))
    since = clock.now()
    receive(any_db, incoming("new", "c2"))
    handled = []

    def handle(tx, event):
        handled.append(event.id)

    for lane in ("c1", "c2"):
        inbox.process(any_db, lane, handle, since=since, suspects=False)
    assert handled == ["new"]


def test_workers_that_start_at_once_never_blame_an_innocent_event(any_db, clock):
    receive(any_db, *(incoming(f"e{n}", f"c{n % 3}", at=n) for n in range(30)))
    clock.advance(timedelta(minutes=1))
    since = clock.now()
    gate = threading.Barrier(6)

    def work():
        gate.wait()
        while lanes := any_db.read(inbox.next_citizens):
            for lane in lanes:
                inbox.process(any_db, lane, lambda tx, event: None, since=since, limit=1)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(told(any_db).values()) == {("done", 1, "")}


def outage(dialect):
    if dialect == "postgresql":
        return psycopg.OperationalError("the vendor's own database is down")
    error = sqlite3.OperationalError("the vendor's own disk is full")
    error.sqlite_errorname = "SQLITE_FULL"
    return error


def test_a_handler_whose_own_database_is_down_holds_up_nobody(any_db):
    receive(any_db, incoming("broken", at=1), *(incoming(f"e{n}", f"c{n}", at=n) for n in range(2, 6)))

    def handle(tx, event):
        if event.id == "broken":
            raise outage(any_db.dialect)

    worker = Worker(any_db, None, handle, inbox_loops=1)
    step = next(loop for loop in worker.loops if loop.name == "inbox-0")._step
    assert step()
    assert min(told(any_db).items()) == ("broken", ("received", 1, ""))
    assert {state for state, _, _ in told(any_db).values()} == {"received", "done"}
    for _ in range(TRIES - 1):
        step()
    name = "OperationalError"
    assert told(any_db)["broken"] == ("failed", TRIES, name)


def test_an_event_that_is_put_off_waits_uncounted(any_db):
    receive(any_db, incoming("slow"))
    ready = []

    def handle(tx, event):
        tx.audit("was here", Ref("test", "1"))
        if len(ready) < 5:
            ready.append(event.attempt)
            raise PutOff("not now")

    (lane,) = any_db.read(inbox.next_citizens)
    for _ in range(5):
        assert inbox.process(any_db, lane, handle) == Processed()
        assert told(any_db) == {"slow": ("received", 0, "")}
    assert inbox.process(any_db, lane, handle).done == 1
    assert ready == [1, 1, 1, 1, 1]


def test_an_event_of_before_this_process_that_is_put_off_waits_uncounted_too(any_db, clock):
    receive(any_db, incoming("slow"))
    clock.advance(timedelta(minutes=1))
    seen = []

    def handle(tx, event):
        seen.append(event.attempt)
        if len(seen) <= TRIES:
            raise PutOff("not now")

    for _ in range(TRIES):
        assert inbox.process(any_db, "c1", handle, since=clock.now()) == Processed()
        assert told(any_db) == {"slow": ("received", 0, "")}
    assert inbox.process(any_db, "c1", handle, since=clock.now()) == Processed(done=1)
    assert seen == [1] * (TRIES + 1)


def test_a_handler_that_exits_fails_its_event_and_leaves_its_thread(any_db):
    receive(any_db, incoming("exit", at=1), incoming("next", at=2))

    def handle(tx, event):
        if event.id == "exit":
            raise SystemExit(1)

    working = threading.Thread(target=lambda: inbox.process(any_db, "c1", handle))
    working.start()
    working.join(30)
    assert told(any_db) == {"exit": ("failed", 1, "GL-1131"), "next": ("done", 1, "")}


def test_an_event_is_not_failed_for_a_neighbour_that_held_the_writer_too_long(sqlite_db, keys, clock):
    """Its unit was undone because another one of the same group took too long: nobody's event is at fault."""
    receive(sqlite_db, incoming("innocent"))
    db = Database.open(f"sqlite:///{sqlite_db.engine.path}", clock=clock, keys=keys, budget=0.3)
    started, gate = threading.Event(), threading.Event()
    slow_errors = []

    def leader(tx):
        started.set()
        gate.wait(10)

    def slow(tx):
        threading.Event().wait(1.0)

    def run_slow():
        try:
            db.run(slow)
        except UnitTimeout as error:
            slow_errors.append(error)

    def run_leader():
        try:
            db.run(leader)
        except UnitTimeout as error:
            slow_errors.append(error)

    threads = [threading.Thread(target=run_leader)]
    threads[0].start()
    started.wait()

    def run_inbox():
        # the slow unit may still hold the writer when this one wants to count its attempt
        with suppress(UnitTimeout):
            inbox.process(db, "c1", lambda tx, event: None)

    def run_quick():
        with suppress(UnitTimeout):  # the one that speaks up
            db.run(lambda _tx: None)

    for number, work in enumerate((run_inbox, run_quick, run_slow), start=1):
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        while db.waiting() < number:
            pass
    gate.set()
    for thread in threads:
        thread.join()
    assert slow_errors
    assert told(sqlite_db)["innocent"][0] == "received"
    assert inbox.process(db, "c1", lambda tx, event: None) == Processed(done=1)
    db.close()


@pytest.mark.parametrize("unit", ["mine", "other"])
def test_only_its_own_timeout_fails_an_event(any_db, unit):
    receive(any_db, incoming("e1"))

    def handle(tx, event):
        name = f"govline.store.inbox.process[{event.id}]" if unit == "mine" else "vendor.slow"
        raise UnitTimeout("too long", place={"unit": name})

    inbox.process(any_db, "c1", handle)
    assert told(any_db)["e1"][0] == ("failed" if unit == "mine" else "received")
