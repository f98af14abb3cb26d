"""Opens the town that a command works on, with the clock and the secrets that are meant for it."""

import os
from pathlib import Path

from govline.city import City
from govline.cli.development import development_secrets
from govline.core import Clock, SystemClock
from govline.testing.clock import FileClock

__all__ = ["open_town", "town_clock"]


def open_town(folder: Path) -> City:
    """The town of a folder; in development its throw-away secrets are used where the environment has none."""
    development_secrets(folder)
    return City.load(folder / "city.yaml", clock=town_clock())


def town_clock() -> Clock:
    """The machine's clock, or the movable one that a demo shares with its processes (`GOVLINE_CLOCK_FILE`)."""
    shared = os.environ.get("GOVLINE_CLOCK_FILE")
    return FileClock(Path(shared)) if shared else SystemClock()
