"""Endpoints of LIFF apps, which belong to the LINE Login channel and open with its token only (line.md §8)."""

from govline.simulator.channel import Channel
from govline.simulator.endpoints import NOT_FOUND, Call, Endpoint, checked, found
from govline.simulator.model import Answer, refused

__all__ = ["ENDPOINTS"]

_MOST = 30


def _own(call: Call) -> Channel | None:
    """The channel, when the request came with its LINE Login channel's token."""
    return call.channel if call.token == call.channel.settings.login_token else None


def _list(call: Call) -> Answer:
    channel = _own(call)
    if channel is None or not channel.liff:
        return NOT_FOUND
    return Answer(200, {"apps": [{"liffId": liff_id, **app} for liff_id, app in channel.liff.items()]})


def _add(call: Call) -> Answer:
    channel = _own(call)
    if channel is None:
        return NOT_FOUND
    body, bad = checked(call, "liff")
    if bad:
        return bad
    with call.world.lock:
        if len(channel.liff) >= _MOST:
            return refused(400, "The maximum number of LIFF apps has been reached")
        return Answer(200, {"liffId": channel.add_liff(body)})


def _update(call: Call) -> Answer:
    channel, liff_id = _own(call), call.path["liffId"]
    if channel is None or liff_id not in channel.liff:
        return NOT_FOUND
    body, bad = checked(call, "liff.update")
    if bad:
        return bad
    with call.world.lock:
        app = channel.liff[liff_id]
        channel.liff[liff_id] = {**app, **body, "view": {**app["view"], **body.get("view", {})}}
    return Answer(200)


def _delete(call: Call) -> Answer:
    channel = _own(call)
    return found(channel and channel.liff.pop(call.path["liffId"], None) and {})


_APPS = "/liff/v1/apps"

ENDPOINTS = (
    Endpoint("liff.list", "GET", _APPS, _list),
    Endpoint("liff.add", "POST", _APPS, _add),
    Endpoint("liff.update", "PUT", _APPS + "/{liffId}", _update),
    Endpoint("liff.delete", "DELETE", _APPS + "/{liffId}", _delete),
)
