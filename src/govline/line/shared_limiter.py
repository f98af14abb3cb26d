"""One rate for all workers of a channel: each leases short slices of the calls to come from a row in the store.

LINE counts per channel, so several processes with a bucket each would together go beyond the limit. A lease is one small
commit for at most a twentieth of a second's calls. A slice that its worker did not use in time is lost, never saved up.
Needs clocks that agree within a few milliseconds, as every machine with NTP has. A clock that is set back stops nobody: moments
farther ahead than anybody could have leased are given up, and the line begins anew behind what may still be under way.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from govline.core import Transaction, to_micros
from govline.line.limiter import LIMITS, RATE, Limit, Turn

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
        return Turn(hold=lambda: self._hold(endpoint, moment))

    def enter(self, endpoint: str) -> float:
        """`reserve` and hold; 0.0 when the call may go out now, else the seconds to come back after."""
        turn = self.reserve(endpoint)
        turn.hold()
        return turn.refused

    def _promised(self, endpoint: str) -> datetime | float:
        """The moment of a call, or the seconds after which to ask for one."""
        share = self._shares.setdefault(endpoint, _Share(self._limits.get(endpoint, RATE)))
        now = self._db.clock.now()
        share.forget(now - share.late)
        if share.slots and self._impossible(share, share.slots[0], now):
            share.slots.clear()
        if not share.slots and (refused := self._lease(endpoint, share)):
            return refused
        delay = (share.slots[0] - now).total_seconds()
        return delay if delay > self._patience else share.slots.popleft()

    def _hold(self, endpoint: str, moment: datetime) -> None:
        share = self._shares[endpoint]
        while (now := self._db.clock.now()) - moment > share.late or self._impossible(share, moment, now):
            with self._lock:
                again = self._promised(endpoint)
            if isinstance(again, float):
                self._wait(again)
            else:
                moment = again
        left = (moment - self._db.clock.now()).total_seconds()
        if left > 0:
            self._wait(left)

    def _impossible(self, share: "_Share", moment: datetime, now: datetime) -> bool:
        """Whether a moment lies farther ahead than a lease can: the clock was set back since."""
        return moment - now > timedelta(seconds=self._patience) + share.longest + _APART

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

    With `interval` apart and none used more than `late` after its moment, any window of the limit holds at most `calls`.
    """

    def __init__(self, limit: Limit) -> None:
        late = limit.seconds * limit.burst / limit.calls
        self.late = timedelta(seconds=late)
        micros = math.ceil((limit.seconds + late) * 1_000_000 / max(1, limit.calls - 1))
        self.interval = timedelta(microseconds=micros)
        self.slots: deque[datetime] = deque()
        self._most = max(1, int(_SLICE / self.interval))
        self.longest = self.interval * self._most
        self.size = 1

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
    if free_at > horizon + share.longest + _APART:
        anew = horizon + share.longest
        tx.write(q.RESET, {**here, "seen": free_at, "again": anew})
        free_at = anew
    return max(_SLICE.total_seconds(), (free_at - tx.now).total_seconds() - patience)
