"""At which hours notices go out: the evening before or the same morning, and never in the town's quiet hours. Pure."""

from datetime import date, datetime, time, timedelta
from typing import Final, Protocol

from attrs import evolve, frozen

from govline.calendar.garbage.model import HOURS, Setting
from govline.core.jst import JST, to_jst

__all__ = ["NoticeHours", "Quiet"]

_ANY_DAY: Final = date(2026, 1, 1)
_DAY: Final = timedelta(days=1)
_SHOWN: Final[dict[int, tuple[int, ...]]] = {1: (18, 20), 0: (6, 7)}


class Quiet(Protocol):
    """The town's quiet hours, as `govline.store.policies.QuietHours` has them; equal `start` and `end` mean never."""

    @property
    def start(self) -> time:
        """When they begin."""
        ...

    def until(self, now: datetime) -> datetime | None:
        """The end of the quiet time that `now` lies in, or None."""
        ...


@frozen
class NoticeHours:
    """The hours of a town.

    Args:
        quiet: Its quiet hours; None where it has none.
    """

    quiet: Quiet | None = None

    def is_quiet(self, now: datetime) -> bool:
        """Whether nobody may be told anything at this instant."""
        return self.quiet is not None and self.quiet.until(now) is not None

    def next_quiet(self, now: datetime) -> datetime | None:
        """When the next quiet time begins, seen from a time that is not quiet; None where there is none."""
        if self.quiet is None:
            return None
        wall = to_jst(now)
        begins = datetime.combine(wall.date(), self.quiet.start, JST)
        begins = begins if begins > wall else begins + _DAY
        return begins if self.is_quiet(begins) else None

    def allowed(self, lead: int) -> tuple[int, ...]:
        """Hours at which notices go out, of the evening before (1) or the same morning (0)."""
        return tuple(
            hour
            for hour in HOURS.get(lead, ())
            if not self.is_quiet(datetime.combine(_ANY_DAY, time(hour), JST))
        )

    def offered(self, lead: int) -> tuple[int, ...]:
        """The few hours that a menu shows."""
        allowed = self.allowed(lead)
        usual = tuple(hour for hour in _SHOWN[lead] if hour in allowed)
        return usual or (allowed[-2:] if lead else allowed[:2])

    def told_at(self, lead: int, hour: int) -> int | None:
        """The hour at which a wish is fulfilled: its own, or where that is quiet the next one.

        An evening's moves before the quiet time, a morning's behind it, and the other way where that side has none.

        Returns:
            None where the town has no hour for this lead.
        """
        allowed = self.allowed(lead)
        before = [each for each in allowed if each <= hour]
        after = [each for each in allowed if each >= hour]
        near = (before[-1:] or after[:1]) if lead else (after[:1] or before[-1:])
        return near[0] if near else None

    def asked(self, lead: int, first: int, last: int) -> tuple[int, int] | None:
        """From which to which asked hour the wishes lie that are fulfilled from `first` to `last`; None where none are."""
        hours = [
            hour
            for hour in HOURS[lead]
            if (told := self.told_at(lead, hour)) is not None and first <= told <= last
        ]
        return (hours[0], hours[-1]) if hours else None

    def fitting(self, setting: Setting) -> Setting:
        """The setting, its hour moved out of the quiet time where the town has another for it."""
        told = self.told_at(setting.days_before, setting.hour)
        return setting if told is None else evolve(setting, hour=told)

    def allows(self, setting: Setting) -> bool:
        """Whether a notice may go out at the setting's own hour."""
        return setting.hour in self.allowed(setting.days_before)
