"""Two Procrastinate workers on one PostgreSQL, one killed in the middle: every citizen has exactly one message."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from procrastinate import App, SyncPsycopgConnector

from govline.core import Effect
from govline.core.messages import Text
from govline.simulator import ChannelSettings, LineWorld, Simulator
from govline.store import friends, identity, outbox
from govline.testing.clock import FileClock

CHILD = Path(__file__).parent / "procrastinate_child.py"
PEOPLE = 400


def wait_for(condition, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.slow
def test_a_killed_worker_loses_and_doubles_nothing(postgres_db, postgres_18, tmp_path, keys, monkeypatch):
    monkeypatch.setenv("GOVLINE_KEYS", keys.to_text())
    clock = FileClock(tmp_path / "clock.json")
    postgres_db.clock = clock
    with App(connector=SyncPsycopgConnector(conninfo=postgres_18.replace("+psycopg", ""))).open() as app:
        app.schema_manager.apply_schema()
    world = LineWorld(clock=clock, channels=[ChannelSettings()])
    users = world.befriend_many(PEOPLE)

    def enqueue(tx):
        friends.add(tx, users, as_of=tx.now)
        for user in users:
            citizen = identity.find_citizen(tx, user)
            payload = {"citizen": citizen, "messages": [Text("お知らせ").to_line()]}
            tx.enqueue(Effect("line.push", payload, dedupe=citizen))

    postgres_db.run(enqueue)

    def delivered():
        return PEOPLE - int(world.report()["per_citizen_counts"].get("0", 0))

    with Simulator(world).serve() as url:
        words = [
            sys.executable,
            str(CHILD),
            postgres_18,
            postgres_db.schema,
            str(tmp_path / "clock.json"),
            url,
        ]
        workers = [subprocess.Popen(words) for _ in range(2)]
        try:
            wait_for(lambda: delivered() > PEOPLE // 8)
            workers[0].kill()
            workers[0].wait()
            assert delivered() < PEOPLE
            clock.set(datetime.now(UTC) + timedelta(minutes=3))  # the dead worker's leases run out
            wait_for(lambda: postgres_db.read(outbox.counts)["line"] == {"done": PEOPLE})
            workers[1].terminate()
            assert workers[1].wait(60) == 0
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
    assert world.report()["per_citizen_counts"] == {"1": PEOPLE}
    assert world.report()["doubled"] == []
