"""Conformance: what every outbox must do, on any database."""

import random
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from govline.core import (
    Amend,
    Dead,
    Done,
    Effect,
    Event,
    FixedClock,
    Handler,
    Ref,
    Retry,
    Transaction,
    Unknown,
)
from govline.errors import StoreError
from govline.store import Database, audit, outbox, outbox_claims
from govline.store.policies import Backoff, QueueLimit
from govline.store.pump import Pump, PumpReport
from govline.testing.effects import HangingHandler, RecordingHandler
from govline.testing.refusals import refusal

__all__ = ["OutboxSuite"]

TOPIC = "line.push"
PLAIN = Backoff(base=timedelta(minutes=1), factor=2, cap=timedelta(hours=1), jitter=0, max_attempts=4)


def effect(key: str, /, **rest: Any) -> Effect:
    """An effect of the suite's topic, deduplicated by `key`."""
    return Effect(rest.pop("topic", TOPIC), rest.pop("payload", {"citizen": key}), key, **rest)


def _enqueue(db: Database, *effects: Effect) -> list[str]:
    return db.run(lambda tx: [tx.enqueue(each) for each in effects])


def _pump(db: Database, handler: Any, **rest: Any) -> Pump:
    effects = handler if isinstance(handler, dict) else {TOPIC: handler}
    return Pump(db, effects, backoff=PLAIN, rng=random.Random(1), **rest)  # noqa: S311 - repeatable jitter


def _state(db: Database, row: str) -> str:
    return db.read(lambda tx: outbox.explain(tx, row).state)


