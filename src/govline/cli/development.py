"""Throw-away secrets for a town on this machine, how the commands find their town, and the LINE that runs beside it."""

import json
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from govline.errors import ConfigError

__all__ = [
    "CLOCK_FILE",
    "LINE_API",
    "LOGIN_SECRET",
    "SECRET",
    "TOKEN",
    "WEB_URL",
    "announced",
    "development_secrets",
    "join_running_town",
    "town_folder",
]

SECRET: Final = "LINE_CHANNEL_SECRET"  # noqa: S105 - the name of a variable
TOKEN: Final = "LINE_CHANNEL_ACCESS_TOKEN"  # noqa: S105 - the name of a variable
LOGIN_SECRET: Final = "LINE_LOGIN_CHANNEL_SECRET"  # noqa: S105 - the name of a variable
KEYS: Final = "GOVLINE_KEYS"
LINE_API: Final = "GOVLINE_LINE_API"
WEB_URL: Final = "GOVLINE_WEB_URL"
CLOCK_FILE: Final = "GOVLINE_CLOCK_FILE"
_FILE: Final = "development.env"
_RUNNING: Final = "running.json"
_KNOCK_SECONDS: Final = 0.5


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
        create: Whether to make those that are not there yet.
    """
    path = folder / ".govline" / _FILE
    known = _read(path)
    missing = {name: make() for name, make in _MAKERS.items() if name not in known} if create else {}
    if missing:
        _write(path, missing)
    for name, value in {**known, **missing}.items():
        os.environ.setdefault(name, value)


@contextmanager
def announced(folder: Path, values: Mapping[str, str]) -> Iterator[None]:
    """While `govline dev` runs, other commands in the town's folder use its simulator and its clock.

    Args:
        folder: The town's.
        values: Environment variables, `GOVLINE_LINE_API` among them.
    """
    path = folder / ".govline" / _RUNNING
    path.write_text(json.dumps(dict(values)), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def join_running_town(folder: Path) -> None:
    """Take over the simulator and the clock of a `govline dev` that runs for this town, where the environment names none."""
    path = folder / ".govline" / _RUNNING
    if not path.exists() or LINE_API in os.environ:
        return
    values: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    if _listens(values[LINE_API]):  # a killed process leaves its file behind
        for name, value in values.items():
            os.environ.setdefault(name, value)


def _listens(url: str) -> bool:
    address = urlsplit(url)
    try:
        with socket.create_connection((address.hostname or "", address.port or 80), timeout=_KNOCK_SECONDS):
            return True
    except OSError:
        return False


def _keys() -> str:
    from govline.store import Keyring

    return Keyring.generate().to_text()


_MAKERS: Final[Mapping[str, Callable[[], str]]] = {
    SECRET: lambda: secrets.token_hex(16),
    TOKEN: lambda: secrets.token_urlsafe(32),
    LOGIN_SECRET: lambda: secrets.token_hex(16),
    KEYS: _keys,
}


def _read(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _write(path: Path, values: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
