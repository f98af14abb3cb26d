"""The store's own tables: outbox, inbox, schedules, ticks, audit, identity, blobs."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from govline.store.columns import BoolColumn, IdColumn, InstantColumn, JsonColumn

__all__ = [
    "address_page",
    "audit",
    "audit_head",
    "blob",
    "follow",
    "identity",
    "inbox",
    "inbox_lane",
    "language",
    "metadata",
    "order_key",
    "outbox",
    "schedule",
    "schedule_fired",
    "tick",
]

metadata = MetaData()

# `state` walks waiting -> asleep -> ready -> leased -> done | dead | unknown | skipped (see outbox.py). `wake` is when a
# sleeping row becomes ready, or when a lease runs out; null otherwise. `fence` grows with every claim.
outbox = Table(
    "gl_outbox",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("queue", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("payload", JsonColumn, nullable=False),
    Column("dedupe", Text, nullable=False),
    Column("order_key", Text),
    Column("position", BigInteger, nullable=False),
    Column("strict", BoolColumn, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("enqueued", InstantColumn, nullable=False),
    Column("due", InstantColumn, nullable=False),
    Column("expires", InstantColumn),
    Column("state", Text, nullable=False),
    Column("wake", InstantColumn),
    Column("fence", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_attempt", InstantColumn),
    Column("reason", Text, nullable=False),
    Column("ended", InstantColumn),
    UniqueConstraint("topic", "dedupe", name="gl_outbox_dedupe"),
)
Index(
    "gl_outbox_ready",
    outbox.c.queue,
    outbox.c.priority.desc(),
    outbox.c.id,
    sqlite_where=text("state = 'ready'"),
    postgresql_where=text("state = 'ready'"),
)
Index(
    "gl_outbox_wake",
    outbox.c.wake,
    sqlite_where=text("wake IS NOT NULL"),
    postgresql_where=text("wake IS NOT NULL"),
)
Index(
    "gl_outbox_open",
    outbox.c.order_key,
    outbox.c.position,
    sqlite_where=text("order_key IS NOT NULL AND state NOT IN ('done', 'skipped')"),
    postgresql_where=text("order_key IS NOT NULL AND state NOT IN ('done', 'skipped')"),
)
Index(
    "gl_outbox_trouble",
    outbox.c.state,
    outbox.c.id,
    sqlite_where=text("state IN ('dead', 'unknown')"),
    postgresql_where=text("state IN ('dead', 'unknown')"),
)
Index(
    "gl_outbox_ended",
    outbox.c.ended,
    sqlite_where=text("ended IS NOT NULL"),
    postgresql_where=text("ended IS NOT NULL"),
)

# One row an order key: locking it makes "enqueue behind" and "let the next one go" exclude each other.
order_key = Table(
    "gl_outbox_order",
    metadata,
    Column("order_key", Text, primary_key=True),
    Column("tail", BigInteger, nullable=False),
    Column("touched", InstantColumn, nullable=False),
)
Index("gl_outbox_order_touched", order_key.c.touched)

inbox = Table(
    "gl_inbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("citizen", IdColumn),
    Column("kind", Text, nullable=False),
    Column("timestamp_ms", BigInteger, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("reply_token", Text, nullable=False),
    Column("sealed", BoolColumn, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("received", InstantColumn, nullable=False),
    Column("ended", InstantColumn),
)
Index(
    "gl_inbox_waiting",
    inbox.c.lane,
    inbox.c.timestamp_ms,
    inbox.c.sequence,
    inbox.c.id,
    sqlite_where=text("state = 'received'"),
    postgresql_where=text("state = 'received'"),
)
Index(
    "gl_inbox_citizen",
    inbox.c.citizen,
    sqlite_where=text("citizen IS NOT NULL"),
    postgresql_where=text("citizen IS NOT NULL"),
)
Index(
    "gl_inbox_failed",
    inbox.c.id,
    sqlite_where=text("state = 'failed'"),
    postgresql_where=text("state = 'failed'"),
)
Index(
    "gl_inbox_ended",
    inbox.c.ended,
    sqlite_where=text("ended IS NOT NULL"),
    postgresql_where=text("ended IS NOT NULL"),
)

# Locking a lane's row is the right to handle its events; `last_ms` tells a late arrival.
inbox_lane = Table(
    "gl_inbox_lane",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("last_ms", BigInteger, nullable=False),
    Column("touched", InstantColumn, nullable=False),
)
Index("gl_inbox_lane_touched", inbox_lane.c.touched)

schedule = Table(
    "gl_schedule",
    metadata,
    Column("key", Text, primary_key=True),
    Column("due", InstantColumn, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", IdColumn, nullable=False),
    Column("quiet_hours", BoolColumn, nullable=False),
    Column("effect", JsonColumn, nullable=False),
)
Index("gl_schedule_due", schedule.c.due, schedule.c.key)
Index("gl_schedule_subject", schedule.c.subject_kind, schedule.c.subject_id)

# Which effect a schedule became, so that it can be withdrawn while it waits in the outbox.
schedule_fired = Table(
    "gl_schedule_fired",
    metadata,
    Column("key", Text, primary_key=True),
    Column("effect_id", IdColumn, nullable=False),
    Column("fired", InstantColumn, nullable=False),
)
Index("gl_schedule_fired_at", schedule_fired.c.fired)

tick = Table(
    "gl_tick",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last_due", InstantColumn, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("retry_at", InstantColumn),
    Column("code", Text, nullable=False),
)

audit = Table(
    "gl_audit",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("at", InstantColumn, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", IdColumn, nullable=False),
    Column("channel", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", IdColumn, nullable=False),
    Column("data", JsonColumn, nullable=False),
    Column("number", BigInteger),
    Column("hash", Text),
)
Index(
    "gl_audit_number",
    audit.c.number,
    unique=True,
    sqlite_where=text("number IS NOT NULL"),
    postgresql_where=text("number IS NOT NULL"),
)
Index(
    "gl_audit_open",
    audit.c.id,
    sqlite_where=text("number IS NULL"),
    postgresql_where=text("number IS NULL"),
)
Index("gl_audit_subject", audit.c.subject_kind, audit.c.subject_id, audit.c.id)
Index("gl_audit_actor", audit.c.actor_kind, audit.c.actor_id, audit.c.id)

# The end of the audit's chain; locking the row is the right to add to it. `secret` makes pseudonyms.
audit_head = Table(
    "gl_audit_head",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("secret", Text, nullable=False),
)

# The only place of the LINE userId besides the pages derived from it: sealed, and found by a keyed hash.
identity = Table(
    "gl_identity",
    metadata,
    Column("citizen", IdColumn, primary_key=True),
    Column("lookup", Text, nullable=False, unique=True),
    Column("sealed", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("blocked", BoolColumn, nullable=False),
    Column("created", InstantColumn, nullable=False),
)

# What `identity` holds, a page of people in one sealed box: derived, for deliveries to many (see addresses.py).
address_page = Table(
    "gl_identity_page",
    metadata,
    Column("first", IdColumn, primary_key=True),
    Column("last", IdColumn, nullable=False),
    Column("size", Integer, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

follow = Table(
    "gl_follow",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("citizen", IdColumn, nullable=False),
    Column("blocked", BoolColumn, nullable=False),
    Column("at", InstantColumn, nullable=False),
)
Index("gl_follow_citizen", follow.c.citizen, follow.c.id)

# In which language a citizen wants to read; who has none reads Japanese.
language = Table(
    "gl_language",
    metadata,
    Column("citizen", IdColumn, primary_key=True),
    Column("locale", Text, nullable=False),
    Column("at", InstantColumn, nullable=False),
)

blob = Table(
    "gl_blob",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created", InstantColumn, nullable=False),
    Column("expires", InstantColumn),
)
Index(
    "gl_blob_expires",
    blob.c.expires,
    sqlite_where=text("expires IS NOT NULL"),
    postgresql_where=text("expires IS NOT NULL"),
)
