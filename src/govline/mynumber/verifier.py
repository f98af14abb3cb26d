"""Verifies a citizen's signature: certificate, CA, rules, signature, revocation, in that order; it ends at the first step that finds something."""

import logging
from datetime import datetime, timedelta
from typing import Final, NoReturn

from attrs import field, frozen

from govline.core.clock import Clock, aware
from govline.core.values import Reason
from govline.errors import ConfigError, InputError
from govline.mynumber import reasons
from govline.mynumber.anchors import Anchor, TrustAnchors
from govline.mynumber.certificates import PersonCertificate, read_certificate
from govline.mynumber.model import (
    ALWAYS_UNCHECKED,
    Environment,
    Purpose,
    Revocation,
    RevocationStatus,
    SignatureForm,
    Verdict,
    VerificationResult,
    Withheld,
)
from govline.mynumber.profile import JPKI, Profile
from govline.mynumber.revocation import Good, RevocationProvider, RevocationQuery, Revoked
from govline.mynumber.rules import check_certificate, in_force
from govline.mynumber.signatures import verify_with

__all__ = ["Verifier"]

_LOG: Final = logging.getLogger(__name__)
_NOT_CHECKED: Final = Revocation(RevocationStatus.NOT_CHECKED)
_CLOCK_SKEW: Final = timedelta(minutes=5)
_STEPS: Final = ("issuer", "certificate", "signature", "revocation")
_ALGORITHMS: Final = (JPKI.signature_algorithm, JPKI.key_algorithm)


@frozen
class Verifier:
    """Verifies against one profile and one set of anchors; a value, safe to share between threads.

    Args:
        profile: What certificates must look like.
        anchors: The CAs that are believed.
        clock: Tells the instant of validation where none is named.
        revocation: Where non-revocation is asked; without one no verdict is ever VALID.
        revocation_max_age: How old a provider's "good" may be at the instant of validation. J-LIS issues CRLs daily.

    Raises:
        ConfigError: GL-6012; a test profile on production anchors, or algorithms that are not implemented.
    """

    profile: Profile
    anchors: TrustAnchors
    clock: Clock = field(kw_only=True)
    revocation: RevocationProvider | None = field(default=None, kw_only=True)
    revocation_max_age: timedelta = field(default=timedelta(days=2), kw_only=True)

    def __attrs_post_init__(self) -> None:
        test_profile = self.profile.environment is Environment.TEST
        if test_profile and self.anchors.environment is Environment.PRODUCTION:
            raise _misfit("a test profile on production anchors", "use JPKI")
        if (self.profile.signature_algorithm, self.profile.key_algorithm) != _ALGORITHMS:
            raise _misfit("algorithms that are not implemented", "RSA with SHA-256 only")

    def verify_signature(
        self,
        document: bytes,
        signature: bytes,
        certificate: bytes,
        *,
        form: SignatureForm,
        purpose: Purpose,
        at: datetime | None = None,
    ) -> VerificationResult:
        """Verify one signature. Bad input is a verdict, never an exception.

        Args:
            document: The signed bytes.
            signature: As the card gave it.
            certificate: The citizen's certificate, DER.
            form: How the card signed; never guessed.
            purpose: Decides which kind of certificate is taken.
            at: Instant of validation, aware; the clock's where omitted. For old signatures: when it is known to have existed.

        Raises:
            InputError: GL-0003 for a naive `at`, GL-6001 for arguments of a wrong type: the caller's mistakes.
            ConfigError: GL-6012 for a purpose that the profile does not know.
        """
        _check_call(document, signature, certificate, form, purpose)
        if purpose not in self.profile.kinds:
            raise _misfit("the profile has no certificate for this purpose", "use another profile")
        return _Run(self, form, purpose, self._instant(at)).verdict(document, signature, certificate)

    def _instant(self, at: datetime | None) -> datetime:
        at = self.clock.now() if at is None else at
        if not isinstance(at, datetime):
            _misuse("at", "an aware datetime")
        aware(at)
        return at


