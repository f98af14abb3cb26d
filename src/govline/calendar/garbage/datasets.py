"""The collection days as a file of staff, a row for each area and kind: `govline import garbage`, `govline export garbage`.

The towns' own forms of a calendar, with closures and exceptions beside it, come in by `govline garbage import`; this one is for
the corrections behind it: every wrong cell named, a dry run, an undo, out and in again without a difference.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from govline.calendar.garbage import _queries as q
from govline.calendar.garbage import staging
from govline.calendar.garbage.editions import Edition, PlainArea
from govline.calendar.garbage.rules import Rule, RuleError
from govline.calendar.garbage.service import Garbage
from govline.core import Dataset, Transaction
from govline.errors import InputError
from govline.tabular import Change, Column, Table

__all__ = ["collection_dataset"]

Key = tuple[Any, ...]
Values = Mapping[str, Any]


def collection_dataset(garbage: Garbage) -> Dataset:
    """The dataset `garbage`: the calendar that holds today; a file is the whole of it."""
    return Dataset(
        "garbage",
        "ごみの収集日",
        _table,
        _page,
        find=_find,
        write=_write,
        count=lambda tx: len(tx.all(q.RULES)),
        whole=True,
        settle=garbage.lay_out,
    )


def _table() -> Table:
    return Table(
        "garbage",
        [
            Column("area", "地区", aliases=("地区名", "名称", "収集地区"), required=True, max_length=200),
            Column(
                "kind",
                "種別",
                aliases=("分別区分", "区分", "ごみの種類", "ゴミの種類"),
                required=True,
                max_length=100,
            ),
            Column("days", "収集日", aliases=("曜日", "収集曜日"), required=True, parse=_days, format=str),
            Column("reading", "よみ", read_only=True),
            Column("center", "センター", read_only=True),
        ],
        key=("area", "kind"),
    )


def _days(text: str) -> str:
    """The text as it stands, once it was read for certain."""
    try:
        Rule.parse(text)
    except RuleError as error:
        hint = f"「{error.place.get('token', text)}」が読めません。月 木、第1・第3水曜、20260107 のように書いてください"
        raise InputError("no collection days", code="GL-2020", hint=hint) from None
    return text


def _rows(tx: Transaction) -> list[Values]:
    areas = {name: (reading, center) for name, reading, center in tx.all(q.AREAS_WHOLE)}
    return [
        {
            "area": area,
            "kind": kind,
            "days": cell,
            "reading": areas[area][0] or None,
            "center": areas[area][1] or None,
        }
        for area, kind, cell in tx.all(q.RULES)
    ]


def _key(row: Values) -> Key:
    return row["area"], row["kind"]


def _page(tx: Transaction, after: Key | None, limit: int) -> Sequence[Values]:
    rows = sorted(_rows(tx), key=_key)
    return [row for row in rows if after is None or _key(row) > after][:limit]


def _find(tx: Transaction, keys: Sequence[Key]) -> Mapping[Key, Values]:
    wanted = set(keys)
    return {_key(row): row for row in _rows(tx) if _key(row) in wanted}


def _write(tx: Transaction, changes: Sequence[Change]) -> None:
    """Let the calendar hold with these changes; closures, exceptions and everybody's settings stay."""
    base = staging.book_of(tx).base
    cells = {(area.name, kind): cell for area in base.areas for kind, cell in area.cells}
    areas = {area.name: area for area in base.areas}
    lost = {change.key for change in changes if change.after is None}
    for change in changes:
        if change.after is None:
            cells.pop(_pair(change.key), None)
        else:
            cells[_pair(change.key)] = change.after["days"]
            areas.setdefault(change.key[0], _area(change.after))
    staging.replace(tx, _edition(base, areas, cells, lost))


def _pair(key: Key) -> tuple[str, str]:
    area, kind = key
    return area, kind


def _area(row: Values) -> PlainArea:
    return PlainArea(row["area"], row.get("reading") or "", row.get("center") or "", ())


def _edition(
    base: Edition, areas: Mapping[str, PlainArea], cells: Mapping[tuple[str, str], str], lost: set[Key]
) -> Edition:
    """The edition with these cells; an area or kind goes with the last of its cells that was taken away."""
    used_areas, used_kinds = {area for area, _ in cells}, {kind for _, kind in cells}
    gone_areas, gone_kinds = {area for area, _ in lost} - used_areas, {kind for _, kind in lost} - used_kinds
    kinds = [kind for kind in dict.fromkeys([*base.kinds, *sorted(used_kinds)]) if kind not in gone_kinds]
    of_area: dict[str, list[tuple[str, str]]] = {}
    for (name, kind), cell in cells.items():
        of_area.setdefault(name, []).append((kind, cell))
    kept = [
        evolve(area, cells=of_area.get(name, ())) for name, area in areas.items() if name not in gone_areas
    ]
    return evolve(base, kinds=kinds, areas=kept)
