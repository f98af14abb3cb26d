"""The control API under `/sim/`: citizens and their thumbs, faults, webhooks, clock, log. No part of LINE.

It is open to whoever reaches the loopback port, so it takes JSON only and refuses foreign hosts and origins (guard.py).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from attrs import define, field, frozen
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from govline.core import Json, frozen_map
from govline.errors import GovlineError, InputError
from govline.simulator.api import LineApi
from govline.simulator.clock import shift
from govline.simulator.events import EventWriter
from govline.simulator.faults import Fault
from govline.simulator.gestures import Thumb
from govline.simulator.model import Content
from govline.simulator.page import placeholder
from govline.simulator.webhooks import Postman
from govline.simulator.world import LineWorld

__all__ = ["Control", "TownView"]

TownView = Callable[[], Mapping[str, Sequence[Mapping[str, object]]]]
"""What the town sees: sections by name ("events", "outbox", …), each a list of rows."""

_BULK_MOST = 20_000
_SHOWN = 200
_FAR = 10 * 366 * 86_400
_DELAYS = (1.0, 5.0, 15.0)
_FLAT_IMAGE = 16_384
"""A rich menu image of no more bytes can only be flat colour: the page then draws the areas' labels itself."""


@frozen
class Ask:
    """One request of the control API."""

    path: Mapping[str, str] = field(converter=frozen_map, hash=False)
    query: Mapping[str, str] = field(converter=frozen_map, hash=False)
    raw: bytes = field(repr=False)
    media_type: str

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object of the request; empty when there is no body.

        Raises:
            InputError: GL-8410, it is no JSON object.
        """
        try:
            value = json.loads(self.raw or b"{}")
        except ValueError as cause:
            raise InputError("the body is not JSON", code="GL-8410") from cause
        if not isinstance(value, dict):
            raise InputError("the body is no JSON object", code="GL-8410")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """A string of the body; required without a default."""
        value = self.body.get(name, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise InputError("a text is missing", code="GL-8410", place={"field": name})
        return value

    @property
    def after(self) -> int:
        """The sequence number to read on from."""
        value = self.query.get("after") or "0"
        if not value.isdecimal():
            raise InputError("`after` is no number", code="GL-8410")
        return int(value)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """A list of objects."""
        value = self.body.get(name)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise InputError("a list of objects is missing", code="GL-8410", place={"field": name})
        return value

    def number(self, name: str) -> float:
        value = self.body.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise InputError("a number is missing", code="GL-8410", place={"field": name})
        return value


class _AsciiJson(JSONResponse):
    """JSON in ASCII: a lone surrogate in somebody's text must not break the page."""

    def render(self, content: Json) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


