"""The town's garbage calendar and the citizens' settings."""

import sqlalchemy as sa
from alembic import op

revision = "garbage_0001"
down_revision = None
branch_labels = ("garbage",)
depends_on = None


def upgrade() -> None:
    _create_calendar()
    op.create_table(
        "gl_garbage_day",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("area", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
    )
    op.create_index("gl_garbage_day_area", "gl_garbage_day", ["area", "day"])
    op.create_table(
        "gl_garbage_horizon",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("laid_out_to", sa.Text, nullable=False),
        sa.Column("laid_out_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "gl_garbage_setting",
        sa.Column("citizen", sa.Text, primary_key=True),
        sa.Column("area", sa.Text, primary_key=True),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("days_before", sa.Integer, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("told_for", sa.Text),
        sa.Column("told_by", sa.Text),
    )
    op.create_index("gl_garbage_setting_area", "gl_garbage_setting", ["area", "hour"])
    op.create_table(
        "gl_garbage_muted",
        sa.Column("citizen", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
    )


def _create_calendar() -> None:
    op.create_table(
        "gl_garbage_area",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("center", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_table(
        "gl_garbage_kind",
        sa.Column("label", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_table(
        "gl_garbage_rule",
        sa.Column("area", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("cell", sa.Text, nullable=False),
    )
    op.create_table(
        "gl_garbage_closure",
        sa.Column("center", sa.Text, primary_key=True),
        sa.Column("first_day", sa.Text, primary_key=True),
        sa.Column("last_day", sa.Text, primary_key=True),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
