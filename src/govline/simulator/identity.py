"""ID tokens of LINE Login: minted for a citizen, published keys, and LINE's own verification (line.md §8)."""

import base64
import hashlib
import hmac
import json
from typing import Any, Final

from attrs import define, field
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from govline.core import Clock, to_micros
from govline.simulator.model import Citizen

__all__ = ["ISSUER", "IdTokens", "unb64"]

ISSUER: Final = "https://access.line.me"
_KID: Final = "simulator-1"
_HALF: Final = 32


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Bytes of base64url without padding, as in a JWT (RFC 7515)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@define(eq=False)
class IdTokens:
    """The simulator's own signing key; a new one in every process.

    Args:
        clock: When tokens are issued and judged.
    """

    clock: Clock
    _key: ec.EllipticCurvePrivateKey = field(
        factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False, init=False
    )

    def jwks(self) -> dict[str, Any]:
        """`GET /oauth2/v2.1/certs`: the public key by its `kid`."""
        numbers = self._key.public_key().public_numbers()
        x, y = (_b64(value.to_bytes(_HALF)) for value in (numbers.x, numbers.y))
        return {
            "keys": [{"kty": "EC", "alg": "ES256", "use": "sig", "kid": _KID, "crv": "P-256", "x": x, "y": y}]
        }

    def issue(self, citizen: Citizen, audience: str, *, secret: str = "", **claims: Any) -> str:
        """An ID token: ES256 as LIFF gives it, HS256 (web login) when the channel secret is given.

        Args:
            audience: LINE Login channel id.
            claims: What to set or overwrite, e.g. `nonce`, or a wrong `iss` for a test; `lifetime` in seconds.
        """
        now = to_micros(self.clock.now()) // 1_000_000
        lifetime = int(claims.pop("lifetime", 3600))
        payload = {
            "iss": ISSUER,
            "sub": citizen.user_id,
            "aud": audience,
            "exp": now + lifetime,
            "iat": now,
            "amr": ["linesso"],
            "name": citizen.name,
            **claims,
        }
        header = {"typ": "JWT", "alg": "HS256"} if secret else {"typ": "JWT", "alg": "ES256", "kid": _KID}
        signed = ".".join(
            _b64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, payload)
        )
        return f"{signed}.{_b64(self._sign(signed.encode(), secret))}"

    def _sign(self, signed: bytes, secret: str) -> bytes:
        if secret:
            return hmac.digest(secret.encode(), signed, hashlib.sha256)
        r, s = decode_dss_signature(self._key.sign(signed, ec.ECDSA(SHA256())))
        return r.to_bytes(_HALF) + s.to_bytes(_HALF)

    def _genuine(self, signed: bytes, signature: bytes, algorithm: str, secret: str) -> bool:
        if algorithm == "HS256":
            return hmac.compare_digest(signature, hmac.digest(secret.encode(), signed, hashlib.sha256))
        if algorithm != "ES256" or len(signature) != 2 * _HALF:
            return False
        halves = (int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:]))
        try:
            self._key.public_key().verify(encode_dss_signature(*halves), signed, ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        return True

    def verify(
        self, token: str, audience: str, secret: str, *, nonce: str = "", user: str = ""
    ) -> dict[str, Any] | str:
        """`POST /oauth2/v2.1/verify`: the claims, or LINE's words for what is wrong."""
        try:
            signed, _, tail = token.rpartition(".")
            head, payload = (json.loads(unb64(part)) for part in signed.split("."))
            genuine = self._genuine(signed.encode(), unb64(tail), head["alg"], secret)
        except (ValueError, KeyError, TypeError):
            return "Invalid IdToken."
        if not isinstance(payload, dict):
            return "Invalid IdToken."
        checks = (
            (genuine, "Invalid IdToken."),
            (payload.get("iss") == ISSUER, "Invalid IdToken Issuer."),
            (payload.get("aud") == audience, "Invalid IdToken Audience."),
            (payload.get("exp", 0) > to_micros(self.clock.now()) // 1_000_000, "IdToken expired."),
            (not nonce or payload.get("nonce") == nonce, "Invalid IdToken Nonce."),
            (not user or payload.get("sub") == user, "Invalid IdToken Subject Identifier."),
        )
        return next((words for fine, words in checks if not fine), payload)
