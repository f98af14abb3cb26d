"""`govline <feature> <command> …`: the commands that the town's features offer."""

from collections.abc import Sequence
from pathlib import Path

from govline.cli.development import town_folder
from govline.cli.towns import open_town
from govline.errors import ConfigError

__all__ = ["run_feature"]


def run_feature(words: Sequence[str]) -> int:
    """Run a feature's command; `--town DIR` may stand anywhere.

    Raises:
        ConfigError: GL-9103, no feature of this town offers it; the hint lists what there is.
    """
    rest, town = _without_town(list(words))
    with open_town(town_folder(town)).prepare() as city:
        offered = city.commands.get(rest[0], {})
        command = offered.get(rest[1]) if len(rest) > 1 else None
        if command is None:
            known = [f"{feature} {name}" for feature, commands in city.commands.items() for name in commands]
            raise ConfigError(
                f"no such command: {' '.join(rest[:2])}", code="GL-9103", hint=f"known: {', '.join(known)}"
            )
        try:
            return command.run(city, rest[2:])
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 2


def _without_town(words: list[str]) -> tuple[list[str], Path | None]:
    for at, word in enumerate(words):
        if word == "--town" and at + 1 < len(words):
            return words[:at] + words[at + 2 :], Path(words[at + 1])
        if word.startswith("--town="):
            return words[:at] + words[at + 1 :], Path(word.removeprefix("--town="))
    return words, None
