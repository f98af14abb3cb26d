"""第1回・第2回 in a talk: what is kept of a chosen pair, how it is booked and moved, what is said of it."""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from govline.calendar.labels import when_in
from govline.calendar.left_over import left_of, names_of
from govline.calendar.linked import Linked
from govline.calendar.linking import LINK_CODES
from govline.calendar.model import Booking, Programme, Refused, Slot
from govline.calendar.partners import follower, why_none
from govline.calendar.reasons import because
from govline.calendar.service import Calendar
from govline.calendar.talk.picker import Page, slot_label, slot_value
from govline.core import CitizenId, Finished, Id, Json, Reason, TalkContext, Transaction
from govline.core.messages import Text
from govline.core.texts import Texts, spoken

__all__ = ["PairTalk", "both_of", "row_of"]

_AND: Final = "+"
"""Between the two slots of a pair, in the id that a talk keeps of its choice."""


def both_of(choice: Id) -> tuple[Id, Id]:
    """The slots that a talk has chosen; the second is "" where it is one only."""
    first, _, second = choice.partition(_AND)
    return first, second


@frozen
class PairTalk:
    """What the actions say and do about a pair."""

    calendar: Calendar
    texts: Texts

    # --- choosing ---

    def second_page(self, page: Page, first: Slot) -> Page | None:
        """Where the second one is chosen; None where nothing follows a booking of this programme, or one moves by itself."""
        if page.beside or page.booking:
            return None
        later = follower(self.calendar.counter.desk, first)
        return None if later is None else Page(later.id, page.party, beside=first.id)

    def value(self, tx: Transaction, page: Page, second: Slot) -> dict[str, Json]:
        """What a scenario keeps of the pair: `{slot.id}` is what `calendar.book` takes, `{slot.label}` names both days."""
        first = self.calendar.slot(tx, page.beside)
        assert first is not None  # it was chosen, and no slot's row goes
        chosen = slot_value(first, page.party)
        both = {"id": f"{first.id}{_AND}{second.id}", "label": self._both(first, second)}
        return {**chosen, **both, "second": slot_value(second, page.party)}

    def lead(self, tx: Transaction, page: Page) -> str:
        """The sentence above the slots that fit beside the chosen one."""
        first = self.calendar.slot(tx, page.beside)
        label = slot_label(first) if first else ""
        booking = self.calendar.booking(tx, page.booking) if page.booking else None
        if booking is None:
            return self.texts.get("calendar.ask_second", first=label)
        now = names_of(self.calendar.programme, [booking], spoken())
        return self.texts.get("calendar.ask_both", first=label, now=now)

    def to_ask(self, page: Page, first: Slot) -> Programme | None:
        """The programme whose questions come before the second one is chosen; None where the first one's have asked them all."""
        later, own = self.calendar.programme(page.programme), self.calendar.programme(first.programme)
        new = set(later.policy.questions) - set(own.policy.questions)
        return later if new else None

    def why_none(self, tx: Transaction, page: Page, citizen: CitizenId | None) -> tuple[Refused, str]:
        """Why nothing can be chosen beside a slot, and the sentence with which it begins anew."""
        first = self.calendar.slot(tx, page.beside)
        desk = self.calendar.counter.desk
        found = why_none(tx, desk, first, party=page.party, citizen=citizen) if first and citizen else []
        why = self.calendar.worded(Refused(found or [because("no_second")]))
        label = slot_label(first) if first else ""
        return why, self.texts.get("calendar.first_anew", first=label, why=why.text)

    # --- booking ---

    def book(
        self, tx: Transaction, context: TalkContext, slots: tuple[Id, Id], party: int, key: str
    ) -> Finished:
        """Both or none: the days with a code for each, or every reason with the day that it speaks of."""
        wanted = [(slot, party) for slot in slots]
        answer = self.calendar.book_linked(tx, wanted, context.citizen, key=key)
        if isinstance(answer, Refused):
            return self.refused(tx, answer)
        rows = [self._booked(tx, booking) for booking in answer.bookings]
        lines = [
            self.texts.get("calendar.pair_code", booking=self._named(booking), code=row["code"])
            for booking, row in zip(answer.bookings, rows, strict=True)
        ]
        soon = [booking for booking in answer.bookings if self.calendar.reminds_at_once(tx, booking)]
        lines += [self.texts.get("calendar.soon", when=when_in(each.starts, spoken())) for each in soon]
        return Finished("ok", self._value(rows, answer), [Text("\n".join(lines))])

    def single(self, tx: Transaction, slot: Id) -> Refused | None:
        """Why this slot is not booked by itself: what belongs together is never begun with one half."""
        found = self.calendar.slot(tx, slot)
        alone = found is not None and self.calendar.programme(found.programme).link is not None
        return Refused([because("second_needed")]) if alone else None

    def refused(self, tx: Transaction, answer: Refused) -> Finished:
        """Every reason, each with the slot that it speaks of."""
        said = self.calendar.worded(answer).reasons
        codes = [reason.code for reason in said]
        return Finished("refused", {"reasons": codes}, [Text("\n".join(self._placed(tx, said)))])

    # --- moving ---

    def other_to_move(self, tx: Transaction, moving: Id, refused: Refused) -> Booking | None:
        """The booking whose move would make this one possible; None where another reason stands, or there is not just one."""
        booking = self.calendar.booking(tx, moving)
        if booking is None or any(reason.code not in LINK_CODES for reason in refused.reasons):
            return None
        rest = left_of(tx, booking)
        return rest[0] if len(rest) == 1 else None

    def move(self, tx: Transaction, context: TalkContext, page: Page, to: Slot, key: str) -> Finished:
        """Both to their new slots, or neither."""
        moves = {page.partner: page.beside, page.booking: to.id}
        answer = self.calendar.change_linked(tx, moves, key=key, citizen=context.citizen)
        if isinstance(answer, Refused):
            return self.refused(tx, answer)
        lines = [self._named(booking) for booking in answer.bookings]
        said = "\n".join([self.texts.get("calendar.both_moved"), *lines])
        return Finished("ok", self._value([row_of(each) for each in answer.bookings], answer), [Text(said)])

    # --- words ---

    def follows(self, booking: Booking, mine: Sequence[Booking]) -> str:
        """What says that it belongs with an earlier one of the list; "" for all others."""
        before = [each for each in mine if each.link == booking.link and each.starts < booking.starts]
        if booking.link is None or not before:
            return ""
        return self.texts.get("calendar.follows", first=slot_label(before[-1]))

    def _placed(self, tx: Transaction, reasons: Sequence[Reason]) -> list[str]:
        found = {str(each.help.get("slot", "")): "" for each in reasons}
        for slot_id in filter(None, found):
            slot = self.calendar.slot(tx, slot_id)
            found[slot_id] = f"{slot_label(slot)}: " if slot else ""
        return [f"{found[str(reason.help.get('slot', ''))]}{reason.text}" for reason in reasons]

    def _both(self, first: Slot | Booking, second: Slot | Booking) -> str:
        return self.texts.get("calendar.both", first=slot_label(first), second=slot_label(second))

    def _booked(self, tx: Transaction, booking: Booking) -> dict[str, Json]:
        return {**row_of(booking), "code": self.calendar.ticket(tx, booking.id).code}

    def _value(self, rows: Sequence[Mapping[str, Json]], answer: Linked) -> dict[str, Json]:
        first, second = answer.bookings[0], answer.bookings[-1]
        return {**rows[0], "label": self._both(first, second), "second": dict(rows[-1])}

    def _named(self, booking: Booking) -> str:
        label = f"{self.calendar.programme(booking.programme).title} {slot_label(booking)}"
        return self.texts.get("calendar.party", label=label, party=booking.party)


def row_of(booking: Booking) -> dict[str, Json]:
    """What a scenario keeps of a booking: `{booking.id}`, `{booking.label}` …"""
    return {
        "id": booking.id,
        "slot": booking.slot,
        "label": slot_label(booking),
        "party": booking.party,
        "calendar": booking.programme,
    }
