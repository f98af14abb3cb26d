"""What stands behind the booking verbs: look at the facts, judge, move rows and counter, tell what follows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from govline.calendar import _queries as q
from govline.calendar import history, holds, ledger, left_over, reminders
from govline.calendar._queries import holds as qh
from govline.calendar.dues import Dues
from govline.calendar.judging import Judgement, find_slot, linked_with
from govline.calendar.knowledge import holds_on_vouchers
from govline.calendar.model import Booking, BookingState, Programme, Refused, Slot
from govline.calendar.options import NO_OPTIONS
from govline.calendar.overriding import PLAIN, Terms, eased, split
from govline.calendar.reasons import because
from govline.calendar.reminding import Quiet
from govline.calendar.requests import Answer
from govline.calendar.rules import check_cancel
from govline.core import CitizenId, Effect, Event, Id, Reason, Ref, Schedule, Transaction
from govline.errors import ConfigError
from govline.store.bulk import emit_many, schedule_many

__all__ = ["Desk", "find_slot", "linked_with", "new_booking", "no_such_slot", "own_booking", "tell"]


@frozen
class Desk(Judgement):
    """Serves one request after another, each inside the caller's transaction.

    Args:
        dues: What is owed for bookings of programmes with `pay_by`.
        quiet: The town's quiet hours, for reminders.
    """

    dues: Dues | None = None
    quiet: Quiet | None = None

    # --- verbs ---

    def take(
        self,
        tx: Transaction,
        verb: str,
        slot_id: Id,
        citizen: CitizenId | None,
        party: int,
        *,
        terms: Terms = PLAIN,
        options: Mapping[str, int] = NO_OPTIONS,
    ) -> Answer:
        """Hold or book."""
        answer = self.place(tx, verb, slot_id, citizen, party, terms=terms, options=options)
        if isinstance(answer, Booking):
            self.taken(tx, [answer])
            if terms.reason or answer.waived or tx.actor.kind == "staff":  # the row itself names no member
                history.record(
                    tx,
                    answer,
                    history.MADE,
                    answer.state,
                    reason=terms.reason,
                    data={"waived": answer.waived, **_beside(answer)},
                )
        return answer

    def place(
        self,
        tx: Transaction,
        verb: str,
        slot_id: Id,
        citizen: CitizenId | None,
        party: int,
        *,
        terms: Terms = PLAIN,
        options: Mapping[str, int] = NO_OPTIONS,
    ) -> Answer:
        """Judge and write the row; what follows from it is left to the caller (`taken`)."""
        slot = find_slot(tx, slot_id)
        if slot is None:
            return Refused([no_such_slot()])
        programme = self.programme(slot.programme)
        if programme.policy.counts and citizen is not None:
            # before the count: a rival request of the same person waits here
            tx.write(q.QUEUE_PERSON, {"programme": slot.programme, "citizen": citizen, "requests": 1})
            held = holds_on_vouchers(tx, self.programme, [(slot.programme, citizen)])
            holds.expire(tx, self, held, [slot.id])
        places, beside = programme.places(party), bool(options)

        def judged(now: Slot) -> list[Reason]:
            return self.reasons(tx, now, citizen, party, options=options)

        reasons = self._reasons_now(tx, slot, places, judged, options=beside)
        waived, firm = split(reasons) if terms.override else ((), reasons)
        # laid out for nobody: its room and stock would not be counted
        empty = programme.pooled and not slot.capacity
        if terms.raise_capacity and not empty and {reason.code for reason in firm} == {"GL-2103"}:
            slot = self._enlarge(tx, slot, places, terms.reason)
            firm = []
        if firm:
            return Refused(firm)
        booking = new_booking(tx, programme, slot, citizen, party, hold=verb == "hold")
        booking = evolve(booking, contact=terms.contact, waived=waived, options=options)
        if programme.policy.eligibility is not None:
            voucher = self.facts(tx, slot, citizen, party, programme).voucher
            booking = evolve(booking, voucher=voucher.id if voucher and not voucher.taken else None)
        if ledger.place(tx, slot, booking) != "placed":
            reasons = _lost(tx, slot, judged, options=beside)
            if reasons or ledger.place(tx, slot, booking) != "placed":
                return Refused(reasons or [_collision()])
        return ledger.as_drawn(tx, booking)

    def _enlarge(self, tx: Transaction, slot: Slot, places: int, reason: str) -> Slot:
        """Make room for so many places, where there is too little; the slot as it is then."""
        before = slot.capacity
        if not tx.write(q.ENLARGE, {"slot": slot.id, "places": places}):
            return find_slot(tx, slot.id) or slot
        larger = find_slot(tx, slot.id) or slot
        facts = {"from": before, "to": larger.capacity, "reason": reason}
        tx.audit("calendar.raise_capacity", Ref("calendar.slot", slot.id), facts)
        return larger

    def confirm(self, tx: Transaction, booking_id: Id, citizen: CitizenId | None) -> Answer:
        """Held to confirmed."""
        booking = own_booking(tx, booking_id, citizen)
        if isinstance(booking, Refused) or booking.state is BookingState.CONFIRMED:
            return booking
        if booking.held_until is not None and booking.held_until <= tx.now:
            return Refused([_hold_over()])
        if not tx.write(q.CONFIRM, {"booking": booking_id, "now": tx.now}):
            return Refused([_collision()])
        tx.unschedule(_hold_key(booking))
        confirmed = evolve(booking, state=BookingState.CONFIRMED, held_until=None)
        self.taken(tx, [confirmed])
        history.record(tx, confirmed, "confirmed", booking.state)
        return confirmed

    def change(
        self,
        tx: Transaction,
        booking_id: Id,
        to: Id,
        party: int | None,
        citizen: CitizenId | None,
        *,
        reason: str = "",
        options: Mapping[str, int] | None = None,
    ) -> Answer:
        """Another slot, another number of places, other options, or all of it; what is None stays as it is."""
        booking = own_booking(tx, booking_id, citizen)
        if isinstance(booking, Refused):
            return booking
        moved = self.shift(tx, booking, to, party, options=options)
        return moved if isinstance(moved, Refused) else self.moved(tx, booking, moved, reason)

    def shift(
        self,
        tx: Transaction,
        booking: Booking,
        to: Id,
        party: int | None,
        *,
        together: bool = False,
        options: Mapping[str, int] | None = None,
    ) -> Answer:
        """Judge and move the row; what follows from it is left to the caller (`moved`).

        Args:
            together: The bookings it is linked with move in the same request: whoever moves them judges their dates.
        """
        new = find_slot(tx, to)
        if new is None:
            return Refused([no_such_slot()])
        if booking.held_until is not None and booking.held_until <= tx.now:
            return Refused([_hold_over()])
        if booking.citizen is not None and self.programme(booking.programme).policy.counts:
            # before the count: a rival request of the same person waits here
            one = {"programme": booking.programme, "citizen": booking.citizen, "requests": 1}
            tx.write(q.QUEUE_PERSON, one)
        people = booking.party if party is None else party
        beside = booking.options if options is None else options
        counted = bool(beside or booking.options)

        def judged(now: Slot) -> list[Reason]:
            return self.move_reasons(tx, booking, now, people, beside, together=together)

        places = self.programme(booking.programme).places(people)
        reasons = self._reasons_now(tx, new, places, judged, leaving=booking.slot, options=counted)
        if reasons:
            return Refused(reasons)
        if ledger.move(tx, booking, new, people, places, options=beside) != "moved":
            reasons = _lost(tx, new, judged, leaving=booking.slot, options=counted)
            if reasons or ledger.move(tx, booking, new, people, places, options=beside) != "moved":
                return Refused(reasons or [_collision()])
        there = evolve(booking, slot=new.id, starts=new.starts, draws=new.draws)
        return ledger.as_drawn(tx, evolve(there, party=people, places=places, options=beside))

    def cancel(
        self,
        tx: Transaction,
        booking_id: Id,
        citizen: CitizenId | None,
        *,
        reason: str = "",
        asked: bool = False,
    ) -> Answer:
        """Live to cancelled; only a citizen who cancels a confirmed booking meets the cut-off.

        Args:
            asked: The caller asks the citizen what becomes of linked bookings; a message asks where nobody does.
        """
        booking = own_booking(tx, booking_id, citizen)
        if isinstance(booking, Refused):
            return booking
        slot = find_slot(tx, booking.slot)
        if citizen is not None and slot is not None and booking.state is BookingState.CONFIRMED:
            policy = eased(self.programme(booking.programme).policy, booking)
            reasons = check_cancel(policy, slot, tx.now, business_day=self.business_day)
            if reasons:
                return Refused(reasons)
        gone = self.call_off(tx, booking, reason=reason, asked=asked)
        return gone[0] if gone else Refused([_collision()])

    def call_off(
        self, tx: Transaction, booking: Booking, *, reason: str, asked: bool = False
    ) -> list[Booking]:
        """Cancel a live booking, and with it those it is linked with where the programme says so: `on_cancel`.

        Args:
            asked: As in `cancel`.

        Returns:
            All that are cancelled, this one at the head; nothing when it changed since it was read.
        """
        ended = self.end(tx, booking, BookingState.CANCELLED, reason=reason)
        if ended is None:
            return []
        return [ended, *(self._after_cancel(tx, booking, reason, asked=asked) if booking.link else ())]

    def end(
        self, tx: Transaction, booking: Booking, state: BookingState, *, reason: str = ""
    ) -> Booking | None:
        """End a live booking with all that hangs on it; None when it changed since it was read."""
        ended = ledger.end(tx, [booking], state)
        return self.ended(tx, booking, state, reason) if ended else None

    def ended(self, tx: Transaction, booking: Booking, state: BookingState, reason: str = "") -> Booking:
        """What follows from an end: no reminder, nothing to pay, event, history; the booking as it stands."""
        if booking.state is BookingState.HELD:
            tx.unschedule(_hold_key(booking))
        reminders.forget(tx, self.declared(booking.programme), booking)
        if self.dues is not None and self._paid_for(booking):
            self.dues.forget(tx, booking)
        ended = evolve(booking, state=state, held_until=None)
        if booking.state is not BookingState.HELD:
            tell(tx, "calendar.cancelled", ended, _said_of(booking))
        history.record(tx, ended, state.value, booking.state, reason=reason)
        return ended

    def _after_cancel(self, tx: Transaction, booking: Booking, reason: str, *, asked: bool) -> list[Booking]:
        """What becomes of the bookings that the cancelled one was linked with; those that go with it."""
        rest = [other for other in linked_with(tx, booking) if other.state.open]
        if not left_over.asks(tx, self.programme, booking):
            gone = (self.end(tx, other, BookingState.CANCELLED, reason=reason) for other in rest)
            return [other for other in gone if other is not None]
        for other in rest:
            tell(tx, "calendar.link_left", other, {"cancelled": booking.id, "slot": other.slot})
        if not asked:
            left_over.ask_by_push(tx, self, booking)
        return []

    # --- at this moment ---

    def _reasons_now(
        self,
        tx: Transaction,
        slot: Slot,
        places: int,
        reasons: Callable[[Slot], list[Reason]],
        *,
        leaving: Id | None = None,
        options: bool = False,
    ) -> list[Reason]:
        """The reasons once holds that ran out are gone: nobody waits for the worker to see a free place."""
        found = reasons(slot)
        if not found:
            return found
        holds.make_room(tx, self, [slot.id], places, leaving=leaving, options=options)
        return reasons(ledger.standing_still(tx, slot.id, leaving, options=options) or slot)

    # --- what follows ---

    def taken(self, tx: Transaction, new: Sequence[Booking]) -> None:
        """What follows from places won: a time limit for holds; reminder and event for bookings."""
        planned = [schedule for booking in new for schedule in self._planned(tx, booking)]
        told = [
            _event(tx, "calendar.booked", booking, _said_of(booking))
            for booking in new
            if booking.held_until is None
        ]
        schedule_many(tx, planned)
        emit_many(tx, told)
        for booking in new:
            self.owe(tx, booking)

    def owe(self, tx: Transaction, booking: Booking) -> None:
        """Begin to wait for the payment of a booking that stands, where its programme waits for any."""
        if self.dues is not None and booking.held_until is None and self._paid_for(booking):
            self.dues.owe(tx, self.programme(booking.programme), booking)

    def _paid_for(self, booking: Booking) -> bool:
        try:
            return self.programme(booking.programme).policy.pay_by is not None
        except ConfigError:  # a programme that is not declared any more
            return False

    def _planned(self, tx: Transaction, booking: Booking) -> list[Schedule]:
        if booking.held_until is None:
            return reminders.planned(tx, self.programme(booking.programme), booking, self.quiet)
        key = _hold_key(booking)
        effect = Effect("calendar.expire", {"booking": booking.id}, dedupe=key)
        return [Schedule(key, booking.held_until, booking.ref, effect)]

    def declared(self, programme: str) -> Programme | None:
        """The programme, None where staff have taken it out while bookings of it stand."""
        try:
            return self.programme(programme)
        except ConfigError:
            return None

    def moved(self, tx: Transaction, old: Booking, new: Booking, reason: str = "") -> Booking:
        """What follows from a move: reminder, event, history; the booking as it stands."""
        if old.state is BookingState.DISPLACED:
            tx.write(q.SETTLE, {"booking": old.id})
            new = evolve(new, state=BookingState.CONFIRMED, closure=None)
        if new.state is BookingState.CONFIRMED:
            reminders.remind(tx, self.programme(new.programme), new, self.quiet)
        if new.state is BookingState.CONFIRMED and self.dues is not None and self._paid_for(new):
            self.dues.moved(tx, self.programme(new.programme), old, new)
        beside = {"options": dict(new.options)} if new.options or old.options else {}
        tell(tx, "calendar.changed", new, {"from": old.slot, "to": new.slot, "party": new.party, **beside})
        data = {"from": old.slot, "party": new.party, **beside}
        history.record(tx, new, "changed", old.state, reason=reason, data=data)
        return new


def no_such_slot() -> Reason:
    """The slot was never there, or staff took it away."""
    return because("no_slot")


def _lost(
    tx: Transaction,
    slot: Slot,
    reasons: Callable[[Slot], list[Reason]],
    leaving: Id | None = None,
    *,
    options: bool,
) -> list[Reason]:
    """Someone was faster between our look and our hand: what is true now; nothing where they have left again."""
    return reasons(ledger.standing_still(tx, slot.id, leaving, options=options) or slot)


def own_booking(tx: Transaction, booking_id: Id, citizen: CitizenId | None) -> Booking | Refused:
    """The booking, locked, if it may still be changed and, with `citizen`, is theirs; the reason otherwise."""
    tx.all(qh.LOCK_BOOKING, {"booking": booking_id})
    booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
    if booking is None or (citizen is not None and booking.citizen != citizen):
        return Refused([because("no_booking")])
    return booking if booking.state.open else Refused([_is_over(booking.state)])


def new_booking(
    tx: Transaction, programme: Programme, slot: Slot, citizen: CitizenId | None, party: int, *, hold: bool
) -> Booking:
    """A booking that has no row yet: held for the policy's time, or confirmed."""
    return Booking(
        id=tx.new_id(),
        slot=slot.id,
        programme=slot.programme,
        citizen=citizen,
        party=party,
        state=BookingState.HELD if hold else BookingState.CONFIRMED,
        starts=slot.starts,
        held_until=tx.now + programme.policy.hold if hold else None,
        places=programme.places(party),
        draws=slot.draws,
    )


