"""Writes a workbook row by row: typed cells, codes as text, a frozen header, drop-downs for choices."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from importlib.util import find_spec
from typing import Any, BinaryIO, Final

from govline.core.jst import JST
from govline.errors import FileError, MissingExtra
from govline.tabular.model import Column, ColumnType, Table, Values
from govline.tabular.substitutes import Note, fitting
from govline.tabular.values import formatter

__all__ = ["write_workbook"]

_LAST_ROW: Final = 1_048_576
_LONGEST: Final = 32_767
_DIGITS: Final = 15
_FIRST_DAY: Final = date(1900, 3, 1)
_TEXT: Final = "@"
_CHOICES: Final = "選択肢"
_WIDTHS: Final[Mapping[ColumnType, float]] = {"datetime": 20, "date": 12}
"""Excel shows ##### for a date that is wider than its column."""
Notes = Callable[[int, int], Callable[[str, str], object]]
Above = Sequence[tuple[Column, Any]]


def write_workbook(
    table: Table, file: BinaryIO, rows: Iterable[Values], notes: Notes, above: Above = ()
) -> int:
    """Write header and rows; the number of rows. Memory stays level: openpyxl writes each row out at once.

    Args:
        above: Single settings above the header, each with its column; a blank row keeps them apart from it.

    Raises:
        FileError: GL-0061, more rows or longer text than Excel holds.
        MissingExtra: Without the extra `excel`.
    """
    if find_spec("openpyxl") is None:
        raise MissingExtra("openpyxl", "excel")
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    try:
        sheet = book.create_sheet(table.name[:31])
        _dress(book, sheet, table, above)
        count = _fill(sheet, table, rows, notes, above)
        book.save(file)
    except BaseException:
        _discard(book)
        raise
    return count


def _discard(book: Any) -> None:
    """End the half-written sheets: openpyxl keeps each in a temporary file, which may hold personal data."""
    for sheet in book.worksheets:
        if not sheet.closed:
            sheet.close()
        with suppress(FileNotFoundError):
            sheet._writer.cleanup()  # noqa: SLF001 - only a successful save removes it


def _dress(book: Any, sheet: Any, table: Table, above: Above) -> None:
    """What must be said before the first row: frozen header, widths, text format, drop-downs."""
    from openpyxl.utils import get_column_letter

    top = len(above) + 1 if above else 0
    sheet.freeze_panes = f"A{top + 2}"
    lists: list[list[str]] = []
    for row, (setting, _) in enumerate(above, 1):
        _drop_down(sheet, setting, f"B{row}", lists)
    for place, column in enumerate(table.columns, 1):
        letter = get_column_letter(place)
        dimension = sheet.column_dimensions[letter]
        dimension.width = max(_WIDTHS.get(column.type, 10), min(40, len(column.title) * 2 + 4))
        if column.type in ("text", "code", "time", "list"):
            dimension.number_format = _TEXT
        _drop_down(sheet, column, f"{letter}{top + 2}:{letter}{_LAST_ROW}", lists)
    if lists:
        hidden = book.create_sheet(_CHOICES)
        hidden.sheet_state = "hidden"
        for number in range(max(map(len, lists))):
            hidden.append(
                [_text(hidden, labels[number]) if number < len(labels) else None for labels in lists]
            )


def _drop_down(sheet: Any, column: Column, cells: str, lists: list[list[str]]) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    labels = ["○", "×"] if column.type == "boolean" else list(column.choices.values())
    if not labels or column.type == "list":
        return
    lists.append(labels)
    where = get_column_letter(len(lists))
    rule = DataValidation(
        type="list",
        formula1=f"'{_CHOICES}'!${where}$1:${where}${len(labels)}",
        allow_blank=not column.required,
        showErrorMessage=True,
    )
    rule.add(cells)
    sheet.data_validations.append(rule)


def _fill(sheet: Any, table: Table, rows: Iterable[Values], notes: Notes, above: Above) -> int:
    from openpyxl.styles import Font

    fit = fitting("xlsx")
    for number, (setting, value) in enumerate(above, 1):
        make = _cell(sheet, setting)
        shown = None if value is None else make(value, _noting(fit, notes(number, 0)))
        sheet.append([_text(sheet, setting.title), shown])
    if above:
        sheet.append([])
    header = [_text(sheet, column.title) for column in table.columns]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    cells = [(column.name, _cell(sheet, column)) for column in table.columns]
    count = 0
    for count, row in enumerate(rows, 1):
        if count >= _LAST_ROW:
            raise FileError("there are more rows than Excel holds", code="GL-0061", hint="write .csv instead")
        made = [
            None if (value := row.get(name)) is None else make(value, _noting(fit, notes(count + 1, place)))
            for place, (name, make) in enumerate(cells)
        ]
        sheet.append(made)
    return count


def _noting(fit: Callable[[str, Note], str], note: Note) -> Callable[[str], str]:
    return lambda text: fit(text, note)


def _cell(sheet: Any, column: Column) -> Callable[[Any, Callable[[str], str]], Any]:
    """The function from a value to an Excel cell. Text is written as text, so that no formula can come of it."""
    plain = formatter(column)

    def make(value: Any, fit: Callable[[str], str]) -> Any:
        typed = None if column.format else _typed(sheet, value)
        if typed is not None:
            return typed
        text = fit(plain(value))
        if len(text) > _LONGEST:
            raise FileError(
                "a text is longer than an Excel cell holds",
                code="GL-0061",
                hint="write .csv instead",
                place={"column": column.title},
            )
        return _text(sheet, text) if text else None

    return make


def _typed(sheet: Any, value: Any) -> Any | None:
    """A number or date that Excel holds exactly; None for all that must stay text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        exact = isinstance(value, Decimal) or abs(value) < 10**_DIGITS
        return _number(sheet, value) if exact else None
    if isinstance(value, datetime):
        local = value.astimezone(JST).replace(tzinfo=None)
        if local.date() < _FIRST_DAY or local.microsecond:
            return None
        return _with_format(sheet, local, "yyyy-mm-dd hh:mm:ss")
    if isinstance(value, date) and value >= _FIRST_DAY:
        return _with_format(sheet, value, "yyyy-mm-dd")
    return None


def _number(sheet: Any, value: int | Decimal) -> Any | None:
    if isinstance(value, Decimal):
        shown = float(value)
        if len(value.as_tuple().digits) > _DIGITS or Decimal(repr(shown)) != value:
            return None
        return _with_format(sheet, shown, "General")
    return value


def _with_format(sheet: Any, value: Any, number_format: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value)
    cell.number_format = number_format
    return cell


def _text(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # openpyxl makes a formula of "=…"
    cell.number_format = _TEXT
    return cell
