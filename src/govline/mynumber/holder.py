"""基本4情報: the four attributes in the signing certificate's subjectAltName, read strictly (fact sheet §1.3).

Order does not matter; each of the six values stands exactly once. Values of other OIDs (旧氏, フリガナ: not published) are left alone
and counted in `warnings`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Final, NoReturn

from attrs import field, frozen

from govline.core.eras import ERAS
from govline.core.jst import to_jst
from govline.errors import VerificationError
from govline.mynumber.der import DerError, other_names, utf8_string

__all__ = ["BirthDate", "Gender", "Holder", "read_holder", "read_names"]

ARC: Final = "1.2.392.200149.8.5.5"
_FIELDS: Final = {
    f"{ARC}.1": "name",
    f"{ARC}.2": "name_substituted",
    f"{ARC}.3": "gender",
    f"{ARC}.4": "birth_date",
    f"{ARC}.5": "address",
    f"{ARC}.6": "address_substituted",
}
_HIDING: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]")
"""Control characters, line separators, and the marks that turn or hide text."""
_FIRST_YEAR: Final = 1868
_LEAP_YEAR: Final = 2000


class Gender(Enum):
    """性別 (JIS X 0303)."""

    MALE = "1"
    FEMALE = "2"
    NOT_APPLICABLE = "9"


@frozen
class BirthDate:
    """生年月日, of which parts may be unknown (None). `era` is the card's digit: 1 明治 … 5 令和, 0 unknown."""

    era: int = field(repr=False)
    year: int | None = field(repr=False)
    month: int | None = field(repr=False)
    day: int | None = field(repr=False)

    @property
    def exact(self) -> date | None:
        """The date when all of it is known."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)


@frozen
class Holder:
    """The basic four attributes as the certificate states them at its issue; hidden from `repr`.

    `*_substituted` hold the positions (from 0) of characters that stand for another glyph. `warnings`: `era` when the era
    does not fit the date, `unknown_attribute` when the certificate holds more than is read here.
    """

    name: str = field(repr=False)
    gender: Gender = field(repr=False)
    birth_date: BirthDate = field(repr=False)
    address: str = field(repr=False)
    name_substituted: tuple[int, ...] = field(repr=False)
    address_substituted: tuple[int, ...] = field(repr=False)
    warnings: tuple[str, ...] = ()


def read_holder(names: Sequence[tuple[str, bytes]], issued_at: datetime) -> Holder:
    """Read the otherName values of a verified certificate.

    Args:
        names: (OID, DER of the value) in any order.
        issued_at: notBefore; nobody is born after it.

    Raises:
        VerificationError: GL-6402; `place["attribute"]` names the attribute, never its content.
    """
    texts = _texts(names)
    for attribute in _FIELDS.values():
        if attribute not in texts:
            _refuse(attribute, "missing")
    birth = _birth_date(texts["birth_date"], to_jst(issued_at).date())
    strange = any(oid not in _FIELDS for oid, _ in names)
    return Holder(
        name=_visible("name", texts["name"]),
        gender=_gender(texts["gender"]),
        birth_date=birth,
        address=_visible("address", texts["address"]),
        name_substituted=_flags("name_substituted", texts["name_substituted"], texts["name"]),
        address_substituted=_flags("address_substituted", texts["address_substituted"], texts["address"]),
        warnings=(("era",) if _era_differs(birth) else ()) + (("unknown_attribute",) if strange else ()),
    )


def read_names(alternative_names: bytes) -> tuple[tuple[str, bytes], ...]:
    """(OID, DER of the value) of every otherName in a subjectAltName value.

    Raises:
        VerificationError: GL-6402.
    """
    try:
        return other_names(alternative_names)
    except DerError:
        _refuse("subjectAltName", "not a list of names")


def _texts(names: Sequence[tuple[str, bytes]]) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for oid, value in names:
        attribute = _FIELDS.get(oid)
        if attribute is None:
            continue
        if attribute in texts:
            _refuse(attribute, "stands twice")
        try:
            texts[attribute] = utf8_string(value)
        except DerError:
            _refuse(attribute, "not one UTF8String")
    return texts


def _visible(attribute: str, text: str) -> str:
    if not text or text.isspace():
        _refuse(attribute, "empty")
    if _HIDING.search(text):
        _refuse(attribute, "holds a control character")
    return text


def _gender(text: str) -> Gender:
    try:
        return Gender(text)
    except ValueError:
        _refuse("gender", "unknown code")


def _flags(attribute: str, flags: str, text: str) -> tuple[int, ...]:
    if len(flags) != len(text) or flags.strip("01"):
        _refuse(attribute, "not one digit a character")
    return tuple(index for index, flag in enumerate(flags) if flag == "1") if "1" in flags else ()


def _birth_date(text: str, issued: date) -> BirthDate:
    if len(text) != 9 or not (text.isascii() and text.isdigit()) or text[0] > "5":
        _refuse("birth_date", "not EYYYYMMDD")
    year, month, day = int(text[1:5]), int(text[5:7]), int(text[7:9])
    if year and not _FIRST_YEAR <= year <= issued.year:
        _refuse("birth_date", "out of range")
    try:
        soonest = date(year or _LEAP_YEAR, month or 1, day or 1)
    except ValueError:
        _refuse("birth_date", "no such day")
    if year and soonest > issued:
        _refuse("birth_date", "out of range")
    return BirthDate(int(text[0]), year or None, month or None, day or None)


def _era_differs(birth: BirthDate) -> bool:
    if birth.exact is None or birth.era == 0:
        return False
    era = ERAS[birth.era - 1]
    return not era.first <= birth.exact <= era.last


def _refuse(attribute: str, why: str) -> NoReturn:
    raise VerificationError(
        "an attribute of the certificate cannot be read",
        code="GL-6402",
        hint=why,
        place={"attribute": attribute},
    )
