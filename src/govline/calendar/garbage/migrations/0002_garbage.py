"""Exceptions, the days they change, and calendars that hold from a later day or for a while."""

import sqlalchemy as sa
from alembic import op

revision = "garbage_0002"
down_revision = "garbage_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_garbage_exception",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("area", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("action", sa.Text, primary_key=True),
        sa.Column("moved_to", sa.Text),
    )
    op.create_table(
        "gl_garbage_change",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("area", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("moved_to", sa.Text),
    )
    op.create_table(
        "gl_garbage_edition",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("starts", sa.Text, nullable=False),
        sa.Column("ends", sa.Text),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("imported_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
