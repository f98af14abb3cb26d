"""Reads a person's certificate twice: by the strict outline, then by `cryptography`; it must pass both."""

from attrs import field, frozen
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from govline.core.values import Reason
from govline.mynumber import reasons
from govline.mynumber.der import DerError, Outline, key_identifier, outline, policy_oids
from govline.mynumber.profile import (
    AUTHORITY_KEY_IDENTIFIER,
    CERTIFICATE_POLICIES,
    SUBJECT_ALTERNATIVE_NAME,
    Profile,
)
from govline.mynumber.rules import CertificateFacts, check_outline

__all__ = ["PersonCertificate", "read_certificate"]


@frozen
class PersonCertificate:
    """A parsed end-entity certificate; nothing of it is shown."""

    der: bytes = field(repr=False)
    body: bytes = field(repr=False)
    issuer: bytes = field(repr=False)
    issuer_key_id: bytes | None = field(repr=False)
    parsed: x509.Certificate = field(repr=False)
    key: rsa.RSAPublicKey = field(repr=False)
    facts: CertificateFacts = field(repr=False)

    @property
    def alternative_names(self) -> bytes | None:
        """The value of subjectAltName, if there is one."""
        found = self.facts.extensions.get(SUBJECT_ALTERNATIVE_NAME)
        return found.value if found else None


def read_certificate(der: bytes, profile: Profile) -> PersonCertificate | tuple[Reason, ...]:
    """Parse strictly, or say why not.

    Args:
        der: What the citizen's app sent: never trusted.
        profile: Gives the size limit and the algorithms.

    Returns:
        The certificate, or the findings that forbid to read on.
    """
    if len(der) > profile.size_limit:
        return (reasons.UNREADABLE,)
    try:
        shape = outline(der)
        return check_outline(shape, profile) or _parse(der, shape)
    except (ValueError, UnsupportedAlgorithm):
        return (reasons.UNREADABLE,)


def _parse(der: bytes, shape: Outline) -> PersonCertificate:
    parsed = x509.load_der_x509_certificate(der)
    key = parsed.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise DerError("the two readers see different keys")
    extensions = {one.oid: one for one in shape.extensions}
    policies = extensions.get(CERTIFICATE_POLICIES)
    issuer_key = extensions.get(AUTHORITY_KEY_IDENTIFIER)
    facts = CertificateFacts(
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        key_bits=key.key_size,
        key_exponent=key.public_numbers().e,
        extensions=extensions,
        policies=policy_oids(policies.value) if policies else (),
    )
    issuer_key_id = key_identifier(issuer_key.value) if issuer_key else None
    return PersonCertificate(der, shape.body, shape.issuer, issuer_key_id, parsed, key, facts)
