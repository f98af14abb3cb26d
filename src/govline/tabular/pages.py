"""One import on its way through the database: opened, written page by page under a lease, closed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from govline.core import Dataset, Effect, Id, Ref, Schedule, Transaction
from govline.errors import InputError, StoreError
from govline.tabular import _queries as q
from govline.tabular.journal import LEASE, Codec
from govline.tabular.model import Change, Key, Row, Table, Values
from govline.tabular.report import Report

__all__ = ["PAGE", "RECOVER", "Pages", "busy", "in_pages"]

PAGE: Final = 500
"""Rows of one unit: some tens of milliseconds, so that no citizen's answer waits long."""
RECOVER: Final = "tabular.recover"
"""The effect that takes back an import whose process died."""
T = TypeVar("T")


def in_pages(items: Iterable[T]) -> Iterator[list[T]]:
    """The items in lists of at most a page."""
    source = iter(items)
    while page := list(islice(source, PAGE)):
        yield page


def busy(kind: str) -> InputError:
    """The error of an import that has to wait for another one."""
    return InputError(
        "another import of this kind is being written or taken back",
        code="GL-0065",
        hint="wait for it; one that broke off is taken back after a minute",
        place={"dataset": kind},
    )


class Pages:
    """What imports of one dataset write; every function in the unit of its caller."""

    def __init__(self, dataset: Dataset, table: Table) -> None:
        self.dataset = dataset
        self.table = table
        self.codec = Codec(table)

    def standing(self, tx: Transaction, keys: Sequence[Key]) -> Mapping[Key, Values]:
        """The rows that stand under these keys."""
        assert self.dataset.find is not None, "only importable datasets come here"
        return self.dataset.find(tx, keys) if keys else {}

    def known_keys(self, rows: Sequence[Row]) -> list[Key]:
        """The keys of those rows whose key could be read."""
        names = self.table.key
        return list(
            dict.fromkeys(
                self.table.key_of(row.values) for row in rows if all(name in row.values for name in names)
            )
        )

    def start(self, tx: Transaction, report: Report) -> tuple[Id, Id]:
        """Open an import; its id and the token that its owner shows.

        Raises:
            InputError: GL-0065, another one of this kind is open.
        """
        import_id, token = tx.new_id(), tx.new_id()
        row = {
            "id": import_id,
            "kind": self.dataset.name,
            "state": "writing",
            "digest": report.source.digest,
            "rows": report.rows,
            "added": 0,
            "changed": 0,
            "actor_kind": tx.actor.kind,
            "actor_id": tx.actor.id,
            "started_at": tx.now,
            "ended_at": None,
            "lease_until": tx.now + LEASE,
            "token": token,
        }
        if not tx.write(q.START, row):
            raise busy(self.dataset.name)
        self._watch(tx, import_id)
        return import_id, token

    def renew(self, tx: Transaction, import_id: Id, token: Id) -> None:
        """Show a sign of life.

        Raises:
            StoreError: GL-0068, somebody took the import over: it was silent too long.
        """
        if not tx.write(q.RENEW, {"import_id": import_id, "mine": token, "until": tx.now + LEASE}):
            raise _taken_over()
        self._watch(tx, import_id)

    def write(self, tx: Transaction, import_id: Id, changes: Sequence[tuple[int, Change]]) -> None:
        """Write changes and keep what stood before."""
        if changes:
            self.codec.write(tx, import_id, changes)
            self.carry_out(tx, [change for _, change in changes])

    def carry_out(self, tx: Transaction, changes: Sequence[Change]) -> None:
        """Let the dataset write."""
        assert self.dataset.write is not None, "only importable datasets come here"
        self.dataset.write(tx, changes)

    def end(self, tx: Transaction, import_id: Id, token: Id, states: tuple[str, str], **facts: Any) -> None:
        """Move an import from one state to another, let the dataset do what follows once, and stop watching it.

        Raises:
            StoreError: GL-0068, somebody took it over.
        """
        was, now = states
        given = {
            "import_id": import_id,
            "mine": token,
            "was": was,
            "now": now,
            "ended": tx.now,
            "adds": facts.get("added", 0),
            "changes": facts.get("changed", 0),
        }
        if not tx.write(q.MOVE, given):
            raise _taken_over()
        if self.dataset.settle is not None:
            self.dataset.settle(tx)
        tx.unschedule(f"tabular:{import_id}")
        tx.audit(f"tabular.{now}", Ref("tabular.import", import_id), {"kind": self.dataset.name, **facts})

    def _watch(self, tx: Transaction, import_id: Id) -> None:
        """Let the worker look after it once the lease is over."""
        due = tx.now + LEASE
        effect = Effect(RECOVER, {"import": import_id}, dedupe=f"{import_id}:{due.isoformat()}", due=due)
        tx.schedule(Schedule(f"tabular:{import_id}", due, Ref("tabular.import", import_id), effect))


def _taken_over() -> StoreError:
    return StoreError(
        "the import was silent for more than a minute and was taken back",
        code="GL-0068",
        hint="nothing of it stands; begin again",
    )
