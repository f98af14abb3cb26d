"""Pickup days of bulky waste (粗大ごみ): the coming days of an area and by when each must be applied for. Pure."""

from collections.abc import Iterable
from datetime import date

from attrs import field, frozen

from govline.calendar.garbage.model import CollectionDay
from govline.core import frozen_tuple
from govline.core.business_days import add_business_days
from govline.core.holidays import HolidayCalendar

__all__ = ["Bulky", "Pickup", "pickups"]


@frozen
class Bulky:
    """How a town picks up bulky waste.

    Args:
        kinds: Kinds of the calendar that are picked up on application; every kind with 粗大 in its label where empty.
        apply_before: Business days between the last day to apply and the pickup; 0 where nobody need apply.
        how: How to apply, as citizens read it (a telephone number, an address on the web).
        holidays: Days on which the town's office is closed; the official ones where omitted.
    """

    kinds: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    apply_before: int = 0
    how: str = ""
    holidays: HolidayCalendar = field(factory=HolidayCalendar.official, repr=False)

    def is_bulky(self, kind: str) -> bool:
        """Whether this kind is picked up on application."""
        return kind in self.kinds if self.kinds else "粗大" in kind


@frozen
class Pickup:
    """A pickup day, its kinds, and the last day to apply for it; None where nobody need apply."""

    day: date
    kinds: tuple[str, ...] = field(converter=frozen_tuple)
    apply_by: date | None = None


def pickups(days: Iterable[CollectionDay], bulky: Bulky, today: date, *, most: int) -> list[Pickup]:
    """The next days that can still be applied for on `today`, at most so many; `days` in order."""
    found: list[Pickup] = []
    for each in days:
        kinds = [kind for kind in each.kinds if bulky.is_bulky(kind)]
        by = add_business_days(each.day, -bulky.apply_before, bulky.holidays) if bulky.apply_before else None
        if kinds and today <= (by or each.day) and len(found) < most:
            found.append(Pickup(each.day, kinds, by))
    return found
