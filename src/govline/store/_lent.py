"""A SQLAlchemy Connection lent over a driver connection that somebody else owns and commits."""

import re
import sqlite3
from typing import Any, Final, Literal, NoReturn

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg, PGExecutionContext_psycopg
from sqlalchemy.dialects.sqlite.base import SQLiteExecutionContext
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.pool import StaticPool
from sqlalchemy.util import LRUCache

from govline.errors import StoreError
from govline.store._home import Home
from govline.store.transaction import rolled_back

__all__ = ["Lender", "LentConnection", "plain_connection"]


# COMMIT and its like as text; ROLLBACK TO a savepoint is the vendor's right
_ENDING: Final = re.compile(
    r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
    r"(commit|end|abort|begin|start\s+transaction|prepare\s+transaction"
    r"|rollback(?!\s+(?:(?:transaction|work)\s+)?to\b))\b",
    re.IGNORECASE | re.DOTALL,
)


class _Borrowed:
    """Leaves the driver connection's transaction alone: its owner begins, commits, rolls back and closes."""

    def do_begin(self, dbapi_connection: Any) -> None: ...
    def do_commit(self, dbapi_connection: Any) -> None: ...
    def do_rollback(self, dbapi_connection: Any) -> None: ...
    def do_close(self, dbapi_connection: Any) -> None: ...
    def do_terminate(self, dbapi_connection: Any) -> None: ...

    def do_execute(self, cursor: Any, statement: str, *rest: Any, **options: Any) -> None:
        """Runs any SQL but the one that would end the owner's transaction."""
        _check(cursor, statement)
        super().do_execute(cursor, statement, *rest, **options)  # type: ignore[misc]  # mixed into a dialect

    def do_executemany(self, cursor: Any, statement: str, *rest: Any, **options: Any) -> None:
        """Likewise."""
        _check(cursor, statement)
        super().do_executemany(cursor, statement, *rest, **options)  # type: ignore[misc]  # mixed into a dialect

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:  # noqa: ARG002 - SQLAlchemy's signature
        """A lost connection is the owner's to see to: SQLAlchemy must not replace it in the middle of a unit."""
        return False


class _SqliteContext(SQLiteExecutionContext):
    def create_default_cursor(self) -> Any:
        cursor: Any = self._dbapi_connection.cursor()
        cursor.row_factory = None  # an integrator may have set his own on the connection
        return cursor


class _PostgresContext(PGExecutionContext_psycopg):
    def create_default_cursor(self) -> Any:
        from psycopg.rows import tuple_row

        return self._dbapi_connection.cursor(row_factory=tuple_row)


class _BorrowedSqlite(_Borrowed, SQLiteDialect_pysqlite):
    execution_ctx_cls = _SqliteContext
    supports_statement_cache = True


class _BorrowedPostgres(_Borrowed, PGDialect_psycopg):
    execution_ctx_cls = _PostgresContext
    supports_statement_cache = True


class LentConnection(Connection):
    """Runs SQL inside a transaction of govline; refuses to end it."""

    def detach_from_unit(self) -> None:
        """End of the unit: nothing more runs through this connection; the driver connection stays as it is."""
        super().close()

    def commit(self) -> None:
        _refuse("commit")

    def rollback(self) -> None:
        _refuse("rollback")

    def close(self) -> None:
        _refuse("close")

    def begin(self) -> NoReturn:
        _refuse("begin")

    def begin_twophase(self, xid: Any | None = None) -> NoReturn:  # noqa: ARG002 - SQLAlchemy's signature
        _refuse("begin_twophase")

    def invalidate(self, exception: BaseException | None = None) -> None:  # noqa: ARG002 - SQLAlchemy's signature
        _refuse("invalidate")

    def detach(self) -> None:
        _refuse("detach")


def _check(cursor: Any, statement: str) -> None:
    ending = _ENDING.match(statement)
    if ending:
        _refuse(ending[1])
    if isinstance(cursor, sqlite3.Cursor) and not cursor.connection.in_transaction:
        raise rolled_back()


def _refuse(verb: str) -> NoReturn:
    raise StoreError(
        f"{verb}() was called on the connection of a transaction",
        code="GL-1008",
        hint="the unit commits when its work returns and rolls back when it raises; begin_nested() gives a savepoint",
    )


class Lender:
    """Makes lent connections for one kind of database; the dialect learns the server's version once."""

    def __init__(self, kind: Literal["sqlite", "postgresql"]) -> None:
        self._url = URL.create("sqlite" if kind == "sqlite" else "postgresql+psycopg")
        self._dialect: Dialect = _dialect(kind)
        self._compiled: LRUCache[Any, Any] = LRUCache(500)
        self._ready = False

    def lend(self, driver_connection: Any) -> LentConnection:
        """A guarded Connection over `driver_connection`, whose transaction is open."""
        engine = self._engine(driver_connection)
        if not self._ready:
            with Connection(engine) as first:
                self._dialect.initialize(first)
            self._ready = True
        lent = LentConnection(engine)
        Connection.begin(lent)
        lent.execution_options(compiled_cache=self._compiled)
        return lent

    def plain(self, driver_connection: Any) -> Connection:
        """An unguarded one, for Alembic: its commit and rollback do nothing to the driver connection."""
        connection = Connection(self._engine(driver_connection))
        if not self._ready:
            self._dialect.initialize(connection)
            self._ready = True
        return connection

    def _engine(self, driver_connection: Any) -> Engine:
        """An Engine of this one connection; kept with it when the connection is ours, because making one costs 60 µs."""
        home: Home | None = getattr(driver_connection, "_govline", None)
        if home is not None and home.engine is not None:
            return home.engine
        pool = StaticPool(lambda: driver_connection, reset_on_return=None, dialect=self._dialect)
        engine = Engine(pool, self._dialect, self._url, hide_parameters=True)  # values may be personal data
        if home is not None:
            home.engine = engine
        return engine


def _dialect(kind: Literal["sqlite", "postgresql"]) -> Dialect:
    if kind == "sqlite":
        return _BorrowedSqlite(dbapi=SQLiteDialect_pysqlite.import_dbapi())
    import psycopg

    return _BorrowedPostgres(dbapi=psycopg, use_native_hstore=False)  # type: ignore[no-untyped-call]  # its dialects are untyped


def plain_connection(kind: Literal["sqlite", "postgresql"], driver_connection: Any) -> Connection:
    """An unguarded Connection over a driver connection, for migrations."""
    return Lender(kind).plain(driver_connection)
