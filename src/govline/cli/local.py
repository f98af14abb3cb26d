"""A whole town on this machine: simulator, web server, database, and a worker in a thread or a process of its own."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Final, Literal

from attrs import frozen

from govline.city import City, asgi, read_config
from govline.city.asgi import PAGES
from govline.cli.board import board
from govline.cli.development import (
    CLOCK_FILE,
    LINE_API,
    LOGIN_SECRET,
    SECRET,
    TOKEN,
    WEB_URL,
    announced,
    development_secrets,
)
from govline.core import Instant
from govline.errors import StoreError
from govline.simulator import ChannelSettings, LineWorld, Simulator, SimulatorClient, serve
from govline.testing.clock import FileClock
from govline.testing.stage import SimulatorStage

__all__ = ["LocalTown", "local_town", "start_worker"]

WorkerKind = Literal["thread", "process", "none"]
_PATIENCE: Final = 60.0
_POLL: Final = 0.03
_POLL_OF_WORKER: Final = "0.04"


@frozen
class LocalTown:
    """A running town. `url` is the simulator's chat page, `pages` where the town's own pages stand."""

    folder: Path
    city: City
    clock: FileClock
    client: SimulatorClient
    url: str
    pages: str
    worker: "subprocess.Popen[bytes] | None"

    def stage(self) -> SimulatorStage:
        """Where talks are played; waits for the worker process where there is one."""
        return SimulatorStage(
            self.client, self.city, self.clock, self.wait_until_idle if self.worker else None
        )

    def wait_until_idle(self) -> None:
        """Return when worker and town have nothing left to do at the present instant.

        Raises:
            StoreError: GL-9102, the worker has died or is still busy after a minute.
        """
        end = monotonic() + _PATIENCE
        while self.city.busy():
            if self.worker is not None and self.worker.poll() is not None:
                raise StoreError("the worker process has ended", code="GL-9102", hint="see its output above")
            if monotonic() > end:
                raise StoreError(
                    "the town is still busy after a minute", code="GL-9102", hint="govline outbox list"
                )
            threading.Event().wait(_POLL)


@contextmanager
def local_town(
    folder: Path, *, port: int = 0, worker: WorkerKind = "thread", at: Instant | None = None
) -> Iterator[LocalTown]:
    """Run the town of a folder against the simulator until the block ends.

    Args:
        folder: With a city.yaml. State that may be thrown away goes to `.govline/` below it.
        port: Of the chat page; 0 picks a free one.
        worker: `thread`: in this process. `process`: `govline worker` as in production. `none`: the caller settles.
        at: When the town opens; the present where omitted, or where its clock was left.
    """
    state = folder / ".govline"
    development_secrets(folder, create=True)
    clock = FileClock(state / "clock.json")
    if at is not None:
        clock.set(at)
    settings = ChannelSettings(
        name=read_config(folder / "city.yaml").name,
        secret=os.environ[SECRET],
        token=os.environ[TOKEN],
        login_secret=os.environ[LOGIN_SECRET],
    )
    with ExitStack() as stack:
        views: list[City] = []
        simulator = Simulator(
            LineWorld(clock=clock, channels=[settings]), town_view=lambda: board(views[0]) if views else {}
        )
        url = stack.enter_context(simulator.serve(port=port))
        running = {LINE_API: url, CLOCK_FILE: str(state / "clock.json")}
        stack.enter_context(_environment(running))
        city = stack.enter_context(City.load(folder / "city.yaml", clock=clock).prepare())
        views.append(city)
        town = stack.enter_context(serve(asgi(city, work=worker == "thread")))
        simulator.world.set_webhook(f"{town}/line/webhook")
        pages = {WEB_URL: f"{town}{PAGES}"}
        stack.enter_context(_environment(pages))
        if city.menu:
            city.publish_menu()
        stack.enter_context(announced(folder, {**running, **pages}))
        process = stack.enter_context(start_worker(folder)) if worker == "process" else None
        client = stack.enter_context(SimulatorClient(url))
        yield LocalTown(folder, city, clock, client, url, pages[WEB_URL], process)


@contextmanager
def start_worker(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A real worker process, `govline worker`, ended by SIGTERM at the end of the block."""
    command = [
        sys.executable,
        "-m",
        "govline.cli",
        "worker",
        "--town",
        str(folder),
        "--poll",
        _POLL_OF_WORKER,
    ]
    process = subprocess.Popen(command)  # noqa: S603 - our own command, no shell
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
