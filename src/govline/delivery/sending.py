"""From a frozen batch to the outbox and back: hand it out, let it leave, record what became of it."""

from datetime import datetime
from typing import Any, Final

from attrs import asdict, frozen

from govline.core import (
    Amend,
    CitizenId,
    Dead,
    Done,
    Effect,
    Event,
    Fate,
    Id,
    Json,
    Ref,
    Retry,
    Transaction,
)
from govline.delivery import _queries as q
from govline.delivery import _sql as sql
from govline.delivery.model import Control, FrozenBatch, Kind, State
from govline.delivery.reading import run
from govline.delivery.rules import Quiet
from govline.errors import StoreError

__all__ = [
    "CANCELLED",
    "EMERGENCY_PRIORITY",
    "batch",
    "erase_planned",
    "finish_if_done",
    "hand_out",
    "open_batch",
    "record_batch",
    "take_out",
    "unpark",
]

CANCELLED: Final = "cancelled"
"""Reason of recipients whose batch staff stopped before it left."""

EMERGENCY_PRIORITY: Final = 100
_NOT_ACCEPTED: Final = "GL-8023"  # LINE's 429: nothing of the attempt was taken
_PARKED: Final[dict[str, Json]] = {"parked": True}
_PAUSED_AGAIN: Final = 300.0


def hand_out(
    tx: Transaction,
    batch_id: Id,
    *,
    kind: Kind,
    source: str,
    dedupe: str,
    due: datetime | None = None,
    expires: datetime | None = None,
    emergency: bool = False,
) -> None:
    """Write the outbox row of a batch, in the queue of its source: one source's backlog holds up no other's."""
    effect = Effect(
        f"line.{kind}",
        {"batch": batch_id},
        dedupe=dedupe,
        due=due,
        expires=expires,
        queue=f"delivery.{source}",
        priority=EMERGENCY_PRIORITY if emergency else 0,
    )
    tx.enqueue(effect)


def batch(tx: Transaction, batch_id: Id) -> FrozenBatch:
    """The frozen batch as it must go on the wire at every attempt; reads only.

    Raises:
        StoreError: GL-1053, no such batch.
    """
    return _frozen(tx, batch_id, _place(tx, batch_id))


def open_batch(tx: Transaction, batch_id: Id) -> FrozenBatch | Fate:
    """Let a batch leave: to be called right before every attempt, in a unit that commits before LINE is called.

    What has left once is given again however the run stands: LINE may have accepted it, and the same key is how to know.

    Returns:
        The batch, to be sent exactly so; or the fate of an attempt that must not be made: dead when cancelled, done as
        parked when paused (`resume` hands it out anew), retry at the end of the quiet hours, done when it was sent.

    Raises:
        StoreError: GL-1053, no such batch.
    """
    place = _place(tx, batch_id)
    stopped = _stopped(place, tx.now)
    if stopped is None and not tx.write(q.OPEN_BATCH, {"batch": batch_id}):
        place = _place(tx, batch_id)  # staff said something in this very moment: it is committed now
        stopped = _stopped(place, tx.now) or Retry("GL-1073 the batch changed while it was opened", after=1.0)
    if stopped is not None:
        return stopped
    frozen = _frozen(tx, batch_id, place)
    return frozen if frozen.citizens or frozen.kind == "broadcast" else Dead("erased")


def record_batch(tx: Transaction, batch_id: Id, fate: Fate) -> None:
    """Write a batch's fate into batch and run, which the ledger shows; a fate once `sent` stays.

    An unknown or dead batch that staff send again later is corrected by its new fate. A retry is no fate, but one that LINE
    surely did not accept (429) brings the batch back within reach of pause and cancel.

    Raises:
        StoreError: GL-1053, no such batch.
    """
    if isinstance(fate, Amend):
        return
    if isinstance(fate, Retry):
        if fate.reason.startswith(_NOT_ACCEPTED):
            tx.write(q.NOT_ACCEPTED, {"batch": batch_id})
        return
    place = _place(tx, batch_id)
    if isinstance(fate, Done) and fate.note.get("parked"):
        _park(tx, batch_id, place)
        return
    state, reason = _state_of(fate)
    change = {"batch": batch_id, "new_state": state, "why": reason, "now": tx.now}
    closed = tx.write(q.CLOSE_BATCH, change)
    if not closed and not tx.write(q.CORRECT_BATCH, change):
        return
    if closed:
        tx.write(q.CLOSE_RUN_BATCH, {"run": place.run})
        finish_if_done(tx, place.run)


