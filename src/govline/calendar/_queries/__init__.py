"""The statements of the calendar, built once."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    Integer,
    Table,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.calendar._tables import (
    bookings,
    draws,
    fixed_places,
    persons,
    pools,
    programmes,
    requests,
    slots,
)
from govline.calendar.model import Booking, BookingState, Slot
from govline.store import Statement

__all__ = [
    "ADD_BOOKING",
    "ADD_SLOT",
    "ANSWER",
    "BOOKED",
    "BOOKINGS_OF",
    "BOOKING_BY_ID",
    "BOOKING_COLUMNS",
    "CANCEL_SLOT",
    "CLAIM_REQUEST",
    "CONFIRM",
    "DIFFERENCES",
    "DROP_BOOKING",
    "END",
    "ENLARGE",
    "FORGET_BOOKINGS",
    "FORGET_PERSON",
    "FORGET_REQUESTS",
    "FREE_SLOTS",
    "GIVE",
    "HAND_OVER",
    "LAID_OUT",
    "LINKED",
    "LIVE_IN_SLOT",
    "MOVE",
    "PURGE_REQUESTS",
    "QUEUE_PERSON",
    "RECENT_BOOKINGS",
    "RECOUNT_SLOT",
    "REMEMBER_LAYOUT",
    "RENAME_SLOT",
    "REQUEST",
    "RESHAPE_SLOT",
    "RESIZE_SLOT",
    "SETTLE",
    "SET_LINK",
    "SLOTS_BETWEEN",
    "SLOT_BY_ID",
    "SLOT_COLUMNS",
    "STILL_AS_READ",
    "TAKE",
    "booking_of_row",
    "slot_of_row",
]

_places = bindparam("places", type_=Integer)
_LIVE = bookings.c.ended_at.is_(None)
_AS_READ = (
    bookings.c.id == bindparam("booking"),
    bookings.c.state == bindparam("was"),
    bookings.c.slot_id == bindparam("slot"),
    func.coalesce(func.nullif(bookings.c.places, 0), bookings.c.party) == bindparam("had", type_=Integer),
    _LIVE,
)
"""The live booking as its caller read it: whatever changed meanwhile makes the row count zero."""


_SLOT_NAMES = (
    *("id", "programme", "starts", "ends", "name", "capacity", "booked", "cancelled", "draws"),
    *("reserved_for", "reserved_until"),
)


def slot_of_row(*values: Any) -> Slot:
    return Slot(**dict(zip(_SLOT_NAMES, values, strict=True)))


def _insert_once(name: str, table: Table) -> Statement:
    """An insert that leaves a row that is already there as it is, and counts only new ones."""
    return Statement(
        name,
        postgresql_insert(table).on_conflict_do_nothing(),
        sqlite=sqlite_insert(table).on_conflict_do_nothing(),
    )


def _upsert(name: str, table: Table, keys: list[str], change: Callable[[Any], dict[str, Any]]) -> Statement:
    """An insert that changes the row that is there; `change` is given the row that was to be inserted."""

    def one(build: Any) -> Any:
        made = build(table)
        return made.on_conflict_do_update(index_elements=keys, set_=change(made.excluded))

    return Statement(name, one(postgresql_insert), sqlite=one(sqlite_insert))


SLOT_COLUMNS: Final = (
    slots.c.id,
    slots.c.programme,
    slots.c.starts_at,
    slots.c.ends_at,
    slots.c.name,
    slots.c.capacity,
    slots.c.booked,
    slots.c.cancelled,
    slots.c.draws,
    slots.c.reserved_for,
    slots.c.reserved_until,
)
# a release from before rooms and pools writes no places while it is being replaced
_PLACES = func.coalesce(func.nullif(bookings.c.places, 0), bookings.c.party, type_=Integer)
BOOKING_COLUMNS: Final = (
    bookings.c.id,
    bookings.c.slot_id,
    bookings.c.programme,
    bookings.c.citizen,
    bookings.c.party,
    bookings.c.state,
    slots.c.starts_at,
    bookings.c.held_until,
    _PLACES,
    bookings.c.draws,
    bookings.c.voucher,
    bookings.c.contact,
    bookings.c.waived,
    bookings.c.link,
    bookings.c.closure,
    bookings.c.options,
)


_BOOKING_NAMES = (
    *("id", "slot", "programme", "citizen", "party", "state", "starts", "held_until", "places", "draws"),
    *("voucher", "contact", "waived", "link", "closure", "options"),
)


def booking_of_row(*values: Any) -> Booking:
    named = dict(zip(_BOOKING_NAMES, values, strict=True))
    return Booking(**{**named, "waived": named["waived"] or ()})


BOOKED: Final = select(*BOOKING_COLUMNS).join(slots, slots.c.id == bookings.c.slot_id)
_BETWEEN = and_(
    slots.c.programme == bindparam("programme"),
    slots.c.starts_at >= bindparam("since"),
    slots.c.starts_at < bindparam("until"),
)

# a pool of the slot that has not enough left
_SHORT = (
    select(draws.c.pool_id)
    .join(pools, pools.c.id == draws.c.pool_id)
    .where(
        draws.c.slot_id == slots.c.id,
        pools.c.booked + draws.c.units * case((draws.c.per_place, _places), else_=1) > pools.c.capacity,
    )
)

# --- slots ---
SLOT_BY_ID: Final = Statement(
    "calendar.slot", select(*SLOT_COLUMNS).where(slots.c.id == bindparam("slot")), row=slot_of_row
)
SLOTS_BETWEEN: Final = Statement(
    "calendar.slots",
    select(*SLOT_COLUMNS)
    .where(_BETWEEN)
    .order_by(slots.c.starts_at, slots.c.name)
    .limit(bindparam("limit", type_=Integer)),
    row=slot_of_row,
)
FREE_SLOTS: Final = Statement(
    "calendar.free_slots",
    select(*SLOT_COLUMNS)
    .where(
        _BETWEEN,
        slots.c.cancelled.is_(false()),
        slots.c.booked + _places <= slots.c.capacity,
        or_(slots.c.draws == 0, ~_SHORT.exists()),
    )
    .order_by(slots.c.starts_at, slots.c.name)
    .limit(bindparam("limit", type_=Integer)),
    row=slot_of_row,
)
ADD_SLOT: Final = _insert_once("calendar.add_slot", slots)
RESIZE_SLOT: Final = Statement(
    "calendar.resize_slot",
    update(slots)
    .where(slots.c.id == bindparam("slot"), slots.c.booked <= bindparam("places", type_=Integer))
    .values(capacity=bindparam("places", type_=Integer)),
)
# What somebody has booked keeps its end.
RESHAPE_SLOT: Final = Statement(
    "calendar.reshape_slot",
    update(slots)
    .where(slots.c.id == bindparam("slot"), slots.c.booked == 0)
    .values(ends_at=bindparam("until", type_=slots.c.ends_at.type)),
)
RENAME_SLOT: Final = Statement(
    "calendar.rename_slot",
    update(slots).where(slots.c.id == bindparam("slot")).values(name=bindparam("called")),
)
CANCEL_SLOT: Final = Statement(
    "calendar.cancel_slot",
    update(slots).where(slots.c.id == bindparam("slot")).values(cancelled=bindparam("cancelled")),
)
# The guard: judged by its row count, it is what keeps a slot from being oversold.
TAKE: Final = Statement(
    "calendar.take",
    update(slots)
    .where(
        slots.c.id == bindparam("slot"),
        slots.c.draws == bindparam("draws", type_=Integer),  # or its pools have changed since it was read
        slots.c.cancelled.is_(false()),
        slots.c.booked + _places <= slots.c.capacity,
    )
    .values(booked=slots.c.booked + _places),
)
ENLARGE: Final = Statement(
    "calendar.enlarge",
    update(slots)
    .where(
        slots.c.id == bindparam("slot"),
        slots.c.cancelled.is_(false()),
        slots.c.booked + _places > slots.c.capacity,
    )
    .values(capacity=slots.c.booked + _places),
)
# Where staff have set fewer places than were booked, who leaves makes room for nobody: capacity follows to what they set.
_LEFT = slots.c.booked - _places
_SET = select(fixed_places.c.places).where(fixed_places.c.subject == slots.c.id).scalar_subquery()
GIVE: Final = Statement(
    "calendar.give",
    update(slots)
    .where(slots.c.id == bindparam("slot"))
    .values(
        booked=_LEFT,
        capacity=case((_SET.is_(None), slots.c.capacity), (_LEFT > _SET, _LEFT), else_=_SET),
    ),
)
DIFFERENCES: Final = Statement(
    "calendar.differences",
    select(
        slots.c.id,
        slots.c.starts_at,
        slots.c.booked,
        func.coalesce(func.sum(_PLACES), literal(0, type_=Integer), type_=Integer),
    )
    .outerjoin(bookings, and_(bookings.c.slot_id == slots.c.id, _LIVE))
    .group_by(slots.c.id, slots.c.starts_at, slots.c.booked)
    .having(slots.c.booked != func.coalesce(func.sum(_PLACES), literal(0, type_=Integer)))
    .order_by(slots.c.starts_at, slots.c.id),
)

_ROWS_OF_SLOT = (
    select(func.coalesce(func.sum(_PLACES), literal(0, type_=Integer)))
    .where(bookings.c.slot_id == slots.c.id, _LIVE)
    .scalar_subquery()
)
RECOUNT_SLOT: Final = Statement(
    "calendar.recount_slot",
    update(slots).where(slots.c.id == bindparam("slot")).values(booked=_ROWS_OF_SLOT),
)

# --- layouts of programmes ---
LAID_OUT: Final = Statement(
    "calendar.laid_out",
    select(programmes.c.digest, programmes.c.renamed, programmes.c.laid_out_at).where(
        programmes.c.id == bindparam("programme")
    ),
)
REMEMBER_LAYOUT: Final = _upsert(
    "calendar.remember_layout",
    programmes,
    ["id"],
    lambda new: {"digest": new.digest, "laid_out_at": new.laid_out_at, "renamed": new.renamed},
)

# --- bookings ---
BOOKING_BY_ID: Final = Statement(
    "calendar.booking", BOOKED.where(bookings.c.id == bindparam("booking")), row=booking_of_row
)
BOOKINGS_OF: Final = Statement(
    "calendar.bookings_of",
    BOOKED.where(
        bookings.c.citizen == bindparam("citizen"), _LIVE, slots.c.ends_at > bindparam("now")
    ).order_by(slots.c.starts_at, bookings.c.id),
    row=booking_of_row,
)
RECENT_BOOKINGS: Final = Statement(
    "calendar.recent_bookings",
    BOOKED.order_by(bookings.c.id.desc()).limit(bindparam("limit", type_=Integer)),
    row=booking_of_row,
)
ADD_BOOKING: Final = _insert_once("calendar.add_booking", bookings)
DROP_BOOKING: Final = Statement(
    "calendar.drop_booking", delete(bookings).where(bookings.c.id == bindparam("booking"))
)
LIVE_IN_SLOT: Final = Statement(
    "calendar.live_in_slot",
    select(bookings.c.id).where(
        bookings.c.slot_id == bindparam("slot"), bookings.c.citizen == bindparam("citizen"), _LIVE
    ),
)
CONFIRM: Final = Statement(
    "calendar.confirm",
    update(bookings)
    .where(
        bookings.c.id == bindparam("booking"),
        bookings.c.state == BookingState.HELD.value,
        bookings.c.held_until > bindparam("now"),
    )
    .values(state=BookingState.CONFIRMED.value, held_until=None),
)
END: Final = Statement(
    "calendar.end",
    update(bookings)
    .where(*_AS_READ)
    .values(state=bindparam("now_is"), held_until=None, ended_at=bindparam("now")),
)
_STILL = select(bookings.c.id).where(*_AS_READ)
# Locked until the commit: whoever changes it waits.
STILL_AS_READ: Final = Statement(
    "calendar.still_as_read", _STILL.with_for_update(key_share=True), sqlite=_STILL
)
MOVE: Final = Statement(
    "calendar.move",
    update(bookings)
    .where(*_AS_READ)
    .values(
        slot_id=bindparam("to"),
        party=bindparam("people", type_=Integer),
        places=_places,
        draws=bindparam("drawn", type_=Integer),
        options=bindparam("beside", type_=bookings.c.options.type),
    ),
)
SETTLE: Final = Statement(
    "calendar.settle",
    update(bookings)
    .where(bookings.c.id == bindparam("booking"), bookings.c.state == BookingState.DISPLACED.value)
    .values(state=BookingState.CONFIRMED.value, closure=None),
)
HAND_OVER: Final = Statement(
    "calendar.hand_over",
    update(bookings)
    .where(bookings.c.id == bindparam("booking"), bookings.c.citizen == bindparam("from_whom"), _LIVE)
    .values(citizen=bindparam("who"), contact=false()),
)
SET_LINK: Final = Statement(
    "calendar.set_link",
    update(bookings).where(bookings.c.id == bindparam("booking")).values(link=bindparam("link")),
)
LINKED: Final = Statement(
    "calendar.linked",
    BOOKED.where(bookings.c.link == bindparam("link")).order_by(slots.c.starts_at, bookings.c.id),
    row=booking_of_row,
)
FORGET_BOOKINGS: Final = Statement(
    "calendar.forget_bookings",
    update(bookings).where(bookings.c.citizen == bindparam("who")).values(citizen=None),
)

# --- persons and requests ---
QUEUE_PERSON: Final = _upsert(
    "calendar.queue_person",
    persons,
    ["programme", "citizen"],
    lambda new: {"requests": persons.c.requests + new.requests},
)
FORGET_PERSON: Final = Statement(
    "calendar.forget_person", delete(persons).where(persons.c.citizen == bindparam("who"))
)
CLAIM_REQUEST: Final = _insert_once("calendar.claim_request", requests)
REQUEST: Final = Statement(
    "calendar.request",
    select(requests.c.verb, requests.c.digest, requests.c.answer).where(
        requests.c.key == bindparam("request")
    ),
)
ANSWER: Final = Statement(
    "calendar.answer",
    update(requests)
    .where(requests.c.key == bindparam("request"))
    .values(answer=bindparam("said", type_=requests.c.answer.type)),
)
FORGET_REQUESTS: Final = Statement(
    "calendar.forget_requests", delete(requests).where(requests.c.citizen == bindparam("who"))
)
PURGE_REQUESTS: Final = Statement(
    "calendar.purge_requests",
    delete(requests).where(requests.c.made_at < bindparam("before", type_=requests.c.made_at.type)),
)
