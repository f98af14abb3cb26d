"""A plain ASGI callable: the webhooks of one or several towns in one process, and a health page."""

import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from govline.city.city import City

__all__ = ["MAX_BODY", "PAGES", "asgi"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
MAX_BODY: Final = 1_000_000
PAGES: Final = "/pages"
"""Where a town's web pages stand, for a town with the feature `web`."""
_log = logging.getLogger("govline.city")


class _Runner(Protocol):
    def start(self) -> None: ...
    def stop(self) -> None: ...


def asgi(*cities: "City", work: bool = True) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An ASGI application for webhooks (`POST /<town id>/line/webhook`), partners (`POST /<town id>/line/partners/<name>`),
    links (`GET /<town id>/r/<token>`) and `GET /healthz`; with one town also without its id.

    Args:
        cities: The towns, each with its own database and channel.
        work: Whether this process also answers citizens, in a thread per town that starts with the first request or
            lifespan event. False where worker processes do it (`City.worker`).
    """
    return _App(cities, work=work)


class _App:
    def __init__(self, cities: tuple["City", ...], *, work: bool) -> None:
        self._by_path = {f"/{city.id}/line/webhook": city for city in cities}
        if len(cities) == 1:
            self._by_path["/line/webhook"] = cities[0]
        self._doors = {f"/{city.id}/line/partners/": city for city in cities}
        if len(cities) == 1:
            self._doors["/line/partners/"] = cities[0]
        self._links = {f"/{city.id}/r/": city for city in cities}
        if len(cities) == 1:
            self._links["/r/"] = cities[0]
        self._pages = _pages(cities)
        self._work = work
        self._runners: list[_Runner] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            root, path = _place(scope)
            await self._http({**scope, "root_path": root, "path": path}, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                self._start()
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                await _in_thread(self._stop)
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _start(self) -> None:
        if self._work and not self._runners:
            self._runners = [city.background() for city in dict.fromkeys(self._by_path.values())]
            for runner in self._runners:
                runner.start()

    def _stop(self) -> None:
        for runner in self._runners:
            runner.stop()
        self._runners = []

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/healthz" and method in ("GET", "HEAD"):
            await _answer(send, 200, {"ok": True})
        elif (tapped := self._links.get(_folder(path))) is not None and method in ("GET", "HEAD"):
            await self._follow(tapped, path.rpartition("/")[2], send, count=method == "GET")
        elif path not in self._by_path and (found := _mounted(self._pages, path)) is not None:
            prefix, pages = found
            self._start()
            root = scope["root_path"]
            await pages({**scope, "root_path": root + prefix, "path": root + path}, receive, send)
        elif (city := self._by_path.get(path) or self._doors.get(_folder(path))) is None:
            await _answer(send, 404, {"error": "no such page"})
        elif method != "POST":
            await _answer(send, 405, {"error": "POST only"}, allow="POST")
        else:
            await self._webhook(city, scope, receive, send)

    async def _webhook(self, city: "City", scope: Scope, receive: Receive, send: Send) -> None:
        from govline.web.arriving import arrive  # loads asyncio, which whoever only imports govline need not

        arrived = await arrive(receive, most=MAX_BODY)
        if arrived.fault == "gone":
            return
        if arrived.fault:
            status, why = (413, "body too large") if arrived.fault == "large" else (408, "body too slow")
            await _answer(send, status, {"error": why})
            return
        body = arrived.body
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        if scope["path"] not in self._by_path:
            await self._partner(city, scope["path"].rpartition("/")[2], body, headers, send)
            return
        try:
            status = await _in_thread(city.receive, body, headers.get("x-line-signature", ""))
        except Exception as error:  # noqa: BLE001 - nothing was committed; LINE redelivers what was not answered with 2xx
            _log.error("a webhook of town %s could not be stored: %s", city.id, type(error).__name__)
            status = 500
        self._start()
        await _answer(send, status, {} if status == 200 else {"error": "refused"})

    async def _follow(self, city: "City", token: str, send: Send, *, count: bool) -> None:
        """A tap on a link of ours: on to where staff said, with nothing about who tapped."""
        from govline.delivery import resolve

        try:
            url = await _in_thread(city.run, lambda tx: resolve(tx, token, count=count))
        except Exception as error:  # noqa: BLE001 - the tap was not counted; who taps again is led on
            _log.error("a link of town %s could not be followed: %s", city.id, type(error).__name__)
            await _answer(send, 503, {"error": "please try again in a moment"})
            return
        if url is None:
            await _answer(send, 404, {"error": "no such link"})
            return
        told = {"location": url, "referrer-policy": "no-referrer", "cache-control": "no-store"}
        headers = [(name.encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _partner(
        self, city: "City", name: str, body: bytes, headers: MutableMapping[str, str], send: Send
    ) -> None:
        try:
            answer = await _in_thread(city.partners.receive, name, body, headers)
        except Exception as error:  # noqa: BLE001 - nothing was committed; the partner calls again
            _log.error(
                "a call of a partner of town %s could not be stored: %s", city.id, type(error).__name__
            )
            await _answer(send, 500, {"error": "try again"})
            return
        self._start()
        await _answer(send, answer.status, dict(answer.body))


def _pages(cities: tuple["City", ...]) -> dict[str, _Asgi]:
    """The pages of the towns that have some, by the path under which they stand."""
    found: dict[str, _Asgi] = {}
    for city in cities:
        if getattr(city, "web", None) is not None:
            from govline.web import app

            found[f"/{city.id}{PAGES}"] = app(city)
            if len(cities) == 1:
                found[PAGES] = found[f"/{city.id}{PAGES}"]
    return found


def _place(scope: Scope) -> tuple[str, str]:
    """Where a vendor's application has mounted us, and the path below; ASGI's path holds both."""
    root, path = str(scope.get("root_path", "")).rstrip("/"), str(scope["path"])
    return root, path[len(root) :] if root and path.startswith(f"{root}/") else path


def _mounted(pages: dict[str, _Asgi], path: str) -> tuple[str, _Asgi] | None:
    return next(
        ((prefix, app) for prefix, app in pages.items() if path == prefix or path.startswith(f"{prefix}/")),
        None,
    )


def _folder(path: str) -> str:
    return path[: path.rfind("/") + 1]


async def _in_thread(call: Callable[..., Any], *words: Any) -> Any:
    import asyncio  # a web server has it loaded; whoever only imports govline need not

    return await asyncio.to_thread(call, *words)


async def _answer(send: Send, status: int, content: MutableMapping[str, Any], *, allow: str = "") -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"allow", allow.encode())] if allow else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
