"""One signature against one key, in one named form: nothing about certificates."""

import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from govline.errors import VerificationError
from govline.mynumber.model import SignatureForm

__all__ = ["signature_fits", "verify_with"]

_SHA256: Final = hashes.SHA256()
_PKCS1: Final = padding.PKCS1v15()
_PSS: Final = padding.PSS(padding.MGF1(_SHA256), salt_length=32)


def verify_with(key: rsa.RSAPublicKey, document: bytes, signature: bytes, form: SignatureForm) -> bool:
    """Whether the signature fits document and key in exactly this form."""
    try:
        match form:
            case SignatureForm.PKCS1_SHA256:
                key.verify(signature, document, _PKCS1, _SHA256)
            case SignatureForm.PKCS1_BARE_SHA256:
                return key.recover_data_from_signature(signature, _PKCS1, None) == _sha256(document)
            case SignatureForm.PSS_SHA256:
                key.verify(signature, document, _PSS, _SHA256)
    except InvalidSignature:
        return False
    return True


def _sha256(document: bytes) -> bytes:
    return hashlib.sha256(document).digest()


def signature_fits(public_key: bytes, document: bytes, signature: bytes, form: SignatureForm) -> bool:
    """The signature alone, for a key that the caller trusts by other means.

    Args:
        public_key: DER of the SubjectPublicKeyInfo.
        document: The bytes that were signed.
        signature: As the card gave it.
        form: How it was made; never guessed.

    Raises:
        VerificationError: The key is no readable RSA key.
    """
    try:
        key = serialization.load_der_public_key(public_key)
    except (ValueError, UnsupportedAlgorithm):
        raise VerificationError("not a readable public key", hint="DER SubjectPublicKeyInfo") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise VerificationError("not an RSA key")
    return verify_with(key, document, signature, form)
