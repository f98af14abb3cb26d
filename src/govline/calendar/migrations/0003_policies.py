"""Who may book: the eligibility list with its guess limit, registered groups, what is to be paid."""

import sqlalchemy as sa
from alembic import op

revision = "calendar_0003"
down_revision = "calendar_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gl_calendar_booking", sa.Column("voucher", sa.Text))
    standing = sa.text("voucher IS NOT NULL AND ended_at IS NULL")
    op.create_index(
        "gl_calendar_booking_voucher",
        "gl_calendar_booking",
        ["voucher"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        "gl_calendar_eligible",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("born", sa.Text, nullable=False),
        sa.Column("cohort", sa.Text, nullable=False),
        sa.Column("earlier_on", sa.Text),
        sa.Column("product", sa.Text, nullable=False),
        sa.Column("good_until", sa.Text),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("citizen", sa.Text),
        sa.Column("claimed_at", sa.BigInteger),
        sa.UniqueConstraint("programme", "number", name="gl_calendar_eligible_number"),
    )
    op.create_index("gl_calendar_eligible_citizen", "gl_calendar_eligible", ["citizen", "programme"])
    op.create_table(
        "gl_calendar_guess",
        sa.Column("programme", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("locked_until", sa.BigInteger),
        sa.Column("locks", sa.Integer, nullable=False),
    )
    op.create_index("gl_calendar_guess_locked", "gl_calendar_guess", ["locked_until"])
    _create_groups()
    op.create_table(
        "gl_calendar_due",
        sa.Column("booking_id", sa.Text, sa.ForeignKey("gl_calendar_booking.id"), primary_key=True),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("paid_at", sa.BigInteger),
    )


def _create_groups() -> None:
    op.create_table(
        "gl_calendar_group",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("rate", sa.Integer, nullable=False),
        sa.Column("good_until", sa.Text),
        sa.Column("purposes", sa.Text, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
    )
    op.create_table(
        "gl_calendar_group_member",
        sa.Column("group_id", sa.Text, sa.ForeignKey("gl_calendar_group.id"), primary_key=True),
        sa.Column("citizen", sa.Text, primary_key=True),
    )
    op.create_index("gl_calendar_group_member_citizen", "gl_calendar_group_member", ["citizen"])


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
