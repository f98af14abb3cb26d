"""Readers of 5374.jp files: every cell is read for certain, or named with row, column and reason. Nothing is guessed."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from attrs import field, frozen

from govline.calendar.garbage.rules import Rule, RuleError
from govline.core import frozen_tuple
from govline.core.text import normalize
from govline.errors import FileError

__all__ = ["Area", "AreaTable", "Closure", "Problem", "read_area_days", "read_centers"]

_READING_HEADERS = {"読み", "よみ", "読み方", "よみがな", "読みがな", "ふりがな", "フリガナ", "かな", "カナ"}
_CENTER = re.compile("センター|center|centre", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})|(\d{4})(\d{2})(\d{2})")


@frozen
class Problem:
    """A cell that could not be read, or looks wrong.

    Args:
        row: Line of the file, the header being 1. `column`: header of its column.
        cell: What stands there. `reason`: why, in Japanese for the clerk. `code`: GL-nnnn.
    """

    row: int
    column: str
    cell: str
    reason: str
    code: str = "GL-2020"


@frozen
class Area:
    """収集地区: a name, its reading where the file has one, its centre, and a rule for each kind collected there."""

    name: str
    rules: dict[str, Rule] = field(hash=False)
    cells: dict[str, str] = field(hash=False)
    center: str = ""
    reading: str = ""


@frozen
class AreaTable:
    """A file of areas as read.

    Args:
        kinds: Labels of the kinds, in the file's order.
        cells: Number of cells below a kind; `empty` of them say "not collected", `parsed` could be read.
        problems: Cells that could not be read. `warnings`: read, but they look wrong.
    """

    areas: tuple[Area, ...] = field(converter=frozen_tuple)
    kinds: tuple[str, ...] = field(converter=frozen_tuple)
    cells: int
    empty: int
    parsed: int
    problems: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)
    warnings: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)


@frozen
class Closure:
    """休止: a centre collects nothing from `first` to `last`, both included."""

    center: str
    first: date
    last: date


@frozen
class _Layout:
    """Which column is what."""

    header: tuple[str, ...]
    kinds: tuple[tuple[int, str], ...]
    center: int | None
    reading: int | None

    def cell(self, row: Sequence[str], column: int | None) -> str:
        return "" if column is None or column >= len(row) else normalize(row[column])


def read_area_days(source: str | Path | bytes) -> AreaTable:
    """Read `area_days.csv` of a town.

    Args:
        source: A path, or the bytes of the file: UTF-8 with or without BOM, or CP932; LF or CRLF; blank lines are skipped.

    Raises:
        FileError: GL-2021, no table at all: empty, undecodable, without a kind column.
    """
    (_, header), *rows = _rows(source)
    layout = _layout(tuple(map(normalize, header)), [row for _, row in rows])
    reader = _Reader(layout, list(_doubtful_center(layout, rows)))
    for number, row in rows:
        reader.read(number, row)
    return reader.table()


def read_centers(source: str | Path | bytes) -> tuple[list[Closure], list[Problem]]:
    """Read `center.csv`: closures of centres, and the rows that could not be read."""
    closures: list[Closure] = []
    problems: list[Problem] = []
    header, *rows = _rows(source)
    for number, row in rows:
        name, first, last = (normalize(cell) for cell in [*row, "", "", ""][:3])
        days = [_as_date(first), _as_date(last or first)]
        if name and days[0] and days[1] and days[0] <= days[1]:
            closures.append(Closure(name, days[0], days[1]))
        elif name and (first or last):
            column = header[1][1] if len(header[1]) > 1 else "2"
            problems.append(Problem(number, column, f"{first},{last}", "休止期間として読めません"))
    return closures, problems


class _Reader:
    def __init__(self, layout: _Layout, warnings: list[Problem]) -> None:
        self._layout = layout
        self._areas: dict[str, Area] = {}
        self._counts = {"cells": 0, "empty": 0, "parsed": 0}
        self._problems: list[Problem] = []
        self._warnings = warnings

    def read(self, number: int, row: Sequence[str]) -> None:
        """Take a row; one that does not fit is named and left out whole, because its cells may stand in wrong columns."""
        name = self._layout.cell(row, 0)
        doubt = self._doubt(row, name)
        if doubt:
            self._problems.append(Problem(number, self._layout.header[0], name, doubt))
            texts = [self._layout.cell(row, column) for column, _ in self._layout.kinds]
            self._counts["cells"] += len(texts)
            self._counts["empty"] += texts.count("")
            return
        rules = dict(self._cells(number, row))
        cells = {
            label: self._layout.cell(row, column) for column, label in self._layout.kinds if label in rules
        }
        center, reading = (self._layout.cell(row, at) for at in (self._layout.center, self._layout.reading))
        self._areas[name] = Area(name, rules, cells, center, reading)

    def _doubt(self, row: Sequence[str], name: str) -> str:
        columns = len(self._layout.header)
        if any(map(normalize, row[columns:])):
            return "見出しより列が多い行です"
        if len(row) < columns:
            return "見出しより列が少ない行です"
        if not name:
            return "地区名がありません"
        return "同じ地区が2回あります" if name in self._areas else ""

    def _cells(self, number: int, row: Sequence[str]) -> Iterator[tuple[str, Rule]]:
        for column, label in self._layout.kinds:
            text = self._layout.cell(row, column)
            self._counts["cells"] += 1
            if not text:
                self._counts["empty"] += 1
                continue
            try:
                rule = Rule.parse(text)
            except RuleError as error:
                reason = f"{error.message}: {error.place['token']}"
                self._problems.append(Problem(number, label, text, reason))
                continue
            self._counts["parsed"] += 1
            self._warnings.extend(Problem(number, label, text, why, "GL-2022") for why in rule.warnings)
            yield label, rule

    def table(self) -> AreaTable:
        kinds = [label for _, label in self._layout.kinds]
        return AreaTable(
            list(self._areas.values()),
            kinds,
            **self._counts,
            problems=self._problems,
            warnings=self._warnings,
        )


def _layout(header: tuple[str, ...], rows: Sequence[Sequence[str]]) -> _Layout:
    """The first column names the area; a reading and a centre may follow; the rest are kinds."""
    reading = next((at for at in (1, 2) if at < len(header) and header[at] in _READING_HEADERS), None)
    second = 2 if reading == 1 else 1
    center = second if _is_center(header, rows, second) else None
    given = [(at, label) for at, label in enumerate(header) if at not in (0, reading, center) and label]
    if not given:
        raise FileError("the file has no column of a kind", code="GL-2021", hint="地名,センター,燃やすごみ,…")
    labels = [label for _, label in given]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise FileError(f"two columns are called {twice[0]}", code="GL-2021", place={"column": twice[0]})
    return _Layout(header, tuple(given), center, reading)


def _is_center(header: tuple[str, ...], rows: Sequence[Sequence[str]], at: int) -> bool:
    """By its name; else because none of its cells is a rule (a column of the format that may be blank)."""
    if at >= len(header):
        return False
    if _CENTER.search(header[at]):
        return True
    return not any(_is_rule(row[at]) for row in rows if at < len(row))


def _doubtful_center(layout: _Layout, rows: Sequence[tuple[int, Sequence[str]]]) -> Iterator[Problem]:
    """A centre that only its cells made one: named, in case it is a kind that nobody could read."""
    at = layout.center
    if at is not None and not _CENTER.search(layout.header[at]):
        cell = next((found for _, row in rows if (found := layout.cell(row, at))), "")
        if cell:
            yield Problem(
                1, layout.header[at], cell, "収集日が1つもないため、センターの列とみなしました", "GL-2022"
            )


def _is_rule(text: str) -> bool:
    try:
        Rule.parse(text)
    except RuleError:
        return False
    return True


def _rows(source: str | Path | bytes) -> list[tuple[int, list[str]]]:
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    name = "" if isinstance(source, bytes) else Path(source).name
    table = csv.reader(io.StringIO(_decoded(data, name), newline=""), strict=True)
    try:
        rows = [(table.line_num, row) for row in table if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise FileError(f"this is no CSV: {error}", code="GL-2021", place={"file": name}) from error
    if not rows:
        raise FileError("the file is empty", code="GL-2021", place={"file": name})
    return rows


def _decoded(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileError(
        "the file is neither UTF-8 nor Shift_JIS (CP932)",
        code="GL-2021",
        hint="save it as CSV UTF-8",
        place={"file": name},
    )


def _as_date(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return date(*map(int, filter(None, found.groups())))
    except ValueError:
        return None
