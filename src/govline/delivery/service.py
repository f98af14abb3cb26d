"""Freeze a run, hand out its batches, record what became of them; everything in the caller's transaction."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from attrs import asdict, evolve, frozen

from govline.core import CitizenId, Dead, Done, Effect, Event, Fate, Id, Message, Ref, Retry, Transaction
from govline.core.message_limits import UNIT_NAME
from govline.core.messages import check_messages
from govline.delivery import _queries as q
from govline.delivery.model import BATCH_SIZE, Counts, FrozenBatch, LedgerRow, Run, State
from govline.errors import InputError, StoreError

__all__ = ["batch", "freeze", "ledger", "ledger_counts", "record_batch", "run", "runs"]

_PAGE = 5_000
_LAST_ID = "g"  # sorts after every id, in every collation


def freeze(
    tx: Transaction,
    *,
    key: str,
    source: str,
    messages: Sequence[Message],
    recipients: Iterable[CitizenId],
    unit: str | None = None,
    due: datetime | None = None,
    expires: datetime | None = None,
) -> Run:
    """Fix who gets what, cut it into batches and hand each to the outbox; nothing is sent before the commit.

    Recipients are taken as a stream, de-duplicated, and kept in the given order; those who blocked the account are
    written into the ledger as not reached. The same key again gives the run that stands.

    Args:
        key: Idempotency key of the run.
        source: Which feature sends, for staff and reports.
        messages: 1 to 5 messages, checked against LINE's limits.
        unit: LINE's custom aggregation unit, `[A-Za-z0-9_]{1,30}`.
        due: Not before; `expires`: not after, what is unsent then ends not reached.

    Raises:
        MessageError: A message breaks one of LINE's limits.
        InputError: GL-1050 bad unit, GL-1051 expiry not after due, GL-1052 key known with other messages.
    """
    _check_terms(unit, due, expires)
    body = _serialise(messages)
    digest = hashlib.sha256(body).hexdigest()
    run_id = tx.new_id()
    added = tx.write(
        q.ADD_RUN,
        {
            "id": run_id,
            "key": key,
            "source": source,
            "unit": unit,
            "messages": body,
            "digest": digest,
            "started_at": tx.now,
            "due_at": due,
            "expires_at": expires,
            "batches": 0,
            "open_batches": 0,
            "left_out": 0,
            "finished_at": None,
        },
    )
    if not added:
        return _standing(tx, key, digest)
    excluded = _write_recipients(tx, run_id, recipients)
    batches = _write_batches(tx, run_id)
    tx.write(q.PLAN_RUN, {"run": run_id, "number": len(batches), "excluded": excluded})
    for batch_id in batches:
        effect = Effect("line.multicast", {"batch": batch_id}, dedupe=batch_id, due=due, expires=expires)
        tx.enqueue(evolve(effect, queue=f"delivery.{source}"))  # one source's backlog holds up no other's
    tx.emit(
        Event(
            "delivery.started", Ref("delivery.run", run_id), data={"source": source, "batches": len(batches)}
        )
    )
    _finish_if_done(tx, run_id)
    return _existing(tx, run_id)


def batch(tx: Transaction, batch_id: Id) -> FrozenBatch:
    """The frozen batch as it must go on the wire at every attempt.

    Raises:
        StoreError: GL-1053, no such batch.
    """
    place = _place(tx, batch_id)
    members = tx.all(q.BATCH_MEMBERS, {"run": place.run, "first": place.first, "last": place.last})
    return FrozenBatch(
        id=batch_id,
        run=place.run,
        number=place.number,
        retry_key=place.retry_key,
        unit=place.unit,
        state=place.state,
        messages=bytes(place.messages),
        citizens=tuple(citizen for (citizen,) in members),
    )


def record_batch(tx: Transaction, batch_id: Id, fate: Fate) -> None:
    """Write a batch's fate into batch, ledger and run; a fate once `sent` stays, `Retry` is no fate.

    An unknown or dead batch that staff send again later is corrected by its new fate.

    Raises:
        StoreError: GL-1053, no such batch.
    """
    if isinstance(fate, Retry):
        return
    place = _place(tx, batch_id)
    state, reason = _state_of(fate)
    change = {"batch": batch_id, "new_state": state, "why": reason, "now": tx.now}
    closed = tx.write(q.CLOSE_BATCH, change)
    if not closed and not tx.write(q.CORRECT_BATCH, change):
        return
    tx.write(
        q.SETTLE_RECIPIENTS,
        {"run": place.run, "first": place.first, "last": place.last, "new_state": state, "why": reason},
    )
    if closed:
        tx.write(q.CLOSE_RUN_BATCH, {"run": place.run})
        _finish_if_done(tx, place.run)


def run(tx: Transaction, run_id: Id) -> Run | None:
    """One run with its counts, or None."""
    row = tx.one(q.RUN_BY_ID, {"id": run_id})
    return None if row is None else _with_counts(tx, row)


def runs(tx: Transaction, *, before: Id | None = None, limit: int = 50) -> tuple[Run, ...]:
    """Runs with their counts, newest first; `before` is the last id of the page read so far."""
    rows = tx.all(q.RUNS, {"before": before or _LAST_ID, "limit": limit})
    return tuple(_with_counts(tx, row) for row in rows)


def ledger(
    tx: Transaction, run_id: Id, *, after: CitizenId = "", limit: int = 1_000
) -> tuple[LedgerRow, ...]:
    """A page of a run's ledger in order of citizen id; `after` is the last citizen of the page read so far."""
    return tuple(tx.all(q.LEDGER, {"run": run_id, "after": after, "limit": limit}))


