"""Commands that work on files alone: they run anywhere, with or without a town."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from govline.city.assembly import assemble, feature_named
from govline.core import Command, Env
from govline.core.clock import SystemClock
from govline.core.ids import Uuid7Source
from govline.errors import ConfigError

__all__ = ["townless_commands"]


def townless_commands(feature: str) -> Mapping[str, Command]:
    """The commands of an installed feature that need no town, by name; none for a feature that cannot be built without one."""
    try:
        offers = assemble([feature_named(feature)], _nowhere).offers[feature]
    except ConfigError:
        return {}
    return {command.name: command for command in offers.commands if not command.town}


def _nowhere(port: Callable[[str], Any]) -> Env:
    """An environment for building, not for working: whoever touches the town is told that there is none."""
    return Env(
        town="",
        database=_NoTown(),
        clock=SystemClock(),
        ids=Uuid7Source(),
        folder=Path(),
        secret=_no_town,
        text=_no_town,
        port=port,
    )


class _NoTown:
    def run(self, *_: Any, **__: Any) -> NoReturn:
        """Refuses: there is no town."""
        _no_town()

    def read(self, *_: Any, **__: Any) -> NoReturn:
        """Refuses: there is no town."""
        _no_town()


def _no_town(*_: Any, **__: Any) -> NoReturn:
    raise ConfigError("this command runs without a town", code="GL-9103", hint="--town DIR")
