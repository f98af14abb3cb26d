"""Holds of one slot by index: a full slot asks for those that ran out before it refuses, however many bookings there are."""

from alembic import op
from sqlalchemy import text

revision = "calendar_0007"
down_revision = "calendar_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    held = text("held_until IS NOT NULL")
    op.create_index(
        "gl_calendar_booking_held_slot",
        "gl_calendar_booking",
        ["slot_id"],
        sqlite_where=held,
        postgresql_where=held,
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
