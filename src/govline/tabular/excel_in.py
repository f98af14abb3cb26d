"""Rows of a workbook, one by one: typed cells, results of formulas, the first sheet that Excel shows."""

import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

from govline.errors import FileError, MissingExtra
from govline.tabular.excel_guard import Seen, guard_workbook, look_at_sheet, open_archive
from govline.tabular.headers import LOOK_FOR

__all__ = ["FAILED", "NO_RESULT", "Workbook"]

NO_RESULT: Final = object()
"""Stands for a formula whose result was never saved."""
FAILED: Final = object()
"""Stands for an error value such as #N/A."""
_CHUNK: Final = 500
_WIDEST: Final = 512
"""Columns up to which merged cells repeat."""


class Workbook:
    """One sheet of a workbook, opened for reading; close it, or use it as a context. `others`: what else Excel shows.

    Args:
        path: The file, or its contents.
        sheet: Its name; the first that Excel shows where omitted.
        merged: Vertically merged cells of so many first rows repeat.

    Raises:
        MissingExtra: Without the extra `excel`.
        FileError: GL-0038 a bomb or damage, GL-0039 no such sheet.
    """

    def __init__(self, path: Path | BinaryIO, sheet: str = "", *, merged: int = LOOK_FOR) -> None:
        if find_spec("openpyxl") is None:
            raise MissingExtra("openpyxl", "excel")
        self._merged = merged
        self._archive = open_archive(path)
        try:
            sheets = guard_workbook(self._archive, merged)
            self._book = _load(path)
        except BaseException:
            self._archive.close()
            raise
        try:
            self._sheet = self._pick(sheet)
            part: str = self._sheet._worksheet_path  # noqa: SLF001 - the part's name stands nowhere else
            self.seen: Seen = sheets.get(part) or look_at_sheet(self._archive, part, merged)
        except BaseException:
            self.close()
            raise
        self.sheet: str = self._sheet.title
        self.others = [each.title for each in self._shown() if each.title != self.sheet]
        self._merges: dict[int, list[tuple[int, int, int, int]]] = {}
        for area in self.seen.merged:
            self._merges.setdefault(area[0], []).append(area)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._book.close()
        self._archive.close()

    def rows(self) -> Iterator[list[Any]]:
        """Every row, blank ones included: the n-th is row n as Excel counts. Vertically merged cells of the first rows repeat."""
        self._sheet.reset_dimensions()
        found = self._sheet.iter_rows(values_only=True)
        number = 0
        carried: dict[tuple[int, int, int], Any] = {}
        while chunk := _quietly(found):
            for cells in chunk:
                number += 1
                row = list(cells)
                if number <= self._merged:
                    self._unmerge(number, row, carried)
                if self.seen.uncounted or self.seen.failed:
                    self._mark(number, row)
                yield row

    def _unmerge(self, number: int, row: list[Any], carried: dict[tuple[int, int, int], Any]) -> None:
        for top, left, bottom, _ in self._merges.get(number, ()):
            if top < bottom and left <= len(row):
                carried[top, left, bottom] = row[left - 1]
        for top, left, bottom in [*carried]:
            if bottom < number:
                del carried[top, left, bottom]
            elif top < number and left <= _WIDEST:
                row.extend([None] * (left - len(row)))
                row[left - 1] = carried[top, left, bottom]

    def _mark(self, number: int, row: list[Any]) -> None:
        for index, cell in enumerate(row):
            if cell is None and (number, index + 1) in self.seen.uncounted:
                row[index] = NO_RESULT
            elif (number, index + 1) in self.seen.failed:
                row[index] = FAILED

    def _shown(self) -> list[Any]:
        return [sheet for sheet in self._book.worksheets if sheet.sheet_state == "visible"]

    def _pick(self, wanted: str) -> Any:
        shown = self._shown()
        chosen = [sheet for sheet in self._book.worksheets if sheet.title == wanted] if wanted else shown
        if not chosen:
            raise FileError(
                "the workbook has no such sheet",
                code="GL-0039",
                hint=f"it shows: {', '.join(sheet.title for sheet in shown)}",
            )
        return chosen[0]


def _quietly(rows: Iterator[Any]) -> list[Any]:
    """The next rows; openpyxl warns with the cell's value, which no log may hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(islice(rows, _CHUNK))
        except FileError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever openpyxl meets in a crafted file is damage to us
            raise _damaged(error) from None


def _load(path: Path | BinaryIO) -> Any:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # noqa: BLE001 - whatever openpyxl meets in a crafted file is damage to us
            raise _damaged(error) from None


def _damaged(error: Exception) -> FileError:
    return FileError(
        "the workbook cannot be read",
        code="GL-0038",
        hint="save it afresh in Excel as .xlsx, or as CSV UTF-8",
        place={"cause": type(error).__name__},
    )
