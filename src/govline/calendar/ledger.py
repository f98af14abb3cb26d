"""Rows and counters in step: every function moves both in the caller's transaction, or neither.

Lock order on PostgreSQL: key, person, bookings, slots by id, then pools by id: whoever waits for a place waits for one who needs
nothing of theirs. A rare inversion ends in a rerun after the server's second of patience, never in a wrong count.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from attrs import evolve

from govline.calendar import _queries as q
from govline.calendar._queries import shared as qp
from govline.calendar._queries.rush import LOCK_SLOTS
from govline.calendar._tables import booking_draws
from govline.calendar.model import Booking, BookingState, Shared, Slot
from govline.calendar.options import NO_OPTIONS
from govline.core import CitizenId, Id, Json, Transaction
from govline.store.rows import rows_text

__all__ = [
    "as_drawn",
    "draw_rows",
    "end",
    "hand_over",
    "move",
    "options_left",
    "place",
    "put_back",
    "row_of",
    "shared_of",
    "shared_rows",
    "standing_still",
    "take_back",
    "with_shared",
]

_DRAWN = {column.name: column.type for column in booking_draws.columns}


def place(tx: Transaction, slot: Slot, booking: Booking) -> str:
    """Take the places and write the row: `placed`, `full`, or `twice` when the person has this slot already."""
    if not tx.write(q.TAKE, {"slot": slot.id, "places": booking.places, "draws": slot.draws}):
        return "full"
    wanted = _wanted(tx, slot, booking.places, booking.options)
    if not _shift(tx, wanted):
        _give(tx, slot.id, booking.places)
        return "full"
    if tx.write(q.ADD_BOOKING, row_of(tx, evolve(booking, draws=len(wanted)))):
        _keep(tx, booking.id, wanted)
        return "placed"
    _shift(tx, {pool: -units for pool, units in wanted.items()})
    _give(tx, slot.id, booking.places)
    return "twice"


def end(
    tx: Transaction, live: Sequence[Booking], state: BookingState, *, ahead_of: Iterable[Id] = ()
) -> list[Booking]:
    """Cancel or expire live bookings and free their places: all rows, then all slots, then all pools.

    Args:
        live: As the caller read them; one that has changed since stays as it is.
        ahead_of: Slots of which the caller takes places next; they and their pools are locked in the same order.

    Returns:
        Those that ended, as they were.
    """
    ended = [booking for booking in live if tx.write(q.END, _as_read(booking, state, tx.now))]
    freed, units = Counter(dict.fromkeys(ahead_of, 0)), Counter[Id]()
    for slot in [*freed] if ended else ():
        units.update({row.pool: 0 for row in tx.all(qp.WITH_OPTIONS, {"slot": slot})})
    for booking in ended:
        freed[booking.slot] += booking.places
        units.subtract(_drawn(tx, booking))
    for slot, places in sorted(freed.items()) if ended else ():
        _give(tx, slot, places)  # of nothing, too: an update holds the row
    _shift(tx, units)
    for booking in ended:
        if booking.draws:
            tx.write(qp.FORGET_DRAWN, {"booking": booking.id})
    return ended


def _as_read(booking: Booking, state: BookingState, now: datetime) -> dict[str, str | int | datetime]:
    return {
        "booking": booking.id,
        "was": booking.state.value,
        "slot": booking.slot,
        "had": booking.places,
        "now_is": state.value,
        "now": now,
    }


def move(
    tx: Transaction,
    booking: Booking,
    to: Slot,
    party: int,
    places: int,
    *,
    options: Mapping[str, int] | None = None,
) -> str:
    """Win the new place and leave the old one: `moved`, `full`, `twice`, or `gone` when the booking has changed meanwhile.

    Args:
        options: What it has beside its places then; the same as before where omitted.
    """
    beside = booking.options if options is None else options
    terms = {"booking": booking.id, "was": booking.state.value, "slot": booking.slot, "had": booking.places}
    if not tx.all(q.STILL_AS_READ, terms):
        return "gone"
    if not _swap_places(tx, booking, to, places):
        return "full"
    wanted, drawn = _wanted(tx, to, places, beside), _drawn(tx, booking)
    outcome = "moved"
    if not _reserve_pair(tx, booking, to, party):
        outcome = "twice"
    elif not _shift(tx, _difference(wanted, drawn)):
        outcome = "full"
    if outcome != "moved":
        _give(tx, to.id, places)
        _give(tx, booking.slot, -booking.places)
        return outcome
    after = {"to": to.id, "people": party, "places": places, "drawn": len(wanted), "beside": beside or None}
    tx.write(q.MOVE, {**terms, **after})
    if drawn:
        tx.write(qp.FORGET_DRAWN, {"booking": booking.id})
    _keep(tx, booking.id, wanted)
    return outcome


def put_back(tx: Transaction, before: Booking, after: Booking) -> None:
    """Undo a `move` of this very transaction: its old slot takes it again, closed or made smaller meanwhile or not.

    Args:
        before: As it was. `after`: as it was moved.
    """
    old: Slot | None = tx.one(q.SLOT_BY_ID, {"slot": before.slot})
    assert old is not None  # a foreign key holds it
    drew, draws_now = _wanted(tx, old, before.places, before.options), _drawn(tx, after)
    _give(tx, after.slot, after.places)
    _give(tx, before.slot, -before.places)
    for pool, units in sorted(_difference(drew, draws_now).items()):
        tx.write(qp.UNDRAW, {"pool": pool, "units": units})
    now = {"booking": after.id, "was": after.state.value, "slot": after.slot, "had": after.places}
    then = {"to": before.slot, "people": before.party, "places": before.places, "drawn": len(drew)}
    tx.write(q.MOVE, {**now, **then, "beside": before.options or None})
    tx.write(qp.FORGET_DRAWN, {"booking": after.id})
    _keep(tx, before.id, drew)


def hand_over(tx: Transaction, booking: Booking, citizen: CitizenId) -> bool:
    """Give a contact's live booking to the citizen it is; False when they have the slot already, or it changed meanwhile."""
    theirs = evolve(booking, citizen=citizen, contact=False)
    marker = evolve(theirs, id=tx.new_id(), voucher=None)
    if not tx.write(q.ADD_BOOKING, row_of(tx, marker)):
        return False
    tx.write(q.DROP_BOOKING, {"booking": marker.id})
    return bool(tx.write(q.HAND_OVER, {"booking": booking.id, "from_whom": booking.citizen, "who": citizen}))


