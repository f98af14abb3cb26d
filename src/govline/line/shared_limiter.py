"""One rate for all workers of a channel: each leases short slices of the calls to come from a row in the store.

LINE counts per channel, so several processes with a bucket each would together go beyond the limit. A lease is one small
commit for about a twentieth of a second's calls. A slice that its worker did not use in time is lost, never saved up.
Needs clocks that agree within a few milliseconds, as every machine with NTP has.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from govline.core import Transaction, to_micros
from govline.line.limiter import LIMITS, RATE, Limit

if TYPE_CHECKING:
    from govline.store import Database

__all__ = ["SharedLimiter"]

_GRACE: Final = 0.05
"""Seconds for which a promised call may be late; also about how much is leased at once."""


class SharedLimiter:
    """A `Gate` that N processes on one channel pass together; safe to share between threads.

    Args:
        db: The town's database; its clock tells the time.
        channel: The LINE channel's id.
        patience: The longest wait in seconds inside `enter`.
        wait: Sleeps that many seconds.
    """

    def __init__(
        self,
        db: "Database",
        channel: str,
        limits: Mapping[str, Limit] = LIMITS,
        *,
        patience: float = 0.5,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._db = db
        self._channel = channel
        self._limits = limits
        self._patience = patience
        self._wait = wait
        self._lock = threading.Lock()
        self._slots: dict[str, deque[datetime]] = {}

    def enter(self, endpoint: str) -> float:
        """Use a promised call, waiting a little for its moment; see `Gate`. Call it outside any unit of work."""
        with self._lock:
            slots = self._slots.setdefault(endpoint, deque())
            now = self._db.clock.now()
            while slots and slots[0] < now - timedelta(seconds=_GRACE):
                slots.popleft()
            if not slots and (refused := self._lease(endpoint, slots)):
                return refused
            delay = (slots[0] - now).total_seconds()
            if delay > self._patience:
                return delay
            slots.popleft()
        if delay > 0:
            self._wait(delay)
        return 0.0

    def _lease(self, endpoint: str, slots: deque[datetime]) -> float:
        """Fill `slots` and return 0.0, or the seconds until there is something to lease."""
        limit = self._limits.get(endpoint, RATE)
        interval = _interval(limit)
        count = max(1, int(timedelta(seconds=_GRACE) / interval))
        first = self._db.run(lambda tx: _take(tx, self._channel, endpoint, interval * count, self._patience))
        if isinstance(first, float):
            return first
        slots.extend(first + interval * number for number in range(count))
        return 0.0


def _interval(limit: Limit) -> timedelta:
    # any window of the limit's length holds at most `calls` moments, even with each of them late by the grace
    return timedelta(microseconds=math.ceil((limit.seconds + _GRACE) * 1_000_000 / max(1, limit.calls - 1)))


def _take(tx: Transaction, channel: str, endpoint: str, span: timedelta, patience: float) -> datetime | float:
    """The first moment of a slice that is now ours, or the seconds until one may be had."""
    from govline.line import _queries as q

    here = {"on_channel": channel, "to_endpoint": endpoint}
    horizon = tx.now + timedelta(seconds=patience)
    asked = {
        **here,
        "now_us": to_micros(tx.now),
        "horizon": horizon,
        "span_us": span // timedelta(microseconds=1),
    }
    leased = tx.one(q.LEASE, asked)
    standing = tx.one(q.FREE_AT, here) if leased is None else None
    if leased is None and (standing is None or standing[0] <= horizon):
        # whoever opened the row, perhaps between our two looks, it is there now
        tx.write(q.OPEN, {"channel": channel, "endpoint": endpoint, "free_at": tx.now})
        leased = tx.one(q.LEASE, asked)
        standing = tx.one(q.FREE_AT, here)
    if leased is not None:
        end: datetime = leased[0]
        return end - span
    assert standing is not None
    free_at: datetime = standing[0]
    return max(_GRACE, (free_at - tx.now).total_seconds() - patience)
