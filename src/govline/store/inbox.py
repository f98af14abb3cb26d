"""The inbox: what came in is committed before it is answered, then handled one citizen at a time, in order.

An event is `received`, then `done` or `failed`. A failed one is seen by staff and can be replayed; it holds nobody up.
A lane is the strand of one citizen; events without a citizen each have a lane of their own.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from attrs import field, frozen

from govline.core import CitizenId, Id, Ref, Transaction
from govline.errors import GovlineError, InputError, StoreError
from govline.store import _queries_inbox as q
from govline.store._outage import is_outage
from govline.store._pages import Page
from govline.store._queries_inbox import Listed, Stored
from govline.store._reach import database, nudge_after_commit
from govline.store.database import Database

__all__ = [
    "STATES",
    "Handle",
    "Incoming",
    "Listed",
    "Processed",
    "Received",
    "counts",
    "erase",
    "list",
    "next_citizens",
    "process",
    "purge",
    "receive",
    "replay",
    "stable_id",
]

STATES: Final = ("received", "done", "failed")
KEEP: Final = timedelta(days=30)
KEEP_FAILED: Final = timedelta(days=180)
_log = logging.getLogger("govline.inbox")


@frozen
class Incoming:
    """An event on its way into the inbox, and out again to its handler.

    Args:
        kind: `message.text`, `follow` …; unknown kinds are kept and counted like any other.
        timestamp: Milliseconds since 1970 UTC, as LINE tells them.
        sequence: The event's place in its body.
        body: The event as JSON text, the LINE userId already replaced by the citizen's id. Never in a repr.
        id: The webhookEventId; derived from the bytes where the event has none.
        citizen: Whose it is; None for events of nobody in particular.
        attempt: Which attempt this is, set when it is handled.
    """

    kind: str
    timestamp: int
    sequence: int
    body: str = field(repr=False)
    id: Id = ""
    citizen: CitizenId | None = None
    reply_token: str = field(default="", repr=False)
    attempt: int = 0

    def __attrs_post_init__(self) -> None:
        if not self.id:
            object.__setattr__(self, "id", stable_id(self.body, self.sequence))

    @property
    def lane(self) -> str:
        """The strand in which it is handled in order."""
        return self.citizen or f"event:{self.id}"


@frozen
class Received:
    """How many events of a body are new, and how many were already there."""

    new: int
    known: int


@frozen
class Processed:
    """What one call of `process` did in a lane."""

    done: int = 0
    failed: int = 0
    late: int = 0


Handle = Callable[[Transaction, Incoming], None]


def stable_id(body: str, sequence: int) -> Id:
    """An id for an event that came without one: equal for every delivery of the same event.

    `deliveryContext` is left out, because a redelivery differs in it.
    """
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if isinstance(event, dict):
        event.pop("deliveryContext", None)
        body = json.dumps(event, sort_keys=True, ensure_ascii=False)
    return "hash:" + hashlib.sha256(f"{sequence}\0{body}".encode()).hexdigest()


def receive(tx: Transaction, events: Iterable[Incoming]) -> Received:
    """Store the events of one body in the caller's transaction; those whose id is known already are left alone."""
    events = [*events]
    new = sum(tx.write(q.INSERT, _row(tx, event)) for event in events)
    nudge_after_commit(tx)
    return Received(new, len(events) - new)


def _row(tx: Transaction, event: Incoming) -> dict[str, object]:
    keys = database(tx).keys
    body, token = event.body, event.reply_token
    if keys is not None:
        body = keys.seal(body.encode(), f"inbox.body:{event.id}")
        token = keys.seal(token.encode(), f"inbox.reply_token:{event.id}") if token else ""
    return {
        "id": event.id,
        "lane": event.lane,
        "citizen": event.citizen,
        "kind": event.kind,
        "timestamp_ms": event.timestamp,
        "sequence": event.sequence,
        "body": body,
        "reply_token": token,
        "sealed": keys is not None,
        "state": "received",
        "attempts": 0,
        "code": "",
        "received": tx.now,
        "ended": None,
    }


def next_citizens(tx: Transaction, limit: int = 100) -> Sequence[str]:
    """Lanes with events to handle, the longest waiting first: keys for `process`."""
    return [row[0] for row in tx.all(q.WAITING_LANES, {"limit": limit})]


def process(db: Database, lane: str, handle: Handle, *, limit: int = 1000) -> Processed:
    """Handle what waits in a lane, one unit of work an event, in (timestamp, sequence) order.

    Load, handle and the mark `done` commit together. A handler that raises has everything it wrote rolled back, and its
    event becomes `failed`; the next one goes on. Returns early when another worker has the lane.

    Args:
        lane: A key from `next_citizens`: the citizen's id.
        handle: Gets the transaction and the event; it may run again after a serialization failure.
        limit: The most events to handle now.
    """
    done = failed = late = 0
    for _ in range(limit):
        step = _Step(lane, handle)
        try:
            went = db.run(step)
        except Exception as error:
            if step.stored is None or is_outage(error):
                raise
            failed += db.run(_failing(step.stored, error))
            continue
        if not went:
            break
        done += 1
        late += step.late
    return Processed(done, failed, late)


