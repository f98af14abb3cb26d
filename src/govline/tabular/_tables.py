"""The tables of tabular: imports, and what each of them changed, so that it can be taken back."""

from typing import Final

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, text

from govline.store.columns import BoolColumn, IdColumn, InstantColumn

__all__ = ["changes", "imports", "metadata"]

metadata: Final = MetaData()

imports: Final = Table(
    "gl_import",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("started_at", InstantColumn, nullable=False),
    Column("ended_at", InstantColumn),
    Column("lease_until", InstantColumn, nullable=False),
    Column("token", Text, nullable=False),
    Index("gl_import_kind", "kind", "id"),
    # One at a time of each kind: a second one gives way.
    Index(
        "gl_import_open",
        "kind",
        unique=True,
        sqlite_where=text("state IN ('writing', 'undoing')"),
        postgresql_where=text("state IN ('writing', 'undoing')"),
    ),
)

changes: Final = Table(
    "gl_import_change",
    metadata,
    Column("id", Text, primary_key=True),
    Column("import_id", IdColumn, nullable=False),
    Column("citizen", IdColumn),
    Column("data", Text, nullable=False),
    Column("sealed", BoolColumn, nullable=False),
    Index("gl_import_change_import", "import_id", "id"),
    Index("gl_import_change_citizen", "citizen"),
)
