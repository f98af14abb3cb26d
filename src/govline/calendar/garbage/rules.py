"""When one kind of rubbish is collected: a rule is a few terms, dates come by arithmetic on day numbers.

`Rule.parse` reads the cells of 5374.jp files (`月 木`, `水1 水3:4 5 6`, `隔水20260107`) and how town halls write in prose
(第1・第3水曜, 毎週火・金曜日). It never guesses: what it does not know it refuses, and says which token.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import chain

from attrs import field, frozen

from govline.core import frozen_tuple
from govline.errors import InputError

__all__ = ["ALL_MONTHS", "LAST", "WEEKDAYS", "Every", "Nth", "On", "Rule", "RuleError", "Term", "Weekly"]

WEEKDAYS = "月火水木金土日"
ALL_MONTHS = frozenset(range(1, 13))
LAST = -1
"""The n of the last such weekday of a month, as in RFC 5545."""
_WEEK = 7


class RuleError(InputError):
    """A cell that cannot be read for certain; `place["token"]` names the part."""

    code = "GL-2020"


@frozen
class Weekly:
    """Every week on this weekday (Monday is 0), in these months."""

    weekday: int
    months: frozenset[int] = ALL_MONTHS

    def ordinals(self, first: int, last: int) -> Iterator[int]:
        """Day numbers (`date.toordinal`) in `[first, last]`."""
        start = first + (self.weekday + 1 - first) % _WEEK  # ordinal 1 is a Monday
        return _in_months(range(start, last + 1, _WEEK), self.months)

    def __str__(self) -> str:
        return f"毎週{WEEKDAYS[self.weekday]}曜"


@frozen
class Nth:
    """The n-th such weekday of each of these months, or the last one; a month without a fifth has none."""

    weekday: int
    n: int
    months: frozenset[int] = ALL_MONTHS

    def ordinals(self, first: int, last: int) -> Iterator[int]:
        """Day numbers in `[first, last]`, in the order of the months as they are kept."""
        of_next = self.n == LAST
        offset = -_WEEK if of_next else (self.n - 1) * _WEEK
        for year in range(date.fromordinal(first).year, date.fromordinal(last).year + 1):
            starts = _month_starts(year)
            for month in self.months:
                start = starts[month - 1 + of_next]
                day = start + (self.weekday + 1 - start) % _WEEK + offset
                if first <= day <= last and day < starts[month]:
                    yield day

    def __str__(self) -> str:
        which = "最終" if self.n == LAST else f"第{self.n}"
        return f"{which}{WEEKDAYS[self.weekday]}曜"


@frozen
class Every:
    """Every so many weeks from an anchor on, the anchor included; nothing before it."""

    weeks: int
    anchor: date
    months: frozenset[int] = ALL_MONTHS

    def ordinals(self, first: int, last: int) -> Iterator[int]:
        """Day numbers in `[first, last]`."""
        anchor, step = self.anchor.toordinal(), self.weeks * _WEEK
        start = max(anchor, first + (anchor - first) % step)
        return _in_months(range(start, last + 1, step), self.months)

    def __str__(self) -> str:
        weekday = WEEKDAYS[self.anchor.weekday()]
        return f"隔週{weekday}曜" if self.weeks == 2 else f"{self.weeks}週ごとの{weekday}曜"


@frozen
class On:
    """One date."""

    day: date

    def ordinals(self, first: int, last: int) -> Iterator[int]:
        """Its day number, if in `[first, last]`."""
        ordinal = self.day.toordinal()
        return iter((ordinal,) if first <= ordinal <= last else ())

    def __str__(self) -> str:
        return f"{self.day.year}年{self.day.month}月{self.day.day}日"


Term = Weekly | Nth | Every | On


@frozen
class Rule:
    """The days of one kind in one area: the union of its terms.

    Args:
        terms: In the order written.
        remarks: Ids of remarks (`*3`).
        warnings: What looks wrong in the text although it can be read: an anchor on another weekday, a repeated token.
    """

    terms: tuple[Term, ...] = field(converter=frozen_tuple)
    remarks: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    warnings: tuple[str, ...] = field(default=(), converter=frozen_tuple)

    @classmethod
    def parse(cls, text: str) -> "Rule":
        """The rule of a cell.

        Raises:
            RuleError: GL-2020 with the token that cannot be read and why.
        """
        from govline.calendar.garbage.grammar import parse

        return parse(text)

    def between(self, first: date, last: date) -> list[date]:
        """Collection days from `first` to `last`, both included, in order, each once."""
        low, high = first.toordinal(), last.toordinal()
        if high < low:
            return []
        if len(self.terms) == 1:
            return list(map(date.fromordinal, sorted(self.terms[0].ordinals(low, high))))
        days = set(chain.from_iterable(term.ordinals(low, high) for term in self.terms))
        return list(map(date.fromordinal, sorted(days)))

    def to_rrule(self) -> tuple[str, ...]:
        """RRULE values (RFC 5545) whose union this rule is, `DTSTART` being a day of the rule.

        Raises:
            RuleError: GL-2020, a part has no RRULE: a single date (an RDATE), an interval limited to months.
        """
        from govline.calendar.garbage.recurrence import recurrences

        parts = recurrences(self)
        if not all(part.rrule for part in parts):
            raise RuleError("RRULE では表せません", place={"token": str(self)[:40]})
        return tuple(part.rrule for part in parts)

    def __str__(self) -> str:
        return "・".join(map(_with_months, self.terms))


@lru_cache(maxsize=256)
def _month_starts(year: int) -> tuple[int, ...]:
    """Day numbers of the twelve firsts, and of the day after the year."""
    firsts = (date(year, month, 1).toordinal() for month in range(1, 13))
    return (*firsts, date(year, 12, 31).toordinal() + 1)


def _in_months(ordinals: Iterable[int], months: frozenset[int]) -> Iterator[int]:
    if months == ALL_MONTHS:
        return iter(ordinals)
    return (day for day in ordinals if date.fromordinal(day).month in months)


def _with_months(term: Term) -> str:
    months = getattr(term, "months", ALL_MONTHS)
    if months == ALL_MONTHS:
        return str(term)
    return f"{term}({'・'.join(map(str, sorted(months)))}月)"
