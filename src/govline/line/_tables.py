"""The one table of the LINE edge."""

from typing import Final

from sqlalchemy import Column, MetaData, Table, Text

from govline.store.columns import InstantColumn

__all__ = ["budget", "metadata"]

metadata: Final = MetaData()

# The next moment at which a call to this endpoint has not been promised to any worker yet.
budget: Final = Table(
    "gl_line_budget",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("endpoint", Text, primary_key=True),
    Column("free_at", InstantColumn, nullable=False),
)
