"""LINE's rate limits, kept from this side: LINE reports no remaining budget and sends no Retry-After.

A limit counts per channel and endpoint (the HTTP method is part of it; body, URL parameters and source address are not), when
calls arrive. A bucket spaces them out; `Arrivals` holds back those that could fall into one window with delayed ones.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Protocol, TypeVar

from attrs import field, frozen, validators

__all__ = ["LIMITS", "RATE", "Arrivals", "Gate", "Limit", "Limiter", "Turn"]

T = TypeVar("T")

_LOOK: Final = 0.01
"""Seconds after which to look again for an answer that makes room."""

_ANSWERS: Final = 500
"""The way to LINE is known from twice so many answers at most."""

_APART: Final = 5.0
"""An answer that lies farther ahead is of a clock that was set back."""


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
    """A place in a limiter's line, or a refusal. Prepare the call first, then send it at once: `turn.call(post)`.

    Args:
        refused: Seconds to come back after when there is no place within the limiter's patience; 0.0 with a place.
        hold: Waits for the place's moment. Who comes too late for it, or while delayed calls may fill LINE's window, waits
            for another one, however long.
        done: Told whether the call left, when its answer is in or will never be: until then it may arrive at any moment.
    """

    refused: float = 0.0
    hold: Callable[[], None] = field(default=lambda: None, repr=False, eq=False)
    done: Callable[[bool], None] = field(default=lambda _reached: None, repr=False, eq=False)

    def call(self, send: Callable[[], T]) -> T:
        """Hold, send, and tell the limiter when the answer is in; one that says `left` False never reached LINE."""
        self.hold()
        reached = True
        try:
            answer = send()
            reached = getattr(answer, "left", True)
        finally:
            self.done(reached)
        return answer


class Gate(Protocol):
    """What a sender asks before a call."""

    def reserve(self, endpoint: str) -> Turn:
        """A place for one call; a place that is not used is lost."""
        ...


class Arrivals:
    """How many calls may have reached LINE in the last window, whatever the network does; not safe between threads.

    A call arrives after it was sent and before its answer, and both ways together take at least as long as the quickest of the
    last answers took. While calls are sent only when fewer than the limit may have arrived within a window before, no window at LINE
    holds more: of those that arrive in one, the last that was sent had counted all the others.

    Args:
        seconds: The limit's window.
    """

    def __init__(self, seconds: float) -> None:
        self._window = seconds
        self._under_way = 0
        self._answered: deque[float] = deque()
        self._quickest = self._quickest_before = float("inf")
        self._seen = 0

    def count(self, now: float) -> int:
        """How many may fall into one window with a call that is sent now."""
        while self._answered and not 0 < self._gone_in(now) <= self._window + _APART:
            self._answered.popleft()
        return self._under_way + len(self._answered)

    def room_in(self, now: float) -> float:
        """Seconds after which to count again: the oldest has gone, or another answer may be in."""
        return max(min(self._gone_in(now) if self._answered else _LOOK, _LOOK), 1e-6)

    def sent(self) -> None:
        """A call leaves."""
        self._under_way += 1

    def ended(self, began: float, now: float, *, reached: bool) -> None:
        """The answer to a call that was sent at `began` is in; `reached` is False where it never left."""
        self._under_way -= 1
        if reached:
            self._answered.append(now)
            self._learn(now - began)

    def _gone_in(self, now: float) -> float:
        """Seconds until the oldest answered call counts no more."""
        way = min(self._quickest, self._quickest_before)
        # nothing is known of the way before the first answer, and none is longer than a quarter of a window
        return self._answered[0] - (way if way <= self._window / 4 else 0.0) + self._window - now

    def _learn(self, took: float) -> None:
        """The way may become longer: what an answer of long ago took is forgotten."""
        if self._seen >= _ANSWERS:
            self._quickest_before, self._quickest, self._seen = self._quickest, float("inf"), 0
        self._seen += 1
        if took >= 0:  # a clock was set back
            self._quickest = min(self._quickest, took)


class _Bucket:
    __slots__ = ("arrivals", "at", "door", "tokens")

    def __init__(self, limit: Limit, at: float) -> None:
        self.tokens = float(limit.burst)
        self.at = at
        self.arrivals = Arrivals(limit.seconds)
        self.door = threading.Lock()  # one looks for room, the others queue behind


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
        began: list[float] = []
        return Turn(
            hold=lambda: began.append(self._hold(endpoint, moment)),
            done=lambda reached: self._done(endpoint, began.pop(), reached=reached),
        )

    def _take(self, endpoint: str, delay: float) -> float:
        bucket = self._buckets[endpoint]
        bucket.tokens -= 1  # may fall below zero: the place in the line of those who wait
        return bucket.at + delay

    def _hold(self, endpoint: str, moment: float) -> float:
        """Wait for the moment and for room behind it; when the call leaves."""
        limit = self._limits.get(endpoint, RATE)
        if self._clock() - moment > limit.burst / limit.refill:
            with self._lock:
                moment = self._take(endpoint, self._delay(endpoint))
        left = moment - self._clock()
        if left > 0:
            self._wait(left)
        bucket = self._buckets[endpoint]
        with bucket.door:
            while True:
                with self._lock:
                    now = self._clock()
                    if bucket.arrivals.count(now) < limit.calls:
                        bucket.arrivals.sent()
                        return now
                    again = bucket.arrivals.room_in(now)
                self._wait(again)

    def _done(self, endpoint: str, began: float, *, reached: bool) -> None:
        now = self._clock()
        with self._lock:
            self._buckets[endpoint].arrivals.ended(began, now, reached=reached)

    def _delay(self, endpoint: str) -> float:
        """Seconds until a token is there; the bucket is filled up to this moment."""
        limit = self._limits.get(endpoint, RATE)
        now = self._clock()
        bucket = self._buckets.setdefault(endpoint, _Bucket(limit, now))
        grown = bucket.tokens + max(0.0, now - bucket.at) * limit.refill
        bucket.tokens = min(float(limit.burst), grown)
        bucket.at = now
        return max(0.0, (1 - bucket.tokens) / limit.refill)
