"""The tables of segments: two that Alembic knows, and those that grow with the declared attributes."""

from collections.abc import Iterator
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

from govline.segments.attributes import AttributeDef, Attributes
from govline.store.columns import BoolColumn, DateColumn, IdColumn, InstantColumn, JsonColumn

__all__ = [
    "PROFILE",
    "Step",
    "columns",
    "history",
    "metadata",
    "profile_table",
    "rows_name",
    "rows_table",
    "steps",
]

metadata: Final = MetaData()

columns: Final = Table(
    "gl_segments_column",
    metadata,
    Column("table_name", Text, primary_key=True),
    Column("column_name", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("added_at", InstantColumn, nullable=False),
)

history: Final = Table(
    "gl_segments_history",
    metadata,
    Column("id", IdColumn, primary_key=True),
    Column("citizen", IdColumn, nullable=False),
    Column("attribute", Text, nullable=False),
    Column("value", JsonColumn),
    Column("source", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("at", InstantColumn, nullable=False),
    Index("gl_segments_history_citizen", "citizen", "attribute", "id"),
)

PROFILE: Final = "attr_profile"
_TYPES: Final[dict[str, tuple[str, type[Any]]]] = {
    "text": ("TEXT", Text),
    "choice": ("TEXT", Text),
    "date": ("TEXT", DateColumn),
    "integer": ("BIGINT", BigInteger),
    "boolean": ("BOOLEAN", BoolColumn),
}
_BASES: Final = {
    "profile": "citizen TEXT NOT NULL PRIMARY KEY",
    "tags": "citizen TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (citizen, value)",
    "children": "citizen TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (citizen, position)",
}


@frozen
class Step:
    """One additive change of the attribute tables, with the DDL that makes it.

    Args:
        column: "" for the table itself.
        type: What is declared; a later declaration of another type is refused.
    """

    table: str
    column: str
    type: str
    ddl: tuple[str, ...]


def rows_name(definition: AttributeDef) -> str:
    """Where a tags or children attribute keeps its rows."""
    return f"attr_{definition.type}_{definition.name}"


def steps(attributes: Attributes) -> Iterator[Step]:
    """All steps from nothing to the declared attributes, in an order that works. Names are checked identifiers."""
    yield _table(PROFILE, "profile")
    for definition in attributes.declared:
        if definition.type in ("tags", "children"):
            yield _table(rows_name(definition), definition.type)
            for inner in definition.fields:
                yield _column(rows_name(definition), inner)
        else:
            yield _column(PROFILE, definition)


def _table(table: str, base: str) -> Step:
    ddl = [f'CREATE TABLE "{table}" ({_BASES[base]})']
    if base == "tags":
        ddl.append(f'CREATE INDEX "{table}_by_value" ON "{table}" (value, citizen)')
    return Step(table, "", base, tuple(ddl))


def _column(table: str, definition: AttributeDef) -> Step:
    kind = _TYPES[definition.type][0]
    ddl = [f'ALTER TABLE "{table}" ADD COLUMN "{definition.name}" {kind}']
    if table == PROFILE and kind != "BOOLEAN":  # two values are not worth an index
        ddl.append(f'CREATE INDEX "{table}_{definition.name}" ON "{table}" ("{definition.name}")')
    return Step(table, definition.name, kind, tuple(ddl))


def profile_table(attributes: Attributes) -> Table:
    """The profile table as the declared attributes make it."""
    plain = [known for known in attributes.declared if known.type in _TYPES]
    return Table(
        PROFILE, MetaData(), Column("citizen", IdColumn, primary_key=True), *map(_core_column, plain)
    )


def rows_table(definition: AttributeDef) -> Table:
    """The table of a tags or children attribute."""
    own = [Column("value", Text)] if definition.type == "tags" else [Column("position", Integer)]
    inner = map(_core_column, definition.fields)
    return Table(rows_name(definition), MetaData(), Column("citizen", IdColumn), *own, *inner)


def _core_column(definition: AttributeDef) -> Column[Any]:
    return Column(definition.name, _TYPES[definition.type][1])
