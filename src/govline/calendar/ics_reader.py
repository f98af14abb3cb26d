"""A booking as its holder's calendar file, from the rows as they are."""

from collections.abc import Mapping

from govline.calendar import _queries as q
from govline.calendar.history import steps
from govline.calendar.ics import Taken, booking_ics
from govline.calendar.model import Booking, Programme, Slot
from govline.core import Id, Transaction

__all__ = ["booking_file"]


def booking_file(tx: Transaction, programmes: Mapping[str, Programme], booking_id: Id) -> bytes | None:
    """The booking as iCalendar; once it has ended, what takes it out of a calendar again. None where there is none."""
    booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
    slot: Slot | None = None if booking is None else tx.one(q.SLOT_BY_ID, {"slot": booking.slot})
    if booking is None or slot is None:
        return None
    found = programmes.get(booking.programme)
    title, reminders = (found.title, found.reminders) if found else (booking.programme, ())
    changes = len(steps(tx, booking_id)) - 1
    taken = Taken(booking, title, slot.ends, slot.name, changes, reminders)
    return booking_ics(taken, town=tx.town, stamp=tx.now)
