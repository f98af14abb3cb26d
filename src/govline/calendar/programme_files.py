"""The folder of programmes as it is now: read when the town opens, and again once somebody has published."""

import logging
from collections.abc import Iterable
from pathlib import Path

from govline.calendar.definition import load_folder
from govline.calendar.model import Programme
from govline.errors import DefinitionError

__all__ = ["ProgrammeFiles"]

_log = logging.getLogger(__name__)


class ProgrammeFiles:
    """The programmes of a folder and those written in the town's settings.

    Args:
        folder: Where the files lie. `beside`: the programmes of the settings.
    """

    def __init__(self, folder: Path, beside: Iterable[Programme]) -> None:
        self._folder = folder
        self._beside = tuple(beside)
        self._seen = self._stamps()

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

    def _stamps(self) -> list[tuple[str, int, int]]:
        """Name, time and size of every file."""
        found = [(path, path.stat()) for path in sorted(self._folder.glob("*.y*ml"))]
        return [(path.name, stat.st_mtime_ns, stat.st_size) for path, stat in found]
