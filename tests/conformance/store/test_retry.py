"""Units run again when the database asks for it: real deadlocks, a busy file, lost connections."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text

from govline.errors import RetryNeeded, StoreError
from govline.store import Database
from govline.store._outage import is_outage

MAKE = text("CREATE TABLE pair (id TEXT PRIMARY KEY, n BIGINT NOT NULL)")
FILL = text("INSERT INTO pair VALUES ('a', 0), ('b', 0)")
BUMP = text("UPDATE pair SET n = n + 1 WHERE id = :id")
SUM = text("SELECT sum(n) FROM pair")


@pytest.fixture
def pairs(any_db):
    any_db.run(lambda tx: (tx.connection.execute(MAKE), tx.connection.execute(FILL)))
    return any_db


def total(database):
    return int(database.read(lambda tx: tx.connection.execute(SUM).scalar()))


@pytest.mark.parametrize("group", [None, "key"])
def test_units_that_deadlock_both_succeed_in_the_end(postgres_db, group):
    postgres_db.run(lambda tx: (tx.connection.execute(MAKE), tx.connection.execute(FILL)))
    meet = threading.Barrier(2)
    runs = []

    def cross(first, second):
        def work(tx):
            runs.append(first)
            tx.connection.execute(text("SET LOCAL deadlock_timeout TO '20ms'"))
            tx.connection.execute(BUMP, {"id": first})
            if len(runs) <= 2:
                meet.wait()
            tx.connection.execute(BUMP, {"id": second})

        return postgres_db.run(work, group=group and f"{group}:{first}")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(cross, "ab", "ba"))
    assert len(runs) > 2
    assert total(postgres_db) == 4


def test_a_serialization_failure_runs_the_unit_again(postgres_db):
    postgres_db.run(lambda tx: (tx.connection.execute(MAKE), tx.connection.execute(FILL)))
    runs = []

    def work(tx):
        runs.append(1)
        tx.connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        tx.connection.execute(SUM).scalar()
        if len(runs) == 1:
            with ThreadPoolExecutor(1) as threads:
                threads.submit(postgres_db.run, lambda tx: tx.connection.execute(BUMP, {"id": "a"})).result()
        tx.connection.execute(BUMP, {"id": "a"})

    postgres_db.run(work)
    assert len(runs) == 2
    assert total(postgres_db) == 2


def test_a_busy_file_is_waited_for(sqlite_db):
    """A second Database on the file stands for a second process: it has a writer of its own."""
    other = Database.open(f"sqlite:///{sqlite_db.engine.path}")
    other.run(lambda tx: (tx.connection.execute(MAKE), tx.connection.execute(FILL)))
    with ThreadPoolExecutor(1) as threads:
        with other.begin() as tx:
            tx.connection.execute(BUMP, {"id": "a"})
            waiting = threads.submit(
                sqlite_db.run, lambda tx: tx.connection.execute(BUMP, {"id": "a"}).rowcount
            )
            assert total(sqlite_db) == 0
        assert waiting.result() == 1
    assert total(other) == 2
    other.close()


def test_a_file_that_stays_busy_is_reported_after_the_patience(sqlite_db):
    hasty = Database.open(f"sqlite:///{sqlite_db.engine.path}", patience=0.01)
    with sqlite_db.begin(), pytest.raises(RetryNeeded, match="busy"):
        hasty.run(lambda tx: tx.connection.execute(SUM))
    with sqlite_db.begin(), pytest.raises(RetryNeeded), hasty.begin():
        pass
    assert hasty.run(lambda tx: tx.connection.execute(text("SELECT 1")).scalar()) == 1
    hasty.close()


def test_a_full_disk_is_told_and_what_stands_is_whole(sqlite_db):
    def fill(tx):
        tx.connection.execute(
            text("PRAGMA max_page_count = 1")
        )  # SQLite takes the file's present size for the least
        tx.connection.execute(MAKE)
        tx.connection.execute(text("INSERT INTO pair VALUES (:id, 1)"), {"id": "x" * 1_000_000})

    with pytest.raises(StoreError, match="GL-1017") as caught:
        sqlite_db.run(fill)
    assert is_outage(caught.value), "an event that meets it is tried again"
    sqlite_db.run(lambda tx: tx.connection.execute(text("PRAGMA max_page_count = 1073741823")))
    sqlite_db.run(lambda tx: (tx.connection.execute(MAKE), tx.connection.execute(FILL)))
    assert total(sqlite_db) == 0


def test_a_full_disk_of_the_server_is_told(postgres_db):
    def fill(_tx):
        raise psycopg.errors.DiskFull("could not extend file")

    with pytest.raises(StoreError, match="GL-1017"):
        postgres_db.run(fill)


@pytest.mark.parametrize("group", [None, "key"])
def test_a_connection_lost_before_commit_runs_the_unit_again(postgres_db, postgres_18, group):
    postgres_db.run(lambda tx: (tx.connection.execute(MAKE), tx.connection.execute(FILL)))
    runs = []

    def work(tx):
        runs.append(1)
        tx.connection.execute(BUMP, {"id": "a"})
        if len(runs) == 1:
            victim = tx.connection.execute(text("SELECT pg_backend_pid()")).scalar()
            with psycopg.connect(postgres_18.replace("+psycopg", ""), autocommit=True) as killer:
                killer.execute("SELECT pg_terminate_backend(%s, 5000)", (victim,))
        tx.connection.execute(BUMP, {"id": "b"})

    postgres_db.run(work, group=group)
    assert len(runs) == 2
    assert total(postgres_db) == 2


def test_a_read_survives_a_server_that_dropped_the_idle_connections(postgres_db, postgres_18):
    pids = [postgres_db.read(lambda tx: tx.connection.execute(text("SELECT pg_backend_pid()")).scalar())]
    with psycopg.connect(postgres_18.replace("+psycopg", ""), autocommit=True) as killer:
        killer.execute("SELECT pg_terminate_backend(%s, 5000)", (pids[0],))
    assert postgres_db.read(lambda tx: tx.town) == "hinata"
    assert postgres_db.run(lambda tx: tx.town) == "hinata"


def test_a_connection_lost_while_committing_is_reported_as_unknown(postgres_db, postgres_18):
    postgres_db.run(lambda tx: (tx.connection.execute(MAKE), tx.connection.execute(FILL)))

    def work(tx):
        tx.connection.execute(BUMP, {"id": "a"})
        victim = tx.connection.execute(text("SELECT pg_backend_pid()")).scalar()
        with psycopg.connect(postgres_18.replace("+psycopg", ""), autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s, 5000)", (victim,))

    with pytest.raises(StoreError, match=r"GL-1005.*idempotency"):
        postgres_db.run(work)
    assert total(postgres_db) == 0


def test_a_swallowed_error_is_not_taken_for_a_commit(postgres_db):
    postgres_db.run(lambda tx: (tx.connection.execute(MAKE), tx.connection.execute(FILL)))

    def swallow(tx):
        tx.connection.execute(BUMP, {"id": "a"})
        with pytest.raises(Exception, match="duplicate"):
            tx.connection.execute(FILL)

    for group in (None, "key"):
        with pytest.raises(StoreError, match="GL-1009"):
            postgres_db.run(swallow, group=group)
    with pytest.raises(StoreError, match="GL-1009"), postgres_db.begin() as tx:
        swallow(tx)
    assert total(postgres_db) == 0


def test_an_integrity_error_may_be_caught_behind_a_savepoint(pairs):
    def careful(tx):
        tx.connection.execute(BUMP, {"id": "a"})
        with pytest.raises(Exception, match=r"(?i)unique"), tx.connection.begin_nested():
            tx.connection.execute(FILL)

    pairs.run(careful)
    assert total(pairs) == 1
