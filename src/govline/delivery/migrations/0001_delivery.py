"""Runs, batches and the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "delivery_0001"
down_revision = None
branch_labels = ("delivery",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_delivery_run",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("unit", sa.Text),
        sa.Column("messages", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("batches", sa.Integer, nullable=False),
        sa.Column("open_batches", sa.Integer, nullable=False),
        sa.Column("left_out", sa.Integer, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.CheckConstraint("open_batches >= 0", name="gl_delivery_run_open"),
    )
    op.create_table(
        "gl_delivery_batch",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text, sa.ForeignKey("gl_delivery_run.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("retry_key", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger),
    )
    op.create_index("gl_delivery_batch_run", "gl_delivery_batch", ["run_id", "number"], unique=True)
    op.create_table(
        "gl_delivery_recipient",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("citizen", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("gl_delivery_recipient_position", "gl_delivery_recipient", ["run_id", "position"])


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
