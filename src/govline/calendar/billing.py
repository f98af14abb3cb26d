"""What bookings cost, and whether they are paid: the part of `Calendar` that is about money."""

from collections.abc import Mapping

from govline.calendar import _queries as q
from govline.calendar._queries.holds import LOCK_BOOKING
from govline.calendar.desk import Desk, find_slot
from govline.calendar.dues import Dues
from govline.calendar.model import Booking, BookingState
from govline.calendar.options import pieces
from govline.calendar.pricing import Price
from govline.core import CitizenId, Id, Transaction

__all__ = ["Billing"]


class Billing:
    """What `Calendar` knows of money."""

    _desk: Desk
    _dues: Dues

    def price(
        self,
        tx: Transaction,
        slot_id: Id,
        *,
        citizen: CitizenId | None = None,
        party: int = 1,
        options: Mapping[str, int] | None = None,
    ) -> Price:
        """What a booking of this slot costs the citizen, line by line, with the reduction of the group they act for."""
        slot = find_slot(tx, slot_id)
        if slot is None:
            return Price(())
        found = self._desk.programme(slot.programme)
        return self._dues.price(tx, found, slot, citizen=citizen, party=party, options=pieces(options))

    def price_of(self, tx: Transaction, booking: Booking) -> Price:
        """What a booking costs as it stands, its options included."""
        return self._dues.price_of(tx, self._desk.programme(booking.programme), booking)

    def paid(self, tx: Transaction, booking_id: Id) -> bool:
        """Note that a booking is paid, so that it is not cancelled for want of payment. Whether it was owed until now.

        What comes too late is noted all the same: see `upkeep.unsettled`.
        """
        booking = self._held_still(tx, booking_id)
        if booking is None:
            return False
        return self._dues.paid(tx, self._desk.declared(booking.programme), booking)

    def end_unpaid(self, tx: Transaction, booking_id: Id) -> bool:
        """Cancel this booking if it was to be paid by now and is not, and with it what it is linked with; the citizen is told.

        Whose slot a closure has taken away owes nothing until they have one again.
        """
        booking = self._held_still(tx, booking_id)
        if booking is None or not booking.state.open or booking.state is BookingState.DISPLACED:
            return False
        if not self._dues.overdue(tx, booking_id):
            return False
        gone = self._desk.call_off(tx, booking, reason="unpaid")
        for each in gone:
            self._dues.tell(tx, self._desk.programme(each.programme), each)
        return bool(gone)

    def _held_still(self, tx: Transaction, booking_id: Id) -> Booking | None:
        """The booking as it is, and as it stays until this unit is over: a payment and its end take turns."""
        tx.one(LOCK_BOOKING, {"booking": booking_id})
        booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
        return booking
