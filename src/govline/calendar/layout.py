"""From a programme's rules to slot rows: new slots are added, capacities follow, no booking is ever lost."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from attrs import evolve, field, frozen

from govline.calendar import _queries as q
from govline.calendar._queries import by_hand as qh
from govline.calendar._queries import shared as qp
from govline.calendar._queries.files import STANDING_IN
from govline.calendar.model import PoolRule, Programme, Slot, SlotPlan
from govline.calendar.options import Option
from govline.calendar.planning import Holiday, plan, reaches
from govline.calendar.pooling import lay_pools, slots_ahead
from govline.calendar.renaming import asked_renamings, new_names
from govline.core import Id, Transaction, frozen_tuple
from govline.core.jst import to_jst

__all__ = ["Conflict", "Layout", "add_slots", "conflicts", "lay_out", "window"]

_ALL = 1_000_000


@frozen
class Conflict:
    """A booked slot that a programme's rules do not ask for any more, or not with so many places.

    Args:
        places: What the rules ask for now; 0 where they do not ask for the slot.
        bookings: Ids of the live bookings in it.
    """

    slot: Slot
    places: int
    bookings: tuple[Id, ...] = field(converter=frozen_tuple)


@frozen
class Layout:
    """What laying out did.

    Args:
        added: New slots. `resized`: whose capacity changed.
        conflicts: Slots whose new capacity is below what is booked, or that the rules no longer ask for although they
            are booked; they keep the places that are booked and no more, and staff decide.
        removed: Unbooked slots that the rules no longer ask for; they keep no place.
        renamed: Slots that are called otherwise now.
        short: Labels or keys of pools of which more is booked than there is now.
    """

    added: int = 0
    resized: int = 0
    removed: int = 0
    conflicts: tuple[Slot, ...] = field(default=(), converter=frozen_tuple)
    short: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    renamed: int = 0


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


def lay_out(tx: Transaction, programme: Programme, holiday: Holiday, *, only_ours: bool = False) -> Layout:
    """Bring the slot rows in line with the programme's rules; costs one read when nothing changed since.

    Slots in the past are left alone, and so are those whose places staff have set by hand. A booked slot whose end is
    another one now is a conflict like one that is not asked for.

    Args:
        only_ours: Leave alone what was last laid out by other rules than these: another process knows newer ones.
    """
    today = to_jst(tx.now).date()
    digest = _digest(programme, today, holiday)
    before, renamed, at = tx.one(q.LAID_OUT, {"programme": programme.id}) or ("", None, tx.now)
    if before in (digest, f"{digest} {today}"):
        return Layout()
    if only_ours and before and before.split()[0] != _digest(programme, to_jst(at).date(), holiday):
        return Layout()
    by_hand = dict(tx.all(qh.FIXED_OF, {"programme": programme.id}))
    # slots that were added one by one share as well, and a stock that is gone is taken off them
    alone = not programme.rules and (programme.pooled or tx.all(qp.POOLS, {"programme": programme.id}))
    if not programme.rules and not by_hand and not alone:
        return Layout()
    wanted = [item for item in plan(programme, today, holiday=holiday) if item.starts > tx.now]
    asked = asked_renamings(programme.rules)
    done = {(old, new) for old, new in renamed or ()}
    changed = _rename(tx, programme.id, {old: new for old, new in asked if (old, new) not in done})
    layout = _bring_in_line(tx, programme, wanted, by_hand)
    meant = {slot.id for slot in _future(tx, programme.id) if slot.capacity} if alone else by_hand
    shared = [*_as_standing(tx, programme, wanted), *_plans_beside(tx, programme, wanted, meant)]
    layout = evolve(layout, short=lay_pools(tx, programme, shared, by_hand), renamed=changed)
    if layout.conflicts:  # looked at again every day: places follow the bookings that go
        digest = f"{digest} {today}"
    row = {
        "id": programme.id,
        "digest": digest,
        "laid_out_at": tx.now,
        "renamed": [*map(list, asked)] or None,
    }
    tx.write(q.REMEMBER_LAYOUT, row)
    return layout


def conflicts(tx: Transaction, programme: Programme, holiday: Holiday) -> list[Conflict]:
    """The booked slots ahead that the programme's rules do not ask for, or not with so many places; writes nothing.

    Where staff have set places by hand, these are meant. Staff keep them (do nothing), move their bookings
    (`Calendar.change`), or close them with notice (`Calendar.close`).
    """
    today = to_jst(tx.now).date()
    asked = {(item.starts, item.name): item for item in plan(programme, today, holiday=holiday)}
    by_hand: dict[Id, int] = dict(tx.all(qh.FIXED_OF, {"programme": programme.id}))
    ahead = _future(tx, programme.id) if programme.rules or by_hand else ()

    def places(slot: Slot) -> int:
        item = asked.get((slot.starts, slot.name))
        ruled = item.capacity if item is not None and item.ends == slot.ends else 0
        return by_hand.get(slot.id, ruled if programme.rules else slot.booked)

    return [
        Conflict(slot, places(slot), [booking for (booking,) in tx.all(STANDING_IN, {"slot": slot.id})])
        for slot in ahead
        if slot.booked > places(slot)
    ]


def _rename(tx: Transaction, programme: str, renamings: Mapping[str, str]) -> int:
    """Slots under their new names; in two steps, because two may swap theirs."""
    called = new_names(_future(tx, programme), renamings) if renamings else {}
    tx.write_many(q.RENAME_SLOT, [{"slot": slot, "called": f"~{slot}"} for slot in called])
    tx.write_many(q.RENAME_SLOT, [{"slot": slot, "called": name} for slot, name in called.items()])
    return len(called)


def _digest(programme: Programme, today: date, holiday: Holiday) -> str:
    first, last = reaches([programme], today).get(programme.id, (today, today))
    ahead = range(max(first, today).toordinal(), last.toordinal() + 1)
    free = [day for day in ahead if programme.closed_on_holidays and holiday(date.fromordinal(day))]
    rolling = any(rule.rolling for rule in programme.rules)
    counted = [
        (name, *_said(option))
        for name, option in sorted(programme.options.items())
        if option.stock is not None
    ]
    supplies = tuple(map(_said, programme.pools))
    pools = (supplies, sorted(programme.parts.items()), programme.between, *counted)
    shape = (programme.rules, programme.closed, free, today.isoformat() if rolling else "", pools)
    return hashlib.sha256(repr(shape).encode()).hexdigest()


def _said(rule: PoolRule | Option) -> tuple[PoolRule | Option, list[str]]:
    """What a rule says, in the same words in every process: the order of a set's names is another one in each."""
    return evolve(rule, slots=()), sorted(rule.slots)


