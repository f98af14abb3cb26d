"""Which town (町名) and which postcode lies in which collection area: `towns.csv`, and Japan Post's KEN_ALL for the postcodes.

KEN_ALL: 15 columns without a header (JIS code, old postcode, postcode, three readings in half-width kana, three names, six flags);
source: 日本郵便「郵便番号データの説明」. A name too long for a row goes on in the next one of the same postcode.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import evolve, field, frozen

from govline.calendar.garbage.area_table import Problem
from govline.calendar.garbage.places import TownName, fold_place, postcode_of
from govline.core import frozen_tuple
from govline.core.text import fold_kana, normalize
from govline.errors import FileError
from govline.tabular.plain import plain_rows

__all__ = ["PostalTown", "Towns", "read_postcodes", "read_towns", "with_postcodes"]

_COLUMNS: Final[Mapping[str, frozenset[str]]] = {
    "name": frozenset(("町名", "町", "町字", "町丁目", "町丁名", "大字", "地名", "町字名")),
    "reading": frozenset(
        ("よみ", "読み", "よみがな", "読みがな", "ふりがな", "フリガナ", "カナ", "町名カナ")
    ),
    "postcode": frozenset(("郵便番号", "〒", "postcode", "zip")),
    "area": frozenset(("地区", "地区名", "収集地区", "収集地区名", "ごみ収集地区")),
    "note": frozenset(("範囲", "番地", "対象", "備考")),
}
_KEN_ALL: Final = 15
_CODE, _POSTCODE, _TOWN_KANA, _CITY, _TOWN = 0, 2, 5, 7, 8
_NO_TOWN: Final = re.compile(r"以下に掲載がない場合|の次に.*場合|(?<=.)一円$")
_BRACKET: Final = re.compile(r"[(].*?(?:[)]|$)")
_BLOCK: Final = re.compile(r"\d+丁目$")


@frozen
class Towns:
    """Towns as read, and the rows that could not be read."""

    towns: tuple[TownName, ...] = field(default=(), converter=frozen_tuple)
    problems: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)


@frozen
class PostalTown:
    """A town of Japan Post's list: its postcode, name and reading."""

    postcode: str
    name: str
    reading: str


def read_towns(source: str | Path | bytes) -> Towns:
    """Read a table of towns: columns 町名, よみ, 郵便番号, 地区 and 範囲, in any order; よみ, 郵便番号 and 範囲 may be absent.

    A town in several areas has a row for each. A row without a town or an area, or with a postcode that is none, is named.

    Raises:
        FileError: GL-2021, no CSV, or no column of a town or of an area.
    """
    rows = plain_rows(source, code="GL-2021", may_be_empty=True)
    if not rows:
        return Towns()
    (_, header), *body = rows
    titles = [normalize(label) for label in header]
    columns = {
        role: next((at for at, title in enumerate(titles) if title in known), None)
        for role, known in _COLUMNS.items()
    }
    if columns["name"] is None or columns["area"] is None:
        raise FileError("the towns lack a column", code="GL-2021", hint="町名,よみ,郵便番号,地区,範囲")
    towns: dict[TownName, None] = {}
    problems = []
    for number, row in body:
        cells = {
            role: row[at].strip() if at is not None and at < len(row) else "" for role, at in columns.items()
        }
        code, rest = postcode_of(cells["postcode"])
        column, reason = _doubt(cells, code, rest)
        if reason:
            problems.append(Problem(number, header[columns[column] or 0], cells[column], reason, "GL-2029"))
        else:
            towns[TownName(cells["name"], cells["area"], cells["reading"], code, cells["note"])] = None
    return Towns(towns, problems)


def _doubt(cells: Mapping[str, str], code: str, rest: str) -> tuple[str, str]:
    """The column that is wrong and why; nothing where all is well."""
    if not cells["name"]:
        return "name", "町名がありません"
    if not cells["area"]:
        return "area", "地区がありません"
    wrong = cells["postcode"] and (not code or rest)
    return ("postcode", "郵便番号は7桁です") if wrong else ("", "")


def read_postcodes(source: str | Path | bytes, municipality: str = "") -> list[PostalTown]:
    """Read Japan Post's KEN_ALL (`KEN_ALL.CSV`, `utf_ken_all.csv`, or one prefecture's), CP932 or UTF-8.

    Args:
        municipality: JIS code (five digits) or name of the municipality; needed where the file holds several.

    Returns:
        Towns with their postcodes; rows that stand for a whole municipality are left out.

    Raises:
        FileError: GL-2021, not of that form, or of several municipalities and none is named.
    """
    rows = [row for _, row in plain_rows(source, code="GL-2021")]
    if any(len(row) < _TOWN + 1 or not re.fullmatch(r"\d{7}", row[_POSTCODE].strip()) for row in rows):
        raise FileError(
            "this is no list of postcodes", code="GL-2021", hint="KEN_ALL.CSV: 15 columns, no header"
        )
    wanted = normalize(municipality)
    own = [row for row in rows if wanted in ("", row[_CODE].strip(), normalize(row[_CITY]))]
    if not own or len({row[_CODE] for row in own}) > 1:
        raise FileError(
            "which municipality's postcodes?",
            code="GL-2021",
            hint="name it: --municipality 31999 or --municipality ひなた町",
        )
    return list(_postal(own))


def _postal(rows: Iterable[Sequence[str]]) -> Iterator[PostalTown]:
    whole: list[tuple[str, str, str]] = []
    for row in rows:
        code, name, kana = row[_POSTCODE].strip(), normalize(row[_TOWN]), normalize(row[_TOWN_KANA])
        if whole and whole[-1][0] == code and whole[-1][1].count("(") > whole[-1][1].count(")"):
            whole[-1] = (code, whole[-1][1] + name, whole[-1][2] + kana)
        else:
            whole.append((code, name, kana))
    for code, name, kana in whole:
        if not _NO_TOWN.search(name):
            yield PostalTown(code, _BRACKET.sub("", name), fold_kana(_BRACKET.sub("", kana)))


def with_postcodes(
    towns: Sequence[TownName], areas: Iterable[str], postal: Iterable[PostalTown]
) -> tuple[list[TownName], list[Problem]]:
    """Towns and areas joined with Japan Post's postcodes and readings by name.

    A postcode of 本町 is one of 本町1丁目, too. A row's own postcode and reading stay.

    Returns:
        The towns, areas that bear a town's name among them; and a warning that counts postal towns of no area.
    """
    by_name: dict[str, list[PostalTown]] = {}
    for each in postal:
        by_name.setdefault(_base(each.name), []).append(each)
    known = [*towns, *(TownName(area, area) for area in areas if _base(area) in by_name)]
    used: set[str] = set()
    found: list[TownName] = []
    for town in dict.fromkeys(known):
        fitting = by_name.get(_base(town.name), ())
        used.update({_base(town.name)} if fitting else ())
        if town.postcode or not fitting:
            found.append(town)
        found += [
            evolve(town, postcode=each.postcode, reading=town.reading or _reading(town, each))
            for each in (() if town.postcode else fitting)
        ]
    lost = [each for name, own in by_name.items() if name not in used for each in own]
    names = "、".join(each.name for each in lost[:5])
    reason = f"地区の分からない町名が郵便番号の表に{len(lost)}あります"
    return found, [Problem(0, "郵便番号", names, reason, "GL-2029")] if lost else []


def _base(name: str) -> str:
    return _BLOCK.sub("", fold_place(name))


def _reading(town: TownName, postal: PostalTown) -> str:
    return postal.reading if fold_place(town.name) == fold_place(postal.name) else ""
