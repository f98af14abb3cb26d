"""Which driver errors mean "run it again", whoever wrapped them on the way."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from govline.errors import RetryNeeded, StoreError

__all__ = ["asks_to_retry", "busy_is_told", "is_busy", "retry_is_told"]

_RETRYABLE: Final = ("40001", "40P01")
_LOCK_TIMEOUT: Final = "55P03"
_DISK_FULL: Final = "53100"
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_busy(error: BaseException) -> bool:
    """Whether another connection holds the SQLite file."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY


def asks_to_retry(error: BaseException) -> bool:
    """Serialization failure or deadlock (SQLSTATE 40001, 40P01), or a busy SQLite file; also inside SQLAlchemy's or Django's error."""
    return isinstance(error, RetryNeeded) or any(
        getattr(each, "sqlstate", None) in _RETRYABLE or is_busy(each) for each in _layers(error)
    )


@contextmanager
def retry_is_told() -> Iterator[None]:
    """Turn such an error into RetryNeeded, where only the caller can run the work again."""
    try:
        yield
    except RetryNeeded:
        raise
    except Exception as error:
        if asks_to_retry(error):
            raise RetryNeeded(
                "the database asks to run this transaction again",
                hint="roll back and run the whole transaction again, all of its block included",
            ) from error
        raise


@contextmanager
def busy_is_told() -> Iterator[None]:
    """Turn what the driver says when others keep a row or the file for too long into RetryNeeded, and a full disk into GL-1017."""
    try:
        yield
    except RetryNeeded:
        raise
    except Exception as error:
        late = any(getattr(each, "sqlstate", None) == _LOCK_TIMEOUT for each in _layers(error))
        if late or asks_to_retry(error):
            raise RetryNeeded(
                "the database was busy for longer than its patience: nothing was written",
                hint="ask again a little later with the same idempotency key; over HTTP answer 503",
            ) from error
        if any(_is_full(each) for each in _layers(error)):
            raise StoreError(
                "the disk of the database is full: nothing was written",
                code="GL-1017",
                hint="free space, then ask again with the same idempotency key; over HTTP answer 503",
            ) from error
        raise


def _is_full(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == _DISK_FULL


def _layers(error: BaseException) -> Iterator[BaseException]:
    yield error
    for inner in (getattr(error, "orig", None), error.__cause__):
        if isinstance(inner, BaseException):
            yield inner
