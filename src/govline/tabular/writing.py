"""Writes rows of declared columns: CSV in the encodings that offices need, or Excel; streaming, whole or not at all."""

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from attrs import frozen

from govline.errors import FileError
from govline.tabular.guarding import guard
from govline.tabular.model import Column, Table, Values
from govline.tabular.sniffing import DELIMITERS, digest_of, spelled
from govline.tabular.substitutes import Substitute, carries, fitting
from govline.tabular.values import formatter

__all__ = ["ENCODINGS", "Written", "write"]

ENCODINGS: Final = {
    "utf-8-sig": b"\xef\xbb\xbf",
    "utf-8": b"",
    "cp932": b"",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
}
"""Encodings of text files, each with the mark it begins with. `utf-8-sig` opens well in Excel."""
_TAB: Final = {"tab": "\t", "\\t": "\t"}
_CHUNK: Final = 500
_NAMED: Final = 100


@frozen
class Written:
    """What was written.

    Args:
        rows: Without the header.
        substitutes: Characters that the encoding could not hold, the first hundred; `substituted` counts all.
        digest: SHA-256 of the file, in hex.
    """

    rows: int
    encoding: str
    digest: str
    substitutes: tuple[Substitute, ...] = ()
    substituted: int = 0


def write(
    table: Table,
    path: Path | str,
    rows: Iterable[Values],
    *,
    encoding: str = "",
    delimiter: str = "",
    above: Sequence[tuple[Column, Any]] = (),
) -> Written:
    """Write rows to a file; it appears under its name only when it is complete, readable for its owner alone.

    Args:
        path: `.xlsx` makes a workbook, anything else a text file.
        rows: Values by column name; a missing name is an empty cell. They are taken one by one: a million fits.
        encoding: Of a text file: one of `ENCODINGS`; `utf-8-sig` where omitted.
        delimiter: `,`, a tab (`tab` will do) or `;`; a tab where omitted in a `.tsv` file.
        above: Single settings above the header, each with its column: its title stands in the first cell, the value in the second.

    Raises:
        FileError: GL-0034 an encoding that is none of those, GL-0061 too much for Excel.
        MissingExtra: A workbook without the extra `excel`.
    """
    target = Path(path)
    notes = _Notes(table)
    if target.suffix.lower() == ".xlsx":
        from govline.tabular.excel_out import write_workbook

        with _whole(target) as file:
            count = write_workbook(table, file, rows, notes.of, above)
        return notes.written(count, "xlsx", digest_of(target))
    chosen = spelled(encoding) or "utf-8-sig"
    sign = _TAB.get(delimiter, delimiter) or _usual(target)
    if len(sign) != 1 or sign not in DELIMITERS:
        raise FileError("no such delimiter", code="GL-0034", hint="a comma, a tab or a semicolon")
    if chosen not in ENCODINGS:
        raise FileError("no such encoding", code="GL-0034", hint=", ".join(ENCODINGS))
    with _whole(target) as file:
        sheet = _Sheet(file, chosen, sign, notes)
        if above:
            sheet.write([*([setting.title, _text_cell(setting)(value)] for setting, value in above), []])
        count = _write_text(table, sheet, rows)
    return notes.written(count, chosen, digest_of(target))


class _Notes:
    """Collects substitutes."""

    def __init__(self, table: Table) -> None:
        self.titles = [column.title for column in table.columns]
        self.count = 0
        self.named: list[Substitute] = []

    def of(self, row: int, place: int) -> Callable[[str, str], None]:
        """The note-taker of one cell."""

        def note(char: str, replacement: str) -> None:
            self.count += 1
            if len(self.named) < _NAMED:
                self.named.append(Substitute(row, self.titles[place], char, replacement))

        return note

    def written(self, rows: int, encoding: str, digest: str) -> Written:
        """The result."""
        return Written(rows, encoding, digest, tuple(self.named), self.count)


def _usual(path: Path) -> str:
    return "\t" if path.suffix.lower() in (".tsv", ".txt") else ","


@contextmanager
def _whole(target: Path) -> Iterator[BinaryIO]:
    """A file beside the target that takes its place at the end; nothing is left of one that failed."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError:
        raise _unwritable(target) from None
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
        Path(name).replace(target)
    except OSError:
        raise _unwritable(target) from None
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _unwritable(target: Path) -> FileError:
    return FileError(
        "the file cannot be written",
        code="GL-0036",
        hint="check its folder, its rights and the room on the disk",
        place={"file": target.name},
    )


def text_cells(table: Table) -> list[Callable[[Any], str]]:
    """For each column, the function from a value to the text that a CSV cell holds, formulas guarded."""
    return [_text_cell(column) for column in table.columns]


def _text_cell(column: Column) -> Callable[[Any], str]:
    plain = formatter(column)
    return (lambda value: guard(plain(value))) if takes_guard(column) else plain


def takes_guard(column: Column) -> bool:
    """Whether its cells hold words that a spreadsheet might run; numbers and dates never do."""
    return column.type in ("text", "code", "choice", "list")


def _write_text(table: Table, sheet: "_Sheet", rows: Iterable[Values]) -> int:
    cells = list(zip([column.name for column in table.columns], text_cells(table), strict=True))
    sheet.write([[column.title for column in table.columns]])
    count = 0
    source = iter(rows)
    while chunk := list(islice(source, _CHUNK)):
        count += len(chunk)
        sheet.write([[text(row.get(name)) for name, text in cells] for row in chunk])
    return count


class _Sheet:
    """Encodes chunk by chunk; only a chunk that does not fit is looked at cell by cell."""

    def __init__(self, file: BinaryIO, encoding: str, delimiter: str, notes: _Notes) -> None:
        self._file, self._delimiter, self._notes = file, delimiter, notes
        self._codec = "utf-8" if encoding == "utf-8-sig" else encoding
        self._fit = fitting(encoding)
        self._row = 0
        file.write(ENCODINGS[encoding])

    def write(self, records: Sequence[Sequence[str]]) -> None:
        """Append records."""
        text = self._text(records)
        if "\0" in text or not carries(text, self._codec):
            text = self._text(
                [
                    [
                        self._fit(cell, self._notes.of(self._row + number, place))
                        for place, cell in enumerate(record)
                    ]
                    for number, record in enumerate(records, 1)
                ]
            )
        self._file.write(text.encode(self._codec))
        self._row += len(records)

    def _text(self, records: Sequence[Sequence[str]]) -> str:
        buffer = io.StringIO(newline="")
        csv.writer(buffer, delimiter=self._delimiter, lineterminator="\r\n").writerows(records)
        return buffer.getvalue()
