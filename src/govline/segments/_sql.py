"""Filters as SQL over any table, the vendor's own or ours: plain strings, values always bound.

Nothing here imports SQLAlchemy. Inside one WHERE the three-valued logic of SQL agrees with ours as long as nothing is
negated (AND and OR of NULL are never true where ours is false); so only what stands under a NOT is wrapped, as
`(…) IS NOT TRUE`, which both databases know, and indexes stay usable on the rest.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal

from attrs import field, frozen

from govline.core.values import frozen_map
from govline.errors import DefinitionError
from govline.segments.model import (
    And,
    Answered,
    Between,
    Compare,
    Filter,
    HasChild,
    HasTag,
    In,
    Not,
    Or,
    Term,
    Value,
)
from govline.segments.rules import resolve

__all__ = ["Children", "Columns", "Dates", "Dialect", "ParamStyle", "Params", "to_sql"]

Dialect = Literal["postgresql", "sqlite"]
ParamStyle = Literal["qmark", "format", "numeric_dollar", "named", "pyformat"]
Dates = Literal["native", "text"]
Params = list[Any] | dict[str, Any]

_IDENTIFIER: Final = re.compile(r"[^\W\d]\w{0,62}\Z")
_OPERATORS: Final = {"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_ORDERING: Final = frozenset({"lt", "le", "gt", "ge"})
_INLINE: Final = 20
_MARKS: Final[dict[str, str]] = {
    "qmark": "?",
    "format": "%s",
    "numeric_dollar": "${n}",
    "named": ":p{n}",
    "pyformat": "%(p{n})s",
}


@frozen
class Children:
    """Where a repeated or multi-valued attribute lives: a table with one row for each child or tag.

    Args:
        table: `child` or `schema.child`.
        key: Its column that points at the person.
        owner: The person's column that it points at, with the table's name: `resident.id`.
        columns: Field name -> column of `table`; for tags the one field `value`.
    """

    table: str
    key: str
    owner: str = field()
    columns: Mapping[str, str] = field(converter=frozen_map, hash=False)

    @owner.validator
    def _qualified(self, _: Any, value: str) -> None:
        if "." not in value:
            raise DefinitionError(
                "the owner column carries no table", code="GL-3005", hint="write it as table.column"
            )


Columns = Mapping[str, str | Children]


def to_sql(
    filter: Filter,  # noqa: A002 - `filter` is the field's word
    columns: Columns,
    dialect: Dialect,
    *,
    as_of: date | None = None,
    paramstyle: ParamStyle | None = None,
    dates: Dates | None = None,
) -> tuple[str, Params]:
    """A condition for WHERE, and its parameters, over a table that need not be ours.

    The condition is true for exactly the people of the filter, and false **or NULL** for the others: negate it with
    `~filter`, not with a NOT around the SQL.

    Args:
        columns: Attribute -> `column`, `table.column` (as the catalogue spells it) or `Children`.
        as_of: Day of the decision in Asia/Tokyo; needed where the filter speaks of today or of an age.
        paramstyle: `qmark` ?, `format` %s (psycopg, Django), `numeric_dollar` $1 (asyncpg): parameters are a list;
            `named` :p1 (SQLAlchemy text, sqlite3), `pyformat` %(p1)s: a dict. Default qmark, on PostgreSQL format.
        dates: `native` binds `date` objects, `text` ISO text. Default text on SQLite, native on PostgreSQL.

    Raises:
        DefinitionError: GL-3002 an attribute that `columns` does not know; GL-3004 `as_of` is needed;
            GL-3005 a name that is no identifier; GL-3006 a plain column where rows are needed, or the other way round.
    """
    if dialect not in ("postgresql", "sqlite"):
        raise DefinitionError("SQL is written for postgresql and sqlite", code="GL-3006")
    emitter = _Emitter(
        dialect, paramstyle or ("qmark" if dialect == "sqlite" else "format"), dates or _dates_of(dialect)
    )
    sql = emitter.condition(resolve(filter, as_of), columns)
    return sql, emitter.parameters()


def _dates_of(dialect: Dialect) -> Dates:
    return "text" if dialect == "sqlite" else "native"


class _Emitter:
    """Writes one condition and collects its parameters in order."""

    def __init__(self, dialect: Dialect, paramstyle: ParamStyle, dates: Dates) -> None:
        if paramstyle not in _MARKS:
            raise DefinitionError("no such parameter style", code="GL-3006", hint=", ".join(_MARKS))
        self._postgres = dialect == "postgresql"
        self._style = paramstyle
        self._dates = dates
        self._values: list[Any] = []

    def parameters(self) -> Params:
        if self._style in ("named", "pyformat"):
            return {f"p{number}": value for number, value in enumerate(self._values, 1)}
        return self._values

    def condition(self, node: Filter, columns: Columns) -> str:
        match node:
            case And(parts):
                return self._join(" AND ", parts, columns) or "TRUE"
            case Or(parts):
                return self._join(" OR ", parts, columns) or "FALSE"
            case Not(part):
                inner = self.condition(part, columns)
                return f"NOT ({inner})" if _never_null(part) else f"({inner}) IS NOT TRUE"
            case HasTag(name, values):
                return self._exists(_rows(columns, name), In(_VALUE, values))
            case HasChild(name, where):
                return self._exists(_rows(columns, name), where)
            case Answered(name):
                source = _source(columns, name)
                if isinstance(source, Children):
                    return self._exists(source, And(()))
                return f"{self._quote(source)} IS NOT NULL"
        return self._leaf(node, columns)

    def _leaf(self, leaf: Filter, columns: Columns) -> str:
        match leaf:
            case Compare(term, op, value):
                return self._compare(self._column(columns, term.name), op, value)
            case Between(term, low, high):
                column = self._column(columns, term.name)
                ends = ((op, end) for op, end in (("ge", low), ("le", high)) if end is not None)
                return " AND ".join(self._compare(column, op, end) for op, end in ends)
            case In(term, values):
                return self._in(self._column(columns, term.name), values)
        raise TypeError(type(leaf).__name__)

    def _join(self, word: str, parts: tuple[Filter, ...], columns: Columns) -> str:
        return word.join(f"({self.condition(part, columns)})" for part in parts)

    def _exists(self, source: Children, where: Filter) -> str:
        inner = {name: f"{_ALIAS}.{column}" for name, column in source.columns.items()}
        return (
            f"EXISTS (SELECT 1 FROM {self._quote(source.table)} AS {_ALIAS} "
            f"WHERE {self._quote(f'{_ALIAS}.{source.key}')} = {self._quote(source.owner)} "
            f"AND ({self.condition(where, inner)}))"
        )

    def _compare(self, column: str, op: str, value: Any) -> str:
        # A collation of the town's locale would order text otherwise than Python and SQLite do.
        collate = ' COLLATE "C"' if self._postgres and op in _ORDERING and isinstance(value, str) else ""
        return f"{column}{collate} {_OPERATORS[op]} {self._bind(self._plain(value))}"

    def _in(self, column: str, values: tuple[Any, ...]) -> str:
        if not values:
            return "FALSE"
        plain = [self._plain(value) for value in values]
        if self._postgres:
            return f"{column} = ANY({self._bind(plain)})"
        if len(plain) > _INLINE:
            return f"{column} IN (SELECT value FROM json_each({self._bind(json.dumps(plain))}))"
        return f"{column} IN ({', '.join(map(self._bind, plain))})"

    def _plain(self, value: Value) -> Any:
        return value.isoformat() if isinstance(value, date) and self._dates == "text" else value

    def _bind(self, value: Any) -> str:
        self._values.append(value)
        return _MARKS[self._style].replace("{n}", str(len(self._values)))

    def _column(self, columns: Columns, name: str) -> str:
        source = _source(columns, name)
        if isinstance(source, Children):
            raise _unfit(name, "a plain column")
        return self._quote(source)

    def _quote(self, name: str) -> str:
        """Quoted as an identifier and nothing else: SQLite reads an unknown `"name"` as a string, `[name]` never."""
        parts = name.split(".")
        for part in parts:
            if not _IDENTIFIER.match(part):
                raise DefinitionError(
                    "a table or column name is no identifier",
                    code="GL-3005",
                    hint="letters, digits and _ only",
                )
        left, right = ('"', '"') if self._postgres else ("[", "]")
        return ".".join(f"{left}{part}{right}" for part in parts)


_ALIAS: Final = "gl_row"
_VALUE: Final = Term("value")


def _never_null(node: Filter) -> bool:
    """Whether SQL answers true or false: then a bare NOT is exact, and databases plan NOT EXISTS far better."""
    match node:
        case And(parts) | Or(parts):
            return all(map(_never_null, parts))
    return isinstance(node, Not | Answered | HasTag | HasChild)


def _source(columns: Columns, name: str) -> str | Children:
    if name not in columns:
        raise DefinitionError(
            "no column is known for an attribute", code="GL-3002", place={"attribute": name}
        )
    return columns[name]


def _rows(columns: Columns, name: str) -> Children:
    source = _source(columns, name)
    if not isinstance(source, Children):
        raise _unfit(name, "a Children table")
    return source


def _unfit(name: str, needed: str) -> DefinitionError:
    return DefinitionError(f"the attribute needs {needed}", code="GL-3006", place={"attribute": name})
