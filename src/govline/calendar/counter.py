"""窓口: what staff do for others in the one ledger: book by telephone or at the counter, override, check in, close, tell."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from attrs import field, frozen

from govline.calendar import _queries as q
from govline.calendar import arrivals, closure_messages, closures, linked, mending, merging, requests
from govline.calendar._queries import closures as qc
from govline.calendar.closures import Closure
from govline.calendar.desk import Desk, find_slot, no_such_slot
from govline.calendar.history import check_reason
from govline.calendar.linked import Linked
from govline.calendar.mending import Mended
from govline.calendar.merging import Contact, MergeCode
from govline.calendar.model import Booking, Programme, Refused
from govline.calendar.overriding import Terms
from govline.calendar.reasons import because
from govline.calendar.requests import answered_once
from govline.core import ALLOW_ALL, CitizenId, Id, Json, PolicyPort, Ref, Transaction, frozen_tuple
from govline.core.messages import Text
from govline.store._reach import keyring
from govline.store.bulk import enqueue_many

__all__ = ["Counter", "Told"]

_CODE_LASTS: Final = timedelta(days=30)


@frozen
class Told:
    """Who was told something: how many on LINE, and whose bookings staff have to reach themselves."""

    told: int
    to_call: tuple[Id, ...] = field(default=(), converter=frozen_tuple)


@frozen
class Counter:
    """The staff's verbs; `calendar.counter`. Each asks the policy first and answers with its reason where it refuses.

    Args:
        desk: Behind it.
        policy: Who may do what: `calendar.desk`, `calendar.override`, `calendar.close`, `calendar.reconcile`.
    """

    desk: Desk
    policy: PolicyPort = ALLOW_ALL

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
    ) -> Booking | Refused:
        """Book for somebody else; the actor's channel says how they came (phone, counter, walk-in).

        Args:
            contact: Somebody without LINE, by name or telephone number; `Contact()` for one who stays anonymous.
            citizen: Somebody on LINE. Neither: places for nobody in particular (公用).
            reason: Why, without names; needed for `override` and `raise_capacity`.
            override: Set the policy's reasons aside; the citizen may change or cancel it all the same.
            raise_capacity: Where the slot is full, enlarge it by what is missing.

        Raises:
            InputError: GL-2050 an override without a reason, GL-2051 a reason that is too long.
        """
        terms = Terms(contact is not None, check_reason(reason), override, raise_capacity)
        beyond = override or raise_capacity
        content: dict[str, Json] = {
            "slot": slot_id,
            "citizen": citizen,
            "party": party,
            "contact": _digest(tx, contact),
            "terms": [terms.reason, override, raise_capacity, hold],
        }

        def work() -> Booking | Refused:
            refused = self._refuses(tx, "calendar.override" if beyond else "calendar.desk")
            if refused is None:
                refused = self._contact_refused(tx, slot_id, contact, citizen)
            if refused is not None:
                return refused
            who = citizen if contact is None else merging.add_contact(tx, contact)
            return self.desk.take(tx, "hold" if hold else "book", slot_id, who, party, terms=terms)

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
        """`Calendar.book_linked` for somebody else. A replay needs the same contact."""
        refused = self._refuses(tx, "calendar.override" if override else "calendar.desk")
        each = [refused, *(self._contact_refused(tx, slot, contact, citizen) for slot, _ in wanted)]
        for no in each:
            if no is not None:
                return no
        terms = Terms(contact is not None, check_reason(reason), override)
        who = citizen if contact is None else merging.add_contact(tx, contact)
        return linked.book_linked(tx, self.desk, wanted, who, key=key, terms=terms)

    def change(
        self, tx: Transaction, booking_id: Id, *, to: Id, key: str, reason: str = "", party: int | None = None
    ) -> Booking | Refused:
        """Move anybody's booking, under the same rules as they."""
        line = check_reason(reason)
        content: dict[str, Json] = {"booking": booking_id, "to": to, "party": party, "reason": line}

        def work() -> Booking | Refused:
            refused = self._refuses(tx, "calendar.desk")
            if refused is not None:
                return refused
            return self.desk.change(tx, booking_id, to, party, None, reason=line)

        return answered_once(tx, key, "counter.change", content, work, citizen=None)

    def cancel(self, tx: Transaction, booking_id: Id, *, key: str, reason: str = "") -> Booking | Refused:
        """Cancel anybody's booking; no cut-off holds for staff."""
        line = check_reason(reason)

        def work() -> Booking | Refused:
            refused = self._refuses(tx, "calendar.desk")
            if refused is not None:
                return refused
            return self.desk.cancel(tx, booking_id, None, reason=line)

        content: dict[str, Json] = {"booking": booking_id, "reason": line}
        return answered_once(tx, key, "counter.cancel", content, work, citizen=None)

    def merge_code(
        self, tx: Transaction, booking_id: Id, *, lasts: timedelta = _CODE_LASTS
    ) -> MergeCode | Refused:
        """A fresh code for the contact of a booking, to be read out or printed; the one before is void.

        Raises:
            InputError: GL-2053, the booking is of nobody, or of somebody on LINE.
        """
        booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
        refused = self._refuses(tx, "calendar.desk")
        if refused is not None:
            return refused
        if booking is None:
            return Refused([because("no_booking")])
        return merging.issue_code(tx, (booking.contact and booking.citizen) or "", lasts=lasts)

    def contact(self, tx: Transaction, booking_id: Id) -> Contact | Refused | None:
        """Name and telephone number of whoever booked without LINE; None where there is nothing. The reading is audited."""
        booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
        refused = self._refuses(tx, "calendar.desk")
        if refused is not None or booking is None or not booking.contact or booking.citizen is None:
            return refused
        return merging.read_contact(tx, booking.citizen)

    # --- the day ---

    def arrive(self, tx: Transaction, code: str, *, key: str, reason: str = "") -> Booking | Refused:
        """Check in by the code of a ticket or the booking's id; on another day than the slot's only with a reason."""
        refused = self._refuses(tx, "calendar.desk")
        if refused is not None:
            return refused
        return arrivals.arrive(tx, self.desk, code, key=key, reason=check_reason(reason))

    def undo_arrival(self, tx: Transaction, booking_id: Id, *, key: str, reason: str) -> Booking | Refused:
        """Take back a check-in or a no-show."""
        refused = self._refuses(tx, "calendar.desk")
        if refused is not None:
            return refused
        return arrivals.undo(tx, booking_id, key=key, reason=check_reason(reason))

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
        refused = self._refuses(tx, "calendar.close")
        if refused is not None:
            return refused
        return closures.close(
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

    def reopen(self, tx: Transaction, closure_id: Id, reason: str, *, key: str) -> Closure | Refused:
        """Take a closure back; whoever has not gone elsewhere has their booking again."""
        refused = self._refuses(tx, "calendar.close")
        if refused is not None:
            return refused
        return closures.reopen(tx, self.desk, closure_id, reason, key=key)

    def closure(self, tx: Transaction, closure_id: Id) -> Closure | None:
        """The closure as it stands."""
        return closures.closure(tx, closure_id)

    def closures(self, tx: Transaction, *, limit: int = 50) -> list[Closure]:
        """The newest closures."""
        return closures.list_closures(tx, limit=limit)

    def displaced(self, tx: Transaction, closure_id: Id, *, limit: int = 1_000) -> Sequence[Booking]:
        """Bookings that still wait for another slot; those with `contact` or without citizen are to be telephoned."""
        return closures.people(tx, closure_id, limit=limit)

    def message(
        self, tx: Transaction, slot_id: Id, text: str, *, key: str, emergency: bool = False
    ) -> Told | Refused:
        """Tell everybody who has booked a slot, each once; in quiet hours only where it is an emergency."""
        content: dict[str, Json] = {"slot": slot_id, "text": text, "emergency": emergency}
        work = partial(self._message, tx, slot_id, text, key, emergency)
        return requests.once(
            tx, key, "counter.message", content, work, citizen=None, write=_told_json, read=_told
        )

    # --- the proof ---

    def mend(self, tx: Transaction) -> Mended | Refused:
        """Set every counter that differs to what its rows say; audited, under the rows' locks."""
        refused = self._refuses(tx, "calendar.reconcile")
        return mending.mend(tx) if refused is None else refused

    def _message(self, tx: Transaction, slot_id: Id, text: str, key: str, emergency: bool) -> Told | Refused:
        refused = self._refuses(tx, "calendar.close")
        if refused is not None:
            return refused
        if find_slot(tx, slot_id) is None:
            return Refused([no_such_slot()])
        found: Sequence[Booking] = tx.all(qc.LIVE_IN_SLOT_OF, {"slot": slot_id})
        quiet = None if emergency or self.desk.quiet is None else self.desk.quiet.until(tx.now)
        reached = {each.citizen for each in found if each.citizen is not None and not each.contact}
        enqueue_many(
            tx,
            [
                closure_messages.push(who, Text(text), f"calendar.message:{key}:{who}", due=quiet)
                for who in sorted(reached)
            ],
        )
        to_call = [each.id for each in found if each.contact or each.citizen is None]
        tx.audit("calendar.message", Ref("calendar.slot", slot_id), {"told": len(reached)})
        return Told(len(reached), to_call)

    def _refuses(self, tx: Transaction, verb: str) -> Refused | None:
        if tx.actor.kind == "citizen":
            return Refused([because("staff_only")])
        reason = self.policy.refuses(tx.actor, verb)
        return None if reason is None else Refused([reason])

    def _contact_refused(
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


def _told_json(answer: Told | Refused) -> Json:
    if isinstance(answer, Refused):
        return requests.to_json(answer)
    return {"told": answer.told, "to_call": [*answer.to_call]}


def _told(data: dict[str, Json]) -> Told | Refused:
    if "refused" in data:
        answer = requests.from_json(data)
        assert isinstance(answer, Refused)
        return answer
    return Told(**data)
