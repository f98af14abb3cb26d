"""Endpoints of LINE's statistics: friends, deliveries, and what a message or an aggregation unit brought."""

from collections.abc import Callable

from govline.core import Json, to_micros
from govline.simulator.channel import Channel
from govline.simulator.endpoints import Call, Endpoint
from govline.simulator.insight import people_insight, reach, statistics
from govline.simulator.model import Answer, refused

__all__ = ["ENDPOINTS"]

_DAY = 8
_KINDS = ("broadcast", "push", "multicast", "narrowcast", "reply")


def _fine(day: str) -> bool:
    return len(day) == _DAY and day.isdecimal()


def _of_a_day(tell: Callable[[Channel, str], dict[str, Json]]) -> Callable[[Call], Answer]:
    """A day's figures: there from the next day on, as at LINE."""

    def run(call: Call) -> Answer:
        day = call.query.get("date", call.channel.yesterday())
        if not _fine(day):
            return refused(400, "The value for the 'date' parameter is invalid")
        if day >= call.channel.today():
            return Answer(200, {"status": "unready"})
        with call.world.lock:
            return Answer(200, {"status": "ready", **tell(call.channel, day)})

    return run


def _deliveries(channel: Channel, day: str) -> dict[str, Json]:
    """What the API sent; the account's manager, which would make the other counts, is not simulated."""
    return {f"api{kind.capitalize()}": channel.sent[kind, day] for kind in _KINDS}


def _demographic(_call: Call) -> Answer:
    """Simulated citizens have no estimated attributes."""
    return Answer(200, {"available": False})


def _event(call: Call) -> Answer:
    request = call.query.get("requestId", "")
    known = call.channel.cast.get(request)
    if known is None:
        return refused(400, "The value for the 'requestId' parameter is invalid")
    with call.world.lock:
        found = reach(call.channel, [request])
        told = statistics(call.channel, found)
    facts = {"requestId": request, "timestamp": to_micros(known) // 1_000_000, "delivered": len(found.got)}
    return Answer(200, {**told, "overview": {**told["overview"], **facts}})


def _unit(call: Call) -> Answer:
    name, first, last = (call.query.get(each, "") for each in ("customAggregationUnit", "from", "to"))
    if not name or not _fine(first) or not _fine(last) or not first <= last:
        return refused(400, "The value for the 'from' or 'to' parameter is invalid")
    with call.world.lock:
        requests = call.channel.unit_requests.get(name, {})
        found = reach(call.channel, [each for each, day in requests.items() if first <= day <= last])
        return Answer(200, statistics(call.channel, found))


_INSIGHT = "/v2/bot/insight"

ENDPOINTS = (
    Endpoint("insight.followers", "GET", _INSIGHT + "/followers", _of_a_day(people_insight), "insight"),
    Endpoint("insight.delivery", "GET", _INSIGHT + "/message/delivery", _of_a_day(_deliveries), "insight"),
    Endpoint("insight.demographic", "GET", _INSIGHT + "/demographic", _demographic, "insight"),
    Endpoint("insight.event", "GET", _INSIGHT + "/message/event", _event, "insight"),
    Endpoint("insight.unit", "GET", _INSIGHT + "/message/event/aggregation", _unit, "insight"),
)
