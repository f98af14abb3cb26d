"""LINE's signing keys, kept in memory: fetched when first needed, again when a key is not known, never in a storm."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from govline.core import Clock
from govline.errors import PageRefused
from govline.web.idtoken import KeySet, Person, UnknownKey, verify_id_token

__all__ = ["SigningKeys"]

Fetch = Callable[[], bytes]
_PAUSE: Final = timedelta(seconds=60)
_LIFETIME: Final = timedelta(hours=12)


class SigningKeys:
    """The key set of one LINE Login issuer; safe to share between threads.

    Args:
        fetch: Gets the JWK Set; it has a time limit of its own.
        clock: For the age of what is kept.
        pause: The least time between two fetches: tokens with made-up key ids cannot make us call LINE at will.
        lifetime: After this the keys are fetched again; when LINE does not answer, the old ones stay in use.
    """

    def __init__(
        self, fetch: Fetch, clock: Clock, *, pause: timedelta = _PAUSE, lifetime: timedelta = _LIFETIME
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._pause = pause
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._keys: KeySet | None = None
        self._asked: datetime | None = None
        self._got: datetime | None = None

    def verify(self, token: str, *, channel: str, secret: str = "", nonce: str | None = None) -> Person:
        """`verify_id_token` with LINE's present keys; a token signed with a new key has them fetched once.

        Raises:
            PageRefused: See `verify_id_token`; GL-8106 also when LINE's keys cannot be fetched.
        """
        now = self._clock.now()

        def judge(keys: KeySet) -> Person:
            return verify_id_token(token, channel=channel, now=now, keys=keys, secret=secret, nonce=nonce)

        with self._lock:
            kept = self._keys if self._got is not None and now - self._got < self._lifetime else None
        try:
            return judge(kept or KeySet())
        except UnknownKey:
            return judge(self._renewed(now))

    def _renewed(self, now: datetime) -> KeySet:
        with self._lock:
            if self._asked is not None and now - self._asked < self._pause:
                return self._keys or KeySet()
            self._asked = now
            try:
                self._keys, self._got = KeySet.parse(self._fetch()), now
            except PageRefused:
                if self._keys is None:
                    raise
            return self._keys
