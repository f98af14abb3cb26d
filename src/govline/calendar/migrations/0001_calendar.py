"""Slots, bookings, answers by key."""

import sqlalchemy as sa
from alembic import op

revision = "calendar_0001"
down_revision = None
branch_labels = ("calendar",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_calendar_programme",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("laid_out_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "gl_calendar_slot",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("booked", sa.Integer, nullable=False),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.UniqueConstraint("programme", "starts_at", "name", name="gl_calendar_slot_place"),
        sa.CheckConstraint("booked >= 0", name="gl_calendar_slot_booked"),
    )
    _create_bookings()
    op.create_table(
        "gl_calendar_person",
        sa.Column("programme", sa.Text, primary_key=True),
        sa.Column("citizen", sa.Text, primary_key=True),
        sa.Column("requests", sa.Integer, nullable=False),
    )
    op.create_table(
        "gl_calendar_request",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("citizen", sa.Text),
        sa.Column("answer", sa.Text),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_calendar_request_citizen", "gl_calendar_request", ["citizen"])
    op.create_index("gl_calendar_request_made", "gl_calendar_request", ["made_at"])


def _create_bookings() -> None:
    op.create_table(
        "gl_calendar_booking",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("slot_id", sa.Text, sa.ForeignKey("gl_calendar_slot.id"), nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("citizen", sa.Text),
        sa.Column("party", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("held_until", sa.BigInteger),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.CheckConstraint("party > 0", name="gl_calendar_booking_party"),
    )
    live = sa.text("ended_at IS NULL")
    op.create_index(
        "gl_calendar_booking_live",
        "gl_calendar_booking",
        ["slot_id", "citizen"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_index("gl_calendar_booking_citizen", "gl_calendar_booking", ["citizen", "programme"])
    held = sa.text("held_until IS NOT NULL")
    op.create_index(
        "gl_calendar_booking_held",
        "gl_calendar_booking",
        ["held_until"],
        sqlite_where=held,
        postgresql_where=held,
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
