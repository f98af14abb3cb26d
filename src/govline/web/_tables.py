"""The tables of the pages. Every token stands as a keyed hash, everything that a citizen typed stands sealed."""

from typing import Final

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from govline.store.columns import BoolColumn, IdColumn, InstantColumn, JsonColumn

__all__ = ["drafts", "links", "metadata", "sessions", "spent", "staff", "submissions"]

metadata: Final = MetaData()

sessions: Final = Table(
    "gl_web_session",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", IdColumn, nullable=False),
    Column("created", InstantColumn, nullable=False),
    Column("expires", InstantColumn, nullable=False),
    Index("gl_web_session_subject", "subject"),
    Index("gl_web_session_expires", "expires"),
)

# Nonces and ID tokens that brought somebody in once, until they would have expired anyway.
spent: Final = Table(
    "gl_web_spent",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("expires", InstantColumn, nullable=False),
    Index("gl_web_spent_expires", "expires"),
)

drafts: Final = Table(
    "gl_web_draft",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("subject", IdColumn, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("expires", InstantColumn, nullable=False),
    Index("gl_web_draft_subject", "subject"),
    Index("gl_web_draft_expires", "expires"),
)

submissions: Final = Table(
    "gl_web_submission",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("subject", IdColumn, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("at", InstantColumn, nullable=False),
    Column("expires", InstantColumn, nullable=False),
    Index("gl_web_submission_subject", "subject"),
    Index("gl_web_submission_expires", "expires"),
)

links: Final = Table(
    "gl_web_link",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("page", Text, nullable=False),
    Column("citizen", IdColumn),
    Column("sealed", Text, nullable=False),
    Column("once", BoolColumn, nullable=False),
    Column("used", InstantColumn),
    Column("created", InstantColumn, nullable=False),
    Column("expires", InstantColumn, nullable=False),
    Index("gl_web_link_citizen", "citizen"),
    Index("gl_web_link_expires", "expires"),
)

staff: Final = Table(
    "gl_web_staff",
    metadata,
    Column("name", Text, primary_key=True),
    Column("id", IdColumn, nullable=False),
    Column("password", Text, nullable=False),
    Column("roles", JsonColumn, nullable=False),
    Column("departments", JsonColumn, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked", InstantColumn),
    Column("created", InstantColumn, nullable=False),
    Index("gl_web_staff_id", "id", unique=True),
)
