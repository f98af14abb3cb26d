"""Readers of 5374.jp files: every cell is read for certain, or named with row, column and reason. Nothing is guessed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import evolve

from govline.calendar.garbage.area_table import Area, AreaTable, CellReader, Problem
from govline.calendar.garbage.columns import Layout, below_title, from_name_column, layout_of
from govline.calendar.garbage.rules import Rule
from govline.core.text import normalize
from govline.tabular.plain import PlainRow, plain_rows

__all__ = ["read_area_days", "read_rows"]

_FOOTNOTE: Final = ("※", "＊", "*", "注", "（注", "(注")


def read_area_days(source: str | Path | bytes) -> AreaTable:
    """Read `area_days.csv` of a town.

    Args:
        source: A path, or the bytes of the file: UTF-8 with or without BOM, UTF-16 with BOM, or CP932; commas or tabs; LF or CRLF;
            blank lines are skipped.

    Raises:
        FileError: GL-2021, no table at all: empty, undecodable, without a kind column.
    """
    rows, titles = below_title(plain_rows(source, code="GL-2021"))
    table = read_rows(rows)
    return evolve(table, warnings=[*titles, *table.warnings])


def read_rows(table: Sequence[PlainRow]) -> AreaTable:
    """Read a table of areas that is at hand as rows with their line numbers, the header first; see `read_area_days`."""
    table, left_out = from_name_column(table)
    header, *rows = table
    layout, odd = layout_of(header, rows)
    reader = _Reader(layout, [*left_out, *odd])
    for number, row in rows:
        reader.read(number, row)
    return reader.table()


class _Reader:
    def __init__(self, layout: Layout, warnings: Sequence[Problem]) -> None:
        self._layout = layout
        self._cells = CellReader(warnings)
        self._areas: dict[str, Area] = {}
        self._names: set[str] = set()
        self._rows = 0

    def read(self, number: int, row: Sequence[str]) -> None:
        """Take a row; one that does not fit is named and left out whole, because its cells may stand in wrong columns."""
        name = self._layout.cell(row, 0)
        column = self._layout.header[0]
        if tuple(cell.strip() for cell in row) == self._layout.header:
            self._cells.warn(Problem(number, column, name, "見出しがもう一度あります", "GL-2022"))
            return
        if name.startswith(_FOOTNOTE) and not any(map(normalize, row[1:])):
            self._cells.warn(Problem(number, column, name, "表の注記とみなして読み飛ばしました", "GL-2022"))
            return
        self._rows += 1
        texts = {label: self._layout.cell(row, at) for at, label in self._layout.kinds}
        doubt = self._doubt(row, name)
        if doubt:
            self._cells.refuse(Problem(number, column, name, doubt), list(texts.values()))
            return
        if len(row) < len(self._layout.header):
            reason = "見出しより列が少ない行です。足りない末尾の列を空として読みました"
            self._cells.warn(Problem(number, column, name, reason, "GL-2022"))
        rules = dict(self._rules(number, row))
        cells = {label: texts[label] for label in rules}
        center, reading = (self._layout.cell(row, at) for at in (self._layout.center, self._layout.reading))
        self._names.add(normalize(name))
        self._areas[name] = Area(name, rules, cells, center, reading)

    def _doubt(self, row: Sequence[str], name: str) -> str:
        columns = len(self._layout.header)
        if any(map(normalize, row[columns:])):
            return "見出しより列が多い行です"
        if len(row) <= self._layout.kinds[0][0]:
            return "見出しより列が少ない行です"
        if not name:
            return "地区名がありません"
        return "同じ地区が2回あります" if normalize(name) in self._names else ""

    def _rules(self, number: int, row: Sequence[str]) -> Iterator[tuple[str, Rule]]:
        for column, label in self._layout.kinds:
            rule = self._cells.read(number, label, self._layout.cell(row, column))
            if rule is not None:
                yield label, rule

    def table(self) -> AreaTable:
        kinds = [label for _, label in self._layout.kinds]
        areas = list(self._areas.values())
        return self._cells.table(areas, kinds, rows=self._rows, header=self._layout.header[0])
