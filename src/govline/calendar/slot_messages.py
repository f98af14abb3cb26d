"""A message to everybody in a slot: the same words for all, so it goes out as a run of `delivery`, with its ledger."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from govline.calendar import requests
from govline.calendar._queries import closures as qc
from govline.calendar.desk import Desk, find_slot, no_such_slot
from govline.calendar.model import Booking, Refused
from govline.core import Id, Json, Ref, Transaction, frozen_tuple
from govline.core.messages import Text
from govline.delivery import freeze

__all__ = ["Told", "once", "tell"]


@frozen
class Told:
    """Who was told something.

    Args:
        told: How many on LINE.
        to_call: Bookings whose people staff have to reach themselves.
        run: Of `delivery`, where its ledger and its numbers stand; "" where nobody was to be told.
    """

    told: int
    to_call: tuple[Id, ...] = field(default=(), converter=frozen_tuple)
    run: Id = ""


def tell(tx: Transaction, desk: Desk, slot_id: Id, text: str, *, key: str, emergency: bool) -> Told | Refused:
    """Freeze a run to everybody in the slot: not in quiet hours, and not after the slot is over."""
    slot = find_slot(tx, slot_id)
    if slot is None:
        return Refused([no_such_slot()])
    found: Sequence[Booking] = tx.all(qc.LIVE_IN_SLOT_OF, {"slot": slot_id})
    people = sorted({each.citizen for each in found if each.citizen is not None and not each.contact})
    to_call = [each.id for each in found if each.contact or each.citizen is None]
    tx.audit("calendar.message", Ref("calendar.slot", slot_id), {"told": len(people)})
    if not people:
        return Told(0, to_call)
    quiet = None if emergency or desk.quiet is None else desk.quiet.until(tx.now)
    run = freeze(
        tx,
        key=f"calendar.message:{key}",
        source="calendar.message",
        messages=[Text(text)],
        recipients=people,
        unit=f"slot_{hashlib.sha256(key.encode()).hexdigest()[:16]}",
        due=quiet,
        expires=slot.ends if slot.ends > (quiet or tx.now) else None,
    )
    return Told(len(people), to_call, run.id)


def once(
    tx: Transaction,
    slot_id: Id,
    text: str,
    work: Callable[[], Told | Refused],
    *,
    key: str,
    emergency: bool,
) -> Told | Refused:
    """Tell them unless this key was answered before; then give that answer again."""
    content: dict[str, Json] = {"slot": slot_id, "text": text, "emergency": emergency}
    return requests.once(
        tx, key, "counter.message", content, work, citizen=None, write=_to_json, read=_from_json
    )


def _to_json(answer: Told) -> Json:
    return {"told": answer.told, "to_call": [*answer.to_call], "run": answer.run}


def _from_json(data: Mapping[str, Any]) -> Told:
    return Told(**data)
