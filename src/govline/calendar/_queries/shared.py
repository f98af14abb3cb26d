"""The statements of pools: counters that several slots share, and what live bookings have taken of them."""

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Integer, Text, and_, bindparam, delete, false, func, literal, select, union_all, update

from govline.calendar._queries.sets import among
from govline.calendar._tables import booking_draws, bookings, draws, option_draws, pools, slots
from govline.core import Id
from govline.store import Statement
from govline.store.rows import insert_rows

__all__ = [
    "ADD_BOOKING_DRAWS",
    "ADD_DRAWS",
    "ADD_OPTION_DRAWS",
    "ADD_POOLS",
    "COUNT_DRAWS",
    "COUNT_DRAWS_OF_BOOKINGS",
    "DRAW",
    "DRAWN",
    "DRAWS_AHEAD",
    "DRAW_FOR_STANDING",
    "DROP_DRAW",
    "DROP_DRAWN_OF_SLOT",
    "DROP_OPTION_DRAW",
    "FORGET_DRAWN",
    "LOCK_SHARED",
    "LOCK_WITH_OPTIONS",
    "OPTIONS_IN",
    "OPTION_DRAWS_AHEAD",
    "POOLS",
    "POOL_DIFFERENCES",
    "RECOUNT",
    "RESIZE_POOL",
    "SHARED",
    "UNDRAW",
    "WITH_OPTIONS",
    "DrawRow",
    "PoolRow",
    "SharedRow",
]


@frozen
class SharedRow:
    """A pool as one slot draws on it; with `option` only where a booking asks for it, `units` for each piece."""

    slot: Id
    pool: Id
    label: str
    capacity: int
    booked: int
    units: int
    per_place: bool
    option: str = ""


@frozen
class PoolRow:
    """A pool as it stands."""

    id: Id
    key: str
    label: str
    capacity: int
    booked: int


@frozen
class DrawRow:
    """What a slot draws on, by the pool's key."""

    slot: Id
    pool: Id
    key: str
    units: int
    per_place: bool
    option: str = ""


_units = bindparam("units", type_=Integer)
_SHARED = select(
    draws.c.slot_id,
    pools.c.id,
    pools.c.label,
    pools.c.capacity,
    pools.c.booked,
    draws.c.units,
    draws.c.per_place,
).join(draws, draws.c.pool_id == pools.c.id)


def _locked(dialect: str) -> Any:
    return _SHARED.where(among(draws.c.slot_id, "slots", dialect)).order_by(pools.c.id)


# --- at the desk ---
SHARED: Final = Statement(
    "calendar.shared",
    _SHARED.where(draws.c.slot_id == bindparam("slot")).order_by(pools.c.id),
    SharedRow,
)
LOCK_SHARED: Final = Statement(
    "calendar.lock_shared",
    _locked("postgresql").with_for_update(of=pools, key_share=True),
    SharedRow,
    sqlite=_locked("sqlite"),
)


# The same with what options draw: read only for who asks for one.
def _with_options(of_slot: Callable[[Any], Any]) -> Any:
    """The slot's condition stands in both halves: SQLite would read all draws first to join them."""
    none: Any = literal("", type_=Text)
    all_take = select(
        draws.c.slot_id, draws.c.pool_id, draws.c.units, draws.c.per_place, none.label("option")
    ).where(of_slot(draws.c.slot_id))
    some_take = select(
        option_draws.c.slot_id,
        option_draws.c.pool_id,
        option_draws.c.units,
        false().label("per_place"),
        option_draws.c.option,
    ).where(of_slot(option_draws.c.slot_id))
    every = union_all(all_take, some_take).subquery("every_draw")
    taken = (pools.c.id, pools.c.label, pools.c.capacity, pools.c.booked)
    return (
        select(every.c.slot_id, *taken, every.c.units, every.c.per_place, every.c.option)
        .select_from(every.join(pools, every.c.pool_id == pools.c.id))
        .order_by(pools.c.id)
    )


def _locked_with_options(dialect: str) -> Any:
    return _with_options(lambda slot: among(slot, "slots", dialect))


WITH_OPTIONS: Final = Statement(
    "calendar.shared_with_options",
    _with_options(lambda slot: slot == bindparam("slot")),
    SharedRow,
)
LOCK_WITH_OPTIONS: Final = Statement(
    "calendar.lock_shared_with_options",
    _locked_with_options("postgresql").with_for_update(of=pools, key_share=True),
    SharedRow,
    sqlite=_locked_with_options("sqlite"),
)
# The guard of a pool, judged by its row count; a negative number of units gives back and always may.
DRAW: Final = Statement(
    "calendar.draw",
    update(pools)
    .where(pools.c.id == bindparam("pool"), (pools.c.booked + _units <= pools.c.capacity) | (_units <= 0))
    .values(booked=pools.c.booked + _units),
)
# Back to what it was before this very transaction: never judged, or nothing could return to a pool made smaller.
UNDRAW: Final = Statement(
    "calendar.undraw",
    update(pools).where(pools.c.id == bindparam("pool")).values(booked=pools.c.booked + _units),
)
ADD_BOOKING_DRAWS: Final = insert_rows("calendar.add_booking_draws", booking_draws)
DRAWN: Final = Statement(
    "calendar.drawn",
    select(booking_draws.c.pool_id, booking_draws.c.units)
    .where(booking_draws.c.booking_id == bindparam("booking"))
    .order_by(booking_draws.c.pool_id),
)
FORGET_DRAWN: Final = Statement(
    "calendar.forget_drawn", delete(booking_draws).where(booking_draws.c.booking_id == bindparam("booking"))
)

