"""The tables of people: staff, who holds what, and the hand-overs."""

from typing import Final

from sqlalchemy import Column, Index, MetaData, Table, Text

from govline.store.columns import DateColumn, IdColumn, InstantColumn, JsonColumn

__all__ = ["assignments", "hand_overs", "members", "metadata"]

metadata: Final = MetaData()

members: Final = Table(
    "gl_people_member",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("login_hash", Text, nullable=False, unique=True),
    Column("login", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("left_on", DateColumn),
    Column("made_at", InstantColumn, nullable=False),
)

assignments: Final = Table(
    "gl_people_assignment",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("member", IdColumn, nullable=False),
    Column("role", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("starts", DateColumn, nullable=False),
    Column("ends", DateColumn),
    Index("gl_people_assignment_member", "member", "id"),
)

# `document` holds ids and dates: what ended with the day it ended before, what began. `undone_at` ends a hand-over.
hand_overs: Final = Table(
    "gl_people_hand_over",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("effective", DateColumn, nullable=False),
    Column("made_at", InstantColumn, nullable=False),
    Column("document", JsonColumn, nullable=False),
    Column("undone_at", InstantColumn),
)
