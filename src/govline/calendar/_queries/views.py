"""The statements that only look: days put together, pools of many slots, occupancy, progress, the day's list."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import (
    BigInteger,
    Integer,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
)

from govline.calendar._queries import SLOT_COLUMNS, slot_of_row
from govline.calendar._queries.shared import SharedRow
from govline.calendar._tables import bookings, closures, draws, pools, slots, tickets
from govline.calendar.availability import FEW_IN, ORDER, SlotState
from govline.calendar.model import BookingState
from govline.core import Id
from govline.store import Statement
from govline.store.columns import InstantColumn

__all__ = [
    "BY_TIME",
    "DAYS",
    "DAY_LIST",
    "LIVE_SLOTS_OF",
    "POOLS_BETWEEN",
    "PROGRESS",
    "SHARING_DAYS",
    "SHOWN_SLOTS",
    "DeskRow",
]


@frozen
class DeskRow:
    """A live booking as the day's list shows it: nothing of the person."""

    id: Id
    party: int
    state: str
    channel: str
    starts: datetime
    name: str
    options: Mapping[str, int] | None = None
    code: str | None = field(default=None, repr=False)
    """The keyed hash of the code that its holder was given."""


_TOKYO: Final = 9 * 3_600_000_000
_A_DAY: Final = 86_400_000_000


def _number(value: int, kind: Any = Integer) -> Any:
    """A constant in the text: as a parameter it would be weighed for every row."""
    return literal_column(str(value), kind)


