"""Endpoints about the account: profile, followers, quota, counts, webhook address, ID tokens."""

from collections.abc import Callable
from datetime import timedelta

from govline.core.jst import JST
from govline.simulator.api_tokens import form
from govline.simulator.endpoints import NOT_FOUND, Call, Endpoint, checked
from govline.simulator.model import Answer, refused
from govline.simulator.shapes import loopback

__all__ = ["ENDPOINTS"]


def _profile(call: Call) -> Answer:
    user = call.path["userId"]
    citizen = call.world.citizens.get(user)
    if citizen is None or not call.channel.is_friend(user):
        return NOT_FOUND
    return Answer(200, {"displayName": citizen.name, "userId": user, "language": citizen.language})


def _followers(call: Call) -> Answer:
    if not call.channel.settings.verified:
        return refused(403, "Access to this API is not available for your account")
    limit, start = call.query.get("limit", "300"), call.query.get("start", "0")
    if not (limit.isdecimal() and 1 <= int(limit) <= 1000 and start.isdecimal()):
        return refused(400, "The value of limit or start is invalid")
    with call.world.lock:
        people = call.channel.followers()
    page = people[int(start) : int(start) + int(limit)]
    behind = int(start) + len(page)
    return Answer(200, {"userIds": page, **({"next": str(behind)} if behind < len(people) else {})})


def _info(call: Call) -> Answer:
    settings = call.channel.settings
    return Answer(
        200,
        {
            "userId": settings.bot_user_id,
            "basicId": settings.basic_id,
            "displayName": settings.name,
            "chatMode": "bot",
            "markAsReadMode": "auto",
        },
    )


def _quota(call: Call) -> Answer:
    quota = call.channel.settings.quota
    return Answer(200, {"type": "none"} if quota is None else {"type": "limited", "value": quota})


def _consumption(call: Call) -> Answer:
    with call.world.lock:
        return Answer(200, {"totalUsage": call.channel.used()})


def _delivery(kind: str) -> Callable[[Call], Answer]:
    def run(call: Call) -> Answer:
        day = call.query.get("date", "")
        if len(day) != 8 or not day.isdecimal():
            return refused(400, "The value of date is invalid")
        if day >= call.world.clock.now().astimezone(JST).strftime("%Y%m%d"):
            return Answer(200, {"status": "unready"})
        return Answer(200, {"status": "ready", "success": call.channel.sent[kind, day]})

    return run


def _unit_usage(call: Call) -> Answer:
    return Answer(200, {"numOfCustomAggregationUnits": len(call.channel.units[call.channel.month()])})


def _unit_names(call: Call) -> Answer:
    limit, start = call.query.get("limit", "100"), call.query.get("start", "0")
    if not (limit.isdecimal() and 1 <= int(limit) <= 100 and start.isdecimal()):
        return refused(400, "The value of limit or start is invalid")
    names = sorted(call.channel.units[call.channel.month()])
    page = names[int(start) : int(start) + int(limit)]
    behind = int(start) + len(page)
    return Answer(
        200, {"customAggregationUnits": page, **({"next": str(behind)} if behind < len(names) else {})}
    )


def _webhook(call: Call) -> Answer:
    url = call.channel.webhook_url
    return Answer(200, {"endpoint": url, "active": call.channel.webhook_active}) if url else NOT_FOUND


def _set_webhook(call: Call) -> Answer:
    body, bad = checked(call, "webhook")
    if bad is None and not loopback(body["endpoint"]):
        bad = refused(400, "The simulator posts to this machine only")
    if bad is None:
        call.world.set_webhook(body["endpoint"], call.channel.settings.channel_id)
    return bad or Answer(200)


def _loading(call: Call) -> Answer:
    body, bad = checked(call, "loading")
    if bad is None:
        with call.world.lock:
            seconds = timedelta(seconds=body.get("loadingSeconds", 20))
            call.channel.friendship(body["chatId"]).typing_until = call.world.clock.now() + seconds
    return bad or Answer(202)


def _read(_call: Call) -> Answer:
    return Answer(200)


def _link_token(call: Call) -> Answer:
    user = call.path["userId"]
    if not call.channel.is_friend(user):
        return NOT_FOUND
    token = call.world.mint.hex(32)
    call.channel.link_tokens[token] = (user, call.world.clock.now() + call.world.limits.link_token)
    return Answer(200, {"linkToken": token})


def _certs(call: Call) -> Answer:
    return Answer(200, call.world.id_tokens.jwks())


def _verify_id_token(call: Call) -> Answer:
    fields, world = form(call), call.world
    settings = next(
        (
            each.settings
            for each in world.channels.values()
            if each.settings.login_id == fields.get("client_id")
        ),
        None,
    )
    if settings is None:
        return Answer(400, {"error": "invalid_request", "error_description": "Invalid IdToken Audience."})
    judged = world.id_tokens.verify(
        fields.get("id_token", ""),
        settings.login_id,
        settings.login_secret,
        nonce=fields.get("nonce", ""),
        user=fields.get("user_id", ""),
    )
    if isinstance(judged, str):
        return Answer(400, {"error": "invalid_request", "error_description": judged})
    return Answer(200, judged)


ENDPOINTS = (
    Endpoint("profile", "GET", "/v2/bot/profile/{userId}", _profile),
    Endpoint("followers", "GET", "/v2/bot/followers/ids", _followers),
    Endpoint("info", "GET", "/v2/bot/info", _info),
    Endpoint("quota", "GET", "/v2/bot/message/quota", _quota),
    Endpoint("quota.consumption", "GET", "/v2/bot/message/quota/consumption", _consumption),
    *(
        Endpoint(f"delivery.{kind}", "GET", f"/v2/bot/message/delivery/{kind}", _delivery(kind), "delivery")
        for kind in ("reply", "push", "multicast", "broadcast")
    ),
    Endpoint("aggregation.info", "GET", "/v2/bot/message/aggregation/info", _unit_usage),
    Endpoint("aggregation.list", "GET", "/v2/bot/message/aggregation/list", _unit_names),
    Endpoint("webhook.get", "GET", "/v2/bot/channel/webhook/endpoint", _webhook),
    Endpoint("webhook.set", "PUT", "/v2/bot/channel/webhook/endpoint", _set_webhook),
    Endpoint("loading", "POST", "/v2/bot/chat/loading/start", _loading),
    Endpoint("mark_read", "POST", "/v2/bot/message/markAsRead", _read),
    Endpoint("mark_read_token", "POST", "/v2/bot/chat/markAsRead", _read),
    Endpoint("link_token", "POST", "/v2/bot/user/{userId}/linkToken", _link_token),
    Endpoint("id_token.certs", "GET", "/oauth2/v2.1/certs", _certs, access=False),
    Endpoint("id_token.verify", "POST", "/oauth2/v2.1/verify", _verify_id_token, access=False),
)