def standing_still(
    tx: Transaction, slot_id: Id, leaving: Id | None = None, *, options: bool = False
) -> Slot | None:
    """The slot while nobody moves in it or in its pools: all that is told of it is true at one moment.

    Args:
        leaving: A slot that the caller gives places back to; locked in the same order.
        options: Whether what 備品 draw is looked at as well.
    """
    named = json.dumps([slot_id] if leaving is None else [slot_id, leaving])
    slots: Sequence[Slot] = tx.all(LOCK_SLOTS, {"slots": named})
    if options:
        tx.all(qp.LOCK_WITH_OPTIONS, {"slots": named})
    elif any(slot.draws for slot in slots):
        tx.all(qp.LOCK_SHARED, {"slots": named})
    return next((slot for slot in slots if slot.id == slot_id), None)


def take_back(tx: Transaction, booking: Booking) -> None:
    """Undo a `place` of this very transaction: nothing of it remains."""
    drawn = _drawn(tx, booking)
    _shift(tx, {pool: -units for pool, units in drawn.items()})
    if drawn:
        tx.write(qp.FORGET_DRAWN, {"booking": booking.id})
    tx.write(q.DROP_BOOKING, {"booking": booking.id})
    _give(tx, booking.slot, booking.places)


# --- pools ---


def shared_of(row: qp.SharedRow, options: Mapping[str, int] = NO_OPTIONS) -> Shared:
    """What the rules need to know of a pool; of one of 備品, for so many pieces as are asked for."""
    if row.option:
        taken = row.units * options.get(row.option, 0)
        return Shared(row.capacity - row.booked, row.label, taken, per_place=False, option=row.option)
    return Shared(row.capacity - row.booked, row.label, row.units, row.per_place)


def with_shared(
    tx: Transaction, slot: Slot, gone: Iterable[Booking] = (), options: Mapping[str, int] = NO_OPTIONS
) -> Slot:
    """The slot with its pools as they are now, those of the options that are asked for too; what `gone` has drawn counts as free."""
    rows = shared_rows(tx, slot, options)
    if not rows:
        return slot
    mine: Counter[Id] = Counter()
    for each in gone:
        mine.update(_drawn(tx, each))
    return evolve(
        slot, shared=[shared_of(evolve(row, booked=row.booked - mine[row.pool]), options) for row in rows]
    )


def options_left(tx: Transaction, slot_id: Id) -> dict[str, int]:
    """How many pieces of each counted option are left for the whole time of the slot."""
    left: dict[str, int] = {}
    rows: Sequence[qp.SharedRow] = tx.all(qp.WITH_OPTIONS, {"slot": slot_id})
    for row in rows:
        if row.option:
            pieces = max(row.capacity - row.booked, 0) // row.units
            left[row.option] = min(left.get(row.option, pieces), pieces)
    return left


