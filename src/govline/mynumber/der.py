"""DER (X.690) read by hand, strictly: what a general parser would normalise is compared here exactly as it stands.

Used beside `cryptography`, never instead of it: a certificate must pass both readers.
"""

from functools import lru_cache

from attrs import field, frozen

__all__ = [
    "DerError",
    "Extension",
    "Outline",
    "key_identifier",
    "other_names",
    "outline",
    "policy_oids",
    "utf8_string",
]

INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_ID = 0x06
UTF8_STRING = 0x0C
SEQUENCE = 0x30
_CONTEXT_0, _CONTEXT_3, _CONTEXT_0_PRIMITIVE = 0xA0, 0xA3, 0x80
_OID_OCTETS = 64  # no real one is longer, and the time to read one grows with the square of it
_TRUE = b"\x01\x01\xff"


class DerError(ValueError):
    """Not the DER that was expected; carries no content."""


@frozen
class Extension:
    """One extension of a certificate; `value` is what its OCTET STRING holds."""

    oid: str
    critical: bool
    value: bytes = field(repr=False)


@frozen
class Outline:
    """The fields of a certificate that are compared byte by byte. `body` is the signed part; `version` is 2 for X.509 v3, -1 for anything ill-formed."""

    body: bytes = field(repr=False)
    version: int
    serial: bytes = field(repr=False)
    inner_algorithm: bytes
    outer_algorithm: bytes
    issuer: bytes = field(repr=False)
    subject: bytes = field(repr=False)
    key_algorithm: bytes
    extensions: tuple[Extension, ...] = field(repr=False)


def outline(der: bytes) -> Outline:
    """Read version, serial number, algorithm identifiers, names and extensions of a certificate as they stand.

    Raises:
        DerError: It has not the shape of a certificate, or bytes stand behind it.
    """
    first, last = _whole(der, SEQUENCE)
    body, body_end = _read(der, first, SEQUENCE, last)
    _, outer_end = _read(der, body_end, SEQUENCE, last)
    signature, signature_end = _read(der, outer_end, BIT_STRING, last)
    if signature_end != last or der[signature : signature + 1] != b"\0":
        raise DerError("trailing bytes, or a signature that is not whole octets")
    version, after_version = _version(der, body, body_end)
    serial, serial_end = _read(der, after_version, INTEGER, body_end)
    _, inner_end = _read(der, serial_end, SEQUENCE, body_end)
    _, issuer_end = _read(der, inner_end, SEQUENCE, body_end)
    _, validity_end = _read(der, issuer_end, SEQUENCE, body_end)
    _, subject_end = _read(der, validity_end, SEQUENCE, body_end)
    key, key_end = _read(der, subject_end, SEQUENCE, body_end)
    _, key_algorithm_end = _read(der, key, SEQUENCE, key_end)
    return Outline(
        body=der[first:body_end],
        version=version,
        serial=der[serial:serial_end],
        inner_algorithm=der[serial_end:inner_end],
        outer_algorithm=der[body_end:outer_end],
        issuer=der[inner_end:issuer_end],
        subject=der[validity_end:subject_end],
        key_algorithm=der[key:key_algorithm_end],
        extensions=_extensions(der, key_end, body_end),
    )


def policy_oids(value: bytes) -> tuple[str, ...]:
    """The OIDs of a certificatePolicies value, in order; qualifiers are passed over.

    Raises:
        DerError: Another shape.
    """
    first, last = _whole(value, SEQUENCE)
    oids = []
    while first < last:
        oid, end = _read(value, first, SEQUENCE, last)
        oids.append(_object_id(value, oid, end)[0])
        first = end
    return tuple(oids)


def key_identifier(value: bytes) -> bytes | None:
    """The keyIdentifier of an authorityKeyIdentifier value, None where only issuer and serial stand.

    Raises:
        DerError: Another shape.
    """
    first, last = _whole(value, SEQUENCE)
    if first == last or value[first] != _CONTEXT_0_PRIMITIVE:
        return None
    start, end = _read(value, first, _CONTEXT_0_PRIMITIVE, last)
    return value[start:end]


