"""An event that kills every process that touches it: restarted workers finish all others, once each, and give it up in the end."""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from govline.core import SystemClock
from govline.store import audit, inbox
from govline.testing.flow_inbox import incoming

CHILD = Path(__file__).parent / "inbox_child.py"
EVENTS, CITIZENS, WORKERS = 300, 40, 2
MOST_LIVES = WORKERS * (inbox.TRIES + 2)


def audited(db):
    seen, after = [], ""
    while page := db.read(lambda tx, after=after: audit.list(tx, after=after, limit=500)):
        seen += [entry.subject_id for entry in page]
        after = page[-1].id
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_poisonous_event_is_given_up_and_nothing_else_is_lost(engine, request, tmp_path):
    db = request.getfixturevalue(f"{engine}_db")
    url = (
        f"sqlite:///{tmp_path / 'town.db'}" if engine == "sqlite" else request.getfixturevalue("postgres_18")
    )
    schema = getattr(db.engine, "_schema", None) or ""
    db.clock, db.keys = SystemClock(), None
    events = [incoming(f"e{n:03}", f"c{n % CITIZENS}", at=n) for n in range(EVENTS)]
    db.run(lambda tx: inbox.receive(tx, events))
    poison = "e100"
    lives, workers = 0, []
    end = time.monotonic() + 90
    try:
        while db.read(inbox.counts).get("received"):
            assert time.monotonic() < end, db.read(inbox.counts)
            workers = [worker for worker in workers if worker.poll() is None]
            while len(workers) < WORKERS:
                workers.append(subprocess.Popen([sys.executable, str(CHILD), url, schema, poison]))
                lives += 1
            time.sleep(0.05)
        for worker in workers:
            worker.terminate()
            assert worker.wait(30) in (0, -15)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    (failed,) = db.read(lambda tx: inbox.list(tx, state="failed"))
    assert (failed.id, failed.code) == (poison, "GL-1113")
    assert lives <= MOST_LIVES
    handled = audited(db)
    assert Counter(handled) == {event.id: 1 for event in events if event.id != poison}
    for number in range(CITIZENS):
        mine = [event for event in handled if int(event[1:]) % CITIZENS == number]
        assert mine == sorted(mine)
