"""What the people of a closure are told, each once, with slots to choose from by one tap; and what a tap does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, Protocol

from attrs import frozen

from govline.calendar import _queries as q
from govline.calendar._queries import by_hand as qh
from govline.calendar._queries import closures as qc
from govline.calendar._queries.closures import ClosureRow
from govline.calendar._tables import told as told_table
from govline.calendar.desk import Desk
from govline.calendar.labels import when_in
from govline.calendar.model import Booking, BookingState, Refused, Slot
from govline.calendar.reasons import worded
from govline.core import CitizenId, Effect, Id, Input, Message, Reason, TalkContext, Transaction
from govline.core.message_limits import LIMITS
from govline.core.messages import Postback, QuickReply, Text
from govline.core.text import clip
from govline.store import languages, outbox
from govline.store.bulk import enqueue_many
from govline.store.rows import rows_text

__all__ = [
    "TAPPED",
    "Reached",
    "Rebooking",
    "choices",
    "push",
    "reached",
    "tell_displaced",
    "tell_joined",
    "tell_restored",
]

TAPPED: Final = "calendar:rebook:"
_SHOWN: Final = 10
_PUSH: Final = "line.push"
_TOLD: Final = {column.name: column.type for column in told_table.columns}
Reach = Literal["planned", "sent", "unknown", "not_reached", "to_call"]
_FATES: Final[Mapping[str, Reach]] = {
    "done": "sent",
    "dead": "not_reached",
    "skipped": "not_reached",
    "unknown": "unknown",
}


@frozen
class Reached:
    """What became of a closure's message to one of its people.

    Args:
        booking: Whose it is.
        state: `planned`, `sent`, `unknown`, `not_reached`, or `to_call`: without LINE, for the telephone. After 30 days the
            outbox has forgotten, and it is `unknown`.
        reason: Why it was not reached, without anything personal.
    """

    booking: Id
    state: Reach
    reason: str = ""


def reached(tx: Transaction, closure_id: Id, *, after: Id = "", limit: int = 1_000) -> list[Reached]:
    """A page of a closure's people in order of their bookings' ids."""
    rows: Sequence[tuple[Id, bool]] = tx.all(
        qh.TOLD_OF, {"closure": closure_id, "after": after, "limit": limit}
    )
    keys = {booking: _dedupe(closure_id, "closed", booking) for booking, by_line in rows if by_line}
    fates = outbox.fates(tx, _PUSH, [*keys.values()])
    return [_reached(booking, fates.get(keys.get(booking, "")), by_line=by_line) for booking, by_line in rows]


def _reached(booking: Id, fate: tuple[str, str] | None, *, by_line: bool) -> Reached:
    if not by_line:
        return Reached(booking, "to_call")
    if fate is None:
        return Reached(booking, "unknown")
    state, reason = fate
    return Reached(booking, _FATES.get(state, "planned"), reason)


def tell_displaced(tx: Transaction, desk: Desk, row: ClosureRow, displaced: Sequence[Booking]) -> None:
    """Tell whoever lost their slot, with the first slots that are kept free for them; note whom, and who is to be called."""
    if not displaced:
        return
    told = [booking for booking in displaced if booking.citizen is not None and not booking.contact]
    rows = [{"closure_id": row.id, "booking_id": each.id, "by_line": each in told} for each in displaced]
    tx.write(qh.ADD_TOLD, {"rows": rows_text(_TOLD, rows)})
    _tell_closed(tx, desk, row, told)


def tell_joined(tx: Transaction, desk: Desk, booking: Booking) -> None:
    """Tell whoever was to be called about their displaced booking and is on LINE now; nothing for other bookings."""
    row: ClosureRow | None = None
    if booking.state is BookingState.DISPLACED:
        row = tx.one(qc.CLOSURE_NOW, {"closure": booking.closure})
    if row is not None:
        tx.write(qh.TELL_BY_LINE, {"closure": row.id, "booking": booking.id})
        _tell_closed(tx, desk, row, [booking])


def _tell_closed(tx: Transaction, desk: Desk, row: ClosureRow, told: Sequence[Booking]) -> None:
    locales = languages.locales_of(tx, [booking.citizen or "" for booking in told])
    programme = desk.programme(row.programme)
    effects = []
    for booking in told:
        locale = locales.get(booking.citizen or "", languages.DEFAULT)
        until = row.priority_until
        text = desk.texts.get(
            "calendar.closed",
            locale,
            programme=programme.title,
            when=when_in(booking.starts, locale),
            reason=row.reason,
            until=when_in(until, locale) if until else "",
        )
        effects.append(_told(tx, desk, row, booking, choices(tx, desk, booking, text, locale)))
    enqueue_many(tx, effects)


def tell_restored(tx: Transaction, desk: Desk, row: ClosureRow, restored: Sequence[Booking]) -> None:
    """Tell whoever has their slot back."""
    programme = desk.programme(row.programme)
    told = [booking for booking in restored if booking.citizen is not None and not booking.contact]
    locales = languages.locales_of(tx, [booking.citizen or "" for booking in told])
    effects = []
    for booking in told:
        locale = locales.get(booking.citizen or "", languages.DEFAULT)
        text = desk.texts.get(
            "calendar.reopened", locale, programme=programme.title, when=when_in(booking.starts, locale)
        )
        effects.append(_told(tx, desk, row, booking, Text(text), mark="reopened"))
    enqueue_many(tx, effects)


def push(citizen: CitizenId, message: Message, dedupe: str, *, due: datetime | None = None) -> Effect:
    """One message to one person, once for each `dedupe`."""
    payload = {"citizen": citizen, "messages": [message.to_line()]}
    return Effect(_PUSH, payload, dedupe=dedupe, due=due)


def choices(
    tx: Transaction, desk: Desk, booking: Booking, text: str, locale: str, *, offset: int = 0
) -> Text:
    """The text with buttons: free slots of the programme, those kept for these people first, and more of them."""
    terms = {
        "programme": booking.programme,
        "closure": booking.closure or "",
        "places": booking.places,
        "now": tx.now,
        "limit": _SHOWN + 1,
        "offset": offset,
    }
    found: Sequence[Slot] = tx.all(qc.FREE_FOR, terms)
    data = f"{TAPPED}{booking.id}"
    quick = [
        _button(f"{when_in(slot.starts, locale)} {slot.name}".strip(), f"{data}:{slot.id}")
        for slot in found[:_SHOWN]
    ]
    if len(found) > _SHOWN:
        quick.append(_button(desk.texts.get("calendar.next_page", locale), f"{data}:+{offset + _SHOWN}"))
    return Text(text, quick=quick)


class _Change(Protocol):
    """`Calendar.change`."""

    def __call__(
        self, tx: Transaction, booking_id: Id, *, to: Id, key: str, citizen: CitizenId | None
    ) -> Booking | Refused: ...


@frozen
class Rebooking:
    """Answers a tap on one of the buttons: the booking moves, or more slots are shown. Rank `postback`."""

    desk: Desk
    change: _Change

    def respond(self, tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message] | None:
        """What is said to a tap of ours; None for everything else."""
        if said.kind != "postback" or not said.data.startswith(TAPPED):
            return None
        booking_id, _, chosen = said.data.removeprefix(TAPPED).partition(":")
        booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
        locale = languages.locale_of(tx, context.citizen)
        if (
            booking is None
            or booking.citizen != context.citizen
            or booking.state is not BookingState.DISPLACED
        ):
            return [Text(self.desk.texts.get("calendar.rebook_over", locale))]
        if not chosen or chosen.startswith("+"):
            offset = int(chosen[1:]) if chosen[1:].isdecimal() else 0
            return [self._asked(tx, booking, locale, "", offset)]
        answer = self.change(tx, booking_id, to=chosen, key=f"{context.key}:rebook", citizen=context.citizen)
        if isinstance(answer, Refused):
            why = Reason.join(worded(answer.reasons, self.desk.texts, locale))
            return [self._asked(tx, booking, locale, why, 0)]
        title = self.desk.programme(answer.programme).title
        return [
            Text(
                self.desk.texts.get(
                    "calendar.rebooked", locale, programme=title, when=when_in(answer.starts, locale)
                )
            )
        ]

    def _asked(self, tx: Transaction, booking: Booking, locale: str, why: str, offset: int) -> Text:
        title = self.desk.programme(booking.programme).title
        lead = self.desk.texts.get("calendar.ask_slot", locale, programme=title)
        return choices(tx, self.desk, booking, f"{why}\n{lead}".strip(), locale, offset=offset)


def _told(
    tx: Transaction, desk: Desk, row: ClosureRow, booking: Booking, message: Text, *, mark: str = "closed"
) -> Effect:
    quiet = None if row.emergency or desk.quiet is None else desk.quiet.until(tx.now)
    assert booking.citizen is not None  # callers have looked
    return push(booking.citizen, message, _dedupe(row.id, mark, booking.id), due=quiet)


def _dedupe(closure: Id, mark: str, booking: Id) -> str:
    return f"calendar.closure:{closure}:{mark}:{booking}"


def _button(label: str, data: str) -> QuickReply:
    return QuickReply(Postback(clip(label, LIMITS.label, "…"), data, label))
