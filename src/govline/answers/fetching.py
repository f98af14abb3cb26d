"""Fetches a feed: HTTPS with limits of time and size and no redirect to another host, or a file of the town's folder."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final
from urllib.parse import urljoin, urlsplit

from urllib3 import BaseHTTPResponse, PoolManager
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from govline.answers.feed_shapes import LARGEST
from govline.errors import FileError

__all__ = ["fetch", "read_file"]

_SECONDS: Final = 20.0
_CHUNK: Final = 1 << 14
_HOPS: Final = 3
_MOVED: Final = frozenset((301, 302, 303, 307, 308))
_OK: Final = 200
_HEADERS: Final = {
    "Accept-Encoding": "identity",  # nothing is unpacked: what is counted is what comes
    "User-Agent": "govline",
}


def fetch(url: str, *, seconds: float = _SECONDS, clock: Callable[[], float] = monotonic) -> bytes:
    """The bytes at an address.

    Args:
        url: `https:`; `http:` on loopback only (the caller's settings say so).
        seconds: For all of it, redirects included.

    Raises:
        FileError: GL-4204: no answer in time, another status than 200, a redirect to another scheme or host, too large.
    """
    until = clock() + seconds
    with PoolManager(num_pools=2, retries=False) as pool:
        for _ in range(_HOPS + 1):
            wait = Timeout(connect=5.0, read=max(0.1, until - clock()))
            try:
                heard = pool.request(
                    "GET", url, headers=_HEADERS, redirect=False, timeout=wait, preload_content=False
                )
                try:
                    if heard.status not in _MOVED:
                        return _body(heard, until, clock)
                    url = _moved(url, heard.headers.get("location", ""))
                finally:
                    heard.close()
            except HTTPError as error:
                raise _failed(f"no answer: {type(error).__name__}") from None
    raise _failed("too many redirects")


def read_file(path: Path) -> tuple[bytes, datetime]:
    """The bytes of a file, and when it was last replaced.

    Raises:
        FileError: GL-4204, it is absent, unreadable or too large.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        at = path.stat().st_mtime
    except OSError as error:
        raise _failed(f"the file cannot be read: {error.strerror or type(error).__name__}") from None
    if len(data) > LARGEST:
        raise _failed(f"larger than {LARGEST} bytes")
    return data, datetime.fromtimestamp(at, UTC)


def _body(heard: BaseHTTPResponse, until: float, clock: Callable[[], float]) -> bytes:
    if heard.status != _OK:
        raise _failed(f"status {heard.status}")
    if heard.headers.get("content-encoding", "identity").lower() != "identity":
        raise _failed("the answer is compressed, although nobody asked for it")
    found = bytearray()
    for chunk in heard.stream(_CHUNK, decode_content=False):
        found += chunk
        if len(found) > LARGEST:
            raise _failed(f"larger than {LARGEST} bytes")
        if clock() > until:
            raise _failed("not complete in time")
    return bytes(found)


def _moved(url: str, location: str) -> str:
    """Where it went, on the same scheme and host."""
    there = urljoin(url, location)
    here = urlsplit(url)
    if not location or urlsplit(there)[:2] != here[:2]:
        raise _failed("it redirects to another host or scheme")
    return there


def _failed(why: str) -> FileError:
    return FileError(f"the feed was not fetched: {why}", code="GL-4204", hint="open `source` in a browser")
