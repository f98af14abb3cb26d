"""What cells are made of, shared by the grammar of 5374.jp and by prose: a token, its refusal, dates and numbers. Pure."""

from datetime import date
from typing import Final, NoReturn

from attrs import frozen

from govline.calendar.garbage.rules import ALL_MONTHS, RuleError, Term

__all__ = ["Token", "as_day", "as_month", "as_nth", "refuse"]

_FIFTH: Final = 5
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


@frozen
class Token:
    """A part of a cell as read; `warning` says what looks wrong with it."""

    text: str
    term: Term
    warning: str = ""


def as_nth(text: str, digits: str) -> int:
    """The n of an n-th weekday."""
    number = int(digits)
    if not 1 <= number <= _FIFTH:
        refuse(text, "第1から第5までです")
    return number


def as_month(text: str) -> int:
    """A month's number."""
    month = int(text)
    if month not in ALL_MONTHS:
        refuse(text, "ない月です")
    return month


def as_day(text: str, digits: str) -> date:
    """A date of eight digits."""
    if len(digits) != len("20260101"):
        refuse(text, "日付は8桁です")
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        refuse(text, "ない日付です")
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        refuse(text, "年が範囲外です")
    return day


def refuse(token: str, why: str) -> NoReturn:
    """A cell is read for certain or not at all."""
    raise RuleError(
        why,
        hint="月 木 ・ 水1 水3 ・ 第1・第3水曜 ・ 隔水20260107 ・ 20260115",
        place={"token": token[:40]},
    )