@frozen
class _Run:
    """One verification on its way."""

    verifier: Verifier
    form: SignatureForm
    purpose: Purpose
    at: datetime

    def verdict(self, document: bytes, signature: bytes, der: bytes) -> VerificationResult:
        certificate = read_certificate(der, self.verifier.profile)
        if isinstance(certificate, tuple):
            return self._invalid(certificate, done=0)
        issuer = self._issuer(certificate, self.purpose)
        if issuer is None:
            return self._invalid((self._stranger(certificate),), done=0)
        if not in_force(issuer.not_before, issuer.not_after, self.at):
            return self._invalid((reasons.AUTHORITY_NOT_IN_FORCE,), done=1, issuer=issuer)
        found = check_certificate(certificate.facts, self.verifier.profile, self.purpose, self.at)
        if found:
            return self._invalid(found, done=2, issuer=issuer)
        if not verify_with(certificate.key, document, signature, self.form):
            return self._invalid((reasons.SIGNATURE_WRONG,), done=3, issuer=issuer)
        return self._revocation(certificate, issuer)

    def _issuer(self, certificate: PersonCertificate, purpose: Purpose) -> Anchor | None:
        return self.verifier.anchors.issuer(
            purpose,
            certificate.issuer,
            certificate.issuer_key_id,
            certificate.parsed.signature,
            certificate.body,
        )

    def _stranger(self, certificate: PersonCertificate) -> Reason:
        others = (purpose for purpose in Purpose if purpose is not self.purpose)
        known = any(self._issuer(certificate, other) for other in others)
        return reasons.WRONG_KIND if known else reasons.ISSUER_UNKNOWN

    def _revocation(self, certificate: PersonCertificate, issuer: Anchor) -> VerificationResult:
        withheld = Withheld(
            certificate.parsed.serial_number,
            certificate.alternative_names if self.purpose is Purpose.APPLICATION else None,
            certificate.facts.not_before,
        )
        state, reason = self._ask(certificate, issuer)
        if state.status is RevocationStatus.REVOKED:
            return self._invalid((reasons.REVOKED,), done=4, issuer=issuer, revocation=state)
        verdict = Verdict.VALID if reason is None else Verdict.INDETERMINATE
        found = () if reason is None else (reason,)
        done = 3 if state.status is RevocationStatus.NOT_CHECKED else 4
        return self._result(verdict, found, done, issuer=issuer, revocation=state, withheld=withheld)

    def _ask(self, certificate: PersonCertificate, issuer: Anchor) -> tuple[Revocation, Reason | None]:
        provider = self.verifier.revocation
        if provider is None:
            return _NOT_CHECKED, reasons.REVOCATION_NOT_CHECKED
        query = RevocationQuery(
            self.purpose, issuer.der, certificate.der, certificate.parsed.serial_number, self.at
        )
        try:
            answer = provider.check(query)
        except Exception as error:  # noqa: BLE001 - whatever fails over there is "unavailable" here, never "good"
            _LOG.warning("revocation provider failed: %s", type(error).__name__)
            return _NOT_CHECKED, reasons.REVOCATION_UNAVAILABLE
        if isinstance(answer, Revoked):
            return Revocation(RevocationStatus.REVOKED, answer.as_of), reasons.REVOKED
        if not isinstance(answer, Good) or not _is_aware(answer.as_of):
            return _NOT_CHECKED, reasons.REVOCATION_UNAVAILABLE
        oldest = self.at - self.verifier.revocation_max_age
        # a CRL forgets certificates that are past their end, so what was made later says nothing
        newest = min(self.verifier.clock.now() + _CLOCK_SKEW, certificate.facts.not_after)
        if not oldest <= answer.as_of <= newest:
            return _NOT_CHECKED, reasons.REVOCATION_STALE
        return Revocation(RevocationStatus.GOOD, answer.as_of), None

    def _invalid(
        self,
        found: tuple[Reason, ...],
        *,
        done: int,
        issuer: Anchor | None = None,
        revocation: Revocation = _NOT_CHECKED,
    ) -> VerificationResult:
        return self._result(
            Verdict.INVALID, found, done, issuer=issuer, revocation=revocation, withheld=Withheld()
        )

    def _result(
        self,
        verdict: Verdict,
        found: tuple[Reason, ...],
        done: int,
        *,
        issuer: Anchor | None,
        revocation: Revocation,
        withheld: Withheld,
    ) -> VerificationResult:
        own = "holder" if self.purpose is Purpose.APPLICATION else "challenge"
        return VerificationResult(
            verdict=verdict,
            reasons=found,
            revocation=revocation,
            not_checked=(*_STEPS[done:], *ALWAYS_UNCHECKED, own),
            at=self.at,
            purpose=self.purpose,
            form=self.form,
            profile=self.verifier.profile.name,
            environment=self.verifier.anchors.environment,
            issuer=issuer.fingerprint.hex() if issuer else None,
            withheld=withheld,
        )


def _is_aware(instant: object) -> bool:
    return isinstance(instant, datetime) and instant.utcoffset() is not None


def _check_call(
    document: object, signature: object, certificate: object, form: object, purpose: object
) -> None:
    for name, value in {"document": document, "signature": signature, "certificate": certificate}.items():
        if not isinstance(value, bytes):
            _misuse(name, "bytes")
    if not isinstance(form, SignatureForm):
        _misuse("form", "a SignatureForm")
    if not isinstance(purpose, Purpose):
        _misuse("purpose", "a Purpose")


def _misuse(name: str, wanted: str) -> NoReturn:
    raise InputError(
        "an argument of a wrong type", code="GL-6001", hint=f"{name} is {wanted}", place={"argument": name}
    )


def _misfit(what: str, hint: str) -> ConfigError:
    return ConfigError(what, code="GL-6012", hint=hint)
