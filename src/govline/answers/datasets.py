"""The town's lists, and the words nobody could answer, as files of staff: `govline import items`, `govline export unmatched`.

A list is whole: what a file no longer holds is no longer answered. A name may stand in several classes (板, by its size), so the
two together name a row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from govline.answers import _queries as q
from govline.answers.model import Item
from govline.answers.readers import HEADERS
from govline.answers.service import Answers
from govline.core import Dataset, Transaction
from govline.tabular import Change, Column, Table

__all__ = ["UNMATCHED", "list_dataset"]

Key = tuple[Any, ...]
Values = Mapping[str, Any]
_MANY: Final = 1_000_000
_KINDS: Final = {"item": "品目", "faq": "質問", "link": "リンク"}
_LINK: Final = r"https?://\S+|tel:\+?[\d-]+"
_COLUMNS: Final = (
    Column("name", "名称", aliases=(*HEADERS["name"], *HEADERS["question"]), required=True, max_length=200),
    Column("label", "区分", aliases=HEADERS["label"], max_length=100),
    Column("reading", "よみ", aliases=HEADERS["reading"], max_length=200),
    Column("aliases", "別名", type="list", aliases=HEADERS["aliases"], max_length=200),
    Column("note", "注意点・答え", aliases=(*HEADERS["note"], *HEADERS["answer"])),
    Column("kind", "種類", type="choice", choices=_KINDS),
    Column(
        "link",
        "リンク",
        aliases=HEADERS["link"],
        pattern=_LINK,
        pattern_hint="https:// で始まるURLにしてください",
        max_length=1_000,
    ),
    Column("fee", "料金", aliases=HEADERS["fee"], max_length=200),
)
_NAMES: Final = [column.name for column in _COLUMNS]
_WORDS: Final = (
    Column("word", "言葉"),
    Column("asked", "回数", type="integer"),
    Column("first_day", "最初の日", type="date"),
    Column("last_day", "最後の日", type="date"),
)


def list_dataset(answers: Answers, source: str) -> Dataset:
    """One of the town's lists: `items`, or `items-<name>` for another one."""
    name = "items" if source == "items" else f"items-{source}"
    rows = _Rows(answers, source)
    return Dataset(
        name,
        "品目・質問・リンク" if source == "items" else f"品目・質問・リンク({source})",
        partial(Table, name, _COLUMNS, key=("name", "label"), rules=[_whole]),
        rows.page,
        find=rows.find,
        write=rows.write,
        count=rows.count,
        whole=True,
    )


def _whole(values: Values) -> Iterator[tuple[str, str, str]]:
    """What a row of its kind cannot do without."""
    kind = values.get("kind") or _kind(values)
    if kind == "item" and not values.get("label"):
        yield "label", "分別区分がありません", "区分を書くか、種類を質問またはリンクにしてください"
    if kind == "faq" and not values.get("note"):
        yield "note", "回答がありません", "注意点・答えの列に書いてください"
    if kind == "link" and not values.get("link"):
        yield "link", "リンクがありません", "https:// で始まるURLを書いてください"


def _kind(values: Values) -> str:
    """Of a row that does not say: only a link is a link, everything else is a thing."""
    return "link" if values.get("link") and not values.get("label") else "item"


class _Rows:
    """Reads and writes one list. A town's lists are some thousand rows: all of them are read for each page."""

    def __init__(self, answers: Answers, source: str) -> None:
        self._answers, self._source = answers, source

    def page(self, tx: Transaction, after: Key | None, limit: int) -> Sequence[Values]:
        """Rows in the order of name and class."""
        rows = sorted(map(_values, self._items(tx)), key=_order)
        return [row for row in rows if after is None or _order(row) > _key_order(after)][:limit]

    def find(self, tx: Transaction, keys: Sequence[Key]) -> Mapping[Key, Values]:
        """The rows of these names and classes."""
        wanted = set(keys)
        return {_key(row): row for row in map(_values, self._items(tx)) if _key(row) in wanted}

    def count(self, tx: Transaction) -> int:
        """All of the list."""
        return len(self._items(tx))

    def write(self, tx: Transaction, changes: Sequence[Change]) -> None:
        """Replace the list by one with these changes; each keeps its place, new ones come last."""
        standing = {_key(_values(item)): item for item in self._items(tx)}
        for change in changes:
            if change.after is None:
                standing.pop(change.key, None)
            else:
                standing[change.key] = _item(change.after)
        self._answers.replace(tx, standing.values(), source=self._source)

    def _items(self, tx: Transaction) -> Sequence[Item]:
        return tx.all(q.ITEMS_OF, {"which": self._source})


def _values(item: Item) -> dict[str, Any]:
    """As a row: a kind that goes without saying is not said, so that what comes back is what was given."""
    row = {name: getattr(item, name) or None for name in _NAMES}
    row["aliases"] = tuple(sorted(set(item.aliases))) or None
    return row | {"kind": None} if item.kind == _kind(row) else row


def _item(values: Values) -> Item:
    given = {name: value for name in _NAMES if (value := values.get(name))}
    return Item(**{**given, "kind": values.get("kind") or _kind(values)})


def _key(row: Values) -> Key:
    return row["name"], row["label"]


def _key_order(key: Key) -> tuple[str, str]:
    return key[0], key[1] or ""


def _order(row: Values) -> tuple[str, str]:
    return _key_order(_key(row))


def _words(tx: Transaction, after: Key | None, limit: int) -> Sequence[Values]:
    names = [column.name for column in _WORDS]
    found: Iterable[Values] = (
        dict(zip(names, row, strict=True)) for row in tx.all(q.UNMATCHED, {"least": 1, "most": _MANY})
    )
    rows = sorted(found, key=lambda row: str(row["word"]))
    return [row for row in rows if after is None or row["word"] > after[0]][:limit]


UNMATCHED: Final = Dataset(
    "unmatched", "見つからなかった言葉", lambda: Table("unmatched", _WORDS, key="word"), _words
)
