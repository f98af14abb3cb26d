"""Rows of a text file, one by one, in any of its encodings."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from govline.errors import FileError
from govline.tabular.sniffing import MARK_ERRORS, Sniffed, delimiter_of

__all__ = ["csv_delimiter", "csv_rows"]

_LOOK_AT: Final = 40


def csv_delimiter(path: Path, sniffed: Sniffed) -> str:
    """The delimiter, judged by the first lines."""
    with path.open(encoding=sniffed.encoding, errors=MARK_ERRORS) as file:
        return delimiter_of([line[:20_000] for line in islice(file, _LOOK_AT)])


def csv_rows(path: Path, sniffed: Sniffed, delimiter: str) -> Iterator[list[str]]:
    """Every record of the file, blank ones as empty lists: the n-th is row n as Excel counts.

    Raises:
        FileError: GL-0037, a quote that is never closed or stands in the wrong place; the row is named.
    """
    with path.open(encoding=sniffed.encoding, errors=MARK_ERRORS, newline="") as file:
        if sniffed.encoding.startswith("utf-16"):
            file.read(1)  # the BOM; the codecs with a named byte order leave it in the text
        reader = csv.reader(file, delimiter=delimiter, strict=True)
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
