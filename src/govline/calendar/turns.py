"""Turns at a folder: of all processes of a machine one works in it at a time. A holder that dies lets go of it by itself."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Final

try:
    import fcntl
except ImportError:  # Windows has no flock; there the turns are those of one process
    fcntl = None  # type: ignore[assignment]

__all__ = ["turn"]

_HERE: Final = Lock()


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Wait for the turn that this file stands for, and hold it.

    Args:
        path: An empty file, made where it is not there; it stays. Where it cannot be made, no process can write there.
    """
    with ExitStack() as held:
        held.enter_context(_HERE)
        if fcntl is not None:
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                fcntl.flock(held.enter_context(path.open("ab")), fcntl.LOCK_EX)
        yield
