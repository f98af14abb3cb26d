"""The tables of the calendar: slots with a counter, bookings beside them, answers by idempotency key."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from govline.store.columns import BoolColumn, IdColumn, InstantColumn, JsonColumn

__all__ = [
    "booking_draws",
    "bookings",
    "draws",
    "metadata",
    "persons",
    "pools",
    "programmes",
    "requests",
    "slots",
]

metadata: Final = MetaData()

programmes: Final = Table(
    "gl_calendar_programme",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("laid_out_at", InstantColumn, nullable=False),
)

slots: Final = Table(
    "gl_calendar_slot",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("starts_at", InstantColumn, nullable=False),
    Column("ends_at", InstantColumn, nullable=False),
    Column("name", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("booked", Integer, nullable=False),
    Column("cancelled", BoolColumn, nullable=False),
    Column("draws", Integer, nullable=False, server_default="0"),
    UniqueConstraint("programme", "starts_at", "name", name="gl_calendar_slot_place"),
    CheckConstraint("booked >= 0", name="gl_calendar_slot_booked"),
)

bookings: Final = Table(
    "gl_calendar_booking",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("slot_id", IdColumn, ForeignKey("gl_calendar_slot.id"), nullable=False),
    Column("programme", Text, nullable=False),
    Column("citizen", IdColumn),
    Column("party", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("held_until", InstantColumn),
    Column("made_at", InstantColumn, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("ended_at", InstantColumn),
    Column("places", Integer, nullable=False, server_default="0"),
    Column("draws", Integer, nullable=False, server_default="0"),
    CheckConstraint("party > 0", name="gl_calendar_booking_party"),
)
# One live booking a person and slot: held, confirmed; an ended one frees the pair.
Index(
    "gl_calendar_booking_live",
    bookings.c.slot_id,
    bookings.c.citizen,
    unique=True,
    sqlite_where=bookings.c.ended_at.is_(None),
    postgresql_where=bookings.c.ended_at.is_(None),
)
Index("gl_calendar_booking_citizen", bookings.c.citizen, bookings.c.programme)
Index(
    "gl_calendar_booking_held",
    bookings.c.held_until,
    sqlite_where=bookings.c.held_until.is_not(None),
    postgresql_where=bookings.c.held_until.is_not(None),
)

# A counter that several slots share: a supply, a day's cap, an hour of a room.
pools: Final = Table(
    "gl_calendar_pool",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("booked", Integer, nullable=False),
    UniqueConstraint("programme", "key", name="gl_calendar_pool_key"),
    CheckConstraint("booked >= 0", name="gl_calendar_pool_booked"),
)

# What a booking of a slot takes of a pool.
draws: Final = Table(
    "gl_calendar_draw",
    metadata,
    Column("slot_id", IdColumn, ForeignKey("gl_calendar_slot.id"), primary_key=True),
    Column("pool_id", IdColumn, ForeignKey("gl_calendar_pool.id"), primary_key=True),
    Column("units", Integer, nullable=False),
    Column("per_place", BoolColumn, nullable=False),
    Index("gl_calendar_draw_pool", "pool_id"),
)

# What a live booking has taken of a pool; the pool's counter is their sum.
booking_draws: Final = Table(
    "gl_calendar_booking_draw",
    metadata,
    Column("booking_id", IdColumn, ForeignKey("gl_calendar_booking.id"), primary_key=True),
    Column("pool_id", IdColumn, ForeignKey("gl_calendar_pool.id"), primary_key=True),
    Column("units", Integer, nullable=False),
    Index("gl_calendar_booking_draw_pool", "pool_id"),
)

# Touched by every booking under a limit, so that one person's requests queue behind each other.
persons: Final = Table(
    "gl_calendar_person",
    metadata,
    Column("programme", Text, primary_key=True),
    Column("citizen", IdColumn, primary_key=True),
    Column("requests", Integer, nullable=False),
)

requests: Final = Table(
    "gl_calendar_request",
    metadata,
    Column("key", Text, primary_key=True),
    Column("verb", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("citizen", IdColumn),
    Column("answer", JsonColumn),
    Column("made_at", InstantColumn, nullable=False),
    Index("gl_calendar_request_citizen", "citizen"),
    Index("gl_calendar_request_made", "made_at"),
)
