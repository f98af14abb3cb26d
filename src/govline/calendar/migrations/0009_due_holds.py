"""Holds that ran out by slot and time: a rush asks for those of its slot before every batch, however many still run."""

import sqlalchemy as sa
from alembic import op

revision = "calendar_0009"
down_revision = "calendar_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    held = sa.text("held_until IS NOT NULL")
    op.create_index(
        "gl_calendar_booking_due",
        "gl_calendar_booking",
        ["slot_id", "held_until"],
        sqlite_where=held,
        postgresql_where=held,
    )
    op.drop_index("gl_calendar_booking_held_slot", "gl_calendar_booking")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
