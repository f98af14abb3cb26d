"""Reads a file of declared columns: finds out what it is, finds the header, and gives row after row with all faults of each."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final

from govline.errors import FileError
from govline.tabular.csv_in import csv_delimiter, csv_rows
from govline.tabular.excel_guard import Seen
from govline.tabular.excel_in import FAILED, NO_RESULT, Workbook
from govline.tabular.guarding import unguard
from govline.tabular.headers import LOOK_FOR, Header, find_header
from govline.tabular.model import Column, Issue, Row, Source, Table
from govline.tabular.report import Report, Tally
from govline.tabular.sniffing import BROKEN, Sniffed, sniff
from govline.tabular.values import parser
from govline.tabular.wording import Misfit

__all__ = ["Reading", "read"]

_REMEMBERED: Final = 20_000
"""Different texts of one column whose values are kept: wards, dates and choices are read once, not a million times."""
_EDGES: Final = " \t\r\n\u3000\u00a0\ufeff"


def read(table: Table, path: Path | str, *, encoding: str = "", sheet: str = "") -> "Reading":
    """Open a file of this table, CSV or Excel, and find out everything that must be known before its rows.

    Args:
        encoding: To take instead of the detected one: `cp932`, `utf-8` …; text files only.
        sheet: Of a workbook; the first that Excel shows where omitted.

    Returns:
        A reading: iterate it for its rows, in bounded memory; `report` tells how it went. Each iteration begins afresh.

    Raises:
        FileError: GL-0030 to GL-0039, the file cannot be read at all; each names the remedy.
        MissingExtra: An Excel file without the extra `excel`.
    """
    return Reading(table, Path(path), encoding, sheet)


class Reading:
    """A file opened by `read`. Attributes: `table`, `source`, `header`, `above` (the rows over the header), `report` (complete once its
    rows were iterated).
    """

    def __init__(self, table: Table, path: Path, encoding: str, sheet: str) -> None:
        self.table = table
        self.path = path
        self._sniffed: Sniffed = sniff(path, encoding)
        self._sheet = sheet
        self._delimiter = csv_delimiter(path, self._sniffed) if self._sniffed.format == "csv" else ""
        title, seen, first, self.header = self._opened()
        self._sheet = title or sheet
        self.above: tuple[tuple[Any, ...], ...] = tuple(map(tuple, first[: self.header.row - 1]))
        self.source = Source(
            format=self._sniffed.format,
            encoding=self._sniffed.encoding,
            digest=self._sniffed.digest,
            size=self._sniffed.size,
            delimiter=self._delimiter,
            header_row=self.header.row,
            sheet=title,
            hidden_rows=seen.hidden,
            hidden_columns=tuple(
                self.header.titles[name] for name, at in self.header.places.items() if at + 1 in seen.unseen
            ),
        )
        self._tally = self._fresh()

    @property
    def report(self) -> Report:
        """What was read so far; complete after the last row."""
        return self._tally.report()

    def refuse(self, row: Row, name: str, misfit: Misfit) -> None:
        """Count a row of the running iteration as refused for a reason that the file alone does not show."""
        column = self.table[name]
        self._tally.refuse(
            [
                self._tally.issue(
                    row.number, self.header.titles.get(name, ""), column, misfit, row.values.get(name)
                )
            ]
        )

    def __iter__(self) -> Iterator[Row]:
        self._tally = self._fresh()
        rows, close = self._rows()
        with close:
            yield from _Rows(self, self._tally, self._sniffed).over(rows)

    def _fresh(self) -> Tally:
        header = self.header
        return Tally(
            Report(
                self.table.name,
                self.path.name,
                self.source,
                titles=header.titles,
                unknown=header.unknown,
                lacking=header.missing,
            )
        )

    def _rows(self) -> tuple[Iterator[list[Any]], Any]:
        if self._sniffed.format == "csv":
            rows = csv_rows(self.path, self._sniffed, self._delimiter)
            return rows, closing(rows)
        book = Workbook(self.path, self._sheet)
        return book.rows(), closing(book)

    def _opened(self) -> tuple[str, Seen, list[list[Any]], Header]:
        """Name of the sheet that is read and what its XML tells, its first rows, its header.

        Of a workbook whose sheet the caller does not name, the first that Excel shows and that has such a header: notes
        and drop-down lists often stand on sheets before it.
        """
        if self._sniffed.format == "csv":
            rows, close = self._rows()
            with close:
                first = list(islice(rows, LOOK_FOR))
            return "", Seen(), first, self._header(first, "")
        wrong, names = None, [self._sheet]
        while names:
            with Workbook(self.path, names.pop(0)) as book:
                first = list(islice(book.rows(), LOOK_FOR))
            try:
                return book.sheet, book.seen, first, self._header(first, book.sheet)
            except FileError as error:
                if wrong is None and not self._sheet:
                    names = book.others
                if wrong is None or wrong.code == "GL-0031":
                    wrong = error
        assert wrong is not None  # a workbook shows at least one sheet
        raise wrong

    def _header(self, first: list[list[Any]], sheet: str) -> Header:
        try:
            return find_header(self.table, first)
        except FileError as error:
            place = {"file": self.path.name, **({"sheet": sheet} if sheet else {}), **error.place}
            raise FileError(error.message, code=error.code, hint=error.hint, place=place) from None


class _Rows:
    """Turns records into rows for one iteration."""

    def __init__(self, reading: Reading, tally: Tally, sniffed: Sniffed) -> None:
        header, table = reading.header, reading.table
        self.header, self.tally, self.table = header, tally, table
        self.text = sniffed.format == "csv"
        self.broken, self.nul = sniffed.broken, sniffed.nul
        self.cells = [
            _CellReader(
                column, header.places[column.name], header.titles[column.name], text=self.text, tally=tally
            )
            for column in _key_first(table)
            if column.name in header.places and not column.read_only
        ]
        self.unique: list[tuple[str, ...]] = [
            (column.name,) for column in table.columns if column.unique and column.name in header.places
        ]
        if table.key and table.key not in self.unique:
            self.unique.append(table.key)
        self.seen: list[dict[int, int]] = [{} for _ in self.unique]

    def over(self, records: Iterator[list[Any]]) -> Iterator[Row]:
        """Every data row below the header."""
        tally = self.tally
        for number, record in enumerate(records, 1):
            if number <= self.header.row:
                continue
            if all(map(_is_blank, record)):
                tally.blank_rows += 1
                continue
            if record == self.header.raw:
                tally.repeated_headers += 1
                continue
            tally.rows += 1
            row = self.row(number, record)
            if row.issues:
                tally.refuse(row.issues)
            yield row

    def row(self, number: int, record: list[Any]) -> Row:
        """One row with all of its faults."""
        values: dict[str, Any] = {}
        issues: list[Issue] = []
        wrong = self._shape(record)
        if wrong is not None:
            return Row(number, values, (self.tally.issue(number, "", None, wrong, None),))
        width = len(record)
        for reader in self.cells:
            cell = record[reader.place] if reader.place < width else None
            try:
                values[reader.name] = reader.read(cell)
            except Misfit as misfit:
                issues.append(self.tally.issue(number, reader.title, reader.column, misfit, cell))
        if not issues:
            issues += self._rules(number, values)
            issues += self._doubles(number, values)
        return Row(number, values, tuple(issues))

    def _shape(self, record: list[Any]) -> Misfit | None:
        """CSV only: a missing or a stray comma shifts every value behind it, so no cell of such a row is believed."""
        width = self.header.width
        if not self.text or len(record) == len(self.header.raw):
            return None
        if len(record) < width:
            return Misfit("too_few_cells", cells=len(record), expected=width)
        if any(record[len(self.header.raw) :]):
            return Misfit("too_many_cells", cells=len(record), expected=width)
        return None

    def _rules(self, number: int, values: dict[str, Any]) -> Iterator[Issue]:
        for rule in self.table.rules:
            for name, reason, remedy in rule(values):
                column = next((column for column in self.table.columns if column.name == name), None)
                title = self.header.titles.get(name, "")
                yield self.tally.issue(
                    number, title, column, Misfit("rule", reason=reason, remedy=remedy), None
                )

    def _doubles(self, number: int, values: dict[str, Any]) -> Iterator[Issue]:
        for names, seen in zip(self.unique, self.seen, strict=True):
            if len(names) == 1 and values[names[0]] is None:
                continue
            first = seen.setdefault(hash("\x1f".join([str(values[name]) for name in names])), number)
            if first != number:
                column = self.table[names[0]]
                title = self.header.titles[names[0]]
                yield self.tally.issue(
                    number, title, column, Misfit("duplicate", first=first), values[names[0]]
                )


def _is_blank(cell: Any) -> bool:
    """Whether nothing stands there, or only blanks that somebody has typed over."""
    return cell is None or (type(cell) is str and not cell.strip(_EDGES))


class _CellReader:
    """Reads the cells of one column of one file; remembers what texts mean."""

    def __init__(self, column: Column, place: int, title: str, *, text: bool, tally: Tally) -> None:
        self.column, self.place, self.title, self.name = column, place, title, column.name
        self._parse: Callable[[Any], Any] = parser(column)
        self._known: dict[str, Any] = {}
        self._tally = tally
        self._guarded = text and column.type in ("text", "code", "choice", "list")
        self._remembers = not column.unique

    def read(self, cell: Any) -> Any:
        """The value of a cell. Raises Misfit."""
        if type(cell) is str:
            if cell in self._known:
                return self._known[cell]
            value = self._parse(self._checked(cell))
            if self._remembers and len(self._known) < _REMEMBERED and not self.column.width:
                self._known[cell] = value
        else:
            value = self._parse(_known_cell(cell))
        if self.column.width and value is not None and len(str(cell).strip()) < len(value):
            self._tally.padded += 1
        return value

    def _checked(self, cell: str) -> str:
        if BROKEN in cell:
            raise Misfit("undecodable")
        if "\0" in cell:
            raise Misfit("nul")
        return unguard(cell) if self._guarded else cell


def _known_cell(cell: Any) -> Any:
    if cell is NO_RESULT or cell is FAILED:
        raise Misfit("no_cached_value" if cell is NO_RESULT else "error_cell")
    return cell


def _key_first(table: Table) -> list[Column]:
    return sorted(table.columns, key=lambda column: column.name not in table.key)
