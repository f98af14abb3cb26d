"""How far an import of followers is, and what partners have used: nonces and calls by the hour."""

from typing import Final

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from govline.store.columns import InstantColumn

__all__ = ["call_budget", "follower_import", "metadata", "nonce"]

metadata: Final = MetaData()

# `next_page` is sealed: LINE does not say what its continuation token is made of.
follower_import: Final = Table(
    "gl_account_import",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_page", Text, nullable=False),
    Column("page", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("unblocked", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("began", InstantColumn, nullable=False),
    Column("touched", InstantColumn, nullable=False),
)

nonce: Final = Table(
    "gl_account_nonce",
    metadata,
    Column("partner", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    Column("at", InstantColumn, nullable=False),
)
Index("gl_account_nonce_at", nonce.c.at)

call_budget: Final = Table(
    "gl_account_budget",
    metadata,
    Column("partner", Text, primary_key=True),
    Column("hour", InstantColumn, primary_key=True),
    Column("used", Integer, nullable=False),
)
