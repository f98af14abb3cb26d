"""LINE's webhook signature: base64(HMAC-SHA256(channel secret, raw body)), over the bytes as they arrived.

Source: https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/
"""

import hmac
from base64 import b64encode
from collections.abc import Iterable

from govline.errors import ConfigError, SignatureRefused

__all__ = ["SIGNATURE_HEADER", "check_signature", "sign", "signature_fits"]

SIGNATURE_HEADER = "x-line-signature"


def sign(secret: str, raw: bytes) -> str:
    """The header value that LINE would send with `raw` under this channel secret."""
    return b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode("ascii")


def signature_fits(secrets: Iterable[str], raw: bytes, signature: str | None) -> bool:
    """Whether the signature was made with one of the secrets (the old and the new one while they rotate).

    Every secret is tried and each comparison takes constant time, so the answer's delay tells nothing.

    Args:
        secrets: The channel secrets that are valid now; an empty one never fits.
        raw: The body's bytes, never re-serialised.
        signature: The value of `X-Line-Signature`, or None where the header was absent.
    """
    given = (signature or "").strip().encode("utf-8", "replace")
    fits = False
    for secret in secrets:
        same = hmac.compare_digest(sign(secret, raw).encode("ascii"), given)
        fits |= same and secret != ""
    return fits


def check_signature(secrets: Iterable[str], raw: bytes, signature: str | None) -> None:
    """Like `signature_fits`, for callers that want an exception.

    Raises:
        SignatureRefused: No secret fits.
        ConfigError: There is no secret at all.
    """
    known = tuple(secret for secret in secrets if secret)
    if not known:
        raise ConfigError("no channel secret is configured", code="GL-8011", hint="set the channel secret")
    if not signature_fits(known, raw, signature):
        raise SignatureRefused(
            "the webhook's signature does not fit its body",
            hint="compare the channel secret with the console, and verify the raw bytes",
        )
