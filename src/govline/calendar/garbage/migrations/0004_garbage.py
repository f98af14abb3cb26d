"""Changes announced in a message of their own, and since when a change is known."""

import sqlalchemy as sa
from alembic import op

revision = "garbage_0004"
down_revision = "garbage_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_garbage_known_change",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("area", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("moved_to", sa.Text, primary_key=True),
        sa.Column("known_on", sa.Text, nullable=False),
        sa.Column("day_after", sa.Text, nullable=False),
        sa.Column("known_hour", sa.Integer, nullable=False),
    )
    op.create_table(
        "gl_garbage_announced",
        sa.Column("citizen", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("area", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("moved_to", sa.Text, primary_key=True),
        sa.Column("told_by", sa.Text, nullable=False),
    )
    op.create_index("gl_garbage_announced_told_by", "gl_garbage_announced", ["told_by"])


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
