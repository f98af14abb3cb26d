"""Keeps the simulator on this machine: no foreign Host, no foreign Origin, nothing embedded from outside."""

from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LoopbackGuard"]

_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob: http://127.0.0.1:* http://localhost:*; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


class LoopbackGuard:
    """ASGI middleware: DNS rebinding and other sites' scripts meet a 403; a content policy rides on every page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        if not _here("//" + headers.get(b"host", b"").decode("latin-1")) or (origin and not _here(origin)):
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start" and not scope["path"].startswith(
                ("/v2/", "/oauth2/")
            ):
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self._app(scope, receive, with_policy)


def _here(address: str) -> bool:
    try:
        return urlsplit(address).hostname in _HOSTS
    except ValueError:
        return False
