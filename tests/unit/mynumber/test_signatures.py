"""Fact sheet §6, item 6: the signature alone, against Wycheproof and across the three forms."""

import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from govline.errors import VerificationError
from govline.mynumber import Purpose, SignatureForm, Verdict, signature_fits
from govline.testing.pki import public_key, rsa_key

SPKI_EC = (
    ec.generate_private_key(ec.SECP384R1())
    .public_key()
    .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
)


@pytest.mark.parametrize(
    ("file", "form"),
    [
        ("rsa_signature_2048_sha256_test.json", SignatureForm.PKCS1_SHA256),
        ("rsa_pss_2048_sha256_mgf1_32_test.json", SignatureForm.PSS_SHA256),
    ],
)
def test_wycheproof(data_folder, file, form):
    path = data_folder / "wycheproof" / file
    suite = json.loads(path.read_text("utf-8"))
    seen = {True: 0, False: 0}
    for group in suite["testGroups"]:
        key = bytes.fromhex(group["publicKeyDer"])
        for case in group["tests"]:
            fits = signature_fits(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]), form)
            assert fits == (case["result"] == "valid"), (file, case["tcId"], case["comment"])
            seen[fits] += 1
    assert sum(seen.values()) == suite["numberOfTests"]
    assert min(seen.values()) > 0


@pytest.mark.parametrize("claimed", SignatureForm)
@pytest.mark.parametrize("made", SignatureForm)
def test_no_form_passes_as_another(verify, sign_ca, document, made, claimed):
    leaf = sign_ca.issue()
    result = verify(leaf, signature=leaf.sign(document, made), form=claimed)
    assert (result.verdict is Verdict.INVALID) == (made is not claimed)
    assert result.reason.code == ("GL-6302" if made is claimed else "GL-6201")


@pytest.mark.parametrize("form", SignatureForm)
@pytest.mark.parametrize("purpose", Purpose)
def test_garbage(verify, document, form, purpose, request):
    ca = request.getfixturevalue("sign_ca" if purpose is Purpose.APPLICATION else "auth_ca")
    leaf = ca.issue()
    good = leaf.sign(document, form)
    modulus = leaf.key.public_key().public_numbers().n
    bad = [
        b"",
        b"\0" * 256,
        b"\0" * 255 + b"\1",
        b"\xff" * 256,
        good[:-1],
        good + b"\0",
        b"\0" + good,
        good[::-1],
        modulus.to_bytes(256),
        (modulus - 1).to_bytes(256),
        b"x" * 100_000,
    ]
    if int.from_bytes(good) + modulus < 1 << 2048:
        bad.append((int.from_bytes(good) + modulus).to_bytes(256))
    for signature in bad:
        result = verify(leaf, signature=signature, form=form, purpose=purpose)
        assert [reason.code for reason in result.reasons] == ["GL-6201"]


@pytest.mark.parametrize("form", SignatureForm)
def test_another_document_or_key(verify, sign_ca, document, form):
    leaf = sign_ca.issue()
    signature = leaf.sign(document, form)
    assert verify(leaf, signature=signature, form=form, document=document + b" ").reason.code == "GL-6201"
    other = sign_ca.issue(sign_ca.draft(key=rsa_key("other")), key=rsa_key("other"))
    assert verify(other, signature=signature, form=form).reason.code == "GL-6201"


@pytest.mark.parametrize("form", SignatureForm)
def test_the_empty_document_is_a_document(verify, sign_ca, form):
    leaf = sign_ca.issue()
    result = verify(leaf, document=b"", signature=leaf.sign(b"", form), form=form)
    assert result.reason.code == "GL-6302"


@pytest.mark.parametrize("key", [b"", b"\x30\x00", SPKI_EC, public_key(rsa_key("leaf"))[:-1]])
def test_a_key_that_is_none_is_an_error(key):
    with pytest.raises(VerificationError, match="GL-6000"):
        signature_fits(key, b"", b"", SignatureForm.PKCS1_SHA256)
