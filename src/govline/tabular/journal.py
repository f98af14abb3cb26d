"""What an import changed, kept so that it can be taken back: before and after of each row, sealed where any column is personal."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from attrs import frozen

from govline.core import CitizenId, Id, Json, SealedColumn, Transaction
from govline.store.sealed import open_value, seal_value
from govline.tabular import _queries as q
from govline.tabular._queries import Import
from govline.tabular.model import Change, Column, Table, Values

__all__ = ["KEEP", "LEASE", "PLACE", "Codec", "Import", "Kept", "erase", "purge"]

KEEP: Final = timedelta(days=30)
"""How long an import can be taken back."""
LEASE: Final = timedelta(seconds=60)
"""An import that shows no progress for so long is taken for dead, and is taken back."""
_DIGITS: Final = 8
PLACE: Final = SealedColumn("gl_import_change", "data", flag="sealed")


@frozen
class Kept:
    """A change that was kept: `id` is its row in the journal, `row` that of the file."""

    id: str
    row: int
    change: Change


class Codec:
    """Changes of one table to journal rows and back. Values come back exactly as they were, fit for a file or not."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._columns = [(column.name, *_exact(column)) for column in table.columns]

    def write(self, tx: Transaction, import_id: Id, changes: Sequence[tuple[int, Change]]) -> None:
        """Keep changes, each with its row in the file."""
        tx.write_many(q.ADD_CHANGE, [self._row(tx, import_id, number, change) for number, change in changes])

    def back(self, tx: Transaction, import_id: Id, below: str, limit: int) -> list[Kept]:
        """The last changes below a kept row ("": all that are still kept), last first.

        The bound spares the database a walk over the rows just removed.
        """
        given = {"import_id": import_id, "below": below or f"{import_id}.{10**_DIGITS - 1}", "limit": limit}
        return [self._kept(tx, row) for row in tx.all(q.CHANGES_BACK, given)]

    def after(self, tx: Transaction, import_id: Id, after: str, limit: int) -> list[Kept]:
        """A page of kept changes in order."""
        given = {"import_id": import_id, "after": after, "limit": limit}
        return [self._kept(tx, row) for row in tx.all(q.CHANGES_AFTER, given)]

    def _row(self, tx: Transaction, import_id: Id, number: int, change: Change) -> dict[str, Any]:
        name = f"{import_id}.{number:0{_DIGITS}}"
        text = json.dumps([self._pack(change.before), self._pack(change.after)], ensure_ascii=False)
        sealed = self._table.delicate
        values = change.after or change.before or {}
        return {
            "id": name,
            "import_id": import_id,
            "citizen": values.get(self._table.citizen) if self._table.citizen else None,
            "data": seal_value(tx, PLACE, name, text) if sealed else text,
            "sealed": sealed,
        }

    def _kept(self, tx: Transaction, row: q.Kept) -> Kept:
        text = open_value(tx, PLACE, row.id, row.data) if row.sealed else row.data
        before, after = (self._unpack(values) for values in json.loads(text))
        key = self._table.key_of(after or before or {})
        return Kept(row.id, int(row.id.rpartition(".")[2]), Change(key, before, after))

    def _pack(self, values: Values | None) -> list[Json] | None:
        if values is None:
            return None
        return [None if values.get(name) is None else write(values[name]) for name, write, _ in self._columns]

    def _unpack(self, texts: Sequence[Json] | None) -> Mapping[str, Any] | None:
        if texts is None:
            return None
        return {
            name: None if text is None else read(text)
            for (name, _, read), text in zip(self._columns, texts, strict=True)
        }


def _exact(column: Column) -> tuple[Callable[[Any], Json], Callable[[Json], Any]]:
    """To plain JSON and back, without loss."""
    if column.format and column.parse:
        return column.format, column.parse
    return _CODECS.get(column.type, (_same, _same))


def _same(value: Any) -> Any:
    return value


_CODECS: Final[Mapping[str, tuple[Callable[[Any], Json], Callable[[Json], Any]]]] = {
    "decimal": (str, Decimal),
    "date": (date.isoformat, date.fromisoformat),
    "datetime": (datetime.isoformat, datetime.fromisoformat),
    "list": (list, tuple),
}


def erase(tx: Transaction, citizen: CitizenId) -> None:
    """Forget what imports kept of a citizen; taking such an import back leaves them out."""
    tx.write(q.ERASE, {"citizen": citizen})


def purge(tx: Transaction, before: datetime, limit: int) -> int:
    """Close imports that ended before the instant, and forget a page of what they had kept; how many rows."""
    tx.write(q.CLOSE_OLD, {"before": before})
    return tx.write(q.PURGE, {"before": before, "limit": limit})