def as_drawn(tx: Transaction, booking: Booking) -> Booking:
    """A booking that was just placed or moved, with the number of pools that it takes from."""
    return evolve(booking, draws=len(_drawn(tx, booking))) if booking.options else booking


def draw_rows(booking: Id, wanted: Mapping[Id, int]) -> list[dict[str, Id | int]]:
    """The rows that say what a booking has taken."""
    return [{"booking_id": booking, "pool_id": pool, "units": units} for pool, units in wanted.items()]


def shared_rows(tx: Transaction, slot: Slot, options: Mapping[str, int]) -> Sequence[qp.SharedRow]:
    if options:
        every: Sequence[qp.SharedRow] = tx.all(qp.WITH_OPTIONS, {"slot": slot.id})
        return [row for row in every if not row.option or row.option in options]
    return tx.all(qp.SHARED, {"slot": slot.id}) if slot.draws else ()


def _wanted(tx: Transaction, slot: Slot, places: int, options: Mapping[str, int]) -> dict[Id, int]:
    return {row.pool: shared_of(row, options).needs(places) for row in shared_rows(tx, slot, options)}


def _drawn(tx: Transaction, booking: Booking) -> dict[Id, int]:
    drawing = booking.draws or booking.options
    return dict(tx.all(qp.DRAWN, {"booking": booking.id})) if drawing else {}


def _difference(wanted: Mapping[Id, int], drawn: Mapping[Id, int]) -> dict[Id, int]:
    change = Counter(wanted)
    change.subtract(drawn)
    return change


def _shift(tx: Transaction, change: Mapping[Id, int]) -> bool:
    """Take and give units, pool after pool in order of id; all of it or nothing."""
    done: list[tuple[Id, int]] = []
    for pool, units in sorted(change.items()):
        if not tx.write(qp.DRAW, {"pool": pool, "units": units}):
            for other, taken in done:
                tx.write(qp.UNDRAW, {"pool": other, "units": -taken})
            return False
        done.append((pool, units))
    return True


def _keep(tx: Transaction, booking: Id, wanted: Mapping[Id, int]) -> None:
    if wanted:
        tx.write(qp.ADD_BOOKING_DRAWS, {"rows": rows_text(_DRAWN, draw_rows(booking, wanted))})


# --- slots ---


def _give(tx: Transaction, slot: Id, places: int) -> None:
    tx.write(q.GIVE, {"slot": slot, "places": places})


def _reserve_pair(tx: Transaction, booking: Booking, to: Slot, party: int) -> bool:
    """Whether the person does not have the new slot already.

    A row of ours is put there and taken away again: a rival insert must wait for us, and an UPDATE that broke the unique
    index would cost PostgreSQL the whole transaction.
    """
    if booking.slot == to.id:
        return True
    marker = evolve(booking, id=tx.new_id(), slot=to.id, party=party, voucher=None)
    if not tx.write(q.ADD_BOOKING, row_of(tx, marker)):
        return False
    tx.write(q.DROP_BOOKING, {"booking": marker.id})
    return True


def _swap_places(tx: Transaction, booking: Booking, to: Slot, places: int) -> bool:
    """Free the old places and take the new; in order of slot id, so that two opposite moves cannot deadlock."""
    if booking.slot == to.id:  # only what is more is asked for: a slot made smaller gives away what is freed
        more = places - booking.places
        if more > 0:
            return bool(tx.write(q.TAKE, {"slot": to.id, "places": more, "draws": to.draws}))
        _give(tx, to.id, -more)
        return True
    take = {"slot": to.id, "places": places, "draws": to.draws}
    if booking.slot <= to.id:
        _give(tx, booking.slot, booking.places)
        if tx.write(q.TAKE, take):
            return True
        _give(tx, booking.slot, -booking.places)  # ours until the commit: nobody else can have taken it
        return False
    if not tx.write(q.TAKE, take):
        return False
    _give(tx, booking.slot, booking.places)
    return True


def row_of(tx: Transaction, booking: Booking) -> dict[str, Json]:
    """The row that stands for a new booking."""
    return {
        "id": booking.id,
        "slot_id": booking.slot,
        "programme": booking.programme,
        "citizen": booking.citizen,
        "party": booking.party,
        "state": booking.state.value,
        "held_until": booking.held_until,
        "made_at": tx.now,
        "made_by": tx.actor.kind,
        "channel": tx.actor.channel,
        "ended_at": None,
        "places": booking.places,
        "draws": booking.draws,
        "voucher": booking.voucher,
        "contact": booking.contact,
        "waived": [*booking.waived] or None,
        "link": booking.link,
        "closure": None,
        "options": dict(booking.options) or None,
    }
