"""Why a verification did not end in VALID: one code a finding, with a sentence that may be shown to the citizen."""

from typing import Final

from govline.core.values import Reason

__all__ = [
    "AUTHORITY_NOT_IN_FORCE",
    "CERTIFICATE_IS_AUTHORITY",
    "CRITICAL_EXTENSION_UNKNOWN",
    "EXPIRED",
    "EXTENSION_DUPLICATED",
    "ISSUER_UNKNOWN",
    "KEY_REFUSED",
    "KEY_USAGE_WRONG",
    "NOT_YET_VALID",
    "POLICY_WRONG",
    "REVOCATION_NOT_CHECKED",
    "REVOCATION_STALE",
    "REVOCATION_UNAVAILABLE",
    "REVOKED",
    "SERIAL_WRONG",
    "SIGNATURE_ALGORITHM_REFUSED",
    "SIGNATURE_WRONG",
    "UNREADABLE",
    "VERSION_WRONG",
    "WRONG_KIND",
]

_BROKEN: Final = "電子証明書の形式が正しくないため、確認できませんでした。"
_UNTRUSTED: Final = "公的個人認証サービスの電子証明書であることを確認できませんでした。"
_LATER: Final = "電子証明書の有効性をただいま確認できません。しばらくしてから、もう一度お試しください。"

UNREADABLE: Final = Reason("GL-6101", _BROKEN)
"""Too large, no DER, trailing bytes, or a field that cannot be parsed."""
VERSION_WRONG: Final = Reason("GL-6102", _BROKEN)
"""Not an X.509 version 3 certificate."""
SERIAL_WRONG: Final = Reason("GL-6103", _BROKEN)
"""Serial number zero, negative, longer than 20 octets or not in minimal DER."""
SIGNATURE_ALGORITHM_REFUSED: Final = Reason("GL-6104", _BROKEN)
"""The CA's signature algorithm is not of the profile, its parameters are wrong, or inner and outer differ."""
KEY_REFUSED: Final = Reason("GL-6105", _BROKEN)
"""The holder's key is of another kind, too short, or has another exponent than the profile asks for."""
EXTENSION_DUPLICATED: Final = Reason("GL-6106", _BROKEN)
"""One extension stands twice."""
CRITICAL_EXTENSION_UNKNOWN: Final = Reason("GL-6107", _BROKEN)
"""A critical extension that this profile does not process (RFC 5280 §4.2)."""
CERTIFICATE_IS_AUTHORITY: Final = Reason("GL-6108", _BROKEN)
"""basicConstraints says anything but a plain cA=FALSE: no person's certificate."""
KEY_USAGE_WRONG: Final = Reason("GL-6109", _BROKEN)
"""keyUsage is missing, not critical, or not exactly that of the kind of certificate."""
POLICY_WRONG: Final = Reason("GL-6110", _BROKEN)
"""certificatePolicies is missing, not critical where it must be, or not exactly the one policy of the kind."""
ISSUER_UNKNOWN: Final = Reason("GL-6111", _UNTRUSTED)
"""No pinned CA of this purpose signed it, or its issuer name is another."""
WRONG_KIND: Final = Reason(
    "GL-6112",
    "電子証明書の種類が違います。申請には署名用、ログインには利用者証明用の電子証明書をお使いください。",
)
"""Signed by the pinned CA of the other purpose: a signing certificate on a login, or the reverse."""
AUTHORITY_NOT_IN_FORCE: Final = Reason("GL-6113", _UNTRUSTED)
"""The CA certificate had not begun or was past its end at the instant of validation."""
NOT_YET_VALID: Final = Reason("GL-6114", "電子証明書の有効期間がまだ始まっていません。")
EXPIRED: Final = Reason("GL-6115", "電子証明書の有効期間が過ぎています。市区町村の窓口で更新してください。")
SIGNATURE_WRONG: Final = Reason("GL-6201", "電子署名が文書と一致しません。もう一度署名してください。")
"""The signature does not fit document, key and the named form."""
REVOKED: Final = Reason("GL-6301", "この電子証明書は現在ご利用になれません。市区町村の窓口でご確認ください。")
"""Revoked; why stays hidden (death, move, loss)."""
REVOCATION_NOT_CHECKED: Final = Reason("GL-6302", "電子証明書が失効していないことを確認していません。")
"""The verifier was made without a revocation provider."""
REVOCATION_UNAVAILABLE: Final = Reason("GL-6303", _LATER)
"""The revocation provider gave no usable answer."""
REVOCATION_STALE: Final = Reason("GL-6304", _LATER)
"""The provider's "good" is older than allowed, from the future, or made after the certificate's end."""
