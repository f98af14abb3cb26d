"""When a campaign comes again: daily, on weekdays, on days of the month, aware of business days. Pure."""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, cast

from attrs import field, frozen

from govline.core.jst import JST
from govline.core.values import Json, frozen_tuple
from govline.errors import InputError

__all__ = ["Recurrence", "Shift"]

Shift = Literal["keep", "skip", "before", "after"]
"""What becomes of a day on which the office is closed: kept, left out, or moved to the business day before or after."""

_FAR: Final = 800  # days looked ahead: 29 February apart, every rule falls in it
_MOVED: Final = 15  # the longest run of closed days, with room
_DAY: Final = timedelta(days=1)


@frozen
class Recurrence:
    """A wall-clock time in Japan on certain days; every day where neither `weekdays` nor `days` are given.

    Args:
        at: Hour and minute in Asia/Tokyo.
        weekdays: 0 Monday to 6 Sunday. `nth`: only the first (1) to fifth, or last (-1), of them in a month.
        days: Of the month, 1 to 31; -1 for the last. A month without a 31st has none.
        shift: For days on which the office is closed. Two days that move to one are one.
        ends: The last day.

    Raises:
        InputError: GL-1089, days that do not exist or say two things.
    """

    at: time
    weekdays: tuple[int, ...] = field(default=(), converter=frozen_tuple)
    nth: tuple[int, ...] = field(default=(), converter=frozen_tuple)
    days: tuple[int, ...] = field(default=(), converter=frozen_tuple)
    shift: Shift = "keep"
    ends: date | None = None

    def __attrs_post_init__(self) -> None:
        known = (
            set(self.weekdays) <= set(range(7))
            and set(self.nth) <= {1, 2, 3, 4, 5, -1}
            and set(self.days) <= {-1, *range(1, 32)}
            and self.shift in ("keep", "skip", "before", "after")
        )
        if not known or (self.nth and not self.weekdays) or (self.weekdays and self.days):
            raise InputError(
                "no day fits this recurrence",
                code="GL-1089",
                hint="weekdays 0 to 6 (nth 1 to 5 or -1), or days 1 to 31 or -1, not both",
            )

    def next_after(self, moment: datetime, is_open: Callable[[date], bool]) -> datetime | None:
        """The first time behind `moment`, or None when it is over.

        Args:
            is_open: Whether the office is open on a day: `HolidayCalendar.is_business_day`.
        """
        first = moment.astimezone(JST).date()
        last = first + timedelta(days=_FAR)
        moved = {self._moved(day, is_open) for day in self._nominal(first - timedelta(days=_MOVED), last)}
        for day in sorted(day for day in moved if day is not None and day >= first):
            at = self.moment(day)
            if at > moment:
                return None if self.ends is not None and day > self.ends else at.astimezone(moment.tzinfo)
        return None

    def moment(self, day: date) -> datetime:
        """When it is on that day."""
        return datetime.combine(day, self.at, JST)

    def _nominal(self, first: date, last: date) -> Iterator[date]:
        day = first
        while day <= last:
            if self._falls_on(day):
                yield day
            day += _DAY

    def _falls_on(self, day: date) -> bool:
        length = monthrange(day.year, day.month)[1]
        if self.days:
            return day.day in self.days or (-1 in self.days and day.day == length)
        if not self.weekdays:
            return True
        places = {(day.day + 6) // 7, -1 if day.day > length - 7 else 0}
        return day.weekday() in self.weekdays and (not self.nth or bool(places & set(self.nth)))

    def _moved(self, day: date, is_open: Callable[[date], bool]) -> date | None:
        if self.shift == "keep" or is_open(day):
            return day
        if self.shift == "skip":
            return None
        step = -_DAY if self.shift == "before" else _DAY
        for _ in range(_MOVED):
            day += step
            if is_open(day):
                return day
        return None

    def to_json(self) -> dict[str, Json]:
        """Plain JSON, as plans keep it and approvals are bound to it."""
        return {
            "at": self.at.isoformat("minutes"),
            "weekdays": list(self.weekdays),
            "nth": list(self.nth),
            "days": list(self.days),
            "shift": self.shift,
            "ends": None if self.ends is None else self.ends.isoformat(),
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Json]) -> "Recurrence":
        """Of what `to_json` gave."""
        return cls(
            time.fromisoformat(facts["at"]),
            facts["weekdays"],
            facts["nth"],
            facts["days"],
            cast("Shift", facts["shift"]),
            None if facts["ends"] is None else date.fromisoformat(facts["ends"]),
        )
