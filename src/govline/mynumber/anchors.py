"""Trust anchors: CA certificates pinned by SHA-256, by purpose; J-LIS's and test hierarchies never in one store.

All generations of a CA carry one name, so the issuer is the anchor whose key verifies the signature, never a name alone.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Self

from attrs import field, frozen
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from govline.core.custody import Expiry
from govline.core.jst import to_jst
from govline.core.values import frozen_tuple
from govline.errors import ConfigError
from govline.mynumber.der import DerError, outline
from govline.mynumber.model import Environment, Purpose

__all__ = ["PINNED", "Anchor", "TrustAnchors"]

PINNED: Final = {
    bytes.fromhex(fingerprint): purpose
    for purpose, fingerprints in {
        Purpose.APPLICATION: (
            "19645405a1fe14377434bd55957628ac4038557c542403a2243f21c706fc9355",
            "79679c33e4cc9319440f1ad120a597ff1844e2ef217063adb176966fd5e6fbeb",
            "d227f6cde11d35c5252178f106f843d24651944975413b539fa2fb68dbfa365f",
        ),
        Purpose.LOGIN: (
            "4dcfc4ca0aaf9fb2a3081b3f0c991c320b3acc008667a341eeaec5af1d58ca7d",
            "64114f29620c24ed2631d46476a040e7ee740d956089c00b036a6a8118c322b5",
        ),
    }.items()
    for fingerprint in fingerprints
}
"""SHA-256 of the DER of J-LIS's CA certificates (jpki.go.jp/ca/pdf; fact sheet §1.1): signca01-03, authca01, authca03.

authca02 (2019-2029) is absent: its fingerprint is not confirmed, so logins with its certificates end in GL-6111.
"""

_PEM: Final = b"-----BEGIN CERTIFICATE-----"
_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()
_KEY_BITS: Final = 2048
_NOTICE: Final = timedelta(weeks=26)


@frozen
class Anchor:
    """One pinned CA certificate."""

    purpose: Purpose
    der: bytes = field(repr=False)
    fingerprint: bytes = field(repr=lambda value: value.hex())
    name: bytes = field(repr=False)
    key_id: bytes | None = field(repr=False)
    not_before: datetime
    not_after: datetime
    key: rsa.RSAPublicKey = field(repr=False, eq=False)

    @classmethod
    def read(cls, certificate: bytes, purpose: Purpose) -> Self:
        """Read one CA certificate, DER or a single PEM block.

        Raises:
            ConfigError: GL-6011; unreadable, no CA, or no RSA key of 2048 bits or more.
        """
        if not isinstance(certificate, bytes):  # a caller's slip: a path, one file instead of a list of files
            raise _unfit("a CA certificate is bytes, each of a list of files")
        try:
            return cls._read(certificate, purpose)
        except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, DerError):
            raise _unfit("not a readable CA certificate") from None

    @classmethod
    def _read(cls, certificate: bytes, purpose: Purpose) -> Self:
        parsed = _load(certificate)
        der, key, extensions = parsed.public_bytes(Encoding.DER), parsed.public_key(), parsed.extensions
        basic = extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        if not basic.ca or not usage.key_cert_sign:
            raise _unfit("a certificate that may not sign certificates")
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _KEY_BITS:
            raise _unfit("a CA whose key is not RSA of 2048 bits or more")
        return cls(
            purpose=purpose,
            der=der,
            fingerprint=hashlib.sha256(der).digest(),
            name=outline(der).subject,
            key_id=_key_id(extensions),
            not_before=parsed.not_valid_before_utc,
            not_after=parsed.not_valid_after_utc,
            key=key,
        )

    def signed(self, signature: bytes, body: bytes) -> bool:
        """Whether this CA's key made the signature (sha256WithRSAEncryption)."""
        try:
            self.key.verify(signature, body, _PKCS1, _SHA256)
        except InvalidSignature:
            return False
        return True


