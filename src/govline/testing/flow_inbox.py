"""Conformance: what every inbox must do, on any database."""

import threading
from datetime import timedelta
from functools import partial
from typing import Any

from govline.core import Effect, FixedClock, Ref, Transaction
from govline.store import Database, inbox
from govline.store.inbox import Incoming, Processed, Received
from govline.testing.refusals import refusal

__all__ = ["InboxSuite", "race"]

TOKEN = "token-canary-1"  # noqa: S105 - a made-up reply token


def incoming(key: str, citizen: str | None = "c1", *, at: int = 0, **rest: Any) -> Incoming:
    """An event of the suite."""
    return Incoming(
        kind=rest.pop("kind", "message.text"),
        timestamp=at,
        sequence=rest.pop("sequence", 0),
        body=rest.pop("body", f'{{"text":"{key}"}}'),
        id=key,
        citizen=citizen,
        **rest,
    )


def _receive(db: Database, *events: Incoming) -> Received:
    return db.run(lambda tx: inbox.receive(tx, events))


def _states(db: Database) -> dict[str, str]:
    return {event.id: event.state for event in db.read(inbox.list)}


class InboxSuite:
    """Subclass it and give it a fixture `db`: a fresh, migrated Database on a FixedClock."""

    def test_one_body_five_times_is_one_set_of_events(self, db: Database) -> None:
        body = [incoming("e1", at=1), incoming("e2", "c2", at=1, sequence=1)]
        assert [_receive(db, *body) for _ in range(5)] == [Received(2, 0), *[Received(0, 2)] * 4]
        seen: list[str] = []
        for lane in db.read(inbox.next_citizens):
            inbox.process(db, lane, lambda tx, event: seen.append(event.id))  # noqa: ARG005 - the handler's shape
        assert sorted(seen) == ["e1", "e2"]
        assert _receive(db, *body) == Received(0, 2)
        assert db.read(inbox.next_citizens) == []

    def test_a_citizen_is_handled_in_time_and_sequence_order(self, db: Database) -> None:
        _receive(db, incoming("late", at=9), incoming("b", at=5, sequence=1), incoming("a", at=5))
        seen: list[Incoming] = []
        assert inbox.process(db, "c1", lambda tx, event: seen.append(event)) == Processed(3)  # noqa: ARG005 - the handler's shape
        assert [event.id for event in seen] == ["a", "b", "late"]

    def test_event_and_work_commit_together(self, db: Database) -> None:
        _receive(db, incoming("e1", reply_token=TOKEN, body='{"text":"予約"}'))

        def handle(tx: Transaction, event: Incoming) -> None:
            assert (event.body, event.reply_token, event.attempt) == ('{"text":"予約"}', TOKEN, 1)
            tx.audit("handled", Ref("event", event.id))
            tx.enqueue(Effect("line.reply", {"citizen": event.citizen}, event.id))

        assert inbox.process(db, "c1", handle).done == 1
        assert _states(db) == {"e1": "done"}

    def test_a_handler_that_raises_loses_nothing(self, db: Database) -> None:
        _receive(db, *(incoming(f"e{n}", at=n) for n in range(10)), incoming("other", "c2"))
        broken = [True]

        def handle(tx: Transaction, event: Incoming) -> None:
            tx.audit("handled", Ref("event", event.id))
            if event.id == "e3" and broken:
                raise LookupError("山田太郎")

        assert inbox.process(db, "c1", handle) == Processed(done=9, failed=1)
        (failed,) = db.read(lambda tx: inbox.list(tx, state="failed"))
        assert (failed.id, failed.code, failed.attempts) == ("e3", "LookupError", 1)
        assert db.read(inbox.next_citizens) == ["c2"]
        broken.clear()
        db.run(lambda tx: inbox.replay(tx, "e3"))
        assert inbox.process(db, "c1", handle) == Processed(done=1, late=1)
        assert inbox.process(db, "c2", handle) == Processed(done=1)
        assert set(_states(db).values()) == {"done"}
        for wrong in ("e3", "none"):
            assert refusal(partial(db.run, partial(inbox.replay, event=wrong))) == "GL-1111"

    def test_events_of_nobody_do_not_wait_for_each_other(self, db: Database) -> None:
        _receive(db, incoming("g1", None, at=1), incoming("g2", None, at=2))

        def handle(tx: Transaction, event: Incoming) -> None:  # noqa: ARG001 - the handler's shape
            if event.id == "g1":
                raise LookupError

        lanes = db.read(inbox.next_citizens)
        assert [inbox.process(db, lane, handle) for lane in lanes] == [Processed(0, 1), Processed(1)]

    def test_an_event_without_id_is_known_again_by_its_content(self, db: Database) -> None:
        first = incoming("", body='{"a":1,"deliveryContext":{"isRedelivery":false}}')
        again = incoming("", body='{"deliveryContext":{"isRedelivery":true},"a":1}')
        other = incoming("", body='{"a":1}', sequence=1)
        broken = incoming("", body='{"a":')
        assert first.id == again.id
        assert len({first.id, other.id, broken.id}) == 3
        assert _receive(db, first, again, other, broken) == Received(3, 1)

    def test_an_event_that_comes_late_is_handled_and_told(self, db: Database) -> None:
        _receive(db, incoming("new", at=100))
        inbox.process(db, "c1", lambda tx, event: None)  # noqa: ARG005 - the handler's shape
        _receive(db, incoming("old", at=50), incoming("newer", at=150))
        assert inbox.process(db, "c1", lambda tx, event: None) == Processed(done=2, late=1)  # noqa: ARG005 - the handler's shape

    def test_unknown_events_are_kept_and_counted(self, db: Database) -> None:
        _receive(db, incoming("e1", kind="mystery"), incoming("e2"), incoming("e3"))
        assert db.read(inbox.counts) == {"received": {"mystery": 1, "message.text": 2}}

    def test_bodies_are_sealed_and_in_no_list(self, db: Database) -> None:
        _receive(db, incoming("e1", body='{"text":"山田太郎"}', reply_token=TOKEN))
        stored = db.run(lambda tx: str(tx.connection.exec_driver_sql("SELECT * FROM gl_inbox").all()))
        assert "山田" not in stored
        assert TOKEN not in stored
        shown = str(db.read(inbox.list)) + repr(incoming("x", body="山田", reply_token=TOKEN))
        assert "山田" not in shown
        assert TOKEN not in shown

    def test_purge_deletes_what_is_long_done_in_small_pages(self, db: Database) -> None:
        _receive(db, *(incoming(f"e{n}") for n in range(3)), incoming("bad", "c2"))
        inbox.process(db, "c1", lambda tx, event: None)  # noqa: ARG005 - the handler's shape
        assert db.run(inbox.purge) == 0
        assert isinstance(db.clock, FixedClock)
        db.clock.advance(inbox.KEEP + timedelta(seconds=1))
        assert db.run(lambda tx: inbox.purge(tx, limit=2)) == 2
        assert db.run(inbox.purge) == 1
        assert db.run(inbox.purge) == 0
        assert _states(db) == {"bad": "received"}
        assert inbox.process(db, "c2", _fail) == Processed(failed=1)
        db.clock.advance(inbox.KEEP_FAILED - timedelta(seconds=1))
        assert db.run(inbox.purge) == 0
        db.clock.advance(timedelta(seconds=1))
        assert db.run(inbox.purge) == 1

    def test_an_unknown_state_or_page_is_refused(self, db: Database) -> None:
        for wrong in ({"state": "lost"}, {"limit": 0}):
            assert refusal(partial(db.read, partial(inbox.list, **wrong))) == "GL-1112"

    def test_two_workers_handle_a_citizen_singly_and_in_order(self, db: Database) -> None:
        """Each event must see exactly what the one before it left; a second worker at once would see less."""
        _receive(db, *(incoming(f"e{n:02}", at=n) for n in range(12)))
        handled = race(db, "c1", workers=4)
        assert handled == [f"e{n:02}" for n in range(12)]
        assert _states(db) == {f"e{n:02}": "done" for n in range(12)}


def _fail(_tx: Transaction, _event: Incoming) -> None:
    raise LookupError


def race(db: Database, lane: str, workers: int) -> list[str]:
    """Process one lane with several workers at once; the event ids in the order in which their handling committed.

    Every handling meets the others at a barrier first, so that two that may overlap do.
    """
    order: list[str] = []
    meeting = threading.Barrier(2)

    def handle(tx: Transaction, event: Incoming) -> None:  # noqa: ARG001 - the handler's shape
        try:
            meeting.wait(0.02)
        except threading.BrokenBarrierError:
            meeting.reset()
        order.append(event.id)

    def work() -> None:
        while db.read(inbox.next_citizens):
            inbox.process(db, lane, handle)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return order
