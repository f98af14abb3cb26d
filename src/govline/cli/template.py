"""A new town from the template that is also the demo town."""

import json
import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from govline.cli.development import development_secrets
from govline.errors import InputError

__all__ = ["copy_demo_town", "new_town"]

_IGNORED = ".govline/\n*.db\n*.db-*\n__pycache__/\n"
_ID = re.compile(r"[a-z][a-z0-9_]{0,30}")


def new_town(folder: Path, title: str = "") -> Path:
    """Copy the template into a new folder and give the town its id and name.

    Raises:
        InputError: GL-9104 the name is no id, GL-9105 the folder is there already.
    """
    if not _ID.fullmatch(folder.name):
        raise InputError(
            "a town's id is lower-case letters, digits and _",
            code="GL-9104",
            hint="such as nagasu",
            place={"name": folder.name},
        )
    if folder.exists():
        raise InputError("the folder is there already", code="GL-9105", place={"folder": str(folder)})
    _copy(folder)
    (folder / ".gitignore").write_text(_IGNORED, encoding="utf-8")
    _rename(folder / "city.yaml", folder.name, title or folder.name)
    development_secrets(folder, create=True)
    return folder


def copy_demo_town(folder: Path) -> Path:
    """Put the demo town's files there; files that are there already stay as they are."""
    if not (folder / "city.yaml").exists():
        _copy(folder)
    return folder


def _copy(folder: Path) -> None:
    with as_file(files("govline.cli") / "town") as template:
        shutil.copytree(
            template, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".govline")
        )


def _rename(path: Path, identity: str, title: str) -> None:
    text = path.read_text(encoding="utf-8")
    for key, value in (("id", identity), ("name", title)):
        head, _, rest = re.split(rf"(?m)^({key}: .*)$", text, maxsplit=1)
        text = f"{head}{key}: {_yaml_string(value)}{rest}"
    path.write_text(text, encoding="utf-8")


def _yaml_string(value: str) -> str:
    """The bare word where YAML reads it back as this text, else a JSON string, which is a YAML string whatever it holds."""
    try:
        bare = YAML(typ="safe", pure=True).load(f"key: {value}\n") == {"key": value}
    except (YAMLError, ValueError):
        bare = False
    return value if bare else json.dumps(value, ensure_ascii=False)
