"""A table of collection areas as read: areas with their rules, counts of cells, problems and warnings. Pure."""

from collections.abc import Sequence

from attrs import field, frozen

from govline.calendar.garbage.grammar import is_empty
from govline.calendar.garbage.rules import Rule, RuleError
from govline.calendar.garbage.suggestions import suggestion
from govline.core import frozen_tuple

__all__ = ["Area", "AreaTable", "CellReader", "Problem"]


@frozen
class Problem:
    """A cell that could not be read, or looks wrong.

    Args:
        row: Line of the file, the header being 1. `column`: header of its column.
        cell: What stands there. `reason`: why, in Japanese for the clerk. `code`: GL-nnnn.
        suggestion: A near text that could be read, for the clerk to decide; it is never used unasked.
    """

    row: int
    column: str
    cell: str
    reason: str
    code: str = "GL-2020"
    suggestion: str = ""


@frozen
class Area:
    """収集地区: a name, its reading where the file has one, its centre, and a rule for each kind collected there.

    `members` are the single areas of a name that joins several (高松・花園); a town imports those.
    """

    name: str
    rules: dict[str, Rule] = field(hash=False)
    cells: dict[str, str] = field(hash=False)
    center: str = ""
    reading: str = ""
    members: tuple[str, ...] = field(default=(), converter=frozen_tuple)


@frozen
class AreaTable:
    """A file of areas as read.

    Args:
        kinds: Labels of the kinds, in the file's order.
        rows: Rows below the header, blank ones and a repeated header left out.
        cells: Number of cells below a kind; `empty` of them say "not collected", `parsed` could be read.
        problems: Cells that could not be read. `warnings`: read, but they look wrong.
    """

    areas: tuple[Area, ...] = field(converter=frozen_tuple)
    kinds: tuple[str, ...] = field(converter=frozen_tuple)
    cells: int
    empty: int
    parsed: int
    rows: int = 0
    problems: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)
    warnings: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)


class CellReader:
    """Counts cells, and keeps what cannot be read or looks wrong."""

    def __init__(self, warnings: Sequence[Problem] = ()) -> None:
        self._counts = {"cells": 0, "empty": 0, "parsed": 0}
        self._problems: list[Problem] = []
        self._warnings = list(warnings)

    def read(self, number: int, label: str, text: str) -> Rule | None:
        """The rule of a cell; None for "not collected", and for what cannot be read, which is kept as a problem."""
        self._counts["cells"] += 1
        if is_empty(text):
            self._counts["empty"] += 1
            return None
        try:
            rule = Rule.parse(text)
        except RuleError as error:
            reason = f"{error.message}: {error.place['token']}"
            self._problems.append(Problem(number, label, text, reason, suggestion=suggestion(text)))
            return None
        self._counts["parsed"] += 1
        self._warnings.extend(Problem(number, label, text, why, "GL-2022") for why in rule.warnings)
        return rule

    def refuse(self, problem: Problem, cells: Sequence[str] = ("?",)) -> None:
        """Keep a problem of a whole row, whose cells count as not read."""
        self._problems.append(problem)
        self._counts["cells"] += len(cells)
        self._counts["empty"] += sum(map(is_empty, cells))

    def warn(self, warning: Problem) -> None:
        """Keep what looks wrong."""
        self._warnings.append(warning)

    def table(self, areas: Sequence[Area], kinds: Sequence[str], *, rows: int, header: str = "") -> AreaTable:
        """Everything read so far, as a table."""
        if not areas and not self._problems:
            self._problems.append(Problem(1, header, "", "地区の行が1つもありません"))
        return AreaTable(
            areas, kinds, rows=rows, **self._counts, problems=self._problems, warnings=self._warnings
        )
