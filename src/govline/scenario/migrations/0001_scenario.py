"""Published definitions, one session a citizen, turns as events."""

import sqlalchemy as sa
from alembic import op

from govline.errors import StoreError
from govline.store.columns import IdColumn, InstantColumn, JsonColumn

revision = "scenario_0001"
down_revision = None
branch_labels = ("scenario",)
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "gl_scenario_definition",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("gl_scenario_definition_version", "gl_scenario_definition", ["scenario", "version"])
    op.create_table(
        "gl_scenario_session",
        sa.Column("citizen", IdColumn(), nullable=False),
        sa.Column("id", IdColumn(), nullable=False),
        sa.Column("scenario", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("state", JsonColumn(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("updated", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("citizen"),
    )
    op.create_table(
        "gl_scenario_turn",
        sa.Column("citizen", IdColumn(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("session", IdColumn(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.Column("body", JsonColumn(), nullable=False),
        sa.PrimaryKeyConstraint("citizen", "key"),
    )
    op.create_index("gl_scenario_turn_session", "gl_scenario_turn", ["session", "number"])
    op.create_index("gl_scenario_turn_at", "gl_scenario_turn", ["at"])


def downgrade() -> None:
    """Migrations run forward only."""
    raise StoreError("migrations run forward only", code="GL-1020", hint="restore a backup instead")
