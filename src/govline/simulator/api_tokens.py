"""Endpoints that give, judge and take back channel access tokens: short-lived, stateless, and v2.1 by a signed assertion."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from govline.core import to_micros
from govline.errors import InputError
from govline.simulator.channel import Channel
from govline.simulator.endpoints import Call, Endpoint
from govline.simulator.identity import unb64
from govline.simulator.model import Answer
from govline.simulator.world import LineWorld

__all__ = ["ENDPOINTS", "form", "issue_v21"]

_DAYS_30: Final = timedelta(days=30)
_MINUTES_15: Final = timedelta(minutes=15)
_ASSERTION_LIFE: Final = 30 * 60
_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_AUDIENCE: Final = "https://api.line.me/"
_CLIENT: Final = Answer(
    400, {"error": "invalid_client", "error_description": "invalid channel or secret", "message": "invalid"}
)
_ASSERTION: Final = Answer(400, {"error": "invalid_client", "error_description": "Invalid client_assertion."})
_EXPIRED: Final = Answer(400, {"error": "invalid_request", "error_description": "access token expired"})


def form(call: Call) -> dict[str, str]:
    """The fields of a form body; the first of each name."""
    return {name: values[0] for name, values in parse_qs(call.body.decode(errors="replace")).items()}


def _by_secret(world: LineWorld, fields: Mapping[str, str]) -> Channel | None:
    """The channel whose id and secret stand in a form."""
    try:
        channel = world.channel(fields.get("client_id", ""))
    except InputError:
        return None
    return channel if fields.get("client_secret") == channel.settings.secret else None


def _genuine(key: Mapping[str, str], signed: bytes, signature: bytes) -> bool:
    e, n = (int.from_bytes(unb64(key[name])) for name in ("e", "n"))
    try:
        RSAPublicNumbers(e, n).public_key().verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _claims(world: LineWorld, assertion: str) -> tuple[Channel, dict[str, Any]] | None:
    """The channel that signed an assertion and its claims (RFC 7523; LINE: RS256, at most 30 minutes)."""
    try:
        signed, _, signature = assertion.rpartition(".")
        head, claims = (json.loads(unb64(part)) for part in signed.split("."))
        channel = world.channel(claims["sub"])
        key = channel.settings.assertion_keys[head["kid"]]
        good = head["alg"] == "RS256" and _genuine(key, signed.encode(), unb64(signature))
        now = to_micros(world.clock.now()) // 1_000_000
        good = good and now < int(claims["exp"]) <= now + _ASSERTION_LIFE
    except (ValueError, KeyError, TypeError, InputError):
        return None
    same = claims.get("iss") == claims["sub"] and claims.get("aud") == _AUDIENCE
    return (channel, claims) if good and same else None


def _by_assertion(world: LineWorld, fields: Mapping[str, str]) -> tuple[Channel, dict[str, Any]] | None:
    if fields.get("client_assertion_type") != _TYPE:
        return None
    return _claims(world, fields.get("client_assertion", ""))


def _give(world: LineWorld, channel: Channel, lifetime: timedelta, **rest: str) -> Answer:
    token = world.mint.hex(40)
    with world.lock:
        channel.tokens[token] = world.clock.now() + lifetime
        if "key_id" in rest:
            channel.key_ids[token] = rest["key_id"]
    seconds = int(lifetime.total_seconds())
    return Answer(200, {"access_token": token, "expires_in": seconds, "token_type": "Bearer", **rest})


def _issue(lifetime: timedelta, *, assertions: bool) -> Callable[[Call], Answer]:
    def run(call: Call) -> Answer:
        fields, world = form(call), call.world
        if fields.get("grant_type") != "client_credentials":
            return _CLIENT
        if assertions and "client_assertion" in fields:
            proven = _by_assertion(world, fields)
            return _give(world, proven[0], lifetime) if proven else _ASSERTION
        channel = _by_secret(world, fields)
        return _give(world, channel, lifetime) if channel else _CLIENT

    return run


def issue_v21(world: LineWorld, fields: Mapping[str, str]) -> Answer:
    """A token that lives as long as the assertion's `token_exp` says, in seconds; 30 days at most."""
    proven = _by_assertion(world, fields)
    if proven is None:
        return _ASSERTION
    channel, claims = proven
    seconds = claims.get("token_exp")
    if not isinstance(seconds, int) or not 0 < seconds <= _DAYS_30.total_seconds():
        return _ASSERTION
    key_id = base64.urlsafe_b64encode(bytes.fromhex(world.mint.hex(32))).rstrip(b"=").decode()
    return _give(world, channel, timedelta(seconds=seconds), key_id=key_id)


def _key_ids(call: Call) -> Answer:
    proven = _by_assertion(call.world, call.query)
    if proven is None:
        return _ASSERTION
    channel, now = proven[0], call.world.clock.now()
    return Answer(
        200, {"kids": [kid for token, kid in channel.key_ids.items() if channel.tokens[token] > now]}
    )


def _judge(world: LineWorld, token: str) -> Answer:
    channel, now = world.channel_of_token(token), world.clock.now()
    if channel is None:
        return _EXPIRED
    left = int((channel.tokens.get(token, now + _DAYS_30) - now).total_seconds())
    return Answer(200, {"client_id": channel.settings.channel_id, "expires_in": left, "scope": "P CM"})


def _verify(call: Call) -> Answer:
    return _judge(call.world, form(call).get("access_token", ""))


def _verify_v21(call: Call) -> Answer:
    return _judge(call.world, call.query.get("access_token", ""))


def _take_back(world: LineWorld, token: str) -> Answer:
    with world.lock:
        for channel in world.channels.values():
            channel.tokens.pop(token, None)
            channel.key_ids.pop(token, None)
    return Answer(200)


def _revoke(call: Call) -> Answer:
    return _take_back(call.world, form(call).get("access_token", ""))


def _revoke_v21(call: Call) -> Answer:
    fields = form(call)
    channel, token = _by_secret(call.world, fields), fields.get("access_token", "")
    if channel is None:
        return _CLIENT
    return _take_back(call.world, token) if token in channel.tokens else Answer(200)


ENDPOINTS = (
    Endpoint(
        "token.short", "POST", "/v2/oauth/accessToken", _issue(_DAYS_30, assertions=False), access=False
    ),
    Endpoint(
        "token.stateless", "POST", "/oauth2/v3/token", _issue(_MINUTES_15, assertions=True), access=False
    ),
    Endpoint("token.verify", "POST", "/v2/oauth/verify", _verify, access=False),
    Endpoint("token.revoke", "POST", "/v2/oauth/revoke", _revoke, access=False),
    Endpoint("token.key_ids", "GET", "/oauth2/v2.1/tokens/kid", _key_ids, access=False),
    Endpoint("token.verify_v21", "GET", "/oauth2/v2.1/verify", _verify_v21, access=False),
    Endpoint("token.revoke_v21", "POST", "/oauth2/v2.1/revoke", _revoke_v21, access=False),
)
