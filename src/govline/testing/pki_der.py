"""Writes DER for the test PKI by hand, because a builder refuses exactly the bad shapes that tests need."""

from datetime import datetime

__all__ = [
    "bit_string",
    "boolean",
    "context",
    "element",
    "integer",
    "object_id",
    "octets",
    "printable",
    "relative_names",
    "sequence",
    "set_of",
    "time",
    "utf8",
]

NULL = b"\x05\x00"
_COUNTRY = "2.5.4.6"


def element(tag: int, content: bytes) -> bytes:
    """Tag, minimal definite length, content."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets_needed = (size.bit_length() + 7) // 8
    return bytes([tag, 0x80 | octets_needed]) + size.to_bytes(octets_needed) + content


def sequence(*items: bytes) -> bytes:
    return element(0x30, b"".join(items))


def set_of(*items: bytes) -> bytes:
    return element(0x31, b"".join(sorted(items)))


def integer(value: int) -> bytes:
    return element(0x02, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def boolean(value: bool) -> bytes:
    return element(0x01, b"\xff" if value else b"\x00")


def octets(content: bytes) -> bytes:
    return element(0x04, content)


def bit_string(content: bytes, unused: int = 0) -> bytes:
    return element(0x03, bytes([unused]) + content)


def utf8(text: str) -> bytes:
    return element(0x0C, text.encode())


def printable(text: str) -> bytes:
    return element(0x13, text.encode("ascii"))


def context(number: int, content: bytes) -> bytes:
    """[number] EXPLICIT, or constructed IMPLICIT."""
    return element(0xA0 | number, content)


def object_id(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    return element(0x06, b"".join(map(_base128, [first * 40 + second, *rest])))


def time(instant: datetime) -> bytes:
    """UTCTime before 2050, GeneralizedTime from then on (RFC 5280 §4.1.2.5); the instant is aware UTC."""
    if instant.year < 2050:
        return element(0x17, instant.strftime("%y%m%d%H%M%SZ").encode())
    return element(0x18, instant.strftime("%Y%m%d%H%M%SZ").encode())


def relative_names(*pairs: tuple[str, str]) -> bytes:
    """A distinguished name of (OID, text): the country as PrintableString, the rest as UTF8String, as J-LIS writes it."""
    return sequence(
        *(
            set_of(sequence(object_id(oid), (printable if oid == _COUNTRY else utf8)(text)))
            for oid, text in pairs
        )
    )


def _base128(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))
