"""Opens the town that a command works on, with the clock and the secrets that are meant for it."""

import os
import sys
from pathlib import Path

from govline.city import City
from govline.cli.development import CLOCK_FILE, development_secrets, join_running_town
from govline.core import Actor, Clock, SystemClock
from govline.errors import InputError, StoreError
from govline.store.identity import check_keys
from govline.testing.clock import FileClock

__all__ = ["ask_policy", "open_town", "ready_town", "town_clock"]


def open_town(folder: Path) -> City:
    """The town of a folder; in development with its throw-away secrets and the LINE of a running `govline dev`.

    Where the town has a sandbox channel, stderr says which of the two this is (`GOVLINE_CHANNEL`).
    """
    development_secrets(folder)
    join_running_town(folder)
    city = City.load(folder / "city.yaml", clock=town_clock())
    if city.channel is not None and city.channel.label:
        sys.stderr.write(f"[{city.channel.label}] {city.name}\n")
    return city


def ready_town(folder: Path) -> City:
    """The town of a folder, whose tables stand; what may wait until after a deploy may be missing.

    Raises:
        StoreError: GL-9107, the database was not migrated (yet); GL-1121, the keys are not the town's.
    """
    city = open_town(folder)
    if city.database.pending(city.migrations, phase="pre"):
        city.close()
        raise StoreError(
            "the town's tables are not there yet, or not of this version",
            code="GL-9107",
            hint="govline db upgrade",
            place={"folder": str(folder)},
        )
    try:
        city.read(check_keys)
    except StoreError:
        city.close()
        raise
    return city


def ask_policy(city: City, actor: Actor, verb: str) -> None:
    """Refuse a command that the town's policy does not give to this actor.

    Raises:
        InputError: The policy's code and sentence.
    """
    reason = city.policy.refuses(actor, verb)
    if reason is not None:
        raise InputError(reason.text, code=reason.code, place={"verb": verb})


def town_clock() -> Clock:
    """The machine's clock, or the movable one that a demo shares with its processes (`GOVLINE_CLOCK_FILE`)."""
    shared = os.environ.get(CLOCK_FILE)
    return FileClock(Path(shared)) if shared else SystemClock()
