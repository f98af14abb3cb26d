"""`center.csv`: on which days the centres of a town collect nothing."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from attrs import frozen

from govline.calendar.garbage.area_table import Problem
from govline.core.text import normalize
from govline.tabular.plain import plain_rows

__all__ = ["Closure", "as_date", "read_centers"]

_DATE: Final = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})|(\d{4})(\d{2})(\d{2})")
_LONGEST_CLOSURE: Final = timedelta(days=366)


@frozen
class Closure:
    """休止: a centre collects nothing from `first` to `last`, both included."""

    center: str
    first: date
    last: date


def read_centers(source: str | Path | bytes) -> tuple[list[Closure], list[Problem]]:
    """Read `center.csv`: closures of centres, and the rows that could not be read.

    The columns are name, first day, last day; a last day that is left out is the first. Columns that all have one header (休止日,
    休止日, …) hold single days. An empty file closes nothing. A row with more dates is named where the header does not tell whether
    they are spans or single days.
    """
    closures: list[Closure] = []
    problems: list[Problem] = []
    rows = plain_rows(source, code="GL-2021", may_be_empty=True)
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


def as_date(text: str) -> date | None:
    """A date as closures write it (2026/1/3, 2026-01-03, 20260103), None for anything else."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return date(*map(int, filter(None, found.groups())))
    except ValueError:
        return None
