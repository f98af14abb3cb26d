"""The statements of what staff do by hand: places of slots and supplies, payments for nothing, locks, whom a closure told."""

from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Integer, and_, bindparam, case, delete, or_, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.calendar._queries import BOOKING_COLUMNS, booking_of_row
from govline.calendar._tables import (
    booking_draws,
    bookings,
    fees_due,
    fixed_places,
    guesses,
    pools,
    programmes,
    slots,
    told,
)
from govline.calendar.model import Booking, BookingState
from govline.core import Id
from govline.store import Statement
from govline.store.columns import InstantColumn
from govline.store.rows import insert_rows

__all__ = [
    "ADD_TOLD",
    "FIX",
    "FIXED_OF",
    "FOLLOW_FIXED",
    "FORGET_LAYOUT",
    "LOCKED",
    "NEWEST_IN_POOL",
    "NEWEST_IN_SLOT",
    "NOTE_PAID",
    "POOL_BY_ID",
    "SETTLE_PAID",
    "SET_POOL",
    "SET_SLOT",
    "TELL_BY_LINE",
    "TOLD_OF",
    "UNFIX",
    "UNSETTLED",
    "LockedRow",
    "PoolState",
    "UnsettledRow",
]


@frozen
class PoolState:
    """A pool as staff see it."""

    id: Id
    programme: str
    label: str
    capacity: int
    booked: int


@frozen
class LockedRow:
    """Somebody or something that may not try any more; `subject` is an id or a keyed hash and is not shown."""

    programme: str
    kind: str
    subject: str
    wrong: int
    until: datetime
    locks: int


@frozen
class UnsettledRow:
    """A booking that was paid for and is over without having been used."""

    booking: Booking
    paid: datetime
    ended: datetime | None


_places = bindparam("places", type_=Integer)
_limit = bindparam("limit", type_=Integer)
_of_programme: Final[Any] = bindparam("programme")

# --- places ---


def _fix(build: Any) -> Any:
    made = build(fixed_places)
    return made.on_conflict_do_update(
        index_elements=["subject"], set_={"places": made.excluded.places, "at": made.excluded.at}
    )


FIX: Final = Statement("calendar.fix_places", _fix(postgresql_insert), sqlite=_fix(sqlite_insert))
UNFIX: Final = Statement(
    "calendar.unfix_places", delete(fixed_places).where(fixed_places.c.subject == bindparam("subject"))
)
FIXED_OF: Final = Statement(
    "calendar.fixed_places",
    select(fixed_places.c.subject, fixed_places.c.places).where(fixed_places.c.programme == _of_programme),
)
FORGET_LAYOUT: Final = Statement(
    "calendar.forget_layout", update(programmes).where(programmes.c.id == _of_programme).values(digest="")
)
# What is booked stays; nobody else comes in.
SET_SLOT: Final = Statement(
    "calendar.set_slot",
    update(slots)
    .where(slots.c.id == bindparam("slot"))
    .values(capacity=case((slots.c.booked > _places, slots.c.booked), else_=_places)),
)
SET_POOL: Final = Statement(
    "calendar.set_pool", update(pools).where(pools.c.id == bindparam("pool")).values(capacity=_places)
)
_FIXED = (
    select(fixed_places.c.places)
    .where(fixed_places.c.subject == slots.c.id, fixed_places.c.programme == _of_programme)
    .scalar_subquery()
)
FOLLOW_FIXED: Final = Statement(
    "calendar.follow_fixed",
    update(slots)
    .where(
        slots.c.id.in_(select(fixed_places.c.subject).where(fixed_places.c.programme == _of_programme)),
        slots.c.capacity > _FIXED,
        slots.c.capacity > slots.c.booked,
    )
    .values(capacity=case((slots.c.booked > _FIXED, slots.c.booked), else_=_FIXED)),
)
POOL_BY_ID: Final = Statement(
    "calendar.pool",
    select(pools.c.id, pools.c.programme, pools.c.label, pools.c.capacity, pools.c.booked).where(
        pools.c.id == bindparam("pool")
    ),
    PoolState,
)
_LIVE = bookings.c.ended_at.is_(None)
NEWEST_IN_SLOT: Final = Statement(
    "calendar.newest_in_slot",
    select(bookings.c.id, bookings.c.places)
    .where(bookings.c.slot_id == bindparam("subject"), _LIVE)
    .order_by(bookings.c.id.desc()),
)
NEWEST_IN_POOL: Final = Statement(
    "calendar.newest_in_pool",
    select(booking_draws.c.booking_id, booking_draws.c.units)
    .where(booking_draws.c.pool_id == bindparam("subject"))
    .order_by(booking_draws.c.booking_id.desc()),
)

