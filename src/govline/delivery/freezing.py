"""Writing a run down: its row, its recipients page by page, its batches; the statements that all ways of sending share."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from govline.core import CitizenId, Event, Id, Json, Message, Ref, Transaction
from govline.core.message_limits import UNIT_NAME
from govline.core.messages import check_messages
from govline.delivery import _queries as q
from govline.delivery.model import BATCH_SIZE, Kind, Stage
from govline.errors import InputError

__all__ = [
    "add_batches",
    "add_run",
    "check_terms",
    "cut",
    "leave_out",
    "pages",
    "serialise",
    "started",
    "take_in",
]

PAGE: Final = 5_000
"""Recipients that one statement takes in."""


def check_terms(unit: str | None, due: datetime | None, expires: datetime | None) -> None:
    """Refuse what LINE or the calendar cannot take.

    Raises:
        InputError: GL-1050 bad unit, GL-1051 expiry not after due.
    """
    if unit is not None and not UNIT_NAME.match(unit):
        raise InputError(
            "the aggregation unit is not one of LINE's", code="GL-1050", hint="1 to 30 of A-Z a-z 0-9 _"
        )
    if due is not None and expires is not None and expires <= due:
        raise InputError("a delivery expires before it is due", code="GL-1051", hint="set expires after due")


def serialise(messages: Sequence[Message]) -> bytes:
    """The bytes that go on the wire: a JSON array of message objects.

    Raises:
        MessageError: A message breaks one of LINE's limits.
    """
    objects = [message.to_line() for message in messages]
    check_messages(objects)
    return json.dumps(objects, ensure_ascii=False, separators=(",", ":")).encode()


def add_run(
    tx: Transaction,
    *,
    key: str,
    source: str,
    messages: bytes,
    digest: str,
    unit: str | None = None,
    due: datetime | None = None,
    expires: datetime | None = None,
    run_id: Id | None = None,
    campaign: str = "",
    kind: Kind = "multicast",
    stage: Stage = "cut",
    terms: Mapping[str, Json] | None = None,
    counted: bool = False,
) -> Id | None:
    """Write a run's row, without recipients yet; its id, or None where the key is known."""
    new_id = run_id or tx.new_id()
    row = {
        "id": new_id,
        "key": key,
        "source": source,
        "unit": unit,
        "messages": messages,
        "digest": digest,
        "started_at": tx.now,
        "due_at": due,
        "expires_at": expires,
        "batches": 0,
        "open_batches": 0,
        "left_out": 0,
        "finished_at": None,
        "campaign": campaign,
        "kind": kind,
        "stage": stage,
        "control": "going",
        "terms": terms or {},
        "counted": counted,
        "cursor": "",
        "offered": 0,
        "placed": 0,
        "sweep": None,
    }
    return new_id if tx.write(q.ADD_RUN, row) else None


def pages(citizens: Iterable[CitizenId]) -> Iterator[list[CitizenId]]:
    """A stream of recipients in lists that one statement takes."""
    stream = iter(citizens)
    while page := list(islice(stream, PAGE)):
        yield page


def take_in(tx: Transaction, run_id: Id, page: Sequence[CitizenId], start: int) -> int:
    """A page into the ledger, at positions from `start`; its key drops doubles. How many were new."""
    return tx.write(q.ADD_RECIPIENTS, {"run": run_id, "start": start, "page": json.dumps(page)})


def leave_out(
    tx: Transaction, run_id: Id, start: int, *, topic: str = "", caps: Sequence[tuple[timedelta, int]] = ()
) -> int:
    """Of the positions from `start`: who cannot or must not get it is written down as not reached; how many.

    Args:
        topic: Who opted out of it is left out; nobody where empty.
        caps: (window, most planned messages a citizen gets in it).
    """
    gone = tx.write(q.LEAVE_OUT, {"run": run_id, "start": start})
    if topic:
        gone += tx.write(q.LEAVE_OUT_OPTED, {"run": run_id, "start": start, "topic": topic})
    for window, cap in caps:
        terms = {"run": run_id, "start": start, "since": tx.now - window, "cap": cap}
        gone += tx.write(q.LEAVE_OUT_CAPPED, terms)
    return gone


def cut(
    tx: Transaction, run_id: Id, *, after: int = -1, limit: int | None = None
) -> list[tuple[int, int, int]]:
    """(first, last, size) of the next batches behind a position, in frozen order; doubles leave gaps in the ranges."""
    return list(islice(_cuts(tx, run_id, after), limit))


def add_batches(
    tx: Transaction,
    run_id: Id,
    ranges: Iterable[tuple[int, int, int]],
    *,
    number: int = 0,
    own: Sequence[bytes] | None = None,
) -> list[Id]:
    """Write batches with their retry keys, numbered from `number`; their ids.

    Args:
        own: The messages of each, where they differ.
    """
    rows: list[dict[str, Any]] = [
        {
            "id": tx.new_id(),
            "run_id": run_id,
            "number": number + place,
            "first": first,
            "last": last,
            "size": size,
            "retry_key": tx.new_id(),
            "state": "planned",
            "reason": "",
            "recorded_at": None,
            "messages": own[place] if own is not None else None,
            "tries": 0,
            "parked": False,
        }
        for place, (first, last, size) in enumerate(ranges)
    ]
    tx.write_many(q.ADD_BATCH, rows)
    return [row["id"] for row in rows]


def started(tx: Transaction, run_id: Id, source: str, batches: int) -> None:
    """Tell other features that a run begins."""
    tx.emit(
        Event("delivery.started", Ref("delivery.run", run_id), data={"source": source, "batches": batches})
    )


def _cuts(tx: Transaction, run_id: Id, after: int) -> Iterator[tuple[int, int, int]]:
    while True:
        found = tx.one(q.NEXT_CUT, {"run": run_id, "after": after, "size": BATCH_SIZE})
        if found is None or not found[2]:
            return
        yield found
        after = found[1]
