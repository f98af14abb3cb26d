"""Pinned CAs: only J-LIS's own pass as production, and none of them passes as a test."""

import hashlib
from datetime import timedelta

import pytest
from attrs import evolve
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from govline.core.jst import to_jst
from govline.errors import ConfigError
from govline.mynumber import Environment, Purpose, TrustAnchors
from govline.mynumber.anchors import PINNED, Anchor
from govline.testing import pki_der as der
from govline.testing.pki import BASIC_CONSTRAINTS, KEY_USAGE, Extension, authority, key_usage, rsa_key


@pytest.fixture(scope="module")
def real(data_folder):
    folder = data_folder / "jpki-ca"
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.cer"))}


def test_the_real_cas_are_pinned_by_purpose(real):
    store = TrustAnchors.production(real.values())
    assert store.environment is Environment.PRODUCTION
    assert {hashlib.sha256(one).digest() for one in real.values()} == set(PINNED)
    purposes = dict(zip(real, (anchor.purpose for anchor in store.anchors), strict=True))
    assert purposes == {
        name: Purpose.APPLICATION if name.startswith("sign") else Purpose.LOGIN for name in real
    }


def test_generations_share_a_name_and_are_told_apart_by_signature(real):
    store = TrustAnchors.production(real.values())
    signing = [anchor for anchor in store.anchors if anchor.purpose is Purpose.APPLICATION]
    assert len({anchor.name for anchor in signing}) == 1
    assert len({anchor.key_id for anchor in signing}) == 3
    for anchor in store.anchors:
        own = x509.load_der_x509_certificate(anchor.der)
        found = store.issuer(anchor.purpose, anchor.name, None, own.signature, own.tbs_certificate_bytes)
        assert found == anchor


def test_the_key_identifiers_are_those_on_record(real):
    expected = {
        "signca01": "0d034cbb34d0714f45e45a1cafd8fd143fab54a7",
        "signca02": "4de017de4b7f473dcd867a62d38b134ace83558a",
        "signca03": "d21ea55895617e93adbf966b941ab4edf653f08f",
        "authca01": "9567951b5ca70d84a0fff1d85a87f1aab1340385",
        "authca03": "1ac100f596a3bc8c4b3df195e32699249e9e308a",
    }
    store = TrustAnchors.production(real[name] for name in expected)
    assert [anchor.key_id.hex() for anchor in store.anchors] == list(expected.values())


def test_pem_is_the_same_anchor(real):
    pem = x509.load_der_x509_certificate(real["signca03"]).public_bytes(Encoding.PEM)
    assert TrustAnchors.production([pem]) == TrustAnchors.production([real["signca03"]])


def test_a_lookalike_is_not_production(real):
    lookalike = authority(Purpose.APPLICATION, 3)
    with pytest.raises(ConfigError, match="GL-6010"):
        TrustAnchors.production([real["signca03"], lookalike.certificate])
    with pytest.raises(ConfigError, match="GL-6010"):
        TrustAnchors(Environment.PRODUCTION, [Anchor.read(lookalike.certificate, Purpose.APPLICATION)])


def test_a_real_ca_under_the_other_purpose_is_refused(real):
    with pytest.raises(ConfigError, match="GL-6010"):
        TrustAnchors(Environment.PRODUCTION, [Anchor.read(real["signca03"], Purpose.LOGIN)])


def test_a_real_ca_is_no_test_anchor(real):
    for options in ({"application": [real["signca03"]]}, {"login": [real["authca01"]]}):
        with pytest.raises(ConfigError, match="GL-6010"):
            TrustAnchors.testing(**options)


def test_when_each_ca_ends_is_known_half_a_year_ahead(anchors):
    ends = [to_jst(anchor.not_after).date() for anchor in anchors.anchors]
    found = anchors.expiries()
    assert len(found) == len(ends) == 2
    for expiry, end in zip(found, ends, strict=True):
        assert end - timedelta(days=1) <= expiry.last_day <= end
        assert expiry.runs_out(end - timedelta(days=150))
        assert not expiry.runs_out(end - timedelta(days=200))
    assert "login" in found[1].what


def test_no_anchor_is_no_store():
    with pytest.raises(ConfigError, match="GL-6010"):
        TrustAnchors.production([])


@pytest.mark.parametrize("certificate", [b"", b"\x30\x00", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_what_cannot_be_read(certificate):
    with pytest.raises(ConfigError, match="GL-6011"):
        TrustAnchors.production([certificate])


@pytest.mark.parametrize("shape", ["person", "not a ca", "no signing", "no constraints", "weak", "twice"])
def test_what_is_no_ca(shape):
    ca = authority(Purpose.APPLICATION)
    root = evolve(
        ca.draft(key=ca.key),
        subject=ca.name,
        extensions=(
            key_usage(5, 6),
            Extension(BASIC_CONSTRAINTS, der.sequence(der.boolean(value=True)), critical=True),
        ),
    )
    weak = rsa_key("weak-ca", 1024)
    made = {
        "person": ca.draft(),
        "not a ca": root.replacing(Extension(BASIC_CONSTRAINTS, der.sequence(), critical=True)),
        "no signing": root.replacing(key_usage(6)),
        "no constraints": root.without(BASIC_CONSTRAINTS),
        "weak": evolve(root, public_key=ca.draft(key=weak).public_key),
        "twice": root.adding(*(one for one in root.extensions if one.oid == KEY_USAGE)),
    }[shape]
    with pytest.raises(ConfigError, match="GL-6011"):
        TrustAnchors.testing(application=[made.signed_by(ca.key)])
    TrustAnchors.testing(application=[root.signed_by(ca.key)])


@pytest.mark.parametrize("wrong", [["signca.cer"], [None], b"\x30\x82", [5]])
def test_what_is_no_file_is_a_configuration_error(wrong):
    with pytest.raises(ConfigError, match="GL-6011"):
        TrustAnchors.testing(application=wrong)
