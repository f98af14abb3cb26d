"""Signing in with LINE: the OAuth code flow (state, nonce, PKCE) that works without JavaScript, and LIFF's ID token.

Until LINE has answered, nothing stands in the database: what a sign-in needs travels sealed in the browser's own cookie. When it
comes back, its nonce is spent in the unit that opens the session, so the same answer never opens two.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from attrs import field, frozen

from govline.core import Clock, Transaction, from_micros, to_micros
from govline.errors import PageRefused, StoreError
from govline.store import identity
from govline.store.sealing import Keyring
from govline.web import _queries as q
from govline.web.fetching import Fetch
from govline.web.idtoken import LEEWAY, Person
from govline.web.jwks import SigningKeys
from govline.web.tokens import RandomText, pkce_challenge, same

__all__ = ["LINE_ADDRESSES", "LineAddresses", "LineLogin", "Started"]

_PATIENCE: Final = timedelta(minutes=10)
_CONTEXT: Final = "web.sign-in"


@frozen
class LineAddresses:
    """Where LINE Login answers."""

    authorize: str = "https://access.line.me/oauth2/v2.1/authorize"
    token: str = "https://api.line.me/oauth2/v2.1/token"  # noqa: S105 - an address
    certs: str = "https://api.line.me/oauth2/v2.1/certs"

    @classmethod
    def at(cls, base: str) -> "LineAddresses":
        """All three on one host: the simulator's."""
        return cls(*(f"{base.rstrip('/')}/oauth2/v2.1/{name}" for name in ("authorize", "token", "certs")))


LINE_ADDRESSES: Final = LineAddresses()


@frozen
class Started:
    """A sign-in on its way: where to send the browser, and the cookie that it must bring back."""

    url: str = field(repr=False)
    cookie: str = field(repr=False)


@frozen
class LineLogin:
    """One LINE Login channel.

    Args:
        channel: Its id; ID tokens for another one are refused.
        secret: Gives its secret.
        keyring: The town's keys, for the cookie.
        fetch: Calls LINE, with a time limit.
        addresses: LINE's, or the simulator's; asked at every use, because a demo learns them late.
    """

    channel: str
    secret: Callable[[], str] = field(repr=False)
    keyring: Callable[[], Keyring] = field(repr=False)
    clock: Clock = field(repr=False)
    fetch: Fetch = field(repr=False)
    addresses: Callable[[], LineAddresses] = field(default=lambda: LINE_ADDRESSES, repr=False)
    random_text: RandomText = field(default=secrets.token_urlsafe, repr=False)
    _keys: SigningKeys = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        keys = SigningKeys(lambda: self.fetch(self.addresses().certs, None), self.clock)
        object.__setattr__(self, "_keys", keys)

    def start(self, back: str, redirect: str, locale: str) -> Started:
        """Begin a sign-in.

        Args:
            back: Path to open afterwards; it never leaves this machine's own hands.
            redirect: Our callback address, as registered in the channel.
        """
        state, nonce, verifier = (self.random_text(32) for _ in range(3))
        kept = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "back": back,
            "until": to_micros(self.clock.now() + _PATIENCE),
        }
        asked = {
            "response_type": "code",
            "client_id": self.channel,
            "redirect_uri": redirect,
            "state": state,
            "scope": "openid",
            "nonce": nonce,
            "code_challenge": pkce_challenge(verifier),
            "code_challenge_method": "S256",
            "ui_locales": "en-US" if locale == "en" else "ja-JP",
        }
        cookie = self.keyring().seal(json.dumps(kept).encode(), _CONTEXT)
        return Started(f"{self.addresses().authorize}?{urlencode(asked)}", cookie)

    def finish(self, cookie: str, query: Mapping[str, str], redirect: str) -> tuple[Person, str, str]:
        """Take what LINE sent back: asks LINE for the ID token and checks it.

        Returns:
            Whom it names, the path to open, and the nonce to spend.

        Raises:
            PageRefused: GL-8108 not this browser's sign-in, GL-8107 LINE refused, GL-8101 to GL-8106 the ID token.
        """
        kept = self._kept(cookie)
        if not same(query.get("state", ""), kept["state"]):
            raise _not_ours()
        if not query.get("code"):
            raise PageRefused("LINE refused the sign-in", code="GL-8107", status=403)
        form = {
            "grant_type": "authorization_code",
            "code": query["code"],
            "redirect_uri": redirect,
            "client_id": self.channel,
            "client_secret": self.secret(),
            "code_verifier": kept["verifier"],
        }
        try:
            token = json.loads(self.fetch(self.addresses().token, form))["id_token"]
        except (ValueError, KeyError, TypeError):
            raise PageRefused("LINE's answer holds no ID token", code="GL-8107", status=502) from None
        person = self._keys.verify(token, channel=self.channel, secret=self.secret(), nonce=kept["nonce"])
        return person, str(kept["back"]), str(kept["nonce"])

    def judge(self, id_token: str) -> Person:
        """Check the ID token that LIFF gave to the page: ES256 only, it carries no nonce of ours, so it is spent itself.

        Raises:
            PageRefused: GL-8101 to GL-8106.
        """
        return self._keys.verify(id_token, channel=self.channel)

    def admit(self, tx: Transaction, person: Person, nonce: str = "") -> str:
        """Spend the sign-in and give the citizen: the LINE userId goes into the sealed identity table and nowhere else.

        Raises:
            PageRefused: GL-8105, this sign-in or ID token was used before.
        """
        once = hashlib.sha256((nonce or person.fingerprint).encode()).hexdigest()
        until = max(person.expires + LEEWAY, tx.now + _PATIENCE)
        if not tx.write(q.SPEND, {"hash": once, "expires": until}):
            raise PageRefused("this sign-in was used before", code="GL-8105", status=401)
        return identity.citizen_of(tx, person.user)

    def back_of(self, cookie: str) -> str:
        """The path that a sealed cookie leads back to; the start page where it cannot be read."""
        try:
            return str(self._kept(cookie)["back"])
        except PageRefused:
            return "/"

    def _kept(self, cookie: str) -> dict[str, str]:
        try:
            kept: dict[str, str] = json.loads(self.keyring().open(cookie, _CONTEXT))
        except (StoreError, ValueError):
            raise _not_ours() from None
        if from_micros(int(kept["until"])) <= self.clock.now():
            raise _not_ours()
        return kept


def _not_ours() -> PageRefused:
    return PageRefused(
        "this browser has begun no such sign-in, or too long ago",
        code="GL-8108",
        status=400,
        hint="open the page again from LINE",
    )
