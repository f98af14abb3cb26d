"""Named statements straight on libpq: prepared once a connection, values as text, rows in binary by psycopg's own C loaders.

psycopg's cursor costs about 15 µs of Python a statement, this 5; with 32 threads on one interpreter that is the limit.
A sealed page of 8 kB comes in binary six times as fast as in hex.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.rows import tuple_row

from govline.errors import RetryNeeded
from govline.store._home import Home

__all__ = ["PreparedCursor"]

_BINARY: Final = 1
_TUPLES_OK: Final = psycopg.pq.ExecStatus.TUPLES_OK
_COMMAND_OK: Final = psycopg.pq.ExecStatus.COMMAND_OK
_NEVER_PREPARED: Final = "/* planned for its values */"


class _Known(Home):
    """What is remembered of one connection: its prepared statements and its adapters."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        super().__init__()
        self.names: dict[str, bytes] = {}
        self.count = 0
        self.transformer = Transformer(connection)
        self.encoding = connection.info.encoding
        # None is how a pool in front (PgBouncer in transaction mode) is told not to prepare
        self.prepares = connection.prepare_threshold is not None


def _known_of(connection: Any) -> _Known:
    # kept on the connection itself, so that it dies with it
    known: _Known | None = connection.__dict__.get("_govline")
    if known is None:
        known = connection.__dict__["_govline"] = _Known(connection)
    return known


class PreparedCursor:
    """The few cursor methods that a transaction needs, on one open connection. Placeholders are `$1`, `$2` …"""

    __slots__ = ("_connection", "_known", "_pgconn", "_result", "rowcount")

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._known = _known_of(connection)
        self._result: Any = None
        self.rowcount = -1

    def execute(self, sql: str, values: Sequence[Any]) -> None:
        """Run one statement; `fetchall` or `rowcount` tell what came of it."""
        known = self._known
        # psycopg's stub forgets that None stands for NULL
        dumped: Any = [None if value is None else self._dump(value) for value in values]
        if known.prepares:
            name = known.names.get(sql)
            if name is None:
                name = self._prepare(sql)
        else:
            name = b""
        if name:
            result = self._pgconn.exec_prepared(name, dumped, result_format=_BINARY)
        else:
            result = self._pgconn.exec_params(sql.encode(known.encoding), dumped, result_format=_BINARY)
        status = result.status
        if status == _TUPLES_OK:
            self.rowcount = result.ntuples
        elif status == _COMMAND_OK:
            self.rowcount = result.command_tuples or 0
        else:
            raise self._error(result)
        self._result = result

    def executemany(self, sql: str, sets: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many values, pipelined."""
        with psycopg.RawCursor(self._connection, row_factory=tuple_row) as cursor:
            cursor.executemany(sql.encode(self._known.encoding), sets)
            self.rowcount = cursor.rowcount

    def fetchall(self) -> list[Any]:
        """The rows of the last statement as tuples."""
        if self._result.status != _TUPLES_OK:
            raise psycopg.ProgrammingError("the last statement returned no rows")
        transformer = self._known.transformer
        transformer.set_pgresult(self._result)
        return transformer.load_rows(0, self._result.ntuples, tuple)

    def _prepare(self, sql: str) -> bytes:
        """The name of the prepared statement; b"" for one whose best plan depends on its values, which is planned each time."""
        known = self._known
        if _NEVER_PREPARED in sql:
            known.names[sql] = b""
            return b""
        known.count += 1
        name = b"govline_%d" % known.count
        result = self._pgconn.prepare(name, sql.encode(known.encoding))
        if result.status != _COMMAND_OK:
            raise psycopg.errors.error_from_result(result, known.encoding)
        known.names[sql] = name
        return name

    def _error(self, result: Any) -> Exception:
        error = psycopg.errors.error_from_result(result, self._known.encoding)
        plan_is_stale = error.diag.source_function == "RevalidateCachedQuery"
        if error.sqlstate == "26000" or plan_is_stale:
            # somebody said DISCARD ALL, or a migration changed a column's type: prepare afresh in the next attempt
            self._known.names.clear()
            stale = RetryNeeded("a prepared statement is no longer valid", hint="run the transaction again")
            stale.__cause__ = error
            return stale
        return error

    def _dump(self, value: Any) -> bytes:
        kind = type(value)
        if kind is str:
            encoded: bytes = value.encode(self._known.encoding)
            if b"\0" in encoded:
                # libpq would cut the text there without a word
                raise psycopg.DataError("PostgreSQL text cannot contain NUL (0x00) bytes")
            return encoded
        if kind is int:
            return b"%d" % value
        if kind is bool:
            return b"t" if value else b"f"
        dumped = self._known.transformer.get_dumper(value, PyFormat.TEXT).dump(value)
        return b"" if dumped is None else bytes(dumped)
