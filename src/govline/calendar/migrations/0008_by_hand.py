"""What staff do by hand: places of slots and supplies, lists of bookings, whom a closure told, what is paid for nothing."""

import sqlalchemy as sa
from alembic import op

revision = "calendar_0008"
down_revision = "calendar_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gl_calendar_due", sa.Column("settled_at", sa.BigInteger))
    op.add_column("gl_calendar_due", sa.Column("outcome", sa.Text))
    unsettled = sa.text("paid_at IS NOT NULL AND settled_at IS NULL")
    op.create_index(
        "gl_calendar_due_unsettled",
        "gl_calendar_due",
        ["booking_id"],
        sqlite_where=unsettled,
        postgresql_where=unsettled,
    )
    op.create_table(
        "gl_calendar_fixed",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_calendar_fixed_programme", "gl_calendar_fixed", ["programme"])
    op.create_table(
        "gl_calendar_listed",
        sa.Column("programme", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column(
            "booking_id", sa.Text, sa.ForeignKey("gl_calendar_booking.id"), nullable=False, unique=True
        ),
    )
    op.create_table(
        "gl_calendar_told",
        sa.Column("closure_id", sa.Text, primary_key=True),
        sa.Column("booking_id", sa.Text, primary_key=True),
        sa.Column("by_line", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
