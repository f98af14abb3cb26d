"""When nothing can be booked: what stands in the way of this citizen, and what would help. Looks a month at a time, as far as it must."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from govline.calendar.availability import DayView
from govline.calendar.reasons import because
from govline.calendar.service import Calendar
from govline.core import CitizenId, Reason, Transaction
from govline.core.jst import to_jst

__all__ = ["days_ahead", "next_free", "why_nothing"]

_DAY: Final = timedelta(days=1)
_MONTH: Final = timedelta(days=31)
_MONTHS: Final = 12
_SAID: Final = 3
_MINE: Final = "GL-2107"
_OF_THE_SLOT: Final = ("GL-2102", "GL-2103", _MINE, "GL-2110", "GL-2115")


def days_ahead(
    tx: Transaction,
    calendar: Calendar,
    programme: str,
    *,
    party: int = 1,
    citizen: CitizenId | None = None,
    first: date | None = None,
) -> Iterator[DayView]:
    """The days of a year from today (or `first`) on; a month is looked at when the one before is used up."""
    begin = first or to_jst(tx.now).date()
    for number in range(_MONTHS):
        since = begin + number * _MONTH
        yield from calendar.days(tx, programme, since, since + _MONTH - _DAY, party=party, citizen=citizen)


def next_free(
    tx: Transaction, calendar: Calendar, programme: str, *, party: int, citizen: CitizenId | None
) -> DayView | None:
    """The first day of the coming year on which this citizen (or anybody) can book."""
    days = days_ahead(tx, calendar, programme, party=party, citizen=citizen)
    return next((day for day in days if day.bookable), None)


def why_nothing(
    tx: Transaction, calendar: Calendar, programme: str, *, party: int, citizen: CitizenId | None
) -> list[Reason]:
    """Why this citizen can book nothing, to be `worded`: their own reasons first, else when it opens, else that all is full."""
    free = next_free(tx, calendar, programme, party=party, citizen=None)
    if free is not None and citizen is not None:
        views = calendar.times(tx, programme, free.day, free.day, party=party, citizen=citizen)
        reasons = [reason for view in views for reason in view.reasons]
        own = [reason for reason in reasons if reason.code not in _OF_THE_SLOT]
        mine = [reason for reason in reasons if reason.code == _MINE]  # they have the only place that is left
        return [*{reason.text: reason for reason in own or mine}.values()][:_SAID]
    most = calendar.programme(programme).policy.max_party
    if most is not None and party > most:
        return [because("party", limit=most)]
    days = [*days_ahead(tx, calendar, programme, party=party)]
    opens = min((day.opens for day in days if day.opens is not None), default=None)
    if opens is not None:
        return [because("not_yet", until=opens)]
    full = any(day.state in ("full", "blocked", "short", "few", "open") for day in days)
    return [because("all_full" if full else "no_slots_ahead")]
