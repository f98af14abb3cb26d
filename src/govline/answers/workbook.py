"""The first sheet of an Excel file as rows of text (extra `excel`)."""

import io
from datetime import date, datetime
from typing import Any, Final

from govline.errors import FileError, MissingExtra

__all__ = ["MAGIC", "sheet_rows"]

MAGIC: Final = b"PK\x03\x04"
"""How every .xlsx begins."""


def sheet_rows(data: bytes, name: str = "") -> list[tuple[int, list[str]]]:
    """Rows with their numbers, blank ones and empty columns at the right left out.

    Raises:
        FileError: GL-4200, no Excel file, or nothing in its first sheet.
        MissingExtra: openpyxl is not installed.
    """
    try:
        import openpyxl
    except ModuleNotFoundError as cause:
        raise MissingExtra("openpyxl", "excel") from cause
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except Exception as error:  # zip, XML and key errors of a foreign parser
        raise FileError("this is no Excel file", code="GL-4200", place={"file": name}) from error
    try:
        sheet = [[_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    finally:
        book.close()
    found = [(number, row) for number, row in enumerate(sheet, 1) if any(cell.strip() for cell in row)]
    if not found:
        raise FileError("the file is empty", code="GL-4200", place={"file": name})
    width = max(at for _, row in found for at, cell in enumerate(row, 1) if cell.strip())
    return [(number, [*row[:width], *[""] * (width - len(row))]) for number, row in found]


def _text(value: Any) -> str:
    """Whole numbers without .0, dates as 2026-01-15."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
