"""Which column of a table of areas is what: the area's name, its reading, its centre, the kinds. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import evolve, frozen

from govline.calendar.garbage.area_table import Problem
from govline.calendar.garbage.rules import Rule, RuleError
from govline.core.text import normalize
from govline.errors import FileError
from govline.tabular.plain import PlainRow

__all__ = ["AREA_HEADERS", "Layout", "below_title", "from_name_column", "layout_of"]

AREA_HEADERS: Final = frozenset(
    (
        "地区名",
        "地区",
        "収集地区",
        "地名",
        "町名",
        "町字",
        "町丁目",
        "地域名",
        "地域",
        "町・字名",
        "町字名",
        "自治会名",
        "行政区",
    )
)
"""How a column of areas is called."""
_READING_HEADERS: Final = frozenset(
    ("読み", "よみ", "読み方", "よみがな", "読みがな", "ふりがな", "フリガナ", "かな", "カナ")
)
_CENTER: Final = re.compile("センター|center|centre", re.IGNORECASE)
_KIND: Final = re.compile(
    "ごみ|ゴミ|資源|燃|可燃|不燃|埋立|破砕|粗大|プラ|ペット|びん|ビン|瓶|缶|紙|布|衣類|金属|電池|有害|容器|古着|剪定|Garbage",
    re.IGNORECASE,
)
_NUMBERING: Final = re.compile(
    r"no\.?|id|#|番号|連番|通番|項番|整理番号|.*(?:コード|ID)|都道府県名?|市?区?町村名?|市名|地方公共団体名|自治体名",
    re.IGNORECASE,
)
_NO_KIND: Final = re.compile(
    r"備考|注意|更新|URL|連絡先|問い?合わ?せ|電話|郵便番号|緯度|経度|世帯|担当|.*(?:コード|ID)$",
    re.IGNORECASE,
)
_FORMAT_NAME: Final = "地名"
_BEFORE_HEADER: Final = 10


@frozen
class Layout:
    """Which column is what."""

    header: tuple[str, ...]
    kinds: tuple[tuple[int, str], ...]
    center: int | None
    reading: int | None

    def cell(self, row: Sequence[str], column: int | None) -> str:
        """As it stands there, which is how the town writes its names; whoever compares normalises."""
        return "" if column is None or column >= len(row) else row[column].strip()


def below_title(rows: Sequence[PlainRow]) -> tuple[Sequence[PlainRow], list[Problem]]:
    """The table from its header on, and warnings of titles that stand above it: a row that says one thing is no header."""
    head = [{normalize(cell) for cell in row if cell.strip()} for _, row in rows[:_BEFORE_HEADER]]
    named = next((at for at, cells in enumerate(head) if len(cells) > 1 and cells & AREA_HEADERS), None)
    wide = next((at for at, cells in enumerate(head) if len(cells) > 1), 0)
    start = wide if named is None or head[0] & AREA_HEADERS else named
    reason = "表の題とみなして読み飛ばしました"
    titles = [
        Problem(line, "", next(filter(str.strip, row)).strip(), reason, "GL-2022")
        for line, row in rows[:start]
    ]
    return rows[start:], titles


def from_name_column(table: Sequence[PlainRow]) -> tuple[Sequence[PlainRow], list[Problem]]:
    """The table from its column of names on; numbers, codes and the town's own name may stand before it."""
    header = [normalize(label) for label in table[0][1]]
    start = header.index(_FORMAT_NAME) if _FORMAT_NAME in header else 0
    start = 0 if any(map(_KIND.search, header[:start])) else start
    if not start and header[0] not in AREA_HEADERS:
        named = next((at for at, label in enumerate(header) if label in AREA_HEADERS), 0)
        start = named if all(_NUMBERING.fullmatch(label) or not label for label in header[:named]) else 0
    line, reason = table[0][0], "地区名より左の列は使いません"
    warnings = [Problem(line, label, label, reason, "GL-2022") for label in header[:start] if label]
    own: list[PlainRow] = []
    notes: list[PlainRow] = []
    for number, row in table:
        (own if any(map(str.strip, row[start:])) else notes).append((number, row))
    note = "表の注記とみなして読み飛ばしました"
    warnings += [Problem(number, "", " ".join(row).strip(), note, "GL-2022") for number, row in notes]
    return [(number, row[start:]) for number, row in own], warnings


