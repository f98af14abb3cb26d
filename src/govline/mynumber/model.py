"""The language of the room: purposes, forms, verdicts, and what a verification found."""

from datetime import datetime
from enum import Enum
from typing import Final

from attrs import field, frozen

from govline.core.values import Reason
from govline.errors import VerificationError
from govline.mynumber.holder import Holder, read_holder, read_names

__all__ = [
    "Environment",
    "Purpose",
    "Revocation",
    "RevocationStatus",
    "SignatureForm",
    "Verdict",
    "VerificationResult",
    "Withheld",
]


class Verdict(Enum):
    """VALID only when everything that the result does not list as unchecked was checked and found good."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


class Purpose(Enum):
    """What the signature is for; it decides the kind of certificate that is taken."""

    APPLICATION = "application"
    """申請: the signing certificate (署名用電子証明書)."""
    LOGIN = "login"
    """ログイン: the authentication certificate (利用者証明用電子証明書)."""


class SignatureForm(Enum):
    """How the card signed; named by the caller, never guessed, and no form passes as another."""

    PKCS1_SHA256 = "pkcs1-sha256"
    """PKCS#1 v1.5 with DigestInfo of SHA-256 (RFC 8017 §8.2)."""
    PKCS1_BARE_SHA256 = "pkcs1-bare-sha256"
    """PKCS#1 v1.5 over the bare 32-byte hash, without DigestInfo (デジタル認証アプリ's default)."""
    PSS_SHA256 = "pss-sha256"
    """RSASSA-PSS, SHA-256, MGF1 with SHA-256, 32-byte salt."""


class Environment(Enum):
    """Whether the pinned CAs are those of J-LIS or somebody's test hierarchy."""

    PRODUCTION = "production"
    TEST = "test"


class RevocationStatus(Enum):
    """What is known of revocation."""

    GOOD = "good"
    REVOKED = "revoked"
    NOT_CHECKED = "not_checked"


@frozen
class Revocation:
    """Revocation status; `as_of` is the age of the information, for GOOD and REVOKED."""

    status: RevocationStatus
    as_of: datetime | None = None


class Withheld:
    """What a result carries but never shows: no repr, no comparison, and a pickle or copy of it is empty."""

    __slots__ = ("issued_at", "names", "serial")

    def __init__(
        self,
        serial: int | None = None,
        names: bytes | None = None,
        issued_at: datetime | None = None,
    ) -> None:
        self.serial = serial
        self.names = names
        self.issued_at = issued_at

    def __repr__(self) -> str:
        return "<withheld>"

    def __reduce__(self) -> tuple[type["Withheld"], tuple[()]]:
        return Withheld, ()


ALWAYS_UNCHECKED: Final = ("signing_time", "extended_key_usage", "crl_distribution_point")


@frozen
class VerificationResult:
    """What was found, and what was not looked at.

    Args:
        verdict: VALID, INVALID or INDETERMINATE; never a bare bool.
        reasons: Every finding of the step at which it ended; empty when VALID.
        revocation: GOOD as of an instant, REVOKED or NOT_CHECKED.
        not_checked: Names of what this verdict says nothing about: `revocation`; `signing_time` (a bare signature proves
            no time); `extended_key_usage`, `crl_distribution_point` (unconfirmed in the profile); `holder` (the form of the
            four attributes, read by `holder()`); `challenge` (whether a login's document is a fresh nonce of yours); and
            `issuer`, `certificate`, `signature` when it ended before them.
        at: The instant of validation.
        purpose, form, profile, environment: Under which rules. TEST says that the CAs are not those of J-LIS.
        issuer: SHA-256 of the pinned CA certificate in hex, when one signed.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    revocation: Revocation
    not_checked: tuple[str, ...]
    at: datetime
    purpose: Purpose
    form: SignatureForm
    profile: str
    environment: Environment
    issuer: str | None = None
    withheld: Withheld = field(factory=Withheld, repr=False, eq=False)

    @property
    def reason(self) -> Reason | None:
        """The first finding; None when VALID."""
        return self.reasons[0] if self.reasons else None

    @property
    def serial(self) -> int | None:
        """The serial number (発行の番号), never a key of a user: 公的個人認証法 52条. None unless CA and signature fit, and after a copy or pickle."""
        return self.withheld.serial

    def holder(self, *, unconfirmed: bool = False) -> Holder:
        """The basic four attributes (基本4情報) of the signing certificate.

        Args:
            unconfirmed: Also of an INDETERMINATE result, whose certificate may be revoked since (moved, died).

        Raises:
            VerificationError: GL-6401 when there are none to give, GL-6402 when they cannot be read strictly.
        """
        allowed = self.verdict is Verdict.VALID or (unconfirmed and self.verdict is Verdict.INDETERMINATE)
        if not allowed or self.withheld.names is None or self.withheld.issued_at is None:
            raise VerificationError(
                "no attributes to give",
                code="GL-6401",
                hint="only a VALID result of a signing certificate has them, and no copy or pickle of it",
                place={"verdict": self.verdict.value, "purpose": self.purpose.value},
            )
        return read_holder(read_names(self.withheld.names), self.withheld.issued_at)
