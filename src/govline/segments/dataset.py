"""The citizens' declared attributes as a file of staff: `govline export citizens`, `govline import citizens`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from govline.core import CitizenId, Dataset, Transaction
from govline.errors import FileError
from govline.segments import _queries as q
from govline.segments.attributes import AttributeDef, Attributes
from govline.segments.service import Segments
from govline.tabular import Change, Column, Table

__all__ = ["attribute_column", "citizens"]

_LONGEST: Final = 1_000
_SOURCE: Final = "import"
Key = tuple[Any, ...]


def citizens(segments: Segments) -> Dataset:
    """The dataset `citizens`: one row for everybody whom the town knows, one column for each attribute but those of rows.

    A file changes attributes of citizens who are there; it makes none, because a citizen begins with LINE. Each change has its
    entry in the history, with the source `import`.
    """
    rows = _Rows(segments)
    return Dataset(
        "citizens",
        "住民の属性",
        lambda: _table(segments.attributes),
        rows.page,
        find=rows.find,
        write=rows.write,
        count=rows.count,
        adds=False,
    )


def _flat(attributes: Attributes) -> list[AttributeDef]:
    """Those that one cell can hold."""
    return [known for known in attributes.declared if known.type != "children"]


def _table(attributes: Attributes) -> Table:
    declared = _flat(attributes)
    labels = Counter(known.label for known in declared)
    return Table(
        "citizens",
        [
            Column("citizen", "住民ID", required=True),
            Column("blocked", "ブロック中", type="boolean", read_only=True),
            *[attribute_column(known, alone=labels[known.label] == 1) for known in declared],
        ],
        key="citizen",
        citizen="citizen",
    )


def attribute_column(known: AttributeDef, *, alone: bool) -> Column:
    """A plain attribute or tags as a column; its header is the name where the label is not `alone`."""
    return Column(
        known.name,
        known.label if known.label and alone else known.name,
        type="list" if known.type == "tags" else known.type,  # type: ignore[arg-type]  # `children` were left out
        choices=known.choices,
        data=known.data,
        max_length=_LONGEST if known.type == "text" else None,
    )


class _Rows:
    """Reads and writes pages of citizens."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._statements = q.PeopleStatements(segments.attributes)
        self._names = [known.name for known in _flat(segments.attributes)]

    def page(self, tx: Transaction, after: Key | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """Citizens in order of their ids."""
        found = (
            tx.connection.execute(self._statements.page(after[0] if after else "", limit)).mappings().all()
        )
        return self._with_tags(tx, [dict(row) for row in found])

    def find(self, tx: Transaction, keys: Sequence[Key]) -> Mapping[Key, Mapping[str, Any]]:
        """The citizens of these ids whom the town knows."""
        found = tx.connection.execute(self._statements.people([key[0] for key in keys])).mappings().all()
        return {(row["citizen"],): row for row in self._with_tags(tx, [dict(row) for row in found])}

    def count(self, tx: Transaction) -> int:
        """Everybody whom the town knows."""
        return int(tx.connection.execute(self._statements.count).scalar_one())

    def write(self, tx: Transaction, changes: Sequence[Change]) -> None:
        """Set what differs, attribute by attribute.

        Raises:
            FileError: GL-0066, one of them was erased meanwhile: nothing may be kept of them.
        """
        ids = [change.key[0] for change in changes]
        if len(tx.connection.execute(self._statements.holding(ids)).all()) < len(ids):
            raise FileError(
                "a citizen of the file was erased while it was being imported",
                code="GL-0066",
                hint="nothing of it stands; begin again",
            )
        for name in self._names:
            values: dict[CitizenId, Any] = {
                change.key[0]: change.after[name]
                for change in changes
                if change.before is not None
                and change.after is not None
                and change.before[name] != change.after[name]
            }
            if values:
                self._segments.set_many(tx, name, values, source=_SOURCE)

    def _with_tags(self, tx: Transaction, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ids = [row["citizen"] for row in rows]
        for name, query in self._statements.tags.items():
            held: dict[str, list[str]] = {}
            for citizen, value in tx.connection.execute(query(ids)) if ids else ():
                held.setdefault(citizen, []).append(value)
            for row in rows:
                words = held.get(row["citizen"])
                row[name] = tuple(sorted(words)) if words else None
        return rows
