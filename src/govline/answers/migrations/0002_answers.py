"""Feeds as they were last fetched."""

import sqlalchemy as sa
from alembic import op

revision = "answers_0002"
down_revision = "answers_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_answers_feed",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("lines", sa.Text, nullable=False),
        sa.Column("as_of", sa.BigInteger),
        sa.Column("problem", sa.Text, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