@define(eq=False)
class Control:
    """The control API over one world."""

    world: LineWorld
    postman: Postman
    api: LineApi
    town_view: TownView | None = None

    def routes(self) -> list[Route]:
        """All routes; the paths are relative to `/sim`."""
        table: list[tuple[str, str, Callable[[Ask], Json]]] = [
            ("GET", "/poll", self._poll),
            ("GET", "/town", self._town),
            ("GET", "/citizens", lambda ask: self._citizens(ask.query.get("channel"), ask.query.get("name"))),
            ("POST", "/citizens", self._create),
            ("POST", "/citizens/bulk", self._bulk),
            ("GET", "/citizens/{user}/messages", self._messages),
            ("GET", "/citizens/{user}/menu", lambda ask: {"menu": self._thumb(ask).menu()}),
            ("POST", "/citizens/{user}/{gesture}", self._gesture),
            ("GET", "/content/{message}", self._content),
            ("GET", "/menu-image/{menu}", self._menu_image),
            ("GET", "/asset", self._asset),
            ("PUT", "/asset", self._put_asset),
            (
                "GET",
                "/faults",
                lambda _: {"faults": [fault.to_json() for fault in self.world.faults.listed()]},
            ),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/clock", lambda _: {"now": self.world.clock.now().isoformat()}),
            ("POST", "/clock", self._clock),
            ("GET", "/log", self._log),
            ("GET", "/violations", lambda _: {"violations": self.world.noted()}),
            ("GET", "/report", lambda ask: self.world.report(ask.query.get("channel"))),
            ("POST", "/reset", self._reset),
            ("GET", "/webhooks", self._webhooks),
            ("POST", "/webhooks", self._set_webhooks),
            ("POST", "/webhooks/{deed}", self._webhook_deed),
        ]
        routes = [self._route(method, path, run) for method, path, run in table]
        return [Route("/faults/release", self._release, methods=["POST"]), *routes]

    def _route(self, method: str, path: str, run: Callable[[Ask], Json]) -> Route:
        async def serve(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip()
            ask = Ask(request.path_params, request.query_params, await request.body(), kind)
            try:
                value = await run_in_threadpool(run, ask)
            except GovlineError as error:
                fault = {"code": error.code, "message": error.message, "hint": error.hint}
                return _AsciiJson({"error": fault}, 400)
            return value if isinstance(value, Response) else _AsciiJson(value)

        return Route(path, serve, methods=[method])

    async def _release(self, _request: Request) -> Response:
        self.api.release()
        return _AsciiJson({})

    def _thumb(self, ask: Ask) -> Thumb:
        user = ask.path.get("user") or ask.query.get("citizen", "")
        self.world.citizen(user)
        return Thumb(self.world, self.world.channel(ask.query.get("channel")), self.postman, user)

    def _citizens(self, channel_id: str | None = None, name: str | None = None) -> Json:
        """The first citizens, or the first of one name, as the page shows them."""
        with self.world.lock:
            channel = self.world.channel(channel_id)
            rows = []
            everyone = self.world.citizens.values()
            for citizen in [each for each in everyone if name in (None, each.name)][:_SHOWN]:
                friendship = channel.friendship(citizen.user_id)
                talk = channel.talks.get(citizen.user_id, [])
                unread = sum(entry.side == "town" for entry in talk[friendship.read :])
                rows.append(
                    {
                        "userId": citizen.user_id,
                        "name": citizen.name,
                        "friend": friendship.friend,
                        "known": friendship.known,
                        "unread": unread,
                    }
                )
            return {"citizens": rows, "total": len(self.world.citizens)}

    def _poll(self, ask: Ask) -> Json:
        """All that the chat page needs: citizens, the shown one's new lines, menu and typing; marks them read."""
        channel = self.world.channel(ask.query.get("channel"))
        answer: dict[str, Any] = {
            "now": self.world.clock.now().isoformat(),
            "town": channel.settings.name,
            "trouble": self._trouble(channel.webhook_url),
            "messages": [],
        }
        user = ask.query.get("citizen", "")
        with self.world.lock:
            if user in self.world.citizens:
                friendship = channel.friendship(user)
                after = ask.after
                lines = self.world.talk(user, after, channel.settings.channel_id)
                friendship.read = max(friendship.read, after + len(lines))
                typing = (
                    friendship.typing_until is not None and friendship.typing_until > self.world.clock.now()
                )
                menu = self._thumb(ask).menu()
                answer |= {"messages": [line.to_json() for line in lines], "menu": menu, "typing": typing}
                image = channel.menus.images.get(menu["richMenuId"]) if menu else None
                answer["menuImage"] = image is not None and len(image.data) > _FLAT_IMAGE
            return {**answer, **self._citizens(ask.query.get("channel"))}

    def _trouble(self, webhook_url: str | None) -> str:
        """Why the town may stay silent: how the last webhook ended, when not well."""
        last = self.postman.listed()[-1:]
        failed = [each.attempts[-1] for each in last if each.attempts and not each.delivered]
        return "".join(failed) if webhook_url else "no_webhook"

    def _town(self, _ask: Ask) -> Json:
        sections = self.town_view() if self.town_view else {}
        return {
            "sections": [
                {"name": name, "rows": [{key: _plain(value) for key, value in row.items()} for row in rows]}
                for name, rows in sections.items()
            ]
        }

    def _log(self, ask: Ask) -> Json:
        """The request log, or only its `last` lines."""
        with self.world.lock:
            lines = list(self.world.log)
        last = ask.query.get("last", "")
        return {"total": len(lines), "log": lines[-int(last) :] if last.isdecimal() and int(last) else lines}

    def _create(self, ask: Ask) -> Json:
        citizen = self.world.add_citizen(ask.text("name")[:50], language=ask.text("language", "ja"))
        if ask.body.get("follow"):
            Thumb(
                self.world, self.world.channel(ask.query.get("channel")), self.postman, citizen.user_id
            ).follow()
        return {"userId": citizen.user_id, "name": citizen.name}

    def _bulk(self, ask: Ask) -> Json:
        count = int(ask.number("count"))
        if not 1 <= count <= _BULK_MOST:
            raise InputError("count is out of range", code="GL-8410", hint=f"1 to {_BULK_MOST}")
        return {"userIds": self.world.befriend_many(count, ask.query.get("channel"))}

    def _messages(self, ask: Ask) -> Json:
        thumb = self._thumb(ask)
        lines = self.world.talk(thumb.user, ask.after, ask.query.get("channel"))
        return {"messages": [line.to_json() for line in lines]}

    def _gesture(self, ask: Ask) -> Json:
        thumb = self._thumb(ask)
        deeds: dict[str, Callable[[], Json]] = {
            "say": lambda: thumb.say(ask.text("text")),
            "tap": lambda: self._tap(thumb, ask),
            "location": lambda: thumb.send_location(
                ask.number("latitude"),
                ask.number("longitude"),
                ask.text("title", ""),
                ask.text("address", ""),
            ),
            "image": lambda: thumb.send_image(ask.raw, ask.media_type),
            "sticker": lambda: thumb.send_sticker(ask.text("packageId"), ask.text("stickerId")),
            "follow": thumb.follow,
            "block": thumb.block,
            "unsend": lambda: thumb.unsend(ask.text("messageId")),
            "link": lambda: {"result": thumb.link_account(ask.text("linkToken"), ask.text("nonce"))},
            "id-token": lambda: self._id_token(thumb, ask),
            "open": thumb.open,
            "rename": lambda: self.world.rename(thumb.user, ask.text("name")[:50]),
        }
        if ask.path["gesture"] not in deeds:
            raise InputError("no such gesture", code="GL-8410", hint=" ".join(deeds))
        done = deeds[ask.path["gesture"]]()
        return done if isinstance(done, dict) else {"seq": getattr(done, "seq", None)}

    @staticmethod
    def _tap(thumb: Thumb, ask: Ask) -> Json:
        params = ask.body.get("params")
        if isinstance(ask.body.get("action"), dict):
            return thumb.tap(ask.body["action"], params)
        return thumb.tap_label(ask.text("label"), params)

    def _id_token(self, thumb: Thumb, ask: Ask) -> Json:
        """What LIFF would hand to the town's page; any claim may be set wrong for a test."""
        settings, claims = thumb.channel.settings, ask.body
        secret = settings.login_secret if claims.pop("alg", "ES256") == "HS256" else ""
        if "lifetime" in claims:
            claims["lifetime"] = int(ask.number("lifetime"))
        audience = str(claims.pop("aud", settings.login_id))
        citizen = self.world.citizen(thumb.user)
        return {"idToken": self.world.id_tokens.issue(citizen, audience, secret=secret, **claims)}

    def _content(self, ask: Ask) -> Response:
        content = self.world.channel(ask.query.get("channel")).contents.get(ask.path["message"])
        return _bytes(content)

    def _menu_image(self, ask: Ask) -> Response:
        return _bytes(self.world.channel(ask.query.get("channel")).menus.images.get(ask.path["menu"]))

    def _asset(self, ask: Ask) -> Response:
        """The bytes that stand for an outside address, or a drawn placeholder: the page itself never goes outside."""
        url = ask.query.get("url", "")
        return _bytes(self.world.assets.get(url) or Content("image/svg+xml", placeholder(url)))

    def _put_asset(self, ask: Ask) -> Json:
        self.world.assets[ask.query.get("url", "")] = Content(ask.media_type, ask.raw)
        return {}

    def _add_fault(self, ask: Ask) -> Json:
        self.world.faults.add(Fault.from_json(ask.body))
        return {}

    def _clear_faults(self, _ask: Ask) -> Json:
        self.world.faults.clear()
        return {}

    def _clock(self, ask: Ask) -> Json:
        seconds = ask.number("seconds")
        if not 0 <= seconds <= _FAR:
            raise InputError("the clock goes forward, by ten years at most", code="GL-8411")
        if not shift(self.world.clock, timedelta(seconds=seconds)):
            raise InputError("this clock cannot be put forward", code="GL-8411")
        return {"now": self.world.clock.now().isoformat()}

    def _reset(self, _ask: Ask) -> Json:
        self.world.reset()
        return {}

    def _webhooks(self, _ask: Ask) -> Json:
        return {"deliveries": [each.to_json() for each in self.postman.listed()]}

    def _set_webhooks(self, ask: Ask) -> Json:
        channel, body = self.world.channel(ask.query.get("channel")), ask.body
        if "url" in body:
            self.world.set_webhook(ask.text("url"), channel.settings.channel_id)
        channel.webhook_active = bool(body.get("active", channel.webhook_active))
        if "redelivery" in body:
            self.postman.delays = _DELAYS if body["redelivery"] else ()
        if "duplicate" in body:
            self.postman.duplicate = int(ask.number("duplicate"))
        return {"url": channel.webhook_url, "active": channel.webhook_active}

    def _webhook_deed(self, ask: Ask) -> Json:
        channel, body, postman = self.world.channel(ask.query.get("channel")), ask.body, self.postman
        writer = EventWriter(self.world.clock, self.world.mint)
        deeds: dict[str, Callable[[], Any]] = {
            "hold": postman.hold,
            "release": lambda: postman.release(
                reverse=bool(body.get("reverse")), together=bool(body.get("together"))
            ),
            "redeliver": postman.redeliver,
            "idle": lambda: postman.wait_idle(min(60.0, ask.number("seconds"))),
            "verify": lambda: postman.post(channel, writer.dummies() if body.get("dummy") else []),
            "unknown": lambda: postman.post(channel, [writer.event("somethingNew", body.get("user"))]),
            "broken": lambda: postman.post(channel, [_without_id(writer.event("message", body.get("user")))]),
            "events": lambda: postman.post(channel, ask.rows("events")),
            "raw": lambda: postman.post_raw(
                channel, ask.text("body").encode(errors="replace"), sign=bool(body.get("sign", True))
            ),
        }
        if ask.path["deed"] not in deeds:
            raise InputError("no such deed", code="GL-8410", hint=" ".join(deeds))
        done = deeds[ask.path["deed"]]()
        return {"done": done if isinstance(done, int) else done is not None}


def _without_id(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != "webhookEventId"}


def _plain(value: object) -> Json:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _bytes(content: Content | None) -> Response:
    if content is None:
        return Response(status_code=404)
    kind = content.media_type if content.media_type.startswith("image/") else "application/octet-stream"
    return Response(content.data, media_type=kind)
