"""The tables of answers: the town's lists as imported, and the words that nobody could answer."""

from typing import Final

from sqlalchemy import Column, Integer, MetaData, Table, Text

from govline.store.columns import DateColumn, InstantColumn, JsonColumn

__all__ = ["feeds", "items", "lists", "metadata", "unmatched"]

metadata: Final = MetaData()

lists: Final = Table(
    "gl_answers_list",
    metadata,
    Column("source", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("imported_at", InstantColumn, nullable=False),
)

items: Final = Table(
    "gl_answers_item",
    metadata,
    Column("source", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("reading", Text, nullable=False),
    Column("aliases", JsonColumn, nullable=False),
    Column("note", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("fee", Text, nullable=False),
)

# What a feed said when it was last fetched, and why the last attempt failed.
feeds: Final = Table(
    "gl_answers_feed",
    metadata,
    Column("name", Text, primary_key=True),
    Column("lines", JsonColumn, nullable=False),
    Column("as_of", InstantColumn),
    Column("problem", Text, nullable=False),
)

# No citizen stands here, only the word and how often it was asked.
unmatched: Final = Table(
    "gl_answers_unmatched",
    metadata,
    Column("word", Text, primary_key=True),
    Column("asked", Integer, nullable=False),
    Column("first_day", DateColumn, nullable=False),
    Column("last_day", DateColumn, nullable=False),
)
