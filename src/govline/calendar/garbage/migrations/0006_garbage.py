"""Which state of the calendar stands: whoever keeps an index of places in memory sees when it is out of date."""

import sqlalchemy as sa
from alembic import op

revision = "garbage_0006"
down_revision = "garbage_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gl_garbage_horizon", sa.Column("version", sa.Text))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
