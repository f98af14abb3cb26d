"""How full a programme is, as values: a heat map by day and time or by place, progress, and both as CSV. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, Literal

from attrs import field, frozen

from govline.core import Json, frozen_map, frozen_tuple

__all__ = ["NOTHING", "By", "Heat", "Progress", "Use", "heat_csv", "heat_json", "heat_of"]

By = Literal["time", "place"]
_HOUR: Final = 3_600_000_000
_MINUTE: Final = 60_000_000


@frozen
class Use:
    """Places and how many of them are booked; a closed slot counts only what is still booked in it."""

    capacity: int = 0
    booked: int = 0

    @property
    def percent(self) -> int:
        """Booked of a hundred, rounded down, so that 100 means full."""
        return min(100, self.booked * 100 // self.capacity) if self.capacity else 0

    def plus(self, other: "Use") -> "Use":
        """Both together."""
        return Use(self.capacity + other.capacity, self.booked + other.booked)


NOTHING: Final = Use()


@frozen
class Heat:
    """A heat map.

    Args:
        title: What it shows. `rows`: labels from top to bottom. `days`: one column each.
        cells: By row label and day; days without slots are left out.
    """

    title: str
    rows: Sequence[str] = field(converter=frozen_tuple)
    days: Sequence[date] = field(converter=frozen_tuple)
    cells: Mapping[tuple[str, date], Use] = field(factory=dict, hash=False)

    @property
    def total(self) -> Use:
        """Everything together."""
        return _sum(self.cells.values())

    def of_day(self, day: date) -> Use:
        """A column together."""
        return _sum(self.cells[row, day] for row in self.rows if (row, day) in self.cells)


@frozen
class Progress:
    """How a programme went so far (K-04).

    Args:
        use: Places, and those booked. `bookings`: how many live bookings are in which state.
        places: Their places by state: `confirmed`, `attended`, `no_show` …
    """

    use: Use
    bookings: Mapping[str, int] = field(converter=frozen_map, hash=False)
    places: Mapping[str, int] = field(converter=frozen_map, hash=False)

    @property
    def free(self) -> int:
        """Places left."""
        return max(self.use.capacity - self.use.booked, 0)

    def to_json(self) -> dict[str, Json]:
        """Plain JSON."""
        return {
            "capacity": self.use.capacity,
            "booked": self.use.booked,
            "free": self.free,
            "bookings": dict(self.bookings),
            "places": dict(self.places),
        }


def heat_of(title: str, by: By, rows: Iterable[tuple[date, int, str, int, int]]) -> Heat:
    """Put rows together.

    Args:
        by: Rows of the map are starting times, or names of slots (rooms, counters).
        rows: Day, microseconds since midnight, name, capacity, booked.
    """
    cells: dict[tuple[str, date], Use] = {}
    order: dict[str, tuple[int, str]] = {}
    for day, micros, name, capacity, booked in rows:
        label = f"{micros // _HOUR}:{micros % _HOUR // _MINUTE:02d}" if by == "time" else name or "-"
        order[label] = (micros, "") if by == "time" else (0, label)
        cells[label, day] = cells.get((label, day), NOTHING).plus(Use(capacity, booked))
    return Heat(title, sorted(order, key=order.__getitem__), sorted({day for _, day in cells}), cells)


def heat_csv(heat: Heat) -> str:
    """Day, row, places, booked, percent: one line a cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["日付", "区分", "定員", "予約", "割合(%)"])
    for day in heat.days:
        for row in heat.rows:
            use = heat.cells.get((row, day))
            if use is not None:
                writer.writerow([day.isoformat(), row, use.capacity, use.booked, use.percent])
    return text.getvalue()


def heat_json(heat: Heat) -> dict[str, Json]:
    """Plain JSON of the map."""
    return {
        "title": heat.title,
        "rows": list(heat.rows),
        "days": [day.isoformat() for day in heat.days],
        "cells": [
            {"row": row, "day": day.isoformat(), "capacity": use.capacity, "booked": use.booked}
            for (row, day), use in heat.cells.items()
        ],
    }


def _sum(uses: Iterable[Use]) -> Use:
    total = NOTHING
    for use in uses:
        total = total.plus(use)
    return total
