"""How times of slots read in Japanese: `11月24日(火) 10:00`."""

from datetime import date, datetime
from typing import Final

from govline.core.jst import to_jst

__all__ = ["day_label", "time_label", "when"]

_WEEKDAYS: Final = "月火水木金土日"


def day_label(day: date) -> str:
    """`11月24日(火)`."""
    return f"{day.month}月{day.day}日({_WEEKDAYS[day.weekday()]})"


def time_label(instant: datetime) -> str:
    """`9:00`, as town halls print it."""
    wall = to_jst(instant)
    return f"{wall.hour}:{wall.minute:02d}"


def when(instant: datetime) -> str:
    """`11月24日(火) 10:00`."""
    return f"{day_label(to_jst(instant).date())} {time_label(instant)}"
