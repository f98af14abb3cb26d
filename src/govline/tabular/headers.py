"""Which column of a file is which: headers as clerks write them, below title rows, with notes, breaks and full-width signs."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from attrs import frozen

from govline.errors import FileError
from govline.tabular.model import Table

__all__ = ["Header", "find_header", "fold_header"]

LOOK_FOR: Final = 30
"""Among so many first rows the header is looked for."""

_NOISE: Final = re.compile(r"[\s※★*＊:]+")
_BRACKETS: Final = re.compile(r"[(\[【〔<][^)\]】〕>]*[)\]】〕>]")
_NOTES: Final = re.compile(r"[(\[【〔<](必須|任意|required|optional)[)\]】〕>]")


@frozen
class Header:
    """The header of a file.

    Args:
        row: As Excel numbers rows.
        raw: Its cells, to know the same row again further down.
        titles: Column name -> the header as the file has it.
        places: Column name -> index of the cell.
        unknown: Headers that name no column; what stands below them is ignored.
        missing: Titles of optional columns that the file lacks; their values stay as they are.
        width: Number of cells.
    """

    row: int
    raw: list[Any]
    titles: dict[str, str]
    places: dict[str, int]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    width: int


def fold_header(cell: Any) -> str:
    """A header in the form in which headers are compared: NFKC, no blanks or breaks, no ※ and no （必須）."""
    text = _NOISE.sub("", unicodedata.normalize("NFKC", "" if cell is None else str(cell))).casefold()
    return _NOTES.sub("", text)


def find_header(table: Table, rows: Sequence[Sequence[Any]]) -> Header:
    """The row among these (a file's first ones) that names the most columns, the first of equals.

    Raises:
        FileError: GL-0031 no header, GL-0032 a required column is missing, GL-0033 two headers mean the same column.
    """
    known = _spellings(table)
    best, score = -1, 0
    for index, row in enumerate(rows):
        found = len({name for cell in row if (name := _meaning(known, cell))})
        if found > score:
            best, score = index, found
    if best < 0:
        raise FileError(
            "no header row was found",
            code="GL-0031",
            hint=f"the first {LOOK_FOR} rows hold none of: {', '.join(column.title for column in table.columns)}",
        )
    return _read(table, known, rows[best], best + 1)


def _spellings(table: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in table.columns:
        found.setdefault(fold_header(column.title), column.name)
    for column in table.columns:
        for alias in (*column.aliases, column.name):
            found.setdefault(fold_header(alias), column.name)
    return found


def _meaning(known: dict[str, str], cell: Any) -> str | None:
    folded = fold_header(cell)
    return known.get(folded) or known.get(_BRACKETS.sub("", folded))


def _read(table: Table, known: dict[str, str], row: Sequence[Any], number: int) -> Header:
    titles: dict[str, str] = {}
    places: dict[str, int] = {}
    unknown = []
    for index, cell in enumerate(row):
        title = "" if cell is None else " ".join(str(cell).split())
        name = _meaning(known, cell)
        if name is None:
            unknown += [title] if title else []
        elif name in places:
            raise FileError(
                "two headers mean the same column",
                code="GL-0033",
                hint="rename or remove one of them",
                place={"row": number, "column": titles[name]},
            )
        else:
            titles[name], places[name] = title, index
    missing = [column for column in table.columns if column.name not in places and not column.read_only]
    lacking = [column.title for column in missing if column.required or column.name in table.key]
    if lacking:
        raise FileError(
            f"required columns are missing: {', '.join(lacking)}",
            code="GL-0032",
            hint="add the columns, or correct their headers",
            place={"row": number},
        )
    return Header(
        row=number,
        raw=list(row),
        titles=titles,
        places=places,
        unknown=tuple(unknown),
        missing=tuple(column.title for column in missing),
        width=max((index + 1 for index, cell in enumerate(row) if cell not in (None, "")), default=0),
    )
