"""A clock that several processes share through a file: the demo town's time machine."""

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from govline.core import Instant, to_micros

__all__ = ["FileClock"]

_MICROSECOND = timedelta(microseconds=1)


class FileClock:
    """Real time plus an offset that stands in a file; every process that reads the file sees the same time.

    Args:
        path: Where the offset stands; an absent file means no offset.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._moving = (
            threading.RLock()
        )  # two buttons pressed at once: both count, and no one's file vanishes
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> Instant:
        """Real time plus the offset in the file."""
        self._refresh()
        return datetime.now(UTC) + self._offset

    def set(self, now: Instant) -> None:
        """Move every process that shares the file to this instant, at once."""
        with self._moving:
            offset = to_micros(now) - to_micros(datetime.now(UTC))
            fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            fresh.write_text(json.dumps({"offset_us": offset}), encoding="utf-8")
            fresh.replace(self._path)

    def advance(self, by: timedelta) -> Instant:
        """Put the clock forward for every process that shares the file."""
        with self._moving:
            self.set(self.now() + by)
            return self.now()

    def _refresh(self) -> None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return
        if self._seen != (stat.st_mtime_ns, stat.st_ino):
            self._offset = json.loads(self._path.read_text(encoding="utf-8"))["offset_us"] * _MICROSECOND
            self._seen = (stat.st_mtime_ns, stat.st_ino)
