"""What stands behind the booking verbs: look at the facts, judge, move rows and counter, tell what follows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from govline.calendar import _queries as q
from govline.calendar import ledger, reminders
from govline.calendar.knowledge import facts_of, holds_in_the_way, look_up
from govline.calendar.model import Booking, BookingState, CitizenFacts, Programme, Refused, Slot
from govline.calendar.requests import Answer
from govline.calendar.rules import BusinessDay, check, check_cancel, check_change
from govline.core import CitizenId, Effect, Event, Id, ProfilePort, Reason, Schedule, Transaction
from govline.core.texts import Texts
from govline.store.bulk import emit_many, schedule_many

__all__ = ["Desk", "find_slot", "new_booking", "no_such_slot"]


@frozen
class Desk:
    """Serves one request after another, each inside the caller's transaction.

    Args:
        programme: The programme of an id; raises where it is not declared.
        business_day: Which days count for cut-offs. `texts`: the wording of reminders.
        profile: Where attributes of citizens are, for policies that ask for them.
    """

    programme: Callable[[str], Programme]
    business_day: BusinessDay
    texts: Texts
    profile: ProfilePort | None = None

    # --- verbs ---

    def take(self, tx: Transaction, verb: str, slot_id: Id, citizen: CitizenId | None, party: int) -> Answer:
        """Hold or book."""
        slot = find_slot(tx, slot_id)
        if slot is None:
            return Refused([no_such_slot()])
        programme = self.programme(slot.programme)
        if programme.policy.counts and citizen is not None:
            # before the count: a rival request of the same person waits here
            tx.write(q.QUEUE_PERSON, {"programme": slot.programme, "citizen": citizen, "requests": 1})
            for held in holds_in_the_way(tx, self.programme, [(slot.programme, citizen)]):
                self.end(tx, held, BookingState.EXPIRED)
        reasons = self._reasons_now(tx, slot, lambda now: self.reasons(tx, now, citizen, party))
        if reasons:
            return Refused(reasons)
        booking = new_booking(tx, programme, slot, citizen, party, hold=verb == "hold")
        if programme.policy.eligibility is not None:
            voucher = self._facts(tx, slot, citizen, party, programme).voucher
            booking = evolve(booking, voucher=voucher.id if voucher else None)
        if ledger.place(tx, slot, booking) != "placed":
            return _lost(tx, slot_id, lambda now: self.reasons(tx, now, citizen, party))
        self.taken(tx, [booking])
        return booking

    def confirm(self, tx: Transaction, booking_id: Id, citizen: CitizenId | None) -> Answer:
        """Held to confirmed."""
        booking = _own(tx, booking_id, citizen)
        if isinstance(booking, Refused) or booking.state is BookingState.CONFIRMED:
            return booking
        if booking.held_until is not None and booking.held_until <= tx.now:
            return Refused([_hold_over()])
        if not tx.write(q.CONFIRM, {"booking": booking_id, "now": tx.now}):
            return Refused([_collision()])
        tx.unschedule(_hold_key(booking))
        confirmed = evolve(booking, state=BookingState.CONFIRMED, held_until=None)
        self.taken(tx, [confirmed])
        return confirmed

    def change(
        self, tx: Transaction, booking_id: Id, to: Id, party: int | None, citizen: CitizenId | None
    ) -> Answer:
        """Another slot, another number of places, or both."""
        booking = _own(tx, booking_id, citizen)
        if isinstance(booking, Refused):
            return booking
        new = find_slot(tx, to)
        if new is None:
            return Refused([no_such_slot()])
        people = booking.party if party is None else party
        reasons = self._reasons_now(tx, new, lambda now: self._move_reasons(tx, booking, now, people))
        if reasons:
            return Refused(reasons)
        places = self.programme(booking.programme).places(people)
        if ledger.move(tx, booking, new, people, places) != "moved":
            return _lost(tx, new.id, lambda now: self._move_reasons(tx, booking, now, people))
        moved = evolve(booking, slot=new.id, party=people, places=places, draws=new.draws, starts=new.starts)
        self._moved(tx, booking, moved)
        return moved

    def cancel(self, tx: Transaction, booking_id: Id, citizen: CitizenId | None) -> Answer:
        """Live to cancelled; only a citizen who cancels a confirmed booking meets the cut-off."""
        booking = _own(tx, booking_id, citizen)
        if isinstance(booking, Refused):
            return booking
        slot = find_slot(tx, booking.slot)
        if citizen is not None and slot is not None and booking.state is BookingState.CONFIRMED:
            policy = self.programme(booking.programme).policy
            reasons = check_cancel(policy, slot, tx.now, business_day=self.business_day)
            if reasons:
                return Refused(reasons)
        return self.end(tx, booking, BookingState.CANCELLED) or Refused([_collision()])

    def end(self, tx: Transaction, booking: Booking, state: BookingState) -> Booking | None:
        """End a live booking with all that hangs on it; None when it changed since it was read."""
        if not ledger.end(tx, booking, state):
            return None
        if booking.state is BookingState.HELD:
            tx.unschedule(_hold_key(booking))
        reminders.forget(tx, booking)
        ended = evolve(booking, state=state, held_until=None)
        if booking.state is BookingState.CONFIRMED:
            _tell(tx, "calendar.cancelled", ended, {"slot": booking.slot, "party": booking.party})
        return ended

    # --- judgement ---

    def reasons(self, tx: Transaction, slot: Slot, citizen: CitizenId | None, party: int) -> list[Reason]:
        """Every reason against this booking, from the rows as they are."""
        programme = self.programme(slot.programme)
        facts = self._facts(tx, slot, citizen, party, programme)
        slot = ledger.with_shared(tx, slot)
        return check(programme.policy, slot, facts, tx.now, business_day=self.business_day)

    def asker(
        self, tx: Transaction, programme: Programme, citizen: CitizenId | None, party: int
    ) -> Callable[[Slot], CitizenFacts]:
        """Facts of who looks for a slot, slot by slot: what is known of them is fetched once."""
        pairs = [] if citizen is None else [(programme.id, citizen)]
        known = look_up(tx, self.programme, pairs, self.profile)
        found, person = next(iter(known.values()), None), citizen is not None
        return lambda slot: facts_of(found, programme, slot, party, tx.now, in_slot=False, person=person)

    def _move_reasons(self, tx: Transaction, booking: Booking, new: Slot, party: int) -> list[Reason]:
        if booking.held_until is not None and booking.held_until <= tx.now:
            return [_hold_over()]
        if new.programme != booking.programme:
            return [Reason("GL-2111", "別の種類の予約へは変更できません。取り消して予約し直してください。")]
        old = find_slot(tx, booking.slot)
        assert old is not None  # a foreign key holds it
        programme = self.programme(booking.programme)
        facts = self._facts(tx, new, booking.citizen, party, programme, moving=booking)
        new = ledger.with_shared(tx, new, own=booking)
        if new.id == old.id:
            new = evolve(new, booked=new.booked - booking.places)
        return check_change(programme.policy, old, new, facts, tx.now, business_day=self.business_day)

    def _facts(
        self,
        tx: Transaction,
        slot: Slot,
        citizen: CitizenId | None,
        party: int,
        programme: Programme,
        *,
        moving: Booking | None = None,
    ) -> CitizenFacts:
        if citizen is None:
            return facts_of(None, programme, slot, party, tx.now, in_slot=False, person=False)
        pair = (programme.id, citizen)
        own = moving.id if moving else ""
        known = look_up(tx, self.programme, [pair], self.profile, moving=own).get(pair)
        stays = moving is not None and moving.slot == slot.id
        in_slot = not stays and _in_slot(tx, slot, citizen)
        if known is not None and moving is not None and moving.voucher is not None:
            mine = [each for each in known.vouchers if each.id == moving.voucher]
            known = evolve(known, vouchers=mine)
        return facts_of(known, programme, slot, party, tx.now, in_slot=in_slot)

    def _reasons_now(
        self, tx: Transaction, slot: Slot, reasons: Callable[[Slot], list[Reason]]
    ) -> list[Reason]:
        """The reasons once holds that ran out are gone: nobody waits for the worker to see a free place."""
        found = reasons(slot)
        if not found:
            return found
        due = tx.all(q.DUE_HOLDS_OF_SLOT, {"slot": slot.id, "now": tx.now})
        if not sum(self.end(tx, held, BookingState.EXPIRED) is not None for held in due):
            return found
        return reasons(find_slot(tx, slot.id) or slot)

    # --- what follows ---

    def taken(self, tx: Transaction, new: Sequence[Booking]) -> None:
        """What follows from places won: a time limit for holds; reminder and event for bookings."""
        planned = [schedule for booking in new if (schedule := self._planned(tx, booking))]
        told = [
            _event(tx, "calendar.booked", booking, {"slot": booking.slot, "party": booking.party})
            for booking in new
            if booking.held_until is None
        ]
        schedule_many(tx, planned)
        emit_many(tx, told)

    def _planned(self, tx: Transaction, booking: Booking) -> Schedule | None:
        if booking.held_until is None:
            return reminders.planned(tx, self.programme(booking.programme), booking, self.texts)
        key = _hold_key(booking)
        effect = Effect("calendar.expire", {"booking": booking.id}, dedupe=key)
        return Schedule(key, booking.held_until, booking.ref, effect)

    def _moved(self, tx: Transaction, old: Booking, new: Booking) -> None:
        if new.state is BookingState.CONFIRMED:
            reminders.remind(tx, self.programme(new.programme), new, self.texts)
        _tell(tx, "calendar.changed", new, {"from": old.slot, "to": new.slot, "party": new.party})


def find_slot(tx: Transaction, slot_id: Id) -> Slot | None:
    """The slot as it is now."""
    slot: Slot | None = tx.one(q.SLOT_BY_ID, {"slot": slot_id})
    return slot


def no_such_slot() -> Reason:
    """The slot was never there, or staff took it away."""
    return Reason("GL-2101", "この枠は見つかりません。もう一度お選びください。")


def _lost(tx: Transaction, slot_id: Id, reasons: Callable[[Slot], list[Reason]]) -> Refused:
    """Someone was faster between our look and our hand: say what is true now."""
    slot = find_slot(tx, slot_id)
    return Refused((reasons(slot) if slot else [no_such_slot()]) or [_collision()])


def _own(tx: Transaction, booking_id: Id, citizen: CitizenId | None) -> Booking | Refused:
    booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
    if booking is None or (citizen is not None and booking.citizen != citizen):
        return Refused([Reason("GL-2112", "この予約は見つかりません。")])
    return booking if booking.state.live else Refused([_is_over(booking.state)])


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


def _tell(tx: Transaction, name: str, booking: Booking, data: Mapping[str, Any]) -> None:
    tx.emit(_event(tx, name, booking, data))


def _event(tx: Transaction, name: str, booking: Booking, data: Mapping[str, Any]) -> Event:
    facts = {"programme": booking.programme, **data}
    if tx.actor.kind == "staff":  # a citizen's own acts stand in the booking's row
        tx.audit(name, booking.ref, facts)
    return Event(name, booking.ref, citizen=booking.citizen, data=facts)


def _hold_key(booking: Booking) -> str:
    return f"calendar.hold:{booking.id}"


def _is_over(state: BookingState) -> Reason:
    expired = state is BookingState.EXPIRED
    return Reason(
        "GL-2112", "この仮予約は時間切れです。" if expired else "この予約はすでに取り消されています。"
    )


def _collision() -> Reason:
    return Reason("GL-2114", "ほかの手続きと重なりました。もう一度お試しください。")


def _hold_over() -> Reason:
    return Reason("GL-2113", "仮予約の時間が切れました。もう一度お選びください。")