# --- paid for nothing ---
NOTE_PAID: Final = Statement(
    "calendar.note_paid",
    postgresql_insert(fees_due).on_conflict_do_nothing(),
    sqlite=sqlite_insert(fees_due).on_conflict_do_nothing(),
)


def _unsettled_of_row(*values: Any) -> UnsettledRow:
    *booking, paid, ended = values
    return UnsettledRow(booking_of_row(*booking), paid, ended)


_OVER = and_(
    or_(bookings.c.state == BookingState.CANCELLED.value, bookings.c.state == BookingState.EXPIRED.value),
    fees_due.c.paid_at.is_not(None),
    fees_due.c.settled_at.is_(None),
)
UNSETTLED: Final = Statement(
    "calendar.unsettled",
    select(*BOOKING_COLUMNS, fees_due.c.paid_at, bookings.c.ended_at)
    .select_from(fees_due)
    .join(bookings, bookings.c.id == fees_due.c.booking_id)
    .join(slots, slots.c.id == bookings.c.slot_id)
    .where(_OVER, fees_due.c.booking_id > bindparam("after"))
    .order_by(fees_due.c.booking_id)
    .limit(_limit),
    _unsettled_of_row,
)
SETTLE_PAID: Final = Statement(
    "calendar.settle_paid",
    update(fees_due)
    .where(
        fees_due.c.booking_id == bindparam("booking"),
        fees_due.c.paid_at.is_not(None),
        fees_due.c.settled_at.is_(None),
    )
    .values(settled_at=bindparam("now", type_=InstantColumn), outcome=bindparam("what")),
)

# --- locks ---
_IN_ORDER = (guesses.c.locked_until, guesses.c.programme, guesses.c.kind, guesses.c.subject)
LOCKED: Final = Statement(
    "calendar.locked",
    select(
        guesses.c.programme,
        guesses.c.kind,
        guesses.c.subject,
        guesses.c.wrong,
        guesses.c.locked_until,
        guesses.c.locks,
    )
    .where(
        guesses.c.locked_until > bindparam("now", type_=InstantColumn),
        guesses.c.locked_until >= bindparam("ends", type_=InstantColumn),
        tuple_(*_IN_ORDER)
        > tuple_(
            bindparam("ends", type_=InstantColumn),
            bindparam("programme"),
            bindparam("kind"),
            bindparam("subject"),
        ),
    )
    .order_by(*_IN_ORDER)
    .limit(_limit),
    LockedRow,
)

# --- whom a closure told ---
ADD_TOLD: Final = insert_rows("calendar.add_told", told)
TELL_BY_LINE: Final = Statement(
    "calendar.tell_by_line",
    update(told)
    .where(told.c.closure_id == bindparam("closure"), told.c.booking_id == bindparam("booking"))
    .values(by_line=true()),
)
TOLD_OF: Final = Statement(
    "calendar.told_of",
    select(told.c.booking_id, told.c.by_line)
    .where(told.c.closure_id == bindparam("closure"), told.c.booking_id > bindparam("after"))
    .order_by(told.c.booking_id)
    .limit(_limit),
)
