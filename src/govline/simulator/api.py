"""The Messaging API over HTTP: authentication, rates, faults and the log around the endpoints' functions."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from attrs import define, field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from govline.simulator import (
    api_account,
    api_audiences,
    api_insight,
    api_liff,
    api_menus,
    api_messages,
    api_tokens,
)
from govline.simulator.channel import Channel
from govline.simulator.endpoints import Call, Endpoint, checked
from govline.simulator.faults import Fault, refusal
from govline.simulator.login import LoginPages
from govline.simulator.model import Answer, refused
from govline.simulator.sending import SENDERS
from govline.simulator.shapes import loopback
from govline.simulator.webhooks import Postman
from govline.simulator.world import LineWorld

__all__ = ["LineApi"]

_UNAUTHORIZED = refused(
    401,
    "Authentication failed due to the following reason: invalid token. "
    "Confirm that the access token in the authorization header is valid.",
)
_FILES = frozenset({"richmenu.image_set", "audience.create_by_file", "audience.add_by_file"})
_RATE = refused(429, "The API rate limit has been exceeded. Try again later.")


@define(eq=False)
class LineApi:
    """The routes of LINE's API over one world.

    Args:
        connections: Transports by peer address, kept by our server; a fault cuts through them.
    """

    world: LineWorld
    postman: Postman
    login: LoginPages
    connections: dict[tuple[str, int], asyncio.Transport] = field(factory=dict)
    _release: asyncio.Event = field(factory=asyncio.Event, init=False)

    def routes(self) -> list[Route]:
        tables: Sequence[Endpoint] = (
            *api_messages.ENDPOINTS,
            *api_account.ENDPOINTS,
            *api_tokens.ENDPOINTS,
            Endpoint("token.v21", "POST", "/oauth2/v2.1/token", self._token, access=False),
            *api_liff.ENDPOINTS,
            *api_insight.ENDPOINTS,
            *api_audiences.ENDPOINTS,
            Endpoint("webhook.test", "POST", "/v2/bot/channel/webhook/test", self._test_webhook),
            *api_menus.ENDPOINTS,
        )
        return [self._route(endpoint) for endpoint in tables]

    def release(self) -> None:
        """End the waits of `slow` and `timeout_after`."""
        self._release.set()
        self._release = asyncio.Event()

    def _route(self, endpoint: Endpoint) -> Route:
        async def serve(request: Request) -> Response:
            return await self._serve(endpoint, request)

        return Route(endpoint.path, serve, methods=[endpoint.method], name=endpoint.name)

    async def _serve(self, endpoint: Endpoint, request: Request) -> Response:
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=499)
        request_id = self.world.mint.request_id(self.world.clock.now())
        answer, fault = await self._answer(endpoint, request, body, request_id)
        self.world.record(
            endpoint=endpoint.name,
            method=request.method,
            path=request.url.path,
            status=answer.status,
            retryKey=request.headers.get("x-line-retry-key"),
            requestId=request_id,
            fault=fault.kind if fault else None,
            bytes=len(body),
        )
        if fault is not None:
            if fault.kind in ("slow", "timeout_after"):
                await self._pause(request, fault.seconds)
            if fault.kind in ("timeout_after", "cut", "cut_after"):
                await self._cut(request)
        return _response(answer, request_id)

    async def _answer(
        self, endpoint: Endpoint, request: Request, body: bytes, request_id: str
    ) -> tuple[Answer, Fault | None]:
        channel, no = self._admit(endpoint, request, body)
        if no is not None or channel is None:
            return no or _UNAUTHORIZED, None
        fault = self.world.faults.take(endpoint.name)
        before = fault is not None and not fault.kind.endswith("_after") and fault.kind != "slow"
        if fault is not None and before:
            return refusal(fault, request_id) or Answer(500), fault
        call = Call(
            self.world,
            channel,
            request_id,
            request.path_params,
            request.query_params,
            body,
            request.headers.get("content-type", "").partition(";")[0].strip().lower(),
            request.headers.get("x-line-retry-key"),
            _bearer(request),
            request.headers.get("content-type", ""),
        )
        blocking = endpoint.name == "webhook.test"
        answer = await run_in_threadpool(endpoint.run, call) if blocking else endpoint.run(call)
        failed = refusal(fault, request_id) if fault is not None else None
        return failed or answer, fault

    def _admit(
        self, endpoint: Endpoint, request: Request, body: bytes
    ) -> tuple[Channel | None, Answer | None]:
        """Bearer token, size of the body, rate and a retry key where none may be, in LINE's order."""
        world = self.world
        channel: Channel | None = world.channel()
        if endpoint.access:
            token = _bearer(request)
            channel = world.channel_of_token(token)
            if channel is None and endpoint.name.startswith("liff."):
                channel = world.channel_of_login(token)
        if channel is None:
            return None, _UNAUTHORIZED
        if len(body) > world.limits.body and endpoint.name not in _FILES:
            return channel, refused(413, "Request entity too large")
        if not world.rates.take(channel.settings.channel_id, endpoint.rate or endpoint.name):
            return channel, _RATE
        if "x-line-retry-key" in request.headers and endpoint.name not in SENDERS:
            return channel, refused(400, "Retry key is not supported here")
        return channel, None

    async def _pause(self, request: Request, seconds: float) -> None:
        """Wait until released, until the client has gone, or for `seconds`."""
        waits = {asyncio.ensure_future(self._release.wait()), asyncio.ensure_future(_gone(request))}
        _done, pending = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()

    async def _cut(self, request: Request) -> None:
        """Drop the connection without a byte of an answer."""
        peer = request.client
        transport = self.connections.get((peer.host, peer.port)) if peer else None
        if transport is not None:
            transport.abort()
            await _gone(request)

    def _token(self, call: Call) -> Answer:
        """One address for two things: a login's code, and a channel's assertion."""
        fields = api_tokens.form(call)
        if fields.get("grant_type") == "client_credentials":
            return api_tokens.issue_v21(call.world, fields)
        return self.login.exchange(fields)

    def _test_webhook(self, call: Call) -> Answer:
        body, bad = checked(call, "webhook.test") if call.body else ({}, None)
        if bad:
            return bad
        url = body.get("endpoint") or call.channel.webhook_url
        if not url or not loopback(url):
            return refused(400, "The simulator posts to this machine only")
        stamp = self.world.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return Answer(200, {**self.postman.probe(call.channel, url), "timestamp": stamp})


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


def _response(answer: Answer, request_id: str) -> Response:
    headers: dict[str, Any] = {"x-line-request-id": request_id, **answer.headers}
    if answer.content is not None:
        return Response(answer.content.data, answer.status, headers, answer.content.media_type)
    data = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return Response(data, answer.status, headers, "application/json")
