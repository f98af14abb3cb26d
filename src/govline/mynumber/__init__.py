"""公的個人認証 (JPKI), pure tier: verify a citizen's signature without a database and without a City.

`Verifier(JPKI, TrustAnchors.production(files), clock=…).verify_signature(…)` gives a `VerificationResult`: VALID, INVALID or
INDETERMINATE with reasons, and what was not checked. `cryptography` is loaded when `Verifier` or `TrustAnchors` is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from govline.mynumber.model import (
    Environment,
    Purpose,
    Revocation,
    RevocationStatus,
    SignatureForm,
    Verdict,
    VerificationResult,
)
from govline.mynumber.profile import JPKI, JPKI_TEST_CARD, CertificateProfile, Profile
from govline.mynumber.revocation import (
    Good,
    RevocationAnswer,
    RevocationProvider,
    RevocationQuery,
    Revoked,
    Unavailable,
)

if TYPE_CHECKING:
    from govline.mynumber.anchors import TrustAnchors
    from govline.mynumber.holder import BirthDate, Gender, Holder
    from govline.mynumber.signatures import signature_fits
    from govline.mynumber.verifier import Verifier

__all__ = [
    "JPKI",
    "JPKI_TEST_CARD",
    "BirthDate",
    "CertificateProfile",
    "Environment",
    "Gender",
    "Good",
    "Holder",
    "Profile",
    "Purpose",
    "Revocation",
    "RevocationAnswer",
    "RevocationProvider",
    "RevocationQuery",
    "RevocationStatus",
    "Revoked",
    "SignatureForm",
    "TrustAnchors",
    "Unavailable",
    "Verdict",
    "VerificationResult",
    "Verifier",
    "signature_fits",
]

_LAZY: Final = {
    "BirthDate": "holder",
    "Gender": "holder",
    "Holder": "holder",
    "TrustAnchors": "anchors",
    "Verifier": "verifier",
    "signature_fits": "signatures",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)


def __dir__() -> list[str]:
    return __all__
