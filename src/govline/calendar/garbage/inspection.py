"""`govline garbage check` and `govline garbage dates`: what a file says, without any town."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from attrs import asdict

from govline.calendar.garbage.area_table import Area, AreaTable, Problem
from govline.calendar.garbage.centers import Closure, read_centers
from govline.calendar.garbage.files import read_calendar
from govline.calendar.garbage.labels import japanese
from govline.calendar.garbage.plan import Closing, DayChange, Span, lay_out
from govline.calendar.garbage.side_files import Changes, Fitting, read_exceptions, without_effect
from govline.core.text import normalize
from govline.errors import FileError, GovlineError, InputError

__all__ = ["check_command", "dates_command", "days_of", "problem_line"]

_PROBLEMS, _UNREADABLE = 1, 2
_SHOWN = 200

_iso = lru_cache(maxsize=10_000)(date.isoformat)
"""The same days come back in every area: one text for each."""


def check_command(city: Any, words: Sequence[str]) -> int:  # noqa: ARG001 - it works on a file alone
    """Say what a file of collection days holds, and name every cell that cannot be read or looks wrong.

    Args:
        city: Not used; None outside a town.
        words: `FILE [--json]`.

    Returns:
        0 every cell could be read, 1 some could not, 2 there is no table in the file.
    """
    parser = ArgumentParser(prog="govline garbage check")
    parser.add_argument("file", help="area_days.csv or another table of collection days")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args(list(words))
    try:
        table = japanese(read_calendar(given.file))
    except (GovlineError, OSError) as error:
        return _unreadable(error, as_json=given.json)
    report = _report(table)
    sys.stdout.write(_as_json(report) if given.json else "\n".join(_lines(table)) + "\n")
    return _PROBLEMS if table.problems else 0


def dates_command(city: Any, words: Sequence[str]) -> int:  # noqa: ARG001 - it works on a file alone
    """List the collection days that a file says, area by area and kind by kind.

    Args:
        city: Not used; None outside a town.
        words: `FILE --from D --to D [--center FILE] [--exceptions FILE] [--closed-days drop|shift] [--area NAME] [--json]`; both days are included.

    Returns:
        0 every cell could be read, 1 some could not (they are named on standard error), 2 no table, or no such area.
    """
    given = _dates_parser().parse_args(list(words))
    try:
        table = japanese(read_calendar(given.file))
        closures, problems = read_centers(given.center) if given.center else ([], [])
        read = read_exceptions(given.exceptions) if given.exceptions else Changes()
        areas = _chosen(table, given.area)
    except (GovlineError, OSError) as error:
        return _unreadable(error, as_json=False)
    span = (given.first, given.last)
    found = {area.name: days_of(area, closures, read.changes, span, given.closed_days) for area in areas}
    sys.stdout.write(_as_json({"areas": found}) if given.json else "".join(_day_lines(found)))
    unread = [*table.problems, *problems, *read.problems]
    sys.stderr.writelines(f"{problem_line('問題', item)}\n" for item in unread)
    odd = without_effect(table, read.changes)
    sys.stderr.writelines(f"{problem_line('注意', item)}\n" for item in odd)
    return _PROBLEMS if unread else 0


def days_of(
    area: Area,
    closures: Iterable[Closure],
    changes: Sequence[DayChange],
    span: Span,
    closing: Closing = "drop",
) -> dict[str, list[str]]:
    """Collection days of an area by kind as ISO text, first and last day of `span` included; see `plan.lay_out`."""
    closed = [(each.first, each.last) for each in closures if each.center == area.center]
    fitting = Fitting(changes)
    return {
        kind: [
            _iso(day)
            for day in lay_out(
                rule, *span, closed=closed, changes=fitting.of(area.name, kind), closing=closing
            ).days
        ]
        for kind, rule in area.rules.items()
    }


def _dates_parser() -> ArgumentParser:
    parser = ArgumentParser(prog="govline garbage dates")
    parser.add_argument("file", help="area_days.csv or another table of collection days")
    parser.add_argument("--center", help="center.csv: closures of centres")
    parser.add_argument("--exceptions", help="exceptions.csv: 振替・休止・臨時")
    parser.add_argument("--closed-days", choices=["drop", "shift"], default="drop", help="what closures do")
    parser.add_argument("--area", help="only this area")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, help="2026-04-01")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, help="2027-03-31")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    return parser


def _chosen(table: AreaTable, name: str | None) -> Sequence[Area]:
    if name is None:
        return table.areas
    wanted = normalize(name)
    found = [area for area in table.areas if wanted in map(normalize, (area.name, *area.members))]
    if not found:
        raise InputError("the file has no such area", code="GL-2025", place={"area": name})
    return found


def _report(table: AreaTable) -> dict[str, Any]:
    return {
        "rows": table.rows,
        "areas": len(table.areas),
        "kinds": len(table.kinds),
        "cells": table.cells,
        "empty": table.empty,
        "parsed": table.parsed,
        "problems": [asdict(problem) for problem in table.problems],
        "warnings": [asdict(warning) for warning in table.warnings],
    }


def _unreadable(error: Exception, *, as_json: bool) -> int:
    sys.stderr.write(f"{error}\n")
    if as_json:
        code = error.code if isinstance(error, GovlineError) else FileError.code
        message = error.message if isinstance(error, GovlineError) else str(error)
        counts = dict.fromkeys(("rows", "areas", "kinds", "cells", "empty", "parsed"), 0)
        problem = asdict(Problem(0, "", "", message, code))
        sys.stdout.write(_as_json({**counts, "problems": [problem], "warnings": []}))
    return _UNREADABLE


def _as_json(report: dict[str, Any]) -> str:
    return json.dumps(report, ensure_ascii=False) + "\n"


def _lines(table: AreaTable) -> list[str]:
    """The report as a clerk reads it."""
    cells = f"セル {table.cells}(空 {table.empty}、読めた {table.parsed})"
    lines = [f"行 {table.rows} · 地区 {len(table.areas)} · 種類 {len(table.kinds)} · {cells}"]
    lines += [problem_line("問題", item) for item in table.problems]
    lines += [problem_line("注意", item) for item in table.warnings]
    return [*lines, "問題のセルがあります" if table.problems else "すべてのセルを読めました"]


def problem_line(mark: str, item: Problem) -> str:
    """A problem or warning as a clerk reads it."""
    near = f" → 「{item.suggestion}」ですか?" if item.suggestion else ""
    cell = item.cell if len(item.cell) <= _SHOWN else f"{item.cell[:_SHOWN]}…"
    return f"{mark} {item.row}行目 {item.column}: 「{cell}」 {item.reason}{near}"


def _day_lines(found: dict[str, dict[str, list[str]]]) -> Iterable[str]:
    for area, kinds in found.items():
        for kind, days in kinds.items():
            yield f"{area} {kind}: {' '.join(days)}\n"
