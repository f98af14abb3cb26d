"""Pools that several slots share, and what each booking has taken of them."""

import sqlalchemy as sa
from alembic import op

revision = "calendar_0002"
down_revision = "calendar_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_calendar_pool",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("booked", sa.Integer, nullable=False),
        sa.UniqueConstraint("programme", "key", name="gl_calendar_pool_key"),
        sa.CheckConstraint("booked >= 0", name="gl_calendar_pool_booked"),
    )
    op.create_table(
        "gl_calendar_draw",
        sa.Column("slot_id", sa.Text, sa.ForeignKey("gl_calendar_slot.id"), primary_key=True),
        sa.Column("pool_id", sa.Text, sa.ForeignKey("gl_calendar_pool.id"), primary_key=True),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("per_place", sa.Boolean, nullable=False),
    )
    op.create_index("gl_calendar_draw_pool", "gl_calendar_draw", ["pool_id"])
    op.create_table(
        "gl_calendar_booking_draw",
        sa.Column("booking_id", sa.Text, sa.ForeignKey("gl_calendar_booking.id"), primary_key=True),
        sa.Column("pool_id", sa.Text, sa.ForeignKey("gl_calendar_pool.id"), primary_key=True),
        sa.Column("units", sa.Integer, nullable=False),
    )
    op.create_index("gl_calendar_booking_draw_pool", "gl_calendar_booking_draw", ["pool_id"])
    op.add_column("gl_calendar_slot", sa.Column("draws", sa.Integer, nullable=False, server_default="0"))
    op.add_column("gl_calendar_booking", sa.Column("places", sa.Integer, nullable=False, server_default="0"))
    op.add_column("gl_calendar_booking", sa.Column("draws", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE gl_calendar_booking SET places = party")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
