"""Secret tokens: 256 bits for the browser or a message, a keyed hash for the store, the town's name in front of both."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

from govline.core import Transaction
from govline.errors import PageRefused
from govline.store._reach import keyring

__all__ = ["RandomText", "form_token", "hash_of", "hashes_of", "new_token", "pkce_challenge", "same"]

RandomText = Callable[[int], str]
"""Makes URL-safe text of that many random bytes: `secrets.token_urlsafe`, or a seeded one in tests."""
_BYTES: Final = 32
_LONGEST: Final = 200


def new_token(town: str, random_text: RandomText = secrets.token_urlsafe) -> str:
    """`<town>.<43 characters>`: whoever holds it is let in, so it stands in cookies, links and nowhere else."""
    return f"{town}.{random_text(_BYTES)}"


def hash_of(tx: Transaction, token: str, purpose: str) -> str:
    """What the store keeps of a token: its hash under the town's newest key."""
    return keyring(tx).lookup(token, purpose)


def hashes_of(tx: Transaction, token: str, purpose: str) -> tuple[str, ...]:
    """The hashes under which a token may stand, newest key first.

    Raises:
        PageRefused: GL-8112, the token is of another town.
    """
    town, dot, rest = token.partition(".")
    if len(token) > _LONGEST or not dot or not rest:
        return ()
    if town != tx.town:
        raise PageRefused("the session or link is of another town", code="GL-8112", status=403)
    return keyring(tx).lookups(token, purpose)


def form_token(seed: str) -> str:
    """What a form carries to show that its page was ours: derived from the session's token, which no other site can read."""
    return hmac.digest(seed.encode(), b"govline form", hashlib.sha256).hex()


def same(given: str, wanted: str) -> bool:
    """Whether two secrets are equal, in constant time."""
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode(errors="replace"))


def pkce_challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
