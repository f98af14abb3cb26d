"""Token buckets per channel and endpoint, on the injected clock; no budget headers and no Retry-After, like LINE."""

import threading
from collections.abc import Mapping
from datetime import datetime

from govline.core import Clock
from govline.simulator.limits import Rate

__all__ = ["RateDesk"]


class RateDesk:
    """Counts requests; a refused request takes nothing from the bucket."""

    def __init__(self, clock: Clock, rates: Mapping[str, Rate]) -> None:
        self._clock = clock
        self._rates = rates
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], tuple[float, datetime]] = {}

    def take(self, channel: str, endpoint: str) -> bool:
        """Take one request from a channel's bucket for an endpoint; False when it is empty."""
        rate = self._rates.get(endpoint) or self._rates.get("*")
        if rate is None:
            return True
        now = self._clock.now()
        with self._lock:
            level, since = self._buckets.get((channel, endpoint), (float(rate.amount), now))
            elapsed = max(0.0, (now - since) / rate.per)  # a talk may set its clock back
            level = min(float(rate.amount), level + rate.amount * elapsed)
            self._buckets[channel, endpoint] = (level - 1 if level >= 1 else level, now)
            return level >= 1

    def reset(self) -> None:
        """Fill every bucket."""
        with self._lock:
            self._buckets.clear()
