"""Imports and exports of datasets: dry run, writing in bounded units that count as one, taking back.

A file may hold more than one unit of work can write in its time, and a long unit would keep citizens waiting. So an import
writes pages, and keeps with each page, in the same unit, what stood before. Whatever stops it (an error, a kill, a power cut)
is answered by taking back what was written, from those very rows: at once where the process lives, by the next worker, import
or export where it does not. Undo is the same motion, begun by hand.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from govline.core import ALLOW_ALL, SYSTEM, Actor, Dataset, PolicyPort, Ref, Transaction
from govline.core.ports import DatabasePort
from govline.errors import ConfigError, FileError, InputError
from govline.tabular import _queries as q
from govline.tabular.comparing import Comparison, Lens, compare
from govline.tabular.journal import Import
from govline.tabular.model import Change, Key, Row, Table, Values
from govline.tabular.pages import PAGE, Pages, in_pages
from govline.tabular.reading import Reading, read
from govline.tabular.report import Report
from govline.tabular.taking_back import TakingBack, Undone
from govline.tabular.wording import Misfit
from govline.tabular.writing import Written, write

__all__ = ["Files", "Undone"]

Judge = Callable[[Transaction, Sequence[Any]], Iterable[tuple[int, str, str, str]]]


class Files:
    """Imports and exports the datasets of a town.

    Units are its own: it takes the database, not a transaction, because a large file is more than one unit may hold.

    Args:
        database: Of the town.
        datasets: What may be imported and exported.
        policy: Asked for `data.import` and `data.export` before anything is read or written.
    """

    def __init__(
        self, database: DatabasePort, datasets: Sequence[Dataset] = (), *, policy: PolicyPort = ALLOW_ALL
    ) -> None:
        self.database = database
        self.policy = policy
        self._datasets: dict[str, Dataset] = {}
        self.bind_datasets(datasets)

    def bind_datasets(self, datasets: Sequence[Dataset]) -> None:
        """Take over what the features of a town offer.

        Raises:
            ConfigError: GL-0062, two of one name.
        """
        for dataset in datasets:
            if dataset.name in self._datasets:
                raise ConfigError(
                    "two datasets have one name", code="GL-0062", place={"dataset": dataset.name}
                )
            self._datasets[dataset.name] = dataset

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """All of them, by name."""
        return tuple(self._datasets[name] for name in sorted(self._datasets))

    def dataset(self, kind: str) -> Dataset:
        """The dataset of this name.

        Raises:
            InputError: GL-0063, there is none.
        """
        if kind not in self._datasets:
            raise InputError(
                "there is no such dataset",
                code="GL-0063",
                hint=f"known: {', '.join(sorted(self._datasets)) or 'none'}",
            )
        return self._datasets[kind]

    def check(
        self, kind: str, path: Path | str, *, actor: Actor = SYSTEM, encoding: str = "", sheet: str = ""
    ) -> Report:
        """A dry run: everything that is wrong with the file, and what an import of it would do. Writes nothing.

        Raises:
            FileError: GL-0030 to GL-0039, the file cannot be read at all.
            InputError: GL-0063 no such dataset, GL-0064 it can only be exported, or the policy's code.
        """
        dataset, table = self._importable(kind, actor)
        return self._examine(dataset, table, read(table, path, encoding=encoding, sheet=sheet))[0]

    def load(
        self,
        kind: str,
        path: Path | str,
        *,
        good_rows: bool = False,
        actor: Actor = SYSTEM,
        encoding: str = "",
        sheet: str = "",
    ) -> Report:
        """Import a file: all of it or nothing, or with `good_rows` the good rows alone.

        The same file again finds everything unchanged and writes nothing. Another error than a bad row leaves the town as it was.

        Raises:
            FileError: As `check`; GL-0066, the file was changed meanwhile.
            InputError: As `check`; GL-0065, another import of this kind is being written.
        """
        dataset, table = self._importable(kind, actor)
        self.recover(kind)
        reading = read(table, path, encoding=encoding, sheet=sheet)
        seen = _stamp(reading.path)
        report, touched = self._examine(dataset, table, reading)
        if report.refused and not good_rows:
            return report
        if not touched and not report.removed:
            facts = {"rows": report.rows, "refused": report.refused}
            self.database.run(
                lambda tx: tx.audit("tabular.unchanged", Ref("tabular.dataset", kind), facts), actor=actor
            )
            return report
        again = read(table, path, encoding=encoding, sheet=sheet)
        if again.source != reading.source or _stamp(again.path) != seen:
            raise _moved()
        writing = _Writing(self.database, Pages(dataset, table), actor, report)
        try:
            writing.write(again, touched)
            if _stamp(again.path) != seen:
                raise _moved()  # noqa: TRY301 - what was written is taken back below
            return writing.finish()
        except BaseException:
            TakingBack(self.database, dataset, table, actor).abandon(writing.import_id, writing.token)
            raise

    def undo(self, kind: str, *, keep_changed: bool = False, actor: Actor = SYSTEM) -> Undone:
        """Take the last import of this kind back: what it added goes, what it changed is as before.

        Args:
            keep_changed: Leave rows as they are that were changed since, instead of refusing.

        Raises:
            InputError: GL-0067, there is nothing to take back, it is too old, or rows were changed since; the hint says which.
        """
        dataset, table = self._importable(kind, actor)
        self.recover(kind)
        return TakingBack(self.database, dataset, table, actor).last(keep_changed=keep_changed)

    def export(
        self,
        kind: str,
        path: Path | str,
        *,
        encoding: str = "",
        delimiter: str = "",
        actor: Actor = SYSTEM,
    ) -> Written:
        """Write all rows of a dataset to a file, page by page; see `govline.tabular.write`.

        Each page is a snapshot of its own: a row that changes meanwhile stands there as it was or as it is.

        Raises:
            FileError: As `write`.
            InputError: GL-0063 no such dataset, or the policy's code.
        """
        dataset = self.dataset(kind)
        self._ask(dataset, "data.export", actor)
        self.recover(kind)
        table: Table = dataset.table()
        written = write(table, path, self.rows(kind), encoding=encoding, delimiter=delimiter)
        facts = {"rows": written.rows, "encoding": written.encoding, "substituted": written.substituted}
        self.database.run(
            lambda tx: tx.audit("tabular.export", Ref("tabular.dataset", kind), facts), actor=actor
        )
        return written

    def rows(self, kind: str) -> Iterator[Values]:
        """Every row of a dataset in the order of its keys, read page by page."""
        dataset = self.dataset(kind)
        table: Table = dataset.table()
        after: tuple[Any, ...] | None = None
        while page := self.database.read(lambda tx, after=after: dataset.page(tx, after, PAGE)):  # type: ignore[misc]  # mypy infers no lambda with a default
            yield from page
            if not table.key or len(page) < PAGE:
                return
            after = table.key_of(page[-1])

    def imports(self, kind: str, limit: int = 20) -> Sequence[Import]:
        """The imports of a kind, newest first."""
        return self.database.read(lambda tx: tx.all(q.IMPORTS, {"kind": kind, "limit": limit}))

    def recover(self, kind: str = "") -> int:
        """Take back imports (of one kind, or of all) that broke off: those whose process shows no sign of life for a minute. How many rows.

        Called before each import and export; the worker calls it as well.
        """
        broken: list[Import] = self.database.read(
            lambda tx: [each for each in tx.all(q.OPEN) if each.lease_until <= tx.now]
        )
        done = 0
        for each in broken:
            dataset = self._datasets.get(each.kind)
            if dataset is not None and kind in ("", each.kind):
                done += TakingBack(self.database, dataset, dataset.table(), SYSTEM).take_over(each)
        return done

    def _importable(self, kind: str, actor: Actor) -> tuple[Dataset, Table]:
        dataset = self.dataset(kind)
        self._ask(dataset, "data.import", actor)
        if dataset.find is None or dataset.write is None:
            raise InputError("this dataset can only be exported", code="GL-0064", place={"dataset": kind})
        return dataset, dataset.table()

    def _ask(self, dataset: Dataset, verb: str, actor: Actor) -> None:
        reason = self.policy.refuses(actor, verb, department=dataset.department)
        if reason is not None:
            raise InputError(reason.text, code=reason.code, place={"dataset": dataset.name})

    def _examine(self, dataset: Dataset, table: Table, reading: Reading) -> tuple[Report, "_Rows"]:
        """Read all rows against what stands; the report, and which rows would change something."""
        judge = dataset.judge() if dataset.judge is not None else None
        looking = _Looking(Pages(dataset, table), Lens(table, reading.source), judge)
        touched = _Rows()
        added = changed = unchanged = present = 0
        for page in in_pages(reading):
            found, standing = self.database.read(lambda tx, page=page: looking.judge(tx, page))  # type: ignore[misc]  # as above
            for row in found.unknown:
                reading.refuse(row, table.key[0], Misfit("unknown_key"))
            by_number = {row.number: row for row in page}
            for number, column, reason, remedy in found.refused:
                reading.refuse(by_number[number], column, Misfit("rule", reason=reason, remedy=remedy))
            for number, _ in found.changes:
                touched.add(number)
            added, changed = added + found.added, changed + len(found.changes) - found.added
            unchanged, present = unchanged + found.unchanged, present + standing
        absent = self.database.read(dataset.count) - present if dataset.count else None
        report = evolve(reading.report, added=added, changed=changed, unchanged=unchanged, absent=absent)
        if dataset.whole and absent and report.rows and not report.refused:
            report = evolve(report, removed=absent, absent=0)
        return report, touched


@frozen
class _Looking:
    """Judges pages of rows in the caller's unit."""

    pages: Pages
    lens: Lens
    owner: Judge | None = None

    def judge(self, tx: Transaction, page: Sequence[Row]) -> tuple[Comparison, int]:
        """What the good rows would do, and how many of all rows of the page stand."""
        standing = self.pages.standing(tx, self.pages.known_keys(page))
        good = [row for row in page if not row.issues]
        found = compare(self.pages.table, self.lens, good, standing, adds=self.pages.dataset.adds)
        return (found if self.owner is None else _judged(tx, found, self.owner)), len(standing)