@frozen
class TrustAnchors:
    """The CAs that are believed. Made by `production` or `testing`; the environment stands in every result.

    Raises:
        ConfigError: GL-6010; a CA that is not J-LIS's among production, or one of J-LIS's among test anchors.
    """

    environment: Environment
    anchors: Sequence[Anchor] = field(converter=frozen_tuple)

    def __attrs_post_init__(self) -> None:
        if not self.anchors:
            raise ConfigError("no trust anchors", code="GL-6010", hint="hand over the CA certificates")
        for anchor in self.anchors:
            pinned = PINNED.get(anchor.fingerprint)
            if pinned is not (anchor.purpose if self.environment is Environment.PRODUCTION else None):
                raise _foreign(anchor.fingerprint, self.environment)

    def expiries(self) -> list[Expiry]:
        """The last whole day (in Japan) of each CA certificate, for a feature's `Offers.expiries`; told half a year ahead.

        Cards of a new generation of the CA are refused until its certificate is handed over as well.
        """
        return [
            Expiry(
                f"公的個人認証の認証局の証明書({anchor.purpose.value}, {anchor.fingerprint.hex()[:8]})",
                to_jst(anchor.not_after + timedelta(seconds=1)).date() - timedelta(days=1),
                "J-LIS が公開する次の世代の証明書を加える",
                _NOTICE,
            )
            for anchor in self.anchors
        ]

    @classmethod
    def production(cls, certificates: Iterable[bytes]) -> Self:
        """J-LIS's own CAs; the fingerprint decides which CA a file is, so order and file names do not matter.

        Args:
            certificates: DER or PEM of the files of jpki.go.jp/ca/pdf; the library ships none.

        Raises:
            ConfigError: GL-6010 for any certificate that is not pinned, GL-6011 for an unreadable one.
        """
        return cls(Environment.PRODUCTION, [_pinned(one) for one in certificates])

    @classmethod
    def testing(cls, *, application: Iterable[bytes] = (), login: Iterable[bytes] = ()) -> Self:
        """A test hierarchy: generated by `govline.testing.pki`, or the roots of J-LIS's test cards.

        Args:
            application: CA certificates that issue signing certificates, DER or PEM.
            login: CA certificates that issue authentication certificates.

        Raises:
            ConfigError: GL-6010 when one of J-LIS's production CAs is among them, GL-6011 for an unreadable one.
        """
        anchors = [Anchor.read(one, Purpose.APPLICATION) for one in application]
        anchors += [Anchor.read(one, Purpose.LOGIN) for one in login]
        return cls(Environment.TEST, anchors)

    def issuer(
        self, purpose: Purpose, name: bytes, key_id: bytes | None, signature: bytes, body: bytes
    ) -> Anchor | None:
        """The anchor of this purpose and name whose key made the signature; the key identifier only says where to begin.

        Args:
            purpose: Which of the two CAs.
            name: DER of the issuer's name in the certificate.
            key_id: Its authority key identifier, if it has one.
            signature: The CA's signature.
            body: The signed part, as it stands.
        """
        named = [one for one in self.anchors if one.purpose is purpose and one.name == name]
        if len(named) > 1:
            named.sort(key=lambda one: one.key_id != key_id)
        return next((one for one in named if one.signed(signature, body)), None)


def _load(certificate: bytes) -> x509.Certificate:
    if certificate.lstrip().startswith(_PEM):
        return x509.load_pem_x509_certificate(certificate)
    return x509.load_der_x509_certificate(certificate)


def _pinned(certificate: bytes) -> Anchor:
    read = Anchor.read(certificate, Purpose.APPLICATION)
    purpose = PINNED.get(read.fingerprint)
    if purpose is None:
        raise _foreign(read.fingerprint, Environment.PRODUCTION)
    return Anchor.read(certificate, purpose)


def _key_id(extensions: x509.Extensions) -> bytes | None:
    try:
        return extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def _foreign(fingerprint: bytes, environment: Environment) -> ConfigError:
    return ConfigError(
        "a CA certificate that does not belong into this store",
        code="GL-6010",
        hint="production takes J-LIS's CAs only, testing takes none of them",
        place={"sha256": fingerprint.hex(), "store": environment.value},
    )


def _unfit(what: str) -> ConfigError:
    return ConfigError(what, code="GL-6011", hint="hand over the CA's certificate in DER or PEM")
