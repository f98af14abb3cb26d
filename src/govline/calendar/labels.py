"""How times of slots read: `11月24日(火) 10:00`, `Tue 24 Nov 10:00`."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from govline.core.jst import to_jst

__all__ = ["WEEK", "date_label", "day_label", "month_label", "short_when", "time_label", "when", "when_in"]

_WEEKDAYS: Final = "月火水木金土日"
_ENGLISH: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEK: Final[Mapping[str, tuple[str, ...]]] = {
    "ja": tuple("日月火水木金土"),
    "en": ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"),
}
"""The days of a week from Sunday on, as calendars here are printed."""


def day_label(day: date, locale: str = "ja") -> str:
    """`11月24日(火)`; `Tue 24 Nov` in English."""
    if locale == "en":
        return f"{_ENGLISH[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"
    return f"{day.month}月{day.day}日({_WEEKDAYS[day.weekday()]})"


def date_label(day: date, locale: str = "ja") -> str:
    """`2027年3月31日`, with its year; `31 Mar 2027` in English."""
    if locale == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def month_label(day: date, locale: str = "ja") -> str:
    """`2026年11月`; `Nov 2026` in English."""
    return f"{_MONTHS[day.month - 1]} {day.year}" if locale == "en" else f"{day.year}年{day.month}月"


def time_label(instant: datetime) -> str:
    """`9:00`, as town halls print it."""
    wall = to_jst(instant)
    return f"{wall.hour}:{wall.minute:02d}"


def short_when(instant: datetime, locale: str = "ja") -> str:
    """`11/24 10:00`, for a button; `24 Nov 10:00` in English."""
    wall = to_jst(instant)
    day = f"{wall.day} {_MONTHS[wall.month - 1]}" if locale == "en" else f"{wall.month}/{wall.day}"
    return f"{day} {time_label(instant)}"


def when(instant: datetime) -> str:
    """`11月24日(火) 10:00`."""
    return when_in(instant, "ja")


def when_in(instant: datetime, locale: str) -> str:
    """The same in another language."""
    return f"{day_label(to_jst(instant).date(), locale)} {time_label(instant)}"
