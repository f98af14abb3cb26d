"""Imports and what they changed."""

import sqlalchemy as sa
from alembic import op

revision = "tabular_0001"
down_revision = None
branch_labels = ("tabular",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_import",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
    )
    op.create_index("gl_import_kind", "gl_import", ["kind", "id"])
    op.create_index(
        "gl_import_open",
        "gl_import",
        ["kind"],
        unique=True,
        sqlite_where=sa.text("state IN ('writing', 'undoing')"),
        postgresql_where=sa.text("state IN ('writing', 'undoing')"),
    )
    op.create_table(
        "gl_import_change",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("import_id", sa.Text, nullable=False),
        sa.Column("citizen", sa.Text),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("sealed", sa.Boolean, nullable=False),
    )
    op.create_index("gl_import_change_import", "gl_import_change", ["import_id", "id"])
    op.create_index("gl_import_change_citizen", "gl_import_change", ["citizen"])


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
