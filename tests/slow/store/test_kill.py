"""kill -9 of a worker at any moment: every effect happens, none twice by its id, each citizen's in order."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from govline.core import Effect, SystemClock
from govline.store import outbox

CHILD = Path(__file__).parent / "worker_child.py"
EFFECTS = 1500
CITIZENS = 300


class Receiver:
    """An idempotent provider: takes an id once and answers 409 to its repetition."""

    def __init__(self):
        self.taken = {}
        self.calls = Counter()
        self.changed = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                _, effect, citizen, number = self.path.split("/")
                status = outer.take(effect, citizen, int(number))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, effect, citizen, number):
        with self.changed:
            self.calls[effect] += 1
            fresh = effect not in self.taken
            if fresh:
                self.taken[effect] = (citizen, number)
            self.changed.notify_all()
            return 200 if fresh else 409

    def await_taken(self, number):
        with self.changed:
            return self.changed.wait_for(lambda: len(self.taken) >= number, timeout=60)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@contextmanager
def worker(db, url, receiver):
    schema = getattr(db.engine, "_schema", None) or ""
    process = subprocess.Popen([sys.executable, str(CHILD), url, schema, receiver.url])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def state(db, process, receiver):
    """What to look at when the test stands still."""
    return db.read(outbox.counts), process.poll(), len(receiver.taken)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_kill_nine_anywhere_loses_and_repeats_nothing(engine, request, tmp_path):
    db = request.getfixturevalue(f"{engine}_db")
    url = (
        f"sqlite:///{tmp_path / 'town.db'}" if engine == "sqlite" else request.getfixturevalue("postgres_18")
    )
    db.clock = SystemClock()
    rows = []
    for start in range(0, EFFECTS, 300):
        numbers = range(start, start + 300)
        rows += db.run(lambda tx, numbers=numbers: [tx.enqueue(effect(number)) for number in numbers])
    receiver = Receiver()
    try:
        for kill_at in (1, 150, 400, 401, 900, 1300):
            with worker(db, url, receiver) as victim:
                assert receiver.await_taken(kill_at), state(db, victim, receiver)
                os.kill(victim.pid, signal.SIGKILL)
        with worker(db, url, receiver) as last:
            assert receiver.await_taken(EFFECTS), state(db, last, receiver)
            while db.read(outbox.counts)["line"].get("done", 0) < EFFECTS:
                assert last.poll() is None
                with receiver.changed:
                    receiver.changed.wait(0.1)
            last.send_signal(signal.SIGTERM)
            assert last.wait(30) == 0
    finally:
        receiver.close()
    assert set(receiver.taken) == set(rows)
    assert db.read(outbox.counts) == {"line": {"done": EFFECTS}}
    assert sum(receiver.calls.values()) < EFFECTS * 1.5
    for citizen in range(CITIZENS):
        mine = [number for who, number in receiver.taken.values() if who == f"c{citizen}"]
        assert mine == sorted(mine)


def effect(number):
    citizen = f"c{number % CITIZENS}"
    return Effect("line.push", {"citizen": citizen, "n": number}, str(number), order_key=citizen)
