"""A PostgreSQL that was away for long is found again at once: the pool goes on knocking for whoever waits."""

import socket
import threading
from contextlib import suppress

from psycopg_pool import PoolClosed, PoolTimeout

from govline.store import _postgres
from govline.testing.store_table import until


class Door:
    """Takes every connection and shuts it again, like a server that is starting up."""

    def __init__(self):
        self.knocks = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"postgresql://127.0.0.1:{self._door.getsockname()[1]}/town"
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self):
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            self.knocks += 1
            caller.close()

    def close(self):
        self._door.close()


def ask(pool):
    with suppress(PoolClosed, PoolTimeout):
        pool.getconn(timeout=30)


def test_who_waits_need_not_wait_longer_than_the_server(monkeypatch):
    monkeypatch.setattr(_postgres, "_KNOCK", 0.02)
    door = Door()
    pool, release = _postgres.open_pool(door.url, size=2, budget=1.0)
    asking = threading.Thread(target=ask, args=[pool])
    asking.start()
    try:
        until(lambda: door.knocks >= 8)
    finally:
        release()
        door.close()
        asking.join(30)
