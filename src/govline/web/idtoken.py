"""LINE's ID tokens, checked on this machine: who signed, for which channel, when, and for which sign-in (line.md §8).

    person = verify_id_token(token, channel="1650000001", keys=KeySet.parse(certs), now=clock.now())

Only the two algorithms that LINE uses are known, each with a key of its own kind: ES256 with a published P-256 key picked by
`kid`, HS256 with the channel secret. What the header says can therefore never turn a public key into a secret, or a signature off.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import field, frozen
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from govline.core.clock import aware, to_micros
from govline.errors import PageRefused

__all__ = ["ISSUER", "LEEWAY", "LONGEST", "KeySet", "Person", "UnknownKey", "verify_id_token"]

ISSUER: Final = "https://access.line.me"
LEEWAY: Final = timedelta(seconds=60)
"""How far the clocks of LINE and the town may differ."""
LONGEST: Final = 8192
_OLDEST: Final = timedelta(hours=24)
"""No ID token of LINE lives longer; one that claims to is not believed."""
_HALF: Final = 32
_USER: Final = 200


class UnknownKey(PageRefused):
    """The token names a signing key that the key set does not hold: fetch LINE's keys anew, once."""

    code = "GL-8106"
    status = 401


@frozen
class KeySet:
    """LINE's public signing keys by `kid` (`https://api.line.me/oauth2/v2.1/certs`)."""

    keys: Mapping[str, ec.EllipticCurvePublicKey] = field(factory=dict, repr=False, hash=False)

    @classmethod
    def parse(cls, text: bytes | str) -> "KeySet":
        """Read a JWK Set; keys of other kinds than P-256 for ES256 are left out.

        Raises:
            PageRefused: GL-8106, it is none.
        """
        try:
            listed = json.loads(text)["keys"]
            made = {str(jwk["kid"]): _point(jwk) for jwk in listed if _fits(jwk)}
        except (ValueError, KeyError, TypeError, RecursionError):
            raise PageRefused("LINE's keys cannot be read", code="GL-8106", status=502) from None
        return cls(made)


@frozen
class Person:
    """Whom a verified token names. `user` is the LINE userId: it goes straight into the sealed identity table.

    Args:
        fingerprint: SHA-256 of the token, to refuse it a second time.
    """

    user: str = field(repr=False)
    issued: datetime
    expires: datetime
    fingerprint: str = field(repr=False)


def verify_id_token(
    token: str,
    *,
    channel: str,
    now: datetime,
    keys: KeySet | None = None,
    secret: str = "",
    nonce: str | None = None,
    issuer: str = ISSUER,
    leeway: timedelta = LEEWAY,
) -> Person:
    """Check an ID token of LINE Login or LIFF.

    Args:
        channel: The LINE Login channel's id, which the token must be made for.
        now: The present instant.
        keys: LINE's published keys; without them ES256 is refused.
        secret: The channel secret; without it HS256 is refused.
        nonce: What this sign-in sent to LINE; the token must carry it. None where none was sent (LIFF).
        leeway: Between the clocks, for `exp` and `iat`.

    Raises:
        PageRefused: GL-8101 it is no ID token, GL-8102 the signature does not fit, GL-8103 expired or from the future,
            GL-8104 of another issuer or for another channel, GL-8105 of another sign-in.
        UnknownKey: GL-8106, its key is not in the key set.
    """
    head, claims, signed, signature = _parts(token)
    if not _genuine(head, signed, signature, keys or KeySet(), secret):
        raise PageRefused("the ID token's signature does not fit", code="GL-8102", status=401)
    if claims.get("iss") != issuer or claims.get("aud") != channel:
        raise PageRefused("the ID token is meant for somebody else", code="GL-8104", status=401)
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    present = aware(now)
    if not (issued - leeway <= present < expires + leeway) or expires - issued > _OLDEST:
        raise PageRefused(
            "the ID token is not valid at this time",
            code="GL-8103",
            status=401,
            hint="sign in again; is the clock right?",
        )
    if nonce is not None and not _same(claims.get("nonce"), nonce):
        raise PageRefused("the ID token belongs to another sign-in", code="GL-8105", status=401)
    user = claims.get("sub")
    if not isinstance(user, str) or not user.isascii() or not 0 < len(user) <= _USER:
        raise _unreadable()
    return Person(user, issued, expires, hashlib.sha256(signed).hexdigest())


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    if not isinstance(token, str) or len(token) > LONGEST or not token.isascii() or token.count(".") != 2:
        raise _unreadable()
    signed, _, tail = token.rpartition(".")
    try:
        head, claims = (json.loads(_unb64(part)) for part in signed.split("."))
        signature = _unb64(tail)
    except (ValueError, RecursionError):
        raise _unreadable() from None
    if not isinstance(head, dict) or not isinstance(claims, dict) or "crit" in head:
        raise _unreadable()
    return head, claims, signed.encode(), signature


def _genuine(head: Mapping[str, Any], signed: bytes, signature: bytes, keys: KeySet, secret: str) -> bool:
    """The algorithm picks the kind of key, and each kind is held apart: nothing else is ever tried."""
    if head.get("alg") == "HS256":
        return bool(secret) and hmac.compare_digest(
            signature, hmac.digest(secret.encode(), signed, hashlib.sha256)
        )
    if head.get("alg") != "ES256" or len(signature) != 2 * _HALF:
        return False
    key = keys.keys.get(str(head.get("kid")))
    if key is None:
        raise UnknownKey("the ID token is signed with a key that is not known")
    halves = (int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:]))
    try:
        key.verify(encode_dss_signature(*halves), signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if type(value) is not int or not 0 < value < to_micros(datetime(9000, 1, 1, tzinfo=UTC)) // 1_000_000:
        raise _unreadable()
    return datetime.fromtimestamp(value, UTC)


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


def _fits(jwk: Mapping[str, Any]) -> bool:
    return jwk.get("kty") == "EC" and jwk.get("crv") == "P-256" and jwk.get("alg", "ES256") == "ES256"


def _point(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(_unb64(str(jwk[axis]))) for axis in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _unb64(text: str) -> bytes:
    """Base64url without padding, in its one right spelling."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as cause:
        raise ValueError("not base64url") from cause
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise ValueError("not the one spelling")
    return data


def _unreadable() -> PageRefused:
    return PageRefused("this is no ID token of LINE", code="GL-8101", status=401)
