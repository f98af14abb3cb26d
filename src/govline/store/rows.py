"""Many rows in one statement: they travel as one JSON text, which both engines read as a table.

A row of its own for each parameter set costs a round trip's worth of work on PostgreSQL; thirty rows this way cost about three.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Table, Text, bindparam, cast, column, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.store.statement import Statement

__all__ = ["given_rows", "insert_rows", "rows_text"]

_ROWS: Final = bindparam("rows", type_=Text)


def insert_rows(name: str, table: Table, *, fresh: bool = False) -> Statement:
    """A statement that inserts all rows of its parameter `rows` (see `rows_text`) and leaves those that are there as they are.

    The row count says how many are new.

    Args:
        fresh: None can be there already, which spares the server a look at every index; one that is there fails the statement.
    """
    columns = {each.name: each.type for each in table.columns}

    def build(make: Any, dialect: str) -> Any:
        given = given_rows(columns, dialect)
        # SQLite takes ON CONFLICT after a SELECT for a join condition unless a WHERE stands between
        rows = select(*(given[each] for each in columns)).where(true())
        made = make(table).from_select(list(columns), rows)
        return made if fresh else made.on_conflict_do_nothing()

    return Statement(name, build(postgresql_insert, "postgresql"), sqlite=build(sqlite_insert, "sqlite"))


def given_rows(columns: Mapping[str, Any], dialect: str) -> dict[str, Any]:
    """The columns of the parameter `rows` as a table to select from or join with.

    Args:
        columns: Their types by name.
        dialect: `sqlite` or `postgresql`.
    """
    if dialect == "postgresql":
        typed = [column(name, kind) for name, kind in columns.items()]
        given = func.json_to_recordset(cast(_ROWS, JSON)).table_valued(*typed, name="given")
        derived = given.render_derived(with_types=True)
        return {name: derived.c[name] for name in columns}
    each = func.json_each(_ROWS).table_valued("value", name="given")
    return {
        name: func.json_extract(each.c.value, literal_column(f"'$.{name}'"), type_=kind).label(name)
        for name, kind in columns.items()
    }


def rows_text(columns: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> str:
    """The parameter `rows`: Python values as they are stored, one JSON object a row.

    Args:
        columns: The types by name: `{each.name: each.type for each in table.columns}`.
        rows: Python values by column; all columns in every row. What is None is left out: both engines read it as NULL.
    """
    codecs = [(name, _encode(kind)) for name, kind in columns.items()]
    stored = [
        {
            name: value if encode is None else encode(value)
            for name, encode in codecs
            if (value := row[name]) is not None
        }
        for row in rows
    ]
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))


def _encode(kind: Any) -> Callable[[Any], Any] | None:
    return getattr(kind, "encode", None)
