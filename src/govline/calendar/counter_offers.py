"""What the counter adds to the feature's offers: pages of closures, no-shows, taps on a closure's message, sealed columns, retention."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from attrs import frozen

from govline.calendar import closures, merging
from govline.core import (
    DataClass,
    DataField,
    Done,
    EffectContext,
    Fate,
    Input,
    Json,
    Message,
    Responder,
    Retention,
    TalkContext,
    Tick,
    Transaction,
)

if TYPE_CHECKING:
    from govline.calendar.service import Calendar

__all__ = ["DATA", "RETENTION", "CloseStep", "left_over", "no_show_ticks", "rebooking"]

_PAGE: Final = 500
_HOURS: Final = range(8, 24)
DATA: Final = (
    DataField("gl_calendar_contact", "label", DataClass.PERSONAL, "who booked without LINE", "90 days"),
    DataField("gl_calendar_contact", "phone", DataClass.PERSONAL, "how to reach them", "90 days"),
    DataField("gl_calendar_contact", "citizen", DataClass.PREFERENCE, "who joined LINE", "90 days"),
)
RETENTION: Final = (Retention("calendar.contacts", timedelta(days=90), merging.purge_contacts),)


@frozen
class CloseStep:
    """Handler of `calendar.close`: a page of a closure is worked where the fate is written, and the next one asked for."""

    calendar: "Calendar"

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the contract's signature
        return Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """Go on, in one unit with the fate: a page is worked once."""
        if isinstance(fate, Done):
            closures.go_on(tx, self.calendar.counter.desk, payload)


def no_show_ticks(calendar: "Calendar") -> list[Tick]:
    """One an hour of the day, where a programme marks no-shows; a missed tick is made up for by the next."""
    if all(programme.no_show_after is None for programme in calendar.programmes.values()):
        return []

    def mark(tx: Transaction, _: datetime) -> None:
        calendar.mark_no_shows(tx, limit=_PAGE)

    return [Tick(f"calendar.no_show-{hour:02d}", time(hour, 10), mark) for hour in _HOURS]


def rebooking(calendar: "Calendar") -> Responder:
    """What answers a tap on the buttons of a closure's message."""

    def respond(tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message] | None:
        return calendar.rebooking().respond(tx, context, said)

    return Responder("calendar.rebooking", "postback", respond)


def left_over(calendar: "Calendar") -> Responder:
    """What hears what becomes of bookings linked with a cancelled one."""
    return Responder("calendar.left_over", "postback", calendar.left_over.respond)
