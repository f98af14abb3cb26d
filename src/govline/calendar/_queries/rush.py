"""The set-based statements of a rush: one each for all requests of a batch."""

from typing import Any, Final

from sqlalchemy import Integer, Text, and_, bindparam, select, true, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.calendar._queries import SLOT_COLUMNS, slot_of_row
from govline.calendar._queries.sets import among
from govline.calendar._tables import bookings, persons, requests, slots
from govline.store import Statement
from govline.store.rows import given_rows, insert_rows

__all__ = [
    "ADD_BOOKINGS",
    "ADD_REQUESTS",
    "FIND_SLOTS",
    "KNOWN_REQUESTS",
    "LIVE_PAIRS",
    "LOCK_SLOTS",
    "QUEUE_PERSONS",
    "TAKE_PLACES",
]

ADD_BOOKINGS: Final = insert_rows("calendar.add_bookings", bookings)


def _known(dialect: str) -> Any:
    found = select(requests.c.key, requests.c.verb, requests.c.digest, requests.c.answer)
    return found.where(among(requests.c.key, "keys", dialect))


def _slots(dialect: str) -> Any:
    return select(*SLOT_COLUMNS).where(among(slots.c.id, "slots", dialect)).order_by(slots.c.id)


def _pairs(dialect: str) -> Any:
    given = given_rows({"slot": Text(), "citizen": Text()}, dialect)
    live = and_(
        bookings.c.slot_id == given["slot"],
        bookings.c.citizen == given["citizen"],
        bookings.c.ended_at.is_(None),
    )
    # a subquery for each pair is an index look-up; a join lets PostgreSQL hash all bookings of the slot
    standing = select(bookings.c.id).where(live).limit(1).scalar_subquery()
    return select(given["slot"], given["citizen"], standing)


def _queue_persons(dialect: str) -> Any:
    """In one order everywhere, so that two batches cannot wait for each other."""
    columns = {each.name: each.type for each in persons.columns}
    given = given_rows(columns, dialect)
    rows = select(*given.values()).where(true()).order_by(given["programme"], given["citizen"])
    made = (postgresql_insert if dialect == "postgresql" else sqlite_insert)(persons).from_select(
        list(columns), rows
    )
    return made.on_conflict_do_update(
        index_elements=["programme", "citizen"],
        set_={"requests": persons.c.requests + made.excluded.requests},
    )


def _add_requests(dialect: str) -> Any:
    columns = {each.name: each.type for each in requests.columns}
    rows = select(*given_rows(columns, dialect).values()).where(true())
    made = (postgresql_insert if dialect == "postgresql" else sqlite_insert)(requests)
    added = made.from_select(list(columns), rows)
    return added.on_conflict_do_update(
        index_elements=["key"], set_={"answer": added.excluded.answer}, where=requests.c.answer.is_(None)
    )


# One that was claimed and never answered is answered; one that has its answer is not counted.
ADD_REQUESTS: Final = Statement(
    "calendar.add_requests", _add_requests("postgresql"), sqlite=_add_requests("sqlite")
)
QUEUE_PERSONS: Final = Statement(
    "calendar.queue_persons", _queue_persons("postgresql"), sqlite=_queue_persons("sqlite")
)
KNOWN_REQUESTS: Final = Statement("calendar.known_requests", _known("postgresql"), sqlite=_known("sqlite"))
LOCK_SLOTS: Final = Statement(
    "calendar.lock_slots",
    _slots("postgresql").with_for_update(key_share=True),
    slot_of_row,
    sqlite=_slots("sqlite"),
)
FIND_SLOTS: Final = Statement(
    "calendar.find_slots", _slots("postgresql"), slot_of_row, sqlite=_slots("sqlite")
)
LIVE_PAIRS: Final = Statement("calendar.live_pairs", _pairs("postgresql"), sqlite=_pairs("sqlite"))
# Their rows are locked, so the counter is raised by what the batch has won.
TAKE_PLACES: Final = Statement(
    "calendar.take_places",
    update(slots)
    .where(
        slots.c.id == bindparam("slot"),
        slots.c.booked + bindparam("places", type_=Integer) <= slots.c.capacity,
    )
    .values(booked=slots.c.booked + bindparam("places", type_=Integer)),
)
