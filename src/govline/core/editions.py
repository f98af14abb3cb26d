"""年度更新: data with effective dates. Which edition holds on a day, where there is a gap, when the last one runs out."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final, Generic, TypeVar

from attrs import frozen

from govline.errors import InputError

__all__ = ["Edition", "gaps", "in_force", "last_day"]

T = TypeVar("T")
_DAY: Final = timedelta(days=1)


@frozen
class Edition(Generic[T]):
    """Something that holds from a first day to a last one, both included; without a last day until further notice.

    Raises:
        InputError: GL-0005 it ends before it begins.
    """

    value: T
    first: date
    last: date | None = None

    def __attrs_post_init__(self) -> None:
        if self.last is not None and self.last < self.first:
            raise InputError("an edition ends before it begins", code="GL-0005", hint="first, then last day")

    def holds(self, day: date) -> bool:
        """Whether it holds on this day."""
        return self.first <= day and (self.last is None or day <= self.last)


def in_force(editions: Iterable[Edition[T]], day: date) -> Edition[T] | None:
    """The edition of a day; where several hold, the one that began last: next year's table over this year's."""
    return max((each for each in editions if each.holds(day)), key=lambda each: each.first, default=None)


def gaps(editions: Sequence[Edition[T]], first: date, last: date) -> list[tuple[date, date]]:
    """Spans of days, both ends included, for which no edition holds."""
    found: list[tuple[date, date]] = []
    day = first
    for each in sorted(editions, key=lambda one: one.first):
        if each.first > last or day > last:
            break
        if each.first > day:
            found.append((day, each.first - _DAY))
        if each.last is None:
            return found
        day = max(day, each.last + _DAY)
    return [*found, (day, last)] if day <= last else found


def last_day(editions: Sequence[Edition[T]], today: date) -> date | None:
    """The last day from today on without a gap; None where it goes on until further notice, yesterday where nothing holds."""
    day = today - _DAY
    for each in sorted(editions, key=lambda one: one.first):
        if each.first > day + _DAY:
            break
        if each.last is None:
            return None
        day = max(day, each.last)
    return day
