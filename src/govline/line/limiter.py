"""LINE's rate limits, kept from this side: LINE reports no remaining budget and sends no Retry-After.

A limit counts per channel and endpoint (the HTTP method is part of it; body, URL parameters and source address are not).
"""

import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Protocol

from attrs import field, frozen, validators

__all__ = ["LIMITS", "RATE", "Gate", "Limit", "Limiter", "Turn"]


@frozen
class Limit:
    """At most `calls` in any `seconds`, of which `burst` may come at one moment: a fortieth, or half where it counts longer.

    The bucket refills a little slower than the limit, so that a full bucket and its refill together stay within `calls`.
    """

    calls: int = field(validator=validators.ge(1))
    seconds: float = field(default=1.0, validator=validators.gt(0))
    burst: int = field(default=0)

    def __attrs_post_init__(self) -> None:
        # what may come at once is lost to the steady rate: little where a second counts, half where an hour does, so that
        # an urgent message and its correction need not lie minutes apart
        share = 40 if self.seconds <= 1 else 2
        chosen = self.burst if 0 < self.burst < self.calls else max(1, self.calls // share)
        object.__setattr__(self, "burst", chosen)

    @property
    def refill(self) -> float:
        """Tokens a second."""
        return max(self.calls - self.burst, 1) / self.seconds


RATE: Final = Limit(2000)
"""Push, reply and every endpoint that LINE does not list (developers.line.biz, rate limits)."""

LIMITS: Final[Mapping[str, Limit]] = MappingProxyType(
    {
        "push": RATE,
        "reply": RATE,
        "multicast": Limit(200),
        "narrowcast": Limit(60, 3600),
        "broadcast": Limit(60, 3600),
        "audience": Limit(60, 60),
        "menu.create": Limit(100, 3600),  # secondary source
        "menu.delete": Limit(100, 3600),  # secondary source
        "menu.batch": Limit(3, 3600),  # secondary source
        "loading": Limit(100),  # unconfirmed
    }
)
"""LINE's published limits by endpoint; hand another table to a limiter where LINE changed one."""


@frozen
class Turn:
    """A place in a limiter's line, or a refusal.

    Args:
        refused: Seconds to come back after when there is no place within the limiter's patience; 0.0 with a place.
        hold: Waits for the place's moment: prepare the call first, then hold, then send at once. Who comes too late for the
            place waits for another one, however long: late calls would come together with others' in time.
    """

    refused: float = 0.0
    hold: Callable[[], None] = field(default=lambda: None, repr=False, eq=False)


class Gate(Protocol):
    """What a sender asks before a call."""

    def reserve(self, endpoint: str) -> Turn:
        """A place for one call; a place that is not used is lost."""
        ...

    def enter(self, endpoint: str) -> float:
        """0.0 when the call may go out now, after a little wait; else the seconds to come back after."""
        ...


class _Bucket:
    __slots__ = ("at", "tokens")

    def __init__(self, tokens: float, at: float) -> None:
        self.tokens = tokens
        self.at = at


class Limiter:
    """A token bucket per endpoint of one channel, shared by all threads of a process.

    Args:
        limits: By endpoint; endpoints that are missing get `RATE`.
        patience: The farthest place in seconds; beyond it the caller is sent back with the delay.
        clock: Monotonic seconds.
        wait: Sleeps that many seconds.
    """

    def __init__(
        self,
        limits: Mapping[str, Limit] = LIMITS,
        *,
        patience: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = limits
        self._patience = patience
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._buckets: dict[str, _Bucket] = {}

    def reserve(self, endpoint: str) -> Turn:
        """Take a token, also one that is still to come; when that is too far off, none is taken."""
        with self._lock:
            delay = self._delay(endpoint)
            if delay > self._patience:
                return Turn(delay)
            moment = self._take(endpoint, delay)
        return Turn(hold=lambda: self._hold(endpoint, moment))

    def enter(self, endpoint: str) -> float:
        """`reserve` and hold; 0.0 when the call may go out now, else the seconds to come back after."""
        turn = self.reserve(endpoint)
        turn.hold()
        return turn.refused

    def _take(self, endpoint: str, delay: float) -> float:
        bucket = self._buckets[endpoint]
        bucket.tokens -= 1  # may fall below zero: the place in the line of those who wait
        return bucket.at + delay

    def _hold(self, endpoint: str, moment: float) -> None:
        limit = self._limits.get(endpoint, RATE)
        if self._clock() - moment > limit.burst / limit.refill:
            with self._lock:
                moment = self._take(endpoint, self._delay(endpoint))
        left = moment - self._clock()
        if left > 0:
            self._wait(left)

    def _delay(self, endpoint: str) -> float:
        """Seconds until a token is there; the bucket is filled up to this moment."""
        limit = self._limits.get(endpoint, RATE)
        now = self._clock()
        bucket = self._buckets.setdefault(endpoint, _Bucket(limit.burst, now))
        grown = bucket.tokens + max(0.0, now - bucket.at) * limit.refill
        bucket.tokens = min(float(limit.burst), grown)
        bucket.at = now
        return max(0.0, (1 - bucket.tokens) / limit.refill)
