"""未払いの自動取消: a confirmed booking of a programme with `pay_by` is cancelled unless it is paid in time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Literal

from attrs import field, frozen

from govline.calendar import _queries as base
from govline.calendar._queries import by_hand as qh
from govline.calendar._queries import dues as qd
from govline.calendar._queries import terms as q
from govline.calendar.groups import Groups
from govline.calendar.model import Booking, Policy, Programme, Slot
from govline.calendar.pricing import Price, price
from govline.calendar.rules import BusinessDay, deadline
from govline.core import CitizenId, ClaimPort, Effect, Event, Id, Schedule, Transaction
from govline.core.jst import to_jst
from govline.core.messages import Text
from govline.core.texts import Texts
from govline.store import languages

__all__ = ["Dues", "Outcome", "UnsettledPayment", "due_at"]

Outcome = Literal["refunded", "rebooked", "kept"]
"""What staff did with a payment for a booking that is over; `kept` where the town's terms say so."""


@frozen
class UnsettledPayment:
    """A booking that is over and was paid for; nobody has said yet what becomes of the money.

    Args:
        booking: As it ended. `paid`: when the payment was noted. `ended`: when the booking was over.
    """

    booking: Booking
    paid: datetime
    ended: datetime | None

    @property
    def late(self) -> bool:
        """Whether the money came when the booking was over already."""
        return self.ended is not None and self.paid >= self.ended


def due_at(policy: Policy, starts: datetime, now: datetime, business_day: BusinessDay) -> datetime:
    """Until when a booking made now is to be paid: the policy's instant, but never before `hold` has passed nor after the start."""
    assert policy.pay_by is not None  # asked only of such policies
    return min(max(deadline(policy.pay_by, starts, business_day=business_day), now + policy.hold), starts)