def layout_of(header: PlainRow, rows: Sequence[PlainRow]) -> tuple[Layout, list[Problem]]:
    """The layout of a table, and what is odd about it.

    Raises:
        FileError: GL-2021, no column of a kind, or one without a header.
    """
    line, labels = header
    titles = tuple("".join(label.split("\n")).strip() for label in labels)
    layout = _layout(titles, [row for _, row in rows])
    _refuse_unlabelled(layout, rows)
    odd = [*_twice(layout), *_doubtful_center(layout, rows), *_left_out(layout)]
    return layout, [evolve(each, row=line) for each in odd]


def _layout(header: tuple[str, ...], rows: Sequence[Sequence[str]]) -> Layout:
    """The first column names the area; a reading and a centre may follow; the rest are kinds, but for remarks and the like."""
    reading = next((at for at in (1, 2) if at < len(header) and header[at] in _READING_HEADERS), None)
    second = 2 if reading == 1 else 1
    center = second if _is_center(header, rows, second) else None
    given = [
        (at, label)
        for at, label in enumerate(header)
        if at not in (0, reading, center) and label and not _is_remark(label, rows, at)
    ]
    if not given:
        raise FileError("the file has no column of a kind", code="GL-2021", hint="地名,センター,燃やすごみ,…")
    return Layout(header, tuple(_apart(given)), center, reading)


def _is_remark(label: str, rows: Sequence[Sequence[str]], at: int) -> bool:
    """A column such as 備考 that says no day anywhere."""
    return bool(_NO_KIND.match(label)) and not any(_is_rule(row[at]) for row in rows if at < len(row))


def _left_out(layout: Layout) -> Iterator[Problem]:
    kinds = {at for at, _ in layout.kinds}
    for at, label in enumerate(layout.header):
        if at and label and at not in kinds and at not in (layout.center, layout.reading):
            yield Problem(1, label, label, "種類の列ではないため、読みません", "GL-2022")


def _twice(layout: Layout) -> Iterator[Problem]:
    """Columns of one name are kinds of their own: which of them is meant cannot be known."""
    for at, label in layout.kinds:
        if label != layout.header[at]:
            yield Problem(
                1, label, layout.header[at], f"同じ見出しの列があるため「{label}」としました", "GL-2022"
            )


def _apart(given: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Kinds under names of their own: 不燃ごみ, 不燃ごみ(2)."""
    taken = {normalize(label) for _, label in given}
    seen: set[str] = set()
    for at, label in given:
        own, number = label, 2
        while normalize(own) in seen or (own != label and normalize(own) in taken):
            own, number = f"{label}({number})", number + 1
        seen.add(normalize(own))
        yield at, own


def _refuse_unlabelled(layout: Layout, rows: Sequence[PlainRow]) -> None:
    """Cells below a blank header belong to no kind, and must not be lost without a word."""
    blank = [
        at
        for at, label in enumerate(layout.header)
        if not label and at not in (0, layout.center, layout.reading)
    ]
    for number, row in rows:
        for at in blank:
            if layout.cell(row, at):
                raise FileError(
                    f"column {at + 1} has cells but no header",
                    code="GL-2021",
                    hint="write the kind (燃やすごみ …) into the header",
                    place={"row": number, "column": at + 1},
                )


def _is_center(header: tuple[str, ...], rows: Sequence[Sequence[str]], at: int) -> bool:
    """By its name; else because it bears no kind's name and none of its cells is a rule (a column of the format that may be blank)."""
    if at >= len(header):
        return False
    if _CENTER.search(header[at]):
        return True
    if _KIND.search(header[at]):
        return False
    return not any(_is_rule(row[at]) for row in rows if at < len(row))


def _doubtful_center(layout: Layout, rows: Sequence[PlainRow]) -> Iterator[Problem]:
    """A centre that only its cells made one: named, in case it is a kind that nobody could read."""
    at = layout.center
    if at is not None and not _CENTER.search(layout.header[at]):
        cell = next((found for _, row in rows if (found := layout.cell(row, at))), "")
        if cell:
            yield Problem(
                1, layout.header[at], cell, "収集日が1つもないため、センターの列とみなしました", "GL-2022"
            )


def _is_rule(text: str) -> bool:
    try:
        Rule.parse(text)
    except RuleError:
        return False
    return True
