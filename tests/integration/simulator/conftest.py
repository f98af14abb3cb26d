"""A running simulator and a small town on a second loopback port."""

import json
import threading

import pytest
import urllib3
from attrs import define, field
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from govline.simulator import LineWorld, Simulator, SimulatorClient, serve


@define
class Town:
    """Records every webhook body; `answers` are the next status codes; `gate` closed makes it slow."""

    bodies: list = field(factory=list)
    signatures: list = field(factory=list)
    answers: list = field(factory=list)
    came: threading.Condition = field(factory=threading.Condition)
    gate: threading.Event = field(factory=threading.Event)
    url: str = ""

    @property
    def events(self):
        return [event for body in self.bodies for event in json.loads(body)["events"]]

    def wait_for(self, count):
        with self.came:
            assert self.came.wait_for(lambda: len(self.bodies) >= count, timeout=20)

    def app(self):
        def hook(request, body):
            self.gate.wait(timeout=20)
            with self.came:
                self.bodies.append(body)
                self.signatures.append(request.headers["x-line-signature"])
                self.came.notify_all()
            return PlainTextResponse("", self.answers.pop(0) if self.answers else 200)

        async def receive(request):
            from starlette.concurrency import run_in_threadpool

            return await run_in_threadpool(hook, request, await request.body())

        return Starlette(routes=[Route("/hook", receive, methods=["POST"])])


@pytest.fixture
def town():
    town = Town()
    town.gate.set()
    with serve(town.app()) as url:
        town.url = url + "/hook"
        yield town
        town.gate.set()


@pytest.fixture
def simulator(clock, town):
    return Simulator(LineWorld(clock=clock), town_url=town.url)


@pytest.fixture
def base_url(simulator):
    with simulator.serve() as url:
        yield url


@pytest.fixture
def client(base_url):
    with SimulatorClient(base_url) as client:
        yield client


@define
class Line:
    """Plain calls of LINE's API."""

    base_url: str
    token: str
    http: urllib3.PoolManager = field(factory=lambda: urllib3.PoolManager(retries=False, timeout=10))

    def call(self, method, path, body=None, **headers):
        headers = {
            "authorization": f"Bearer {self.token}",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        if isinstance(body, bytes):
            return self.http.request(method, self.base_url + path, body=body, headers=headers)
        return self.http.request(method, self.base_url + path, json=body, headers=headers)

    def push(self, user, text="こんにちは", **headers):
        body = {"to": user, "messages": [{"type": "text", "text": text}]}
        return self.call("POST", "/v2/bot/message/push", body, **headers)


@pytest.fixture
def line(simulator, base_url):
    line = Line(base_url, simulator.world.channel().settings.token)
    yield line
    line.http.clear()
