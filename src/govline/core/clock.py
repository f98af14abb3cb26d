"""The clock at the edge: everything that asks for the time is handed one of these."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol

from govline.errors import InputError

__all__ = ["Clock", "FixedClock", "Instant", "SystemClock", "aware", "from_micros", "to_micros"]

Instant = datetime
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the present instant, aware and in UTC."""

    def now(self) -> Instant:
        """The present instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        """The machine's present instant."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands until it is moved; safe to share between threads."""

    def __init__(self, now: Instant) -> None:
        self._lock = threading.Lock()
        self._now = aware(now)

    def now(self) -> Instant:
        """The instant at which it stands."""
        with self._lock:
            return self._now

    def set(self, now: Instant) -> None:
        """Put it to another instant, which must be aware."""
        with self._lock:
            self._now = aware(now)

    def advance(self, by: timedelta) -> Instant:
        """Put it forward; the new instant."""
        with self._lock:
            self._now += by
            return self._now


def to_micros(instant: Instant) -> int:
    """Microseconds since 1970-01-01 UTC, exactly (the stored form of an instant)."""
    return (aware(instant) - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> Instant:
    """The instant of a stored number of microseconds."""
    return _EPOCH + timedelta(microseconds=micros)


def aware(instant: object) -> Instant:
    """The same instant in UTC.

    Raises:
        InputError: GL-0003, no datetime, or a naive one, which no two machines read alike.
    """
    if not isinstance(instant, datetime) or instant.utcoffset() is None:
        raise InputError(
            "a naive datetime was given", code="GL-0003", hint="use an aware datetime, e.g. datetime.now(UTC)"
        )
    return instant.astimezone(UTC)
