"""From a programme's rules to slot rows: new slots are added, capacities follow, no booking is ever lost."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from attrs import evolve, field, frozen

from govline.calendar import _queries as q
from govline.calendar.model import Programme, Slot, SlotPlan
from govline.calendar.planning import Holiday, plan
from govline.calendar.pooling import lay_pools
from govline.core import Transaction, frozen_tuple
from govline.core.jst import to_jst

__all__ = ["Layout", "add_slots", "lay_out", "window"]

_ALL = 1_000_000


@frozen
class Layout:
    """What laying out did.

    Args:
        added: New slots. `resized`: whose capacity changed.
        conflicts: Slots whose new capacity is below what is booked, or that the rules no longer ask for although they
            are booked; they stay as they are and staff decide.
        removed: Unbooked slots that the rules no longer ask for; they keep no place.
        short: Labels or keys of pools of which more is booked than there is now.
    """

    added: int = 0
    resized: int = 0
    removed: int = 0
    conflicts: tuple[Slot, ...] = field(default=(), converter=frozen_tuple)
    short: tuple[str, ...] = field(default=(), converter=frozen_tuple)


def add_slots(tx: Transaction, programme: str, plans: Iterable[SlotPlan]) -> int:
    """Write slots; one that is already there (same programme, start, name) stays as it is.

    Returns:
        How many are new.
    """
    return tx.write_many(
        q.ADD_SLOT,
        [
            {
                "id": tx.new_id(),
                "programme": programme,
                "starts_at": item.starts,
                "ends_at": item.ends,
                "name": item.name,
                "capacity": item.capacity,
                "booked": 0,
                "cancelled": False,
                "draws": 0,
                "reserved_for": None,
                "reserved_until": None,
                "closure": None,
            }
            for item in plans
        ],
    )


def lay_out(tx: Transaction, programme: Programme, holiday: Holiday) -> Layout:
    """Bring the slot rows in line with the programme's rules; costs one read when nothing changed since.

    Slots in the past are left alone.
    """
    if not programme.rules:
        return Layout()
    today = to_jst(tx.now).date()
    digest = _digest(programme, today.isoformat())
    if tx.one(q.LAID_OUT, {"programme": programme.id}) == (digest,):
        return Layout()
    wanted = [item for item in plan(programme, today, holiday=holiday) if item.starts > tx.now]
    layout = _bring_in_line(tx, programme.id, wanted)
    layout = evolve(layout, short=lay_pools(tx, programme, wanted))
    tx.write(q.REMEMBER_LAYOUT, {"id": programme.id, "digest": digest, "laid_out_at": tx.now})
    return layout


def _digest(programme: Programme, today: str) -> str:
    rolling = any(rule.rolling for rule in programme.rules)
    pools = (programme.pools, sorted(programme.parts.items()), programme.between)
    shape = (programme.rules, programme.closed, programme.closed_on_holidays, today if rolling else "", pools)
    return hashlib.sha256(repr(shape).encode()).hexdigest()


def _bring_in_line(tx: Transaction, programme: str, wanted: Sequence[SlotPlan]) -> Layout:
    standing = {(slot.starts, slot.name): slot for slot in _future(tx, programme)}
    asked = {(item.starts, item.name): item for item in wanted}
    added = add_slots(tx, programme, [item for key, item in asked.items() if key not in standing])
    resized, too_small = _resize(tx, [(slot, asked[key]) for key, slot in standing.items() if key in asked])
    removed, booked = _remove(tx, [slot for key, slot in standing.items() if key not in asked])
    return Layout(added, resized, removed, [*too_small, *booked])


def _future(tx: Transaction, programme: str) -> Sequence[Slot]:
    until = tx.now + timedelta(days=3660)
    return tx.all(q.SLOTS_BETWEEN, {"programme": programme, "since": tx.now, "until": until, "limit": _ALL})


def _resize(tx: Transaction, pairs: Iterable[tuple[Slot, SlotPlan]]) -> tuple[int, list[Slot]]:
    changed = [(slot, item.capacity) for slot, item in pairs if slot.capacity != item.capacity]
    refused = [
        slot for slot, places in changed if not tx.write(q.RESIZE_SLOT, {"slot": slot.id, "places": places})
    ]
    return len(changed) - len(refused), refused


def _remove(tx: Transaction, slots: Iterable[Slot]) -> tuple[int, list[Slot]]:
    """Take the places away, not the row: a rule that asks for the slot again gives them back."""
    standing = [slot for slot in slots if slot.capacity]
    refused = [slot for slot in standing if not tx.write(q.RESIZE_SLOT, {"slot": slot.id, "places": 0})]
    return len(standing) - len(refused), refused


def window(tx: Transaction, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """The span that a listing covers: from now, for a year, where the caller names no end."""
    start = since or tx.now
    return start, until or start + timedelta(days=366)
