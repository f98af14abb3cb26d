"""Writers killed again and again at arbitrary moments, four at a time: told and stored never part."""

import random
import signal
import subprocess
import sys

import pytest
from sqlalchemy import text

pytestmark = pytest.mark.slow

WRITER = """
import sys
from sqlalchemy import text
from govline.store import Database
url, schema, name = sys.argv[1], sys.argv[2] or None, sys.argv[3]
database = Database.open(url, schema=schema)
number = 0
while True:
    def work(tx):
        tx.connection.execute(text("UPDATE ledger_total SET n = n + 1"))
        tx.connection.execute(text("INSERT INTO ledger VALUES (:w, :n)"), {"w": name, "n": number})
    database.run(work, group="ledger")
    print(number, flush=True)
    number += 1
"""


@pytest.fixture
def ledger(any_db, request):
    def prepare(tx):
        for line in (
            "CREATE TABLE ledger_total (n BIGINT NOT NULL)",
            "INSERT INTO ledger_total VALUES (0)",
            "CREATE TABLE ledger (w TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (w, n))",
        ):
            tx.connection.execute(text(line))

    any_db.run(prepare)
    if any_db.dialect == "sqlite":
        return any_db, [f"sqlite:///{any_db.engine.path}", ""]
    return any_db, [request.getfixturevalue("postgres_18"), any_db.schema]


def test_forty_killed_writers_lose_nothing(ledger):
    database, where = ledger
    dice = random.Random(5)
    for generation in range(10):
        names = [f"{generation}-{number}" for number in range(4)]
        writers = {
            name: subprocess.Popen(
                [sys.executable, "-c", WRITER, *where, name], stdout=subprocess.PIPE, text=True
            )
            for name in names
        }
        for name in dice.sample(names, 4):
            for _ in range(dice.randrange(1, 60)):
                assert writers[name].stdout.readline()
            writers[name].send_signal(signal.SIGKILL)
        for name, writer in writers.items():
            told = writer.communicate(timeout=60)[0].split()
            rows = database.read(
                lambda tx, name=name: (
                    tx.connection.execute(text("SELECT n FROM ledger WHERE w = :w ORDER BY n"), {"w": name})
                    .scalars()
                    .all()
                )
            )
            assert rows == list(range(len(rows)))
            if told:
                assert int(told[-1]) <= rows[-1] <= int(told[-1]) + 1
        total, rows = database.read(
            lambda tx: (
                tx.connection.execute(text("SELECT n FROM ledger_total")).scalar(),
                tx.connection.execute(text("SELECT count(*) FROM ledger")).scalar(),
            )
        )
        assert total == rows
