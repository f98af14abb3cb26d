"""Which rooms have tables: found by their migration packages, so that a new room is tested without being listed."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import govline

if TYPE_CHECKING:
    from sqlalchemy import MetaData

__all__ = ["metadata_of", "migration_packages"]


def migration_packages() -> list[str]:
    """Import paths of every room's `migrations` package that holds a revision, sub-rooms among them; the store's first."""
    root = Path(govline.__path__[0])
    folders = {revision.parent for revision in root.rglob("migrations/[0-9]*.py")}
    found = [".".join(("govline", *folder.relative_to(root).parts)) for folder in folders]
    return sorted(found, key=lambda name: (name != "govline.store.migrations", name))


def metadata_of(package: str) -> "MetaData | None":
    """The tables that a room declares in `_tables.py`, or None where it has none."""
    room = package.removesuffix(".migrations")
    if find_spec(f"{room}._tables") is None:
        return None
    metadata: MetaData = import_module(f"{room}._tables").metadata
    return metadata
