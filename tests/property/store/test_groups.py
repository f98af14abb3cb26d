"""Whatever units come together, each one counts exactly when its caller was told so."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from govline.errors import NestedUnit

FATES = ["fine", "raise", "constraint", "at_commit", "nested", "block", "block_raise", "read"]


class Refused(Exception):
    pass


def unit(database, number, fate):
    def work(tx):
        tx.connection.execute(text("INSERT INTO told VALUES (:n)"), {"n": number})
        if fate in ("raise", "block_raise"):
            raise Refused
        if fate == "constraint":
            tx.connection.execute(text("INSERT INTO told VALUES (:n)"), {"n": number})
        if fate == "at_commit":
            tx.connection.execute(text("INSERT INTO orphan VALUES (-1)"))
        if fate == "nested":
            database.run(work)

    return work


def submit(database, number, fate):
    """The number when the caller was told that it was committed, else None."""
    work = unit(database, number, fate)
    try:
        if fate == "read":
            database.read(lambda tx: tx.connection.execute(text("SELECT count(*) FROM told")).scalar())
            return None
        if fate.startswith("block"):
            with database.begin() as tx:
                work(tx)
        else:
            database.run(work, group="told")
    except (Refused, NestedUnit, sqlite3.IntegrityError, IntegrityError):
        return None
    return number


@settings(max_examples=25)
@given(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=40))
def test_told_and_stored_are_the_same(sqlite_db, fates):
    def prepare(tx):
        for line in (
            "DROP TABLE IF EXISTS orphan",
            "DROP TABLE IF EXISTS told",
            "CREATE TABLE told (n BIGINT PRIMARY KEY)",
            "CREATE TABLE orphan (n BIGINT REFERENCES told (n) DEFERRABLE INITIALLY DEFERRED)",
        ):
            tx.connection.execute(text(line))

    sqlite_db.run(prepare)
    with ThreadPoolExecutor(12) as threads:
        told = list(threads.map(lambda pair: submit(sqlite_db, *pair), enumerate(fates)))
    stored = sqlite_db.read(
        lambda tx: tx.connection.execute(text("SELECT n FROM told ORDER BY n")).scalars().all()
    )
    assert stored == [number for number in told if number is not None]
    expected = [n for n, fate in enumerate(fates) if fate in ("fine", "block")]
    assert stored == expected
