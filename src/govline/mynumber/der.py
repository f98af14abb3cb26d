"""The little of DER (X.690) that is read by hand: where the parser would normalise what must be compared exactly."""

from attrs import field, frozen

__all__ = ["DerError", "Outline", "outline", "read_element", "utf8_string"]

SEQUENCE = 0x30
INTEGER = 0x02
UTF8_STRING = 0x0C
BIT_STRING = 0x03
_VERSION = 0xA0


class DerError(ValueError):
    """Not the DER that was expected; carries no content."""


@frozen
class Outline:
    """The fields of a certificate that are compared byte by byte. `version` is 2 for X.509 v3, -1 for anything ill-formed."""

    version: int
    serial: bytes = field(repr=False)
    inner_algorithm: bytes
    outer_algorithm: bytes
    key_algorithm: bytes
    issuer: bytes = field(repr=False)
    subject: bytes = field(repr=False)


def read_element(data: bytes, start: int, tag: int, end: int) -> tuple[int, int]:
    """Bounds of the content of the element at `start`, which must have `tag` and a minimal definite length within `end`.

    Raises:
        DerError: Another tag, an indefinite or padded length, or an element that reaches beyond `end`.
    """
    if start + 2 > end or data[start] != tag:
        raise DerError("another element")
    length, first = data[start + 1], start + 2
    if length >= 0x80:
        octets = length - 0x80
        if not 1 <= octets <= 4 or first + octets > end:
            raise DerError("length")
        length = int.from_bytes(data[first : first + octets])
        if length < (0x80 if octets == 1 else 1 << 8 * (octets - 1)):
            raise DerError("length")
        first += octets
    if first + length > end:
        raise DerError("length")
    return first, first + length


def outline(der: bytes) -> Outline:
    """Read version, serial number and the three algorithm identifiers of a certificate as they stand.

    Raises:
        DerError: It has not the outer shape of a certificate, or bytes stand behind it.
    """
    first, last = read_element(der, 0, SEQUENCE, len(der))
    if last != len(der):
        raise DerError("trailing bytes")
    body, body_end = read_element(der, first, SEQUENCE, last)
    _, outer_end = read_element(der, body_end, SEQUENCE, last)
    _, signature_end = read_element(der, outer_end, BIT_STRING, last)
    if signature_end != last:
        raise DerError("trailing bytes")
    version, after_version = _version(der, body, body_end)
    serial, serial_end = read_element(der, after_version, INTEGER, body_end)
    _, inner_end = read_element(der, serial_end, SEQUENCE, body_end)
    _, issuer_end = read_element(der, inner_end, SEQUENCE, body_end)
    _, validity_end = read_element(der, issuer_end, SEQUENCE, body_end)
    _, subject_end = read_element(der, validity_end, SEQUENCE, body_end)
    key, key_end = read_element(der, subject_end, SEQUENCE, body_end)
    _, key_algorithm_end = read_element(der, key, SEQUENCE, key_end)
    return Outline(
        version=version,
        serial=der[serial:serial_end],
        inner_algorithm=der[serial_end:inner_end],
        outer_algorithm=der[body_end:outer_end],
        key_algorithm=der[key:key_algorithm_end],
        issuer=der[inner_end:issuer_end],
        subject=der[validity_end:subject_end],
    )


def _version(der: bytes, start: int, end: int) -> tuple[int, int]:
    if start >= end or der[start] != _VERSION:
        return 0, start
    first, last = read_element(der, start, _VERSION, end)
    content = der[first:last]
    return (content[2] if len(content) == 3 and content[:2] == b"\x02\x01" else -1), last


def utf8_string(der: bytes) -> str:
    """The text of exactly one DER UTF8String.

    Raises:
        DerError: Another tag, trailing bytes, or no UTF-8.
    """
    first, last = read_element(der, 0, UTF8_STRING, len(der))
    if last != len(der):
        raise DerError("trailing bytes")
    try:
        return der[first:last].decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise DerError("not UTF-8") from None
