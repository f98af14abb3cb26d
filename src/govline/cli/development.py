"""Throw-away secrets for a town on this machine, and how the commands find their town."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from govline.errors import ConfigError

__all__ = ["LINE_API", "SECRET", "TOKEN", "development_secrets", "town_folder"]

SECRET: Final = "LINE_CHANNEL_SECRET"  # noqa: S105 - the name of a variable
TOKEN: Final = "LINE_CHANNEL_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
KEYS: Final = "GOVLINE_KEYS"
LINE_API: Final = "GOVLINE_LINE_API"
_FILE: Final = "development.env"


def town_folder(given: Path | None) -> Path:
    """The town that a command is about: `--town`, `GOVLINE_TOWN`, this folder, or the demo town below it.

    Raises:
        ConfigError: GL-9101, none of them has a city.yaml.
    """
    named = given or (Path(os.environ["GOVLINE_TOWN"]) if os.environ.get("GOVLINE_TOWN") else None)
    candidates = [named] if named else [Path.cwd(), Path.cwd() / ".govline" / "demo"]
    for folder in candidates:
        if (folder / "city.yaml").is_file():
            return folder.resolve()
    raise ConfigError(
        "there is no town here",
        code="GL-9101",
        hint="`govline new NAME` makes one; --town DIR names one",
        place={"folder": str(candidates[0])},
    )


def development_secrets(folder: Path, *, create: bool = False) -> None:
    """Put the town's throw-away secrets into the environment where it has none of its own.

    Args:
        folder: The town; the secrets stand in `.govline/development.env`, readable by its owner only.
        create: Whether to make them when the file is not there.
    """
    path = folder / ".govline" / _FILE
    if create and not path.exists():
        _write(path, {name: make() for name, make in _MAKERS.items()})
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            os.environ.setdefault(name, value)


def _keys() -> str:
    from govline.store import Keyring

    return Keyring.generate().to_text()


_MAKERS: Final[Mapping[str, Callable[[], str]]] = {
    SECRET: lambda: secrets.token_hex(16),
    TOKEN: lambda: secrets.token_urlsafe(32),
    KEYS: _keys,
}


def _write(path: Path, values: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
