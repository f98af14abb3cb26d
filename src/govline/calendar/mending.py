"""Counters against their rows: the proof, and setting a counter to what its rows say while nobody else can move it."""

import json
from collections.abc import Sequence

from attrs import field, frozen

from govline.calendar import _queries as q
from govline.calendar._queries import shared as qp
from govline.calendar._queries.rush import LOCK_SLOTS
from govline.calendar.model import Difference, Slot
from govline.core import Ref, Transaction, frozen_tuple

__all__ = ["Mended", "differences", "mend"]


@frozen
class Mended:
    """What was mended, as it was before; and slots that hold more than their capacity by their rows: staff decide."""

    mended: tuple[Difference, ...] = field(default=(), converter=frozen_tuple)
    over: tuple[Slot, ...] = field(default=(), converter=frozen_tuple)


def differences(tx: Transaction) -> list[Difference]:
    """Slots and pools whose counter does not equal their live bookings; empty while the calendar is sound."""
    slots = [
        Difference(slot, counter, rows, starts.date())
        for slot, starts, counter, rows in tx.all(q.DIFFERENCES)
    ]
    pools = [Difference("", counter, rows, None, pool) for pool, counter, rows in tx.all(qp.POOL_DIFFERENCES)]
    return slots + pools


def mend(tx: Transaction) -> Mended:
    """Set every counter that differs to what its rows say.

    A slot's or pool's row is locked first and counted afterwards: who is booking at this moment waits, or is counted in.
    """
    found = differences(tx)
    named = {"slots": json.dumps(sorted(each.slot for each in found if each.slot))}
    locked: Sequence[Slot] = tx.all(LOCK_SLOTS, named) if found else []
    for pool in sorted(each.pool for each in found if each.pool):
        tx.write(qp.DRAW, {"pool": pool, "units": 0})  # an update of nothing holds the row
    still = {(each.slot, each.pool) for each in differences(tx)}
    mended = [each for each in found if (each.slot, each.pool) in still]
    for each in mended:
        _set(tx, each)
    after = [slot for one in locked if (slot := tx.one(q.SLOT_BY_ID, {"slot": one.id}))]
    return Mended(mended, [slot for slot in after if slot.booked > slot.capacity])


def _set(tx: Transaction, difference: Difference) -> None:
    facts = {"counter": difference.counter, "rows": difference.rows}
    if difference.pool:
        tx.write(qp.RECOUNT, {"pool": difference.pool})
        tx.audit("calendar.mend", Ref("calendar.pool", difference.pool), facts)
    else:
        tx.write(q.RECOUNT_SLOT, {"slot": difference.slot})
        tx.audit("calendar.mend", Ref("calendar.slot", difference.slot), facts)
