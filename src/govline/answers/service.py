"""The verbs of answers, each inside the caller's transaction."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from attrs import asdict, field, frozen

from govline.answers import _queries as q
from govline.answers.engine import search
from govline.answers.feeds import Feed, Feeds
from govline.answers.index import Index
from govline.answers.model import Item, Result
from govline.answers.readers import ItemTable, Problem, read_items
from govline.answers.readings import Reader, best_reader
from govline.answers.synonyms import GENERAL, Synonyms
from govline.answers.texts import ANSWERS_TEXTS
from govline.answers.unmatched import Unmatched, loggable
from govline.core import Ref, Transaction, frozen_tuple
from govline.core.jst import to_jst
from govline.core.texts import Texts
from govline.errors import FileError

__all__ = ["Answers", "ImportReport"]

_KEPT: Final = timedelta(days=90)
_FEEDS: Final = "(feeds)"
_FILE: Final = "(file) "
"""Before a list's name: of which file it was last made, so that a deployment does not undo what staff imported since."""


@frozen
class ImportReport:
    """What an import read and wrote: counts, and every row that could not be read or looks wrong."""

    source: str
    rows: int
    items: int
    written: bool
    problems: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)
    warnings: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)


@frozen
class _Shelf:
    """An index and the contents that it was made of."""

    version: str
    index: Index


class Answers:
    """What the town can answer.

    Args:
        texts: The wording of answers; the Japanese defaults where omitted.
        reader: Generates readings of names in kanji; Sudachi where it is installed.
        files: Lists that `prepare` imports when the town has none of that name: name to path.
        synonyms: What else things are called, beside each list's own aliases.
        offers: By sorting class, the words of a button under its answers.
        feeds: Sources of short news, fetched by `feeds.FeedHandler`.
    """

    def __init__(
        self,
        texts: Texts | None = None,
        reader: Reader | None = None,
        files: Iterable[tuple[str, Path]] = (),
        *,
        synonyms: Synonyms = GENERAL,
        offers: Mapping[str, str] | None = None,
        feeds: Sequence[Feed] = (),
    ) -> None:
        self.texts = texts or Texts(defaults=ANSWERS_TEXTS)
        self._reader = reader or best_reader()
        self._files = tuple(files)
        self._synonyms = synonyms
        self.offers = dict(offers or {})
        self.feeds = Feeds(feeds)
        self._shelf = _Shelf("", Index.build((), self._reader, synonyms))

    # --- the town's lists ---

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the town's lists: `items`, and those of its settings."""
        return tuple(dict.fromkeys(["items", *(source for source, _ in self._files)]))

    def prepare(self, tx: Transaction) -> None:
        """Import the configured lists whose file changed since it was last imported, list the feeds and see that they are fetched.

        What staff import otherwise stays until the file changes. The index is made by the first search.

        Raises:
            FileError: GL-4203, a configured list has rows that cannot be read.
        """
        known = dict(tx.all(q.VERSION))
        for source, path in self._files:
            table = read_items(path)
            mark, digest = f"{_FILE}{source}", _digest(table.items)
            if known.get(mark, known.get(source)) != digest:
                report = self.import_table(tx, table, source=source)
                if not report.written:
                    first = report.problems[0]
                    place = {"file": path.name, "row": first.row, "column": first.column}
                    raise FileError(f"the list was not imported: {first.reason}", code="GL-4203", place=place)
            if known.get(mark) != digest:
                tx.write(q.SAVE_LIST, {"source": mark, "digest": digest, "count": 0, "imported_at": tx.now})
        if known.get(_FEEDS, _digest(())) != _digest(self.feeds.items):
            self.replace(tx, self.feeds.items, source=_FEEDS)
        self.feeds.begin(tx)

    def import_file(
        self, tx: Transaction, path: str | Path, *, source: str = "items", skip_unreadable: bool = False
    ) -> ImportReport:
        """Replace one of the town's lists by a file; see `read_items`.

        Args:
            path: The file.
            source: Which list; a town may have several (`items`, `faq`, `links`).
            skip_unreadable: Import although some rows cannot be read; they are left out.

        Raises:
            FileError: GL-4200, the file holds no table.
        """
        return self.import_table(tx, read_items(path), source=source, skip_unreadable=skip_unreadable)

    def import_table(
        self, tx: Transaction, table: ItemTable, *, source: str = "items", skip_unreadable: bool = False
    ) -> ImportReport:
        """Replace one of the town's lists by what was read, or write nothing where there are problems."""
        written = bool(table.items) and (skip_unreadable or not table.problems)
        if written:
            self.replace(tx, table.items, source=source)
        return ImportReport(source, table.rows, len(table.items), written, table.problems, table.warnings)

    def replace(self, tx: Transaction, items: Iterable[Item], *, source: str = "items") -> None:
        """Replace one of the town's lists; whoever searches next finds the new one."""
        listed = list(items)
        tx.write(q.CLEAR_ITEMS, {"which": source})
        tx.write(q.CLEAR_LIST, {"which": source})
        rows = [
            {"source": source, "position": position, **asdict(item), "aliases": list(item.aliases)}
            for position, item in enumerate(listed)
        ]
        tx.write_many(q.ADD_ITEM, rows)
        digest = {"source": source, "digest": _digest(listed), "count": len(listed), "imported_at": tx.now}
        tx.write(q.SAVE_LIST, digest)
        tx.audit("answers.import", Ref("answers.list", source), {"items": len(listed)})

    def index(self, tx: Transaction) -> Index:
        """The index of the town's items, made afresh when their contents changed; whoever holds the old one ends with it."""
        version = "\n".join(f"{source}={digest}" for source, digest in tx.all(q.VERSION))
        shelf = self._shelf
        if shelf.version != version:
            shelf = self._shelf = _Shelf(version, Index.build(tx.all(q.ITEMS), self._reader, self._synonyms))
        return shelf.index

    # --- searching ---

    def search(self, tx: Transaction, query: str, *, label: str = "") -> Result:
        """Find what a citizen asks about; writes nothing. `label` keeps one sorting class only."""
        return search(self.index(tx), query, label=label)

    # --- words without an answer ---

    def log(self, tx: Transaction, result: Result) -> bool:
        """Count an unanswered word, without whoever asked; whether it may be kept at all (see `loggable`)."""
        word = "" if result.answered else loggable(result.word)
        if word:
            day = to_jst(tx.now).date()
            tx.write(q.LOG_UNMATCHED, {"word": word, "asked": 1, "first_day": day, "last_day": day})
        return bool(word)

    def unmatched(self, tx: Transaction, *, least: int = 1, most: int = 100) -> list[Unmatched]:
        """Words without an answer that were asked at least so often, the commonest first."""
        return [Unmatched(*row) for row in tx.all(q.UNMATCHED, {"least": least, "most": most})]

    def forget_unmatched(self, tx: Transaction) -> int:
        """Forget words that nobody asked for 90 days; how many."""
        return tx.write(q.FORGET_UNMATCHED, {"before": to_jst(tx.now).date() - _KEPT})


def _digest(items: Iterable[Item]) -> str:
    plain = json.dumps([asdict(item) for item in items], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()
