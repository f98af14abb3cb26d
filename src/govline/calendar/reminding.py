"""When a booking is reminded of: each of several reminders, and never in the town's quiet hours. Pure."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Protocol

from govline.calendar.model import Reminder
from govline.core.jst import JST, to_jst

__all__ = ["Quiet", "reminder_due", "reminders_ahead"]

_DAY = timedelta(days=1)


class Quiet(Protocol):
    """The town's quiet hours, as `govline.store.policies.QuietHours` has them."""

    @property
    def start(self) -> time:
        """When they begin."""
        ...

    def until(self, now: datetime) -> datetime | None:
        """The end of the quiet time that `now` lies in, or None."""
        ...


def reminder_due(reminder: Reminder, starts: datetime) -> datetime:
    """The instant of the reminder for a slot that starts at `starts`."""
    if reminder.hours_before is not None:
        return starts - timedelta(hours=reminder.hours_before)
    day = to_jst(starts).date() - timedelta(days=reminder.days_before or 0)
    return datetime.combine(day, reminder.at, JST)


def reminders_ahead(
    reminders: Iterable[Reminder], starts: datetime, now: datetime, quiet: Quiet | None = None
) -> dict[int, datetime]:
    """When the citizen is reminded after `now`, by the reminder's place in the programme; empty where every time has passed.

    A reminder that falls into quiet hours waits for their end; where the slot has begun by then, it comes before they begin.
    Of several at one instant the first stands.
    """
    due = [_awake(reminder_due(each, starts), starts, quiet) for each in reminders]
    return {n: each for n, each in enumerate(due) if now < each < starts and each not in due[:n]}


def _awake(due: datetime, starts: datetime, quiet: Quiet | None) -> datetime:
    end = quiet.until(due) if quiet is not None else None
    if quiet is None or end is None:
        return due
    if end < starts:
        return end
    wall = to_jst(due)
    begins = datetime.combine(wall.date(), quiet.start, JST)
    begins = begins if begins <= wall else begins - _DAY
    return begins - timedelta(minutes=1)
