"""What the store's modules reach through a transaction: its database's keys."""

from typing import TYPE_CHECKING, cast

from govline.core import Transaction
from govline.errors import ConfigError

if TYPE_CHECKING:
    from govline.store.database import Database
    from govline.store.sealing import Keyring
    from govline.store.transaction import StoreTransaction

__all__ = ["database", "keyring", "nudge_after_commit"]


def database(tx: Transaction) -> "Database":
    """The database that the transaction belongs to."""
    return cast("StoreTransaction", tx).database


def keyring(tx: Transaction) -> "Keyring":
    """The town's keys.

    Raises:
        ConfigError: GL-1122 the database was opened without keys.
    """
    keys = database(tx).keys
    if keys is None:
        raise ConfigError(
            "personal data cannot be stored: the database was opened without keys",
            code="GL-1122",
            hint="set GOVLINE_KEYS (Keyring.generate().to_text() makes one) or pass keys= to Database.open",
        )
    return keys


def nudge_after_commit(tx: Transaction) -> None:
    """Let the commit of this unit wake the workers of this process."""
    cast("StoreTransaction", tx).enqueued = True
