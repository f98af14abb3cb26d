"""A handler that hangs: the writer is taken away from it, other hands take its place, and nothing of it is kept."""

import sqlite3
import threading
from contextlib import contextmanager, suppress

import pytest

from govline.core import Ref
from govline.errors import UnitTimeout
from govline.store import inbox
from govline.store._line import Line
from govline.store.crew import Crew
from govline.store.loops import Loop
from govline.store.worker import Pace, Worker
from govline.testing.flow_inbox import incoming

PATIENCE = 30
SUBJECT = Ref("hang", "1")


class Hang:
    """Where handlers hang until they are let go; counts those that are inside."""

    def __init__(self):
        self.go = threading.Event()
        self.inside = threading.Semaphore(0)

    def __call__(self):
        self.inside.release()
        assert self.go.wait(PATIENCE)


@pytest.fixture
def hang():
    here = Hang()
    yield here
    here.go.set()


def eventually(look):
    for _ in range(PATIENCE * 100):
        if look():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came")


def told(db):
    return {each.id: each.state for each in db.read(inbox.list)}


def audited(db):
    from sqlalchemy import func, select

    from govline.store._tables import audit

    return db.read(lambda tx: tx.connection.execute(select(func.count()).select_from(audit)).scalar())


@contextmanager
def at_work(worker, hang):
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        hang.go.set()
        worker.stop()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def test_others_are_handled_while_every_hand_hangs(any_db, hang):
    def handle(tx, event):
        tx.audit("hang.begins", SUBJECT)
        if event.id.startswith("hang"):
            hang()

    with at_work(Worker(any_db, None, handle), hang):
        for number in range(4):
            event = incoming(f"hang{number}", f"stuck{number}", at=number)
            any_db.run(lambda tx, event=event: inbox.receive(tx, [event]))
            assert hang.inside.acquire(timeout=PATIENCE)
        quick = [incoming(f"quick{number}", f"c{number}", at=number) for number in range(20)]
        any_db.run(lambda tx: inbox.receive(tx, quick))
        eventually(lambda: {told(any_db)[event.id] for event in quick} == {"done"})
        assert {told(any_db)[f"hang{number}"] for number in range(4)} == {"received"}
        hang.go.set()
        eventually(lambda: set(told(any_db).values()) == {"done"})
    assert audited(any_db) == 24  # what a given-up attempt wrote is gone; the later attempt's stands


def test_without_others_a_slow_handler_keeps_the_writer(sqlite_db, hang):
    any_event = incoming("slow", "c1")
    sqlite_db.run(lambda tx: inbox.receive(tx, [any_event]))
    worker = threading.Thread(target=inbox.process, args=(sqlite_db, "c1", lambda _tx, _event: hang()))
    worker.start()
    assert hang.inside.acquire(timeout=PATIENCE)
    hang.go.set()
    worker.join(PATIENCE)
    assert told(sqlite_db) == {"slow": "done"}


def test_a_slow_handler_is_given_more_time_at_each_attempt(sqlite_db, monkeypatch):
    sqlite_db.run(lambda tx: inbox.receive(tx, [incoming("slow", "c1")]))
    holds, run = [], sqlite_db.run

    def asked(work, *, hold=None, **rest):
        def slow(tx):
            done = work(tx)
            holds.append(hold())
            if len(holds) < inbox.TRIES:
                raise UnitTimeout("taken away", code="GL-1005", place={"given_up": True})
            return done

        return run(work if hold is None else slow, **rest)

    monkeypatch.setattr(sqlite_db, "run", asked)
    while told(sqlite_db) == {"slow": "received"}:
        inbox.process(sqlite_db, "c1", lambda _tx, _event: None, limit=1)
    assert told(sqlite_db) == {"slow": "done"}
    assert holds == [inbox.HOLD, 2 * inbox.HOLD, 4 * inbox.HOLD]


def stuck_unit(db, hang, work):
    ended = []

    def attempt():
        try:
            db.run(work, hold=float)
        except UnitTimeout as error:
            ended.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    assert hang.inside.acquire(timeout=PATIENCE)
    db.run(lambda tx: tx.audit("hang.other", SUBJECT))
    return thread, ended


@pytest.mark.parametrize("after", ["write", "read", "nothing", "half a result", "raw write"])
def test_what_a_given_up_unit_does_afterwards_has_no_effect(sqlite_db, hang, after):
    def work(tx):
        tx.audit("hang.begins", SUBJECT)
        found = tx.connection.exec_driver_sql("WITH n(x) AS (VALUES(1),(2),(3)) SELECT x FROM n")
        if after != "half a result":
            found.close()
        hang()
        if after == "write":
            tx.audit("hang.goes_on", SUBJECT)
        elif after == "read":
            inbox.list(tx)
        elif after == "half a result":
            found.fetchall()
        elif after == "raw write":
            tx.connection.exec_driver_sql("DELETE FROM gl_audit")

    thread, ended = stuck_unit(sqlite_db, hang, work)
    assert audited(sqlite_db) == 1
    hang.go.set()
    thread.join(PATIENCE)
    assert [type(error) for error in ended] == [UnitTimeout]
    assert ended[0].place["given_up"] is True
    assert audited(sqlite_db) == 1
    sqlite_db.run(lambda tx: tx.audit("hang.next", SUBJECT))
    assert audited(sqlite_db) == 2


def test_a_statement_that_runs_for_ever_is_interrupted(sqlite_db, hang):
    def work(tx):
        hang.inside.release()
        tx.connection.exec_driver_sql(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
        )

    thread, ended = stuck_unit(sqlite_db, hang, work)
    thread.join(PATIENCE)
    assert [type(error) for error in ended] == [UnitTimeout]
    assert audited(sqlite_db) == 1


