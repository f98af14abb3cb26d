"""A JPKI-shaped test PKI: CAs of several generations under one name, people's certificates, and every bad shape of them.

`authority(Purpose.APPLICATION)` is a CA; `.issue()` a well-formed certificate with its key; `.draft()` gives the parts to change
first: `ca.issue(ca.draft().without(KEY_USAGE))`. Time is fixed by arguments, keys are made once per process and label. Nothing
here is a secret, nothing names a real person, and no certificate chains to J-LIS.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Self

from attrs import evolve, field, frozen
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from govline.mynumber import Purpose, SignatureForm
from govline.testing import pki_der as der

__all__ = [
    "AUTHORITY_KEY",
    "BASIC_CONSTRAINTS",
    "CRL_POINTS",
    "HOLDER",
    "KEY_USAGE",
    "NOT_AFTER",
    "NOT_BEFORE",
    "POLICIES",
    "SHA1_WITH_RSA",
    "SHA256_WITH_RSA",
    "SUBJECT_KEY",
    "SUBJECT_NAMES",
    "Authority",
    "Draft",
    "Extension",
    "Leaf",
    "authority",
    "key_usage",
    "other_names",
    "policies",
    "rsa_key",
]

KEY_USAGE: Final = "2.5.29.15"
SUBJECT_NAMES: Final = "2.5.29.17"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_POINTS: Final = "2.5.29.31"
POLICIES: Final = "2.5.29.32"
SUBJECT_KEY: Final = "2.5.29.14"
AUTHORITY_KEY: Final = "2.5.29.35"

NOT_BEFORE: Final = datetime(2025, 4, 1, 3, 4, 5, tzinfo=UTC)
NOT_AFTER: Final = datetime(2030, 5, 5, 14, 59, 59, tzinfo=UTC)

SHA256_WITH_RSA: Final = bytes.fromhex("300d06092a864886f70d01010b0500")
SHA1_WITH_RSA: Final = bytes.fromhex("300d06092a864886f70d0101050500")

_ADDRESS: Final = (
    "日向県ひなた市中央一丁目２番地３　ひなた市役所前集合住宅東棟１０１号室(見本のための長い住所)"
)
_ARC: Final = "1.2.392.200149.8.5.5"
HOLDER: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        f"{_ARC}.1": der.utf8("日向　ひなた"),
        f"{_ARC}.4": der.utf8("319800217"),
        f"{_ARC}.3": der.utf8("2"),
        f"{_ARC}.5": der.utf8(_ADDRESS),
        f"{_ARC}.2": der.utf8("000001"),
        f"{_ARC}.6": der.utf8("0" * len(_ADDRESS)),
    }
)
"""The four attributes of an invented person, in the card's order; OID to DER of the value."""

_POLICY: Final = {
    Purpose.APPLICATION: "1.2.392.200149.8.5.1.1.20",
    Purpose.LOGIN: "1.2.392.200149.8.5.1.3.30",
}
_UNIT: Final = {
    Purpose.APPLICATION: "JPKI for digital signature",
    Purpose.LOGIN: "JPKI for user authentication",
}
_CPS: Final = "http://www.jpki.go.jp/cps.html"


@lru_cache(maxsize=64)
def rsa_key(label: str, bits: int = 2048, exponent: int = 65537) -> rsa.RSAPrivateKey:
    """A key for tests; one a label and process."""
    del label
    return rsa.generate_private_key(exponent, bits)


@frozen
class Extension:
    """One extension: `value` is the DER inside the OCTET STRING."""

    oid: str
    value: bytes
    critical: bool = False

    def der(self) -> bytes:
        """DER of the extension."""
        flag = der.boolean(value=True) if self.critical else b""
        return der.sequence(der.object_id(self.oid), flag, der.octets(self.value))


def key_usage(*bits: int, critical: bool = True) -> Extension:
    """Bits by number: 0 digitalSignature, 1 nonRepudiation, 5 keyCertSign, 6 cRLSign."""
    octet = sum(0x80 >> bit for bit in bits)
    return Extension(KEY_USAGE, der.bit_string(bytes([octet]), 7 - max(bits)), critical)


