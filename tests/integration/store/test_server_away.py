"""A PostgreSQL that was away for long is found again at once: the pool goes on knocking for whoever waits."""

import socket
import threading
from contextlib import suppress

from psycopg_pool import PoolClosed, PoolTimeout

from govline.store import _postgres
from govline.testing.store_table import until


class Door:
    """Takes every connection and shuts it again, like a server that is starting up.

    A mute one leaves its callers standing, like a firewall before a machine that is gone.
    """

    def __init__(self, *, mute=False):
        self.knocks = 0
        self._left = [] if mute else None
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
            if self._left is None:
                caller.close()
            else:
                self._left.append(caller)

    def close(self):
        self._door.close()
        for caller in self._left or ():
            caller.close()


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


def test_a_server_that_vanished_without_a_word_is_given_up(monkeypatch):
    monkeypatch.setattr(_postgres, "_KNOCK", 0.02)
    monkeypatch.setattr(_postgres, "_REACH", {**_postgres._REACH, "connect_timeout": 1})
    door = Door(mute=True)
    _, release = _postgres.open_pool(door.url, size=2, budget=1.0)
    try:
        until(lambda: door.knocks >= 2)
    finally:
        door.close()
        release()


def test_what_the_address_says_of_reaching_the_server_goes_before():
    door = Door()
    pool, release = _postgres.open_pool(
        f"{door.url}?connect_timeout=3&keepalives_idle=60", size=2, budget=1.0
    )
    try:
        assert {"connect_timeout", "keepalives_idle"}.isdisjoint(pool.kwargs)
        assert pool.kwargs["tcp_user_timeout"] == 20_000
    finally:
        release()
        door.close()
