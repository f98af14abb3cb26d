"""What vendors do to a unit: rows carried out of it, transactions ended under it, lost connections swallowed, sys.exit in it."""

import sqlite3
import threading
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from govline.errors import StoreError
from govline.testing.store import queue_up


@pytest.fixture
def db(any_db):
    any_db.run(lambda tx: run(tx, "CREATE TABLE v (n INTEGER PRIMARY KEY)"))
    return any_db


def run(tx, sql):
    tx.connection.execute(text(sql))


def numbers(db):
    return db.read(lambda tx: [row[0] for row in tx.connection.execute(text("SELECT n FROM v ORDER BY n"))])


def add(number):
    return lambda tx: run(tx, f"INSERT INTO v VALUES ({number})")


def test_a_lazy_result_carried_out_of_a_read_does_not_freeze_later_reads(sqlite_db):
    """Half read, it kept its snapshot open on a pooled connection: every later read there saw the past."""
    sqlite_db.run(lambda tx: run(tx, "CREATE TABLE v (n INTEGER PRIMARY KEY)"))
    for number in range(5):
        sqlite_db.run(add(number))

    def driver_cursor(tx):
        cursor = tx.connection.connection.driver_connection.cursor()
        cursor.execute("SELECT n FROM v")
        cursor.fetchone()
        return cursor

    result = sqlite_db.read(lambda tx: tx.connection.execute(text("SELECT n FROM v")))
    with pytest.raises(ProgrammingError):
        next(iter(result))
    cursor = sqlite_db.read(driver_cursor)
    sqlite_db.run(add(9))
    assert numbers(sqlite_db) == [0, 1, 2, 3, 4, 9]
    with pytest.raises(sqlite3.ProgrammingError):
        cursor.fetchone()


@pytest.mark.parametrize(
    "ending",
    [
        "COMMIT",
        " rollback",
        "/* x */ END",
        "-- x\nBEGIN",
        "Start  Transaction",
        "ABORT",
        "ROLLBACK TRANSACTION",
    ],
)
def test_sql_that_ends_the_transaction_is_refused(db, ending):
    def unit(tx):
        add(1)(tx)
        tx.connection.exec_driver_sql(ending)
        add(2)(tx)

    with pytest.raises(StoreError, match="GL-1008"):
        db.run(unit)
    assert numbers(db) == []


def test_savepoints_of_the_vendor_stay_allowed(db):
    def unit(tx):
        kept = tx.connection.begin_nested()
        add(1)(tx)
        kept.commit()
        dropped = tx.connection.begin_nested()
        add(2)(tx)
        dropped.rollback()
        run(tx, "SAVEPOINT own")
        add(3)(tx)
        run(tx, "ROLLBACK TO SAVEPOINT own")

    db.run(unit)
    assert numbers(db) == [1]


def test_a_swallowed_rollback_of_sqlite_commits_nothing_and_spares_its_neighbours(sqlite_db):
    """ON CONFLICT ROLLBACK ends the transaction; what came after it was committed by itself, statement by statement."""
    sqlite_db.run(lambda tx: run(tx, "CREATE TABLE v (n INTEGER PRIMARY KEY ON CONFLICT ROLLBACK)"))
    sqlite_db.run(add(1))

    def swallow(tx):
        add(2)(tx)
        with suppress(Exception):
            add(1)(tx)
        add(3)(tx)

    def swallow_last(tx):
        with suppress(Exception):
            add(1)(tx)

    for wrong in (swallow, swallow_last):
        with pytest.raises(StoreError, match="GL-1009"):
            sqlite_db.run(wrong)
        with pytest.raises(StoreError, match="GL-1009"), sqlite_db.begin() as tx:
            wrong(tx)
    first, bad, last = queue_up(sqlite_db, [add(10), swallow, add(11)])
    assert (first.exception(), last.exception()) == (None, None)
    assert isinstance(bad.exception(), StoreError)
    assert numbers(sqlite_db) == [1, 10, 11]


def test_an_exit_in_a_unit_belongs_to_its_own_caller(db):
    def leave(tx):
        raise SystemExit(3)

    first, left, last = queue_up(db, [add(1), leave, add(2)])
    assert (first.exception(), last.exception()) == (None, None)
    assert isinstance(left.exception(), SystemExit)
    assert numbers(db) == [1, 2]


def terminate(server, condition):
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND {condition}"
        )


def test_a_block_survives_a_server_that_dropped_its_idle_connections(postgres_db, postgres_18):
    postgres_db.run(lambda tx: run(tx, "CREATE TABLE v (n INTEGER PRIMARY KEY)"))
    terminate(postgres_18, "state = 'idle'")
    with postgres_db.begin() as tx:
        add(1)(tx)
    assert numbers(postgres_db) == [1]


@pytest.mark.parametrize("swallowed", [False, True])
def test_a_connection_lost_in_mid_unit_runs_the_unit_again(postgres_db, postgres_18, swallowed):
    postgres_db.run(lambda tx: run(tx, "CREATE TABLE v (n INTEGER PRIMARY KEY)"))
    runs = []

    def unit(tx):
        runs.append(threading.get_ident())
        add(1)(tx)
        if len(runs) == 1:
            pid = tx.connection.execute(text("SELECT pg_backend_pid()")).scalar()
            terminate(postgres_18, f"pid = {pid}")
        try:
            add(2)(tx)
        except Exception:
            if not swallowed:
                raise

    postgres_db.run(unit)
    assert (len(runs), numbers(postgres_db)) == (2, [1, 2])
