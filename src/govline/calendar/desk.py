"""What stands behind the booking verbs: look at the facts, judge, move rows and counter, tell what follows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from govline.calendar import _queries as q
from govline.calendar import history, holds, ledger, left_over, reminders
from govline.calendar._queries import holds as qh
from govline.calendar.dues import Dues
from govline.calendar.knowledge import facts_of, holds_on_vouchers, look_up
from govline.calendar.linking import link_reasons
from govline.calendar.model import Booking, BookingState, CitizenFacts, Programme, Refused, Slot
from govline.calendar.overriding import PLAIN, Terms, eased, open_to, split, still_held
from govline.calendar.reasons import because
from govline.calendar.reminding import Quiet
from govline.calendar.requests import Answer
from govline.calendar.rules import BusinessDay, check, check_cancel, check_change
from govline.core import CitizenId, Effect, Event, Id, ProfilePort, Reason, Ref, Schedule, Transaction
from govline.core.texts import Texts
from govline.errors import ConfigError
from govline.store.bulk import emit_many, schedule_many

__all__ = ["Desk", "find_slot", "linked_with", "new_booking", "no_such_slot", "own_booking", "tell"]


@frozen
class Desk:
    """Serves one request after another, each inside the caller's transaction.

    Args:
        programme: The programme of an id; raises where it is not declared.
        business_day: Which days count for cut-offs. `texts`: the town's wording. `quiet`: its quiet hours, for reminders.
        profile: Where attributes of citizens are, for policies that ask for them.
        dues: What is owed for bookings of programmes with `pay_by`.
    """

    programme: Callable[[str], Programme]
    business_day: BusinessDay
    texts: Texts
    profile: ProfilePort | None = None
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
    ) -> Answer:
        """Hold or book."""
        answer = self.place(tx, verb, slot_id, citizen, party, terms=terms)
        if isinstance(answer, Booking):
            self.taken(tx, [answer])
            if terms.reason or answer.waived or tx.actor.kind == "staff":  # the row itself names no member
                history.record(
                    tx,
                    answer,
                    history.MADE,
                    answer.state,
                    reason=terms.reason,
                    data={"waived": answer.waived},
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
        reasons = self._reasons_now(
            tx, slot, programme.places(party), lambda now: self.reasons(tx, now, citizen, party)
        )
        waived, firm = split(reasons) if terms.override else ((), reasons)
        if terms.raise_capacity and {reason.code for reason in firm} == {"GL-2103"}:
            slot = self._enlarge(tx, slot, programme.places(party), terms.reason)
            firm = []
        if firm:
            return Refused(firm)
        booking = new_booking(tx, programme, slot, citizen, party, hold=verb == "hold")
        booking = evolve(booking, contact=terms.contact, waived=waived)
        if programme.policy.eligibility is not None:
            voucher = self._facts(tx, slot, citizen, party, programme).voucher
            booking = evolve(booking, voucher=voucher.id if voucher and not voucher.taken else None)
        if ledger.place(tx, slot, booking) != "placed":
            reasons = _lost(tx, slot, lambda now: self.reasons(tx, now, citizen, party))
            if reasons or ledger.place(tx, slot, booking) != "placed":
                return Refused(reasons or [_collision()])
        return booking

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
    ) -> Answer:
        """Another slot, another number of places, or both."""
        booking = own_booking(tx, booking_id, citizen)
        if isinstance(booking, Refused):
            return booking
        moved = self.shift(tx, booking, to, party)
        return moved if isinstance(moved, Refused) else self.moved(tx, booking, moved, reason)

    def shift(
        self, tx: Transaction, booking: Booking, to: Id, party: int | None, *, together: bool = False
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

        def judged(now: Slot) -> list[Reason]:
            return self._move_reasons(tx, booking, now, people, together=together)

        places = self.programme(booking.programme).places(people)
        reasons = self._reasons_now(tx, new, places, judged, leaving=booking.slot)
        if reasons:
            return Refused(reasons)
        if ledger.move(tx, booking, new, people, places) != "moved":
            reasons = _lost(tx, new, judged, leaving=booking.slot)
            if reasons or ledger.move(tx, booking, new, people, places) != "moved":
                return Refused(reasons or [_collision()])
        return evolve(booking, slot=new.id, party=people, places=places, draws=new.draws, starts=new.starts)

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
        ended = self.end(tx, booking, BookingState.CANCELLED, reason=reason)
        if ended is not None and booking.link is not None:
            self._after_cancel(tx, booking, reason, asked=asked)
        return ended or Refused([_collision()])

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
        reminders.forget(tx, self._declared(booking.programme), booking)
        if self.dues is not None and self._paid_for(booking):
            self.dues.forget(tx, booking)
        ended = evolve(booking, state=state, held_until=None)
        if booking.state is not BookingState.HELD:
            tell(tx, "calendar.cancelled", ended, {"slot": booking.slot, "party": booking.party})
        history.record(tx, ended, state.value, booking.state, reason=reason)
        return ended

    def _after_cancel(self, tx: Transaction, booking: Booking, reason: str, *, asked: bool) -> None:
        """What becomes of the bookings that the cancelled one was linked with."""
        rest = [other for other in linked_with(tx, booking) if other.state.open]
        if not left_over.asks(tx, self.programme, booking):
            for other in rest:
                self.end(tx, other, BookingState.CANCELLED, reason=reason)
            return
        for other in rest:
            tell(tx, "calendar.link_left", other, {"cancelled": booking.id, "slot": other.slot})
        if not asked:
            left_over.ask_by_push(tx, self, booking)

    # --- judgement ---

    def reasons(
        self,
        tx: Transaction,
        slot: Slot,
        citizen: CitizenId | None,
        party: int,
        *,
        gone: Sequence[Booking] = (),
    ) -> list[Reason]:
        """Every reason against this booking, from the rows as they are, but for the bookings that count as gone."""
        programme = self.programme(slot.programme)
        facts = self._facts(tx, slot, citizen, party, programme, gone=gone)
        free = sum(each.places for each in gone if each.slot == slot.id)
        slot = ledger.with_shared(tx, evolve(slot, booked=slot.booked - free) if free else slot, gone)
        return check(programme.policy, slot, facts, tx.now, business_day=self.business_day)

    def _move_reasons(
        self, tx: Transaction, booking: Booking, new: Slot, party: int, *, together: bool = False
    ) -> list[Reason]:
        if new.programme != booking.programme:
            return [because("other_programme")]
        old = find_slot(tx, booking.slot)
        assert old is not None  # a foreign key holds it
        programme = self.programme(booking.programme)
        facts = self._facts(tx, new, booking.citizen, party, programme, moving=booking)
        new = open_to(booking, ledger.with_shared(tx, new, [booking]))
        if new.id == old.id:
            new = evolve(new, booked=new.booked - booking.places)
        if booking.state is BookingState.DISPLACED:
            old = evolve(old, starts=new.starts)  # what does not take place has no deadline
        policy = eased(programme.policy, booking)
        reasons = check_change(policy, old, new, facts, tx.now, business_day=self.business_day)
        linked = [] if together else self._link_reasons(tx, booking, new)
        return [*still_held(booking, new.id, reasons), *linked]

    def _link_reasons(self, tx: Transaction, booking: Booking, new: Slot) -> list[Reason]:
        if booking.link is None:
            return []
        others = [each for each in linked_with(tx, booking) if each.state.live]
        chain = [(self.programme(new.programme), new)]
        for other in others:
            slot = find_slot(tx, other.slot)
            if slot is not None:
                chain.append((self.programme(slot.programme), slot))
        return self.chain_reasons(chain)

    def chain_reasons(self, chain: Sequence[tuple[Programme, Slot]]) -> list[Reason]:
        """Every reason why bookings of these slots cannot be linked."""
        first = min(chain, key=lambda each: each[1].starts)[0]
        return link_reasons(first.link, chain) if first.link is not None and len(chain) > 1 else []

    def standing_reasons(
        self, tx: Transaction, booking: Booking, slot: Slot, citizen: CitizenId
    ) -> list[Reason]:
        """Every reason that would stand against a booking that stands already."""
        programme = self.programme(booking.programme)
        facts = self._facts(tx, slot, citizen, booking.party, programme, moving=booking)
        return check(programme.policy, slot, facts, tx.now, business_day=self.business_day)

    def _facts(
        self,
        tx: Transaction,
        slot: Slot,
        citizen: CitizenId | None,
        party: int,
        programme: Programme,
        *,
        moving: Booking | None = None,
        gone: Sequence[Booking] = (),
    ) -> CitizenFacts:
        if citizen is None:
            return facts_of(None, programme, slot, party, tx.now, in_slot=False, person=False)
        pair = (programme.id, citizen)
        leaving = [*gone, moving] if moving else gone
        ids = [each.id for each in leaving]
        known = look_up(tx, self.programme, [pair], self.profile, gone=ids).get(pair)
        leaves = any((each.slot, each.citizen) == (slot.id, citizen) for each in leaving)
        in_slot = not leaves and _in_slot(tx, slot, citizen)
        if known is not None and moving is not None and moving.voucher is not None:
            mine = [each for each in known.vouchers if each.id == moving.voucher]
            known = evolve(known, vouchers=mine)
        return facts_of(known, programme, slot, party, tx.now, in_slot=in_slot)

    def _reasons_now(
        self,
        tx: Transaction,
        slot: Slot,
        places: int,
        reasons: Callable[[Slot], list[Reason]],
        *,
        leaving: Id | None = None,
    ) -> list[Reason]:
        """The reasons once holds that ran out are gone: nobody waits for the worker to see a free place."""
        found = reasons(slot)
        if not found:
            return found
        holds.make_room(tx, self, [slot.id], places, leaving=leaving)
        return reasons(ledger.standing_still(tx, slot.id, leaving) or slot)

    # --- what follows ---

    def taken(self, tx: Transaction, new: Sequence[Booking]) -> None:
        """What follows from places won: a time limit for holds; reminder and event for bookings."""
        planned = [schedule for booking in new for schedule in self._planned(tx, booking)]
        told = [
            _event(tx, "calendar.booked", booking, {"slot": booking.slot, "party": booking.party})
            for booking in new
            if booking.held_until is None
        ]
        schedule_many(tx, planned)
        emit_many(tx, told)
        for booking in new:
            self._owe(tx, booking)

    def _owe(self, tx: Transaction, booking: Booking) -> None:
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

    def _declared(self, programme: str) -> Programme | None:
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
        if new.state is BookingState.CONFIRMED:
            self._owe(tx, new)
        tell(tx, "calendar.changed", new, {"from": old.slot, "to": new.slot, "party": new.party})
        data = {"from": old.slot, "party": new.party}
        history.record(tx, new, "changed", old.state, reason=reason, data=data)
        return new


def find_slot(tx: Transaction, slot_id: Id) -> Slot | None:
    """The slot as it is now."""
    slot: Slot | None = tx.one(q.SLOT_BY_ID, {"slot": slot_id})
    return slot


def no_such_slot() -> Reason:
    """The slot was never there, or staff took it away."""
    return because("no_slot")


def _lost(
    tx: Transaction, slot: Slot, reasons: Callable[[Slot], list[Reason]], leaving: Id | None = None
) -> list[Reason]:
    """Someone was faster between our look and our hand: what is true now; nothing where they have left again."""
    return reasons(ledger.standing_still(tx, slot.id, leaving) or slot)


def own_booking(tx: Transaction, booking_id: Id, citizen: CitizenId | None) -> Booking | Refused:
    """The booking, locked, if it may still be changed and, with `citizen`, is theirs; the reason otherwise."""
    tx.all(qh.LOCK_BOOKING, {"booking": booking_id})
    booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
    if booking is None or (citizen is not None and booking.citizen != citizen):
        return Refused([because("no_booking")])
    return booking if booking.state.open else Refused([_is_over(booking.state)])


def linked_with(tx: Transaction, booking: Booking) -> list[Booking]:
    """The other bookings of its link, live or not, in order of time."""
    if booking.link is None:
        return []
    found: Sequence[Booking] = tx.all(q.LINKED, {"link": booking.link})
    return [each for each in found if each.id != booking.id]


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


def _in_slot(tx: Transaction, slot: Slot, citizen: CitizenId | None) -> bool:
    return citizen is not None and tx.one(q.LIVE_IN_SLOT, {"slot": slot.id, "citizen": citizen}) is not None


def tell(tx: Transaction, name: str, booking: Booking, data: Mapping[str, Any]) -> None:
    """Tell other features of a transition; what staff did stands in the audit as well."""
    tx.emit(_event(tx, name, booking, data))


def _event(tx: Transaction, name: str, booking: Booking, data: Mapping[str, Any]) -> Event:
    facts = {"programme": booking.programme, **data}
    if tx.actor.kind == "staff":  # a citizen's own acts stand in the booking's row
        tx.audit(name, booking.ref, facts)
    # a contact is no citizen of other rooms: nothing can be sent there
    return Event(name, booking.ref, citizen=None if booking.contact else booking.citizen, data=facts)


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