def tell(tx: Transaction, name: str, booking: Booking, data: Mapping[str, Any]) -> None:
    """Tell other features of a transition; what staff did stands in the audit as well."""
    tx.emit(_event(tx, name, booking, data))


def _event(tx: Transaction, name: str, booking: Booking, data: Mapping[str, Any]) -> Event:
    facts = {"programme": booking.programme, **data}
    if tx.actor.kind == "staff":  # a citizen's own acts stand in the booking's row
        tx.audit(name, booking.ref, facts)
    # a contact is no citizen of other rooms: nothing can be sent there
    return Event(name, booking.ref, citizen=None if booking.contact else booking.citizen, data=facts)


def _said_of(booking: Booking) -> dict[str, Any]:
    return {"slot": booking.slot, "party": booking.party, **_beside(booking)}


def _beside(booking: Booking) -> dict[str, Any]:
    """Its 備品, said only of a booking that has some."""
    return {"options": dict(booking.options)} if booking.options else {}


def _hold_key(booking: Booking) -> str:
    return f"calendar.hold:{booking.id}"


_OVER: Final = {
    BookingState.EXPIRED: "expired",
    BookingState.ATTENDED: "attended",
    BookingState.NO_SHOW: "missed",
}


def _is_over(state: BookingState) -> Reason:
    return because(_OVER.get(state, "cancelled"))


def _collision() -> Reason:
    return because("collision")


def _hold_over() -> Reason:
    return because("hold_over")