def finish_if_done(tx: Transaction, run_id: Id) -> None:
    """Note the end of a run whose batches all have a fate; its own row decides, so that one of two last batches tells it."""
    if not tx.write(q.FINISH_RUN, {"run": run_id, "now": tx.now}):
        return
    done = run(tx, run_id)
    assert done is not None
    data = {"source": done.source, "state": done.state, **asdict(done.counts)}
    tx.emit(Event("delivery.finished", Ref("delivery.run", run_id), data=data))


def erase_planned(tx: Transaction, run_id: Id, citizen: CitizenId) -> None:
    """Take a person who is being erased out of a run, and what was written for them alone; the caller puts the pseudonym."""
    row = tx.one(sql.PLACE_OF_CITIZEN, {"run": run_id, "person": citizen})
    if row is not None and row.position is not None:
        tx.write(sql.FORGET_PERSONAL, {"run": run_id, "at": row.position})
        take_out(tx, run_id, citizen, row.position, "erased")


def take_out(tx: Transaction, run_id: Id, citizen: CitizenId, position: int, why: str) -> bool:
    """Take a person out of a run where their batch has not left yet; the counts stay true. Whether it was still possible."""
    at = {"run": run_id, "at": position}
    held = tx.one(sql.BATCH_AT, at)
    if held is None:
        tx.one(
            q.LOCK_RUN, {"run": run_id}
        )  # who cuts the run right now has committed the batch, or waits for us
        held = tx.one(sql.BATCH_AT, at)
    # the row decides, not the look before it: a worker may open the batch in this very moment
    if held is not None and not tx.write(sql.SHRINK_BATCH, {"batch": held.id}):
        return False
    tx.write(sql.LEAVE_OUT_ONE, {"run": run_id, "person": citizen, "why": why})
    tx.write(q.GROW_RUN, {"run": run_id, "number": 0, "excluded": 1})
    return True


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
    kind: Kind
    source: str
    tries: int
    control: Control
    terms: Any


def _place(tx: Transaction, batch_id: Id) -> _Place:
    row = tx.one(q.BATCH, {"id": batch_id})
    if row is None:
        raise StoreError("no such delivery batch", code="GL-1053", place={"batch": batch_id})
    return _Place(*row)


def _frozen(tx: Transaction, batch_id: Id, place: _Place) -> FrozenBatch:
    (members,) = tx.one(q.BATCH_MEMBERS, {"run": place.run, "first": place.first, "last": place.last}) or (
        None,
    )
    return FrozenBatch(
        id=batch_id,
        run=place.run,
        number=place.number,
        retry_key=place.retry_key,
        unit=place.unit,
        state=place.state,
        messages=bytes(place.messages),
        citizens=tuple(members.split(",")) if members else (),
        kind=place.kind,
        tries=place.tries,
    )


def _stopped(place: _Place, now: datetime) -> Fate | None:
    """The fate of an attempt that must not be made, or None where it may."""
    if place.state == "sent":
        return Done()
    if place.state == "planned" and place.tries:
        return None
    if place.control == "cancelled":
        return Dead(f"GL-1070 {CANCELLED}")
    if place.control == "paused":
        planned = place.state == "planned"
        return Done(_PARKED) if planned else Retry("GL-1074 the run is paused", after=_PAUSED_AGAIN)
    quiet = place.terms.get("quiet")
    until = Quiet.from_json(quiet).until(now) if quiet else None
    return None if until is None else Retry("GL-1072 quiet hours", after=(until - now).total_seconds())


def _park(tx: Transaction, batch_id: Id, place: _Place) -> None:
    """Set a batch aside, unless the run was resumed or cancelled since its effect looked."""
    work = tx.one(q.LOCK_RUN, {"run": place.run})
    assert work is not None
    if work.control == "cancelled":
        record_batch(tx, batch_id, Dead(f"GL-1070 {CANCELLED}"))
    elif tx.write(q.PARK, {"batch": batch_id}) and work.control == "going":
        unpark(tx, batch_id, work)


def unpark(tx: Transaction, batch_id: Id, work: Any) -> None:
    """Hand a parked batch out anew, once; `work` is the row of its run (`q.LOCK_RUN`)."""
    if tx.write(q.UNPARK, {"batch": batch_id}):
        hand_out(
            tx,
            batch_id,
            kind=work.kind,
            source=work.source,
            dedupe=f"{batch_id}:{tx.new_id()}",
            expires=work.expires,
            emergency=bool(work.terms.get("emergency")),
        )


def _state_of(fate: Done | Dead | Any) -> tuple[State, str]:
    if isinstance(fate, Done):
        return "sent", ""
    if isinstance(fate, Dead):
        return "not_reached", CANCELLED if fate.reason.startswith("GL-1070") else fate.reason
    return "unknown", fate.reason
