"""Pages of slots and bookings for files of staff."""

from typing import Any, Final

from sqlalchemy import Integer, and_, bindparam, or_, select

from govline.calendar._tables import bookings, slots
from govline.store import Statement
from govline.store.columns import InstantColumn

__all__ = ["BOOKINGS", "OF_SLOT", "SLOTS", "STANDING_IN"]

_s, _b = slots.c, bookings.c
_limit: Final[Any] = bindparam("limit", type_=Integer())
_at: Final[Any] = bindparam("at", type_=InstantColumn())
_id: Final[Any] = bindparam("id")

SLOTS: Final = Statement(
    "calendar.slots_page",
    select(_s.id, _s.programme, _s.name, _s.starts_at, _s.ends_at, _s.capacity, _s.booked, _s.cancelled)
    .where(or_(_s.starts_at > _at, and_(_s.starts_at == _at, _s.id > _id)))
    .order_by(_s.starts_at, _s.id)
    .limit(_limit),
)
OF_SLOT: Final = Statement(
    "calendar.roster_of_slot",
    select(_b.id, _b.party, _b.state, _b.channel, _b.contact)
    .where(_b.slot_id == bindparam("slot"), _b.ended_at.is_(None))
    .order_by(_b.id),
)
STANDING_IN: Final = Statement(
    "calendar.standing_in",
    select(_b.id).where(_b.slot_id == bindparam("slot"), _b.ended_at.is_(None)).order_by(_b.id),
)
BOOKINGS: Final = Statement(
    "calendar.bookings_page",
    select(
        _b.id,
        _b.programme,
        _s.name,
        _s.starts_at,
        _b.citizen,
        _b.party,
        _b.state,
        _b.channel,
        _b.made_at,
        _b.ended_at,
    )
    .join_from(bookings, slots, _s.id == _b.slot_id)
    .where(_b.id > _id)
    .order_by(_b.id)
    .limit(_limit),
)
