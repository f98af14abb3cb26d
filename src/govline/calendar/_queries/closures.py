"""The statements of closures: slots that do not take place, who was in them, what is kept free for those first."""

from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Integer, bindparam, false, func, insert, null, or_, select, true, update

from govline.calendar._queries import BOOKING_COLUMNS, SLOT_COLUMNS, booking_of_row, slot_of_row
from govline.calendar._queries.sets import among
from govline.calendar._tables import bookings, closures, slots
from govline.calendar.model import BookingState
from govline.core import Id
from govline.store import Statement
from govline.store.columns import IdColumn, InstantColumn

__all__ = [
    "ADD_CLOSURE",
    "CLOSE_SLOTS",
    "CLOSURES",
    "CLOSURE_NOW",
    "DISPLACE",
    "DISPLACED_OF",
    "FREE_FOR",
    "LIVE_IN_SLOT_OF",
    "LOCK_CLOSURE",
    "RELEASE",
    "REOPEN_SLOTS",
    "RESERVE",
    "SET_CLOSURE",
    "STATES_OF",
    "TO_DISPLACE",
    "ClosureRow",
]


@frozen
class ClosureRow:
    """A closure as it stands."""

    id: Id
    programme: str
    since: datetime
    until: datetime
    reason: str
    state: str
    emergency: bool
    priority_until: datetime | None


_closure: Final = bindparam("closure", type_=IdColumn)
_limit: Final = bindparam("limit", type_=Integer)
_ROW = select(
    closures.c.id,
    closures.c.programme,
    closures.c.since,
    closures.c.until,
    closures.c.reason,
    closures.c.state,
    closures.c.emergency,
    closures.c.priority_until,
)
_ONE = _ROW.where(closures.c.id == _closure)
_FREE = (
    slots.c.cancelled.is_(false()),
    slots.c.starts_at > bindparam("now", type_=InstantColumn),
    or_(
        slots.c.reserved_until.is_(None),
        slots.c.reserved_until <= bindparam("now", type_=InstantColumn),
        slots.c.reserved_for == _closure,
    ),
)

ADD_CLOSURE: Final = Statement("calendar.add_closure", insert(closures))
CLOSURE_NOW: Final = Statement("calendar.closure", _ONE, ClosureRow)
LOCK_CLOSURE: Final = Statement("calendar.lock_closure", _ONE.with_for_update(), ClosureRow, sqlite=_ONE)
CLOSURES: Final = Statement(
    "calendar.closures", _ROW.order_by(closures.c.made_at.desc(), closures.c.id).limit(_limit), ClosureRow
)
SET_CLOSURE: Final = Statement(
    "calendar.set_closure",
    update(closures).where(closures.c.id == _closure).values(state=bindparam("now_is")),
)
CLOSE_SLOTS: Final = Statement(
    "calendar.close_slots",
    update(slots)
    .where(
        slots.c.programme == bindparam("programme"),
        slots.c.starts_at >= bindparam("since", type_=InstantColumn),
        slots.c.starts_at < bindparam("until", type_=InstantColumn),
        slots.c.ends_at > bindparam("now", type_=InstantColumn),
        slots.c.cancelled.is_(false()),
    )
    .values(cancelled=true(), closure=_closure),
)
REOPEN_SLOTS: Final = Statement(
    "calendar.reopen_slots",
    update(slots).where(slots.c.closure == _closure).values(cancelled=false(), closure=null()),
)


def _reserve(dialect: str) -> Any:
    chosen = update(slots).where(
        among(slots.c.id, "slots", dialect), slots.c.programme == bindparam("programme"), *_FREE
    )
    return chosen.values(reserved_for=_closure, reserved_until=bindparam("until", type_=InstantColumn))


RESERVE: Final = Statement("calendar.reserve", _reserve("postgresql"), sqlite=_reserve("sqlite"))
RELEASE: Final = Statement(
    "calendar.release_reserved",
    update(slots).where(slots.c.reserved_for == _closure).values(reserved_for=None, reserved_until=None),
)
FREE_FOR: Final = Statement(
    "calendar.free_for_closure",
    select(*SLOT_COLUMNS)
    .where(
        slots.c.programme == bindparam("programme"),
        *_FREE,
        slots.c.booked + bindparam("places", type_=Integer) <= slots.c.capacity,
    )
    .order_by(
        (slots.c.reserved_for == _closure).desc().nulls_last(), slots.c.starts_at, slots.c.name, slots.c.id
    )
    .limit(_limit)
    .offset(bindparam("offset", type_=Integer)),
    row=slot_of_row,
)
_IN_CLOSED = (slots.c.closure == _closure, bookings.c.ended_at.is_(None))
_TO_DISPLACE = (
    select(*BOOKING_COLUMNS)
    .join(slots, slots.c.id == bookings.c.slot_id)
    .where(
        *_IN_CLOSED,
        or_(bookings.c.state == BookingState.HELD.value, bookings.c.state == BookingState.CONFIRMED.value),
    )
    .order_by(bookings.c.id)
    .limit(_limit)
)
# Held as they are until they have lost their slot: who joins LINE in this moment is told there, and not called.
TO_DISPLACE: Final = Statement(
    "calendar.to_displace",
    _TO_DISPLACE.with_for_update(of=bookings, key_share=True),
    row=booking_of_row,
    sqlite=_TO_DISPLACE,
)
DISPLACE: Final = Statement(
    "calendar.displace",
    update(bookings)
    .where(
        bookings.c.id == bindparam("booking"),
        bookings.c.state == BookingState.CONFIRMED.value,
        bookings.c.slot_id == bindparam("slot"),
        bookings.c.ended_at.is_(None),
    )
    .values(state=BookingState.DISPLACED.value, closure=_closure),
)
DISPLACED_OF: Final = Statement(
    "calendar.displaced_of",
    select(*BOOKING_COLUMNS)
    .join(slots, slots.c.id == bookings.c.slot_id)
    .where(bookings.c.closure == _closure, bookings.c.state == BookingState.DISPLACED.value)
    .order_by(bookings.c.id)
    .limit(_limit),
    row=booking_of_row,
)
STATES_OF: Final = Statement(
    "calendar.closure_states",
    select(bookings.c.state, func.count()).where(bookings.c.closure == _closure).group_by(bookings.c.state),
)
LIVE_IN_SLOT_OF: Final = Statement(
    "calendar.live_of_slot",
    select(*BOOKING_COLUMNS)
    .join(slots, slots.c.id == bookings.c.slot_id)
    .where(
        bookings.c.slot_id == bindparam("slot"),
        bookings.c.ended_at.is_(None),
        bookings.c.state != BookingState.HELD.value,
    )
    .order_by(bookings.c.id),
    row=booking_of_row,
)