def test_without_a_hold_nobody_takes_the_writer_away(sqlite_db, hang, monkeypatch):
    looked, real = [], Line._takes_over
    monkeypatch.setattr(Line, "_takes_over", lambda line, unit: looked.append(real(line, unit)))
    thread = threading.Thread(target=lambda: sqlite_db.run(lambda tx: (tx.audit("a", SUBJECT), hang())))
    thread.start()
    assert hang.inside.acquire(timeout=PATIENCE)
    other = threading.Thread(target=lambda: sqlite_db.run(lambda tx: tx.audit("b", SUBJECT)))
    other.start()
    eventually(lambda: len(looked) > 3)
    hang.go.set()
    thread.join(PATIENCE)
    other.join(PATIENCE)
    assert (set(looked), audited(sqlite_db)) == ({False}, 2)


def test_a_unit_that_runs_again_alone_keeps_the_writer_for_the_others(sqlite_db, monkeypatch):
    looked, real, runs = [], Line._takes_over, []
    monkeypatch.setattr(Line, "_takes_over", lambda line, unit: looked.append(real(line, unit)))
    others = []

    def beside(work):
        others.append(threading.Thread(target=lambda: suppressed(sqlite_db.run, work)))
        others[-1].start()
        eventually(lambda: sqlite_db.waiting() == 1)

    def first(tx):
        runs.append(1)
        tx.audit("hang.first", SUBJECT)
        if len(runs) == 1:
            beside(whole_rollback)
            sqlite_db.engine._line._current[0].hold = float  # from here on anybody may
        else:
            looked.clear()
            beside(lambda tx: tx.audit("hang.other", SUBJECT))
            eventually(lambda: len(looked) > 2)

    sqlite_db.run(first, hold=lambda: PATIENCE)
    for other in others:
        other.join(PATIENCE)
    assert (len(runs), set(looked), audited(sqlite_db)) == (2, {False}, 2)


def whole_rollback(tx):
    """SQLite gives up the whole transaction, with all that its group has written."""
    tx.connection.exec_driver_sql("CREATE TEMP TABLE once (x INTEGER PRIMARY KEY)")
    tx.connection.exec_driver_sql("INSERT OR ROLLBACK INTO once VALUES (1), (1)")


def suppressed(call, *words):
    with suppress(Exception):
        call(*words)


def test_where_no_new_writer_can_be_had_nobody_is_given_up(sqlite_db, hang, monkeypatch):
    thread = threading.Thread(
        target=lambda: suppressed(lambda: sqlite_db.run(lambda _tx: hang(), hold=float))
    )
    thread.start()
    assert hang.inside.acquire(timeout=PATIENCE)
    with monkeypatch.context() as patched:
        patched.setattr(sqlite_db.engine, "_connect", lambda: (_ for _ in ()).throw(sqlite3.OperationalError))
        with pytest.raises(sqlite3.OperationalError):
            sqlite_db.run(lambda tx: tx.audit("hang.other", SUBJECT))
    sqlite_db.run(lambda tx: tx.audit("hang.next", SUBJECT))
    hang.go.set()
    thread.join(PATIENCE)
    sqlite_db.run(lambda tx: tx.audit("hang.last", SUBJECT))
    assert audited(sqlite_db) == 2


def test_all_who_hang_together_get_the_grace_once(sqlite_db, monkeypatch):
    now, waited = [0.0], []

    def join(_loop, timeout):
        waited.append(timeout)
        now[0] += timeout
        return False

    monkeypatch.setattr(Loop, "start", lambda _loop: None)
    monkeypatch.setattr(Loop, "join", join)
    monkeypatch.setattr("govline.store.worker.time.monotonic", lambda: now[0])
    worker = Worker(sqlite_db, None, lambda _tx, _event: None, inbox_loops=4, pace=Pace(grace=5.0))
    worker.stop()
    worker.run()
    assert (len(waited), sum(waited)) == (9, 5.0)


class Hired(Loop):
    """A loop whose thread is never started: the test does its steps."""

    def start(self):
        self.started = True


def crew(step, clock, size=2):
    return Crew(size, step, lambda name, work: Hired(name, work), clock=clock)


def test_a_crew_replaces_who_is_stuck_once_and_lets_them_go_when_they_are_back():
    now = [0.0]
    hands = []
    team = crew(lambda hand: bool(hands.append(hand)), lambda: now[0])
    for loop in team.loops:
        loop._step()
    first = hands[0]
    with first.at("c1") as free:
        assert free
        now[0] = 0.1
        team.watch()
        assert len(team.loops) == 2
        now[0] = 0.5
        team.watch()
        team.watch()
        assert len(team.loops) == 3
        assert first.replaced
        with hands[1].at("c1") as again:
            assert not again
    loop = first.loop
    loop._step()
    assert loop not in team.loops
    assert loop._stopped.is_set()
    assert [each.name for each in team.loops] == ["inbox-1", "inbox-2"]


def test_a_crew_grows_no_further_than_its_spare_hands():
    now, hands = [0.0], []
    team = crew(lambda hand: bool(hands.append(hand)), lambda: now[0], size=1)
    held = []
    for number in range(20):
        for loop in team.loops[len(hands) :]:
            loop._step()
        for hand in hands[len(held) :]:
            place = hand.at(f"c{number}")
            place.__enter__()
            held.append(place)
        now[0] += 1.0
        team.watch()
    assert len(team.loops) == 9
    for place in held:
        place.__exit__(None, None, None)
