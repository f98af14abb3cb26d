"""Dates as a Japanese town counts them: Japan time, fiscal years, ages and school grades."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from govline.core.clock import Clock, aware
from govline.errors import InputError

__all__ = [
    "GRADES",
    "JST",
    "age_at",
    "fiscal_year",
    "fiscal_year_start",
    "legal_age_at",
    "school_grade",
    "school_year",
    "to_jst",
    "today",
]

JST: Final = ZoneInfo("Asia/Tokyo")
GRADES: Final = (
    *("年少", "年中", "年長"),
    *("小1", "小2", "小3", "小4", "小5", "小6"),
    *("中1", "中2", "中3"),
    *("高1", "高2", "高3"),
)
"""Names of `school_grade`, youngest first; the first is school year -3."""

_APRIL: Final = 4
_DAY: Final = timedelta(days=1)


def to_jst(instant: datetime) -> datetime:
    """The same instant on a Japanese clock.

    Raises:
        InputError: GL-0003, a naive datetime.
    """
    return aware(instant).astimezone(JST)


def today(clock: Clock) -> date:
    """The date in Japan at the clock's present instant."""
    return to_jst(clock.now()).date()


def fiscal_year(on: date) -> int:
    """The fiscal year (年度, 1 April to 31 March; 地方自治法208条), named by the year it begins in."""
    return on.year if on.month >= _APRIL else on.year - 1


def fiscal_year_start(year: int) -> date:
    """1 April of the fiscal year."""
    return date(year, _APRIL, 1)


def age_at(birth: date, on: date) -> int:
    """Age in full years as towns ask in forms: one older on the birthday; born on 29 February: 1 March in common years.

    Raises:
        InputError: `on` is before `birth`.
    """
    if on < birth:
        raise InputError("a date before the date of birth", hint="swap birth and on, or check the year")
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def legal_age_at(birth: date, on: date) -> int:
    """Age in full years as the law counts: one older at the end of the day **before** the birthday.

    A rule "on the day one reaches 65" means that day. Source: 年齢計算ニ関スル法律, 民法143条
    (born on 29 February: 28 February in every year).

    Raises:
        InputError: `on` is before `birth`.
    """
    if on < birth:
        raise InputError("a date before the date of birth", hint="swap birth and on, or check the year")
    return age_at(birth, on + _DAY)


def school_year(birth: date, on: date) -> int:
    """Fiscal years since entering primary school at the legal age: 0 is 小1, -1 is 年長, 9 is 高1.

    A child enters on the first 1 April after the day on which it reaches 6; born on 1 April it reaches 6 on 31 March and so
    belongs to the earlier year. Source: 学校教育法17条 with 年齢計算ニ関スル法律. Delayed or early schooling is not known here.
    """
    return fiscal_year(on) - (fiscal_year(birth - _DAY) + 7)


def school_grade(birth: date, on: date) -> str | None:
    """The grade of that age (年少, 小1, 中3, 高3 …), or None before 年少 and after 高3; see `school_year`."""
    place = school_year(birth, on) + 3
    return GRADES[place] if 0 <= place < len(GRADES) else None
