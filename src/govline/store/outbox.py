"""The outbox: effects that are written with the facts that caused them and carried out after the commit.

A row walks through these states:

    waiting   behind another effect of its order key
    asleep    due later, or backing off after a failed attempt
    ready     may be claimed
    leased    a worker carries it out; a lease that runs out makes it ready again
    done      it happened
    dead      it did not happen and never will; staff may retry or skip it
    unknown   whether it happened cannot be known; staff decide
    skipped   staff let it go

Only `done` and `skipped` let the next effect of an order key go.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import evolve, frozen

from govline.core import (
    Dead,
    Effect,
    EffectHandler,
    Id,
    Json,
    Ref,
    Retry,
    Transaction,
    Upcaster,
    frozen_map,
)
from govline.errors import InputError, RetryNeeded, StoreError
from govline.store import _queries as q
from govline.store._queries import Entry
from govline.store.fates import lift
from govline.store.outbox_claims import advance, awake, has_sleepers

__all__ = [
    "DEDUPE_LIFETIME",
    "SHOWN",
    "STATES",
    "Entry",
    "Explanation",
    "busy",
    "counts",
    "explain",
    "fates",
    "insert",
    "list",
    "purge",
    "retry",
    "row_of",
    "skip",
    "topic_of",
    "withdraw",
]

STATES: Final = ("waiting", "asleep", "ready", "leased", "done", "dead", "unknown", "skipped")
SHOWN: Final = frozenset(
    {"batch", "booking", "campaign", "citizen", "claim", "event", "handler", "menu", "run", "version"}
)
"""Payload keys whose values are ids or names of ours; everything else is shown as `…`."""

DEDUPE_LIFETIME: Final = timedelta(days=30)
_HIDDEN = "…"


@frozen
class Explanation:
    """Why a row is where it is. `until` and `blocked_by` say what it waits for."""

    id: Id
    state: str
    text: str
    until: datetime | None = None
    blocked_by: Id | None = None


def insert(tx: Transaction, effect: Effect) -> Id:
    """Write the row of an effect; the id of the row already there when its topic and dedupe key are known.

    Called through `tx.enqueue`. A key is known until its row is purged: 30 days after its end by default.
    """
    known = (
        tx.one(q.FIND_DUPLICATE, {"topic": effect.topic, "dedupe": effect.dedupe})
        if effect.order_key
        else None
    )
    if known is not None:
        return str(known[0])
    row = row_of(tx, effect)
    if tx.write(q.INSERT, row):
        return str(row["id"])
    winner = tx.one(q.FIND_DUPLICATE, {"topic": effect.topic, "dedupe": effect.dedupe})
    if winner is None:
        raise RetryNeeded(
            "the row of this dedupe key was purged in this very moment",
            hint="run the transaction again",
        )
    return str(winner[0])


def row_of(tx: Transaction, effect: Effect) -> dict[str, Any]:
    """The row that stands for a new effect; takes its place in its order."""
    due = effect.due or tx.now
    position, blocked = _place_in_order(tx, effect.order_key)
    state, wake_at = ("waiting", None) if blocked else awake(due, tx.now)
    return {
        "id": tx.new_id(),
        "queue": effect.queue,
        "topic": effect.topic,
        "version": effect.version,
        "payload": effect.payload,
        "dedupe": effect.dedupe,
        "order_key": effect.order_key,
        "position": position,
        "strict": effect.strict,
        "priority": effect.priority,
        "enqueued": tx.now,
        "due": due,
        "expires": effect.expires,
        "state": state,
        "wake": wake_at,
        "fence": 0,
        "attempts": 0,
        "first_attempt": None,
        "reason": "",
        "ended": None,
    }


def _place_in_order(tx: Transaction, key: str | None) -> tuple[int, bool]:
    """The next position of the key, and whether something stands before it. Locks the key until the commit."""
    if key is None:
        return 0, False
    tail = tx.one(q.BUMP_ORDER, {"order_key": key, "tail": 1, "touched": tx.now, "now": tx.now})
    assert tail is not None
    # A statement of its own: on PostgreSQL only then does it see what was committed while we waited for the lock.
    return int(tail[0]), tx.one(q.HEAD_OF_ORDER, {"key": key}) is not None


def list(  # noqa: A001 - read as outbox.list
    tx: Transaction,
    *,
    state: str | None = None,
    topic: str | None = None,
    after: Id = "",
    newest: bool = False,
    limit: int = 100,
) -> Sequence[Entry]:
    """A page of rows in id (time) order, payload values redacted; pass the last id as `after` for the next page.

    Args:
        newest: The newest first instead; `after` then goes back in time.

    Raises:
        InputError: GL-1103 an unknown state or a limit outside 1 … 1000.
    """
    if (state is not None and state not in STATES) or not 1 <= limit <= 1000:
        raise InputError(
            "no such page of the outbox", code="GL-1103", hint=f"state is one of {', '.join(STATES)}"
        )
    rows = tx.connection.execute(q.list_entries(state, topic, q.Page(after, limit, newest=newest)))
    return [_redacted(Entry(*row)) for row in rows]


def busy(tx: Transaction, now: datetime) -> bool:
    """Whether any effect is being carried out, or could be at `now`."""
    ready = tx.one(q.NEXT_QUEUE, {"after": ""}) is not None
    return ready or has_sleepers(tx, now) or tx.one(q.ANY_LEASED) is not None


def counts(tx: Transaction) -> Mapping[str, Mapping[str, int]]:
    """Rows by queue and state: `{"line": {"ready": 3, "dead": 1}}`."""
    found: dict[str, dict[str, int]] = {}
    for queue, state, number in tx.all(q.COUNTS):
        found.setdefault(queue, {})[state] = number
    return found


def fates(tx: Transaction, topic: str, dedupes: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """State and reason of effects of a topic, by their dedupe key; those that are purged, or never were, are left out."""
    given = {"topic": topic, "rows": json.dumps([{"dedupe": each} for each in dedupes])}
    return {dedupe: (state, reason) for dedupe, state, reason in tx.all(q.FATES, given)} if dedupes else {}


def explain(tx: Transaction, row: Id) -> Explanation:
    """Why this effect is not running, in one sentence.

    Raises:
        StoreError: GL-1101 no such row.
    """
    entry = _read(tx, row)
    if entry.state == "waiting":
        return _explain_waiting(tx, entry)
    again = f"; attempt {entry.attempts} ended with: {entry.reason}" if entry.attempts else ""
    sentences = {
        "asleep": f"runs at {_at(entry.wake)}{again}",
        "ready": f"ready; the next free worker of queue {entry.queue} takes it",
        "leased": f"a worker carries it out, attempt {entry.attempts}; its lease runs until {_at(entry.wake)}",
        "done": f"happened at {_at(entry.ended)}",
        "dead": f"dead since {_at(entry.ended)}: {entry.reason}",
        "unknown": f"unknown since {_at(entry.ended)}: {entry.reason}",
        "skipped": f"skipped at {_at(entry.ended)}: {entry.reason}",
    }
    return Explanation(entry.id, entry.state, sentences[entry.state], until=entry.wake)


def _explain_waiting(tx: Transaction, entry: Entry) -> Explanation:
    head = tx.one(q.HEAD_OF_ORDER, {"key": entry.order_key})
    assert head is not None
    stuck = " and needs a decision: retry or skip it" if head.state in ("dead", "unknown") else ""
    return Explanation(
        entry.id, entry.state, f"waits for {head.id}, which is {head.state}{stuck}", blocked_by=head.id
    )


def retry(tx: Transaction, row: Id, reason: str) -> None:
    """Try a dead, unknown or sleeping effect again, now, with a fresh count of attempts.

    An unknown effect may happen twice by this: the provider's memory of its key is over. The caller has decided so.

    Raises:
        StoreError: GL-1101 no such row; GL-1102 its state does not allow it.
    """
    if not tx.write(q.REOPEN, {"row": row, "now": tx.now, "why": f"retried: {reason}"}):
        raise _refusal(_read(tx, row), "retried")
    tx.audit("outbox.retry", Ref("outbox", row), {"reason": reason})


def skip(
    tx: Transaction,
    row: Id,
    reason: str,
    *,
    handler: EffectHandler | None = None,
    upcasters: Mapping[tuple[str, int], Upcaster] | None = None,
) -> None:
    """Let an effect go without carrying it out; the next one of its order key may run.

    Args:
        handler: Of the effect's topic; it records the effect as dead, so that what waits for its fate goes on.
        upcasters: As the pump's: they lift the payload that the handler records.

    Raises:
        StoreError: GL-1101 no such row; GL-1102 it is being carried out, has ended, or is of a newer release.
    """
    entry = _read(tx, row)
    payload = entry.payload
    if handler is not None:
        lifted = lift(payload, entry.topic, entry.version, handler, upcasters or {})
        if isinstance(lifted, Retry):
            raise StoreError(
                f"the effect cannot be skipped here: {lifted.reason}",
                code="GL-1102",
                hint="skip it with the release that wrote it",
                place={"row": row, "topic": entry.topic},
            )
        payload = lifted
    if not tx.write(q.SKIP, {"row": row, "now": tx.now, "why": reason}):
        raise _refusal(entry, "skipped")
    if entry.order_key is not None:
        advance(tx, entry.order_key)
    if handler is not None:
        handler.record(tx, payload, Dead(f"skipped: {reason}"))
    tx.audit("outbox.skip", Ref("outbox", row), {"reason": reason, "was": entry.state})


def withdraw(tx: Transaction, row: Id) -> bool:
    """Take back an effect that nobody has begun, because what it was about has changed; whether that could be done.

    Its dedupe key is free again, so that the same reminder may be planned anew.
    """
    entry: Entry | None = tx.one(q.READ, {"row": row})
    taking = {"row": row, "now": tx.now, "name": f"withdrawn:{row}", "nothing": {}}
    if entry is None or not tx.write(q.WITHDRAW, taking):
        return False
    if entry.order_key is not None:
        advance(tx, entry.order_key)
    return True


def topic_of(tx: Transaction, row: Id) -> str:
    """The topic of a row.

    Raises:
        StoreError: GL-1101 no such row.
    """
    return _read(tx, row).topic


def purge(tx: Transaction, *, older_than: timedelta = DEDUPE_LIFETIME, limit: int = 500) -> int:
    """Delete a small page of rows that ended long ago; how many. Their dedupe keys are free again.

    Dead and unknown rows of an order key stay until they are retried or skipped: they hold others back.
    """
    before = tx.now - older_than
    gone = tx.write(q.PURGE, {"before": before, "limit": limit})
    if gone < limit:
        tx.write(q.PURGE_ORDERS, {"before": before})
    return gone


def _read(tx: Transaction, row: Id) -> Entry:
    entry: Entry | None = tx.one(q.READ, {"row": row})
    if entry is None:
        raise StoreError("no such outbox row", code="GL-1101", place={"row": row})
    return entry


def _refusal(entry: Entry, verb: str) -> StoreError:
    return StoreError(
        f"the effect is {entry.state} and cannot be {verb}",
        code="GL-1102",
        hint="a leased effect ends or loses its lease by itself; ended ones stay as they are",
        place={"row": entry.id, "topic": entry.topic},
    )


def _redacted(entry: Entry) -> Entry:
    shown = {key: _shown(key, value) for key, value in entry.payload.items()}
    return evolve(entry, payload=frozen_map(shown))


def _shown(key: str, value: Json) -> Any:
    return value if key in SHOWN and isinstance(value, str | int) else _HIDDEN


def _at(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds") if instant else "-"
