"""HTTP to LINE at its plainest: pooled connections, explicit timeouts, one write a request, no hidden retries."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from govline.line.messenger import Answer

__all__ = ["Timeouts", "answer_of", "no_answer", "one_write_pool", "redacted", "retry_header"]

Timeouts = tuple[float, float]
"""Seconds to connect, and seconds between bytes of the answer."""

_NEVER_LEFT: Final = (
    ConnectTimeoutError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
_LINE_ID: Final = re.compile(r"[UCR][0-9a-f]{32}")
_LONGEST: Final = 200


class _OneWrite:
    """Holds header and body back and sends them together: two small writes meet the receiver's delayed ACK."""

    _held: bytearray | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._held = bytearray()
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]  # mixed into a connection class
            together = bytes(self._held)
        finally:
            self._held = None
        self.send(together)

    def send(self, data: Any) -> None:
        if self._held is None:
            super().send(data)  # type: ignore[misc]  # mixed into a connection class
        else:
            self._held += data


class _PlainConnection(_OneWrite, HTTPConnection):
    pass


class _TlsConnection(_OneWrite, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def one_write_pool(connections: int) -> urllib3.PoolManager:
    """A thread-safe pool that never retries and never follows a redirect by itself.

    Args:
        connections: How many requests may be in flight at once; 200 a second at 100 ms need 20.
    """
    pool = urllib3.PoolManager(num_pools=4, maxsize=connections, retries=False)
    pool.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
    return pool


def retry_header(key: str) -> dict[str, str]:
    """The header that makes a repeat harmless. LINE takes it for push, multicast, narrowcast and broadcast only."""
    return {"X-Line-Retry-Key": key}


def answer_of(status: int, headers: Mapping[str, str], body: bytes | str | None) -> Answer:
    """An HTTP answer as a value; LINE's message loses every user, group and room id."""
    return Answer(
        status=status,
        message="" if 200 <= status < 300 else redacted(_words(body)),
        request_id=headers.get("x-line-request-id", ""),
        accepted_id=headers.get("x-line-accepted-request-id", ""),
    )


def no_answer(error: HTTPError | OSError) -> Answer:
    """A call that ended without an answer; whether the request left tells if LINE may have acted."""
    never_left = isinstance(error, _NEVER_LEFT)
    return Answer(status=0, message=type(error).__name__, left=not never_left)


def redacted(text: str) -> str:
    """LINE's words without ids of people, groups or rooms, at most 200 characters."""
    return _LINE_ID.sub("(id)", text)[:_LONGEST]


def _words(body: bytes | str | None) -> str:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    details = found.get("details")
    named = [
        f"{item.get('property', '')}: {item.get('message', '')}"
        for item in (details if isinstance(details, list) else [])
        if isinstance(item, dict)
    ]
    return "; ".join([str(found.get("message", "")), *named])
