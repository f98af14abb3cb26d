"""Puts the simulator together and serves it on loopback, answers in one write, connections kept alive."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from http import HTTPStatus
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from govline.errors import ConfigError
from govline.simulator.api import LineApi
from govline.simulator.control import Control, TownView
from govline.simulator.guard import LoopbackGuard
from govline.simulator.login import LoginPages
from govline.simulator.page import page_html, static_files
from govline.simulator.webhooks import Postman
from govline.simulator.world import LineWorld

__all__ = ["Simulator", "create_app", "serve"]


class Simulator:
    """A LINE of one's own: world, webhook delivery and ASGI app.

    Args:
        world: The state; a new one where omitted.
        town_view: What the town sees, for the page's right side; called on a thread, may block.
        town_url: Webhook address of the first channel; it may also be set later by `world.set_webhook`.
        redelivery: Seconds after which a lost webhook is posted again, each time; none, like LINE's default, where omitted.
    """

    def __init__(
        self,
        world: LineWorld | None = None,
        *,
        town_view: TownView | None = None,
        town_url: str | None = None,
        redelivery: Sequence[float] = (),
    ) -> None:
        self.world = world or LineWorld()
        if town_url:
            self.world.set_webhook(town_url)
        self.postman = Postman(redelivery)
        self.login = LoginPages(self.world)
        self.api = LineApi(self.world, self.postman, self.login)
        self.control = Control(self.world, self.postman, self.api, town_view)
        self.app: ASGIApp = self._build()

    def _build(self) -> ASGIApp:
        @contextlib.asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            yield
            await asyncio.to_thread(self.postman.close)

        async def page(_request: Request) -> Response:
            return HTMLResponse(page_html(self.world.channel().settings.name))

        async def unknown(_request: Request, error: Exception) -> Response:
            status = error.status_code if isinstance(error, HTTPException) else 500
            return JSONResponse({"message": HTTPStatus(status).phrase.capitalize()}, status)

        app = Starlette(
            lifespan=lifespan,
            exception_handlers={404: unknown, 405: unknown},
            routes=[
                Route("/", page),
                Mount("/sim/static", static_files()),
                *self.login.routes(),
                Mount("/sim", routes=self.control.routes()),
                *self.api.routes(),
            ],
        )
        app.state.simulator = self
        app.add_middleware(LoopbackGuard)
        return app

    @contextlib.contextmanager
    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
        """Serve on a thread; yields the base URL. See `serve`."""
        with serve(self.app, host, port) as base_url:
            yield base_url


def create_app(
    world: LineWorld | None = None, *, town_view: TownView | None = None, town_url: str | None = None
) -> ASGIApp:
    """The simulator as an ASGI app, for a server of one's own (`serve` also cuts connections on demand)."""
    return Simulator(world, town_view=town_view, town_url=town_url).app


class _OneWrite:
    """A transport that gathers what is written within one turn of the loop: head and body leave together."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if data and not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))

    def close(self) -> None:
        self._flush()
        self._transport.close()


def _protocol(connections: dict[tuple[str, int], asyncio.Transport]) -> type[asyncio.Protocol]:
    class OneWriteProtocol(H11Protocol):
        """HTTP/1.1 that answers in one write and can be cut from inside."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            wrapped = cast("asyncio.Transport", _OneWrite(cast("asyncio.Transport", transport)))
            super().connection_made(wrapped)
            if self.client:
                connections[self.client] = wrapped

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client:
                connections.pop(self.client, None)
            super().connection_lost(exc)

    return OneWriteProtocol


class _Server(uvicorn.Server):
    """Stops at once when told to: uvicorn's own loop looks ten times a second, which adds up over a test run."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped: asyncio.Event | None = None
        self._running: asyncio.AbstractEventLoop | None = None
        self._told = threading.Event()

    async def main_loop(self) -> None:
        self._stopped, self._running = asyncio.Event(), asyncio.get_running_loop()
        while not self._told.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), 1.0)

    def stop(self) -> None:
        self._told.set()
        self.should_exit = True
        if self._running is not None and self._stopped is not None:
            self._running.call_soon_threadsafe(self._stopped.set)


@contextlib.contextmanager
def serve(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Run an ASGI app (the simulator's, or a town's) on a thread of this process.

    Args:
        host: A loopback address; anything else is refused.
        port: 0 picks a free one.

    Yields:
        The base URL, `http://127.0.0.1:<port>`; it answers already.

    Raises:
        ConfigError: GL-8412, the host is not loopback, or the port is taken.
    """
    if host not in ("127.0.0.1", "localhost"):
        raise ConfigError("the simulator serves this machine only", code="GL-8412", hint="host 127.0.0.1")
    listener = _listen(port)
    connections: dict[tuple[str, int], asyncio.Transport] = {}
    simulator = _simulator_of(app)
    if simulator is not None:
        connections = simulator.api.connections
    config = uvicorn.Config(
        app,
        http=_protocol(connections),
        ws="none",
        lifespan="auto",
        log_config=None,
        access_log=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=3,
        server_header=False,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="simulator", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.stop()
        thread.join(timeout=15)
        listener.close()


def _simulator_of(app: ASGIApp) -> Simulator | None:
    state = getattr(app, "state", None)
    found = getattr(state, "simulator", None)
    return found if isinstance(found, Simulator) else None


def _listen(port: int) -> socket.socket:
    """A listening socket: from here on requests queue, so nobody needs to wait for the server to start."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as cause:
        listener.close()
        raise ConfigError(
            "the port is taken",
            code="GL-8412",
            hint="by another govline? --port names one",
            place={"port": port},
        ) from cause
    listener.listen(512)
    return listener
