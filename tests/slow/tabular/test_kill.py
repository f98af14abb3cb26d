"""`kill -9` of an import anywhere: a fresh process finds the rows that stood before, all of them and nothing else."""

import signal
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from benchmarks._tabular_child import dataset, people, table

from govline.core import FixedClock
from govline.store import Database
from govline.tabular import Files, write

pytestmark = pytest.mark.slow

ROWS, MORE = 3_000, 20_000
CHILD = """
import os, signal, sys
from attrs import evolve
from benchmarks._tabular_child import dataset
from govline.store import Database
from govline.tabular import Files
offered, enough, written = dataset()[1], int(sys.argv[4]), 0
def dying(tx, changes):
    global written
    offered.write(tx, changes)
    if written >= enough:
        os.kill(os.getpid(), signal.SIGKILL)  # the unit stands written and is not committed
    written += len(changes)
with Database.open(sys.argv[1], schema=sys.argv[2] or None) as database:
    Files(database, [evolve(offered, write=dying)]).load("people", sys.argv[3])
"""


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/town.db", None
        return
    import psycopg

    url, schema = request.getfixturevalue("postgres_18"), f"kill_{uuid.uuid4().hex}"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute(f"CREATE SCHEMA {schema}")
    yield url, schema


def changed(rows):
    for row in people(rows):
        yield row | {"note": "書き換え", "size": 9}


@pytest.mark.parametrize("after", [500, 4_000, 12_000])
def test_a_killed_import_leaves_nothing(place, tmp_path, after):
    url, schema = place
    standing, offered = dataset()
    soon = FixedClock(datetime.now(UTC) + timedelta(minutes=10))
    with Database.open(url, schema=schema, clock=soon) as database:
        database.migrate(["govline.tabular.migrations"])
        database.run(lambda tx: standing.create(tx.connection))
        files = Files(database, [offered])
        write(table(), tmp_path / "first.csv", people(ROWS))
        files.load("people", tmp_path / "first.csv")

        def everything():
            query = standing.select().order_by(standing.c.no)
            return database.read(lambda tx: [tuple(row) for row in tx.connection.execute(query)])

        def touched():
            query = standing.select().where(standing.c.size == 9)
            return database.read(lambda tx: len(tx.connection.execute(query).all()))

        before = everything()
        write(table(), tmp_path / "second.csv", changed(MORE))
        words = [CHILD, url, schema or "", str(tmp_path / "second.csv"), str(after)]
        assert subprocess.run([sys.executable, "-c", *words], check=False).returncode == -signal.SIGKILL
        assert touched() == after
        assert everything() != before
        assert files.recover() == after
        assert everything() == before
        assert files.recover() == 0
        assert files.load("people", tmp_path / "second.csv").written
        assert touched() == MORE
