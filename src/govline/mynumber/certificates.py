"""Reads a person's certificate: `cryptography` parses, and what it would normalise is compared as it stands."""

from typing import Any, TypeVar

from attrs import field, frozen
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from govline.core.values import Reason
from govline.mynumber import reasons
from govline.mynumber.der import DerError, Outline, outline
from govline.mynumber.model import CertificateFacts, ExtensionFacts
from govline.mynumber.profile import KEY_USAGE, Profile
from govline.mynumber.rules import check_outline

__all__ = ["PersonCertificate", "other_names", "read_certificate"]

E = TypeVar("E", bound=x509.ExtensionType)


@frozen
class PersonCertificate:
    """A parsed end-entity certificate; nothing of it is shown."""

    der: bytes = field(repr=False)
    outline: Outline = field(repr=False)
    parsed: x509.Certificate = field(repr=False)
    key: rsa.RSAPublicKey = field(repr=False)
    facts: CertificateFacts = field(repr=False)
    authority_key: bytes | None = field(repr=False)


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
    except x509.DuplicateExtension:
        return (reasons.EXTENSION_DUPLICATED,)
    except (DerError, ValueError, UnsupportedAlgorithm, x509.UnsupportedGeneralNameType):
        return (reasons.UNREADABLE,)


def _parse(der: bytes, shape: Outline) -> PersonCertificate | tuple[Reason, ...]:
    parsed = x509.load_der_x509_certificate(der)
    key = parsed.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return (reasons.KEY_REFUSED,)
    extensions = parsed.extensions
    basic = _value(extensions, x509.BasicConstraints)
    policies = _value(extensions, x509.CertificatePolicies)
    authority_key = _value(extensions, x509.AuthorityKeyIdentifier)
    facts = CertificateFacts(
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        key_bits=key.key_size,
        key_exponent=key.public_numbers().e,
        extensions=tuple(map(_facts, extensions)),
        authority=basic is not None and basic.ca,
        policies=tuple(one.policy_identifier.dotted_string for one in policies or ()),
    )
    return PersonCertificate(
        der, shape, parsed, key, facts, authority_key.key_identifier if authority_key else None
    )


def other_names(certificate: PersonCertificate) -> tuple[tuple[str, bytes], ...]:
    """(OID, DER of the value) of every otherName in subjectAltName."""
    names = _value(certificate.parsed.extensions, x509.SubjectAlternativeName)
    return tuple(
        (name.type_id.dotted_string, name.value) for name in names or () if isinstance(name, x509.OtherName)
    )


def _facts(extension: x509.Extension[Any]) -> ExtensionFacts:
    oid = extension.oid.dotted_string
    compared = oid == KEY_USAGE
    return ExtensionFacts(oid, extension.critical, extension.value.public_bytes() if compared else b"")


def _value(extensions: x509.Extensions, kind: type[E]) -> E | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
