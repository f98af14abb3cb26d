"""The strict reader alone: what `cryptography` would also refuse behind it, and what it would not."""

import pytest
from attrs import evolve

from govline.mynumber import Purpose
from govline.mynumber.der import DerError, key_identifier, other_names, outline, policy_oids, utf8_string
from govline.testing import pki_der as der
from govline.testing.pki import HOLDER, KEY_USAGE, POLICIES, Extension, authority
from govline.testing.pki import other_names as names_extension

CA = authority(Purpose.APPLICATION)
DRAFT = CA.draft()


def certificate(body, *, behind=b"", within=b""):
    signature = der.bit_string(b"\1" * 256)
    return der.sequence(body, DRAFT.outer_algorithm, signature, within) + behind


class Written:
    """An extension written as it is given."""

    def __init__(self, content):
        self.content = content

    def der(self):
        return der.sequence(self.content)


def with_extension(content):
    return certificate(evolve(DRAFT, extensions=(Written(content),)).body())


def test_what_stands_is_what_is_read():
    found = outline(certificate(DRAFT.body()))
    assert (found.version, found.serial, found.body) == (2, DRAFT.serial[2:], DRAFT.body())
    assert (found.inner_algorithm, found.outer_algorithm) == (DRAFT.inner_algorithm, DRAFT.outer_algorithm)
    assert (found.issuer, found.subject) == (DRAFT.issuer, DRAFT.subject)
    assert [(one.oid, one.critical, one.value) for one in found.extensions] == [
        (one.oid, one.critical, one.value) for one in DRAFT.extensions
    ]


def test_bytes_where_none_belong():
    with pytest.raises(DerError):
        outline(certificate(DRAFT.body(), behind=b"\0"))
    with pytest.raises(DerError):
        outline(certificate(DRAFT.body(), within=der.NULL))


@pytest.mark.parametrize(
    "tail",
    [
        der.context(3, der.sequence()) + der.NULL,
        der.context(3, der.sequence() + der.NULL),
        der.context(2, b""),
        der.context(1, b""),
        b"\xa3",
        b"\xa3\x05\x30\x00",
        der.context(3, b"\x30\x7f"),
    ],
)
def test_only_extensions_stand_behind_the_key(tail):
    body = evolve(DRAFT, extensions=()).body()[4:]
    with pytest.raises(DerError):
        outline(certificate(der.sequence(body, tail)))


KEY = der.object_id(KEY_USAGE)
VALUE = der.octets(b"\x03\x02\x06\xc0")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        KEY,
        VALUE,
        KEY + der.boolean(value=True),
        KEY + der.boolean(value=False) + VALUE,
        KEY + b"\x01\x01\x01" + VALUE,
        KEY + b"\x01\x02\xff\xff" + VALUE,
        KEY + VALUE + der.NULL,
        KEY + VALUE + VALUE,
        KEY + der.element(0x24, VALUE),
        KEY + b"\x04\x05\0\0\0\0",
        b"\x06\x00" + VALUE,
        b"\x06\x03\x55\x1d\x8f" + VALUE,
        b"\x06\x04\x55\x1d\x80\x0f" + VALUE,
        der.element(0x06, b"\x55" + b"\x01" * 64) + VALUE,
    ],
    ids=[
        "empty",
        "no value",
        "no identifier",
        "flag only",
        "default written",
        "true is 1",
        "long flag",
        "trailing",
        "two values",
        "constructed",
        "cut",
        "empty oid",
        "open oid",
        "padded oid",
        "endless oid",
    ],
)
def test_ill_formed_extensions(content):
    assert outline(with_extension(KEY + VALUE)).extensions[0].oid == KEY_USAGE
    with pytest.raises(DerError):
        outline(with_extension(content))


@pytest.mark.parametrize("oid", ["0.0", "1.3.6.1.5.5.7.1.1", "2.5.29.32.0", "2.999.4294967296", KEY_USAGE])
def test_object_identifiers(oid):
    root, second, *rest = map(int, oid.split("."))
    if (root, second) == (2, 999):
        content = b"\x88\x37" + der.object_id("0.0." + ".".join(map(str, rest)))[3:]
        written = der.element(0x06, content)
    else:
        written = der.object_id(oid)
    assert outline(with_extension(written + VALUE)).extensions[0].oid == oid


@pytest.mark.parametrize(
    "length", [b"\x80", b"\x81\x7f", b"\x82\x00\x80", b"\x85\0\0\0\0\1", b"\xff", b"\x84"]
)
def test_lengths_that_are_not_minimal_or_not_there(length):
    with pytest.raises(DerError):
        utf8_string(b"\x0c" + length + b"x" * 128)


@pytest.mark.parametrize(("size", "octets"), [(127, 0), (128, 1), (255, 1), (256, 2), (65_536, 3)])
def test_minimal_lengths(size, octets):
    written = der.utf8("x" * size)
    assert len(written) == size + 2 + octets
    assert utf8_string(written) == "x" * size
    with pytest.raises(DerError):
        utf8_string(written[:-1])


def test_names():
    value = names_extension(HOLDER).value
    assert dict(other_names(value)) == dict(HOLDER)
    mail = der.element(0x81, b"a@example.jp")
    assert other_names(der.sequence(mail)) == ()
    oid, text = der.object_id("1.2.3"), der.utf8("x")
    for name in (
        oid,
        der.context(0, text),
        oid + der.context(1, text),
        oid + der.context(0, text) + der.NULL,
        text + der.context(0, text),
    ):
        with pytest.raises(DerError):
            other_names(der.sequence(der.context(0, name)))
    for broken in (b"", value[:-1], value + b"\0", der.sequence(b"\xa0"), der.sequence(b"\xa0\x05\x06")):
        with pytest.raises(DerError):
            other_names(broken)


def test_policies():
    value = next(one.value for one in DRAFT.extensions if one.oid == POLICIES)
    assert policy_oids(value) == ("1.2.392.200149.8.5.1.1.20",)
    assert policy_oids(der.sequence()) == ()
    for broken in (b"", value + b"\0", der.sequence(der.object_id("1.2.3")), der.sequence(der.sequence())):
        with pytest.raises(DerError):
            policy_oids(broken)


def test_key_identifiers():
    assert key_identifier(der.sequence(der.element(0x80, b"id"))) == b"id"
    assert key_identifier(der.sequence(der.element(0x82, b"\1"))) is None
    assert key_identifier(der.sequence()) is None
    for broken in (b"", b"\x30\x01\x80", der.sequence(der.element(0x80, b"id")) + b"\0"):
        with pytest.raises(DerError):
            key_identifier(broken)


def test_an_error_carries_no_content():
    with pytest.raises(DerError) as caught:
        utf8_string(der.element(0x0C, "金糸雀".encode()[:-1]))
    assert caught.value.__suppress_context__
    assert "金" not in repr(caught.value)


def test_extension_is_hidden_in_texts():
    found = outline(certificate(evolve(DRAFT, extensions=(Extension("1.2.3", b"canary"),)).body()))
    assert "canary" not in repr(found)
