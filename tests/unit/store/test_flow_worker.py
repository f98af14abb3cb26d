"""The worker's loops: they doze, wake, survive failures and stop cleanly."""

import threading
from datetime import time, timedelta

from govline.core import Effect, Ref, Schedule, Tick
from govline.store import audit, inbox, outbox, outbox_claims, ticks
from govline.store.inbox import Incoming
from govline.store.loops import Loop
from govline.store.pump import Pump
from govline.store.worker import Pace, Worker, clean
from govline.testing.effects import HangingHandler, RecordingHandler


def paced(answers, waits):
    """A loop whose waits are written down instead of waited; it stops when the answers are used up."""

    def wait(_event, seconds):
        waits.append(seconds)
        return False

    def step():
        if not answers:
            loop.stop()
            return False
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    loop = Loop("test", step, idle=1.0, cap=4.0, wait=wait)
    return loop


def test_an_idle_loop_waits_longer_up_to_its_cap():
    waits = []
    paced([False] * 5, waits).run()
    assert waits == [1.0, 2.0, 4.0, 4.0, 4.0]


def test_work_makes_it_look_again_at_once():
    waits = []
    paced([False, False, True, True, False], waits).run()
    assert waits == [1.0, 2.0, 1.0]


def test_a_failure_is_told_without_its_message_and_tried_again(caplog):
    waits = []
    paced([RuntimeError("山田太郎")] * 7, waits).run()
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert "RuntimeError" in caplog.text
    assert "山田" not in caplog.text


def test_a_nudge_during_a_step_is_not_lost():
    steps, woken = [], []

    def step():
        steps.append(1)
        loop.nudge()
        return False

    def wait(event, _seconds):
        woken.append(event.is_set())
        loop.stop()
        return True

    loop = Loop("test", step, wait=wait)
    loop.run()
    assert (len(steps), woken) == (1, [True])


def run_until(worker, met):
    """Run the worker on a thread of its own until `met` is set, then stop it."""
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert met.wait(20)
    worker.stop()
    thread.join(20)
    assert not thread.is_alive()


def test_the_worker_does_all_its_duties(sqlite_db, clock):
    met = threading.Event()
    handler = RecordingHandler(on_record=lambda tx, fate: met.set() if len(handler.calls) == 3 else None)

    def handle(tx, event):
        tx.enqueue(Effect("line.reply", {"citizen": event.citizen}, event.id))

    def daily(tx, due):
        tx.enqueue(Effect("line.push", {"citizen": "c2"}, due.isoformat()))

    plan = Schedule("s1", clock.now(), Ref("booking", "b1"), Effect("line.push", {"citizen": "c1"}, "s1"))
    sqlite_db.run(lambda tx: tx.schedule(plan))
    sqlite_db.run(lambda tx: inbox.receive(tx, [Incoming("message.text", 1, 0, "{}", id="e1", citizen="c1")]))
    pump = Pump(sqlite_db, {"line.reply": handler, "line.push": handler})
    worker = Worker(
        sqlite_db, pump, handle, timetable=[Tick("daily", time(9), daily)], pace=Pace(idle=5, cap=5)
    )
    run_until(worker, met)
    assert len(handler.recorded) == 3
    assert sqlite_db.read(outbox.counts) == {"line": {"done": 3}}
    assert sqlite_db.on_commit == []
    assert pump.on_ended == []


def test_stopping_ends_what_runs_and_gives_back_the_rest(sqlite_db):
    handler = HangingHandler()
    sqlite_db.run(lambda tx: [tx.enqueue(Effect("line.push", {"n": n}, str(n))) for n in range(100)])
    worker = Worker(sqlite_db, Pump(sqlite_db, {"line.push": handler}))
    release = threading.Thread(target=lambda: (handler.entered.wait(20), handler.gate.set()))
    release.start()
    run_until(worker, handler.entered)
    release.join()
    counts = sqlite_db.read(outbox.counts)["line"]
    assert "leased" not in counts
    assert counts["done"] == len(handler.recorded) == len(handler.calls)


def test_cleaning_takes_one_page_at_a_time(sqlite_db, clock):
    sqlite_db.run(lambda tx: [tx.enqueue(Effect("line.push", {}, str(n))) for n in range(3)])
    Pump(sqlite_db, {"line.push": RecordingHandler()}).run_until_idle()
    clock.advance(timedelta(days=31))
    assert [clean(sqlite_db), clean(sqlite_db)] == [3, 0]


def test_a_worker_told_to_stop_before_it_runs_ends_at_once(sqlite_db):
    worker = Worker(sqlite_db, None)
    worker.stop()
    worker.run()
    worker.stop()


CANARY = "山田花子-canary"


def test_personal_data_shows_nowhere(sqlite_db, clock, caplog):
    caplog.set_level("DEBUG")

    class Raising(RecordingHandler):
        def run(self, payload, context):
            raise LookupError(CANARY)

    class BadRecord(RecordingHandler):
        def record(self, tx, payload, fate):
            raise LookupError(CANARY)

    class Forgetful(RecordingHandler):
        def run(self, payload, context):
            if context.attempt > 1:
                raise SystemExit(CANARY)

    def handle(tx, event):
        raise LookupError(CANARY)

    def tick(tx, due):
        raise LookupError(CANARY)

    topics = {"a.raise": Raising(), "b.record": BadRecord(), "c.none": Forgetful()}
    payload = {"citizen": "c1", "text": CANARY}
    sqlite_db.run(lambda tx: [tx.enqueue(Effect(topic, payload, "1")) for topic in topics])
    body = f'{{"text":"{CANARY}"}}'
    event = Incoming("message.text", 1, 0, body, id="e1", citizen="c1", reply_token=CANARY)
    sqlite_db.run(lambda tx: inbox.receive(tx, [event]))
    inbox.process(sqlite_db, "c1", handle)
    ticks.run_due(sqlite_db, [Tick("t", time(9), tick)])
    pump = Pump(sqlite_db, topics)
    assert pump.run_until_idle().retried == 3
    clock.advance(timedelta(minutes=1))
    assert pump.run_until_idle().retried == 3
    entries = sqlite_db.read(outbox.list)
    told = [sqlite_db.read(lambda tx, row=entry.id: outbox.explain(tx, row)) for entry in entries]
    clock.advance(timedelta(minutes=1))
    jobs = sqlite_db.run(
        lambda tx: outbox_claims.wake(tx, tx.now, 9) and outbox_claims.claim(tx, "a", 9, tx.now, tx.now)
    )
    shown = [entries, told, jobs, event, sqlite_db.read(inbox.list), sqlite_db.read(audit.list), caplog.text]
    assert len(jobs) == 1
    assert CANARY not in repr(shown)
    assert "canary" not in repr(shown)