def policies(*oids: str, critical: bool = True) -> Extension:
    """certificatePolicies, each with the CPS qualifier that J-LIS writes."""
    qualifier = der.sequence(
        der.sequence(der.object_id("1.3.6.1.5.5.7.2.1"), der.element(0x16, _CPS.encode("ascii")))
    )
    value = der.sequence(*(der.sequence(der.object_id(oid), qualifier) for oid in oids))
    return Extension(POLICIES, value, critical)


def other_names(
    values: Sequence[tuple[str, bytes]] | Mapping[str, bytes], *, critical: bool = False
) -> Extension:
    """subjectAltName of otherName values, (OID, DER of the value) in the order given."""
    pairs = values.items() if isinstance(values, Mapping) else values
    names = (der.context(0, der.object_id(oid) + der.context(0, value)) for oid, value in pairs)
    return Extension(SUBJECT_NAMES, der.sequence(*names), critical)


@frozen
class Draft:
    """Everything that is written into a certificate; change it with `attrs.evolve` and the methods here.

    Args:
        version: Encoded number: 2 is v3; 0 writes none (v1).
        serial: DER of the INTEGER, tag and length included.
        inner_algorithm: AlgorithmIdentifier inside the signed part.
        outer_algorithm: The same beside the signature.
        issuer, subject: DER of the names.
        not_before, not_after: Aware, UTC, whole seconds.
        public_key: DER of the SubjectPublicKeyInfo.
        extensions: In order, duplicates allowed.
    """

    version: int
    serial: bytes
    inner_algorithm: bytes
    outer_algorithm: bytes
    issuer: bytes
    not_before: datetime
    not_after: datetime
    subject: bytes
    public_key: bytes
    extensions: tuple[Extension, ...]

    def without(self, oid: str) -> Self:
        """The same without the extension."""
        return evolve(self, extensions=tuple(one for one in self.extensions if one.oid != oid))

    def adding(self, *extensions: Extension) -> Self:
        """The same with more extensions, whether they stand already or not."""
        return evolve(self, extensions=self.extensions + extensions)

    def replacing(self, extension: Extension) -> Self:
        """The same with this extension in place of the one with its OID."""
        return self.without(extension.oid).adding(extension)

    def body(self) -> bytes:
        """The part that is signed (TBSCertificate)."""
        return der.sequence(
            der.context(0, der.integer(self.version)) if self.version else b"",
            self.serial,
            self.inner_algorithm,
            self.issuer,
            der.sequence(der.time(self.not_before), der.time(self.not_after)),
            self.subject,
            self.public_key,
            der.context(3, der.sequence(*(one.der() for one in self.extensions))) if self.extensions else b"",
        )

    def signed_by(self, key: rsa.RSAPrivateKey) -> bytes:
        """DER of the certificate."""
        digest = hashes.SHA1() if self.outer_algorithm == SHA1_WITH_RSA else hashes.SHA256()  # noqa: S303 - a certificate that must be refused
        body = self.body()
        signature = key.sign(body, padding.PKCS1v15(), digest)
        return der.sequence(body, self.outer_algorithm, der.bit_string(signature))


@frozen
class Leaf:
    """A person's certificate and, as if it were the card, the key."""

    certificate: bytes
    key: rsa.RSAPrivateKey = field(repr=False, eq=False)

    def sign(self, document: bytes, form: SignatureForm = SignatureForm.PKCS1_SHA256) -> bytes:
        """Sign as a card does in this form."""
        match form:
            case SignatureForm.PKCS1_SHA256:
                return self.key.sign(document, padding.PKCS1v15(), hashes.SHA256())
            case SignatureForm.PKCS1_BARE_SHA256:
                return self.key.sign(
                    hashlib.sha256(document).digest(), padding.PKCS1v15(), utils.NoDigestInfo()
                )
            case SignatureForm.PSS_SHA256:
                pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
                return self.key.sign(document, pss, hashes.SHA256())


