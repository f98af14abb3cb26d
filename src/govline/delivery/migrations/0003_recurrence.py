"""Plans that come again."""

import sqlalchemy as sa
from alembic import op

revision = "delivery_0003"
down_revision = "delivery_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gl_delivery_plan", sa.Column("recurs", sa.Text))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
