"""Keeps a handler that calls sys.exit from taking a worker's thread with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from govline.errors import StoreError

__all__ = ["contained"]


@contextmanager
def contained() -> Iterator[None]:
    """Turn SystemExit of a handler into an error of its unit, which rolls back and is told like any other.

    Not on the main thread, where it may come from a signal that means the whole process.

    Raises:
        StoreError: GL-1131 the handler called sys.exit.
    """
    try:
        yield
    except SystemExit as error:
        if threading.current_thread() is threading.main_thread():
            raise
        raise StoreError(
            "a handler called sys.exit: it ends itself only",
            code="GL-1131",
            hint="return from the handler, or raise an error that says what is wrong",
        ) from error
