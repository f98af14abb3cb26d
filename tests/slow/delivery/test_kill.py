"""`kill -9` of the worker anywhere in a delivery: after a restart each citizen has exactly one message."""

import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest

from govline import delivery
from govline.cli.local import local_town
from govline.core.messages import Text
from govline.store import identity

pytestmark = pytest.mark.slow

PEOPLE, PAGE = 5_000, 500
LEASE = timedelta(minutes=5)
WORKER = """
import sys, uuid
from pathlib import Path
from attrs import evolve
from govline.cli.towns import open_town
from govline.delivery import service

if sys.argv[2] == "unguarded":
    opened = service.open_batch
    service.open_batch = lambda tx, batch_id: evolve(opened(tx, batch_id), retry_key=str(uuid.uuid4()))
with open_town(Path(sys.argv[1])) as city:
    city.worker().run()
"""


@contextmanager
def worker(town, kind="guarded"):
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(town.folder), kind])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(params=["sqlite", "postgres"])
def town(request, tmp_path):
    # two at a time, so that there is something left to kill in the midst of
    lines = ["id: hinata", "name: ひなた町", "features: {}", "queues: {delivery: {workers: 2, ahead: 8}}"]
    if request.param == "sqlite":
        lines.append("database: sqlite:///town.db")
    else:
        lines += [f"database: {request.getfixturevalue('postgres_18')}", f"schema: kill_{uuid.uuid4().hex}"]
    (tmp_path / "city.yaml").write_text("\n".join(lines), encoding="utf-8")
    with local_town(tmp_path, worker="none") as running:
        yield running


def accepted(town):
    return sum(entry.get("endpoint") == "multicast" for entry in town.client.log())


def until(condition, process=None, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened for a minute"
        assert process is None or process.poll() is None, "the worker ended by itself"
        time.sleep(0.005)


def known(tx, users):
    return [identity.citizen_of(tx, user) for user in users]


def freeze(town):
    users = town.client.citizens_in_bulk(PEOPLE)
    pages = [users[start : start + PAGE] for start in range(0, PEOPLE, PAGE)]
    citizens = [each for page in pages for each in town.city.run(partial(known, users=page))]
    return town.city.run(
        lambda tx: delivery.freeze(
            tx, key="kill", source="test", messages=[Text("避難訓練のお知らせ")], recipients=citizens
        )
    )


def kill_while(town, fault, kind="guarded", more=1):
    """Start a worker, let LINE see `more` new requests under the fault, and kill the worker in the midst of them."""
    seen = accepted(town)
    if fault:
        town.client.fault("multicast", fault, times=None, seconds=60)
    with worker(town, kind) as process:
        until(lambda: accepted(town) >= seen + more, process)
        process.kill()
        process.wait()
    town.client.clear_faults()
    town.clock.advance(LEASE)


def finish(town, kind="guarded"):
    with worker(town, kind) as process:
        end = time.monotonic() + 120
        while town.city.busy() or town.city.read(delivery.runs)[0].finished is None:
            assert time.monotonic() < end, "the delivery does not end"
            assert process.poll() is None
            town.clock.advance(timedelta(seconds=20))
            time.sleep(0.1)


@pytest.mark.parametrize("faults", [["slow", None, "500_after"], ["cut_after", "500", "slow", None]])
def test_each_citizen_has_exactly_one_message(town, faults):
    run = freeze(town)
    for fault in faults:
        kill_while(town, fault)
    finish(town)
    report = town.client.report()
    assert report["per_citizen_counts"] == {"1": PEOPLE}
    assert town.client.violations() == []
    counts = town.city.read(lambda tx: delivery.run(tx, run.id)).counts
    assert (counts.sent, counts.total) == (PEOPLE, PEOPLE)
    assert town.city.check() == []


def test_without_frozen_retry_keys_citizens_get_it_twice(town):
    freeze(town)
    kill_while(town, "slow", "unguarded")
    finish(town, "unguarded")
    assert town.client.report()["doubled"]
