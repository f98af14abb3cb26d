"""The door for revocation information: a provider answers for one certificate, and silence is never "good"."""

from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from govline.mynumber.model import Purpose

__all__ = ["Good", "RevocationAnswer", "RevocationProvider", "RevocationQuery", "Revoked", "Unavailable"]


@frozen
class RevocationQuery:
    """Asked only after CA, rules and signature were found good.

    Args:
        purpose: Which of the two CAs.
        issuer: DER of the pinned CA certificate.
        certificate: DER of the person's certificate (a CRL provider needs its distribution point); hidden.
        serial: Hidden. 公的個人認証法 52条: for this confirmation only.
        at: Instant of validation.
    """

    purpose: Purpose
    issuer: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    serial: int = field(repr=False)
    at: datetime


@frozen
class Good:
    """Not revoked, by information made at `as_of` (thisUpdate of the CRL or OCSP answer)."""

    as_of: datetime


@frozen
class Revoked:
    """Revoked, by information made at `as_of`. The cause is not carried: it is the citizen's own matter."""

    as_of: datetime


@frozen
class Unavailable:
    """No usable answer: time-out, stale or foreign CRL, bad signature, `unknown`. `cause` is for operators, without personal data."""

    cause: str = ""


RevocationAnswer = Good | Revoked | Unavailable


class RevocationProvider(Protocol):
    """A named source of revocation information that the municipality may use (公的個人認証法 17条, 36条)."""

    name: str

    def check(self, query: RevocationQuery) -> RevocationAnswer:
        """What the source says of this certificate; what it cannot say is never "good"."""
        ...