_ZERO: Final = _number(0)
_places = bindparam("places", type_=Integer)
_STARTS = type_coerce(slots.c.starts_at, BigInteger)
DAY: Final = ((_STARTS + _number(_TOKYO, BigInteger)) // _number(_A_DAY, BigInteger)).label("day")
"""Days since 1970-01-01 in Asia/Tokyo, which knows no summer time."""
_BETWEEN = and_(
    slots.c.programme == bindparam("programme"),
    slots.c.starts_at >= bindparam("since", type_=InstantColumn),
    slots.c.starts_at < bindparam("until", type_=InstantColumn),
)
# a slot that its programme no longer asks for keeps its row but no place
_ASKED_FOR = or_(slots.c.capacity > _ZERO, slots.c.booked > _ZERO)


def _instant(name: str) -> Any:
    return bindparam(name, type_=InstantColumn)


def _state(state: SlotState) -> Any:
    return _number(ORDER.index(state))


_NEEDS = draws.c.units * case((draws.c.per_place, _places), else_=1)
_POOLS = select(literal(1)).join(pools, pools.c.id == draws.c.pool_id).where(draws.c.slot_id == slots.c.id)
_LACKS = pools.c.booked + _NEEDS > pools.c.capacity
_OVERLAPS = _POOLS.where(_LACKS, pools.c.label == "").exists()
_SHORT = _POOLS.where(_LACKS, pools.c.label != "").exists()
_FREE = slots.c.capacity - slots.c.booked
_IN_POOLS = (
    select(func.min((pools.c.capacity - pools.c.booked) // draws.c.units, type_=Integer))
    .join(pools, pools.c.id == draws.c.pool_id)
    .where(draws.c.slot_id == slots.c.id, draws.c.per_place)
    .scalar_subquery()
)
_LEFT = case(
    (slots.c.draws == _ZERO, _FREE),
    (func.coalesce(_IN_POOLS, _FREE) < _FREE, _IN_POOLS),
    else_=_FREE,
)


# Both are asked once, not for every slot.
_LAPSED = exists().where(
    bookings.c.programme == bindparam("programme"),
    bookings.c.state == BookingState.HELD.value,
    bookings.c.held_until <= _instant("now"),
)
_KEPT = exists().where(
    closures.c.programme == bindparam("programme"), closures.c.priority_until > _instant("now")
)
_CLOSELY = select(case((or_(_LAPSED, _KEPT), _number(1)), else_=_ZERO)).scalar_subquery()


def _days(free: Any, *pools_lack: tuple[Any, Any]) -> Any:
    """One row a day: its best state, slots, bookable slots, places in them; and whether slots must be looked at one by one,
    because a hold of the programme has run out or some are kept for the people of a closure."""
    state = case(
        (slots.c.cancelled, _state(SlotState.CLOSED)),
        (slots.c.starts_at <= _instant("now"), _state(SlotState.OVER)),
        (slots.c.starts_at <= _instant("cut_through"), _state(SlotState.CUT_OFF)),
        (slots.c.starts_at >= _instant("shut_from"), _state(SlotState.NOT_YET)),
        (slots.c.reserved_until > _instant("now"), _state(SlotState.NOT_YET)),
        (slots.c.booked + _places > slots.c.capacity, _state(SlotState.FULL)),
        *pools_lack,
        (free * _number(FEW_IN) <= slots.c.capacity, _state(SlotState.FEW)),
        else_=_state(SlotState.OPEN),
    )
    each = select(DAY, state.label("state"), free.label("free")).where(_BETWEEN, _ASKED_FOR).subquery("each")
    can = each.c.state <= _state(SlotState.FEW)
    return (
        select(
            each.c.day,
            func.min(each.c.state),
            func.count(),
            func.sum(case((can, _number(1)), else_=_number(0))),
            func.sum(case((can, each.c.free), else_=_number(0))),
            _CLOSELY,
        )
        .group_by(each.c.day)
        .order_by(each.c.day)
    )


DAYS: Final = Statement("calendar.days", _days(_FREE))
# for programmes whose slots share something
SHARING_DAYS: Final = Statement(
    "calendar.sharing_days",
    _days(
        _LEFT,
        (and_(slots.c.draws > _ZERO, _OVERLAPS), _state(SlotState.BLOCKED)),
        (and_(slots.c.draws > _ZERO, _SHORT), _state(SlotState.SHORT)),
    ),
)

# --- slot by slot ---
SHOWN_SLOTS: Final = Statement(
    "calendar.shown_slots",
    select(*SLOT_COLUMNS)
    .where(_BETWEEN, _ASKED_FOR)
    .order_by(slots.c.starts_at, slots.c.name)
    .limit(bindparam("limit", type_=Integer)),
    slot_of_row,
)
POOLS_BETWEEN: Final = Statement(
    "calendar.pools_between",
    select(
        draws.c.slot_id,
        pools.c.id,
        pools.c.label,
        pools.c.capacity,
        pools.c.booked,
        draws.c.units,
        draws.c.per_place,
    )
    .join(pools, pools.c.id == draws.c.pool_id)
    .join(slots, slots.c.id == draws.c.slot_id)
    .where(_BETWEEN)
    .order_by(pools.c.id),
    SharedRow,
)
LIVE_SLOTS_OF: Final = Statement(
    "calendar.live_slots_of",
    select(bookings.c.slot_id).where(
        bookings.c.citizen == bindparam("citizen"),
        bookings.c.programme == bindparam("programme"),
        bookings.c.ended_at.is_(None),
        or_(bookings.c.held_until.is_(None), bookings.c.held_until > _instant("now")),
    ),
)

# --- the day at the desk ---
DAY_LIST: Final = Statement(
    "calendar.day_list",
    select(
        bookings.c.id,
        bookings.c.party,
        bookings.c.state,
        bookings.c.channel,
        slots.c.starts_at,
        slots.c.name,
        bookings.c.options,
        tickets.c.code,
    )
    .join(slots, slots.c.id == bookings.c.slot_id)
    .outerjoin(tickets, tickets.c.booking_id == bookings.c.id)
    .where(_BETWEEN, bookings.c.ended_at.is_(None))
    .order_by(slots.c.starts_at, slots.c.name, bookings.c.id)
    .limit(bindparam("limit", type_=Integer)),
    DeskRow,
)

# --- occupancy ---
_TIME = ((_STARTS + _number(_TOKYO, BigInteger)) % _number(_A_DAY, BigInteger)).label("time")
_COUNTED = select(
    DAY,
    _TIME,
    slots.c.name,
    case((slots.c.cancelled, slots.c.booked), else_=slots.c.capacity).label("capacity"),
    slots.c.booked,
).where(_BETWEEN, _ASKED_FOR)
_COUNTED_ROWS = _COUNTED.subquery("counted")
BY_TIME: Final = Statement(
    "calendar.occupancy",
    select(
        _COUNTED_ROWS.c.day,
        _COUNTED_ROWS.c.time,
        _COUNTED_ROWS.c.name,
        func.sum(_COUNTED_ROWS.c.capacity),
        func.sum(_COUNTED_ROWS.c.booked),
    )
    .group_by(_COUNTED_ROWS.c.day, _COUNTED_ROWS.c.time, _COUNTED_ROWS.c.name)
    .order_by(_COUNTED_ROWS.c.day, _COUNTED_ROWS.c.time, _COUNTED_ROWS.c.name),
)
_TAKEN = func.coalesce(func.nullif(bookings.c.places, 0), bookings.c.party)
PROGRESS: Final = Statement(
    "calendar.progress",
    select(bookings.c.state, func.count(), func.sum(_TAKEN))
    .join(slots, slots.c.id == bookings.c.slot_id)
    .where(_BETWEEN, bookings.c.ended_at.is_(None))  # by the index of live ones, however many were cancelled
    .group_by(bookings.c.state)
    .order_by(bookings.c.state),
)
