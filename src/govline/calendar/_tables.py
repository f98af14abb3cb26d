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
    and_,
    false,
)

from govline.store.columns import BoolColumn, DateColumn, IdColumn, InstantColumn, JsonColumn

__all__ = [
    "booking_draws",
    "bookings",
    "closures",
    "contacts",
    "draws",
    "eligible",
    "fees_due",
    "fixed_places",
    "group_members",
    "groups",
    "guesses",
    "history",
    "listed",
    "metadata",
    "option_draws",
    "persons",
    "pools",
    "programmes",
    "requests",
    "slots",
    "tickets",
    "told",
]

metadata: Final = MetaData()

programmes: Final = Table(
    "gl_calendar_programme",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("laid_out_at", InstantColumn, nullable=False),
    Column("renamed", JsonColumn),
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
    Column("reserved_for", IdColumn),
    Column("reserved_until", InstantColumn),
    Column("closure", IdColumn),
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
    Column("voucher", IdColumn),
    Column("contact", BoolColumn, nullable=False, server_default=false()),
    Column("waived", JsonColumn),
    Column("link", IdColumn),
    Column("closure", IdColumn),
    Column("options", JsonColumn),
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
# One live booking a voucher of the eligibility list; an ended one frees it.
_ON_VOUCHER = and_(bookings.c.voucher.is_not(None), bookings.c.ended_at.is_(None))
Index(
    "gl_calendar_booking_voucher",
    bookings.c.voucher,
    unique=True,
    sqlite_where=_ON_VOUCHER,
    postgresql_where=_ON_VOUCHER,
)
# a slot looks for its holds that ran out before it refuses anybody
Index(
    "gl_calendar_booking_due",
    bookings.c.slot_id,
    bookings.c.held_until,
    sqlite_where=bookings.c.held_until.is_not(None),
    postgresql_where=bookings.c.held_until.is_not(None),
)
Index(
    "gl_calendar_booking_held",
    bookings.c.held_until,
    sqlite_where=bookings.c.held_until.is_not(None),
    postgresql_where=bookings.c.held_until.is_not(None),
)

Index(
    "gl_calendar_booking_link",
    bookings.c.link,
    sqlite_where=bookings.c.link.is_not(None),
    postgresql_where=bookings.c.link.is_not(None),
)
Index(
    "gl_calendar_booking_closure",
    bookings.c.closure,
    sqlite_where=bookings.c.closure.is_not(None),
    postgresql_where=bookings.c.closure.is_not(None),
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

# What a booking of a slot takes of a pool for each piece of an option (備品) that it asks for. A table of its own: a release that
# knows no options would take such a draw for one of every booking.
option_draws: Final = Table(
    "gl_calendar_option_draw",
    metadata,
    Column("slot_id", IdColumn, ForeignKey("gl_calendar_slot.id"), primary_key=True),
    Column("pool_id", IdColumn, ForeignKey("gl_calendar_pool.id"), primary_key=True),
    Column("option", Text, nullable=False),
    Column("units", Integer, nullable=False),
    Index("gl_calendar_option_draw_pool", "pool_id"),
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

# 接種券などの一覧: who may book a programme. Number and birth date stand as keyed hashes only.
eligible: Final = Table(
    "gl_calendar_eligible",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("born", Text, nullable=False),
    Column("cohort", Text, nullable=False),
    Column("earlier_on", DateColumn),
    Column("product", Text, nullable=False),
    Column("good_until", DateColumn),
    Column("withdrawn", BoolColumn, nullable=False),
    Column("citizen", IdColumn),
    Column("claimed_at", InstantColumn),
    UniqueConstraint("programme", "number", name="gl_calendar_eligible_number"),
    Index("gl_calendar_eligible_citizen", "citizen", "programme"),
)

# Wrong entries by citizen, number and channel, so that nobody can try numbers out.
guesses: Final = Table(
    "gl_calendar_guess",
    metadata,
    Column("programme", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("since", InstantColumn, nullable=False),
    Column("locked_until", InstantColumn),
    Column("locks", Integer, nullable=False),
    Index("gl_calendar_guess_locked", "locked_until"),
)

# 登録団体 with their 減免 class; the rate is what was approved.
groups: Final = Table(
    "gl_calendar_group",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("label", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("rate", Integer, nullable=False),
    Column("good_until", DateColumn),
    Column("purposes", JsonColumn, nullable=False),
    Column("asked_at", InstantColumn, nullable=False),
    Column("decided_at", InstantColumn),
)
group_members: Final = Table(
    "gl_calendar_group_member",
    metadata,
    Column("group_id", IdColumn, ForeignKey("gl_calendar_group.id"), primary_key=True),
    Column("citizen", IdColumn, primary_key=True),
    Index("gl_calendar_group_member_citizen", "citizen"),
)

# What has to be paid by when, of programmes with `pay_by`.
fees_due: Final = Table(
    "gl_calendar_due",
    metadata,
    Column("booking_id", IdColumn, ForeignKey("gl_calendar_booking.id"), primary_key=True),
    Column("due_at", InstantColumn, nullable=False),
    Column("paid_at", InstantColumn),
    Column("settled_at", InstantColumn),
    Column("outcome", Text),
    Column("billed", Integer),
    Column("owed", Integer),
)
_UNSETTLED = and_(fees_due.c.paid_at.is_not(None), fees_due.c.settled_at.is_(None))
Index(
    "gl_calendar_due_unsettled",
    fees_due.c.booking_id,
    sqlite_where=_UNSETTLED,
    postgresql_where=_UNSETTLED,
)

# How many places staff have given a slot or a pool by hand: the programme's rules no longer say it.
fixed_places: Final = Table(
    "gl_calendar_fixed",
    metadata,
    Column("subject", IdColumn, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("places", Integer, nullable=False),
    Column("at", InstantColumn, nullable=False),
    Index("gl_calendar_fixed_programme", "programme"),
)

# Under which number a booking came in from a list of staff: the same list again changes nothing.
listed: Final = Table(
    "gl_calendar_listed",
    metadata,
    Column("programme", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("booking_id", IdColumn, ForeignKey("gl_calendar_booking.id"), nullable=False, unique=True),
)

# Who books without LINE. What staff know of them is sealed; the merge code stands as a keyed hash.
contacts: Final = Table(
    "gl_calendar_contact",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("label", Text),
    Column("phone", Text),
    Column("phone_hash", Text),
    Column("merge", Text, unique=True),
    Column("merge_until", InstantColumn),
    Column("citizen", IdColumn),
    Column("made_at", InstantColumn, nullable=False),
    Index("gl_calendar_contact_phone", "phone_hash"),
    Index("gl_calendar_contact_citizen", "citizen"),
)

# What happened to a booking after it was made; rows are only added.
history: Final = Table(
    "gl_calendar_history",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("booking_id", IdColumn, ForeignKey("gl_calendar_booking.id"), nullable=False),
    Column("at", InstantColumn, nullable=False),
    Column("what", Text, nullable=False),
    Column("was", Text, nullable=False),
    Column("slot_id", IdColumn, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("data", JsonColumn, nullable=False),
    Index("gl_calendar_history_booking", "booking_id", "id"),
)

# The code with which somebody is checked in, as a keyed hash; it can be shown again from the booking's id and the key.
tickets: Final = Table(
    "gl_calendar_ticket",
    metadata,
    Column("booking_id", IdColumn, ForeignKey("gl_calendar_booking.id"), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
)

# A stretch of a programme that does not take place, and until when its people come first.
closures: Final = Table(
    "gl_calendar_closure",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("programme", Text, nullable=False),
    Column("since", InstantColumn, nullable=False),
    Column("until", InstantColumn, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("emergency", BoolColumn, nullable=False),
    Column("priority_until", InstantColumn),
    Column("made_at", InstantColumn, nullable=False),
    Index("gl_calendar_closure_programme", "programme", "since"),
)
# Whom a closure has to tell: on LINE, or by telephone. What became of a message stands in the outbox.
told: Final = Table(
    "gl_calendar_told",
    metadata,
    Column("closure_id", IdColumn, primary_key=True),
    Column("booking_id", IdColumn, primary_key=True),
    Column("by_line", BoolColumn, nullable=False),
)
Index(
    "gl_calendar_slot_closure",
    slots.c.closure,
    sqlite_where=slots.c.closure.is_not(None),
    postgresql_where=slots.c.closure.is_not(None),
)
Index(
    "gl_calendar_slot_reserved",
    slots.c.reserved_for,
    sqlite_where=slots.c.reserved_for.is_not(None),
    postgresql_where=slots.c.reserved_for.is_not(None),
)
