"""Readers of 5374.jp files: every cell is read for certain, or named with row, column and reason. Nothing is guessed."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from attrs import field, frozen

from govline.calendar.garbage.grammar import is_empty
from govline.calendar.garbage.rules import Rule, RuleError
from govline.calendar.garbage.suggestions import suggestion
from govline.core import frozen_tuple
from govline.core.text import normalize
from govline.errors import FileError
from govline.tabular.sniffing import delimiter_of, text_of

__all__ = [
    "Area",
    "AreaTable",
    "Closure",
    "Problem",
    "read_area_days",
    "read_centers",
    "read_rows",
    "rows_of",
]

_READING_HEADERS = {"読み", "よみ", "読み方", "よみがな", "読みがな", "ふりがな", "フリガナ", "かな", "カナ"}
_NAME_HEADER = "地名"
_CENTER = re.compile("センター|center|centre", re.IGNORECASE)
_KIND = re.compile(
    "ごみ|ゴミ|資源|燃|可燃|不燃|埋立|破砕|粗大|プラ|ペット|びん|ビン|瓶|缶|紙|布|衣類|金属|電池|有害|容器|古着|剪定|Garbage",
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})|(\d{4})(\d{2})(\d{2})")
_LONGEST_CLOSURE = timedelta(days=366)


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
        """As it stands there, which is how the town writes its names; whoever compares normalises."""
        return "" if column is None or column >= len(row) else row[column].strip()


def read_area_days(source: str | Path | bytes) -> AreaTable:
    """Read `area_days.csv` of a town.

    Args:
        source: A path, or the bytes of the file: UTF-8 with or without BOM, UTF-16 with BOM, or CP932; commas or tabs; LF or CRLF;
            blank lines are skipped.

    Raises:
        FileError: GL-2021, no table at all: empty, undecodable, without a kind column.
    """
    return read_rows(rows_of(source))


def read_rows(table: Sequence[tuple[int, Sequence[str]]]) -> AreaTable:
    """Read a table of areas that is at hand as rows with their line numbers, the header first; see `read_area_days`."""
    table, left_out = _from_name_column(table)
    (_, header), *rows = table
    layout = _layout(tuple(label.strip() for label in header), [row for _, row in rows])
    _refuse_unlabelled(layout, rows)
    reader = _Reader(layout, [*left_out, *_twice(layout), *_doubtful_center(layout, rows)])
    for number, row in rows:
        reader.read(number, row)
    return reader.table()


def _from_name_column(
    table: Sequence[tuple[int, Sequence[str]]],
) -> tuple[Sequence[tuple[int, Sequence[str]]], list[Problem]]:
    """The table from the format's own column of names (地名) on; a number or code of the row may stand before it."""
    header = [label.strip() for label in table[0][1]]
    start = header.index(_NAME_HEADER) if _NAME_HEADER in header[1:3] else 0
    warnings = [
        Problem(1, label, label, "地名より左の列は使いません", "GL-2022") for label in header[:start] if label
    ]
    return [(number, row[start:]) for number, row in table], warnings


def _twice(layout: "_Layout") -> Iterator[Problem]:
    """Columns of one name are kinds of their own: which of them is meant cannot be known."""
    for at, label in layout.kinds:
        if label != layout.header[at]:
            yield Problem(
                1, label, layout.header[at], f"同じ見出しの列があるため「{label}」としました", "GL-2022"
            )


def read_centers(source: str | Path | bytes) -> tuple[list[Closure], list[Problem]]:
    """Read `center.csv`: closures of centres, and the rows that could not be read.

    The columns are name, first day, last day; a last day that is left out is the first. Columns that all have one header (休止日,
    休止日, …) hold single days. An empty file closes nothing. A row with more dates is named where the header does not tell whether
    they are spans or single days.
    """
    closures: list[Closure] = []
    problems: list[Problem] = []
    rows = rows_of(source, may_be_empty=True)
    header: list[str] = []
    for number, row in rows:
        cells = [normalize(cell) for cell in row]
        if not header:
            header = cells
            if not any(map(as_date, cells)):
                continue
        if cells == header and not any(map(as_date, cells)):
            continue
        read = _single_days(cells) if _holds_single_days(header) else _closure(cells)
        if isinstance(read, list):
            closures += read
        elif read:
            column = header[1] if len(header) > 1 and not as_date(header[1]) else "2"
            problems.append(Problem(number, column, ",".join(cells[1:]), read))
    return closures, problems


def _holds_single_days(header: Sequence[str]) -> bool:
    titles = {title for title in header[1:] if title}
    return len(header) > 2 and len(titles) == 1 and not any(map(as_date, titles))


