"""The audit's chain, schedules that have fired, and the languages of citizens."""

import sqlalchemy as sa
from alembic import op

from govline.errors import StoreError
from govline.store.columns import IdColumn, InstantColumn

revision = "store_0002"
down_revision = "store_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables."""
    op.add_column("gl_audit", sa.Column("number", sa.BigInteger(), nullable=True))
    op.add_column("gl_audit", sa.Column("hash", sa.Text(), nullable=True))
    op.create_index(
        "gl_audit_number",
        "gl_audit",
        ["number"],
        unique=True,
        sqlite_where=sa.text("number IS NOT NULL"),
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.create_index(
        "gl_audit_open",
        "gl_audit",
        ["id"],
        unique=False,
        sqlite_where=sa.text("number IS NULL"),
        postgresql_where=sa.text("number IS NULL"),
    )
    op.create_table(
        "gl_audit_head",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "gl_schedule_fired",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("effect_id", IdColumn(), nullable=False),
        sa.Column("fired", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("gl_schedule_fired_at", "gl_schedule_fired", ["fired"], unique=False)
    op.create_table(
        "gl_language",
        sa.Column("citizen", IdColumn(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("citizen"),
    )


def downgrade() -> None:
    """Migrations go forward only."""
    raise StoreError("migrations go forward only", hint="restore a backup")
