"""The counter: people without LINE, what happened to a booking, check-in, linked bookings, closures with a first right."""

import sqlalchemy as sa
from alembic import op

revision = "calendar_0004"
down_revision = "calendar_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gl_calendar_slot", sa.Column("reserved_for", sa.Text))
    op.add_column("gl_calendar_slot", sa.Column("reserved_until", sa.BigInteger))
    op.add_column("gl_calendar_slot", sa.Column("closure", sa.Text))
    op.add_column(
        "gl_calendar_booking", sa.Column("contact", sa.Boolean, nullable=False, server_default=sa.false())
    )
    for name in ("waived", "link", "closure"):
        op.add_column("gl_calendar_booking", sa.Column(name, sa.Text))
    _index("gl_calendar_booking", "link")
    _index("gl_calendar_booking", "closure")
    _index("gl_calendar_slot", "closure")
    _index("gl_calendar_slot", "reserved_for", "reserved")
    op.create_table(
        "gl_calendar_contact",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("label", sa.Text),
        sa.Column("phone", sa.Text),
        sa.Column("phone_hash", sa.Text),
        sa.Column("merge", sa.Text, unique=True),
        sa.Column("merge_until", sa.BigInteger),
        sa.Column("citizen", sa.Text),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_calendar_contact_phone", "gl_calendar_contact", ["phone_hash"])
    op.create_index("gl_calendar_contact_citizen", "gl_calendar_contact", ["citizen"])
    op.create_table(
        "gl_calendar_history",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("booking_id", sa.Text, sa.ForeignKey("gl_calendar_booking.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("what", "was", "slot_id", "actor_kind", "actor", "channel", "reason", "data")
        ),
    )
    op.create_index("gl_calendar_history_booking", "gl_calendar_history", ["booking_id", "id"])
    op.create_table(
        "gl_calendar_ticket",
        sa.Column("booking_id", sa.Text, sa.ForeignKey("gl_calendar_booking.id"), primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "gl_calendar_closure",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("emergency", sa.Boolean, nullable=False),
        sa.Column("priority_until", sa.BigInteger),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_calendar_closure_programme", "gl_calendar_closure", ["programme", "since"])


def _index(table: str, column: str, name: str = "") -> None:
    set_ = sa.text(f"{column} IS NOT NULL")
    op.create_index(f"{table}_{name or column}", table, [column], sqlite_where=set_, postgresql_where=set_)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
