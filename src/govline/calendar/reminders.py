"""A booking's reminders: schedules that move with a change and die with a cancellation; worded when they go out, not when they were set."""

from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen

from govline.calendar import _queries as q
from govline.calendar.labels import when_in
from govline.calendar.model import Booking, BookingState, Programme
from govline.calendar.reminding import Quiet, reminders_ahead
from govline.core import Done, Effect, EffectContext, Fate, Json, Schedule, Transaction
from govline.core.messages import Text
from govline.core.texts import Texts
from govline.store import languages, schedules

__all__ = ["TOPIC", "SendReminder", "forget", "planned", "remind", "told_at_once"]

TOPIC: Final = "calendar.remind"


def remind(tx: Transaction, programme: Programme, booking: Booking, quiet: Quiet | None = None) -> None:
    """Set or move the reminders of a confirmed booking; none where its time has passed or nobody can be told."""
    new = planned(tx, programme, booking, quiet)
    for schedule in new:
        tx.schedule(schedule)
    keys = {schedule.key for schedule in new}
    for key in _keys(programme, booking):
        if key not in keys:
            tx.unschedule(key)


def planned(
    tx: Transaction, programme: Programme, booking: Booking, quiet: Quiet | None = None
) -> list[Schedule]:
    """The reminders of a confirmed booking, not yet written; none of those whose time has passed, none where nobody can be told."""
    if booking.citizen is None or booking.contact:
        return []
    ahead = reminders_ahead(programme.reminders, booking.starts, tx.now, quiet)
    return [
        Schedule(
            (key := _key(booking, n)),
            due,
            booking.ref,
            Effect(
                TOPIC,
                {"booking": booking.id, "slot": booking.slot, "number": n},
                dedupe=f"{key}:{booking.slot}",  # a moved booking is reminded of its new slot, once
                expires=booking.starts,
            ),
        )
        for n, due in ahead.items()
    ]


def told_at_once(tx: Transaction, programme: Programme, booking: Booking, quiet: Quiet | None = None) -> bool:
    """Whether the booking was made after the last reminder's time, so that its confirmation has to remind."""
    return bool(programme.reminders) and not reminders_ahead(
        programme.reminders, booking.starts, tx.now, quiet
    )


def forget(tx: Transaction, programme: Programme | None, booking: Booking) -> None:
    """Take the reminders away, if there are any; of a programme that is declared no more the first."""
    for key in _keys(programme, booking):
        tx.unschedule(key)


@frozen
class SendReminder:
    """Handler of `calendar.remind`: nothing goes outside here; the message is worded now, in the citizen's language, and put in line.

    Args:
        programmes: By id. `texts`: the town's wording.
    """

    programmes: Callable[[], Mapping[str, Programme]]
    texts: Texts

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the contract's signature
        return Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """Remind, unless the booking has changed since."""
        booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": payload["booking"]})
        if not isinstance(fate, Done) or booking is None or booking.citizen is None:
            return
        programme = self.programmes().get(booking.programme)
        stands = booking.state is BookingState.CONFIRMED and booking.slot == payload["slot"]
        if programme is None or not stands or booking.starts <= tx.now:
            return
        locale = languages.locale_of(tx, booking.citizen)
        text = self.texts.get(
            "calendar.reminder",
            locale,
            programme=programme.title,
            when=when_in(booking.starts, locale),
        )
        key = _key(booking, payload["number"])
        push = Effect(
            "line.push",
            {"citizen": booking.citizen, "messages": [Text(text).to_line()]},
            dedupe=f"{key}:{booking.slot}",
            expires=booking.starts,
        )
        schedules.follow_up(tx, key, push)


def _keys(programme: Programme | None, booking: Booking) -> list[str]:
    return [_key(booking, n) for n in range((programme and len(programme.reminders)) or 1)]


def _key(booking: Booking, number: int) -> str:
    return f"calendar.reminder:{booking.id}" + (f":{number}" if number else "")
