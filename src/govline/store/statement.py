"""Named hot statements: SQLAlchemy Core compiled once a dialect, run on the driver's own cursor."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

from attrs import frozen
from sqlalchemy import Executable, Float, Numeric
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from govline.errors import InputError, StoreError

__all__ = ["Plan", "Statement"]

Codec = Callable[[Any], Any]


@cache
def _dialect(name: str) -> Dialect:
    """The dialect that compiles for the raw cursor; loaded for the engine in use only."""
    if name == "sqlite":
        from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

        return SQLiteDialect_pysqlite(paramstyle="qmark")
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

    return PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped


@frozen
class Plan:
    """A statement made ready for one dialect: text, how values go in, how rows come out."""

    sql: str
    encode: Callable[[Mapping[str, Any] | None], Sequence[Any]]
    decode: Callable[[list[tuple[Any, ...]]], list[Any]]


class Statement:
    """A statement of some room, built once at module level.

    Args:
        name: `room.verb`, unique; appears in spans and errors.
        core: SQLAlchemy Core with `bindparam("x")`; must run unchanged on both engines unless a variant is given.
        row: Called with the columns in order for every row (an attrs class); plain tuples where omitted.
        postgresql: Takes the place of `core` on PostgreSQL. `sqlite`: likewise.

    `IN` over a list (an expanding bind) is not supported here, because its text depends on the values: run such a
    statement through `tx.connection.execute`.
    """

    __slots__ = ("_cores", "name", "plans", "row")

    def __init__(
        self,
        name: str,
        core: Executable,
        row: Callable[..., Any] | None = None,
        *,
        postgresql: Executable | None = None,
        sqlite: Executable | None = None,
    ) -> None:
        self.name = name
        self.row = row
        self.plans: dict[str, Plan] = {}
        self._cores: dict[str, Any] = {
            "postgresql": core if postgresql is None else postgresql,
            "sqlite": core if sqlite is None else sqlite,
        }

    def __repr__(self) -> str:
        return f"Statement({self.name!r})"

    def plan(self, dialect: str) -> Plan:
        """The statement compiled for `sqlite` or `postgresql`; compiled at the first call, kept afterwards.

        Raises:
            StoreError: GL-1010 when it holds an expanding bind or a Python-side column default.
        """
        ready = self.plans.get(dialect)
        if ready is None:
            ready = self.plans[dialect] = _compile(self, self._cores[dialect], _dialect(dialect))
        return ready


def _compile(statement: Statement, core: Any, dialect: Dialect) -> Plan:
    compiled: SQLCompiler = core.compile(dialect=dialect)
    _refuse_dynamic(statement.name, compiled)
    names = list(compiled.positiontup or ())
    columns = [column.type for column in getattr(core, "exported_columns", ())]
    return Plan(
        sql=str(compiled),
        encode=_encoder(statement.name, names, compiled, dialect),
        decode=_decoder(statement.row, [_result_codec(kind, dialect) for kind in columns]),
    )


def _refuse_dynamic(name: str, compiled: SQLCompiler) -> None:
    if any(bind.expanding or bind.literal_execute for bind in compiled.binds.values()):
        raise StoreError(
            f"statement {name} holds an IN over a list, whose text depends on the values",
            code="GL-1010",
            hint="run it through tx.connection.execute(...)",
        )
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise StoreError(
            f"statement {name} relies on a Python-side column default",
            code="GL-1010",
            hint="give every column a bindparam or a server default",
        )


def _encoder(
    name: str, names: list[str], compiled: SQLCompiler, dialect: Dialect
) -> Callable[[Mapping[str, Any] | None], Sequence[Any]]:
    codecs = [_bind_codec(compiled.binds[bind].type, dialect) for bind in names]
    constants = {
        bind: compiled.binds[bind].effective_value for bind in names if not compiled.binds[bind].required
    }
    if not names:
        return lambda _params: ()
    if not constants and len(names) > 1 and not any(codecs):
        return _checked(name, itemgetter(*names))
    pairs = list(zip(names, codecs, strict=True))

    def encode(params: Mapping[str, Any] | None) -> Sequence[Any]:
        given = {**constants, **(params or {})} if constants else params
        return [given[key] if codec is None else codec(given[key]) for key, codec in pairs]  # type: ignore[index]  # None only where nothing is bound

    return _checked(name, encode)


def _checked(name: str, encode: Callable[[Any], Sequence[Any]]) -> Callable[[Any], Sequence[Any]]:
    def checked(params: Mapping[str, Any] | None) -> Sequence[Any]:
        try:
            return encode(params)
        except (KeyError, TypeError) as error:
            if params is not None and not isinstance(error, KeyError):
                raise
            missing = error.args[0] if isinstance(error, KeyError) else "all"
            raise InputError(f"statement {name} was not given parameter {missing}", code="GL-1011") from None

    return checked


def _bind_codec(kind: TypeEngine[Any], dialect: Dialect) -> Codec | None:
    own: Codec | None = getattr(kind, "encode", None)
    if own is not None:
        return lambda value: None if value is None else own(value)
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result_codec(kind: TypeEngine[Any], dialect: Dialect) -> Codec | None:
    own: Codec | None = getattr(kind, "decode", None)
    if own is not None:
        return lambda value: None if value is None else own(value)
    if isinstance(kind, Numeric | Float) and dialect.name == "postgresql":
        # SQLAlchemy picks by the wire type, known only with a result: psycopg gives float or Decimal by itself
        return None if kind.asdecimal else lambda value: None if value is None else float(value)
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _decoder(
    row: Callable[..., Any] | None, codecs: list[Codec | None]
) -> Callable[[list[tuple[Any, ...]]], list[Any]]:
    if not any(codecs):
        if row is None:
            return lambda rows: rows
        return lambda rows: [row(*values) for values in rows]
    make = row or (lambda *values: values)

    def decode(rows: list[tuple[Any, ...]]) -> list[Any]:
        return [
            make(
                *[
                    value if codec is None else codec(value)
                    for value, codec in zip(values, codecs, strict=True)
                ]
            )
            for values in rows
        ]

    return decode
