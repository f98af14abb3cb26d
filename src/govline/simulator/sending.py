"""How LINE takes a message: checks, retry key, quota, delivery; the heart of the fake (line.md §2, §3, §12)."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from govline.core import Json
from govline.simulator.channel import Channel, Remembered
from govline.simulator.insight import reach
from govline.simulator.model import Answer, refused
from govline.simulator.validation import RETRY_KEY, USER_ID

if TYPE_CHECKING:
    from govline.simulator.world import LineWorld

__all__ = ["SENDERS", "bad_body", "send"]


def bad_body(problems: list[dict[str, str]]) -> Answer:
    """LINE's 400 for a body that breaks its rules."""
    return refused(400, f"The request body has {len(problems)} error(s)", problems)


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


def _sent(numbered: Sequence[tuple[str, Json]], quote: Callable[[int], str]) -> list[dict[str, str]]:
    return [{"id": message_id, "quoteToken": quote(32)} for message_id, _message in numbered]


def _reply(world: "LineWorld", channel: Channel, body: dict[str, Any], request_id: str) -> Answer:
    user = channel.spend_reply_token(body["replyToken"])
    if user is None:
        return refused(400, "Invalid reply token")
    numbered = [(world.mint.message_id(), message) for message in body["messages"]]
    if channel.is_friend(user):
        channel.deliver_numbered([user], "reply", numbered, request_id)
        channel.count("reply", 1)
    return Answer(200, {"sentMessages": _sent(numbered, world.mint.hex)})


def _over_quota(channel: Channel, people: int) -> bool:
    quota = channel.settings.quota
    return quota is not None and channel.used() + people > quota


_QUOTA = refused(429, "You have reached your monthly limit.")


