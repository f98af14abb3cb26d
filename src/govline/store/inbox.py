"""The inbox: what came in is committed before it is answered, then handled one citizen at a time, in order.

An event is `received`, then `done` or `failed`. A failed one is seen by staff and can be replayed; it holds nobody up.
A lane is the strand of one citizen; events without a citizen each have a lane of their own.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from attrs import field, frozen

from govline.core import CitizenId, Id, Ref, Transaction
from govline.errors import GovlineError, InputError, PutOff, StoreError, UnitTimeout
from govline.store import _queries_inbox as q
from govline.store._contained import contained
from govline.store._line import unit_name
from govline.store._outage import is_outage
from govline.store._pages import Page
from govline.store._queries_inbox import Listed, Stored
from govline.store._reach import database, nudge_after_commit
from govline.store.database import Database

__all__ = [
    "STATES",
    "TRIES",
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
    "read",
    "receive",
    "replay",
    "stable_id",
    "unsend",
]

STATES: Final = ("received", "done", "failed")
KEEP: Final = timedelta(days=30)
KEEP_FAILED: Final = timedelta(days=180)
TRIES: Final = 3
"""So many attempts that end without a result, by a crash or an outage, and the event is failed."""
HOLD: Final = 0.2
"""Seconds for which a handler may keep SQLite's writer while others wait."""
_BEGUN: Final = "GL-1113"
_HOLD: Final = timedelta(seconds=30)
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
_Went = Literal["nothing", "begun", "done", "failed"]
_Begun = tuple[Id, int] | None


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


def process(
    db: Database,
    lane: str,
    handle: Handle,
    *,
    limit: int = 1000,
    since: datetime | None = None,
    suspects: bool = True,
) -> Processed:
    """Handle what waits in a lane, one unit of work an event, in (timestamp, sequence) order.

    Load, handle and the mark `done` commit together. A handler that raises has everything it wrote rolled back, and its
    event becomes `failed`; the next one goes on. What looks like the database's own failure is tried three times. Returns
    early when another worker has the lane, or the handler puts the event off (`PutOff`).

    Args:
        lane: A key from `next_citizens`: the citizen's id.
        handle: Gets the transaction and the event; it may run again after a serialization failure.
        limit: The most events to handle now.
        since: When this process began. An event that was there before may have killed the one before: its attempt is
            committed before it is handled, and after three such attempts it becomes `failed` with GL-1113. Events that
            came later cost nothing extra. None: no attempts are counted.
        suspects: False leaves such events to another loop of this process, so that none is blamed for its neighbour.
    """
    done = failed = late = 0
    begun: _Begun = None
    for _ in range(limit * 2):
        if done + failed >= limit:
            break
        step = _Step(lane, handle, since, begun, suspects=suspects)
        try:
            went = db.run(step, hold=step.hold)
        except PutOff:
            if step.counted:
                db.run(_uncounting(step))
            break
        except Exception as error:
            if step.stored is None:
                raise
            passing = _passes(error, step)
            failed += db.run(_counting(step, error) if passing else _failing(step, error))
            if passing:
                break
            continue
        if went == "nothing":
            break
        begun = step.begun
        done += went == "done"
        failed += went == "failed"
        late += step.late
    return Processed(done, failed, late)


class _Step:
    """One unit of work: take the lane, load its next event, handle it, mark it done."""

    def __init__(
        self, lane: str, handle: Handle, since: datetime | None, begun: _Begun, *, suspects: bool
    ) -> None:
        self.lane = lane
        self.handle = handle
        self.since = since
        self.begun = begun
        self.suspects = suspects
        self.stored: Stored | None = None
        self.attempt = 0
        self.late = False

    @property
    def counted(self) -> bool:
        """Whether the attempt at its event is committed already."""
        return self.stored is not None and self.begun == (self.stored.id, self.stored.attempts)

    def hold(self) -> float:
        """Seconds for which it may keep the writer from others: twice as many at each attempt, for who is slow need not hang."""
        return HOLD * 2.0 ** (max(self.attempt, 1) - 1)

    def __call__(self, tx: Transaction) -> _Went:
        self.stored = None
        held = _take(tx, self.lane, begun=self.begun is not None)
        stored = tx.one(q.NEXT, {"key": self.lane}) if held is not None else None
        if held is None or stored is None:
            return "nothing"
        self.stored = stored
        self.__qualname__ = f"process[{stored.id}]"  # how a timeout tells this unit from its neighbours
        self.attempt = stored.attempts if self.counted else stored.attempts + 1
        if not self.counted and self._suspicious(stored):
            return self._begin(tx, stored) if self.suspects else "nothing"
        self._handle(tx, stored, held[0])
        return "done"

    def _handle(self, tx: Transaction, stored: Stored, last_ms: int) -> None:
        event = _opened(tx, stored, self.attempt)
        self.late = event.timestamp < last_ms
        if self.late:
            _log.warning("event %s of kind %s came late and is handled out of order", event.id, event.kind)
        with contained():
            self.handle(tx, event)
        tx.write(q.END, {"row": event.id, "attempt": self.attempt, "now": tx.now})
        tx.write(q.PASS, {"key": self.lane, "ms": max(last_ms, event.timestamp), "now": tx.now})

    def _suspicious(self, stored: Stored) -> bool:
        return self.since is not None and (stored.code == _BEGUN or stored.received < self.since)

    def _begin(self, tx: Transaction, stored: Stored) -> _Went:
        """Commit that the event is about to be handled, so that a crash leaves its trace."""
        if stored.code == _BEGUN and self._under_way(tx):
            return "nothing"
        seen = {"row": stored.id, "seen_attempts": stored.attempts, "error": _BEGUN}
        if stored.attempts >= TRIES:
            tx.write(q.FAIL, {**seen, "attempt": stored.attempts, "now": tx.now})
            _log.error("event %s of kind %s never came back from its handler", stored.id, stored.kind)
            return "failed"
        tx.write(q.COUNT, {**seen, "attempt": self.attempt})
        tx.write(q.TOUCH_LANE, {"key": self.lane, "now": tx.now})
        self.begun = (stored.id, self.attempt)
        return "begun"

    def _under_way(self, tx: Transaction) -> bool:
        """Whether another process began it so lately that it may still be at it; not for ever when a clock was set back."""
        hold = max(_HOLD, timedelta(seconds=3 * database(tx).budget))
        touched: datetime | None = tx.one(q.LANE_TOUCHED, {"key": self.lane})
        return touched is not None and timedelta(0) <= tx.now - touched < hold


