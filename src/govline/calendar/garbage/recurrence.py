"""Rules as RFC 5545 recurrences, for calendars that citizens subscribe to. Pure."""

from collections.abc import Iterable, Iterator

from attrs import field, frozen

from govline.calendar.garbage.rules import ALL_MONTHS, Every, Nth, Rule, Term, Weekly
from govline.core import frozen_tuple

__all__ = ["Recurrence", "recurrences"]

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@frozen
class Recurrence:
    """Terms of a rule that one RRULE says.

    Args:
        rrule: Its value; "" where RFC 5545 has none (single dates, an interval limited to months): list the days instead.
        terms: The terms it stands for. `DTSTART` must be one of their days: an interval counts from it.
    """

    rrule: str
    terms: tuple[Term, ...] = field(converter=frozen_tuple)

    @property
    def rule(self) -> Rule:
        """These terms alone."""
        return Rule(self.terms)


def recurrences(rule: Rule) -> tuple[Recurrence, ...]:
    """A rule as recurrences whose union it is: weekdays together, n-th weekdays together, each interval alone, dates last."""
    weekly: dict[frozenset[int], list[Term]] = {}
    monthly: dict[frozenset[int], list[Term]] = {}
    alone: list[Recurrence] = []
    listed: list[Term] = []
    for term in dict.fromkeys(rule.terms):
        if isinstance(term, Weekly):
            weekly.setdefault(term.months, []).append(term)
        elif isinstance(term, Nth):
            monthly.setdefault(term.months, []).append(term)
        elif isinstance(term, Every) and term.months == ALL_MONTHS:
            alone.append(Recurrence(f"FREQ=WEEKLY;INTERVAL={term.weeks}", [term]))
        else:
            listed.append(term)
    found = [*_grouped("WEEKLY", weekly), *_grouped("MONTHLY", monthly), *alone]
    return (*found, Recurrence("", listed)) if listed else tuple(found)


def _grouped(frequency: str, groups: dict[frozenset[int], list[Term]]) -> Iterator[Recurrence]:
    for months, terms in groups.items():
        limit = "" if months == ALL_MONTHS else f";BYMONTH={','.join(map(str, sorted(months)))}"
        yield Recurrence(f"FREQ={frequency};BYDAY={','.join(_by_day(terms))}{limit}", terms)


def _by_day(terms: Iterable[Term]) -> Iterator[str]:
    for term in terms:
        if isinstance(term, Nth):
            yield f"{term.n}{_DAYS[term.weekday]}"
        elif isinstance(term, Weekly):
            yield _DAYS[term.weekday]
