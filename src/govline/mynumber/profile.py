"""Certificate profiles as data: what each generation and kind of JPKI certificate must look like.

Source: fact sheet §1.1-§1.3, read off the J-LIS CA certificates, test-card contents and public code. The J-LIS profile
specification 3.2 itself was not at hand: where it is silent here, `VerificationResult.not_checked` says so.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from govline.core.values import frozen_set
from govline.mynumber.model import Environment, Purpose

__all__ = ["JPKI", "JPKI_TEST_CARD", "CertificateProfile", "Profile"]

KEY_USAGE: Final = "2.5.29.15"
SUBJECT_ALTERNATIVE_NAME: Final = "2.5.29.17"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CERTIFICATE_POLICIES: Final = "2.5.29.32"

_SHA256_WITH_RSA: Final = bytes.fromhex("300d06092a864886f70d01010b0500")
_RSA_KEY: Final = bytes.fromhex("300d06092a864886f70d0101010500")


@frozen
class CertificateProfile:
    """One kind of end-entity certificate.

    Args:
        key_usage: DER of the keyUsage value; the extension is critical and exactly this.
        policy: The one policy that certificatePolicies names.
        policy_critical: True where certificatePolicies must be critical; None where either is taken.
        critical_known: OIDs of the extensions that may be critical because these rules process them.
    """

    key_usage: bytes
    policy: str
    policy_critical: bool | None
    critical_known: frozenset[str] = field(converter=frozen_set)


def _read_only(kinds: Mapping[Purpose, CertificateProfile]) -> Mapping[Purpose, CertificateProfile]:
    return MappingProxyType(dict(kinds))


@frozen
class Profile:
    """One generation of a PKI, all kinds.

    Args:
        name: As results name it.
        environment: TEST profiles are refused on production anchors.
        signature_algorithm: DER of the AlgorithmIdentifier, inside and outside of the signed part.
        key_algorithm: DER of the AlgorithmIdentifier of the holder's key.
        key_bits: Least length of the modulus.
        key_exponent: The one public exponent.
        kinds: By purpose.
        size_limit: Largest certificate in bytes.
    """

    name: str
    environment: Environment
    signature_algorithm: bytes
    key_algorithm: bytes
    key_bits: int
    key_exponent: int
    kinds: Mapping[Purpose, CertificateProfile] = field(converter=_read_only, hash=False)
    size_limit: int = 64 * 1024


_PROCESSED: Final = (KEY_USAGE, BASIC_CONSTRAINTS, CERTIFICATE_POLICIES)
_SIGN_AND_COMMIT: Final = bytes.fromhex("030206c0")
_SIGN_ONLY: Final = bytes.fromhex("03020780")

JPKI: Final = Profile(
    name="JPKI RSA-2048",
    environment=Environment.PRODUCTION,
    signature_algorithm=_SHA256_WITH_RSA,
    key_algorithm=_RSA_KEY,
    key_bits=2048,
    key_exponent=65537,
    kinds={
        Purpose.APPLICATION: CertificateProfile(
            _SIGN_AND_COMMIT, "1.2.392.200149.8.5.1.1.20", policy_critical=True, critical_known=_PROCESSED
        ),
        Purpose.LOGIN: CertificateProfile(
            _SIGN_ONLY, "1.2.392.200149.8.5.1.3.30", policy_critical=None, critical_known=_PROCESSED
        ),
    },
)
"""Cards of the present generation: signing (署名用) and authentication (利用者証明用) certificates."""

JPKI_TEST_CARD: Final = Profile(
    name="JPKI test card",
    environment=Environment.TEST,
    signature_algorithm=_SHA256_WITH_RSA,
    key_algorithm=_RSA_KEY,
    key_bits=2048,
    key_exponent=65537,
    kinds={
        Purpose.APPLICATION: CertificateProfile(
            _SIGN_AND_COMMIT, "1.2.392.200149.8.5.1.0.20", policy_critical=True, critical_known=_PROCESSED
        ),
    },
)
"""J-LIS test cards; only their signing certificate's policy is known. Never usable with production anchors."""
