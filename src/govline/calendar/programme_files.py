"""The folder of programmes as it is now: read when the town opens, and again once somebody has published."""

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from govline.calendar.definition import load_folder
from govline.calendar.model import Programme
from govline.errors import DefinitionError

__all__ = ["ProgrammeFiles", "announce"]

_STAMP: Final = Path("before", ".published")
_PAUSE: Final = 1.0
_log = logging.getLogger(__name__)


def announce(folder: Path) -> None:
    """Let every process that reads this folder know that something has been published in it."""
    stamp = folder / _STAMP
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    except OSError as error:  # it is published all the same
        _log.warning("other processes learn of a publication in the night: %s", type(error).__name__)


class ProgrammeFiles:
    """The programmes of a folder and those written in the town's settings.

    Args:
        folder: Where the files lie. `beside`: the programmes of the settings.
        seconds: A clock that only goes on, by which `published` looks no more than once a second.
    """

    def __init__(
        self, folder: Path, beside: Iterable[Programme], seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._beside = tuple(beside)
        self._seconds = seconds
        self._seen = self._stamps()
        self._announced, self._looked = self._stamp(), seconds()

    def read(self) -> list[Programme]:
        """All of them.

        Raises:
            DefinitionError: A file is wrong.
        """
        self._seen = self._stamps()
        return [*load_folder(self._folder), *self._beside]

    def fresh(self) -> list[Programme] | None:
        """All of them where a file has changed since the last reading; None where none has, or where one cannot be read now."""
        if self._stamps() == self._seen:
            return None
        try:
            return self.read()
        except (DefinitionError, OSError) as error:
            _log.warning("the programmes stay as they were read: %s", type(error).__name__)
            return None

    def published(self) -> list[Programme] | None:
        """All of them where another process has announced something; None otherwise. A file that is only being edited is none."""
        now = self._seconds()
        if now < self._looked + _PAUSE:
            return None
        self._looked = now
        stamp = self._stamp()
        if stamp == self._announced:
            return None
        self._announced = stamp
        return self.fresh()

    def _stamp(self) -> int:
        try:
            return (self._folder / _STAMP).stat().st_mtime_ns
        except OSError:
            return 0

    def _stamps(self) -> list[tuple[str, int, int]]:
        """Name, time and size of every file."""
        found = [(path, path.stat()) for path in sorted(self._folder.glob("*.y*ml"))]
        return [(path.name, stat.st_mtime_ns, stat.st_size) for path, stat in found]
