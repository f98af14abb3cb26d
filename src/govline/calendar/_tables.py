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

__all__ = ["bookings", "metadata", "persons", "programmes", "requests", "slots"]

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
