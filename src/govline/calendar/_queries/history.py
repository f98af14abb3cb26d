"""The statements of a booking's history, and a step of it as it is read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import field, frozen
from sqlalchemy import bindparam, insert, select

from govline.calendar._tables import bookings, history
from govline.core import Id, Json, frozen_map
from govline.store import Statement

__all__ = ["ADD_STEP", "MADE_OF", "STEPS_OF", "Step"]


@frozen
class Step:
    """One transition.

    Args:
        what: `made confirmed changed cancelled expired attended no_show undone displaced restored merged …`.
        was: The state before; for `made` the state it began in.
        slot: Where the booking stood afterwards.
        actor: The id of the member of staff; "" for citizens and the system.
        data: Ids and codes: `from`, `waived`, `capacity` …
    """

    at: datetime
    what: str
    was: str
    slot: Id
    actor_kind: str
    actor: str
    channel: str
    reason: str = ""
    data: Mapping[str, Json] = field(factory=dict, converter=frozen_map, hash=False)


ADD_STEP: Final = Statement("calendar.add_step", insert(history))
STEPS_OF: Final = Statement(
    "calendar.steps",
    select(
        history.c.at,
        history.c.what,
        history.c.was,
        history.c.slot_id,
        history.c.actor_kind,
        history.c.actor,
        history.c.channel,
        history.c.reason,
        history.c.data,
    )
    .where(history.c.booking_id == bindparam("booking"))
    .order_by(history.c.id),  # ids never run backwards, a clock may
    Step,
)
MADE_OF: Final = Statement(
    "calendar.made",
    select(
        bookings.c.made_at, bookings.c.made_by, bookings.c.channel, bookings.c.state, bookings.c.slot_id
    ).where(bookings.c.id == bindparam("booking")),
)
