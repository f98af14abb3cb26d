"""The web door, called as an ASGI server calls it, without a server."""

import asyncio
import json

import pytest

from govline.city.asgi import MAX_BODY, asgi


class Town:
    """Takes bodies in as a City does, and says when its worker starts and ends."""

    def __init__(self, town_id="hinata", status=200):
        self.id = town_id
        self.status = status
        self.bodies = []
        self.life = []

    def receive(self, body, signature):
        if isinstance(self.status, Exception):
            raise self.status
        self.bodies.append((body, signature))
        return self.status

    def background(self):
        return self

    def start(self):
        self.life.append("start")

    def stop(self):
        self.life.append("stop")


def call(app, path="/line/webhook", method="POST", chunks=(b"{}",), signature=b"sig"):
    """Status, headers and JSON of one request."""
    incoming = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1}
        for number, chunk in enumerate(chunks)
    ]
    sent = []

    async def receive():
        return incoming.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [(b"X-Line-Signature", signature)]}
    asyncio.run(app(scope, receive, send))
    start, body = sent
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    return start["status"], dict(start["headers"]), json.loads(body["body"])


def live(app, *events):
    incoming = [{"type": f"lifespan.{event}"} for event in events]
    sent = []

    async def receive():
        return incoming.pop(0)

    async def send(message):
        sent.append(message["type"])

    asyncio.run(app({"type": "lifespan"}, receive, send))
    return sent


def test_a_body_in_pieces_reaches_the_town_whole_with_its_signature():
    town = Town()
    status, _, answer = call(asgi(town), chunks=(b'{"events"', b":[", b"]}"), signature=b"abc=")
    assert (status, answer) == (200, {})
    assert town.bodies == [(b'{"events":[]}', "abc=")]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_the_towns_refusal_is_the_answer_and_tells_nothing(status):
    assert call(asgi(Town(status=status)))[::2] == (status, {"error": "refused"})


def test_what_could_not_be_stored_is_a_500_so_that_line_redelivers(caplog):
    town = Town(status=RuntimeError("花子's message"))
    assert call(asgi(town))[0] == 500
    assert "RuntimeError" in caplog.text
    assert "花子" not in caplog.text


def test_other_paths_and_methods():
    app = asgi(Town())
    assert call(app, "/")[0] == 404
    assert call(app, "/hinata/line/webhook/")[0] == 404
    status, headers, _ = call(app, method="GET")
    assert status == 405
    assert headers[b"allow"] == b"POST"


def test_a_body_of_more_than_a_megabyte_is_refused_unread():
    town = Town()
    assert call(asgi(town), chunks=(b"x" * MAX_BODY, b"y", b"never asked for"))[0] == 413
    assert call(asgi(town), chunks=(b"x" * MAX_BODY,))[0] == 200
    assert len(town.bodies) == 1


def hostile(app, receive, path="/line/webhook"):
    """What a peer gets that never ends its body, or hangs up."""
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(app({"type": "http", "method": "POST", "path": path, "headers": []}, receive, send))
    return sent[0]["status"] if sent else None


@pytest.mark.parametrize("path", ["/line/webhook", "/hinata/line/partners/chat"])
def test_a_body_that_never_ends_is_given_up(path):
    async def drops():
        return {"type": "http.request", "body": b"", "more_body": True}

    async def floods():
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    town = Town()
    assert hostile(asgi(town), drops, path) == 408
    assert hostile(asgi(town), floods, path) == 413
    assert town.bodies == []


def test_half_a_webhook_reaches_nobody():
    town = Town()
    incoming = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def hangs_up():
        return incoming.pop(0)

    assert hostile(asgi(town), hangs_up) is None
    assert town.bodies == []


def test_health_needs_no_town():
    assert call(asgi(), "/healthz", "GET")[::2] == (200, {"ok": True})
    assert call(asgi(Town()), "/healthz", "POST")[0] == 404


def test_several_towns_live_at_paths_of_their_own():
    first, second = Town("hinata"), Town("nagasu")
    app = asgi(first, second)
    assert call(app, "/nagasu/line/webhook")[0] == 200
    assert (len(first.bodies), len(second.bodies)) == (0, 1)
    assert call(app, "/line/webhook")[0] == 404


def test_workers_live_from_startup_to_shutdown():
    first, second = Town("hinata"), Town("nagasu")
    app = asgi(first, second)
    assert live(app, "startup", "shutdown") == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert first.life == second.life == ["start", "stop"]


def test_a_server_without_lifespan_starts_the_worker_with_the_first_request_once():
    town = Town()
    app = asgi(town)
    call(app)
    call(app)
    assert town.life == ["start"]


def test_with_work_false_other_processes_answer():
    town = Town()
    app = asgi(town, work=False)
    call(app)
    live(app, "startup", "shutdown")
    assert town.life == []


def test_a_websocket_is_left_alone():
    asyncio.run(asgi(Town())({"type": "websocket"}, None, None))
