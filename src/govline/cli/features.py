"""`govline <feature> <command> …`: the commands that the town's features offer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from govline.cli.development import town_folder
from govline.cli.townless import townless_commands
from govline.cli.towns import ready_town
from govline.core import Command
from govline.errors import ConfigError

__all__ = ["run_feature"]

_HELP = frozenset({"--help", "-h"})


def run_feature(words: Sequence[str], others: Sequence[str] = ()) -> int:
    """Run a feature's command; `--town DIR` may stand anywhere. A command that needs no town runs without one.

    Args:
        words: The feature's name, the command's, and what the command reads itself.
        others: First words that are no feature's; named where nothing fits.

    Raises:
        ConfigError: GL-9103, no feature of this town offers it; the hint lists what there is.
    """
    rest, town = _without_town(list(words))
    tools = townless_commands(rest[0])
    if len(rest) > 1 and rest[1] in tools:
        return _run(tools[rest[1]], None, rest[2:])
    try:
        folder = town_folder(town)
    except ConfigError as error:
        if tools and (len(rest) == 1 or rest[1] in _HELP):
            _show(rest[0], tools)
            return 0
        raise _unknown(rest[:1], others, f"; a feature's commands need a town, {error.message}") from None
    with ready_town(folder).prepare(phase="pre") as city:
        offered = city.commands.get(rest[0], {})
        if offered and (len(rest) == 1 or rest[1] in _HELP):
            _show(rest[0], offered)
            return 0
        command = offered.get(rest[1]) if len(rest) > 1 else None
        if command is None:
            known = [f"{feature} {name}" for feature, commands in city.commands.items() for name in commands]
            raise _unknown(rest[:2], [*others, *known])
        return _run(command, city, rest[2:])


def _run(command: Command, city: Any, words: Sequence[str]) -> int:
    try:
        return command.run(city, words)
    except SystemExit as end:  # argparse: wrong words or --help
        return end.code if isinstance(end.code, int) else 2


def _unknown(words: Sequence[str], known: Sequence[str], more: str = "") -> ConfigError:
    return ConfigError(
        f"no such command: {' '.join(words)}", code="GL-9103", hint=f"known: {', '.join(known)}{more}"
    )


def _show(feature: str, commands: Mapping[str, Command]) -> None:
    for name, command in commands.items():
        print(f"govline {feature} {name:10} {command.help}")
    print(f"\n`govline {feature} COMMAND --help` explains one.")


def _without_town(words: list[str]) -> tuple[list[str], Path | None]:
    for at, word in enumerate(words):
        if word == "--town" and at + 1 < len(words):
            return words[:at] + words[at + 2 :], Path(words[at + 1])
        if word.startswith("--town="):
            return words[:at] + words[at + 1 :], Path(word.removeprefix("--town="))
    return words, None