def other_names(value: bytes) -> tuple[tuple[str, bytes], ...]:
    """(OID, DER of the value) of each otherName in a subjectAltName value; names of other kinds are passed over.

    Raises:
        DerError: Another shape.
    """
    first, last = _whole(value, SEQUENCE)
    names = []
    while first < last:
        tag = value[first]
        start, end = _read(value, first, tag, last)
        if tag == _CONTEXT_0:
            oid, after = _object_id(value, start, end)
            content, finish = _read(value, after, _CONTEXT_0, end)
            if finish != end:
                raise DerError("trailing bytes")
            names.append((oid, value[content:finish]))
        first = end
    return tuple(names)


def utf8_string(der: bytes) -> str:
    """The text of exactly one DER UTF8String.

    Raises:
        DerError: Another tag, trailing bytes, or no UTF-8.
    """
    first, last = _whole(der, UTF8_STRING)
    try:
        return der[first:last].decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise DerError("not UTF-8") from None


def _read(data: bytes, start: int, tag: int, end: int) -> tuple[int, int]:
    """Bounds of the content of the element at `start`: this tag, a minimal definite length, within `end`."""
    first = start + 2
    if first > end or data[start] != tag:
        raise DerError("another element")
    last = first + data[start + 1]
    if data[start + 1] >= 0x80:
        first, last = _long(data, start, end)
    if last > end:
        raise DerError("length")
    return first, last


def _long(data: bytes, start: int, end: int) -> tuple[int, int]:
    octets = data[start + 1] - 0x80
    first = start + 2 + octets
    if not 1 <= octets <= 4 or first > end:
        raise DerError("length")
    length = int.from_bytes(data[start + 2 : first])
    if length < (0x80 if octets == 1 else 1 << 8 * (octets - 1)):
        raise DerError("length")
    return first, first + length


def _whole(data: bytes, tag: int) -> tuple[int, int]:
    bounds = _read(data, 0, tag, len(data))
    if bounds[1] != len(data):
        raise DerError("trailing bytes")
    return bounds


def _version(der: bytes, start: int, end: int) -> tuple[int, int]:
    if start >= end or der[start] != _CONTEXT_0:
        return 0, start
    first, last = _read(der, start, _CONTEXT_0, end)
    content = der[first:last]
    return (content[2] if len(content) == 3 and content[:2] == b"\x02\x01" else -1), last


def _extensions(der: bytes, start: int, end: int) -> tuple[Extension, ...]:
    if start == end:
        return ()
    first, last = _read(der, start, _CONTEXT_3, end)
    position, finish = _read(der, first, SEQUENCE, last)
    if not finish == last == end:
        raise DerError("trailing bytes")
    found = []
    while position < finish:
        content, position = _read(der, position, SEQUENCE, finish)
        found.append(_extension(der, content, position))
    return tuple(found)


def _extension(der: bytes, start: int, end: int) -> Extension:
    oid, position = _object_id(der, start, end)
    critical = der[position : position + 1] == b"\x01"
    if critical:
        if der[position : position + 3] != _TRUE:
            raise DerError("a default is written, or no DER boolean")
        position += 3
    first, last = _read(der, position, OCTET_STRING, end)
    if last != end:
        raise DerError("trailing bytes")
    return Extension(oid, critical, der[first:last])


def _object_id(data: bytes, start: int, end: int) -> tuple[str, int]:
    first, last = _read(data, start, OBJECT_ID, end)
    return _dotted(data[first:last]), last


@lru_cache(maxsize=256)
def _dotted(content: bytes) -> str:
    if not content or content[-1] >= 0x80 or len(content) > _OID_OCTETS:
        raise DerError("object identifier")
    arcs, value, fresh = [], 0, True
    for octet in content:
        if fresh and octet == 0x80:
            raise DerError("object identifier")
        value, fresh = value << 7 | octet & 0x7F, octet < 0x80
        if fresh:
            arcs.append(value)
            value = 0
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))
