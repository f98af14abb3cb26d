"""What stands beside a table of collection days: exceptions (振替・休止・臨時), descriptions of kinds, remarks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final, Literal

from attrs import field, frozen

from govline.calendar.garbage.area_table import AreaTable, Problem
from govline.calendar.garbage.centers import as_date
from govline.calendar.garbage.plan import DayChange
from govline.core import frozen_tuple
from govline.core.text import normalize
from govline.errors import FileError
from govline.tabular.plain import plain_rows

__all__ = [
    "ACTION_WORDS",
    "Changes",
    "Fitting",
    "Kind",
    "read_descriptions",
    "read_exceptions",
    "read_remarks",
    "without_effect",
]

_COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "area": frozenset(("地区", "地区名", "収集地区", "地名")),
    "kind": frozenset(("種類", "ごみの種類", "分別区分")),
    "day": frozenset(("日付", "収集日", "対象日", "変更前")),
    "action": frozenset(("内容", "区分", "扱い")),
    "moved_to": frozenset(("振替日", "振替先", "変更後")),
}
_ACTIONS: Final[Mapping[str, Literal["cancelled", "moved", "extra"]]] = {
    **dict.fromkeys(("休止", "休み", "お休み", "中止", "収集なし"), "cancelled"),
    **dict.fromkeys(("振替", "変更"), "moved"),
    **dict.fromkeys(("臨時", "追加", "臨時収集"), "extra"),
}
ACTION_WORDS: Final[Mapping[str, str]] = {"cancelled": "休止", "moved": "振替", "extra": "臨時"}
"""How a table of exceptions writes each action."""
_EVERY: Final = frozenset(("", "全地区", "全域", "すべて", "全て", "全種類"))


@frozen
class Changes:
    """A table of exceptions as read: its rows, and those that could not be read."""

    changes: tuple[DayChange, ...] = field(default=(), converter=frozen_tuple)
    problems: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)


@frozen
class Kind:
    """A kind as `description.csv` describes it."""

    label: str
    sublabel: str = ""
    description: str = ""
    color: str = ""


def read_exceptions(source: str | Path | bytes) -> Changes:
    """Read a table of exceptions: columns 地区, 種類, 日付, 内容 (休止, 振替 or 臨時) and 振替日, in any order.

    An empty area or kind means all of them. A row that cannot be read is named; none is guessed.

    Raises:
        FileError: GL-2021, no CSV, or no column of a date or of what happens.
    """
    rows = plain_rows(source, code="GL-2021", may_be_empty=True)
    if not rows:
        return Changes()
    (_, header), *body = rows
    columns = {
        name: next((at for at, label in enumerate(header) if normalize(label) in labels), None)
        for name, labels in _COLUMNS.items()
    }
    if columns["day"] is None or columns["action"] is None:
        raise FileError("the exceptions lack a column", code="GL-2021", hint="地区,種類,日付,内容,振替日")
    changes: list[DayChange] = []
    seen: set[tuple[date, str, str]] = set()
    problems: list[Problem] = []
    for number, row in body:
        cells = {
            name: row[at].strip() if at is not None and at < len(row) else "" for name, at in columns.items()
        }
        read = _change(cells)
        if isinstance(read, DayChange) and (read.day, read.area, read.kind) in seen:
            read = ("day", "同じ日の例外が2回あります")
        if isinstance(read, DayChange):
            seen.add((read.day, read.area, read.kind))
            changes.append(read)
        else:
            problems.append(Problem(number, read[0], cells[read[0]], read[1], "GL-2027"))
    return Changes(
        changes, [Problem(p.row, header[columns[p.column] or 0], p.cell, p.reason, p.code) for p in problems]
    )


def _change(cells: Mapping[str, str]) -> DayChange | tuple[str, str]:
    """The exception of a row, or the column that is wrong and why."""
    action = _ACTIONS.get(normalize(cells["action"]))
    day, moved_to = as_date(normalize(cells["day"])), as_date(normalize(cells["moved_to"]))
    if action is None:
        return "action", "休止・振替・臨時のどれでもありません"
    if day is None:
        return "day", "日付として読めません"
    if cells["moved_to"] and moved_to is None:
        return "moved_to", "日付として読めません"
    if (moved_to is None) == (action == "moved"):
        return "moved_to", "振替日は、振替のときだけ要ります"
    area, kind = (("" if normalize(cells[key]) in _EVERY else cells[key]) for key in ("area", "kind"))
    if action == "extra" and not kind:
        return "kind", "臨時の収集には種類が要ります"
    return DayChange(day, action, area, kind, moved_to)


class Fitting:
    """Finds the exceptions that concern a kind in an area; built once for many look-ups. Widths of characters do not matter."""

    def __init__(self, changes: Iterable[DayChange]) -> None:
        self._by_name: dict[tuple[str, str], list[DayChange]] = {}
        for each in changes:
            self._by_name.setdefault((normalize(each.area), normalize(each.kind)), []).append(each)

    def of(self, area: str, kind: str) -> list[DayChange]:
        """Those of this kind in this area, and those of all."""
        if not self._by_name:
            return []
        area, kind = normalize(area), normalize(kind)
        keys = ((area, kind), (area, ""), ("", kind), ("", ""))
        return [each for key in keys for each in self._by_name.get(key, ())]


def without_effect(table: AreaTable, changes: Sequence[DayChange]) -> Iterator[Problem]:
    """Exceptions that name an area or a kind which the table lacks, or a day on which nothing is collected."""
    for change in changes:
        hit = [
            rule
            for area in table.areas
            if normalize(change.area) in ("", *map(normalize, (area.name, *area.members)))
            for kind, rule in area.rules.items()
            if normalize(change.kind) in ("", normalize(kind))
        ]
        if not hit:
            yield Problem(
                0, "例外", f"{change.area} {change.kind}".strip(), "その地区・種類は表にありません", "GL-2028"
            )
        elif change.action != "extra" and not any(rule.between(change.day, change.day) for rule in hit):
            yield Problem(0, "例外", change.day.isoformat(), "その日はもともと収集がありません", "GL-2028")


def read_descriptions(source: str | Path | bytes) -> list[Kind]:
    """Read `description.csv`: label, sublabel, description and colour of each kind; a row without a label is left out.

    Raises:
        FileError: GL-2021, no CSV, or no column `label`.
    """
    rows = plain_rows(source, code="GL-2021", may_be_empty=True)
    header = [normalize(label).lower() for label in rows[0][1]] if rows else []
    if rows and "label" not in header:
        raise FileError(
            "the descriptions lack the column label",
            code="GL-2021",
            hint="label,sublabel,description,styles,bgcolor",
        )
    found = []
    for _, row in rows[1:]:
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        if cells.get("label"):
            names = ("label", "sublabel", "description", "bgcolor")
            found.append(Kind(*(cells.get(name, "") for name in names)))
    return found


def read_remarks(source: str | Path | bytes) -> dict[str, str]:
    """Read `remarks.csv`: text by id, as `*3` in a cell refers to it; an empty file has none."""
    rows = [
        [cell.strip() for cell in row] for _, row in plain_rows(source, code="GL-2021", may_be_empty=True)
    ]
    return {
        row[0].removeprefix("*"): row[1]
        for row in rows
        if len(row) > 1 and row[0].removeprefix("*").isdigit()
    }
