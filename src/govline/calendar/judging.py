"""What the desk judges by: slot, pools and who asks, as the rows say it now; every reason at once. Writes nothing."""

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve, frozen

from govline.calendar import _queries as q
from govline.calendar import ledger
from govline.calendar.knowledge import facts_of, look_up
from govline.calendar.linking import link_of, link_reasons
from govline.calendar.model import Booking, BookingState, CitizenFacts, Programme, Slot
from govline.calendar.options import NO_OPTIONS, option_reasons
from govline.calendar.overriding import eased, open_to, still_held
from govline.calendar.reasons import because
from govline.calendar.rules import BusinessDay, check, check_change
from govline.core import CitizenId, Id, ProfilePort, Reason, Transaction
from govline.core.texts import Texts

__all__ = ["Judgement", "find_slot", "linked_with"]


@frozen
class Judgement:
    """Judges one request after another, each inside the caller's transaction.

    Args:
        programme: The programme of an id; raises where it is not declared.
        business_day: Which days count for cut-offs. `texts`: the town's wording.
        profile: Where attributes of citizens are, for policies that ask for them.
    """

    programme: Callable[[str], Programme]
    business_day: BusinessDay
    texts: Texts
    profile: ProfilePort | None = None

    def reasons(
        self,
        tx: Transaction,
        slot: Slot,
        citizen: CitizenId | None,
        party: int,
        *,
        gone: Sequence[Booking] = (),
        options: Mapping[str, int] = NO_OPTIONS,
    ) -> list[Reason]:
        """Every reason against this booking, from the rows as they are, but for the bookings that count as gone."""
        programme = self.programme(slot.programme)
        facts = self.facts(tx, slot, citizen, party, programme, gone=gone)
        free = sum(each.places for each in gone if each.slot == slot.id)
        slot = evolve(slot, booked=slot.booked - free) if free else slot
        slot = ledger.with_shared(tx, slot, gone, options)
        return [
            *check(programme.policy, slot, facts, tx.now, business_day=self.business_day),
            *option_reasons(programme.offered, slot.name, options),
        ]

    def move_reasons(
        self,
        tx: Transaction,
        booking: Booking,
        new: Slot,
        party: int,
        options: Mapping[str, int],
        *,
        together: bool = False,
    ) -> list[Reason]:
        """Every reason why a booking cannot move to this slot, with so many people and these options.

        Args:
            together: The bookings it is linked with move in the same request: whoever moves them judges their dates.
        """
        if new.programme != booking.programme:
            return [because("other_programme")]
        old = find_slot(tx, booking.slot)
        assert old is not None  # a foreign key holds it
        programme = self.programme(booking.programme)
        facts = self.facts(tx, new, booking.citizen, party, programme, moving=booking)
        asked = options if new.id != old.id else _more(options, booking.options)
        new = open_to(booking, ledger.with_shared(tx, new, [booking], asked))
        if new.id == old.id:
            new = evolve(new, booked=new.booked - booking.places)
        if booking.state is BookingState.DISPLACED:
            old = evolve(old, starts=new.starts)  # what does not take place has no deadline
        policy = eased(programme.policy, booking)
        reasons = check_change(policy, old, new, facts, tx.now, business_day=self.business_day)
        # what it has where it is was judged when it was booked
        if (new.id, options) != (old.id, booking.options):
            reasons += option_reasons(programme.offered, new.name, options)
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
        link = link_of(chain)
        return link_reasons(link, chain) if link is not None and len(chain) > 1 else []

    def standing_reasons(
        self, tx: Transaction, booking: Booking, slot: Slot, citizen: CitizenId
    ) -> list[Reason]:
        """Every reason that would stand against a booking that stands already."""
        programme = self.programme(booking.programme)
        facts = self.facts(tx, slot, citizen, booking.party, programme, moving=booking)
        return check(programme.policy, slot, facts, tx.now, business_day=self.business_day)

    def facts(
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
        """What the rules need to know of who asks, from the rows as they are; `moving` and `gone` leave what they hold."""
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


def _more(wanted: Mapping[str, int], has: Mapping[str, int]) -> Mapping[str, int]:
    """What a booking does not have yet where it is: the rest was judged when it was booked, and stays its own."""
    return {name: number for name, number in wanted.items() if number > has.get(name, 0)}


def find_slot(tx: Transaction, slot_id: Id) -> Slot | None:
    """The slot as it is now."""
    slot: Slot | None = tx.one(q.SLOT_BY_ID, {"slot": slot_id})
    return slot


def linked_with(tx: Transaction, booking: Booking) -> list[Booking]:
    """The other bookings of its link, live or not, in order of time."""
    if booking.link is None:
        return []
    found: Sequence[Booking] = tx.all(q.LINKED, {"link": booking.link})
    return [each for each in found if each.id != booking.id]


def _in_slot(tx: Transaction, slot: Slot, citizen: CitizenId | None) -> bool:
    return citizen is not None and tx.one(q.LIVE_IN_SLOT, {"slot": slot.id, "citizen": citizen}) is not None
