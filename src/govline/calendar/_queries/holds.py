"""The statements of holds that ran out: which stand in somebody's way, and bookings locked before their slots."""

from typing import Any, Final

from sqlalchemy import Integer, bindparam, case, exists, func, literal, select

from govline.calendar._queries import BOOKED, booking_of_row
from govline.calendar._queries.sets import among
from govline.calendar._tables import booking_draws, bookings, draws, option_draws, pools
from govline.calendar.model import BookingState
from govline.store import Statement
from govline.store.columns import InstantColumn

__all__ = [
    "HOLDS_DUE",
    "HOLDS_IN_THE_WAY",
    "HOLDS_OF",
    "HOLDS_ON_OPTIONS",
    "LAPSED",
    "LAPSED_UNITS",
    "LOCK_BOOKING",
]

_DUE = (
    bookings.c.state == BookingState.HELD.value,
    bookings.c.held_until <= bindparam("now", type_=InstantColumn),
)


def _in_the_way(dialect: str) -> Any:
    places, requests = (bindparam(name, type_=Integer) for name in ("places", "requests"))
    asked = among(draws.c.slot_id, "slots", dialect)
    of_slots = select(bookings.c.id).where(among(bookings.c.slot_id, "slots", dialect), *_DUE)
    wanted = draws.c.units * case((draws.c.per_place, places), else_=requests)
    short = exists(
        select(draws.c.pool_id)
        .join(pools, pools.c.id == draws.c.pool_id)
        .where(asked, pools.c.booked + wanted > pools.c.capacity)
    )
    # a subquery for each hold that is due, of which there are few; a join would begin at the pools and read all their bookings
    drawn = (
        select(literal(1))
        .select_from(booking_draws.join(draws, draws.c.pool_id == booking_draws.c.pool_id))
        .where(booking_draws.c.booking_id == bookings.c.id, asked)
        .limit(1)
        .scalar_subquery()
    )
    of_pools = select(bookings.c.id).where(*_DUE, bookings.c.draws > 0, short, drawn.is_not(None))
    return of_slots.union(of_pools)


def _on_options(dialect: str) -> Any:
    drawn = (
        select(literal(1))
        .select_from(booking_draws.join(option_draws, option_draws.c.pool_id == booking_draws.c.pool_id))
        .where(booking_draws.c.booking_id == bookings.c.id, among(option_draws.c.slot_id, "slots", dialect))
        .limit(1)
        .scalar_subquery()
    )
    return select(bookings.c.id).where(*_DUE, bookings.c.options.is_not(None), drawn.is_not(None))


def _these(dialect: str) -> Any:
    return BOOKED.where(among(bookings.c.id, "bookings", dialect), *_DUE).order_by(bookings.c.id)


# In these slots, or on a pool of theirs that has too little left for what is asked.
HOLDS_IN_THE_WAY: Final = Statement(
    "calendar.holds_in_the_way", _in_the_way("postgresql"), sqlite=_in_the_way("sqlite")
)
# In whatever slot, with pieces of 備品 that these slots share: asked only for who wants some.
HOLDS_ON_OPTIONS: Final = Statement(
    "calendar.holds_on_options", _on_options("postgresql"), sqlite=_on_options("sqlite")
)
HOLDS_OF: Final = Statement(
    "calendar.holds_of", _these("postgresql"), booking_of_row, sqlite=_these("sqlite")
)
HOLDS_DUE: Final = Statement(
    "calendar.holds_due",
    select(bookings.c.id)
    .where(*_DUE)
    .order_by(bookings.c.held_until)
    .limit(bindparam("limit", type_=Integer)),
)
_OF_PROGRAMME = bookings.c.programme == bindparam("programme")
# What looks count as free, though nobody has ended it yet.
LAPSED: Final = Statement(
    "calendar.lapsed_holds", BOOKED.where(_OF_PROGRAMME, *_DUE).order_by(bookings.c.id), booking_of_row
)
LAPSED_UNITS: Final = Statement(
    "calendar.lapsed_units",
    select(booking_draws.c.pool_id, func.sum(booking_draws.c.units, type_=Integer))
    .join(bookings, bookings.c.id == booking_draws.c.booking_id)
    .where(_OF_PROGRAMME, *_DUE)
    .group_by(booking_draws.c.pool_id),
)
_ONE = select(bookings.c.id).where(bookings.c.id == bindparam("booking"))
LOCK_BOOKING: Final = Statement("calendar.lock_booking", _ONE.with_for_update(key_share=True), sqlite=_ONE)
