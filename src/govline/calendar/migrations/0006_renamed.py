"""Which renamings of slots a programme has been through: each is done once, whatever is called by the old name later."""

import sqlalchemy as sa
from alembic import op

revision = "calendar_0006"
down_revision = "calendar_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gl_calendar_programme", sa.Column("renamed", sa.Text))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
