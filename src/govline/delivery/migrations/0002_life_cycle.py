"""Plans, approvals, caps, opt-outs, machine sources, redirect links; runs that are frozen page by page."""

import sqlalchemy as sa
from alembic import op

revision = "delivery_0002"
down_revision = "delivery_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gl_delivery_run", sa.Column("campaign", sa.Text, nullable=False, server_default=""))
    op.add_column("gl_delivery_run", sa.Column("kind", sa.Text, nullable=False, server_default="multicast"))
    op.add_column("gl_delivery_run", sa.Column("stage", sa.Text, nullable=False, server_default="cut"))
    op.add_column("gl_delivery_run", sa.Column("control", sa.Text, nullable=False, server_default="going"))
    op.add_column("gl_delivery_run", sa.Column("terms", sa.Text, nullable=False, server_default="{}"))
    op.add_column(
        "gl_delivery_run", sa.Column("counted", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("gl_delivery_run", sa.Column("cursor", sa.Text, nullable=False, server_default=""))
    op.add_column("gl_delivery_run", sa.Column("offered", sa.Integer, nullable=False, server_default="0"))
    op.add_column("gl_delivery_run", sa.Column("placed", sa.Integer, nullable=False, server_default="0"))
    op.add_column("gl_delivery_run", sa.Column("sweep", sa.Integer))
    op.execute(
        "UPDATE gl_delivery_run SET placed = (SELECT coalesce(sum(size), 0) FROM gl_delivery_batch"
        " WHERE gl_delivery_batch.run_id = gl_delivery_run.id)"
    )
    op.create_index("gl_delivery_run_started", "gl_delivery_run", ["started_at"])
    op.create_index("gl_delivery_run_campaign", "gl_delivery_run", ["campaign", "started_at"])
    op.add_column("gl_delivery_batch", sa.Column("messages", sa.LargeBinary))
    op.add_column("gl_delivery_batch", sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
    op.add_column(
        "gl_delivery_batch", sa.Column("parked", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_index("gl_delivery_batch_first", "gl_delivery_batch", ["run_id", "first"])
    op.create_table(
        "gl_delivery_plan",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("messages", sa.LargeBinary, nullable=False),
        sa.Column("renderer", sa.Text),
        sa.Column("selection", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("emergency", sa.Boolean, nullable=False),
        sa.Column("corrects", sa.Text),
        sa.Column("unit", sa.Text),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("planner", sa.Text, nullable=False),
        sa.Column("editor", sa.Text, nullable=False),
        sa.Column("expected", sa.Integer),
        sa.Column("found", sa.Integer),
        sa.Column("validated", sa.Text, nullable=False),
        sa.Column("approver", sa.Text, nullable=False),
        sa.Column("approved", sa.Text, nullable=False),
        sa.Column("approved_at", sa.BigInteger),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "gl_delivery_listed",
        sa.Column("plan_id", sa.Text, primary_key=True),
        sa.Column("citizen", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gl_delivery_optout",
        sa.Column("citizen", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gl_delivery_tester",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("citizen", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gl_delivery_unit",
        sa.Column("month", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gl_delivery_gate",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("touched_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gl_delivery_incoming",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("dated_at", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("messages", sa.LargeBinary, nullable=False),
        sa.Column("released_by", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("ended_at", sa.BigInteger),
    )
    op.create_index("gl_delivery_incoming_source", "gl_delivery_incoming", ["source", "received_at"])
    op.create_index("gl_delivery_incoming_state", "gl_delivery_incoming", ["state", "id"])
    op.create_table(
        "gl_delivery_link",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
    )
    op.create_index("gl_delivery_link_run", "gl_delivery_link", ["run_id"])
    op.create_table(
        "gl_delivery_tap",
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("taps", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
