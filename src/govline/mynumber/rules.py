"""Pure rules on a person's certificate: facts and a profile in, all findings out."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from attrs import frozen

from govline.core.values import Reason
from govline.mynumber import reasons
from govline.mynumber.der import Extension, Outline
from govline.mynumber.model import Purpose
from govline.mynumber.profile import (
    BASIC_CONSTRAINTS,
    CERTIFICATE_POLICIES,
    KEY_USAGE,
    CertificateProfile,
    Profile,
)

__all__ = ["CertificateFacts", "check_certificate", "check_outline", "in_force"]

_SERIAL_OCTETS = 20
_CA_FALSE = bytes.fromhex("3000")


@frozen
class CertificateFacts:
    """What rules decide on beyond the outline: no names, no key material, no serial number."""

    not_before: datetime
    not_after: datetime
    key_bits: int
    key_exponent: int
    extensions: Mapping[str, Extension]
    policies: tuple[str, ...]


def check_outline(outline: Outline, profile: Profile) -> tuple[Reason, ...]:
    """What speaks against the certificate before anything in it is interpreted.

    Args:
        outline: Version, serial and algorithm identifiers as they stand.
        profile: Rules of its generation.
    """
    return tuple(_outline(outline, profile))


def check_certificate(
    facts: CertificateFacts, profile: Profile, purpose: Purpose, at: datetime
) -> tuple[Reason, ...]:
    """Everything that speaks against the certificate of a person.

    Args:
        facts: Of the certificate.
        profile: Rules of its generation.
        purpose: Decides the kind; `profile.kinds` has it.
        at: Aware instant of validation; both ends of the validity are inside (RFC 5280 §4.1.2.5).

    Returns:
        All findings at once, in the order of the checks; empty when nothing speaks against it.
    """
    return (
        *_validity(facts, at),
        *_key(facts, profile),
        *_extensions(facts, profile.kinds[purpose]),
    )


def in_force(not_before: datetime, not_after: datetime, at: datetime) -> bool:
    """Whether the instant lies in the validity, both ends inside."""
    return not_before <= at <= not_after


def _outline(outline: Outline, profile: Profile) -> Iterator[Reason]:
    if outline.version != 2:
        yield reasons.VERSION_WRONG
    if not _is_serial(outline.serial):
        yield reasons.SERIAL_WRONG
    if not outline.inner_algorithm == outline.outer_algorithm == profile.signature_algorithm:
        yield reasons.SIGNATURE_ALGORITHM_REFUSED
    if outline.key_algorithm != profile.key_algorithm:
        yield reasons.KEY_REFUSED
    if len({one.oid for one in outline.extensions}) != len(outline.extensions):
        yield reasons.EXTENSION_DUPLICATED


def _is_serial(content: bytes) -> bool:
    """A positive INTEGER of at most 20 octets in minimal form (RFC 5280 §4.1.2.2)."""
    if not 1 <= len(content) <= _SERIAL_OCTETS or content[0] >= 0x80:
        return False
    return content[0] != 0 or (len(content) > 1 and content[1] >= 0x80)


def _key(facts: CertificateFacts, profile: Profile) -> Iterator[Reason]:
    if facts.key_bits < profile.key_bits or facts.key_exponent != profile.key_exponent:
        yield reasons.KEY_REFUSED


def _extensions(facts: CertificateFacts, kind: CertificateProfile) -> Iterator[Reason]:
    found = facts.extensions
    if any(one.critical and one.oid not in kind.critical_known for one in found.values()):
        yield reasons.CRITICAL_EXTENSION_UNKNOWN
    basic = found.get(BASIC_CONSTRAINTS)
    if basic is not None and basic.value != _CA_FALSE:
        yield reasons.CERTIFICATE_IS_AUTHORITY
    usage = found.get(KEY_USAGE)
    if usage is None or not usage.critical or usage.value != kind.key_usage:
        yield reasons.KEY_USAGE_WRONG
    policy = found.get(CERTIFICATE_POLICIES)
    if (
        policy is None
        or facts.policies != (kind.policy,)
        or kind.policy_critical not in (None, policy.critical)
    ):
        yield reasons.POLICY_WRONG


def _validity(facts: CertificateFacts, at: datetime) -> Iterator[Reason]:
    if at < facts.not_before:
        yield reasons.NOT_YET_VALID
    elif at > facts.not_after:
        yield reasons.EXPIRED
