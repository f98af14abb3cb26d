"""Sealed pages of LINE userIds, for deliveries to many."""

import sqlalchemy as sa
from alembic import op

from govline.errors import StoreError
from govline.store.columns import IdColumn

revision = "store_0003"
down_revision = "store_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; the worker fills it."""
    op.create_table(
        "gl_identity_page",
        sa.Column("first", IdColumn(), nullable=False),
        sa.Column("last", IdColumn(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("first"),
    )


def downgrade() -> None:
    """Migrations go forward only."""
    raise StoreError("migrations go forward only", hint="restore a backup")