class _Step:
    """One unit of work: take the lane, load its next event, handle it, mark it done."""

    def __init__(self, lane: str, handle: Handle) -> None:
        self.lane = lane
        self.handle = handle
        self.stored: Stored | None = None
        self.late = False

    def __call__(self, tx: Transaction) -> bool:
        self.stored = None
        held = _take(tx, self.lane)
        self.stored = tx.one(q.NEXT, {"key": self.lane}) if held is not None else None
        if held is None or self.stored is None:
            return False
        event = _opened(tx, self.stored)
        self.late = event.timestamp < held[0]
        if self.late:
            _log.warning("event %s of kind %s came late and is handled out of order", event.id, event.kind)
        self.handle(tx, event)
        tx.write(q.END, {"row": event.id, "now": tx.now})
        tx.write(q.PASS, {"key": self.lane, "ms": max(held[0], event.timestamp), "now": tx.now})
        return True


def _take(tx: Transaction, lane: str) -> tuple[int] | None:
    """Lock the lane until the commit; None when another worker has it. Its row is made at its first event."""
    lock = {"key": lane, "now": tx.now}
    held: tuple[int] | None = tx.one(q.LOCK_LANE, lock)
    if held is None and tx.write(q.INSERT_LANE, {"lane": lane, "last_ms": 0, "touched": tx.now}):
        held = tx.one(q.LOCK_LANE, lock)
    return held


def _opened(tx: Transaction, stored: Stored) -> Incoming:
    body, token = stored.body, stored.reply_token
    if stored.sealed:
        keys = database(tx).keys
        if keys is None:
            raise StoreError(
                "the event is sealed and the database was opened without keys",
                code="GL-1121",
                hint="set GOVLINE_KEYS",
                place={"event": stored.id},
            )
        body = keys.open(body, f"inbox.body:{stored.id}").decode()
        token = keys.open(token, f"inbox.reply_token:{stored.id}").decode() if token else ""
    return Incoming(
        kind=stored.kind,
        timestamp=stored.timestamp_ms,
        sequence=stored.sequence,
        body=body,
        id=stored.id,
        citizen=stored.citizen,
        reply_token=token,
        attempt=stored.attempts + 1,
    )


def _failing(event: Stored, error: Exception) -> Callable[[Transaction], bool]:
    """Mark the event failed with a code; the message of a foreign error may hold personal data and is not kept."""
    code = error.code if isinstance(error, GovlineError) else type(error).__name__
    _log.error("event %s of kind %s failed with %s", event.id, event.kind, code)

    def mark(tx: Transaction) -> bool:
        failing = {"row": event.id, "seen_attempts": event.attempts, "error": code, "now": tx.now}
        return bool(tx.write(q.FAIL, failing))

    return mark


def replay(tx: Transaction, event: Id) -> None:
    """Let a failed event be handled once more.

    Raises:
        StoreError: GL-1111 there is no failed event of this id.
    """
    if not tx.write(q.REPLAY, {"row": event}):
        raise StoreError("no failed event of this id", code="GL-1111", place={"event": event})
    tx.audit("inbox.replay", Ref("inbox", event))
    nudge_after_commit(tx)


def list(  # noqa: A001 - read as inbox.list
    tx: Transaction, *, state: str | None = None, after: Id = "", newest: bool = False, limit: int = 100
) -> Sequence[Listed]:
    """A page of events in id order, without bodies and tokens; pass the last id as `after` for the next page.

    Args:
        newest: The newest first instead; `after` then goes back in time.

    Raises:
        InputError: GL-1112 an unknown state or a limit outside 1 … 1000.
    """
    if (state is not None and state not in STATES) or not 1 <= limit <= 1000:
        raise InputError(
            "no such page of the inbox", code="GL-1112", hint=f"state is one of {', '.join(STATES)}"
        )
    return [
        Listed(*row) for row in tx.connection.execute(q.list_events(state, Page(after, limit, newest=newest)))
    ]


def counts(tx: Transaction) -> Mapping[str, Mapping[str, int]]:
    """Events by state and kind: `{"done": {"message.text": 12}, "failed": {"mystery": 1}}`."""
    found: dict[str, dict[str, int]] = {}
    for state, kind, number in tx.all(q.COUNTS):
        found.setdefault(state, {})[kind] = number
    return found


def purge(
    tx: Transaction,
    *,
    older_than: timedelta = KEEP,
    failed_older_than: timedelta = KEEP_FAILED,
    limit: int = 500,
) -> int:
    """Delete a small page of events that were done, and of events that failed, long ago; how many."""
    ages = {"done": tx.now - older_than, "failed": tx.now - failed_older_than}
    gone = sum(
        tx.write(q.PURGE, {"before": before, "in_state": state, "limit": limit})
        for state, before in ages.items()
    )
    if gone == 0:
        tx.write(q.PURGE_LANES, {"before": ages["done"]})
    return gone


def erase(tx: Transaction, citizen: CitizenId) -> int:
    """Delete everything a citizen sent; how many events."""
    return tx.write(q.ERASE, {"who": citizen})
