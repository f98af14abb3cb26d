"""Several processes on one database, and processes that are killed: nothing committed is ever lost."""

import signal
import subprocess
import sys

import pytest
from sqlalchemy import text

CODE = """
import sys
from sqlalchemy import text
from govline.store import Database
url, schema, count = sys.argv[1], sys.argv[2] or None, int(sys.argv[3])
database = Database.open(url, schema=schema)
def bump(tx):
    seen = tx.connection.execute(text("SELECT n FROM tally")).scalar()
    tx.connection.execute(text("UPDATE tally SET n = n + 1"))
    return seen
for _ in range(count):
    database.run(bump, group="tally")
    print("committed", flush=True)
database.close()
"""


@pytest.fixture
def tally(any_db, request):
    any_db.run(
        lambda tx: (
            tx.connection.execute(text("CREATE TABLE tally (n BIGINT NOT NULL)")),
            tx.connection.execute(text("INSERT INTO tally VALUES (0)")),
        )
    )
    if any_db.dialect == "sqlite":
        where = [f"sqlite:///{any_db.engine.path}", ""]
    else:
        where = [request.getfixturevalue("postgres_18"), any_db.schema]

    def start(count):
        return subprocess.Popen(
            [sys.executable, "-c", CODE, *where, str(count)], stdout=subprocess.PIPE, text=True
        )

    def value():
        return any_db.read(lambda tx: tx.connection.execute(text("SELECT n FROM tally")).scalar())

    return start, value


def test_four_processes_lose_no_increment(tally):
    start, value = tally
    processes = [start(200) for _ in range(4)]
    for process in processes:
        assert process.communicate(timeout=120)[0].count("committed") == 200
        assert process.returncode == 0
    assert value() == 800


def test_kill_minus_nine_loses_nothing_that_was_committed(tally):
    start, value = tally
    told = 0
    for stop_after in (1, 7, 40):
        process = start(100_000)
        for _ in range(stop_after):
            assert process.stdout.readline() == "committed\n"
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()  # communicate() would pass over what readline has read ahead
        process.wait(timeout=60)
        process.stdout.close()
        told += stop_after + rest.count("committed\n")
        # the last commit may have happened without having been told
        assert told <= value() <= told + 1
        told = value()
