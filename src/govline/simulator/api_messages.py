"""Endpoints that carry messages: send, validate, progress, contents."""

from collections.abc import Callable

from govline.simulator.endpoints import NOT_FOUND, Call, Endpoint, checked, found
from govline.simulator.model import Answer, refused
from govline.simulator.sending import SENDERS

__all__ = ["ENDPOINTS"]


def _send(kind: str) -> Callable[[Call], Answer]:
    def run(call: Call) -> Answer:
        try:
            body = call.json()
        except ValueError:
            return refused(400, "The request body could not be parsed as JSON (line: 1, column: 1)")
        return call.world.send(call.channel, kind, body, retry_key=call.retry_key, request_id=call.request_id)

    return run


def _validate(call: Call) -> Answer:
    _body, bad = checked(call, "validate")
    return bad or Answer(200)


def _progress(call: Call) -> Answer:
    return found(call.channel.narrowcasts.get(call.query.get("requestId", "")))


def _content(call: Call) -> Answer:
    content = call.channel.contents.get(call.path["messageId"])
    return Answer(200, content=content) if content else NOT_FOUND


def _transcoding(call: Call) -> Answer:
    return (
        Answer(200, {"status": "succeeded"}) if call.path["messageId"] in call.channel.contents else NOT_FOUND
    )


_MESSAGE = "/v2/bot/message"
_CONTENT = _MESSAGE + "/{messageId}/content"

ENDPOINTS = (
    *(Endpoint(kind, "POST", f"{_MESSAGE}/{kind}", _send(kind)) for kind in SENDERS),
    *(Endpoint(f"validate.{kind}", "POST", f"{_MESSAGE}/validate/{kind}", _validate) for kind in SENDERS),
    Endpoint("narrowcast.progress", "GET", f"{_MESSAGE}/progress/narrowcast", _progress),
    Endpoint("content", "GET", _CONTENT, _content),
    Endpoint("content.preview", "GET", _CONTENT + "/preview", _content),
    Endpoint("content.transcoding", "GET", _CONTENT + "/transcoding", _transcoding),
)
