"""The store's first tables: outbox, inbox, schedules, ticks, audit, identity, blobs."""

import sqlalchemy as sa
from alembic import op

from govline.errors import StoreError
from govline.store.columns import BoolColumn, IdColumn, InstantColumn, JsonColumn

revision = "store_0001"
down_revision = None
branch_labels = ("store",)
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "gl_audit",
        sa.Column("id", IdColumn(), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", IdColumn(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", IdColumn(), nullable=False),
        sa.Column("data", JsonColumn(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("gl_audit_actor", "gl_audit", ["actor_kind", "actor_id", "id"], unique=False)
    op.create_index("gl_audit_subject", "gl_audit", ["subject_kind", "subject_id", "id"], unique=False)
    op.create_table(
        "gl_blob",
        sa.Column("id", IdColumn(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created", InstantColumn(), nullable=False),
        sa.Column("expires", InstantColumn(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "gl_blob_expires",
        "gl_blob",
        ["expires"],
        unique=False,
        sqlite_where=sa.text("expires IS NOT NULL"),
        postgresql_where=sa.text("expires IS NOT NULL"),
    )
    op.create_table(
        "gl_follow",
        sa.Column("id", IdColumn(), nullable=False),
        sa.Column("citizen", IdColumn(), nullable=False),
        sa.Column("blocked", BoolColumn(), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("gl_follow_citizen", "gl_follow", ["citizen", "id"], unique=False)
    op.create_table(
        "gl_identity",
        sa.Column("citizen", IdColumn(), nullable=False),
        sa.Column("lookup", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("blocked", BoolColumn(), nullable=False),
        sa.Column("created", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("citizen"),
        sa.UniqueConstraint("lookup"),
    )
    op.create_table(
        "gl_inbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("citizen", IdColumn(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("timestamp_ms", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reply_token", sa.Text(), nullable=False),
        sa.Column("sealed", BoolColumn(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("received", InstantColumn(), nullable=False),
        sa.Column("ended", InstantColumn(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "gl_inbox_citizen",
        "gl_inbox",
        ["citizen"],
        unique=False,
        sqlite_where=sa.text("citizen IS NOT NULL"),
        postgresql_where=sa.text("citizen IS NOT NULL"),
    )
    op.create_index(
        "gl_inbox_ended",
        "gl_inbox",
        ["ended"],
        unique=False,
        sqlite_where=sa.text("ended IS NOT NULL"),
        postgresql_where=sa.text("ended IS NOT NULL"),
    )
    op.create_index(
        "gl_inbox_failed",
        "gl_inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index(
        "gl_inbox_waiting",
        "gl_inbox",
        ["lane", "timestamp_ms", "sequence", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "gl_inbox_lane",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("touched", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("lane"),
    )
    op.create_index("gl_inbox_lane_touched", "gl_inbox_lane", ["touched"], unique=False)
    op.create_table(
        "gl_outbox",
        sa.Column("id", IdColumn(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", JsonColumn(), nullable=False),
        sa.Column("dedupe", sa.Text(), nullable=False),
        sa.Column("order_key", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("strict", BoolColumn(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("enqueued", InstantColumn(), nullable=False),
        sa.Column("due", InstantColumn(), nullable=False),
        sa.Column("expires", InstantColumn(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wake", InstantColumn(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_attempt", InstantColumn(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended", InstantColumn(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("topic", "dedupe", name="gl_outbox_dedupe"),
    )
    op.create_index(
        "gl_outbox_ended",
        "gl_outbox",
        ["ended"],
        unique=False,
        sqlite_where=sa.text("ended IS NOT NULL"),
        postgresql_where=sa.text("ended IS NOT NULL"),
    )
    op.create_index(
        "gl_outbox_open",
        "gl_outbox",
        ["order_key", "position"],
        unique=False,
        sqlite_where=sa.text("order_key IS NOT NULL AND state NOT IN ('done', 'skipped')"),
        postgresql_where=sa.text("order_key IS NOT NULL AND state NOT IN ('done', 'skipped')"),
    )
    op.create_index(
        "gl_outbox_ready",
        "gl_outbox",
        ["queue", sa.literal_column("priority DESC"), "id"],
        unique=False,
        sqlite_where=sa.text("state = 'ready'"),
        postgresql_where=sa.text("state = 'ready'"),
    )
    op.create_index(
        "gl_outbox_trouble",
        "gl_outbox",
        ["state", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('dead', 'unknown')"),
        postgresql_where=sa.text("state IN ('dead', 'unknown')"),
    )
    op.create_index(
        "gl_outbox_wake",
        "gl_outbox",
        ["wake"],
        unique=False,
        sqlite_where=sa.text("wake IS NOT NULL"),
        postgresql_where=sa.text("wake IS NOT NULL"),
    )
    op.create_table(
        "gl_outbox_order",
        sa.Column("order_key", sa.Text(), nullable=False),
        sa.Column("tail", sa.BigInteger(), nullable=False),
        sa.Column("touched", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("order_key"),
    )
    op.create_index("gl_outbox_order_touched", "gl_outbox_order", ["touched"], unique=False)
    op.create_table(
        "gl_schedule",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due", InstantColumn(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", IdColumn(), nullable=False),
        sa.Column("quiet_hours", BoolColumn(), nullable=False),
        sa.Column("effect", JsonColumn(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("gl_schedule_due", "gl_schedule", ["due", "key"], unique=False)
    op.create_index("gl_schedule_subject", "gl_schedule", ["subject_kind", "subject_id"], unique=False)
    op.create_table(
        "gl_tick",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_due", InstantColumn(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", InstantColumn(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    """Migrations go forward only."""
    raise StoreError("migrations go forward only", hint="restore a backup")
