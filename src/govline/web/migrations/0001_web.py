"""Sessions, used sign-ins, drafts, submissions, links, and the simple login of staff."""

import sqlalchemy as sa
from alembic import op

revision = "web_0001"
down_revision = None
branch_labels = ("web",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gl_web_session",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_web_session_subject", "gl_web_session", ["subject"])
    op.create_index("gl_web_session_expires", "gl_web_session", ["expires"])
    op.create_table(
        "gl_web_spent",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_web_spent_expires", "gl_web_spent", ["expires"])
    op.create_table(
        "gl_web_draft",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_web_draft_subject", "gl_web_draft", ["subject"])
    op.create_index("gl_web_draft_expires", "gl_web_draft", ["expires"])
    op.create_table(
        "gl_web_submission",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_web_submission_subject", "gl_web_submission", ["subject"])
    op.create_index("gl_web_submission_expires", "gl_web_submission", ["expires"])
    op.create_table(
        "gl_web_link",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("citizen", sa.Text),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("once", sa.Boolean, nullable=False),
        sa.Column("used", sa.BigInteger),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_web_link_citizen", "gl_web_link", ["citizen"])
    op.create_index("gl_web_link_expires", "gl_web_link", ["expires"])
    op.create_table(
        "gl_web_staff",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("departments", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked", sa.BigInteger),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_index("gl_web_staff_id", "gl_web_staff", ["id"], unique=True)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only; restore a backup instead")
