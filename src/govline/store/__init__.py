"""The store: one database a town, one transaction a unit of work, effects in the outbox.

Loaded lazily, so that importing govline costs neither SQLAlchemy nor a driver.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govline.store.database import Database
    from govline.store.sealing import Keyring
    from govline.store.statement import Statement
    from govline.store.transaction import StoreTransaction

__all__ = ["Database", "Keyring", "Statement", "StoreTransaction"]

_HOMES = {
    "Database": "govline.store.database",
    "Keyring": "govline.store.sealing",
    "Statement": "govline.store.statement",
    "StoreTransaction": "govline.store.transaction",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
