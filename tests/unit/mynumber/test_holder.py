"""Fact sheet §6, item 7: the basic four attributes are given strictly, or not at all, and only when asked for."""

from datetime import UTC, date, datetime

import pytest

from govline.errors import VerificationError
from govline.mynumber import Gender, Good, Purpose
from govline.mynumber.holder import ARC, read_holder
from govline.testing import pki_der as der
from govline.testing.pki import HOLDER, Extension, other_names

ISSUED = datetime(2025, 4, 1, tzinfo=UTC)
NAME, NAME_FLAGS, GENDER, BIRTH, ADDRESS, ADDRESS_FLAGS = (f"{ARC}.{n}" for n in range(1, 7))


class AlwaysGood:
    name = "always good"

    def check(self, query):
        return Good(query.at)


def read(**changes):
    values = dict(HOLDER)
    for name, value in changes.items():
        values[globals()[name]] = value if isinstance(value, bytes) else der.utf8(value)
    return read_holder(list(values.items()), ISSUED)


def test_a_valid_result_gives_them_on_an_explicit_call(verify, sign_ca):
    holder = verify(sign_ca.issue(), revocation=AlwaysGood()).holder()
    assert holder.name == "日向　ひなた"
    assert holder.gender is Gender.FEMALE
    assert holder.birth_date.exact == date(1980, 2, 17)
    assert holder.address.startswith("日向県ひなた市")
    assert (holder.name_substituted, holder.address_substituted, holder.warnings) == ((5,), (), ())


def test_an_unconfirmed_result_gives_them_only_when_told_so(verify, sign_ca):
    result = verify(sign_ca.issue())
    with pytest.raises(VerificationError, match="GL-6401"):
        result.holder()
    assert result.holder(unconfirmed=True).gender is Gender.FEMALE


def test_an_invalid_result_or_a_login_gives_none(verify, sign_ca, auth_ca):
    login = auth_ca.issue(auth_ca.draft().adding(other_names(HOLDER)))
    for result in (
        verify(sign_ca.issue(), document=b"other"),
        verify(auth_ca.issue(), purpose=Purpose.LOGIN, revocation=AlwaysGood()),
        verify(login, purpose=Purpose.LOGIN, revocation=AlwaysGood()),
    ):
        with pytest.raises(VerificationError, match="GL-6401"):
            result.holder(unconfirmed=True)


def test_a_certificate_without_names_gives_none(verify, sign_ca):
    nameless = verify(sign_ca.issue(sign_ca.draft().without("2.5.29.17")), revocation=AlwaysGood())
    with pytest.raises(VerificationError, match="GL-6401"):
        nameless.holder()
    garbled = sign_ca.draft().replacing(Extension("2.5.29.17", b"\x30\x01\x00"))
    with pytest.raises(VerificationError, match="GL-6402"):
        verify(sign_ca.issue(garbled), revocation=AlwaysGood()).holder()


def test_a_broken_attribute_leaves_the_verdict_and_is_an_error_when_read(verify, sign_ca):
    leaf = sign_ca.issue(sign_ca.draft(holder={**HOLDER, GENDER: der.utf8("7")}))
    result = verify(leaf, revocation=AlwaysGood())
    assert "holder" in result.not_checked
    with pytest.raises(VerificationError, match=r"GL-6402.*gender"):
        result.holder()


def test_order_does_not_matter():
    assert read_holder(list(HOLDER.items()), ISSUED) == read_holder(list(reversed(HOLDER.items())), ISSUED)


@pytest.mark.parametrize("missing", sorted(HOLDER))
def test_each_attribute_is_needed_and_stands_once(missing):
    with pytest.raises(VerificationError, match="GL-6402"):
        read_holder([(oid, value) for oid, value in HOLDER.items() if oid != missing], ISSUED)
    with pytest.raises(VerificationError, match="twice"):
        read_holder([*HOLDER.items(), (missing, HOLDER[missing])], ISSUED)


def test_an_attribute_that_is_not_known_is_left_alone_and_said():
    holder = read_holder([*HOLDER.items(), (f"{ARC}.7", b"\x0c\x01x")], ISSUED)
    assert holder.warnings == ("unknown_attribute",)


def test_a_long_address_has_a_long_length():
    address = "東" * 400
    holder = read(ADDRESS=address, ADDRESS_FLAGS="01" * 200)
    assert holder.address == address
    assert holder.address_substituted == tuple(range(1, 400, 2))


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x0c",
        b"\x13\x01A",
        b"\x0c\x01",
        b"\x0c\x02A",
        b"\x0c\x01AB",
        b"\x0c\x81\x01A",
        b"\x0c\x82\x00\x01A",
        b"\x0c\x80A\0\0",
        b"\x0c\x02\xc0\x80",
        b"\x0c\x03\xed\xa0\x80",
        b"\x0c\x01\xff",
        b"\x0c\x00",
    ],
)
def test_not_one_utf8_string(value):
    with pytest.raises(VerificationError, match="GL-6402"):
        read(NAME=value, NAME_FLAGS="0")


@pytest.mark.parametrize("char", ["\0", "\n", "\x7f", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028"])
@pytest.mark.parametrize("attribute", ["NAME", "ADDRESS"])
def test_characters_that_hide(attribute, char):
    with pytest.raises(VerificationError, match="control"):
        read(**{attribute: f"山{char}田", f"{attribute}_FLAGS": "000"})


def test_variation_selectors_and_rare_characters_count_as_code_points():
    holder = read(NAME="辻\U000e0101　𠮷", NAME_FLAGS="0001")
    assert holder.name_substituted == (3,)


@pytest.mark.parametrize("flags", ["", "00000", "0000000", "00000x", "000002", "００００００"])
def test_flags_are_one_digit_a_character(flags):
    with pytest.raises(VerificationError, match="name_substituted"):
        read(NAME_FLAGS=flags)


@pytest.mark.parametrize("code", ["", "0", "3", "8", "男", "１", "1 ", "11"])
def test_gender_codes_that_are_none(code):
    with pytest.raises(VerificationError, match="gender"):
        read(GENDER=code)


@pytest.mark.parametrize(
    ("text", "exact", "warnings"),
    [
        ("319800217", date(1980, 2, 17), ()),
        ("519800217", date(1980, 2, 17), ("era",)),
        ("018800101", date(1880, 1, 1), ()),
        ("320000229", date(2000, 2, 29), ("era",)),
        ("520250401", date(2025, 4, 1), ()),
        ("400000000", None, ()),
        ("319800000", None, ()),
        ("319800200", None, ()),
        ("300000229", None, ()),
    ],
)
def test_birth_dates(text, exact, warnings):
    holder = read(BIRTH=text)
    assert (holder.birth_date.exact, holder.warnings) == (exact, warnings)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "19800217",
        "3198002170",
        "319810229",
        "319801301",
        "319800232",
        "619800217",
        "018670101",
        "520250402",
        "520260000",
        "３１９８００２１７",
        "31980-2-1",
        "300000230",
    ],
)
def test_birth_dates_that_are_none(text):
    with pytest.raises(VerificationError, match="birth_date"):
        read(BIRTH=text)


def test_born_on_the_day_of_issue_in_japan():
    early = datetime(2025, 3, 31, 15, 0, tzinfo=UTC)
    values = [(oid, der.utf8("520250401") if oid == BIRTH else value) for oid, value in HOLDER.items()]
    assert read_holder(values, early).birth_date.exact == date(2025, 4, 1)