@frozen
class Dues:
    """What is owed for bookings; nothing at all for programmes without `pay_by`.

    Args:
        business_day, holiday: Of the town. `texts`: what the citizen is told.
        claims: Where claims are made; None where payments are not bound, and staff note what is paid.
    """

    business_day: BusinessDay
    holiday: Callable[..., bool]
    texts: Texts
    claims: ClaimPort | None = None
    groups: Groups = field(factory=Groups)

    def price(
        self,
        tx: Transaction,
        programme: Programme,
        slot: Slot,
        *,
        citizen: CitizenId | None = None,
        party: int = 1,
        options: Mapping[str, int] | None = None,
    ) -> Price:
        """What a booking costs this citizen, line by line; nothing where the programme has no tariff."""
        if programme.tariff is None:
            return Price(())
        day = to_jst(slot.starts).date()
        group = None if citizen is None else self.groups.of(tx, citizen, programme.policy, day)
        good = group is not None and (group.until is None or day <= group.until)
        bill = partial(price, programme.tariff, slot.starts, slot.ends, slot=slot.name, party=party)
        free = programme.options.keys() - programme.tariff.options.keys()
        return bill(
            options={name: number for name, number in (options or {}).items() if name not in free},
            rate=group.rate if group and good else 0,
            kind=group.kind if group and good else "",
            holiday=self.holiday(day),
        )

    def price_of(self, tx: Transaction, programme: Programme, booking: Booking) -> Price:
        """What a standing booking costs as it was booked, its options included; one that has no price any more costs nothing."""
        slot: Slot | None = tx.one(base.SLOT_BY_ID, {"slot": booking.slot})
        if slot is None or programme.tariff is None:
            return Price(())
        priced = programme.tariff.options
        options = {name: number for name, number in booking.options.items() if name in priced}
        return self.price(tx, programme, slot, citizen=booking.citizen, party=booking.party, options=options)

    def owe(self, tx: Transaction, programme: Programme, booking: Booking) -> None:
        """Begin to wait for the payment of a confirmed booking, or move the wait with it."""
        if programme.policy.pay_by is None:
            return
        standing = tx.one(q.DUE_OF, {"booking": booking.id})
        if standing is not None and standing[1] is not None:
            return
        if programme.tariff is not None and not self.price_of(tx, programme, booking).total:
            if standing is not None:  # it cost something before: nobody is to pay for nothing
                self.forget(tx, booking)
            return
        due = due_at(programme.policy, booking.starts, tx.now, self.business_day)
        tx.write(q.OWE, _row(booking, due))
        effect = Effect(
            "calendar.unpaid", {"booking": booking.id}, dedupe=f"{_key(booking)}:{due.isoformat()}"
        )
        tx.schedule(Schedule(_key(booking), due, booking.ref, effect))
        item = programme.policy.pay_item
        if standing is None and item and self.claims is not None:
            self.claims.claim(tx, item, booking.citizen, booking.ref, key=f"calendar.booking:{booking.id}")

    def moved(self, tx: Transaction, programme: Programme, old: Booking, new: Booking) -> None:
        """Move the wait with a booking that changed; one that was paid and costs something else now is listed for staff."""
        standing = tx.one(q.DUE_OF, {"booking": new.id})
        if standing is None or standing[1] is None:
            self.owe(tx, programme, new)
            return
        before, after = (self.price_of(tx, programme, each).total for each in (old, new))
        if before != after:
            tx.write(qd.REPRICE, {"booking": new.id, "before": before, "after": after})
            facts = {"programme": new.programme, "before": before, "after": after}
            tx.audit("calendar.repriced", new.ref, facts)
            who = None if new.contact else new.citizen
            tx.emit(Event("calendar.repriced", new.ref, citizen=who, data=facts))

    def forget(self, tx: Transaction, booking: Booking) -> None:
        """The booking is over: nothing is waited for any more; what was paid stays noted."""
        tx.unschedule(_key(booking))
        tx.write(q.DROP_DUE, {"booking": booking.id})

    def paid(self, tx: Transaction, programme: Programme | None, booking: Booking) -> bool:
        """Note that it is paid, and what it costs now; it is not cancelled any more. Whether it was owed until now.

        What comes for a booking that is over is noted as well: staff see it among the unsettled ones.

        Args:
            programme: Its programme; None where it is not declared any more.
            booking: Read under its lock (`LOCK_BOOKING`), so that it does not end in this moment.
        """
        tx.unschedule(_key(booking))
        bill = None  # where no tariff says it
        if programme is not None and programme.tariff is not None:
            bill = self.price_of(tx, programme, booking).total
        owed = bool(tx.write(q.PAID, {"booking": booking.id, "now": tx.now, "bill": bill}))
        noted = owed or bool(
            tx.write(qh.NOTE_PAID, {**_row(booking, tx.now), "paid_at": tx.now, "billed": bill})
        )
        if noted:
            tx.audit("calendar.paid", booking.ref, {"late": not booking.state.live})
        if noted and not booking.state.live:
            facts = {"programme": booking.programme, "slot": booking.slot}
            who = None if booking.contact else booking.citizen
            tx.emit(Event("calendar.paid_late", booking.ref, citizen=who, data=facts))
        return owed

    def overdue(self, tx: Transaction, booking_id: Id) -> bool:
        """Whether the booking is owed and its time is over."""
        row = tx.one(q.DUE_OF, {"booking": booking_id})
        return row is not None and row[1] is None and row[0] <= tx.now

    def tell(self, tx: Transaction, programme: Programme, booking: Booking) -> None:
        """Tell the citizen that the booking ended because it was not paid."""
        if booking.citizen is None:
            return
        text = self.texts.get(
            "calendar.unpaid", languages.locale_of(tx, booking.citizen), programme=programme.title
        )
        payload = {"citizen": booking.citizen, "messages": [Text(text).to_line()]}
        tx.enqueue(Effect("line.push", payload, dedupe=f"calendar.unpaid:{booking.id}"))


def _row(booking: Booking, due: datetime) -> dict[str, Id | datetime | int | None]:
    return {
        "booking_id": booking.id,
        "due_at": due,
        "paid_at": None,
        "settled_at": None,
        "outcome": None,
        "billed": None,
        "owed": None,
    }


def _key(booking: Booking) -> str:
    return f"calendar.unpaid:{booking.id}"
