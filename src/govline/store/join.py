"""Joining the transaction of an integrator: our rows commit or roll back with his, on his connection, by his hand.

Accepted: SQLAlchemy Connection and Session, Django's `django.db.connection`, psycopg 3, sqlite3. We never commit, roll back or
rerun. A connection without an open transaction is refused, because a write on it would be lost or commit by itself.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from govline.core.values import Actor
from govline.errors import JoinRefused
from govline.store._retry import retry_is_told
from govline.store.transaction import StoreTransaction

if TYPE_CHECKING:
    from govline.store.database import Database

__all__ = ["join"]


@contextmanager
def join(
    database: "Database", connection: Any, actor: Actor, schema: str | None
) -> Iterator[StoreTransaction]:
    """The transaction open on `connection`, as a govline transaction; see `Database.join`."""
    with retry_is_told():
        driver = _driver_connection(connection)
        with _on_schema(driver, schema):
            cursor = _cursor(driver, database.dialect)
            tx = StoreTransaction(database, database.dialect, driver, cursor, actor, work=join)
            try:
                yield tx
            finally:
                tx.finish()


def _driver_connection(connection: Any) -> Any:
    """The driver's connection below, after checking that a transaction is open on it."""
    if isinstance(connection, sqlite3.Connection):
        return _of_sqlite3(connection)
    if hasattr(connection, "in_atomic_block"):
        return _of_django(connection)
    if "sqlalchemy" in sys.modules:
        from sqlalchemy import Connection
        from sqlalchemy.orm import Session, scoped_session

        if isinstance(connection, Session | scoped_session):
            return _of_session(connection)
        if isinstance(connection, Connection):
            return _of_sqlalchemy(connection)
    return _of_psycopg(connection)


def _of_sqlite3(connection: sqlite3.Connection) -> sqlite3.Connection:
    if not connection.in_transaction:
        raise JoinRefused(
            "the sqlite3 connection has no open transaction",
            hint='run connection.execute("BEGIN IMMEDIATE") before join, and commit() afterwards',
        )
    return connection


def _of_psycopg(connection: Any) -> Any:
    psycopg = sys.modules.get("psycopg")
    if psycopg is None or not isinstance(connection, psycopg.Connection):
        raise JoinRefused(
            f"a {type(connection).__module__}.{type(connection).__qualname__} cannot be joined",
            hint="hand over an SQLAlchemy Connection or Session, django.db.connection, a psycopg 3 or sqlite3 connection;"
            " async drivers cannot be joined, use db.arun",
        )
    status = psycopg.pq.TransactionStatus
    state = connection.info.transaction_status
    if state == status.INERROR:
        raise JoinRefused("the transaction has failed already", hint="roll it back and begin again")
    if connection.autocommit and state != status.INTRANS:
        raise JoinRefused(
            "the psycopg connection is in autocommit mode without a transaction",
            hint="wrap the join in `with connection.transaction():`",
        )
    return connection


def _of_django(connection: Any) -> Any:
    if not connection.in_atomic_block:
        raise JoinRefused(
            "Django's connection is outside a transaction",
            hint="wrap the join in `with transaction.atomic():`",
        )
    if connection.needs_rollback:
        raise JoinRefused(
            "Django's transaction has failed already", hint="leave the atomic block and begin again"
        )
    connection.ensure_connection()
    driver = connection.connection
    return _of_sqlite3(driver) if isinstance(driver, sqlite3.Connection) else _of_psycopg(driver)


def _of_session(session: Any) -> Any:
    from sqlalchemy.exc import InvalidRequestError

    try:
        return _of_sqlalchemy(session.connection())
    except InvalidRequestError as error:
        raise JoinRefused(
            "the Session has no usable transaction", hint="wrap the join in `with session.begin():`"
        ) from error


def _of_sqlalchemy(connection: Any) -> Any:
    if connection.closed or not connection.in_transaction():
        raise JoinRefused(
            "the SQLAlchemy connection has not begun a transaction",
            hint="open it with `with engine.begin() as connection:`",
        )
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        return _of_psycopg(driver)
    if driver.in_transaction:
        return driver
    if driver.isolation_level is None:
        raise JoinRefused(
            "the SQLAlchemy connection is in AUTOCOMMIT mode",
            hint="use an engine without isolation_level='AUTOCOMMIT'",
        )
    # sqlite3 begins only before the first write it recognises; its commit() ends this one just the same
    driver.execute("BEGIN IMMEDIATE")
    return driver


def _cursor(driver: Any, dialect: str) -> Any:
    if isinstance(driver, sqlite3.Connection) != (dialect == "sqlite"):
        raise JoinRefused(
            f"the connection is of another kind of database than this town's ({dialect})",
            hint="join a connection to the database in which govline's tables live",
        )
    if isinstance(driver, sqlite3.Connection):
        cursor = driver.cursor()
        cursor.row_factory = None
        return cursor
    import psycopg

    return psycopg.RawCursor(driver, row_factory=psycopg.rows.tuple_row)


@contextmanager
def _on_schema(driver: Any, schema: str | None) -> Iterator[None]:
    """Put the town's schema before the integrator's own search path, and give that back afterwards."""
    if schema is None or isinstance(driver, sqlite3.Connection):
        yield
        return
    import psycopg

    cursor = psycopg.Cursor(driver, row_factory=psycopg.rows.tuple_row)
    row = cursor.execute("SELECT current_setting('search_path'), quote_ident(%s)", (schema,)).fetchone()
    assert row is not None
    own, town = row
    cursor.execute("SELECT set_config('search_path', %s, true)", (f"{town}, {own}" if own else town,))
    yield
    if driver.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS:
        cursor.execute("SELECT set_config('search_path', %s, true)", (own,))
