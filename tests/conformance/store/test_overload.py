"""What callers see when the database is too busy or away: one clear error that says to ask again, soon, and to everybody alike."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest
from sqlalchemy import text

from govline.errors import RetryNeeded, StoreError
from govline.store import Database
from govline.store.gathering import Gathering

PATIENCE = 0.2


@contextmanager
def opened(url, **more):
    database = Database.open(url, town="hinata", patience=PATIENCE, **more)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def busy_file(sqlite_db):
    """A file that somebody else writes to for ever."""
    path = sqlite_db.engine.path
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        with opened(f"sqlite:///{path}") as database:
            other.execute("BEGIN IMMEDIATE")
            yield database
        other.execute("ROLLBACK")


@pytest.fixture
def busy_row(postgres_db, postgres_18):
    """A row that somebody else keeps, and a server that waits for it a fifth of a second."""
    with postgres_db.begin() as tx:
        tx.connection.execute(text("CREATE TABLE busy (n int); "))
        tx.connection.execute(text("INSERT INTO busy VALUES (1)"))
    server = postgres_18.replace("+psycopg", "")
    with psycopg.connect(server) as other:
        other.execute(f"SET search_path TO {postgres_db.schema}")
        other.execute("UPDATE busy SET n = 2")
        hasty = f"{postgres_18}&options=-c%20lock_timeout%3D200"
        with opened(hasty, schema=postgres_db.schema) as database:
            yield database
        other.rollback()


def change(tx):
    return tx.connection.execute(text("UPDATE busy SET n = 3")).rowcount


def test_a_busy_file_is_told_as_busy(busy_file):
    with pytest.raises(RetryNeeded) as told:
        busy_file.run(lambda tx: tx.now)
    assert told.value.code == "GL-1002"
    assert "same idempotency key" in told.value.hint
    assert busy_file.read(lambda tx: tx.connection.execute(text("SELECT 1")).scalar()) == 1


def test_a_row_that_others_keep_is_told_as_busy(busy_row):
    with pytest.raises(RetryNeeded):
        busy_row.run(change)


def test_a_crowd_at_a_busy_file_waits_as_long_as_one(busy_file):
    """Thirty-two who wait for the same place are not refused one after another."""
    tries, ready = [], threading.Barrier(8)

    def answer(tx, requests):
        return requests

    run = busy_file.run

    def counted(work, **more):
        tries.append(work)
        return run(work, **more)

    busy_file.run = counted
    gathering = Gathering(busy_file, answer)

    def submit(number):
        ready.wait()
        with pytest.raises(RetryNeeded):
            gathering.submit("slot", number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(submit, range(8)))
    assert len(tries) <= 3, "one unit for whoever came first, one or two for all the others"


@pytest.mark.parametrize("code", ["GL-1016", "GL-1004", "GL-1006"])
def test_what_meets_everybody_is_told_to_everybody(sqlite_db, monkeypatch, code):
    gathering, inside, tries = Gathering(sqlite_db, lambda tx, requests: requests), threading.Event(), []
    everybody = threading.Event()

    def fail(work):
        tries.append(work)
        if len(tries) == 1:
            inside.set()
            assert everybody.wait(10)
        raise StoreError("away", code=code)

    monkeypatch.setattr(sqlite_db, "run", fail)

    def submit(number):
        with pytest.raises(StoreError) as told:
            gathering.submit("slot", number)
        return told.value.code

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(submit, 0)
        assert inside.wait(10)
        others = [pool.submit(submit, number) for number in range(1, 5)]
        while gathering.waiting("slot") < 4:
            inside.wait(0.001)
        everybody.set()
        assert {each.result() for each in [first, *others]} == {code}
    assert len(tries) == 2


def test_the_unknown_fate_of_a_commit_is_asked_for_one_by_one(sqlite_db, monkeypatch):
    """By its key each gets what stands; when the server is away by then, nobody waits for the others' turns."""
    gathering, tries = Gathering(sqlite_db, lambda tx, requests: requests), []
    inside, everybody = threading.Event(), threading.Event()
    run = sqlite_db.run

    def lose(work):
        tries.append(work)
        if len(tries) == 1:
            inside.set()
            assert everybody.wait(10)
            return run(work)
        if len(tries) == 2:
            raise StoreError("lost while committing", code="GL-1005")
        if len(tries) == 4:
            raise StoreError("away", code="GL-1016")
        return run(work)

    monkeypatch.setattr(sqlite_db, "run", lose)

    def submit(number):
        try:
            return gathering.submit("slot", number)
        except StoreError as error:
            return error.code

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(submit, 0)
        assert inside.wait(10)
        others = [pool.submit(submit, number) for number in range(1, 5)]
        while gathering.waiting("slot") < 4:
            inside.wait(0.001)
        everybody.set()
        answers = [each.result() for each in others]
        assert first.result() == 0
    assert sorted(map(str, answers))[1:] == ["GL-1016"] * 3
    assert len(tries) == 4
