"""A town's calendar over time: what holds now, next year's from its day on, January apart. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

from attrs import evolve, field, frozen

from govline.calendar.garbage.area_table import AreaTable, Problem
from govline.calendar.garbage.centers import Closure
from govline.calendar.garbage.plan import Closing, DayChange, Laid, Span, lay_out
from govline.calendar.garbage.rules import Rule
from govline.calendar.garbage.side_files import Fitting
from govline.core import Json, frozen_tuple
from govline.core.text import normalize

__all__ = ["Book", "Edition", "LaidCell", "PlainArea", "crossing", "edition_of"]

_DAY = timedelta(days=1)

_rule = lru_cache(maxsize=20_000)(Rule.parse)


@frozen
class PlainArea:
    """An area and the text of its cells; it becomes rules when days are laid out."""

    name: str
    reading: str
    center: str
    cells: tuple[tuple[str, str], ...] = field(converter=frozen_tuple)


@frozen
class Edition:
    """A calendar with its closures and exceptions.

    Args:
        starts: Its first day; None for the calendar that holds where no other does.
        ends: Its last day; None until another one starts.
        source: Name of the file that it was read from.
    """

    kinds: tuple[str, ...] = field(converter=frozen_tuple)
    areas: tuple[PlainArea, ...] = field(converter=frozen_tuple)
    closures: tuple[Closure, ...] = field(default=(), converter=frozen_tuple)
    changes: tuple[DayChange, ...] = field(default=(), converter=frozen_tuple)
    starts: date | None = None
    ends: date | None = None
    source: str = ""

    @property
    def title(self) -> str:
        """What the clerk knows it by: its file and its days."""
        return f"{self.source}({self.starts} から {self.ends} まで)"

    def to_json(self) -> Json:
        """Everything but the span, as plain JSON."""
        return {
            "source": self.source,
            "kinds": list(self.kinds),
            "areas": [[a.name, a.reading, a.center, [list(cell) for cell in a.cells]] for a in self.areas],
            "closures": [[c.center, c.first.isoformat(), c.last.isoformat()] for c in self.closures],
            "changes": [
                [c.day.isoformat(), c.action, c.area, c.kind, c.moved_to.isoformat() if c.moved_to else None]
                for c in self.changes
            ],
        }

    @classmethod
    def from_json(cls, data: Json, starts: date, ends: date | None) -> "Edition":
        """What `to_json` made."""
        assert isinstance(data, dict)
        day = date.fromisoformat
        return cls(
            data["kinds"],
            [
                PlainArea(name, reading, center, [tuple(c) for c in cells])
                for name, reading, center, cells in data["areas"]
            ],
            [Closure(center, day(first), day(last)) for center, first, last in data["closures"]],
            [
                DayChange(day(on), action, area, kind, day(to) if to else None)
                for on, action, area, kind, to in data["changes"]
            ],
            starts,
            ends,
            data.get("source", ""),
        )


@frozen
class LaidCell:
    """The days of one kind in one area."""

    area: str
    kind: str
    laid: Laid


@frozen
class Book:
    """The calendar that holds and those that are staged.

    A limited one (January) goes before an open one; among several, the one that starts last.
    """

    base: Edition
    staged: tuple[Edition, ...] = field(default=(), converter=frozen_tuple)
    closing: Closing = "drop"

    def on(self, day: date) -> Edition:
        """The edition that holds on this day."""
        holding = [
            each
            for each in self.staged
            if each.starts is not None and each.starts <= day and (each.ends is None or day <= each.ends)
        ]
        return max(holding, key=lambda each: (each.ends is not None, each.starts), default=self.base)

    def spans(self, first: date, last: date) -> Iterator[tuple[Edition, Span]]:
        """The editions from `first` to `last`, each with the days on which it holds."""
        turns = {first}
        for each in self.staged:
            turns |= {
                day for day in (each.starts, each.ends and each.ends + _DAY) if day and first < day <= last
            }
        starts = sorted(turns)
        for start, following in zip(starts, [*starts[1:], last + _DAY], strict=True):
            yield self.on(start), (start, following - _DAY)

    def lay_out(self, first: date, last: date, area: str | None = None) -> Iterator[LaidCell]:
        """Days from `first` to `last`, both included; of one area only where it is named. A cell may come once per edition."""
        for edition, span in self.spans(first, last):
            closed: dict[str, list[Span]] = {}
            for closure in edition.closures:
                closed.setdefault(closure.center, []).append((closure.first, closure.last))
            changes = Fitting(change for change in edition.changes if _within(change, span, first))
            for own in edition.areas:
                if area is None or own.name == area:
                    for kind, cell in own.cells:
                        laid = lay_out(
                            _rule(cell),
                            *span,
                            closed=closed.get(own.center, ()),
                            changes=changes.of(own.name, kind),
                            closing=self.closing,
                            reach=(first, last),
                        )
                        yield LaidCell(own.name, kind, laid)


def _within(change: DayChange, span: Span, first: date) -> bool:
    """Whether it concerns the days of this span: a day moved from before the first one to after it, too."""
    if span[0] == first and change.moved_to is not None and change.day < first <= change.moved_to:
        return True
    return span[0] <= change.day <= span[1]


def crossing(edition: Edition, starts: date) -> list[DayChange]:
    """Days that this edition moved from before `starts` to it or later, as extra days of the one that follows."""
    moves = [each for each in edition.changes if each.moved_to and each.day < starts <= each.moved_to]
    fitting = Fitting(moves)
    return [
        DayChange(move.moved_to, "extra", area.name, kind)
        for area in edition.areas
        for kind, cell in (area.cells if moves else ())
        for move in fitting.of(area.name, kind)
        if move.moved_to and _rule(cell).between(move.day, move.day)
    ]


def edition_of(
    table: AreaTable, closures: Sequence[Closure] = (), changes: Sequence[DayChange] = ()
) -> tuple[Edition, list[Problem]]:
    """A table as an edition of single areas, a name that joins several taken apart; and what that makes ambiguous."""
    areas: list[PlainArea] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    joined: dict[str, Sequence[str]] = {area.name: area.members for area in table.areas if area.members}
    for area in table.areas:
        for name in area.members or (area.name,):
            if normalize(name) in seen:
                problems.append(Problem(0, area.name, name, "同じ地区が2回あります"))
                continue
            seen.add(normalize(name))
            areas.append(
                PlainArea(name, area.reading if name == area.name else "", area.center, area.cells.items())
            )
    single = [
        evolve(change, area=name) for change in changes for name in joined.get(change.area, (change.area,))
    ]
    return Edition(table.kinds, areas, closures, single), problems
