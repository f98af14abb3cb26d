"""Fact sheet §6, items 1-5 and 13: every attack fails, and for its own reason."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from attrs import evolve
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from govline.errors import InputError
from govline.mynumber import Good, Purpose, TrustAnchors, Verdict
from govline.testing import pki_der as der
from govline.testing.pki import (
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    NOT_AFTER,
    NOT_BEFORE,
    POLICIES,
    SHA1_WITH_RSA,
    SHA256_WITH_RSA,
    Extension,
    Leaf,
    authority,
    key_usage,
    other_names,
    policies,
    public_key,
    rsa_key,
)

SIGN_POLICY = "1.2.392.200149.8.5.1.1.20"
SECOND = timedelta(seconds=1)


class AlwaysGood:
    name = "always good"

    def check(self, query):
        return Good(query.at)


@pytest.fixture
def refused(verify):
    """The codes of an INVALID result; an attack must fail even where revocation would be good."""

    def call(leaf, **options):
        result = verify(leaf, revocation=AlwaysGood(), **options)
        assert result.verdict is Verdict.INVALID
        assert result.serial is None
        return [reason.code for reason in result.reasons]

    return call


class _Raw:
    """An extension whose OID is written as it is given."""

    def __init__(self, oid):
        self.oid = oid

    def der(self):
        return der.sequence(self.oid, der.octets(b""))


def changed(ca, **fields):
    return ca.issue(evolve(ca.draft(), **fields))


class TestTypeConfusion:
    def test_authentication_certificate_on_an_application(self, refused, auth_ca):
        assert refused(auth_ca.issue()) == ["GL-6112"]

    def test_signing_certificate_on_a_login(self, refused, sign_ca):
        assert refused(sign_ca.issue(), purpose=Purpose.LOGIN) == ["GL-6112"]

    def test_swapped_stores(self, refused, sign_ca, auth_ca):
        swapped = TrustAnchors.testing(application=[auth_ca.certificate], login=[sign_ca.certificate])
        assert refused(auth_ca.issue(), anchors=swapped) == ["GL-6109", "GL-6110"]
        assert refused(sign_ca.issue(), anchors=swapped, purpose=Purpose.LOGIN) == ["GL-6109", "GL-6110"]

    def test_test_hierarchy_under_other_anchors(self, refused):
        test = authority(Purpose.APPLICATION, organization="JPKI-TEST")
        assert refused(test.issue()) == ["GL-6111"]

    def test_test_policy_under_the_right_root(self, refused, sign_ca):
        draft = sign_ca.draft().replacing(policies("1.2.392.200149.8.5.1.0.20"))
        assert refused(sign_ca.issue(draft)) == ["GL-6110"]


class TestForgery:
    def test_own_ca_with_the_same_name(self, refused):
        assert refused(authority(Purpose.APPLICATION, 66).issue()) == ["GL-6111"]

    def test_own_ca_that_claims_the_real_key_identifier(self, refused, sign_ca):
        own = authority(Purpose.APPLICATION, 66)
        draft = own.draft().replacing(
            next(one for one in sign_ca.draft().extensions if one.oid == "2.5.29.35")
        )
        assert refused(own.issue(draft)) == ["GL-6111"]

    def test_wrong_generation_of_the_same_name(self, refused):
        assert refused(authority(Purpose.APPLICATION, 2).issue()) == ["GL-6111"]

    def test_right_key_but_another_issuer_name(self, refused, sign_ca, auth_ca):
        assert refused(changed(sign_ca, issuer=auth_ca.name)) == ["GL-6111"]

    def test_self_signed_with_the_name_of_the_ca(self, refused, sign_ca):
        key = rsa_key("forger")
        draft = evolve(sign_ca.draft(key=key), subject=sign_ca.name)
        assert refused(Leaf(draft.signed_by(key), key)) == ["GL-6111"]

    def test_a_person_as_ca(self, refused, sign_ca):
        person = sign_ca.issue()
        draft = sign_ca.draft(serial=2, key=rsa_key("victim"))
        for issuer in (sign_ca.name, draft.subject):
            forged = evolve(draft, issuer=issuer).signed_by(person.key)
            assert refused(Leaf(forged, rsa_key("victim"))) == ["GL-6111"]

    def test_the_ca_itself_as_a_person(self, refused, sign_ca):
        assert refused(Leaf(sign_ca.certificate, sign_ca.key)) == ["GL-6108", "GL-6109", "GL-6110"]

    def test_person_with_ca_true(self, refused, sign_ca):
        basic = Extension(BASIC_CONSTRAINTS, der.sequence(der.boolean(value=True)), critical=True)
        assert refused(sign_ca.issue(sign_ca.draft().adding(basic))) == ["GL-6108"]

    def test_ca_false_is_no_finding(self, verify, sign_ca):
        basic = Extension(BASIC_CONSTRAINTS, der.sequence(), critical=True)
        assert verify(sign_ca.issue(sign_ca.draft().adding(basic))).reason.code == "GL-6302"

    @pytest.mark.parametrize("bits", [(0,), (1,), (0, 1, 5), (0, 1, 6), (0, 1, 2), (5,)])
    def test_another_key_usage(self, refused, sign_ca, bits):
        assert refused(sign_ca.issue(sign_ca.draft().replacing(key_usage(*bits)))) == ["GL-6109"]

    def test_key_usage_missing_or_not_critical(self, refused, sign_ca):
        assert refused(sign_ca.issue(sign_ca.draft().without(KEY_USAGE))) == ["GL-6109"]
        lax = key_usage(0, 1, critical=False)
        assert refused(sign_ca.issue(sign_ca.draft().replacing(lax))) == ["GL-6109"]

    def test_non_repudiation_on_an_authentication_certificate(self, refused, auth_ca):
        draft = auth_ca.draft().replacing(key_usage(0, 1))
        assert refused(auth_ca.issue(draft), purpose=Purpose.LOGIN) == ["GL-6109"]


class TestTime:
    def test_first_and_last_second_are_inside(self, verify, sign_ca):
        leaf = sign_ca.issue()
        assert verify(leaf, at=NOT_BEFORE).reason.code == "GL-6302"
        assert verify(leaf, at=NOT_AFTER).reason.code == "GL-6302"

    def test_one_second_outside(self, refused, sign_ca):
        assert refused(sign_ca.issue(), at=NOT_BEFORE - SECOND) == ["GL-6114"]
        assert refused(sign_ca.issue(), at=NOT_AFTER + SECOND) == ["GL-6115"]

    def test_japanese_time_is_the_same_instant(self, verify, refused, sign_ca):
        japan = timezone(timedelta(hours=9))
        assert verify(sign_ca.issue(), at=NOT_AFTER.astimezone(japan)).reason.code == "GL-6302"
        assert refused(sign_ca.issue(), at=(NOT_AFTER + SECOND).astimezone(japan)) == ["GL-6115"]

    def test_naive_instants_are_misuse(self, verify, sign_ca):
        with pytest.raises(InputError, match="GL-0003"):
            verify(sign_ca.issue(), at=datetime(2026, 11, 20))

    def test_expired_anchor(self, refused):
        old = authority(Purpose.APPLICATION, 1, not_after=datetime(2025, 10, 19, 14, 59, 59, tzinfo=UTC))
        store = TrustAnchors.testing(application=[old.certificate])
        assert refused(old.issue(), anchors=store) == ["GL-6113"]

    def test_anchor_at_its_last_second(self, verify, refused):
        end = datetime(2025, 10, 19, 14, 59, 59, tzinfo=UTC)
        old = authority(Purpose.APPLICATION, 1, not_after=end)
        store = TrustAnchors.testing(application=[old.certificate])
        assert verify(old.issue(), anchors=store, at=end).reason.code == "GL-6302"
        assert refused(old.issue(), anchors=store, at=end + SECOND) == ["GL-6113"]

    def test_anchor_not_yet_in_force(self, refused):
        new = authority(Purpose.APPLICATION, 4, not_before=datetime(2027, 1, 1, tzinfo=UTC))
        store = TrustAnchors.testing(application=[new.certificate])
        assert refused(new.issue(), anchors=store) == ["GL-6113"]

    @pytest.mark.parametrize("year", [2049, 2050, 2051])
    def test_both_forms_of_time_around_2050(self, verify, refused, year):
        ca = authority(Purpose.APPLICATION, 5, not_after=datetime(2060, 1, 1, tzinfo=UTC))
        store = TrustAnchors.testing(application=[ca.certificate])
        end = datetime(year, 1, 1, tzinfo=UTC)
        leaf = ca.issue(ca.draft(not_after=end))
        assert verify(leaf, anchors=store, at=end).reason.code == "GL-6302"
        assert refused(leaf, anchors=store, at=end + SECOND) == ["GL-6115"]


class TestPolicy:
    @pytest.mark.parametrize(
        "found",
        [
            policies("1.2.392.200149.8.5.1.1.40"),
            policies("2.5.29.32.0"),
            policies(SIGN_POLICY, "1.2.392.200149.8.5.1.3.30"),
            policies(SIGN_POLICY, critical=False),
        ],
        ids=["other", "any", "extra", "not critical"],
    )
    def test_not_exactly_the_one_critical_policy(self, refused, sign_ca, found):
        assert refused(sign_ca.issue(sign_ca.draft().replacing(found))) == ["GL-6110"]

    def test_one_policy_twice(self, refused, sign_ca):
        draft = sign_ca.draft().replacing(policies(SIGN_POLICY, SIGN_POLICY))
        assert refused(sign_ca.issue(draft))[0] in ("GL-6110", "GL-6101")

    def test_missing(self, refused, sign_ca):
        assert refused(sign_ca.issue(sign_ca.draft().without(POLICIES))) == ["GL-6110"]

    def test_policies_extension_twice(self, refused, sign_ca):
        draft = sign_ca.draft().adding(policies(SIGN_POLICY))
        assert refused(sign_ca.issue(draft)) == ["GL-6106"]

    def test_other_policy_on_a_login(self, refused, auth_ca):
        draft = auth_ca.draft().replacing(policies(SIGN_POLICY))
        assert refused(auth_ca.issue(draft), purpose=Purpose.LOGIN) == ["GL-6110"]


class TestStructure:
    @pytest.mark.parametrize("oid", ["1.2.3.4", "2.5.29.30", "2.5.29.37", "2.5.29.54"])
    def test_critical_extension_that_nobody_processes(self, refused, sign_ca, oid):
        values = {
            "2.5.29.37": der.sequence(der.object_id("1.3.6.1.5.5.7.3.2")),
            "2.5.29.30": der.sequence(),
            "2.5.29.54": der.integer(0),
        }
        extension = Extension(oid, values.get(oid, der.NULL), critical=True)
        assert refused(sign_ca.issue(sign_ca.draft().adding(extension)))[0] in ("GL-6107", "GL-6101")

    def test_unknown_extension_that_is_not_critical(self, verify, sign_ca):
        draft = sign_ca.draft().adding(Extension("1.2.3.4", der.NULL))
        assert verify(sign_ca.issue(draft)).reason.code == "GL-6302"

    def test_names_made_critical(self, refused, sign_ca):
        draft = sign_ca.draft().replacing(other_names({}, critical=True))
        assert refused(sign_ca.issue(draft))[0] in ("GL-6107", "GL-6101")

    @pytest.mark.parametrize("oid", [KEY_USAGE, "2.5.29.17", "1.2.3.4"])
    def test_an_extension_twice(self, refused, sign_ca, oid):
        draft = sign_ca.draft().adding(Extension("1.2.3.4", der.NULL))
        twin = next(one for one in draft.extensions if one.oid == oid)
        assert refused(sign_ca.issue(draft.adding(twin))) == ["GL-6106"]

    @pytest.mark.parametrize(
        "serial",
        [
            der.integer(0),
            der.integer(-5),
            der.integer(1 << 160),
            der.element(0x02, b"\0\1"),
            der.element(0x02, b""),
        ],
        ids=["zero", "negative", "21 octets", "padded", "empty"],
    )
    def test_serial_number(self, refused, sign_ca, serial):
        assert refused(changed(sign_ca, serial=serial)) == ["GL-6103"]

    @pytest.mark.parametrize("version", [0, 1, 3, 200])
    def test_version(self, refused, sign_ca, version):
        assert refused(changed(sign_ca, version=version)) == ["GL-6102"]

    def test_version_1_in_full_shape(self, refused, sign_ca):
        assert refused(changed(sign_ca, version=0, extensions=())) == ["GL-6102"]

    def test_sha1(self, refused, sign_ca):
        sha1 = {"inner_algorithm": SHA1_WITH_RSA, "outer_algorithm": SHA1_WITH_RSA}
        assert refused(changed(sign_ca, **sha1)) == ["GL-6104"]

    @pytest.mark.parametrize(
        "algorithm",
        [
            SHA1_WITH_RSA,
            der.sequence(der.object_id("1.2.840.113549.1.1.4"), der.NULL),
            der.sequence(der.object_id("1.2.840.113549.1.1.11")),
            der.sequence(der.object_id("1.2.840.113549.1.1.11"), der.octets(b"")),
            der.sequence(der.object_id("1.2.840.113549.1.1.10")),
        ],
        ids=["sha1", "md5", "no parameters", "parameters not NULL", "pss"],
    )
    def test_inner_and_outer_algorithm(self, refused, sign_ca, algorithm):
        assert refused(changed(sign_ca, inner_algorithm=algorithm)) == ["GL-6104"]
        ca_signed = evolve(sign_ca.draft(), inner_algorithm=algorithm)
        body_only = der.sequence(
            ca_signed.body(), algorithm, der.bit_string(sign_ca.issue().sign(ca_signed.body()))
        )
        assert refused(Leaf(body_only, rsa_key("leaf"))) == ["GL-6104"]
        assert changed(sign_ca, inner_algorithm=SHA256_WITH_RSA).certificate == sign_ca.issue().certificate

    @pytest.mark.parametrize(("bits", "exponent"), [(1024, 65537), (2048, 3)])
    def test_weak_keys(self, refused, sign_ca, bits, exponent):
        key = rsa_key("weak", bits, exponent)
        assert refused(sign_ca.issue(sign_ca.draft(key=key), key=key)) == ["GL-6105"]

    @pytest.mark.parametrize("exponent", [0, 1, 2, 65536, -3])
    def test_exponents_that_are_none(self, refused, sign_ca, exponent):
        modulus = rsa_key("leaf").public_key().public_numbers().n
        numbers = der.sequence(der.integer(modulus), der.integer(exponent))
        algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
        spki = der.sequence(algorithm, der.bit_string(numbers))
        assert refused(changed(sign_ca, public_key=spki))[0] in ("GL-6101", "GL-6105")

    def test_rsa_key_without_parameters(self, refused, sign_ca):
        spki = public_key(rsa_key("leaf")).replace(
            bytes.fromhex("300d06092a864886f70d0101010500"), bytes.fromhex("300b06092a864886f70d010101")
        )
        content = spki[4:]
        assert refused(changed(sign_ca, public_key=der.sequence(content))) == ["GL-6105"]

    def test_elliptic_key(self, refused, sign_ca):
        spki = (
            ec.generate_private_key(ec.SECP256R1())
            .public_key()
            .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        assert refused(changed(sign_ca, public_key=spki)) == ["GL-6105"]


class TestUnreadable:
    @pytest.mark.parametrize(
        "certificate",
        [
            b"",
            b"\x30",
            b"\x30\x80\0\0",
            b"-----BEGIN CERTIFICATE-----",
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x03\x30\x01\x00",
            b"\x30\x81\x02\x05\x00",
            b"\xa0" * 1000,
            b"\x30\x82\xff\xf0" * 5000,
        ],
        ids=["empty", "cut", "indefinite", "pem", "4 GB", "short", "padded length", "tags", "deep"],
    )
    def test_no_certificate(self, refused, certificate):
        assert refused(Leaf(certificate, rsa_key("leaf"))) == ["GL-6101"]

    def test_trailing_byte(self, refused, sign_ca):
        leaf = sign_ca.issue()
        assert refused(evolve(leaf, certificate=leaf.certificate + b"\0")) == ["GL-6101"]

    def test_unused_bits_of_the_signature(self, refused, sign_ca):
        """cryptography reads a certificate whose signature claims an unused last bit: one person, two encodings."""
        leaf = next(
            leaf
            for serial in range(1, 99)
            if not (leaf := sign_ca.issue(sign_ca.draft(serial=serial))).certificate[-1] & 1
        )
        head, tail = leaf.certificate[:-257], leaf.certificate[-256:]
        assert refused(evolve(leaf, certificate=head + b"\1" + tail)) == ["GL-6101"]

    @pytest.mark.parametrize("size", [64 * 1024, 1024 * 1024])
    def test_too_large(self, refused, sign_ca, size):
        draft = sign_ca.draft().adding(Extension("1.2.3.4", der.octets(b"\0" * size)))
        assert refused(sign_ca.issue(draft)) == ["GL-6101"]

    def test_ten_thousand_names(self, refused, sign_ca):
        names = [(f"1.2.3.{number}", der.utf8("x")) for number in range(10_000)]
        assert refused(sign_ca.issue(sign_ca.draft().replacing(other_names(names)))) == ["GL-6101"]

    def test_an_object_identifier_without_end(self, refused, sign_ca):
        endless = der.element(0x06, b"\xff" * 60_000 + b"\1")
        shape = evolve(sign_ca.draft(), extensions=(_Raw(endless),))
        assert refused(sign_ca.issue(shape)) == ["GL-6101"]

    def test_deep_nesting_within_the_limit(self, verify, sign_ca):
        value = b""
        for _ in range(5000):
            value = der.sequence(value)
        draft = sign_ca.draft().replacing(Extension(POLICIES, value, critical=True))
        assert verify(sign_ca.issue(draft)).verdict is Verdict.INVALID
