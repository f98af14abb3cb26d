"""The budget that the workers of one channel share."""

import sqlalchemy as sa
from alembic import op

revision = "line_0001"
down_revision = None
branch_labels = ("line",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_line_budget",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("free_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