class OutboxSuite:
    """Subclass it and give it a fixture `db`: a fresh, migrated Database on a FixedClock."""

    def test_an_effect_runs_once_and_leaves_its_record(self, db: Database) -> None:
        handler = RecordingHandler()
        (row,) = _enqueue(db, effect("a", payload={"citizen": "c1", "n": 1}))
        assert _pump(db, handler).run_until_idle().done == 1
        assert _pump(db, handler).run_until_idle() == PumpReport()
        assert [dict(payload) for payload, _ in handler.calls] == [{"citizen": "c1", "n": 1}]
        assert handler.ids == [row]
        assert handler.recorded == [Done()]
        assert _state(db, row) == "done"

    def test_a_rolled_back_unit_leaves_no_effect(self, db: Database) -> None:
        def unit(tx: Transaction) -> None:
            tx.enqueue(effect("a"))
            raise LookupError

        with suppress(LookupError):
            db.run(unit)
        assert _pump(db, RecordingHandler()).run_until_idle().claimed == 0

    def test_a_key_is_known_until_its_row_is_purged(self, db: Database) -> None:
        clock = _clock(db)
        first, again, other = _enqueue(db, effect("a"), effect("a"), effect("a", topic="line.menu"))
        assert first == again != other
        ordered = _enqueue(db, effect("b", order_key="k"), effect("b", order_key="k"))
        assert ordered[0] == ordered[1]
        handler = RecordingHandler()
        pump = _pump(db, {TOPIC: handler, "line.menu": handler})
        pump.run_until_idle()
        assert _enqueue(db, effect("a")) == [first]
        clock.advance(outbox.DEDUPE_LIFETIME - timedelta(seconds=1))
        assert db.run(outbox.purge) == 0
        clock.advance(timedelta(seconds=1))
        assert db.run(lambda tx: outbox.purge(tx, limit=2)) == 2
        assert db.run(outbox.purge) == 1
        (fresh,) = _enqueue(db, effect("a"))
        assert fresh != first
        pump.run_until_idle()
        assert len(handler.calls) == 4

    def test_effects_of_one_key_go_one_after_another(self, db: Database) -> None:
        handler = RecordingHandler()
        rows = _enqueue(db, *(effect(f"a{n}", order_key="c1", priority=n) for n in range(5)))
        free = _enqueue(db, effect("free", priority=9))
        pump = _pump(db, handler, default=QueueLimit(workers=4))
        assert pump.run_once(limit=2).claimed == 2
        assert handler.ids[:2] in ([*free, rows[0]], [rows[0], *free])
        pump.run_until_idle()
        assert [row for row in handler.ids if row not in free] == rows

    def test_a_dead_head_blocks_visibly_until_it_is_skipped(self, db: Database) -> None:
        first, second, third = _enqueue(db, *(effect(key, order_key="c1") for key in "abc"))
        handler = RecordingHandler([Dead("refused")])
        pump = _pump(db, handler)
        assert pump.run_until_idle().dead == 1
        told = db.read(lambda tx: outbox.explain(tx, second))
        assert (told.state, told.blocked_by) == ("waiting", first)
        assert "dead" in told.text
        db.run(lambda tx: outbox.skip(tx, first, "told by phone"))
        pump.run_until_idle()
        assert handler.ids == [first, second, third]
        entries = db.read(lambda tx: audit.list(tx, subject=Ref("outbox", first)))
        assert [entry.action for entry in entries] == ["outbox.skip"]

    def test_an_unknown_head_blocks_and_a_waiting_row_can_be_skipped(self, db: Database) -> None:
        first, second, third = _enqueue(db, *(effect(key, order_key="c1") for key in "abc"))
        handler = RecordingHandler([Unknown("answer lost")])
        pump = _pump(db, handler)
        assert pump.run_until_idle().unknown == 1
        db.run(lambda tx: outbox.skip(tx, second, "not needed"))
        assert pump.run_until_idle().claimed == 0
        db.run(lambda tx: outbox.retry(tx, first, "not arrived, by the citizen's word"))
        pump.run_until_idle()
        assert handler.ids == [first, first, third]

    def test_a_loose_head_that_dies_stays_visible_and_lets_the_others_go(self, db: Database) -> None:
        rows = _enqueue(db, *(effect(key, order_key="c1", strict=False) for key in "abc"))
        handler = RecordingHandler([Dead("blocked"), Unknown("answer lost")])
        report = _pump(db, handler).run_until_idle()
        assert (report.dead, report.unknown, report.done) == (1, 1, 1)
        assert handler.ids == rows
        dead = db.read(lambda tx: outbox.list(tx, state="dead"))
        assert [entry.id for entry in dead] == rows[:1]

    def test_an_amended_effect_keeps_id_and_place_and_begins_anew(self, db: Database) -> None:
        rows = _enqueue(db, *(effect(key, order_key="c1") for key in "ab"))
        handler = RecordingHandler([Amend({"way": "other"}, "the first way is closed")])
        assert _pump(db, handler).run_until_idle().done == 2
        assert handler.ids == [rows[0], *rows]
        payload, context = handler.calls[1]
        assert (payload, context.attempt) == ({"way": "other"}, 1)

    def test_a_skipped_effect_is_recorded_as_dead_by_its_handler(self, db: Database) -> None:
        (row,) = _enqueue(db, effect("a"))
        handler = RecordingHandler()
        pump = _pump(db, handler)
        db.run(lambda tx: pump.skip(tx, row, "told by phone"))
        assert handler.recorded == [Dead("skipped: told by phone")]
        assert handler.calls == []
        assert pump.run_until_idle().claimed == 0

    def test_an_effect_that_expires_after_an_attempt_is_unknown_not_dead(self, db: Database) -> None:
        clock = _clock(db)
        ends = clock.now() + timedelta(seconds=30)
        _enqueue(db, effect("a", expires=ends), effect("b", expires=ends, due=ends + timedelta(seconds=1)))
        pump = _pump(db, RecordingHandler([Retry("no answer", after=60)]))
        pump.run_until_idle()
        clock.advance(timedelta(minutes=2))
        report = pump.run_until_idle()
        assert (report.unknown, report.dead) == (1, 1)

    def test_an_effect_cannot_be_amended_for_ever(self, db: Database) -> None:
        (row,) = _enqueue(db, effect("a"))
        handler = RecordingHandler([Amend({}, "another way")] * 200)
        report = _pump(db, handler).run_until_idle()
        assert report.dead == 1
        assert db.read(lambda tx: outbox.explain(tx, row)).state == "dead"

    def test_the_newest_rows_can_be_listed_first(self, db: Database) -> None:
        rows = _enqueue(db, *(effect(key) for key in "abc"))
        newest = db.read(lambda tx: outbox.list(tx, newest=True, limit=2))
        older = db.read(lambda tx: outbox.list(tx, newest=True, after=newest[-1].id))
        assert [entry.id for entry in (*newest, *older)] == rows[::-1]

    def test_busy_until_nothing_is_left_for_now(self, db: Database) -> None:
        def busy() -> bool:
            return db.read(lambda tx: outbox.busy(tx, tx.now))

        assert not busy()
        _enqueue(db, effect("a"))
        assert busy()
        _pump(db, RecordingHandler()).run_until_idle()
        assert not busy()

    def test_what_has_ended_or_runs_cannot_be_skipped_or_retried(self, db: Database) -> None:
        row, leased = _enqueue(db, effect("a"), effect("b", topic="other.x"))
        db.run(lambda tx: outbox_claims.claim(tx, "other", 1, tx.now, tx.now + timedelta(minutes=1)))
        _pump(db, RecordingHandler()).run_until_idle()
        for verb in (outbox.skip, outbox.retry):
            for target, code in ((row, "GL-1102"), (leased, "GL-1102"), ("none", "GL-1101")):
                assert refusal(partial(db.run, partial(verb, row=target, reason="why"))) == code

    def test_a_failed_attempt_is_tried_again_under_the_same_id_and_gives_up_in_the_end(
        self, db: Database
    ) -> None:
        clock = _clock(db)
        handler = RecordingHandler([Retry("busy")] * 4)
        (row,) = _enqueue(db, effect("a"))
        pump = _pump(db, handler)
        assert pump.run_until_idle().retried == 1
        told = db.read(lambda tx: outbox.explain(tx, row))
        assert told.until == clock.now() + timedelta(minutes=1)
        assert "busy" in told.text
        for minutes in (1, 2, 4):
            assert pump.run_until_idle().claimed == 0
            clock.advance(timedelta(minutes=minutes))
            pump.run_until_idle()
        assert handler.ids == [row] * 4
        assert [context.attempt for _, context in handler.calls] == [1, 2, 3, 4]
        assert handler.recorded[-1] == Dead("gave up after 4 attempts: busy")
        assert _state(db, row) == "dead"
        db.run(lambda tx: outbox.retry(tx, row, "provider is back"))
        assert pump.run_until_idle().done == 1

    def test_a_handler_may_name_its_own_wait(self, db: Database) -> None:
        clock = _clock(db)
        (row,) = _enqueue(db, effect("a"))
        pump = _pump(db, RecordingHandler([Retry("429", after=7.5)]))
        pump.run_until_idle()
        assert db.read(lambda tx: outbox.explain(tx, row)).until == clock.now() + timedelta(seconds=7.5)

    def test_a_handler_that_raises_is_retried_and_its_message_kept_nowhere(self, db: Database) -> None:
        class Raising(RecordingHandler):
            def run(self, payload: Any, context: Any) -> Done:  # noqa: ARG002 - the handler's shape
                raise RuntimeError("山田太郎")

        (row,) = _enqueue(db, effect("a"))
        assert _pump(db, Raising()).run_until_idle().retried == 1
        assert "RuntimeError" in db.read(lambda tx: outbox.explain(tx, row)).text
        assert "山田" not in str(db.read(lambda tx: (outbox.list(tx), outbox.explain(tx, row))))

    def test_a_record_that_raises_undoes_the_fate_and_spares_its_neighbours(self, db: Database) -> None:
        clock = _clock(db)
        failing = [True]

        def on_record(tx: Transaction, fate: Any) -> None:  # noqa: ARG001 - the handler's shape
            tx.enqueue(effect("follow-up", topic="other.x"))
            if failing.pop() if failing else False:
                raise LookupError

        bad = RecordingHandler(on_record=on_record)
        good = RecordingHandler()
        first, second = _enqueue(db, effect("a"), effect("b", topic="line.menu"))
        pump = _pump(db, {TOPIC: bad, "line.menu": good})
        failing.append(True)  # once in the page, once alone
        assert pump.run_until_idle().done == 1
        assert (_state(db, first), _state(db, second)) == ("asleep", "done")
        assert "other" not in db.read(outbox.counts)
        clock.advance(timedelta(minutes=1))
        pump.run_until_idle()
        assert bad.ids == [first, first]
        assert (_state(db, first), db.read(outbox.counts)["other"]) == ("done", {"asleep": 1})

    def test_due_expiry_and_priority(self, db: Database) -> None:
        clock = _clock(db)
        now = clock.now()
        handler = RecordingHandler()
        later, stale, low, high = _enqueue(
            db,
            effect("later", due=now + timedelta(hours=1)),
            effect("stale", due=now + timedelta(hours=1), expires=now + timedelta(hours=2)),
            effect("low", priority=-5),
            effect("high", priority=5),
        )
        pump = _pump(db, handler, default=QueueLimit(workers=1, ahead=1))
        pump.run_until_idle()
        assert handler.ids == [high, low]
        clock.advance(timedelta(hours=3))
        report = pump.run_until_idle()
        assert (report.done, report.dead) == (1, 1)
        assert handler.ids == [high, low, later]
        assert "expired" in db.read(lambda tx: outbox.explain(tx, stale)).text
        assert handler.recorded[-1] == Dead("expired") or Dead("expired") in handler.recorded

    def test_a_retry_key_that_is_too_old_makes_the_effect_unknown(self, db: Database) -> None:
        clock = _clock(db)
        handler = RecordingHandler([Retry("timeout")] * 3, unknown_after=timedelta(minutes=2))
        (row,) = _enqueue(db, effect("a"))
        pump = _pump(db, handler)
        pump.run_until_idle()
        clock.advance(timedelta(minutes=1))
        pump.run_until_idle()
        clock.advance(timedelta(minutes=1))
        assert pump.run_until_idle().unknown == 1
        assert len(handler.calls) == 2
        assert isinstance(handler.recorded[-1], Unknown)
        assert _state(db, row) == "unknown"
        db.run(lambda tx: outbox.retry(tx, row, "surely not arrived"))
        pump.run_until_idle()
        assert handler.ids == [row] * 3

    def test_a_lost_lease_cannot_record_its_fate(self, db: Database) -> None:
        clock = _clock(db)
        stalled, swift = HangingHandler(), RecordingHandler()
        (row,) = _enqueue(db, effect("a"))
        slow = _pump(db, stalled, default=QueueLimit(lease=timedelta(minutes=1)))
        assert slow.step().claimed == 1
        assert stalled.entered.wait(10)
        other = _pump(db, swift)
        assert other.run_until_idle().claimed == 0
        clock.advance(timedelta(minutes=1))
        assert other.run_until_idle().done == 1
        stalled.gate.set()
        assert slow.run_once().lost == 1
        assert stalled.ids == swift.ids == [row], "the same id: the provider sees one retry key"
        assert (stalled.recorded, swift.recorded) == ([], [Done()])

    def test_a_lost_lease_ends_nothing_that_another_worker_holds(self, db: Database) -> None:
        stalled, second = HangingHandler(), HangingHandler()
        (row,) = _enqueue(db, effect("a"))
        slow, other = _pump(db, stalled), _pump(db, second)
        assert slow.step().claimed == 1
        assert stalled.entered.wait(10)
        _clock(db).advance(QueueLimit().lease)
        assert other.step().claimed == 1
        assert second.entered.wait(10)
        stalled.gate.set()
        assert slow.run_once().lost == 1
        assert _state(db, row) == "leased"
        second.gate.set()
        assert other.run_once().done == 1
        assert (stalled.recorded, second.recorded) == ([], [Done()])

    def test_a_lost_lease_is_not_given_back_over_another_workers(self, db: Database) -> None:
        stalled, second = HangingHandler(), HangingHandler()
        rows = _enqueue(db, effect("a"), effect("b"))
        narrow = QueueLimit(workers=1, ahead=2)
        slow, other = _pump(db, stalled, default=narrow), _pump(db, second, default=narrow)
        assert slow.step().claimed == 2
        assert stalled.entered.wait(10)
        _clock(db).advance(narrow.lease)
        assert other.step().claimed == 2
        slow.close(grace=0)
        assert [_state(db, row) for row in rows] == ["leased", "leased"]
        stalled.gate.set()
        second.gate.set()
        assert slow.close().lost == 1
        assert other.run_until_idle().done == 2

    def test_a_call_with_a_deadline_begins_nothing_after_it_and_waits_no_longer(self, db: Database) -> None:
        handler = HangingHandler()
        _enqueue(db, effect("a"))
        pump, now = _pump(db, handler), _clock(db).now()
        assert pump.run_once(deadline=now) == PumpReport()
        assert pump.run_once(deadline=now + timedelta(milliseconds=20)) == PumpReport(claimed=1, running=1)
        handler.gate.set()
        assert pump.run_once(deadline=now + timedelta(minutes=1)) == PumpReport(done=1)

    def test_a_hang_stays_in_its_own_queue(self, db: Database) -> None:
        hanging, quick = HangingHandler(), RecordingHandler()
        _enqueue(db, *(effect(f"s{n}", topic="stuck.x") for n in range(50)))
        _enqueue(db, *(effect(f"q{n}") for n in range(50)))
        pump = _pump(db, {"stuck.x": hanging, TOPIC: quick}, queues={"stuck": QueueLimit(workers=2, ahead=1)})
        done = 0
        while done < 50:
            report = pump.step()
            done += report.done
            if not report.claimed and not report.done:
                assert pump.wait(10)
        assert hanging.entered.is_set()
        assert pump.running == 2
        counts = db.read(outbox.counts)
        assert counts == {"line": {"done": 50}, "stuck": {"leased": 2, "ready": 48}}
        hanging.gate.set()
        assert pump.run_until_idle().done == 50

    def test_a_queue_keeps_to_its_rate(self, db: Database) -> None:
        clock = _clock(db)
        handler = RecordingHandler()
        _enqueue(db, *(effect(f"a{n}") for n in range(30)))
        pump = _pump(db, handler, queues={"line": QueueLimit(per_second=10)})
        assert pump.run_until_idle().done == 10
        assert pump.run_until_idle().done == 0
        clock.advance(timedelta(milliseconds=500))
        assert pump.run_until_idle().done == 5
        clock.advance(timedelta(minutes=1))
        assert pump.run_until_idle().done == 10

    def test_closing_gives_back_what_was_not_begun(self, db: Database) -> None:
        hanging = HangingHandler()
        _enqueue(db, *(effect(f"a{n}") for n in range(5)))
        pump = _pump(db, hanging, default=QueueLimit(workers=1, ahead=5))
        assert pump.step().claimed == 5
        assert hanging.entered.wait(10)
        hanging.gate.set()
        pump.close()
        counts = db.read(outbox.counts)["line"]
        assert "leased" not in counts
        assert counts.get("done", 0) + counts.get("ready", 0) == 5
        rest = RecordingHandler()
        _pump(db, rest).run_until_idle()
        assert all(context.attempt == 1 for _, context in rest.calls)

    def test_upcasters_lift_older_payloads_and_newer_ones_wait(self, db: Database) -> None:
        handler = RecordingHandler()
        handler.version = 3  # type: ignore[attr-defined]  # as a handler declares it
        old, new = _enqueue(
            db, effect("old", payload={"who": "c"}, version=1), effect("new", payload={}, version=4)
        )
        upcasters = {
            (TOPIC, 1): lambda payload: {"citizen": payload["who"]},
            (TOPIC, 2): lambda payload: {**payload, "unit": None},
        }
        report = _pump(db, handler, upcasters=upcasters).run_until_idle()
        assert (report.done, report.retried) == (1, 1)
        assert [dict(payload) for payload, _ in handler.calls] == [{"citizen": "c", "unit": None}]
        assert _state(db, old) == "done"
        assert "version 4" in db.read(lambda tx: outbox.explain(tx, new)).text

    def test_an_effect_without_handler_waits_visibly(self, db: Database) -> None:
        (row,) = _enqueue(db, effect("a", topic="mystery.x"))
        assert _pump(db, RecordingHandler()).run_until_idle().retried == 1
        assert "no handler for topic mystery.x" in db.read(lambda tx: outbox.explain(tx, row)).text

    def test_lists_show_keys_and_ids_only(self, db: Database) -> None:
        _enqueue(
            db, effect("a", payload={"citizen": "c1", "messages": [{"text": "山田太郎"}], "note": "山田"})
        )
        (entry,) = db.read(lambda tx: outbox.list(tx, state="ready", topic=TOPIC))
        assert dict(entry.payload) == {"citizen": "c1", "messages": "…", "note": "…"}
        assert db.read(lambda tx: outbox.list(tx, after=entry.id)) == []
        assert db.read(lambda tx: outbox.list(tx, state="dead")) == []

    def test_events_reach_each_handler_once_and_vetoes_at_once(self, db: Database) -> None:
        heard: list[str] = []

        def veto(tx: Transaction, event: Event) -> None:  # noqa: ARG001 - the handler's shape
            if event.data.get("bad"):
                raise StoreError("no")

        def first(tx: Transaction, event: Event) -> None:
            tx.audit("first.heard", event.subject)
            heard.append(f"first {event.subject.id}")

        def second(tx: Transaction, event: Event) -> None:
            tx.audit("second.heard", event.subject)
            if "second" not in heard:
                heard.append("second")
                raise LookupError

        db.listen(
            [
                Handler("slot.freed", veto, mode="same_tx"),
                Handler("slot.freed", first),
                Handler("slot.freed", second),
                Handler("other", first),
            ]
        )
        event = Event("slot.freed", Ref("slot", "s1"), version=2, citizen="c1", data={"n": 1})
        bad = Event("slot.freed", Ref("slot", "s2"), data={"bad": True})
        db.run(lambda tx: tx.emit(event))
        assert refusal(lambda: db.run(lambda tx: tx.emit(bad))) == "GL-1000"
        pump = _pump(db, {})
        report = pump.run_until_idle()
        assert (report.done, report.retried) == (1, 1)
        _clock(db).advance(timedelta(minutes=1))
        assert pump.run_until_idle().done == 1
        actions = [entry.action for entry in db.read(lambda tx: audit.list(tx, subject=event.subject))]
        assert sorted(actions) == ["first.heard", "second.heard"]
        assert sorted(heard) == ["first s1", "second"]


def _clock(db: Database) -> FixedClock:
    assert isinstance(db.clock, FixedClock), "the suite needs a database on a FixedClock"
    return db.clock