def _single_days(cells: Sequence[str]) -> list[Closure] | str:
    """A closure for each day of a row, or why it is none."""
    days = [as_date(cell) for cell in cells[1:] if cell]
    if days and not cells[0]:
        return "センターの名称がありません"
    return [Closure(cells[0], day, day) for day in days if day] if all(days) else "休止日として読めません"


def _closure(cells: Sequence[str]) -> list[Closure] | str:
    """The closure of a row, or why it is none; "" for a row that closes nothing."""
    name, first, last = [*cells, "", "", ""][:3]
    if not any(cells[1:]):
        return ""
    if not name:
        return "センターの名称がありません"
    if any(map(as_date, cells[3:])):
        return "日付が3つ以上あります(1行に開始日と終了日だけを書いてください)"
    begin, end = as_date(first), as_date(last or first)
    if begin is None or end is None or begin > end:
        return "休止期間として読めません"
    return [Closure(name, begin, end)] if end - begin <= _LONGEST_CLOSURE else "休止期間が1年を超えています"


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


class _Reader:
    def __init__(self, layout: _Layout, warnings: Sequence[Problem]) -> None:
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


def _layout(header: tuple[str, ...], rows: Sequence[Sequence[str]]) -> _Layout:
    """The first column names the area; a reading and a centre may follow; the rest are kinds."""
    reading = next((at for at in (1, 2) if at < len(header) and header[at] in _READING_HEADERS), None)
    second = 2 if reading == 1 else 1
    center = second if _is_center(header, rows, second) else None
    given = [(at, label) for at, label in enumerate(header) if at not in (0, reading, center) and label]
    if not given:
        raise FileError("the file has no column of a kind", code="GL-2021", hint="地名,センター,燃やすごみ,…")
    return _Layout(header, tuple(_apart(given)), center, reading)


def _apart(given: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Kinds under names of their own: 不燃ごみ, 不燃ごみ(2)."""
    taken = {normalize(label) for _, label in given}
    seen: set[str] = set()
    for at, label in given:
        own, number = label, 2
        while normalize(own) in seen or (own != label and normalize(own) in taken):
            own, number = f"{label}({number})", number + 1
        seen.add(normalize(own))
        yield at, own


def _refuse_unlabelled(layout: _Layout, rows: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Cells below a blank header belong to no kind, and must not be lost without a word."""
    blank = [
        at
        for at, label in enumerate(layout.header)
        if not label and at not in (0, layout.center, layout.reading)
    ]
    for number, row in rows:
        for at in blank:
            if layout.cell(row, at):
                raise FileError(
                    f"column {at + 1} has cells but no header",
                    code="GL-2021",
                    hint="write the kind (燃やすごみ …) into the header",
                    place={"row": number, "column": at + 1},
                )


def _is_center(header: tuple[str, ...], rows: Sequence[Sequence[str]], at: int) -> bool:
    """By its name; else because it bears no kind's name and none of its cells is a rule (a column of the format that may be blank)."""
    if at >= len(header):
        return False
    if _CENTER.search(header[at]):
        return True
    if _KIND.search(header[at]):
        return False
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


def rows_of(source: str | Path | bytes, *, may_be_empty: bool = False) -> list[tuple[int, list[str]]]:
    """Rows with their line numbers, blank ones left out; encoding and delimiter are found out, see `govline.tabular`.

    Raises:
        FileError: GL-2021, no text, no table, or nothing in it.
    """
    data, name = (source, "") if isinstance(source, bytes) else (_bytes(Path(source)), Path(source).name)
    if may_be_empty and not data.strip():
        return []
    try:
        text = text_of(data)
    except FileError as error:
        raise FileError(error.message, code="GL-2021", hint=error.hint, place={"file": name}) from error
    header = next(filter(str.strip, text.splitlines()), "")
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of([header]), strict=True)
    try:
        rows = [(table.line_num, row) for row in table if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise FileError(f"this is no CSV: {error}", code="GL-2021", place={"file": name}) from error
    if not rows and not may_be_empty:
        raise FileError("the file is empty", code="GL-2021", place={"file": name})
    return rows


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise FileError(
            f"the file cannot be read: {why}",
            code="GL-2021",
            hint="check the path and who may read it",
            place={"file": str(path)},
        ) from error


def as_date(text: str) -> date | None:
    """A date as closures write it (2026/1/3, 2026-01-03, 20260103), None for anything else."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return date(*map(int, filter(None, found.groups())))
    except ValueError:
        return None
