"""The calendar grid of the ended LINE SMART CITY GovTech programme, as a definition. Pure but for the file.

Its shape as the programme's manual and samples show it (linefukuoka/line-smart-city-docs): a row a time, a column a date.
"""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from govline.errors import FileError

__all__ = ["read_grid"]

_DATE: Final = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]")
_MIDNIGHT: Final = "24:00"


def read_grid(path: Path, programme: str, label: str = "") -> dict[str, Any]:
    """The programme's calendar grid as a definition for `govline.calendar.parse`, or for a YAML file.

    The grid has a row a time (id, begin, end) and a column a date; a cell holds the places, an empty one or 0 means none.

    Args:
        path: CSV, UTF-8 or CP932.
        programme: The new programme's id. `label`: as citizens read it.

    Raises:
        FileError: GL-8063, no such grid; row and column are named.
    """
    header, *rows = _grid(path)
    dates = [_date(path, cell, at) for at, cell in enumerate(header[3:], start=4)]
    slots: list[dict[str, Any]] = []
    for number, row in enumerate(rows, start=2):
        begin, end = (_time(path, row, at, number) for at in (1, 2))
        if begin == end:
            raise _no_grid(path, "it ends when it begins", number, 3)
        places = {day: _places(path, row, at, number) for at, day in enumerate(dates, start=3)}
        for capacity in sorted({each for each in places.values() if each}):
            days = [day.isoformat() for day, each in places.items() if each == capacity]
            slots.append({"dates": days, "times": [f"{begin}-{end}"], "capacity": capacity})
    most = max((slot["capacity"] for slot in slots), default=1)
    return {"programme": programme, "label": label or programme, "capacity": most, "slots": slots}


def _grid(path: Path) -> list[list[str]]:
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig") if _is_utf8(raw) else raw.decode("cp932")
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise _no_grid(path, "the file cannot be read", 1, 1) from cause
    rows = [row for row in rows if any(row)]
    if len(rows) < 2 or len(rows[0]) < 4:
        raise _no_grid(path, "there is no grid of times and dates", 1, 1)
    return rows


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _date(path: Path, cell: str, column: int) -> date:
    found = _DATE.fullmatch(cell)
    try:
        return date(*map(int, found.groups())) if found else date.fromisoformat(cell)
    except ValueError:
        raise _no_grid(path, "the header is no date", 1, column) from None


def _time(path: Path, row: Sequence[str], column: int, number: int) -> str:
    cell = row[column] if column < len(row) else ""
    if not (_TIME.fullmatch(cell) or (column > 1 and cell == _MIDNIGHT)):
        raise _no_grid(path, "no time stands there", number, column + 1)
    return cell.zfill(5)


def _places(path: Path, row: Sequence[str], column: int, number: int) -> int:
    cell = row[column] if column < len(row) else ""
    if cell and not (cell.isascii() and cell.isdecimal() and len(cell) <= 5):
        raise _no_grid(path, "no number of places stands there", number, column + 1)
    return int(cell or 0)


def _no_grid(path: Path, said: str, row: int, column: int) -> FileError:
    return FileError(
        said,
        code="GL-8063",
        hint="a row a time (id, begin, end) and a column a date, places in the cells",
        place={"file": path.name, "row": row, "column": column},
    )
