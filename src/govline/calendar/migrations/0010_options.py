"""備品: what a booking has beside its places, what of a stock it takes, and a bill that changed after it was paid."""

import sqlalchemy as sa
from alembic import op

revision = "calendar_0010"
down_revision = "calendar_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gl_calendar_booking", sa.Column("options", sa.Text))
    for name in ("billed", "owed"):
        op.add_column("gl_calendar_due", sa.Column(name, sa.Integer))
    op.create_table(
        "gl_calendar_option_draw",
        sa.Column("slot_id", sa.Text, sa.ForeignKey("gl_calendar_slot.id"), primary_key=True),
        sa.Column("pool_id", sa.Text, sa.ForeignKey("gl_calendar_pool.id"), primary_key=True),
        sa.Column("option", sa.Text, nullable=False),
        sa.Column("units", sa.Integer, nullable=False),
    )
    op.create_index("gl_calendar_option_draw_pool", "gl_calendar_option_draw", ["pool_id"])


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
