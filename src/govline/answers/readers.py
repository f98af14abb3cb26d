"""Readers of towns' lists: 5374.jp `target.csv`, the national standard's waste table, question lists. Nothing is guessed.

Every row that cannot be read is named by line, column and reason. Columns are known by their header, never by their place.
Sources: 5374.jp (codeforkanazawa-org/5374, `type` or `label`, name, notice, furigana); 自治体標準オープンデータセット, ごみ分別
(… ゴミの品目, 分別区分, 注意点, 料金種別, 料金, 料金備考, 備考, each with or without a prefix).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import field, frozen

from govline.answers.model import Item, ItemKind
from govline.core import frozen_tuple
from govline.core.text import normalize
from govline.errors import FileError
from govline.tabular.plain import PlainRow, plain_rows

__all__ = ["HEADERS", "ItemTable", "Problem", "read_items"]

HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "question": ("question", "質問", "質問文", "問い"),
    "answer": ("answer", "回答", "回答文", "答え"),
    "name": (
        "name",
        "ゴミの品目",
        "ごみの品目",
        "品目",
        "品目名",
        "品名",
        "ゴミの名前",
        "ごみの名前",
        "名称",
    ),
    "label": (
        "type",
        "label",
        "分別区分",
        "分別",
        "区分",
        "ごみの種類",
        "ゴミの種類",
        "category",
        "カテゴリ",
        "分類",
    ),
    "note": ("notice", "note", "注意点", "注意事項", "出し方", "ごみの出し方", "出し方のポイント"),
    "remark": ("備考", "remarks"),
    "reading": (
        "furigana",
        "reading",
        "よみ",
        "読み",
        "よみがな",
        "読みがな",
        "ふりがな",
        "フリガナ",
        "かな",
        "カナ",
    ),
    "aliases": ("aliases", "alias", "別名", "言い換え", "同義語", "キーワード", "keywords"),
    "link": ("link", "url", "リンク", "URL"),
    "fee_kind": ("料金種別",),
    "fee": ("料金", "手数料", "fee"),
    "fee_note": ("料金備考",),
}
"""What towns call the columns of their lists, by what a column means."""
_LESS_COMMON: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("ごみの名称", "ゴミの名称", "品目名称", "品目_名称", "ごみ品目", "ゴミ品目", "分別品目", "項目"),
    "label": (
        *(
            "分別の種類",
            "ごみの分別",
            "ゴミの分別",
            "ごみの種別",
            "ゴミの種別",
            "種別",
            "種類",
            "分類名",
            "分別方法",
            "分別種別",
            "分別名",
        ),
        *(
            "ごみ区分",
            "ゴミ区分",
            "ごみの区分",
            "ゴミの区分",
            "ごみ分類",
            "ゴミ分類区分",
            "分別区分_名称",
            "排出区分",
        ),
    ),
    "note": (
        "説明",
        "備考・説明",
        "ポイント",
        "捨て方",
        "出し方・注意点",
        "出し方など",
        "排出方法",
        "注意",
        "コメント",
    ),
}
"""Titles that count where no column bears the usual one."""
_READING_END: Final = re.compile(r"(?:カナ|かな|よみ|読み|ふりがな|フリガナ)$")
_STANDARD: Final = ("料金種別", "料金備考", "ゴミの品目", "ごみの品目", "分別区分", "注意点", "料金", "備考")
_LIST: Final = re.compile(r"[、,;|/\n]+")
_URL: Final = re.compile(r"https?://\S+|tel:\+?[\d-]+", re.IGNORECASE)
_LONGEST: Final = {"name": 200, "label": 100}
_5374: Final = ("type", "name", "notice", "furigana")
_FIRST_KANA: Final = re.compile(r"[ぁ-ゖァ-ヺー]{1,2}")


@frozen
class Problem:
    """A row that could not be read, or looks wrong.

    Args:
        row: Line of the file, the header being 1. `column`: header of its column.
        cell: What stands there. `reason`: why, in Japanese for the clerk. `code`: GL-nnnn.
    """

    row: int
    column: str
    cell: str
    reason: str
    code: str = "GL-4201"


@frozen
class ItemTable:
    """A list as read.

    Args:
        rows: Rows below the header, blank lines and repeated headers apart.
        problems: Rows that could not be read. `warnings`: read, but they look wrong.
    """

    items: tuple[Item, ...] = field(converter=frozen_tuple)
    rows: int
    problems: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)
    warnings: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)


def read_items(source: str | Path | bytes) -> ItemTable:
    """Read a list of things, questions or links.

    Args:
        source: A path, or the bytes of the file: UTF-8 with or without BOM, UTF-16 with BOM, or CP932; commas or tabs; LF or
            CRLF; or an Excel file, whose first sheet is read (extra `excel`); quoted cells of several lines; blank lines are skipped.

    Raises:
        FileError: GL-4200, no table at all: empty, undecodable, without a column of names.
    """
    rows = plain_rows(source, code="GL-4200")
    header = tuple(normalize(cell) for cell in rows[0][1])
    layout, warnings, body = _layout_of(header, rows)
    reader = _Reader(layout, warnings)
    for number, row in body:
        reader.read(number, row)
    return reader.table()


@frozen
class _Layout:
    """Which column is what."""

    header: tuple[str, ...]
    columns: Mapping[str, int] = field(hash=False)
    kind: ItemKind

    def cell(self, row: Sequence[str], role: str) -> str:
        at = self.columns.get(role, len(row))
        return row[at].strip() if at < len(row) else ""

    def title(self, role: str) -> str:
        return self.header[self.columns[role]]


class _Reader:
    def __init__(self, layout: _Layout, warnings: Sequence[Problem] = ()) -> None:
        self._layout = layout
        self._items: dict[Item, Item] = {}
        self._rows = 0
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = list(warnings)

    def read(self, number: int, row: Sequence[str]) -> None:
        """Take a row, or name it."""
        layout = self._layout
        if tuple(normalize(cell) for cell in row) == layout.header:
            self._warnings.append(
                _problem(number, layout.header[0], row[0], "見出しがもう一度あります", "GL-4202")
            )
            return
        self._rows += 1
        doubts = list(self._doubts(number, row))
        if doubts:
            self._problems += doubts
            return
        item = _item(layout, row)
        known = self._items.setdefault(item, item)
        if known is not item:
            reason = "同じ行が2回あります"
            self._warnings.append(_problem(number, layout.title("name"), item.name, reason, "GL-4202"))

    def _doubts(self, number: int, row: Sequence[str]) -> Iterator[Problem]:
        layout = self._layout
        over = [cell for cell in row[len(layout.header) :] if cell.strip()]
        if over:
            yield _problem(
                number,
                layout.header[-1],
                over[0],
                "見出しより列が多い行です(「,」を含むセルは引用符で囲んでください)",
            )
            return
        needed = {"name": "品目名がありません", "label": "分別区分がありません", "answer": "回答がありません"}
        for role, reason in needed.items():
            if (
                role in layout.columns
                and (role != "label" or layout.kind == "item")
                and not layout.cell(row, role)
            ):
                yield _problem(number, layout.title(role), "", reason)
        for role, most in _LONGEST.items():
            if role in layout.columns and len(layout.cell(row, role)) > most:
                yield _problem(
                    number, layout.title(role), layout.cell(row, role)[:20] + "…", f"{most}文字を超えています"
                )
        link = layout.cell(row, "link")
        if link and not _URL.fullmatch(link):
            yield _problem(number, layout.title("link"), link, "https:// で始まるURLではありません")

    def table(self) -> ItemTable:
        if not self._items and not self._problems:
            self._problems.append(_problem(1, self._layout.header[0], "", "品目の行が1つもありません"))
        return ItemTable(list(self._items), self._rows, self._problems, self._warnings)


def _problem(row: int, column: str, cell: str, reason: str, code: str = "GL-4201") -> Problem:
    return Problem(row, column, cell.strip(), reason, code)


def _item(layout: _Layout, row: Sequence[str]) -> Item:
    cell = {role: layout.cell(row, role) for role in layout.columns}
    notes = [cell.get(role, "") for role in ("answer", "note", "remark")]
    fees = [cell.get(role, "") for role in ("fee_kind", "fee", "fee_note")]
    link = cell.get("link", "")
    only_link = link and layout.kind == "item" and "label" not in layout.columns
    return Item(
        name=" ".join(cell["name"].split()),
        label=cell.get("label", ""),
        reading=cell.get("reading", ""),
        aliases=[alias for part in _LIST.split(cell.get("aliases", "")) if (alias := part.strip())],
        note="\n".join(dict.fromkeys(note for note in notes if note)),
        kind="link" if only_link else layout.kind,
        link=link,
        fee=" ".join(fee for fee in fees if fee),
    )


def _layout_of(
    header: tuple[str, ...], rows: list[PlainRow]
) -> tuple[_Layout, list[Problem], list[PlainRow]]:
    """The layout, what is odd about it, and the rows below the header."""
    if header[1:] == _5374[1:] and not _role(header[0]):  # a slip in the one header that the format lets vary
        odd = _problem(1, header[0], header[0], "分別区分の列とみなしました", "GL-4202")
        return _layout((_5374[0], *header[1:])), [odd], rows[1:]
    if _lacks_header(header, rows):
        odd = _problem(
            1, "", rows[0][1][0], f"見出しの行がないため、{','.join(_5374)} とみなしました", "GL-4202"
        )
        return _layout(_5374), [odd], rows
    return _layout(header), [], rows[1:]


def _lacks_header(header: tuple[str, ...], rows: list[PlainRow]) -> bool:
    """Whether the first row already is an item of the 5374 form: four columns, the last of them a first kana in nearly every row."""
    if len(header) != len(_5374) or any(map(_role, header)):
        return False
    kana = sum(len(row) == len(_5374) and bool(_FIRST_KANA.fullmatch(row[-1].strip())) for _, row in rows)
    return kana >= 0.9 * len(rows)


def _layout(header: tuple[str, ...]) -> _Layout:
    columns: dict[str, int] = {}
    for at, title in enumerate(header):
        role = _role(title)
        if role in columns:
            raise FileError(
                f"two columns are called {title}",
                code="GL-4200",
                hint=f"{header[columns[role]]} and {title} mean the same; leave one",
                place={"row": 1, "column": at + 1},
            )
        if role:
            columns[role] = at
    questions = "question" in columns
    if not questions:
        columns |= _less_common(header, columns)
    if questions:
        columns["name"] = columns.pop("question")
    needs = ("name", "answer") if questions else ("name",)
    if not all(role in columns for role in needs) or not {"label", "link", "answer"} & columns.keys():
        raise FileError(
            "the file has no table of items",
            code="GL-4200",
            hint="type,name,notice,furigana / ゴミの品目,分別区分,注意点 / question,answer / name,link",
            place={"row": 1, "columns": ",".join(header)[:80]},
        )
    return _Layout(header, columns, "faq" if questions else "item")


def _less_common(header: tuple[str, ...], known: Mapping[str, int]) -> dict[str, int]:
    """For what no column is called by its usual title, the first that is called by another."""
    found: dict[str, int] = {}
    for role, titles in _LESS_COMMON.items():
        at = next((at for title in titles for at, given in enumerate(header) if given == title), None)
        if role not in known and at is not None and at not in known.values():
            found[role] = at
    return found


def _role(title: str) -> str:
    """What a header means; "" for a column that is of no use here (codes, ids, names of the town)."""
    plain = title.casefold()
    for role, titles in HEADERS.items():
        if plain in (known.casefold() for known in titles):
            return role
    if _READING_END.search(title):
        return "reading" if not title.startswith(("地方公共団体", "都道府県", "市区町村")) else ""
    end = next((known for known in _STANDARD if title.endswith(known)), "")
    return _role(end) if end else ""
