"""Any file of collection days as one table: 5374.jp, a town's open data, one row a rule, Excel, YAML. Told apart by its form."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from attrs import evolve

from govline.calendar.garbage.long_table import read_long
from govline.calendar.garbage.readers import AreaTable, read_rows, rows_of
from govline.core.text import normalize
from govline.errors import FileError, MissingExtra

__all__ = ["members", "read_calendar", "table_rows"]

_PROPERTY: Final = "#property"
_AREA: Final = frozenset(("地区名", "地区", "収集地区", "地名", "町名", "町字", "町丁目", "地域名", "地域"))
_KIND: Final = frozenset(("分別区分", "ごみの種類", "ゴミの種類", "種類", "品目", "収集区分"))
_RULE: Final = frozenset(("収集日", "収集曜日", "曜日", "収集日程"))
_PLACE: Final = frozenset(("センター", "収集センター", "管轄"))
_NAME_END: Final = re.compile(r"(?<=[)）])(?=[^・)）])")

Rows = list[tuple[int, Sequence[str]]]


def read_calendar(path: str | Path) -> AreaTable:
    """Read a file of collection days, whatever its form.

    Args:
        path: One of
            a CSV as 5374.jp publishes it (one row an area, one column a kind);
            open data whose first header is `#property` (prose cells, several areas a row, joined by ・);
            a CSV with one row for each area and kind, columns such as 地区名, 分別区分, 収集日 among others;
            `.xlsx` of any of these, its first sheet; `.yaml` with `areas: {NAME: {KIND: CELL}}`.

    Raises:
        FileError: GL-2021, the file holds no table of areas.
        MissingExtra: `.xlsx` without the extra `excel`.
    """
    source = Path(path)
    if source.suffix.lower() in {".yaml", ".yml"}:
        from govline.calendar.garbage.yaml_file import read_yaml

        return read_yaml(source)
    rows = table_rows(source)
    header = [normalize(label) for label in rows[0][1]]
    if header[0] == _PROPERTY:
        return _joined(read_rows([(number, row[1:]) for number, row in rows]))
    columns = [at for names in (_AREA, _KIND, _RULE) if (at := _column(header, names)) is not None]
    if len(columns) == 3:
        return read_long(rows, *columns, center=_column(header, _PLACE))
    return read_rows(rows)


def table_rows(source: Path) -> Rows:
    """Rows of a CSV or of the first sheet of an Excel file, with their line numbers; blank ones are left out."""
    if source.suffix.lower() != ".xlsx":
        return list(rows_of(source))
    try:
        import openpyxl
    except ModuleNotFoundError as cause:
        raise MissingExtra("openpyxl", "excel") from cause
    try:
        book = openpyxl.load_workbook(source, read_only=True, data_only=True)
    except OSError:
        raise
    except Exception as error:
        raise FileError("this is no Excel file", code="GL-2021", place={"file": source.name}) from error
    try:
        rows = [[_cell_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
    finally:
        book.close()
    found = [(number, row) for number, row in enumerate(rows, 1) if any(map(str.strip, row))]
    if not found:
        raise FileError("the file is empty", code="GL-2021", place={"file": source.name})
    width = max(at for _, row in found for at, cell in enumerate(row, 1) if cell.strip())
    return [(number, row[:width]) for number, row in found]


def members(name: str) -> list[str]:
    """The names in a cell that joins several: split at ・ outside brackets, and behind a closing bracket.

    `高松第一（松島・築地）花園・塩江` is 高松第一（松島・築地）, 花園, 塩江.
    """
    parts = [""]
    depth = 0
    for char in _NAME_END.sub("・", name) if _balanced(name) else name:
        depth += (char in "(（") - (char in ")）")
        if char == "・" and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]


def _balanced(name: str) -> bool:
    """No bracket within a bracket, and each closed."""
    return re.fullmatch(r"(?:[^()（）]|[(（][^()（）]*[)）])*", name) is not None


def _joined(table: AreaTable) -> AreaTable:
    return evolve(table, areas=[evolve(area, members=members(area.name)) for area in table.areas])


def _cell_text(value: Any) -> str:
    """A date cell as a date token, a whole number without `.0`."""
    if value is None:
        return ""
    if isinstance(value, date | datetime):
        return f"{value:%Y%m%d}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _column(header: Sequence[str], names: frozenset[str]) -> int | None:
    """Of the column with one of these names, plain or behind the prefix that open data may give it (収集_地区名)."""
    return next(
        (at for at, label in enumerate(header) if label in names or label.rpartition("_")[2] in names), None
    )