def _take(tx: Transaction, lane: str, *, begun: bool) -> tuple[int] | None:
    """Lock the lane until the commit; None when another worker has it. Its row is made at its first event.

    Who has begun an event waits for one that only looks: nobody else will handle it.
    """
    lock = {"key": lane}
    held: tuple[int] | None = tx.one(q.WAIT_FOR_LANE if begun else q.LOCK_LANE, lock)
    if held is None and tx.write(q.INSERT_LANE, {"lane": lane, "last_ms": 0, "touched": tx.now}):
        held = tx.one(q.LOCK_LANE, lock)
    return held


def _opened(tx: Transaction, stored: Stored, attempt: int) -> Incoming:
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
        attempt=attempt,
    )


def _passes(error: Exception, step: _Step) -> bool:
    """Whether the same event may fare better unchanged: the database failed, a neighbour held the writer too long, or others

    who waited took it away.
    """
    if isinstance(error, UnitTimeout):
        return error.place.get("unit") != unit_name(step) or bool(error.place.get("given_up"))
    return is_outage(error)


def _failing(step: _Step, error: Exception) -> Callable[[Transaction], bool]:
    """Mark the event failed with a code; the message of a foreign error may hold personal data and is not kept."""
    event, code = _seen(step), error.code if isinstance(error, GovlineError) else type(error).__name__
    _log.error("event %s of kind %s failed with %s", event.id, event.kind, code)

    def mark(tx: Transaction) -> bool:
        failing = {"row": event.id, "seen_attempts": event.attempts, "attempt": step.attempt}
        return bool(tx.write(q.FAIL, {**failing, "error": code, "now": tx.now}))

    return mark


def _counting(step: _Step, error: Exception) -> Callable[[Transaction], bool]:
    """Let the event wait on, but not for ever: a handler whose own database is down looks just like ours.

    When it is ours that is down, this raises as well and nothing is counted.
    """
    event = _seen(step)
    if step.attempt >= TRIES:
        return _failing(step, error)
    _log.warning("event %s of kind %s is tried again after %s", event.id, event.kind, type(error).__name__)

    def mark(tx: Transaction) -> bool:
        counting = {"row": event.id, "seen_attempts": event.attempts, "attempt": step.attempt}
        tx.write(q.COUNT, {**counting, "error": ""})
        return False

    return mark


def _uncounting(step: _Step) -> Callable[[Transaction], bool]:
    """Put off, it was no attempt."""
    event = _seen(step)

    def mark(tx: Transaction) -> bool:
        before = {"row": event.id, "seen_attempts": event.attempts, "attempt": event.attempts - 1}
        return bool(tx.write(q.COUNT, {**before, "error": ""}))

    return mark


def _seen(step: _Step) -> Stored:
    assert step.stored is not None
    return step.stored


def replay(tx: Transaction, event: Id) -> None:
    """Let a failed event be handled once more, with a fresh count of attempts.

    Raises:
        StoreError: GL-1111 there is no failed event of this id.
    """
    if not tx.write(q.REPLAY, {"row": event}):
        raise StoreError("no failed event of this id", code="GL-1111", place={"event": event})
    tx.audit("inbox.replay", Ref("inbox", event))
    nudge_after_commit(tx)


def read(tx: Transaction, event: Id) -> Incoming | None:
    """One event as it came in, while it is kept; None where there is none.

    Raises:
        StoreError: GL-1121 it is sealed and the database was opened without keys.
    """
    stored: Stored | None = tx.one(q.READ_EVENT, {"row": event})
    return None if stored is None else _opened(tx, stored, stored.attempts)


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


def unsend(tx: Transaction, citizen: CitizenId, message: str) -> Id | None:
    """Take away what is stored of a message that the citizen has taken back; its event's id, None where it is not known (any more).

    The event counts as done, whether it was handled or not, and its id stays known: LINE may deliver it again.
    """
    sent: Sequence[Stored] = tx.all(q.MESSAGES_OF, {"who": citizen})
    for stored in sent:
        said = json.loads(_opened(tx, stored, 0).body).get("message") or {}
        if said.get("id") != message:
            continue
        keys = database(tx).keys
        nothing = keys.seal(b"{}", f"inbox.body:{stored.id}") if stored.sealed and keys else "{}"
        tx.write(q.BLANK, {"row": stored.id, "nothing": nothing, "now": tx.now})
        return stored.id
    return None


def erase(tx: Transaction, citizen: CitizenId) -> int:
    """Delete everything a citizen sent; how many events."""
    return tx.write(q.ERASE, {"who": citizen})
