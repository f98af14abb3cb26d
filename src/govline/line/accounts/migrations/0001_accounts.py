"""Imports of followers, and what partners have used."""

import sqlalchemy as sa
from alembic import op

revision = "accounts_0001"
down_revision = None
branch_labels = ("accounts",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_account_import",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("next_page", sa.Text, nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("new", sa.Integer, nullable=False),
        sa.Column("known", sa.Integer, nullable=False),
        sa.Column("unblocked", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("began", sa.BigInteger, nullable=False),
        sa.Column("touched", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "gl_account_nonce",
        sa.Column("partner", sa.Text, primary_key=True),
        sa.Column("nonce", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_account_nonce_at", "gl_account_nonce", ["at"])
    op.create_table(
        "gl_account_budget",
        sa.Column("partner", sa.Text, primary_key=True),
        sa.Column("hour", sa.BigInteger, primary_key=True),
        sa.Column("used", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
