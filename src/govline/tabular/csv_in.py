"""Rows of a text file, one by one, in any of its encodings."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from govline.errors import FileError
from govline.tabular.sniffing import MARK_ERRORS, Sniffed, delimiter_of

__all__ = ["csv_delimiter", "csv_rows"]

_LOOK_AT: Final = 40
_MARK: Final = "\ufeff"
_LONGEST_LINE: Final = 1 << 22
"""Characters of one line: what is held at once."""


def csv_delimiter(path: Path, sniffed: Sniffed) -> str:
    """The delimiter, judged by the first lines."""
    with path.open(encoding=sniffed.encoding, errors=MARK_ERRORS) as file:
        return delimiter_of([line[:20_000] for line in islice(_lines(file), _LOOK_AT)])


def csv_rows(path: Path, sniffed: Sniffed, delimiter: str) -> Iterator[list[str]]:
    """Every record of the file, blank ones as empty lists: the n-th is row n as Excel counts.

    Raises:
        FileError: GL-0037, a quote that is never closed or stands in the wrong place; the row is named. Or a line without end.
    """
    with path.open(encoding=sniffed.encoding, errors=MARK_ERRORS, newline="") as file:
        if sniffed.encoding.startswith("utf-16") and file.read(1) != _MARK:
            file.seek(0)  # the codecs with a named byte order leave a mark in the text
        reader = csv.reader(_lines(file), delimiter=delimiter, strict=True)
        number = 0
        while True:
            try:
                record = next(reader, None)
            except csv.Error:
                raise FileError(
                    "the quotes of a row do not fit together",
                    code="GL-0037",
                    hint='close every quote, and write a quote inside a value as ""',
                    place={"row": number + 1, "line": reader.line_num},
                ) from None
            if record is None:
                return
            number += 1
            yield record


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise FileError(
                "a line is longer than a table's line can be",
                code="GL-0037",
                hint="check its line ends; a cell may hold 131,072 characters",
            )
        yield line
