"""One rate for all workers of a channel: each leases short slices of the calls to come from a row in the store.

LINE counts per channel, so several processes with a bucket each would together go beyond the limit. A lease is one small
commit for at most a twentieth of a second's calls. A slice that its worker did not use in time is lost, never saved up. While
calls of a worker may reach LINE later than their moments, it lets so many moments of its own go by (see `Arrivals`).
Needs clocks that agree within a few milliseconds, as every machine with NTP has. A clock that is set back stops nobody: moments
farther ahead than anybody could have leased are given up, and the line begins anew behind what may still be under way.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from govline.core import Transaction, to_micros
from govline.line.limiter import LIMITS, RATE, Arrivals, Limit, Turn

if TYPE_CHECKING:
    from govline.store import Database

__all__ = ["SharedLimiter"]

_SLICE: Final = timedelta(seconds=0.05)
"""About how much is leased at once."""

_APART: Final = timedelta(seconds=5)
"""Clocks of workers that are farther apart than this were set."""


class SharedLimiter:
    """A `Gate` that N processes on one channel pass together; safe to share between threads.

    Args:
        db: The town's database; its clock tells the time.
        channel: The LINE channel's id, or any name that all its workers agree on.
        patience: The farthest promised moment in seconds; beyond it the caller is sent back.
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
        self._shares: dict[str, _Share] = {}

    def reserve(self, endpoint: str) -> Turn:
        """A promised call and the wait for its moment; see `Gate`. Call it outside any unit of work."""
        with self._lock:
            moment = self._promised(endpoint)
        if isinstance(moment, float):
            return Turn(moment)
        began: list[float] = []
        return Turn(
            hold=lambda: began.append(self._hold(endpoint, moment)),
            done=lambda reached: self._done(endpoint, began.pop(), reached=reached),
        )

    def _promised(self, endpoint: str) -> datetime | float:
        """The moment of a call, or the seconds after which to ask for one."""
        share = self._shares.get(endpoint)
        if share is None:
            limit = self._limits.get(endpoint, RATE)
            share = self._shares[endpoint] = _Share(limit, self._patience)
        now = self._db.clock.now()
        share.forget(now - share.late)
        if share.slots and share.impossible(share.slots[0], now):
            share.slots.clear()
        if not share.slots and (refused := self._lease(endpoint, share)):
            return refused
        delay = (share.slots[0] - now).total_seconds()
        return delay if delay > self._patience else share.take()

    def _hold(self, endpoint: str, moment: datetime) -> float:
        """Wait for the moment, or for a later one while delayed calls stand in its way; when the call leaves."""
        share, stood = self._shares[endpoint], False
        while True:
            now = self._db.clock.now()
            in_time = now - moment <= share.late and not share.impossible(moment, now)
            if in_time and now < moment:
                stood = self._stood_still(moment - now)
            with self._lock:
                now = self._db.clock.now()
                if in_time and share.may_leave(now, anyway=stood):
                    return now.timestamp()
                again = self._promised(endpoint)
            if isinstance(again, float):
                stood = self._stood_still(timedelta(seconds=again))
            else:
                moment = again

    def _stood_still(self, span: timedelta) -> bool:
        """Wait; whether the clock stood still meanwhile. Such a clock is a test's, and is waited for once only."""
        before = self._db.clock.now()
        self._wait(span.total_seconds())
        return self._db.clock.now() == before

    def _done(self, endpoint: str, began: float, *, reached: bool) -> None:
        now = self._db.clock.now().timestamp()
        with self._lock:
            self._shares[endpoint].arrivals.ended(began, now, reached=reached)

    def _lease(self, endpoint: str, share: "_Share") -> float:
        """Fill the share's slots and return 0.0, or the seconds until there is something to lease."""
        count = share.size
        first = self._db.run(lambda tx: _take(tx, self._channel, endpoint, share, self._patience))
        if isinstance(first, float):
            return first
        share.slots.extend(first + share.interval * number for number in range(count))
        return 0.0


class _Share:
    """What this process holds of one endpoint's rate.

    With `interval` apart and none used more than `late` after its moment, any window of the limit holds at most `calls`. What
    arrives later than that takes the place of moments to come; see `may_leave`.

    Args:
        patience: The farthest promised moment in seconds.
    """

    def __init__(self, limit: Limit, patience: float) -> None:
        late = limit.seconds * limit.burst / limit.calls
        self.late = timedelta(seconds=late)
        micros = math.ceil((limit.seconds + late) * 1_000_000 / max(1, limit.calls - 1))
        self.interval = timedelta(microseconds=micros)
        self.slots: deque[datetime] = deque()
        self.arrivals = Arrivals(limit.seconds)
        self._taken: deque[datetime] = deque()
        self._reach = timedelta(seconds=limit.seconds) + self.late / 2
        self._most = max(1, int(_SLICE / self.interval))
        self.longest = self.interval * self._most
        self.ahead = timedelta(seconds=patience) + self.longest + _APART
        self.size = 1

    def impossible(self, moment: datetime, now: datetime) -> bool:
        """Whether a moment lies farther ahead than a lease can: the clock was set back since."""
        return moment - now > self.ahead

    def take(self) -> datetime:
        """The next moment, now somebody's."""
        moment = self.slots.popleft()
        self._taken.append(moment)
        return moment

    def may_leave(self, now: datetime, *, anyway: bool) -> bool:
        """Whether a call leaves, counted: fewer may arrive in one window with it than moments of ours lie there."""
        while self._taken and not now - self._reach < self._taken[0] <= now + self.ahead:
            self._taken.popleft()
        to_come = sum(1 for _ in takewhile(lambda moment: moment > now, reversed(self._taken)))
        full = self.arrivals.count(now.timestamp()) >= len(self._taken) - to_come
        if full and not anyway:
            return False
        self.arrivals.sent()
        return True

    def forget(self, before: datetime) -> None:
        """Drop moments that nobody used in time; slices grow while they are used up and shrink when they are not."""
        idle = bool(self.slots) and self.slots[0] < before
        if idle:
            self.size = max(1, self.size // 2)
        elif not self.slots:
            self.size = min(self._most, self.size * 2)
        while self.slots and self.slots[0] < before:
            self.slots.popleft()


def _take(tx: Transaction, channel: str, endpoint: str, share: _Share, patience: float) -> datetime | float:
    """The first moment of a slice that is now ours, or the seconds until one may be had."""
    from govline.line import _queries as q

    here = {"on_channel": channel, "to_endpoint": endpoint}
    span = share.interval * share.size
    horizon = tx.now + timedelta(seconds=patience)
    asked = {
        **here,
        "from_us": to_micros(tx.now - share.late),
        "horizon": horizon,
        "span_us": span // timedelta(microseconds=1),
    }
    leased = tx.one(q.LEASE, asked)
    standing = tx.one(q.FREE_AT, here) if leased is None else None
    if leased is None and (standing is None or standing[0] <= horizon):
        # whoever opened the row, perhaps between our two looks, it is there now
        opened = {"channel": channel, "endpoint": endpoint, "free_at": tx.now - share.late}
        tx.write(q.OPEN, opened)
        leased = tx.one(q.LEASE, asked)
        standing = tx.one(q.FREE_AT, here)
    if leased is not None:
        end: datetime = leased[0]
        return end - span
    assert standing is not None
    free_at: datetime = standing[0]
    if share.impossible(free_at, tx.now):
        anew = horizon + share.longest
        tx.write(q.RESET, {**here, "seen": free_at, "again": anew})
        free_at = anew
    return max(_SLICE.total_seconds(), (free_at - tx.now).total_seconds() - patience)
