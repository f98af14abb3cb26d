"""Tables with one row for each area and kind, as open data often has them: turned into areas with their rules."""

from collections.abc import Sequence

from attrs import frozen

from govline.calendar.garbage.area_table import Area, AreaTable, CellReader, Problem
from govline.calendar.garbage.rules import Rule
from govline.core.text import normalize
from govline.errors import FileError
from govline.tabular.plain import PlainRow

__all__ = ["LongCell", "LongReader", "read_long"]


def read_long(rows: Sequence[PlainRow], area: int, kind: int, rule: int, *, center: int | None) -> AreaTable:
    """Read rows of area, kind and rule.

    Args:
        rows: With their line numbers, the header first.
        area: Column of the area's name; `kind` of the kind's label, `rule` of what a cell says, `center` of the centre.

    Raises:
        FileError: GL-2021, no row below the header.
    """
    (_, header), *body = rows
    reader = LongReader()
    for number, row in body:
        padded = [*row, *[""] * (len(header) - len(row))]
        place = padded[center].strip() if center is not None else ""
        name, label, text = (padded[at].strip() for at in (area, kind, rule))
        cell = LongCell(name, label, text, place)
        reader.read(cell, row=number, column=header[area])
    return reader.table()


@frozen
class LongCell:
    """What one row says: the rule of one kind in one area, as text."""

    area: str
    kind: str
    text: str
    center: str = ""
    reading: str = ""


class LongReader:
    """Takes one cell after another, each with its area and kind."""

    def __init__(self) -> None:
        self._cells = CellReader()
        self._rules: dict[str, dict[str, Rule]] = {}
        self._texts: dict[str, dict[str, str]] = {}
        self._centers: dict[str, str] = {}
        self._readings: dict[str, str] = {}
        self._kinds: dict[str, None] = {}
        self._seen: set[tuple[str, str]] = set()
        self._rows = 0

    def read(self, cell: LongCell, *, row: int, column: str) -> None:
        """Take a cell; one whose area or kind is in doubt is named under `column`."""
        self._rows += 1
        area, kind = cell.area, cell.kind
        doubt = self._doubt(area, kind, cell.center)
        if doubt:
            self._cells.refuse(Problem(row, column, f"{area},{kind},{cell.text}", doubt))
            return
        self.area(area, cell.center, cell.reading)
        self._kinds[kind] = None
        self._seen.add((normalize(area), normalize(kind)))
        rule = self._cells.read(row, kind, cell.text)
        if rule is not None:
            self._rules[area][kind], self._texts[area][kind] = rule, cell.text

    def area(self, name: str, center: str, reading: str) -> None:
        """Take an area, which may have no cell at all."""
        self._rules.setdefault(name, {})
        self._texts.setdefault(name, {})
        self._centers[name] = center
        self._readings[name] = reading

    def table(self) -> AreaTable:
        """Everything that was taken.

        Raises:
            FileError: GL-2021, nothing was.
        """
        if not self._rows and not self._rules:
            raise FileError("the file has no row below its header", code="GL-2021")
        areas = [
            Area(name, rules, self._texts[name], self._centers[name], self._readings[name])
            for name, rules in self._rules.items()
        ]
        return self._cells.table(areas, list(self._kinds), rows=self._rows)

    def _doubt(self, area: str, kind: str, center: str) -> str:
        if not area:
            return "地区名がありません"
        if not kind:
            return "分別区分がありません"
        if (normalize(area), normalize(kind)) in self._seen:
            return "同じ地区と種類が2回あります"
        return "" if self._centers.get(area, center) == center else "同じ地区に2つのセンターがあります"
