"""When each kind is collected in each area, worked out from rules, closures and exceptions alone.

It shares the reading of a cell with the code under test, and nothing behind it: neither the arithmetic of dates, nor how days are
laid out, nor how one calendar follows another, nor who is told.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

from attrs import frozen

from govline.calendar.garbage.editions import Book, Edition, PlainArea
from govline.calendar.garbage.plan import DayChange
from govline.calendar.garbage.rules import LAST, Every, On, Rule, Term, Weekly
from govline.core.text import normalize

__all__ = ["Almanac", "Off"]

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_BEFORE = timedelta(days=100)

_rule = lru_cache(maxsize=20_000)(Rule.parse)


@frozen
class Off:
    """A day on which a kind would be collected and is not; `moved_to` where it is collected instead."""

    area: str
    day: date
    kind: str
    moved_to: date | None


class Almanac:
    """The collection days of a town from `first` to `last`.

    Args:
        book: The town's calendars, as they stood before the rehearsal.
    """

    def __init__(self, book: Book, first: date, last: date) -> None:
        self.first, self.last = first, last
        self._book = book
        self._days: dict[str, dict[date, set[str]]] = {}
        self._offs: dict[str, list[Off]] = {}

    def days(self, area: str) -> dict[date, set[str]]:
        """Kinds by collection day of an area."""
        self._work_out(area)
        return self._days[area]

    def offs(self, area: str) -> list[Off]:
        """What is cancelled or moved in an area."""
        self._work_out(area)
        return self._offs[area]

    def by_kind(self, area: str) -> dict[str, list[date]]:
        """Collection days by kind, in order."""
        found: dict[str, list[date]] = {}
        for day, kinds in sorted(self.days(area).items()):
            for kind in kinds:
                found.setdefault(kind, []).append(day)
        return found

    def kinds_on(self, area: str, day: date) -> list[str]:
        """Kinds that the calendar of a day has for an area."""
        return [kind for own in self._on(day).areas if own.name == area for kind, _ in own.cells]

    def rule_on(self, area: str, kind: str, day: date) -> Rule | None:
        """The rule of a kind in the calendar that holds on a day."""
        cells = dict(next((own.cells for own in self._on(day).areas if own.name == area), ()))
        return _rule(cells[kind]) if kind in cells else None

    def _on(self, day: date) -> Edition:
        """For a while goes before for good; then the one that began last."""
        holding = [each for each in self._book.staged if each.starts is not None and each.starts <= day]
        passing = [each for each in holding if each.ends is not None and day <= each.ends]
        lasting = [each for each in holding if each.ends is None]
        for some in (passing, lasting):
            if some:
                return max(some, key=lambda each: each.starts or date.min)
        return self._book.base

    def _work_out(self, area: str) -> None:
        if area in self._days:
            return
        days: dict[date, set[str]] = {}
        offs: set[Off] = set()
        for edition, held in self._held():
            for own in edition.areas:
                for kind, cell in own.cells if own.name == area else ():
                    planned, taken, moved = self._of_cell(edition, own, kind, _rule(cell), held)
                    for day in taken:
                        days.setdefault(day, set()).add(kind)
                    offs |= {Off(area, day, kind, moved.get(day)) for day in planned - taken}
        within = {day: kinds for day, kinds in days.items() if self.first <= day <= self.last}
        self._days[area] = within
        self._offs[area] = sorted(
            (
                off
                for off in offs
                if self.first <= off.day <= self.last and off.kind not in within.get(off.day, ())
            ),
            key=lambda off: (off.day, off.kind),
        )

    def _held(self) -> Iterator[tuple[Edition, set[date]]]:
        held: dict[int, set[date]] = {}
        editions = [self._book.base, *self._book.staged]
        day = self.first - _BEFORE
        while day <= self.last:
            held.setdefault(id(self._on(day)), set()).add(day)
            day += _DAY
        for edition in editions:
            if days := held.get(id(edition)):
                yield edition, days

    def _of_cell(
        self, edition: Edition, area: PlainArea, kind: str, rule: Rule, held: set[date]
    ) -> tuple[set[date], set[date], dict[date, date]]:
        """Days that the rule has, days on which it is collected, and where days went."""
        closed = [(each.first, each.last) for each in edition.closures if each.center == area.center]
        planned: set[date] = set()
        taken: set[date] = set()
        moved: dict[date, date] = {}
        for term in rule.terms:
            hits = self._hits(term)
            planned |= hits & held
            if isinstance(term, On) or not closed:
                taken |= hits & held
            elif self._book.closing == "drop":
                taken |= {day for day in hits & held if not _shut(day, closed)}
            else:
                pushed = dict(_pushed(hits, closed))
                taken |= {to for to in pushed.values() if to in held}
                moved |= {day: to for day, to in pushed.items() if day != to}
        self._change(_fitting(edition.changes, area.name, kind), planned, taken, moved, held)
        return planned, taken, moved

    def _change(
        self,
        changes: Sequence[DayChange],
        planned: set[date],
        taken: set[date],
        moved: dict[date, date],
        held: set[date],
    ) -> None:
        before = frozenset(taken)
        own = [each for each in changes if each.day in held]
        for change in own:
            if change.action != "extra":
                taken.discard(change.day)
        for change in own:
            if change.action == "extra":
                taken.add(change.day)
            elif change.moved_to is not None and change.day in before | planned:
                taken.add(change.moved_to)
                moved[change.day] = change.moved_to

    def _hits(self, term: Term) -> set[date]:
        """Whole months, because a closed day may push the later ones of its month."""
        first = (self.first - _BEFORE).replace(day=1)
        last = (self.last.replace(day=28) + 4 * _DAY).replace(day=1) - _DAY
        return set(_days_of(term, first, last))


@lru_cache(maxsize=5_000)
def _days_of(term: Term, first: date, last: date) -> frozenset[date]:
    """Every day on which a term falls, found by asking each day."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return frozenset(day for day in days if _falls(term, day))


def _falls(term: Term, day: date) -> bool:
    if isinstance(term, On):
        return day == term.day
    if day.month not in term.months:
        return False
    if isinstance(term, Every):
        return day >= term.anchor and (day - term.anchor).days % (7 * term.weeks) == 0
    if day.weekday() != term.weekday:
        return False
    if isinstance(term, Weekly):
        return True
    return (day + _WEEK).month != day.month if term.n == LAST else (day.day + 6) // 7 == term.n


def _pushed(hits: set[date], closed: Sequence[tuple[date, date]]) -> Iterator[tuple[date, date]]:
    """Where each day goes when closed days push the rest of their month by a week; what leaves the month is lost."""
    months = {(day.year, day.month) for day in hits}
    for month in months:
        own = sorted(day for day in hits if (day.year, day.month) == month)
        shut = next((day for day in own if _shut(day, closed)), None)
        for day in own:
            to = day if shut is None or day < shut else day + _WEEK
            if to == day or (to.month == day.month and not _shut(to, closed)):
                yield day, to


def _shut(day: date, closed: Sequence[tuple[date, date]]) -> bool:
    return any(first <= day <= last for first, last in closed)


def _fitting(changes: Sequence[DayChange], area: str, kind: str) -> list[DayChange]:
    return [
        each
        for each in changes
        if normalize(each.area) in ("", normalize(area)) and normalize(each.kind) in ("", normalize(kind))
    ]
