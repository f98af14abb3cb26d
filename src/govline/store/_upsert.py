"""INSERT of a whole row that gives way to the row already there, spelled for both engines."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.store.statement import Statement

__all__ = ["insert_unless_known"]


def insert_unless_known(
    name: str, table: Table, *conflict: str, change: Mapping[str, Any] | None = None, returning: Any = None
) -> Statement:
    """A statement that inserts every column of a row.

    Args:
        name: Of the statement.
        conflict: Columns of the unique key that may be taken already.
        change: What to set on the row that is there; nothing where omitted.
        returning: A column to read back.
    """

    def build(make: Any) -> Any:
        statement = make(table).values({column.name: bindparam(column.name) for column in table.c})
        if change is None:
            statement = statement.on_conflict_do_nothing(index_elements=[*conflict])
        else:
            statement = statement.on_conflict_do_update(index_elements=[*conflict], set_=change)
        return statement if returning is None else statement.returning(returning)

    return Statement(name, build(sqlite_insert), postgresql=build(postgresql_insert))
