"""Where the days of a calendar end, and whether the turn of the financial year leaves a hole."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from govline.calendar.garbage.rules import ALL_MONTHS, On
from govline.testing.rehearsal.almanac import Almanac
from govline.testing.rehearsal.model import Finding

__all__ = ["april", "data_ends"]

_DAY: Final = timedelta(days=1)
_SEASON: Final = timedelta(days=120)
_HALF_YEAR: Final = timedelta(days=183)
_YEAR: Final = timedelta(days=365)


def data_ends(almanac: Almanac, areas: Sequence[str]) -> Iterator[Finding]:
    """Kinds given as single dates whose last one lies so long before the end of the span that a next one is due."""
    ends: dict[str, list[date]] = {}
    for area in areas:
        for kind in almanac.kinds_on(area, almanac.last):
            rule = almanac.rule_on(area, kind, almanac.last)
            days = sorted(term.day for term in rule.terms if isinstance(term, On)) if rule else []
            if not rule or len(days) < len(rule.terms) or not days:
                continue
            usual = max((later - day for day, later in pairwise(days)), default=_YEAR)
            if days[-1] + usual < almanac.last:
                ends.setdefault(kind, []).append(days[-1])
    for kind, last in ends.items():
        yield {"kind": kind, "last": min(last).isoformat(), "areas": len(last)}


def april(almanac: Almanac, areas: Sequence[str]) -> Iterator[tuple[date, list[Finding]]]:
    """Every 1 April of the span with the holes around it.

    Kinds that were collected until the end of March and stay away longer than usual; and areas that the calendar of April does not
    know any more: `kind` is "" and `next` None, whoever chose such an area hears nothing from then on.
    """
    for year in range(almanac.first.year, almanac.last.year + 1):
        turn = date(year, 4, 1)
        if not almanac.first < turn <= almanac.last:
            continue
        gaps: list[Finding] = [
            {"area": area, "kind": kind, "last": before.isoformat(), "next": after.isoformat()}
            for area in areas
            for kind, days in almanac.by_kind(area).items()
            for before, after in _hole(days, turn)
            if not _out_of_season(almanac, area, kind, after)
        ]
        gaps += [
            {"area": area, "kind": "", "last": max(before).isoformat(), "next": None}
            for area in areas
            if not almanac.kinds_on(area, turn) and (before := _march(almanac, area, turn))
        ]
        yield turn, gaps


def _march(almanac: Almanac, area: str, turn: date) -> list[date]:
    """The collection days of an area before the turn, if its calendar knew the area until then."""
    if not almanac.kinds_on(area, turn - _DAY):
        return []
    return [day for day in almanac.days(area) if day < turn]


def _hole(days: Sequence[date], turn: date) -> Iterator[tuple[date, date]]:
    """The last day before the turn and the next one, when more than the usual time lies between."""
    near = [day for day in days if turn - _HALF_YEAR <= day < turn + _HALF_YEAR]
    before = [day for day in near if day < turn]
    after = [day for day in near if day >= turn]
    steps = [later - day for part in (before, after) for day, later in pairwise(part)]
    if not before or not after or not steps:
        return
    usual, crossing = max(steps), after[0] - before[-1]
    running = turn - before[-1] <= usual
    if running and after[0] - turn > usual and crossing <= _SEASON and crossing > usual * 3 / 2:
        yield before[-1], after[0]


def _out_of_season(almanac: Almanac, area: str, kind: str, day: date) -> bool:
    """Whether the rule itself leaves April out: a kind of some months only."""
    rule = almanac.rule_on(area, kind, day)
    months = [getattr(term, "months", ALL_MONTHS) for term in rule.terms] if rule else []
    return bool(months) and all(4 not in each for each in months)
