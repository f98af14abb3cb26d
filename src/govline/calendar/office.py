"""When staff can be asked: the town's office hours, and outside them when they begin again. Pure."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final

from attrs import field, frozen
from pydantic import BaseModel, ConfigDict, Field, field_validator

from govline.calendar.written import DateSpan, Listed, TimeSpan
from govline.core import frozen_tuple
from govline.core.jst import JST, to_jst

__all__ = ["Office", "OfficeConfig"]

_LOOK: Final = 60


@frozen
class Office:
    """Hours in which staff answer, on business days.

    Args:
        hours: From when to when, Asia/Tokyo.
        closed: Inclusive spans of days on which nobody is there besides (年末年始).
    """

    hours: tuple[tuple[time, time], ...] = field(
        default=((time(8, 30), time(17, 15)),), converter=frozen_tuple
    )
    closed: tuple[tuple[date, date], ...] = field(default=(), converter=frozen_tuple)

    @property
    def text(self) -> str:
        """`8:30〜17:15`, as town halls print it."""
        return "、".join(f"{_clock(begin)}〜{_clock(end)}" for begin, end in self.hours)

    def is_open(self, now: datetime, business_day: Callable[[date], bool]) -> bool:
        """Whether staff can be asked now."""
        wall = to_jst(now)
        there = self._works(wall.date(), business_day)
        return there and any(begin <= wall.time() < end for begin, end in self.hours)

    def next_opening(self, now: datetime, business_day: Callable[[date], bool]) -> datetime | None:
        """When staff can be asked next, after `now`; None where that is more than two months away."""
        today = to_jst(now).date()
        days = (today + timedelta(days=n) for n in range(_LOOK))
        openings = (
            datetime.combine(day, begin, JST)
            for day in days
            if self._works(day, business_day)
            for begin, _ in sorted(self.hours)
        )
        return next((opening for opening in openings if opening > now), None)

    def _works(self, day: date, business_day: Callable[[date], bool]) -> bool:
        return business_day(day) and not any(first <= day <= last for first, last in self.closed)


class OfficeConfig(BaseModel):
    """Office hours in `city.yaml`: `office: {hours: 8:30-17:15, closed: 2026-12-29/2027-01-03}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hours: Annotated[list[TimeSpan], Listed] = Field(default=[(time(8, 30), time(17, 15))], min_length=1)
    closed: Annotated[list[DateSpan], Listed] = []

    @field_validator("hours")
    @classmethod
    def _in_order(cls, value: list[tuple[time, time | None]]) -> list[tuple[time, time | None]]:
        if any(end is None or end <= begin for begin, end in value):
            raise ValueError("開庁時間は 8:30-17:15 のように、始まりと終わりを書いてください")
        return value

    def office(self) -> Office:
        """As the actions know it."""
        return Office([(begin, end) for begin, end in self.hours if end is not None], self.closed)


def _clock(at: time) -> str:
    return f"{at.hour}:{at.minute:02d}"
