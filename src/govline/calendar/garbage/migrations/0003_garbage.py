"""Towns and postcodes of collection areas."""

import sqlalchemy as sa
from alembic import op

revision = "garbage_0003"
down_revision = "garbage_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_garbage_town",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("area", sa.Text, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("postcode", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
