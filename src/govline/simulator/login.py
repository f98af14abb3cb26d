"""LINE Login in the simulator: the page where a citizen agrees, the code that comes back, and the ID token for it.

A link tapped in the chat page opens through `/sim/open`, which remembers whose phone it is: like LINE's own browser, the login then
agrees by itself. Any other browser chooses among the citizens.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from attrs import define, field, frozen
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from govline.simulator.channel import Channel
from govline.simulator.model import Answer, Citizen
from govline.simulator.shapes import loopback
from govline.simulator.world import LineWorld

__all__ = ["COOKIE", "LoginPages"]

COOKIE: Final = "simulator-citizen"
_LIFE: Final = timedelta(minutes=10)
_NEEDED: Final = ("redirect_uri", "state", "scope", "client_id")


@frozen
class _Code:
    """What a code stands for, until it is spent."""

    citizen: Citizen
    asked: Mapping[str, str] = field(repr=False)
    until: datetime


@define(eq=False)
class LoginPages:
    """`/oauth2/v2.1/authorize` of every channel's LINE Login channel, what its codes buy, and `/sim/open`."""

    world: LineWorld
    _codes: dict[str, _Code] = field(factory=dict, init=False)

    def routes(self) -> list[Route]:
        return [
            Route("/oauth2/v2.1/authorize", self._authorize),
            Route("/sim/open", self._open),
        ]

    async def _open(self, request: Request) -> Response:
        """Open a link as the phone of `citizen` does."""
        url, citizen = request.query_params.get("url", ""), request.query_params.get("citizen", "")
        if not loopback(url) or citizen not in self.world.citizens:
            return Response(status_code=404)
        answer = RedirectResponse(url, status_code=302)
        answer.set_cookie(COOKIE, citizen, path="/oauth2", httponly=True, samesite="lax")
        return answer

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        channel = self._channel(asked.get("client_id", ""))
        if channel is None or not self._sound(asked):
            return HTMLResponse("<!doctype html><title>400</title><h1>400 Bad Request</h1>", status_code=400)
        user = request.query_params.get("as") or request.cookies.get(COOKIE, "")
        citizen = self.world.citizens.get(user)
        if citizen is None:
            return HTMLResponse(self._choice(asked), headers={"cache-control": "no-store"})
        asked.pop("as", None)
        code = self.world.mint.hex(16)
        with self.world.lock:
            self._codes[code] = _Code(citizen, asked, self.world.clock.now() + _LIFE)
        back = asked["redirect_uri"]
        joint = "&" if urlsplit(back).query else "?"
        return RedirectResponse(
            f"{back}{joint}{urlencode({'code': code, 'state': asked['state']})}", status_code=302
        )

    @staticmethod
    def _sound(asked: Mapping[str, str]) -> bool:
        return (
            all(asked.get(name) for name in _NEEDED)
            and asked.get("response_type") == "code"
            and "openid" in asked["scope"].split()
            and loopback(asked["redirect_uri"])
            and asked.get("code_challenge_method", "S256") == "S256"
        )

    def _choice(self, asked: Mapping[str, str]) -> str:
        people = "".join(
            f'<li><a href="?{escape(urlencode({**asked, "as": user}))}">{escape(citizen.name)}</a></li>'
            for user, citizen in self.world.citizens.items()
        )
        return (
            '<!doctype html><html lang="ja"><meta charset="utf-8"><title>LINEログイン(シミュレーター)</title>'
            f"<h1>だれとしてログインしますか</h1><ul>{people}</ul></html>"
        )

    def exchange(self, form: Mapping[str, str]) -> Answer:
        """`POST /oauth2/v2.1/token` with a code: it is spent, and buys an ID token for whoever agreed."""
        channel = self._channel(form.get("client_id", ""))
        with self.world.lock:
            code = self._codes.pop(form.get("code", ""), None)
        if (
            channel is None
            or code is None
            or code.until <= self.world.clock.now()
            or form.get("client_secret") != channel.settings.login_secret
            or form.get("client_id") != code.asked["client_id"]
            or form.get("redirect_uri") != code.asked["redirect_uri"]
            or not _proven(code.asked.get("code_challenge"), form.get("code_verifier", ""))
        ):
            return Answer(400, {"error": "invalid_grant", "error_description": "invalid authorization code"})
        claims: dict[str, Any] = {"nonce": code.asked["nonce"]} if code.asked.get("nonce") else {}
        token = self.world.id_tokens.issue(
            code.citizen, channel.settings.login_id, secret=channel.settings.login_secret, **claims
        )
        answer = {"access_token": self.world.mint.hex(32), "expires_in": 2_592_000, "id_token": token}
        return Answer(200, {**answer, "scope": "openid", "token_type": "Bearer"})

    def _channel(self, login_id: str) -> Channel | None:
        with self.world.lock:
            return next(
                (each for each in self.world.channels.values() if each.settings.login_id == login_id), None
            )


def _proven(challenge: str | None, verifier: str) -> bool:
    """PKCE, where the sign-in asked for it."""
    if not challenge:
        return True
    made = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return made == challenge
