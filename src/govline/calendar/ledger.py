"""Rows and counter in step: every function moves both in the caller's transaction, or neither.

Lock order on PostgreSQL: person, booking, then slots by id; a rare inversion ends in a rerun, never in a wrong count.
"""

from datetime import datetime

from attrs import evolve

from govline.calendar import _queries as q
from govline.calendar.model import Booking, BookingState, Slot
from govline.core import Transaction

__all__ = ["end", "move", "place", "row_of"]


def place(tx: Transaction, slot: Slot, booking: Booking) -> str:
    """Take the places and write the row: `placed`, `full`, or `twice` when the person has this slot already."""
    if not tx.write(q.TAKE, {"slot": slot.id, "party": booking.party}):
        return "full"
    if tx.write(q.ADD_BOOKING, row_of(tx, booking)):
        return "placed"
    tx.write(q.GIVE, {"slot": slot.id, "party": booking.party})
    return "twice"


def end(tx: Transaction, booking: Booking, state: BookingState) -> bool:
    """Cancel or expire a live booking and free its places; whether it was still as the caller read it."""
    ended = tx.write(
        q.END,
        {
            "booking": booking.id,
            "was": booking.state.value,
            "slot": booking.slot,
            "had": booking.party,
            "now_is": state.value,
            "now": tx.now,
        },
    )
    if ended:
        tx.write(q.GIVE, {"slot": booking.slot, "party": booking.party})
    return bool(ended)


def move(tx: Transaction, booking: Booking, to: Slot, party: int) -> str:
    """Win the new place, then leave the old one: `moved`, `full`, `twice`, or `gone` when the booking has changed meanwhile."""
    outcome = _reserve_pair(tx, booking, to, party)
    if outcome:
        return outcome
    terms = {"booking": booking.id, "was": booking.state.value, "slot": booking.slot, "had": booking.party}
    if not tx.write(q.MOVE, {**terms, "to": to.id, "places": party}):
        return "gone"
    return "moved" if _swap_places(tx, booking, to, party) else _move_back(tx, booking, to, party)


def _reserve_pair(tx: Transaction, booking: Booking, to: Slot, party: int) -> str:
    """`twice` when the person already has the new slot.

    A row of ours is put there and taken away again: a rival insert must wait for us, and an UPDATE that broke the unique
    index would cost PostgreSQL the whole transaction.
    """
    if booking.slot == to.id:
        return ""
    marker = evolve(booking, id=tx.new_id(), slot=to.id, party=party)
    if not tx.write(q.ADD_BOOKING, row_of(tx, marker)):
        return "twice"
    tx.write(q.DROP_BOOKING, {"booking": marker.id})
    return ""


def _swap_places(tx: Transaction, booking: Booking, to: Slot, party: int) -> bool:
    """Free the old places and take the new; in order of slot id, so that two opposite moves cannot deadlock."""
    give = {"slot": booking.slot, "party": booking.party}
    take = {"slot": to.id, "party": party}
    if booking.slot <= to.id:
        tx.write(q.GIVE, give)
        if tx.write(q.TAKE, take):
            return True
        tx.write(
            q.GIVE, {**give, "party": -booking.party}
        )  # ours until the commit: nobody else can have taken it
        return False
    if not tx.write(q.TAKE, take):
        return False
    tx.write(q.GIVE, give)
    return True


def _move_back(tx: Transaction, booking: Booking, to: Slot, party: int) -> str:
    terms = {"booking": booking.id, "was": booking.state.value, "slot": to.id, "had": party}
    tx.write(q.MOVE, {**terms, "to": booking.slot, "places": booking.party})
    return "full"


def row_of(tx: Transaction, booking: Booking) -> dict[str, str | int | datetime | None]:
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
    }
