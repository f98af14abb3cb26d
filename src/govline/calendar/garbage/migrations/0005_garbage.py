"""Since when a change is known is of no more use: who was told of it stands in the rows of `gl_garbage_announced`."""

from alembic import op

revision = "garbage_0005"
down_revision = "garbage_0004"
branch_labels = None
depends_on = None
phase = "post"


def upgrade() -> None:
    op.drop_table("gl_garbage_known_change")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
