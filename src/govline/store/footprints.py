"""Where a value stands in the whole database: every column of every table is looked at. The proof of an erasure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import LargeBinary, String, case, cast, column, func, inspect, literal, or_, select, table
from sqlalchemy.types import TypeEngine

from govline.core import Transaction

__all__ = ["columns", "find", "row_counts", "tables"]

_PREFIX: Final = "gl_"


def tables(tx: Transaction, prefix: str = _PREFIX) -> list[str]:
    """The names of every table of govline in this town's database, its features' among them."""
    return sorted(name for name in inspect(tx.connection).get_table_names() if name.startswith(prefix))


def columns(tx: Transaction, prefix: str = _PREFIX) -> dict[str, dict[str, TypeEngine[Any]]]:
    """Every table with its columns and their types, as the database itself tells them."""
    look = inspect(tx.connection)
    return {
        name: {str(each["name"]): each["type"] for each in look.get_columns(name)}
        for name in tables(tx, prefix)
    }


def row_counts(tx: Transaction, values: Sequence[str]) -> dict[str, int]:
    """By table, how many rows hold one of the values in any column; tables without one are left out."""
    return {name: sum(found.values()) for name, found in _by_table(tx, values).items() if found}


def find(tx: Transaction, values: Sequence[str]) -> dict[str, int]:
    """By `table.column`, how many rows hold one of the values, also inside JSON and bytes; empty when there is none.

    Sealed values show nothing to whoever looks at the database; they cannot be searched, and are not.

    Args:
        values: An id, a userId, a name, a telephone number …; empty ones are left out.
    """
    return {
        f"{name}.{each}": number
        for name, found in _by_table(tx, values).items()
        for each, number in found.items()
    }


def _by_table(tx: Transaction, values: Sequence[str]) -> Mapping[str, dict[str, int]]:
    wanted = [value for value in values if value]
    found: dict[str, dict[str, int]] = {}
    for name, types in columns(tx).items():
        looked = {each: kind for each, kind in types.items() if _searchable(kind)}
        if not wanted or not looked:
            continue
        its = table(name, *[column(each, kind) for each, kind in looked.items()])
        sums = [func.sum(_hit(tx, its.c[each], kind, wanted)).label(each) for each, kind in looked.items()]
        row = tx.connection.execute(select(*sums)).one()
        found[name] = {each: int(number) for each, number in zip(looked, row, strict=True) if number}
    return found


def _searchable(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind, String | LargeBinary)


def _hit(tx: Transaction, value: Any, kind: TypeEngine[Any], wanted: Sequence[str]) -> Any:
    """1 where the value holds one of the wanted texts, else 0, in the words of the engine."""
    if tx.dialect == "sqlite":
        if isinstance(kind, LargeBinary):
            hits = [func.instr(value, cast(literal(text), LargeBinary)) > 0 for text in wanted]
        else:
            hits = [func.instr(value, text) > 0 for text in wanted]
    elif isinstance(kind, LargeBinary):
        hits = [func.position(func.convert_to(text, "UTF8").op("IN")(value)) > 0 for text in wanted]
    else:
        hits = [func.strpos(value, text) > 0 for text in wanted]
    return case((or_(*hits), 1), else_=0)
