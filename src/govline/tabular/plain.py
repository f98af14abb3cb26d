"""Rows of a file as they stand, for readers that find out the columns by themselves: text of any office, or a workbook."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Final

from govline.errors import FileError
from govline.tabular.excel_in import FAILED, NO_RESULT, Workbook
from govline.tabular.sniffing import delimiter_of, text_of

__all__ = ["PlainRow", "plain_rows"]

PlainRow = tuple[int, list[str]]
"""A row with the line on which it begins, from 1."""

_ZIP: Final = b"PK\x03\x04"
"""How every .xlsx begins."""
_UNKNOWN: Final = "(計算結果なし)"
_ALL: Final = 1 << 20
_EMPTY: Final = "GL-0036"


def plain_rows(source: str | Path | bytes, *, code: str, may_be_empty: bool = False) -> list[PlainRow]:
    """Every row that is not blank, as text.

    Args:
        source: A path, or the bytes of a file: UTF-8 with or without BOM, UTF-16 with BOM, or CP932; commas, tabs or semicolons; or
            a workbook, whose first shown sheet is read: dates as 2026-01-15, vertically merged cells repeated.
        code: Of the error that is raised, the reader's own.

    Raises:
        FileError: With this code: unreadable, no table, or nothing in it where that is not allowed.
        MissingExtra: A workbook without the extra `excel`.
    """
    name = "" if isinstance(source, bytes) else Path(source).name
    data = source if isinstance(source, bytes) else _bytes(Path(source), code)
    workbook = data.startswith(_ZIP) or name.lower().endswith(".xlsx")
    try:
        rows = _sheet(data) if workbook else _text(text_of(data))
    except csv.Error as error:
        raise FileError(f"this is no CSV: {error}", code=code, place={"file": name}) from error
    except FileError as error:
        if may_be_empty and error.code == _EMPTY:
            return []
        place = {**error.place, "file": name}
        raise FileError(error.message, code=code, hint=error.hint, place=place) from error
    if not rows and not may_be_empty:
        raise FileError("the file is empty", code=code, place={"file": name})
    return rows


def _text(text: str) -> list[PlainRow]:
    header = next(filter(str.strip, text.splitlines()), "")
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of([header]), strict=True)
    rows: list[PlainRow] = []
    line = 1
    for row in table:
        if any(cell.strip() for cell in row):
            rows.append((line, row))
        line = table.line_num + 1
    return rows


def _sheet(data: bytes) -> list[PlainRow]:
    """Blank rows and empty columns at the right left out."""
    with Workbook(io.BytesIO(data), merged=_ALL) as book:
        rows = [(number, list(map(_cell, row))) for number, row in enumerate(book.rows(), 1)]
    width = max((_width(row) for _, row in rows), default=0)
    return [(number, [*row[:width], *[""] * (width - len(row))]) for number, row in rows if _width(row)]


def _width(row: Iterable[str]) -> int:
    return max((at for at, cell in enumerate(row, 1) if cell.strip()), default=0)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if value in (NO_RESULT, FAILED):
        return _UNKNOWN
    if isinstance(value, date):
        return value.isoformat()[:10]
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _bytes(path: Path, code: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise FileError(
            f"the file cannot be read: {why}",
            code=code,
            hint="check the path and who may read it",
            place={"file": str(path)},
        ) from error
