"""Staff, assignments and hand-overs."""

import sqlalchemy as sa
from alembic import op

from govline.errors import StoreError

revision = "people_0001"
down_revision = None
branch_labels = ("people",)
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "gl_people_member",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("login_hash", sa.Text, nullable=False, unique=True),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("left_on", sa.Text),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "gl_people_assignment",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("department", sa.Text, nullable=False),
        sa.Column("starts", sa.Text, nullable=False),
        sa.Column("ends", sa.Text),
    )
    op.create_index("gl_people_assignment_member", "gl_people_assignment", ["member", "id"])
    op.create_table(
        "gl_people_hand_over",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("effective", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("undone_at", sa.BigInteger),
    )


def downgrade() -> None:
    """Migrations go forward only."""
    raise StoreError("migrations go forward only", hint="restore a backup")
