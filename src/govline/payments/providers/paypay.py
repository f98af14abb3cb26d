"""PayPay OPA: the `hmac OPA-Auth` header of API requests.

Source: PayPay Open Payment API, "HMAC auth". The signed text is path, method, nonce, epoch seconds, content type and body
hash, joined by newlines; the body hash is base64(MD5(content type + body)); a call without a body uses the word `empty` for
both. The query string is no part of the path. PayPay signs no webhooks: what arrives there is a hint, the signed GET decides.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen

from govline.core import from_micros
from govline.errors import InputError

__all__ = ["PayPay"]

_EMPTY: Final = "empty"
_HEADER: Final = re.compile(
    r"hmac OPA-Auth:(?P<key>[^:]+):(?P<mac>[A-Za-z0-9+/=]+):(?P<nonce>[^:]+):(?P<epoch>[0-9]{1,11}):(?P<hash>[A-Za-z0-9+/=]+)"
)
MAX_SKEW: Final = timedelta(minutes=2)


@frozen
class PayPay:
    """One merchant's key pair.

    Args:
        key: The public API key.
        secret: The API key secret; in no repr.
    """

    key: str
    secret: str = field(repr=False)

    def authorization(
        self, method: str, path: str, *, nonce: str, epoch: int, body: bytes = b"", content_type: str = ""
    ) -> str:
        """The value of the `Authorization` header.

        Args:
            method: `GET`, `POST` …
            path: Without host and query string, such as `/v2/codes`.
            nonce: A fresh random word.
            epoch: Seconds since 1970 UTC; PayPay accepts a skew of less than two minutes.
            body: The bytes as they will be sent.
            content_type: Byte for byte as the header will carry it; needed when there is a body.

        Raises:
            InputError: GL-7010, a body without a content type.
        """
        if body and not content_type:
            raise InputError(
                "a body needs its content type", code="GL-7010", hint="pass content_type as it will be sent"
            )
        digest = _body_hash(body, content_type)
        mac = self._mac((path, method.upper(), nonce, str(epoch), content_type if body else _EMPTY, digest))
        return f"hmac OPA-Auth:{self.key}:{mac}:{nonce}:{epoch}:{digest}"

    def verify(
        self, headers: Mapping[str, str], raw: bytes, *, method: str, path: str, now: datetime | None = None
    ) -> bool:
        """Whether a request carries a header that this key pair made over exactly these bytes.

        Args:
            headers: The request's headers, names in any case.
            raw: The body as received.
            now: When given, the header's time must lie within two minutes of it.
        """
        found = {name.lower(): value for name, value in headers.items()}
        parts = _HEADER.fullmatch(found.get("authorization", ""))
        if parts is None or parts["key"] != self.key:
            return False
        content_type = found.get("content-type", "") if raw else _EMPTY
        digest = _body_hash(raw, content_type)
        expected = self._mac((path, method.upper(), parts["nonce"], parts["epoch"], content_type, digest))
        fresh = now is None or abs(now - from_micros(int(parts["epoch"]) * 1_000_000)) < MAX_SKEW
        same_body = hmac.compare_digest(digest, parts["hash"])
        return hmac.compare_digest(expected, parts["mac"]) and same_body and fresh

    def _mac(self, signed: Sequence[str]) -> str:
        return base64.b64encode(
            hmac.digest(self.secret.encode(), "\n".join(signed).encode(), "sha256")
        ).decode()


def _body_hash(body: bytes, content_type: str) -> str:
    if not body:
        return _EMPTY
    # MD5 is what PayPay's specification asks for; the MAC around it is HMAC-SHA256
    return base64.b64encode(
        hashlib.md5(content_type.encode() + body, usedforsecurity=False).digest()
    ).decode()
