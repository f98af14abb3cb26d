"""The language of garbage days: what a citizen wants to be told, and what they are told."""

from collections.abc import Mapping
from datetime import date, datetime

from attrs import field, frozen

from govline.calendar.garbage.area_table import Problem
from govline.core import CitizenId, frozen_tuple
from govline.core.values import frozen_map
from govline.errors import InputError

__all__ = ["HOURS", "CollectionDay", "DayOff", "Group", "ImportReport", "Setting", "Wishes"]

HOURS: dict[int, range] = {1: range(15, 23), 0: range(4, 10)}
"""Hours at which a notice may go out: the evening before, and the same morning."""


@frozen
class Setting:
    """What a citizen wants for one area: the evening before (`days_before` 1) or the same morning (0), at which hour."""

    area: str
    enabled: bool = True
    days_before: int = 1
    hour: int = 18

    def __attrs_post_init__(self) -> None:
        if self.hour not in HOURS.get(self.days_before, ()):
            raise InputError(
                "no notice goes out at this hour",
                code="GL-2023",
                hint="15-22 on the evening before, 4-9 on the morning",
                place={"days_before": self.days_before, "hour": self.hour},
            )


@frozen
class Wishes:
    """All that a citizen wants: their areas in order, and the kinds that they do not want to be told of.

    `told_for` is, by area, the collection day that they were last told of.
    """

    settings: tuple[Setting, ...] = field(default=(), converter=frozen_tuple)
    muted: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    told_for: Mapping[str, date | None] = field(factory=dict, converter=frozen_map, hash=False)


@frozen
class CollectionDay:
    """A day and the kinds collected on it."""

    day: date
    kinds: tuple[str, ...] = field(converter=frozen_tuple)


@frozen
class DayOff:
    """A day on which a kind would be collected and is not; `moved_to` where it is collected instead."""

    area: str
    day: date
    kind: str
    moved_to: date | None = None


@frozen
class Group:
    """Citizens who are told the same: the kinds of each of their areas, and the changes to come.

    `hidden` are kinds with changes that these citizens do not want to be told of; `locale` is the language that they read.
    """

    areas: tuple[tuple[str, tuple[str, ...]], ...]
    citizens: tuple[CitizenId, ...]
    hidden: tuple[str, ...] = ()
    locale: str = "ja"


@frozen
class ImportReport:
    """What an import found and wrote.

    Args:
        days: Collection days laid out. `until`: to which date.
        written: Whether the town's calendar was replaced; never in part. `staged`: it is kept and holds from its day on.
        lost_areas: Areas that citizens have chosen and the new file does not know, with how many chose each.
    """

    areas: int
    kinds: tuple[str, ...]
    cells: int
    empty: int
    parsed: int
    closures: int
    days: int = 0
    until: date | None = None
    written: bool = False
    staged: bool = False
    imported_at: datetime | None = None
    problems: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)
    warnings: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)
    lost_areas: tuple[tuple[str, int], ...] = field(default=(), converter=frozen_tuple)
