"""Any file of collection days as one table: 5374.jp, a town's open data, one row a rule, Excel, YAML. Told apart by its form."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from attrs import evolve

from govline.calendar.garbage.area_table import AreaTable, Problem
from govline.calendar.garbage.columns import AREA_HEADERS, below_title
from govline.calendar.garbage.long_table import read_long
from govline.calendar.garbage.readers import read_rows
from govline.core.text import normalize
from govline.tabular.plain import PlainRow, plain_rows

__all__ = ["members", "read_calendar"]

_PROPERTY: Final = "#property"
_KIND: Final = frozenset(
    (
        *("分別区分", "ごみの種類", "ゴミの種類", "種類", "品目", "収集区分", "種別", "収集種別", "分別"),
        *(
            "ゴミ分類区分",
            "ごみ分類区分",
            "ごみ種別",
            "ゴミ種別",
            "ごみの種別",
            "ゴミの種別",
            "ごみ区分",
            "ゴミ区分",
        ),
    )
)
_RULE: Final = frozenset(
    ("収集日", "収集曜日", "曜日", "収集日程", "収集日・曜日", "収集頻度", "収集スケジュール")
)
_ASIDE: Final = re.compile("特別に|祝日|適用|例外|休止|振替")
_PLACE: Final = frozenset(("センター", "収集センター", "管轄"))
_NAME_END: Final = re.compile(r"(?<=[)）])(?=[^・)）])")


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
    rows, titles = below_title(plain_rows(source, code="GL-2021"))
    table = _table(rows)
    return evolve(table, warnings=[*titles, *table.warnings])


def _table(rows: Sequence[PlainRow]) -> AreaTable:
    header = [normalize(label) for label in rows[0][1]]
    if header[0] == _PROPERTY:
        return _joined(read_rows([(number, row[1:]) for number, row in rows]))
    columns = [at for names in (AREA_HEADERS, _KIND, _RULE) if (at := _column(header, names)) is not None]
    if len(columns) == 3:
        table = read_long(rows, *columns, center=_column(header, _PLACE))
        return evolve(table, warnings=[*table.warnings, *_unread(rows)])
    return read_rows(rows)


def _unread(rows: Sequence[PlainRow]) -> Iterator[Problem]:
    """Columns beside the rule that may change days and are not read: named where they say anything."""
    (line, header), *body = rows
    for at, label in enumerate(header):
        cell = next((row[at].strip() for _, row in body if at < len(row) and row[at].strip()), "")
        if cell and _ASIDE.search(normalize(label)):
            yield Problem(
                line, label, cell, "この列は読みません(例外は exceptions.csv に書きます)", "GL-2022"
            )


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


def _column(header: Sequence[str], names: frozenset[str]) -> int | None:
    """Of the column with one of these names, plain or behind the prefix that open data may give it (収集_地区名)."""
    return next(
        (at for at, label in enumerate(header) if label in names or label.rpartition("_")[2] in names), None
    )
