"""The plan table of attribute columns, and the history of answers."""

import sqlalchemy as sa
from alembic import op

revision = "segments_0001"
down_revision = None
branch_labels = ("segments",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_segments_column",
        sa.Column("table_name", sa.Text, primary_key=True),
        sa.Column("column_name", sa.Text, primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "gl_segments_history",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("citizen", sa.Text, nullable=False),
        sa.Column("attribute", sa.Text, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_segments_history_citizen", "gl_segments_history", ["citizen", "attribute", "id"])


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
