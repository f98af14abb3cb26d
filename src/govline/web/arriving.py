"""A request's body as an ASGI server hands it over: bounded in bytes, in time and in messages, whatever the other side does.

Needs no extra: the webhook's door reads by it too.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Literal

from attrs import field, frozen

__all__ = ["SECONDS", "Arrived", "arrive"]

SECONDS: Final = 20.0
"""For a whole body to arrive; behind it waits a citizen's phone or LINE, not a tape."""
_IDLE: Final = 1_000
"""Messages without a byte; a server sends one or two."""
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@frozen
class Arrived:
    """The body, or why there is none: `large`, `slow`, or `gone` where the other side hung up before its end."""

    body: bytes = field(default=b"", repr=False)
    fault: Literal["", "large", "slow", "gone"] = ""


async def arrive(receive: Receive, *, most: int, seconds: float = SECONDS) -> Arrived:
    """Read a body to its end, or give it up.

    Args:
        receive: ASGI's.
        most: Bytes; what comes behind them is not waited for.
        seconds: From now to the last byte.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, most)
    except TimeoutError:
        return Arrived(fault="slow")


async def _read(receive: Receive, most: int) -> Arrived:
    body = bytearray()
    idle = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return Arrived(fault="gone")
        chunk = message.get("body", b"")
        body += chunk
        if len(body) > most:
            return Arrived(fault="large")
        if not message.get("more_body", False):
            return Arrived(bytes(body))
        idle += not chunk
        if idle > _IDLE:
            return Arrived(fault="slow")
        await asyncio.sleep(
            0
        )  # a server with everything at hand never waits, and then no time limit would ever strike