def ledger_counts(tx: Transaction, run_id: Id) -> Counts:
    """The counts as the ledger's rows give them: equal to `Run.counts`, which come from the batches."""
    return Counts(**{state: int(rows) for state, rows in tx.all(q.LEDGER_COUNTS, {"run": run_id})})


@frozen
class _Place:
    """Where a batch stands: the columns of `q.BATCH`."""

    run: Id
    number: int
    retry_key: str
    state: State
    first: int
    last: int
    unit: str | None
    messages: bytes


def _place(tx: Transaction, batch_id: Id) -> _Place:
    row = tx.one(q.BATCH, {"id": batch_id})
    if row is None:
        raise StoreError("no such delivery batch", code="GL-1053", place={"batch": batch_id})
    return _Place(*row)


def _check_terms(unit: str | None, due: datetime | None, expires: datetime | None) -> None:
    if unit is not None and not UNIT_NAME.match(unit):
        raise InputError(
            "the aggregation unit is not one of LINE's", code="GL-1050", hint="1 to 30 of A-Z a-z 0-9 _"
        )
    if due is not None and expires is not None and expires <= due:
        raise InputError("a delivery expires before it is due", code="GL-1051", hint="set expires after due")


def _serialise(messages: Sequence[Message]) -> bytes:
    objects = [message.to_line() for message in messages]
    check_messages(objects)
    return json.dumps(objects, ensure_ascii=False, separators=(",", ":")).encode()


def _standing(tx: Transaction, key: str, digest: str) -> Run:
    standing = _with_counts(tx, tx.one(q.RUN_BY_KEY, {"key": key}))
    if standing.digest != digest:
        raise InputError(
            "the key names a run with other messages",
            code="GL-1052",
            hint="a changed message is a new run with a new key",
            place={"run": standing.id},
        )
    return standing


def _write_recipients(tx: Transaction, run_id: Id, recipients: Iterable[CitizenId]) -> int:
    """Page by page into the ledger, whose key drops doubles; how many LINE cannot reach and are left out."""
    stream, start = iter(recipients), 0
    while page := list(islice(stream, _PAGE)):
        tx.write(q.ADD_RECIPIENTS, {"run": run_id, "start": start, "page": json.dumps(page)})
        start += len(page)
    return tx.write(q.LEAVE_OUT, {"run": run_id})


def _write_batches(tx: Transaction, run_id: Id) -> list[Id]:
    """Cut the ledger in frozen order; a batch is a range of positions (doubles leave gaps)."""
    rows: list[dict[str, Any]] = [
        {
            "id": tx.new_id(),
            "run_id": run_id,
            "number": number,
            "first": first,
            "last": last,
            "size": size,
            "retry_key": tx.new_id(),
            "state": "planned",
            "reason": "",
            "recorded_at": None,
        }
        for number, (first, last, size) in enumerate(_cuts(tx, run_id))
    ]
    tx.write_many(q.ADD_BATCH, rows)
    return [row["id"] for row in rows]


def _cuts(tx: Transaction, run_id: Id) -> Iterator[tuple[int, int, int]]:
    after = -1
    while True:
        first, last, size = tx.one(q.NEXT_CUT, {"run": run_id, "after": after, "size": BATCH_SIZE}) or (
            0,
            0,
            0,
        )
        if not size:
            return
        yield first, last, size
        after = last


def _state_of(fate: Fate) -> tuple[State, str]:
    if isinstance(fate, Done):
        return "sent", ""
    if isinstance(fate, Dead):
        return "not_reached", fate.reason
    return "unknown", fate.reason


def _finish_if_done(tx: Transaction, run_id: Id) -> None:
    """The run's own row decides, so that of two last batches exactly one tells the end."""
    if not tx.write(q.FINISH_RUN, {"run": run_id, "now": tx.now}):
        return
    done = _existing(tx, run_id)
    data = {"source": done.source, **asdict(done.counts)}
    tx.emit(Event("delivery.finished", Ref("delivery.run", run_id), data=data))


def _with_counts(tx: Transaction, row: Any) -> Run:
    *fields, left_out = row
    found = {state: int(size) for state, size in tx.all(q.BATCH_COUNTS, {"run": fields[0]})}
    found["not_reached"] = found.get("not_reached", 0) + left_out
    values = (*fields, Counts(**found))
    return Run(*values)


def _existing(tx: Transaction, run_id: Id) -> Run:
    return _with_counts(tx, tx.one(q.RUN_BY_ID, {"id": run_id}))
