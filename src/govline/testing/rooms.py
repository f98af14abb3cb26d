"""Which rooms have tables: found by their migration packages, so that a new room is tested without being listed."""

import pkgutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import govline

if TYPE_CHECKING:
    from sqlalchemy import MetaData

__all__ = ["metadata_of", "migration_packages"]


def migration_packages() -> list[str]:
    """Import paths of every `govline.<room>.migrations` that holds a revision; the store's first."""
    found = []
    for module in pkgutil.iter_modules(govline.__path__, "govline."):
        folder = Path(govline.__path__[0]) / module.name.rpartition(".")[2] / "migrations"
        if module.ispkg and any(folder.glob("[0-9]*.py")):
            found.append(f"{module.name}.migrations")
    return sorted(found, key=lambda name: (name != "govline.store.migrations", name))


def metadata_of(package: str) -> "MetaData | None":
    """The tables that a room declares in `_tables.py`, or None where it has none."""
    room = package.removesuffix(".migrations")
    if find_spec(f"{room}._tables") is None:
        return None
    metadata: MetaData = import_module(f"{room}._tables").metadata
    return metadata
