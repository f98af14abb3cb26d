"""A clock that runs like another one but may be put forward: a demonstration does not wait for the evening."""

import threading
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from govline.core import Clock, SystemClock
from govline.errors import InputError

__all__ = ["ShiftableClock", "shift"]


@runtime_checkable
class _Movable(Protocol):
    def advance(self, by: timedelta) -> datetime: ...


class ShiftableClock:
    """Another clock plus an offset; share one between the town and the simulator."""

    def __init__(self, base: Clock | None = None) -> None:
        self._base = base or SystemClock()
        self._lock = threading.Lock()
        self._offset = timedelta()

    def now(self) -> datetime:
        """The real clock's instant, shifted."""
        with self._lock:
            return self._base.now() + self._offset

    def advance(self, by: timedelta) -> datetime:
        """Put the clock forward.

        Raises:
            InputError: `by` is negative: what has happened must not come again.
        """
        if by < timedelta():
            raise InputError("the clock of the simulator only goes forward", code="GL-8401")
        with self._lock:
            self._offset += by
        return self.now()


def shift(clock: Clock, by: timedelta) -> bool:
    """Put a clock forward when it can be; False when it is a clock that nobody may move."""
    if not isinstance(clock, _Movable):
        return False
    clock.advance(by)
    return True
