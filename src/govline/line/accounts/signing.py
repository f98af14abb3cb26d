"""The signature of a partner's call: HMAC-SHA256 over name, time, nonce and the raw body, each in its own line.

Twenty lines in any language; `sign_call` is the Python one.
"""

import hmac
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from govline.line.signature import signature_fits

__all__ = ["WINDOW", "CallSignature", "check_call", "sign_call"]

WINDOW: Final = timedelta(minutes=5)
"""How far a partner's clock may be from ours; nonces are remembered for a day."""
_TIME: Final = "x-govline-timestamp"
_NONCE: Final = "x-govline-nonce"
_SIGNATURE: Final = "x-govline-signature"
_SHORTEST, _LONGEST = 16, 64


@frozen
class CallSignature:
    """What a call's headers say, once they fit: the nonce that must be new."""

    nonce: str


def sign_call(secret: str, partner: str, raw: bytes, *, timestamp: int, nonce: str) -> dict[str, str]:
    """The headers of a call to a town's partner door.

    Args:
        secret: Shared with the town. `partner`: the caller's name there.
        raw: The body's bytes.
        timestamp: Seconds since 1970 UTC. `nonce`: 16 to 64 ASCII characters, never used before.
    """
    mac = hmac.digest(secret.encode(), _signed(partner, str(timestamp), nonce, raw), "sha256")
    return {_TIME: str(timestamp), _NONCE: nonce, _SIGNATURE: b64encode(mac).decode()}


def check_call(
    secrets: Iterable[str], partner: str, raw: bytes, headers: Mapping[str, str], now: datetime
) -> CallSignature | str:
    """The signature's parts, or the code of what is wrong with it: GL-8051 does not fit, GL-8052 too old or too early.

    Args:
        headers: With names in lower case.
    """
    stamp, nonce = headers.get(_TIME, ""), headers.get(_NONCE, "")
    given = headers.get(_SIGNATURE, "")
    sound = nonce.isascii() and nonce.isprintable() and _SHORTEST <= len(nonce) <= _LONGEST
    if not (sound and stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        return "GL-8051"
    if not signature_fits(secrets, _signed(partner, stamp, nonce, raw), given):
        return "GL-8051"
    if abs(now.timestamp() - int(stamp)) > WINDOW.total_seconds():
        return "GL-8052"
    return CallSignature(nonce)


def _signed(partner: str, stamp: str, nonce: str, raw: bytes) -> bytes:
    return f"govline-v1\n{partner}\n{stamp}\n{nonce}\n".encode() + raw