def _judged(tx: Transaction, found: Comparison, owner: Judge) -> Comparison:
    """Without the changes that the dataset's owner would refuse."""
    changes = found.changes
    asked = [change for _, change in changes]
    faults = tuple((changes[place][0], name, why, remedy) for place, name, why, remedy in owner(tx, asked))
    wrong = {number for number, *_ in faults}
    good = tuple(each for each in changes if each[0] not in wrong)
    return evolve(found, changes=good, refused=faults)


class _Writing:
    """One import while it writes."""

    def __init__(self, database: DatabasePort, pages: Pages, actor: Actor, report: Report) -> None:
        self.database, self.pages, self.actor, self.report = database, pages, actor, report
        self.looking = _Looking(pages, Lens(pages.table, report.source))
        self.added = self.changed = self.removed = 0
        self.import_id, self.token = database.run(lambda tx: pages.start(tx, report), actor=actor)

    def write(self, reading: Reading, touched: "_Rows") -> None:
        """Write the rows that change something, a page a unit; then take away what a whole list no longer holds."""
        held = _Held(self.pages)
        rows = held.noting(reading) if self.report.removed else reading
        for page in in_pages(row for row in rows if row.number in touched):
            added, changed = self.database.run(
                lambda tx, page=page: self._page(tx, page),  # type: ignore[misc]  # as above
                actor=self.actor,
            )
            self.added, self.changed = self.added + added, self.changed + changed
        after: Key | None = None
        while self.report.removed and (
            found := self.database.run(
                lambda tx, after=after: self._removal(tx, held, after),  # type: ignore[misc]  # as above
                actor=self.actor,
            )
        ):
            after, removed = found
            self.removed += removed

    def _page(self, tx: Transaction, page: Sequence[Row]) -> tuple[int, int]:
        self.pages.renew(tx, self.import_id, self.token)
        found, _ = self.looking.judge(tx, page)
        if found.unknown or any(row.issues for row in page):
            raise _moved()
        self.pages.write(tx, self.import_id, found.changes)
        return found.added, len(found.changes) - found.added

    def _removal(self, tx: Transaction, held: "_Held", after: Key | None) -> tuple[Key, int] | None:
        """Take away a page of rows that the file does not hold: the last key looked at, and how many went; None at the end."""
        self.pages.renew(tx, self.import_id, self.token)
        rows = self.pages.dataset.page(tx, after, PAGE)
        if not rows:
            return None
        keys = [self.pages.table.key_of(row) for row in rows]
        gone = [Change(key, row, None) for key, row in zip(keys, rows, strict=True) if key not in held.keys]
        first = held.last + self.removed + 1
        self.pages.write(tx, self.import_id, list(enumerate(gone, first)))
        return keys[-1], len(gone)

    def finish(self) -> Report:
        """Close the import; from now on it stands."""
        facts = {"added": self.added, "changed": self.changed, "refused": self.report.refused}
        facts |= {"removed": self.removed} if self.removed else {}
        self.database.run(
            lambda tx: self.pages.end(tx, self.import_id, self.token, ("writing", "done"), **facts),
            actor=self.actor,
        )
        return evolve(
            self.report,
            added=self.added,
            changed=self.changed,
            removed=self.removed,
            written=True,
            import_id=self.import_id,
        )


class _Held:
    """The keys of all rows of a whole list, and the number of its last row."""

    def __init__(self, pages: Pages) -> None:
        self._table = pages.table
        self.keys: set[Key] = set()
        self.last = 0

    def noting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, each noted as it passes."""
        for row in rows:
            self.keys.add(self._table.key_of(row.values))
            self.last = row.number
            yield row


class _Rows:
    """A set of row numbers, a bit each: which rows of a file change something."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> None:
        """Note a row."""
        place = number >> 3
        if place >= len(self._bits):
            self._bits.extend(bytes(place + 4096 - len(self._bits)))
        self._bits[place] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        place = number >> 3
        return place < len(self._bits) and bool(self._bits[place] >> (number & 7) & 1)

    def __bool__(self) -> bool:
        return bool(self._bits)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        raise _moved() from None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _moved() -> FileError:
    return FileError(
        "the file, or what it is compared with, changed while it was being imported",
        code="GL-0066",
        hint="nothing of it stands; begin again",
    )
