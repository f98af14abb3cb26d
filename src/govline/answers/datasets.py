"""The town's items, and the words nobody could answer, as files of staff: `govline export items`, `govline export unmatched`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from govline.answers import _queries as q
from govline.core import Dataset, Transaction
from govline.tabular import Column, Table

__all__ = ["DATASETS"]

Key = tuple[Any, ...]
_MANY: Final = 1_000_000
_ITEMS: Final = (
    Column("number", "番号", type="integer"),
    Column("name", "名称"),
    Column("label", "区分"),
    Column("reading", "よみ"),
    Column("aliases", "別名", type="list"),
    Column("note", "注意点・答え"),
    Column("kind", "種類"),
    Column("link", "リンク"),
    Column("fee", "料金"),
)
_WORDS: Final = (
    Column("word", "言葉"),
    Column("asked", "回数", type="integer"),
    Column("first_day", "最初の日", type="date"),
    Column("last_day", "最後の日", type="date"),
)


def _items(tx: Transaction, after: Key | None, limit: int) -> Sequence[Mapping[str, Any]]:
    """A town's lists are some thousand rows: numbered as they stand, all of them are read for each page."""
    names = [column.name for column in _ITEMS[1:]]
    rows = (
        {"number": number, **{name: getattr(item, name) for name in names}}
        for number, item in enumerate(tx.all(q.ITEMS), 1)
    )
    return _behind(rows, after, "number", limit)


def _words(tx: Transaction, after: Key | None, limit: int) -> Sequence[Mapping[str, Any]]:
    names = [column.name for column in _WORDS]
    found = (dict(zip(names, row, strict=True)) for row in tx.all(q.UNMATCHED, {"least": 1, "most": _MANY}))
    return _behind(sorted(found, key=lambda row: str(row["word"])), after, "word", limit)


def _behind(
    rows: Iterable[Mapping[str, Any]], after: Key | None, name: str, limit: int
) -> list[Mapping[str, Any]]:
    return [row for row in rows if after is None or row[name] > after[0]][:limit]


DATASETS: Final = (
    Dataset("items", "品目・質問・リンク", lambda: Table("items", _ITEMS, key="number"), _items),
    Dataset("unmatched", "見つからなかった言葉", lambda: Table("unmatched", _WORDS, key="word"), _words),
)
"""Exports only: a list comes in as a whole, by `govline answers import`."""