# --- laying out ---
POOLS: Final = Statement(
    "calendar.pools",
    select(pools.c.id, pools.c.key, pools.c.label, pools.c.capacity, pools.c.booked).where(
        pools.c.programme == bindparam("programme")
    ),
    PoolRow,
)
ADD_POOLS: Final = insert_rows("calendar.add_pools", pools)
RESIZE_POOL: Final = Statement(
    "calendar.resize_pool",
    update(pools)
    .where(pools.c.id == bindparam("pool"))
    .values(capacity=bindparam("places", type_=Integer), label=bindparam("text")),
)
DRAWS_AHEAD: Final = Statement(
    "calendar.draws_ahead",
    select(draws.c.slot_id, draws.c.pool_id, pools.c.key, draws.c.units, draws.c.per_place)
    .join(pools, pools.c.id == draws.c.pool_id)
    .join(slots, slots.c.id == draws.c.slot_id)
    .where(
        slots.c.programme == bindparam("programme"),
        slots.c.starts_at >= bindparam("since", type_=slots.c.starts_at.type),
    ),
    DrawRow,
)
ADD_DRAWS: Final = insert_rows("calendar.add_draws", draws)
OPTION_DRAWS_AHEAD: Final = Statement(
    "calendar.option_draws_ahead",
    select(
        option_draws.c.slot_id,
        option_draws.c.pool_id,
        pools.c.key,
        option_draws.c.units,
        false().label("per_place"),
        option_draws.c.option,
    )
    .join(pools, pools.c.id == option_draws.c.pool_id)
    .join(slots, slots.c.id == option_draws.c.slot_id)
    .where(
        slots.c.programme == bindparam("programme"),
        slots.c.starts_at >= bindparam("since", type_=slots.c.starts_at.type),
    ),
    DrawRow,
)
ADD_OPTION_DRAWS: Final = insert_rows("calendar.add_option_draws", option_draws)
DROP_OPTION_DRAW: Final = Statement(
    "calendar.drop_option_draw",
    delete(option_draws).where(
        option_draws.c.slot_id == bindparam("slot"), option_draws.c.pool_id == bindparam("pool")
    ),
)
DROP_DRAW: Final = Statement(
    "calendar.drop_draw",
    delete(draws).where(draws.c.slot_id == bindparam("slot"), draws.c.pool_id == bindparam("pool")),
)
_NUMBER = select(func.count()).where(draws.c.slot_id == slots.c.id).scalar_subquery()
COUNT_DRAWS: Final = Statement(
    "calendar.count_draws",
    update(slots)
    .where(
        slots.c.programme == bindparam("programme"),
        slots.c.starts_at >= bindparam("since", type_=slots.c.starts_at.type),
        slots.c.draws != _NUMBER,
    )
    .values(draws=_NUMBER),
)
_STANDING = and_(bookings.c.slot_id == bindparam("slot"), bookings.c.ended_at.is_(None))
# A pool that comes later also counts who is there already.
DRAW_FOR_STANDING: Final = Statement(
    "calendar.draw_for_standing",
    booking_draws.insert().from_select(
        ["booking_id", "pool_id", "units"],
        select(
            bookings.c.id,
            bindparam("pool"),
            _units
            * func.coalesce(func.nullif(bookings.c.places, 0) * bindparam("per_place", type_=Integer), 0)
            + _units * (1 - bindparam("per_place", type_=Integer)),
        ).where(_STANDING),
    ),
)
# What those who are there already have beside their places: few, so they are counted one by one.
OPTIONS_IN: Final = Statement(
    "calendar.options_in",
    select(bookings.c.id, bookings.c.options).where(_STANDING, bookings.c.options.is_not(None)),
)
DROP_DRAWN_OF_SLOT: Final = Statement(
    "calendar.drop_drawn_of_slot",
    delete(booking_draws).where(
        booking_draws.c.pool_id == bindparam("pool"),
        booking_draws.c.booking_id.in_(select(bookings.c.id).where(_STANDING)),
    ),
)
COUNT_DRAWS_OF_BOOKINGS: Final = Statement(
    "calendar.count_draws_of_bookings",
    update(bookings)
    .where(_STANDING)
    .values(draws=select(func.count()).where(booking_draws.c.booking_id == bookings.c.id).scalar_subquery()),
)

# --- the proof ---
_TAKEN = func.coalesce(func.sum(booking_draws.c.units), literal(0, type_=Integer), type_=Integer)
POOL_DIFFERENCES: Final = Statement(
    "calendar.pool_differences",
    select(pools.c.id, pools.c.booked, _TAKEN)
    .outerjoin(booking_draws, booking_draws.c.pool_id == pools.c.id)
    .group_by(pools.c.id, pools.c.booked)
    .having(pools.c.booked != _TAKEN)
    .order_by(pools.c.id),
)
RECOUNT: Final = Statement(
    "calendar.recount_pool",
    update(pools)
    .where(pools.c.id == bindparam("pool"))
    .values(booked=select(_TAKEN).where(booking_draws.c.pool_id == pools.c.id).scalar_subquery()),
)
