"""Counting in days on which the town's office is open."""

from datetime import date, timedelta
from typing import Final

from govline.core.holidays import HolidayCalendar
from govline.errors import InputError

__all__ = ["add_business_days", "business_days_between", "next_business_day"]

_DAY: Final = timedelta(days=1)
_MOST: Final = 10_000


def add_business_days(on: date, days: int, calendar: HolidayCalendar) -> date:
    """The `days`-th open day after `on` (before it where negative); the first day is not counted (民法140条).

    Args:
        on: Any day, open or not.
        days: At most 10,000 either way; 0 gives `on` itself.
        calendar: Which days are open.

    Raises:
        InputError: Too many days, or a year without known holidays.
    """
    if abs(days) > _MOST:
        raise InputError("too many business days", hint=f"at most {_MOST:,} either way")
    step = _DAY if days > 0 else -_DAY
    left = abs(days)
    while left:
        on += step
        left -= calendar.is_business_day(on)
    return on


def next_business_day(on: date, calendar: HolidayCalendar) -> date:
    """`on` itself where the office is open, else the next open day (deadlines: 地方自治法4条の2第4項, 民法142条)."""
    while not calendar.is_business_day(on):
        on += _DAY
    return on


def business_days_between(first: date, last: date, calendar: HolidayCalendar) -> int:
    """Open days after `first` up to and with `last`; negative where `last` is earlier.

    `business_days_between(d, add_business_days(d, n, c), c) == n` for every d and n.
    """
    if last < first:
        return -sum(calendar.is_business_day(last + _DAY * number) for number in range((first - last).days))
    return sum(
        calendar.is_business_day(first + _DAY * number) for number in range(1, (last - first).days + 1)
    )