@frozen
class Authority:
    """A test CA: one generation of one purpose."""

    purpose: Purpose
    name: bytes = field(repr=False)
    key: rsa.RSAPrivateKey = field(repr=False, eq=False)
    certificate: bytes = field(repr=False)

    def draft(
        self,
        *,
        serial: int = 0x1234567,
        key: rsa.RSAPrivateKey | None = None,
        holder: Mapping[str, bytes] = HOLDER,
        not_before: datetime = NOT_BEFORE,
        not_after: datetime = NOT_AFTER,
    ) -> Draft:
        """The parts of a well-formed certificate of this CA's kind."""
        public = public_key(key or rsa_key("leaf"))
        return Draft(
            version=2,
            serial=der.integer(serial),
            inner_algorithm=SHA256_WITH_RSA,
            outer_algorithm=SHA256_WITH_RSA,
            issuer=self.name,
            not_before=not_before,
            not_after=not_after,
            subject=_subject(self.purpose),
            public_key=public,
            extensions=self._extensions(public, holder),
        )

    def _extensions(self, public: bytes, holder: Mapping[str, bytes]) -> tuple[Extension, ...]:
        signing = self.purpose is Purpose.APPLICATION
        identifiers = (
            Extension(CRL_POINTS, _crl_point(self.purpose)),
            Extension(AUTHORITY_KEY, der.sequence(der.element(0x80, _key_id(public_key(self.key))))),
            Extension(SUBJECT_KEY, der.octets(_key_id(public))),
        )
        return (
            key_usage(*((0, 1) if signing else (0,))),
            policies(_POLICY[self.purpose]),
            *((other_names(holder),) if signing else ()),
            *identifiers,
        )

    def issue(self, draft: Draft | None = None, *, key: rsa.RSAPrivateKey | None = None) -> Leaf:
        """Sign a draft (the well-formed one where omitted); `key` is the holder's."""
        holder_key = key or rsa_key("leaf")
        return Leaf((draft or self.draft(key=holder_key)).signed_by(self.key), holder_key)


def authority(
    purpose: Purpose,
    generation: int = 3,
    *,
    not_before: datetime = datetime(2023, 7, 16, 0, 50, 27, tzinfo=UTC),
    not_after: datetime = datetime(2033, 7, 15, 14, 59, 59, tzinfo=UTC),
    organization: str = "JPKI",
) -> Authority:
    """A self-signed CA in J-LIS's shape; all generations of a purpose carry one name and have a key each.

    Args:
        purpose: Signing or authentication CA.
        generation: Its key; any number.
        not_before, not_after: Validity.
        organization: `JPKI`, or `JPKI-TEST` as on test cards.
    """
    key = rsa_key(f"ca-{organization}-{purpose.value}-{generation}")
    name = _names("JP", organization, _UNIT[purpose], "Japan Agency for Local Authority Information Systems")
    public = public_key(key)
    draft = Draft(
        version=2,
        serial=der.integer(generation),
        inner_algorithm=SHA256_WITH_RSA,
        outer_algorithm=SHA256_WITH_RSA,
        issuer=name,
        not_before=not_before,
        not_after=not_after,
        subject=name,
        public_key=public,
        extensions=(
            key_usage(5, 6),
            Extension(BASIC_CONSTRAINTS, der.sequence(der.boolean(value=True)), critical=True),
            Extension(SUBJECT_KEY, der.octets(_key_id(public))),
        ),
    )
    return Authority(purpose, name, key, draft.signed_by(key))


def public_key(key: rsa.RSAPrivateKey) -> bytes:
    """DER of the SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _names(country: str, organization: str, *units: str) -> bytes:
    return der.relative_names(
        ("2.5.4.6", country), ("2.5.4.10", organization), *(("2.5.4.11", unit) for unit in units)
    )


def _subject(purpose: Purpose) -> bytes:
    if purpose is Purpose.LOGIN:
        return der.relative_names(("2.5.4.6", "JP"), ("2.5.4.3", "000000E9AGCIEG99999999A"))
    number = (NOT_BEFORE + timedelta(hours=9)).strftime("%Y%m%d%H%M%S") + "00001" + "999999999"
    return der.relative_names(
        ("2.5.4.6", "JP"), ("2.5.4.7", "Hinata-ken"), ("2.5.4.7", "Hinata-shi"), ("2.5.4.3", number)
    )


def _crl_point(purpose: Purpose) -> bytes:
    name = der.relative_names(
        ("2.5.4.6", "JP"),
        ("2.5.4.10", "JPKI"),
        ("2.5.4.11", _UNIT[purpose]),
        ("2.5.4.11", "CRL Distribution Points"),
        ("2.5.4.11", "Hinata-ken"),
        ("2.5.4.3", "Hinata-shi CRLDP"),
    )
    return der.sequence(der.sequence(der.context(0, der.context(0, der.context(4, name)))))


def _key_id(public: bytes) -> bytes:
    return hashlib.sha1(public, usedforsecurity=False).digest()
