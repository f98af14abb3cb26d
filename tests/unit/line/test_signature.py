"""LINE's webhook signature."""

import base64

import pytest

from govline.errors import ConfigError, SignatureRefused
from govline.line.signature import check_signature, sign, signature_fits

RAW = b'{"destination":"U0","events":[]}'


def test_the_known_vector_of_hmac_sha256():
    # RFC 4231, test case 2
    expected = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    assert base64.b64decode(sign("Jefe", b"what do ya want for nothing?")) == expected


@pytest.mark.parametrize(
    ("secrets", "fits"), [(["a"], True), (["b", "a"], True), (["a", "b"], True), (["b"], False), ([], False)]
)
def test_any_valid_secret_fits(secrets, fits):
    assert signature_fits(secrets, RAW, sign("a", RAW)) is fits


@pytest.mark.parametrize(
    "given", [None, "", "x", sign("a", RAW)[:-1], sign("a", RAW) + "=", "é", sign("a", RAW + b" ")]
)
def test_anything_else_is_refused(given):
    assert not signature_fits(["a"], RAW, given)


def test_an_empty_secret_signs_for_nobody():
    assert not signature_fits([""], RAW, sign("", RAW))
    with pytest.raises(ConfigError, match="GL-8011"):
        check_signature([""], RAW, sign("", RAW))


def test_the_raising_form():
    check_signature(["a"], RAW, sign("a", RAW))
    with pytest.raises(SignatureRefused, match="GL-8001"):
        check_signature(["a"], RAW, "x")
