"""A slow handler keeps its effect while its worker lives, a stuck one does not for ever; our own waits use up no attempt."""

import threading
from datetime import timedelta

import pytest

from govline.core import Dead, Done, Retry
from govline.errors import StoreError
from govline.store import outbox
from govline.store.policies import Backoff, QueueLimit
from govline.store.pump import Pump
from govline.testing.effects import HangingHandler, RecordingHandler
from govline.testing.flow_outbox import effect

LEASE = timedelta(minutes=2)
LIMIT = QueueLimit(workers=1, ahead=3, lease=LEASE, longest=timedelta(minutes=10))


@pytest.fixture
def slow(any_db):
    """A pump whose handler hangs in the first of three effects."""
    any_db.run(lambda tx: [tx.enqueue(effect(str(number))) for number in range(3)])
    handler = HangingHandler()
    pump = Pump(any_db, {"line.push": handler}, default=LIMIT)
    assert pump.step().claimed == 3
    assert handler.entered.wait(10)
    yield pump, handler
    handler.gate.set()
    pump.close()


def pass_time(pump, clock, minutes):
    """The worker goes on stepping while time passes."""
    for _ in range(minutes * 2):
        clock.advance(timedelta(seconds=30))
        pump.step()


def test_a_slow_handler_and_what_waits_behind_it_stay_ours(any_db, clock, slow):
    pump, handler = slow
    pass_time(pump, clock, 8)
    other = RecordingHandler()
    assert Pump(any_db, {"line.push": other}).run_once().claimed == 0
    handler.gate.set()
    assert pump.run_once().done == 3
    assert (other.ids, handler.recorded) == ([], [Done()] * 3)


def test_without_a_sign_of_life_others_take_over(any_db, clock, slow):
    clock.advance(LEASE)
    other = RecordingHandler()
    assert Pump(any_db, {"line.push": other}).run_once().done == 3
    pump, handler = slow
    handler.gate.set()
    assert pump.run_once().lost == 3


def test_a_stuck_handler_loses_its_lease_at_last(any_db, clock, slow):
    pump, _handler = slow
    pass_time(pump, clock, 15)
    assert Pump(any_db, {"line.push": RecordingHandler()}).run_once().done == 3


def test_a_lease_that_was_lost_is_not_renewed(any_db, clock, slow):
    clock.advance(LEASE)
    second = HangingHandler()
    other = Pump(any_db, {"line.push": second}, default=LIMIT)
    assert other.step().claimed == 3
    pump, handler = slow
    pump.step()
    handler.gate.set()
    assert pump.run_once().lost == 3
    second.gate.set()
    assert other.run_once().done == 3


def test_run_once_renews_while_it_waits(any_db, clock):
    any_db.run(lambda tx: tx.enqueue(effect("a")))
    handler = HangingHandler()
    pump = Pump(any_db, {"line.push": handler}, default=QueueLimit(lease=timedelta(milliseconds=80)))
    thread = threading.Thread(target=pump.run_once)
    thread.start()
    assert handler.entered.wait(10)
    (before,) = any_db.read(outbox.list)
    clock.advance(timedelta(milliseconds=50))
    while any_db.read(outbox.list)[0].wake == before.wake:
        assert thread.is_alive()
    handler.gate.set()
    thread.join()
    assert any_db.read(outbox.list)[0].state == "done"


def test_a_turn_that_attempted_nothing_uses_up_no_attempt(any_db, clock):
    any_db.run(lambda tx: tx.enqueue(effect("a")))
    busy = Retry("our own limit", after=3.0, counts=False)
    handler = RecordingHandler([busy] * 5 + [Retry("real")] + [busy] * 5)
    pump = Pump(any_db, {"line.push": handler}, backoff=Backoff(max_attempts=2))
    attempts = []
    for _ in range(12):
        pump.run_once()
        (entry,) = any_db.read(outbox.list)
        attempts.append((entry.state, entry.attempts, entry.first_attempt is None))
        clock.advance(timedelta(seconds=10))
    assert attempts[:5] == [("asleep", 0, True)] * 5
    assert attempts[5:11] == [("asleep", 1, False)] * 6
    assert attempts[11][0] == "done"
    assert [context.attempt for _, context in handler.calls] == [1] * 6 + [2] * 6


def test_a_queue_of_a_family_has_the_familys_limit_and_threads_of_its_own(any_db):
    any_db.run(
        lambda tx: [tx.enqueue(effect(f"{q}{n}", queue=f"delivery.{q}")) for q in "ab" for n in range(9)]
    )
    pump = Pump(any_db, {"line.push": HangingHandler()}, queues={"delivery": LIMIT})
    assert pump.step().claimed == 6
    for bulkhead in pump._bulkheads.values():
        assert (bulkhead.held, bulkhead.limit) == (3, LIMIT)
    pump._effects["line.push"].gate.set()
    assert pump.run_once().done == 18


def lifted(payload):
    return {**payload, "lifted": True}


class Versioned(RecordingHandler):
    version = 2


def test_skipping_records_the_payload_in_its_newest_shape(any_db):
    handler = Versioned()
    pump = Pump(any_db, {"line.push": handler}, upcasters={("line.push", 1): lifted})
    row = any_db.run(lambda tx: tx.enqueue(effect("a")))
    seen = []
    handler.record = lambda _tx, payload, fate: seen.append((payload, fate))
    any_db.run(lambda tx: pump.skip(tx, row, "told by phone"))
    assert seen == [({**effect("a").payload, "lifted": True}, Dead("skipped: told by phone"))]


def test_what_a_newer_release_wrote_is_not_skipped_here(any_db):
    row = any_db.run(lambda tx: tx.enqueue(effect("a", version=7)))
    pump = Pump(any_db, {"line.push": Versioned()})
    with pytest.raises(StoreError, match="version 7"):
        any_db.run(lambda tx: pump.skip(tx, row, "x"))
    assert any_db.read(outbox.list)[0].state == "ready"