def _push(world: "LineWorld", channel: Channel, body: dict[str, Any], request_id: str) -> Answer:
    user = body["to"]
    if not USER_ID.fullmatch(user):
        return refused(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
    if user not in world.citizens:
        world.violate("unknown_recipient", endpoint="push", count=1)
        return refused(400, "Failed to send messages")
    people = channel.reachable([user])
    if _over_quota(channel, len(people)):
        return _QUOTA
    numbered = [(world.mint.message_id(), message) for message in body["messages"]]
    channel.deliver_numbered(people, "push", numbered, request_id)
    channel.count("push", len(people))
    channel.record_unit(body.get("customAggregationUnits") or (), request_id)
    return Answer(200, {"sentMessages": _sent(numbered, world.mint.hex)})


def _multicast(world: "LineWorld", channel: Channel, body: dict[str, Any], request_id: str) -> Answer:
    strangers = sum(user not in world.citizens for user in body["to"])
    if strangers:
        world.violate("unknown_recipient", endpoint="multicast", count=strangers)
    people = channel.reachable(body["to"])
    if _over_quota(channel, len(people)):
        return _QUOTA
    channel.deliver(people, "multicast", body["messages"], request_id)
    channel.count("multicast", len(people))
    channel.record_unit(body.get("customAggregationUnits") or (), request_id)
    return Answer(200)


def _broadcast(_world: "LineWorld", channel: Channel, body: dict[str, Any], request_id: str) -> Answer:
    people = channel.followers()
    if _over_quota(channel, len(people)):
        return _QUOTA
    channel.deliver(people, "broadcast", body["messages"], request_id)
    channel.count("broadcast", len(people))
    channel.record_cast(request_id)
    return Answer(200)


def recipients(channel: Channel, wanted: Json) -> frozenset[str] | None:
    """Whom a narrowcast's `recipient` means; None when it names an audience that is not ready or an unknown request."""
    if not wanted:
        return frozenset(channel.followers())
    kind = wanted["type"]
    if kind == "audience":
        audience = channel.audiences.ready(wanted["audienceGroupId"])
        return frozenset(audience.users) if audience else None
    if kind == "redelivery":
        known = wanted["requestId"] in channel.narrowcasts
        return frozenset(reach(channel, [wanted["requestId"]]).got) if known else None
    if wanted.get("not"):
        inner = recipients(channel, wanted["not"])
        return None if inner is None else frozenset(channel.followers()) - inner
    sets = [recipients(channel, each) for each in wanted.get("and") or wanted["or"]]
    known_sets = [each for each in sets if each is not None]
    if len(known_sets) < len(sets):
        return None
    first, *rest = known_sets
    return first.intersection(*rest) if wanted.get("and") else first.union(*rest)


def _narrowcast(world: "LineWorld", channel: Channel, body: dict[str, Any], request_id: str) -> Answer:
    """Those of `recipient`, up to `limit.max`. Simulated citizens have no estimated attributes: a filter finds nobody."""
    limit = body.get("limit") or {}
    chosen = recipients(channel, body.get("recipient"))
    if chosen is None:
        return refused(400, "The audience group is not available")
    people = [] if body.get("filter") else [user for user in channel.followers() if user in chosen]
    people = people[: limit.get("max")] if limit.get("max") else people
    if _over_quota(channel, len(people)):
        if not limit.get("upToRemainingQuota") or limit.get("forbidPartialDelivery"):
            return _QUOTA
        people = people[: max(0, (channel.settings.quota or 0) - channel.used())]
    now = _stamp(world.clock.now())
    progress: dict[str, Any] = {"acceptedTime": now, "completedTime": now, "targetCount": len(people)}
    if len(people) < world.limits.narrowcast_minimum:
        progress |= {"phase": "failed", "errorCode": 2, "failedDescription": "There are too few recipients."}
    else:
        progress |= {"phase": "succeeded", "successCount": len(people), "failureCount": 0}
        channel.deliver(people, "narrowcast", body["messages"], request_id)
        channel.count("narrowcast", len(people))
    channel.narrowcasts[request_id] = progress
    channel.record_cast(request_id)
    return Answer(202)


SENDERS = {
    "reply": _reply,
    "push": _push,
    "multicast": _multicast,
    "narrowcast": _narrowcast,
    "broadcast": _broadcast,
}
_RETRIABLE = frozenset(SENDERS) - {"reply"}


def _fingerprint(kind: str, body: Json) -> bytes:
    return hashlib.sha256(json.dumps([kind, body], sort_keys=True).encode()).digest()


def _conflict(world: "LineWorld", channel: Channel, kind: str, body: Json, key: str) -> Answer | None:
    """What a known retry key is answered with; a changed body is also a violation that tests look at."""
    known = channel.remembered(key)
    if known is None:
        return None
    if known.fingerprint != _fingerprint(kind, body):
        world.violate("changed_retry", endpoint=kind, retry_key=key)
        return refused(400, "The retry key was used for a different request")
    sent = {"sentMessages": list(known.sent)} if known.sent else {}
    body = {"message": "The retry key is already accepted", **sent}
    return Answer(409, body, {"x-line-accepted-request-id": known.request_id})


def send(
    world: "LineWorld", channel: Channel, kind: str, body: Json, *, retry_key: str | None, request_id: str
) -> Answer:
    """Take a reply, push, multicast, narrowcast or broadcast: all of it or nothing."""
    if retry_key is not None and (kind not in _RETRIABLE or not RETRY_KEY.fullmatch(retry_key)):
        return refused(400, "Invalid retry key" if kind in _RETRIABLE else "Retry key is not supported here")
    if problems := world.rules.problems(kind, body):
        return bad_body(problems)
    with world.lock:
        if retry_key and (known := _conflict(world, channel, kind, body, retry_key)):
            return known
        answer = SENDERS[kind](world, channel, body, request_id)
        if retry_key and answer.status < 300:
            channel.retry_keys[retry_key.lower()] = Remembered(
                _fingerprint(kind, body),
                request_id,
                world.clock.now() + world.limits.retry_key,
                answer.body.get("sentMessages", ()),
            )
        return answer
