"""窓口: what staff do for others in the one ledger: book by telephone or at the counter, override, check in, close, tell."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from attrs import frozen

from govline.calendar import _queries as q
from govline.calendar import arrivals, closure_messages, closures, linked, mending, merging, slot_messages
from govline.calendar.closure_messages import Reached
from govline.calendar.closures import Closure
from govline.calendar.desk import find_slot
from govline.calendar.history import check_reason
from govline.calendar.linked import Linked
from govline.calendar.mending import Mended
from govline.calendar.merging import Contact, MergeCode
from govline.calendar.model import Booking, Programme, Refused
from govline.calendar.options import pieces
from govline.calendar.overriding import Terms
from govline.calendar.reasons import because
from govline.calendar.requests import answered_once, booking_content, check_party
from govline.calendar.slot_messages import Told
from govline.calendar.staff_verbs import StaffVerbs
from govline.core import CitizenId, Id, Json, Transaction
from govline.store._reach import keyring

__all__ = ["Counter", "Told"]

_CODE_LASTS: Final = timedelta(days=30)


@frozen
class Counter(StaffVerbs):
    """The staff's verbs; `calendar.counter`. Each asks the policy first and answers with its reason where it refuses."""

    # --- bookings for others ---

    def book(
        self,
        tx: Transaction,
        slot_id: Id,
        *,
        key: str,
        party: int = 1,
        contact: Contact | None = None,
        citizen: CitizenId | None = None,
        reason: str = "",
        override: bool = False,
        raise_capacity: bool = False,
        hold: bool = False,
        options: Mapping[str, int] | None = None,
    ) -> Booking | Refused:
        """Book for somebody else; the actor's channel says how they came (phone, counter, walk-in).

        Args:
            contact: Somebody without LINE, by name or telephone number; `Contact()` for one who stays anonymous.
            citizen: Somebody on LINE. Neither: places for nobody in particular (公用).
            reason: Why, without names; needed for `override` and `raise_capacity`.
            override: Set the policy's reasons aside; the citizen may change or cancel it all the same.
            raise_capacity: Where the slot is full, enlarge it by what is missing.
            options: How many of which 備品; no override goes beyond their stock.

        Raises:
            InputError: GL-2003 the party is not positive, GL-2050 an override without a reason, GL-2051 a reason that is
                too long.
        """
        check_party(party)
        terms = Terms(contact is not None, check_reason(reason), override, raise_capacity)
        beside = pieces(options)
        content: dict[str, Json] = {
            **booking_content(slot_id, citizen, party, beside),
            "contact": _digest(tx, contact),
            "terms": [terms.reason, override, raise_capacity, hold],
        }

        def work() -> Booking | Refused:
            refused = self._refused_for(tx, [slot_id], contact, citizen, terms)
            if refused is not None:
                return refused
            who = citizen if contact is None else merging.add_contact(tx, contact)
            verb = "hold" if hold else "book"
            return self.desk.take(tx, verb, slot_id, who, party, terms=terms, options=beside)

        return answered_once(tx, key, "counter.book", content, work, citizen=citizen)

    def book_linked(
        self,
        tx: Transaction,
        wanted: Sequence[tuple[Id, int]],
        *,
        key: str,
        contact: Contact | None = None,
        citizen: CitizenId | None = None,
        reason: str = "",
        override: bool = False,
    ) -> Linked | Refused:
        """`Calendar.book_linked` for somebody else; `contact`, `reason` and `override` as in `book`."""
        terms = Terms(contact is not None, check_reason(reason), override)
        content: dict[str, Json] = {
            "slots": [list(each) for each in wanted],
            "citizen": citizen,
            "contact": _digest(tx, contact),
            "terms": [terms.reason, override],
        }

        def work() -> Linked | Refused:
            refused = self._refused_for(tx, [slot for slot, _ in wanted], contact, citizen, terms)
            if refused is not None:
                return refused
            who = citizen if contact is None else merging.add_contact(tx, contact)
            return linked.take_all(tx, self.desk, wanted, who, terms)

        return linked.answered_once(tx, key, "counter.book_linked", content, work, citizen=citizen)

    def change(
        self,
        tx: Transaction,
        booking_id: Id,
        *,
        to: Id,
        key: str,
        reason: str = "",
        party: int | None = None,
        options: Mapping[str, int] | None = None,
    ) -> Booking | Refused:
        """Move anybody's booking, under the same rules as they; see `Calendar.change`."""
        line = check_reason(reason)
        beside = None if options is None else pieces(options)
        content: dict[str, Json] = {"booking": booking_id, "to": to, "party": party, "reason": line}
        content |= {} if beside is None else {"options": dict(beside)}

        def work() -> Booking | Refused:
            return self.desk.change(tx, booking_id, to, party, None, reason=line, options=beside)

        asked = partial(self.asked, tx, "calendar.desk", work)
        return answered_once(tx, key, "counter.change", content, asked, citizen=None)

    def change_pair(
        self, tx: Transaction, booking_id: Id, to: tuple[Id, Id], *, key: str, reason: str = ""
    ) -> Linked | Refused:
        """Move anybody's booking to the first of these slots and the one that belongs to it to the second, both or none."""
        line = check_reason(reason)
        content: dict[str, Json] = {"booking": booking_id, "to": [*to], "reason": line}
        work = partial(linked.move_pair, tx, self.desk, booking_id, to, reason=line)
        asked = partial(self.asked, tx, "calendar.desk", work)
        return linked.answered_once(tx, key, "counter.change_pair", content, asked, citizen=None)

    def cancel(self, tx: Transaction, booking_id: Id, *, key: str, reason: str = "") -> Booking | Refused:
        """Cancel anybody's booking; no cut-off holds for staff."""
        line = check_reason(reason)
        content: dict[str, Json] = {"booking": booking_id, "reason": line}

        def work() -> Booking | Refused:
            return self.desk.cancel(tx, booking_id, None, reason=line)

        asked = partial(self.asked, tx, "calendar.desk", work)
        return answered_once(tx, key, "counter.cancel", content, asked, citizen=None)

    def merge_code(
        self, tx: Transaction, booking_id: Id, *, lasts: timedelta = _CODE_LASTS
    ) -> MergeCode | Refused:
        """A fresh code for the contact of a booking, to be read out or printed; the one before is void.

        Raises:
            InputError: GL-2053, the booking is of nobody, or of somebody on LINE.
        """
        booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})

        def work() -> MergeCode | Refused:
            if booking is None:
                return Refused([because("no_booking")])
            return merging.issue_code(tx, (booking.contact and booking.citizen) or "", lasts=lasts)

        return self.asked(tx, "calendar.desk", work)

    def contact(self, tx: Transaction, booking_id: Id) -> Contact | Refused | None:
        """Name and telephone number of whoever booked without LINE; None where there is nothing. The reading is audited."""
        booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
        known = booking.citizen if booking is not None and booking.contact else None
        return self.asked(tx, "calendar.desk", lambda: merging.read_contact(tx, known) if known else None)

    # --- the day ---

    def arrive(self, tx: Transaction, code: str, *, key: str, reason: str = "") -> Booking | Refused:
        """Check in by the code of a ticket or the booking's id; on another day than the slot's only with a reason."""
        line = check_reason(reason)
        return self.asked(
            tx, "calendar.desk", lambda: arrivals.arrive(tx, self.desk, code, key=key, reason=line)
        )

    def undo_arrival(self, tx: Transaction, booking_id: Id, *, key: str, reason: str) -> Booking | Refused:
        """Take back a check-in or a no-show."""
        line = check_reason(reason)
        return self.asked(tx, "calendar.desk", lambda: arrivals.undo(tx, booking_id, key=key, reason=line))

    # --- closures ---

    def close(
        self,
        tx: Transaction,
        programme: str,
        since: datetime,
        until: datetime,
        reason: str,
        *,
        key: str,
        emergency: bool = False,
        priority_until: datetime | None = None,
        instead: Sequence[Id] = (),
    ) -> Closure | Refused:
        """Close all slots that start in `[since, until)`; see `closures.close`. What one unit cannot do, the worker goes on with."""
        work = partial(
            closures.close,
            tx,
            self.desk,
            programme,
            (since, until),
            reason,
            key=key,
            emergency=emergency,
            priority_until=priority_until,
            instead=instead,
        )
        return self.asked(tx, "calendar.close", work)

    def reopen(self, tx: Transaction, closure_id: Id, reason: str, *, key: str) -> Closure | Refused:
        """Take a closure back; whoever has not gone elsewhere has their booking again."""
        work = partial(closures.reopen, tx, self.desk, closure_id, reason, key=key)
        return self.asked(tx, "calendar.close", work)

    def closure(self, tx: Transaction, closure_id: Id) -> Closure | None:
        """The closure as it stands."""
        return closures.closure(tx, closure_id)

    def closures(self, tx: Transaction, *, limit: int = 50) -> list[Closure]:
        """The newest closures."""
        return closures.list_closures(tx, limit=limit)

    def displaced(self, tx: Transaction, closure_id: Id, *, limit: int = 1_000) -> Sequence[Booking]:
        """Bookings that still wait for another slot; those with `contact` or without citizen are to be telephoned."""
        return closures.people(tx, closure_id, limit=limit)

    def reached(
        self, tx: Transaction, closure_id: Id, *, after: Id = "", limit: int = 1_000
    ) -> list[Reached]:
        """What became of a closure's message to each of its people, in order of the bookings' ids; `after` is the last one read."""
        return closure_messages.reached(tx, closure_id, after=after, limit=limit)

    def message(
        self, tx: Transaction, slot_id: Id, text: str, *, key: str, emergency: bool = False
    ) -> Told | Refused:
        """Tell everybody who has booked a slot, each once; in quiet hours only where it is an emergency.

        It goes out as a run of `delivery`, 500 people a request: `govline.delivery.ledger(tx, told.run)` says of each
        whether it was sent, cannot be known, or was not reached.
        """
        work = partial(slot_messages.tell, tx, self.desk, slot_id, text, key=key, emergency=emergency)
        asked = partial(self.asked, tx, "calendar.close", work)
        return slot_messages.once(tx, slot_id, text, asked, key=key, emergency=emergency)

    # --- the proof ---

    def mend(self, tx: Transaction) -> Mended | Refused:
        """Set every counter that differs to what its rows say; audited, under the rows' locks."""
        return self.asked(tx, "calendar.reconcile", lambda: mending.mend(tx))

    def _refused_for(
        self,
        tx: Transaction,
        slots: Sequence[Id],
        contact: Contact | None,
        citizen: CitizenId | None,
        terms: Terms,
    ) -> Refused | None:
        """Why staff cannot book these slots for this person, before anything of the slots is looked at."""
        beyond = terms.override or terms.raise_capacity
        refused = [
            self.refused(tx, "calendar.override" if beyond else "calendar.desk"),
            *(self.contact_refused(tx, slot, contact, citizen) for slot in slots),
        ]
        return next((each for each in refused if each is not None), None)

    def contact_refused(
        self, tx: Transaction, slot_id: Id, contact: Contact | None, citizen: CitizenId | None
    ) -> Refused | None:
        """Why a programme does not take a booking of this person: no name where it needs one, a name where it wants none."""
        slot = find_slot(tx, slot_id)
        programme: Programme | None = self.desk.programme(slot.programme) if slot else None
        if programme is None or citizen is not None or contact is None:
            return None
        if programme.contact == "required" and not contact:
            return Refused([because("contact_needed")])
        if programme.contact == "none" and contact:
            return Refused([because("contact_unwanted")])
        return None


def _digest(tx: Transaction, contact: Contact | None) -> str | None:
    """What is kept of a contact in a request: nothing that can be found by trying."""
    if contact is None:
        return None
    return keyring(tx).lookup(f"{contact.label}\0{contact.digits}", "calendar.contact") if contact else ""