def _bring_in_line(
    tx: Transaction, programme: Programme, wanted: Sequence[SlotPlan], by_hand: Collection[Id]
) -> Layout:
    if not programme.rules:  # its slots were added one by one, and stay as they are
        return Layout()
    standing = {(slot.starts, slot.name): slot for slot in _future(tx, programme.id)}
    asked = {(item.starts, item.name): item for item in wanted}
    added = add_slots(tx, programme.id, [item for key, item in asked.items() if key not in standing])
    ruled = {key: slot for key, slot in standing.items() if slot.id not in by_hand}
    both = [(slot, asked[key]) for key, slot in ruled.items() if key in asked]
    kept = {slot.id: slot for slot, item in both if slot.ends != item.ends and not _reshaped(tx, slot, item)}
    tx.write_many(q.RESIZE_SLOT, [{"slot": slot.id, "places": slot.booked} for slot in kept.values()])
    resized, too_small = _resize(tx, [pair for pair in both if pair[0].id not in kept])
    removed, booked = _remove(tx, [slot for key, slot in ruled.items() if key not in asked])
    return Layout(added, resized, removed, [*kept.values(), *too_small, *booked])


def _plans_beside(
    tx: Transaction, programme: Programme, wanted: Sequence[SlotPlan], by_hand: Collection[Id]
) -> list[SlotPlan]:
    """Slots beside those of the rules that take rooms and supplies like these.

    Staff have added them, they are booked although no rule asks for them any more, or they have begun.
    """
    asked = {(item.starts, item.name) for item in wanted}
    return [
        SlotPlan(slot.starts, slot.ends, slot.capacity, slot.name)
        for slot in (slots_ahead(tx, programme) if programme.shares or programme.options else ())
        if (slot.starts, slot.name) not in asked
        and (slot.id in by_hand or slot.booked or (slot.capacity and slot.starts <= tx.now))
    ]


def _as_standing(tx: Transaction, programme: Programme, wanted: Sequence[SlotPlan]) -> list[SlotPlan]:
    """The plans with the ends of their slots: who has booked has the room until then, whatever the rules say since."""
    standing = _future(tx, programme.id) if programme.pooled else ()
    ends = {(slot.starts, slot.name): slot.ends for slot in standing}
    return [evolve(item, ends=ends.get((item.starts, item.name), item.ends)) for item in wanted]


def _future(tx: Transaction, programme: str) -> Sequence[Slot]:
    until = tx.now + timedelta(days=3660)
    return tx.all(q.SLOTS_BETWEEN, {"programme": programme, "since": tx.now, "until": until, "limit": _ALL})


def _resize(tx: Transaction, pairs: Iterable[tuple[Slot, SlotPlan]]) -> tuple[int, list[Slot]]:
    changed = [(slot, item.capacity) for slot, item in pairs if slot.capacity != item.capacity]
    refused = [slot for slot, places in changed if not _resized(tx, slot, places)]
    return len(changed) - len(refused), refused


def _reshaped(tx: Transaction, slot: Slot, item: SlotPlan) -> bool:
    """Whether it ends when the rules say; where somebody has booked it keeps its end, and what is booked."""
    return bool(tx.write(q.RESHAPE_SLOT, {"slot": slot.id, "until": item.ends}))


def _remove(tx: Transaction, slots: Iterable[Slot]) -> tuple[int, list[Slot]]:
    """Take the places away, not the row: a rule that asks for the slot again gives them back."""
    standing = [slot for slot in slots if slot.capacity]
    refused = [slot for slot in standing if not _resized(tx, slot, 0)]
    return len(standing) - len(refused), refused


def _resized(tx: Transaction, slot: Slot, places: int) -> bool:
    """Whether it has so many places now; where more are booked it keeps those, and gives no others."""
    if tx.write(q.RESIZE_SLOT, {"slot": slot.id, "places": places}):
        return True
    tx.write(q.RESIZE_SLOT, {"slot": slot.id, "places": slot.booked})
    return False


def window(tx: Transaction, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """The span that a listing covers: from now, for a year, where the caller names no end."""
    start = since or tx.now
    return start, until or start + timedelta(days=366)
