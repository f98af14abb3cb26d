"""A LINE on loopback that answers what a test tells it to, and checks every request against LINE's OpenAPI."""

import json
import socket
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from jsonschema import Draft7Validator
from pydantic import BaseModel

from govline import City
from govline.city import LineChannel
from govline.core import FEATURE_API, Handler, Offers, Responder
from govline.core.messages import Text
from govline.line.accounts import Claim, Forward, Partner
from govline.line.sdk import SdkMessenger
from govline.simulator import ChannelSettings

CHANNEL = ChannelSettings()
OK = (200, {}, b"{}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # the default of 5 drops the connections of a busy messenger


class Loopback:
    """Remembers requests as (method, path, headers, body bytes)."""

    def __init__(self):
        self.requests = []
        self.answers = deque()
        self.cut = 0
        self.raw = None
        self.server = _Server(("127.0.0.1", 0), self._handler())
        self.host = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def say(self, status, message="", headers=None, times=1, **body):
        raw = json.dumps({"message": message, **body} if message or not body else body).encode()
        self.answers.extend([(status, headers or {}, raw)] * times)

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def _handler(loopback):  # noqa: N805 - the handler below has a self of its own
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                loopback.requests.append((self.command, self.path, dict(self.headers), body))
                if loopback.raw is not None:
                    self.close_connection = True
                    self.wfile.write(loopback.raw)
                    return
                if loopback.cut:
                    loopback.cut -= 1
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, headers, answer = loopback.answers.popleft() if loopback.answers else OK
                self.send_response(status)
                for name, value in {
                    "content-type": "application/json",
                    "x-line-request-id": "r-1",
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_DELETE = _any  # noqa: N815 - names of http.server

            def log_message(self, *_):
                pass

        return Handler


@pytest.fixture
def line():
    loopback = Loopback()
    yield loopback
    loopback.close()


@pytest.fixture
def messenger(line):
    made = SdkMessenger("token-1", host=line.host, timeout=(1.0, 2.0))
    yield made
    made.close()


@pytest.fixture
def nobody():
    """A messenger whose host refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        made = SdkMessenger("token-1", host=f"http://127.0.0.1:{taken.getsockname()[1]}", timeout=(1.0, 1.0))
        yield made
        made.close()


@pytest.fixture
def deaf():
    """A messenger whose host takes the request and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = SdkMessenger(
            "token-1", host=f"http://127.0.0.1:{server.getsockname()[1]}", timeout=(1.0, 0.05)
        )
        yield made
        made.close()


class NoSettings(BaseModel):
    pass


class Plain:
    """A feature that answers every text, and hears what partners tell."""

    name = "plain"
    api = FEATURE_API
    migrations = ""

    config = NoSettings

    def __init__(self):
        self.heard = []
        self.knows = None
        self.breaks = False

    def answer(self, _tx, _context, said):
        if self.breaks:
            raise RuntimeError
        known = said.text and (self.knows is None or said.text in self.knows)
        return [Text("はい")] if known else None

    def build(self, _env, _config):
        return self

    def offers(self, _service):
        say = Responder("plain", "search", self.answer)
        hear = Handler("partner.tool.seat_free", lambda _tx, event: self.heard.append(event))
        return Offers(responders=[say], handlers=[hear])


@pytest.fixture
def plain():
    return Plain


@pytest.fixture
def town_with(any_db, line):
    """A town with one partner, as given; the tool behind it is the `line` loopback."""
    made = []

    def make(hook=None, owns=None, calls=None, name="tool"):
        hook = Forward(line.host + "/hook", **hook) if hook is not None else None
        partner = Partner(name, owns or Claim(), hook, calls)
        channel = LineChannel(
            lambda: [CHANNEL.secret, "older"], lambda: "t", api="http://127.0.0.1:9", partners=[partner]
        )
        feature = Plain()
        made.append(City(any_db, [feature], line=channel))
        made[-1].feature = feature
        return made[-1]

    yield make
    for city in made:
        if "messenger" in city.__dict__:
            city.messenger.close()


@pytest.fixture(scope="session")
def openapi(data_folder):
    """Checks a request body against a schema of LINE's messaging-api.yml, subtypes by discriminator included."""
    spec = yaml.safe_load((data_folder / "line-openapi" / "messaging-api.yml").read_text())
    schemas = spec["components"]["schemas"]
    operations = {
        (method.upper(), path): operation
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict)
    }

    def violations(schema_name, value):
        schema = {**schemas[schema_name], "components": {"schemas": schemas}}
        return [f"{list(e.path)} {e.message}" for e in Draft7Validator(schema).iter_errors(value)]

    def check(method, path, headers, body):
        operation = operations[method, path]
        names = {p["name"].lower() for p in operation.get("parameters", []) if p["in"] == "header"}
        assert ("x-line-retry-key" in {h.lower() for h in headers}) <= ("x-line-retry-key" in names)
        if "requestBody" not in operation:
            return
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        value = json.loads(body)
        assert violations(reference.rpartition("/")[2], value) == []
        for message in value.get("messages", []):
            subtype = schemas["Message"]["discriminator"]["mapping"][message["type"]].rpartition("/")[2]
            assert violations(subtype, message) == []

    return check
