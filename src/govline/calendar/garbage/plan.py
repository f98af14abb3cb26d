"""From rules to the days that hold: closures drop or shift days, exceptions cancel, move or add single ones. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Literal

from attrs import field, frozen

from govline.calendar.garbage.rules import On, Rule, Term
from govline.core import frozen_tuple

__all__ = ["Closing", "DayChange", "Laid", "Span", "lay_out"]

Span = tuple[date, date]
Closing = Literal["drop", "shift"]

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


@frozen
class DayChange:
    """A row of a town's table of exceptions.

    Args:
        day: The collection day that changes.
        action: `cancelled`, `moved` (to `moved_to`), or `extra` (a day that no rule has).
        area: The area, "" for every one. `kind`: the kind, "" for every one collected that day.
    """

    day: date
    action: Literal["cancelled", "moved", "extra"]
    area: str = ""
    kind: str = ""
    moved_to: date | None = None


@frozen
class Laid:
    """Collection days of one kind in one area.

    Args:
        days: In order, each once.
        changed: Days on which the rule has a collection and the town has none, each with the day it was moved to.
    """

    days: tuple[date, ...] = field(converter=frozen_tuple)
    changed: tuple[tuple[date, date | None], ...] = field(default=(), converter=frozen_tuple)


def lay_out(
    rule: Rule,
    first: date,
    last: date,
    *,
    closed: Sequence[Span] = (),
    changes: Iterable[DayChange] = (),
    closing: Closing = "drop",
    reach: Span | None = None,
) -> Laid:
    """The days from `first` to `last`, both included.

    Args:
        rule: What the cell says.
        closed: Spans in which the area's centre collects nothing. Explicit dates of the cell stand nevertheless, as in 5374.jp.
        changes: Exceptions of this kind and area; they win over rule and closures.
        closing: `drop` leaves closed days out (5374's SkipSuspend); `shift` moves a closed day and the later days of that term in
            the month by a week, and leaves out what thereby leaves the month or meets a closed day (5374's WeekShift).
        reach: Where a moved day may go; from `first` to `last` where omitted.
    """
    changes = list(changes)
    if not closed and not changes:
        return Laid(rule.between(first, last))
    planned = set(rule.between(first, last))
    shifted: dict[date, date] = {}
    days = (
        set(_open(rule, first, last, closed, shifted if closing == "shift" else None)) if closed else planned
    )
    days, moved = _changed(rule, days, changes, reach or (first, last))
    gone = sorted(planned - days)
    return Laid(sorted(days), [(day, moved.get(day, shifted.get(day))) for day in gone])


def _changed(
    rule: Rule, days: set[date], changes: Sequence[DayChange], reach: Span
) -> tuple[set[date], dict[date, date]]:
    off: set[date] = set()
    added: set[date] = set()
    moved: dict[date, date] = {}
    for change in changes:
        if change.action == "extra":
            added.add(change.day)
            continue
        off.add(change.day)
        if change.moved_to is not None and (change.day in days or rule.between(change.day, change.day)):
            added.add(change.moved_to)
            moved[change.day] = change.moved_to
    return (days - off) | {day for day in added if reach[0] <= day <= reach[1]}, moved


def _open(
    rule: Rule, first: date, last: date, closed: Sequence[Span], shifted: dict[date, date] | None
) -> Iterator[date]:
    for term in rule.terms:
        if isinstance(term, On):
            yield from _days(term, first, last)
        elif shifted is None:
            yield from (day for day in _days(term, first, last) if not _is_closed(day, closed))
        else:
            yield from (day for day in _shifted(term, first, last, closed, shifted) if first <= day <= last)


def _shifted(
    term: Term, first: date, last: date, closed: Sequence[Span], shifted: dict[date, date]
) -> Iterator[date]:
    """Whole months, because a day before `first` may push the later ones of its month."""
    pushed = (0, 0)
    for day in _days(term, first.replace(day=1), _month_end(last)):
        month = (day.year, day.month)
        if pushed != month and _is_closed(day, closed):
            pushed = month
        if pushed != month:
            yield day
            continue
        later = day + _WEEK
        if later.month == day.month and not _is_closed(later, closed):
            shifted[day] = later
            yield later


def _days(term: Term, first: date, last: date) -> Iterable[date]:
    return map(date.fromordinal, term.ordinals(first.toordinal(), last.toordinal()))


def _is_closed(day: date, closed: Sequence[Span]) -> bool:
    return any(begin <= day <= end for begin, end in closed)


def _month_end(day: date) -> date:
    return (day.replace(day=28) + 4 * _DAY).replace(day=1) - _DAY
