"""An attribute of several rows a citizen (children, dogs) as a file of staff: `govline import citizens-children FILE`, a row for each.

A file changes rows and adds some behind those that stand; it takes none away.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from attrs import evolve

from govline.core import DataClass, Dataset, Transaction
from govline.errors import FileError
from govline.segments._queries import ChildStatements, PeopleStatements
from govline.segments.attributes import AttributeDef
from govline.segments.dataset import attribute_column
from govline.segments.service import Segments
from govline.tabular import Change, Column, Table

__all__ = ["children"]

_SOURCE: Final = "import"
Key = tuple[Any, ...]
Values = Mapping[str, Any]
Fault = tuple[int, str, str, str]


def children(segments: Segments, definition: AttributeDef) -> Dataset:
    """The dataset `citizens-<attribute>`; each change has its entry in the citizen's history, with the source `import`."""
    rows = _Rows(segments, definition)
    name = f"citizens-{definition.name}"
    return Dataset(
        name,
        f"住民の{definition.label or definition.name}",
        partial(_table, name, definition),
        rows.page,
        find=rows.find,
        write=rows.write,
        count=rows.count,
        judge=rows.judge,
    )


def _table(name: str, definition: AttributeDef) -> Table:
    labels = [inner.label for inner in definition.fields]
    fields = [
        evolve(
            attribute_column(inner, alone=labels.count(inner.label) == 1),
            data=max(inner.data, definition.data, key=list(DataClass).index),
        )
        for inner in definition.fields
    ]
    return Table(
        name,
        [
            Column("citizen", "住民ID", required=True),
            Column(
                "number",
                "何人目",
                aliases=("番号", "何番目"),
                type="integer",
                required=True,
                least=1,
                most=100,
            ),
            *fields,
        ],
        key=("citizen", "number"),
        citizen="citizen",
    )


class _Rows:
    """Reads and writes pages of one attribute's rows."""

    def __init__(self, segments: Segments, definition: AttributeDef) -> None:
        self._segments = segments
        self._definition = definition
        self._statements = ChildStatements(definition)
        self._people = PeopleStatements(segments.attributes)

    def page(self, tx: Transaction, after: Key | None, limit: int) -> Sequence[Values]:
        """Rows in order of citizens' ids."""
        citizen, number = after or ("", 0)
        found = tx.connection.execute(self._statements.page((citizen, number - 1), limit))
        return [_values(row) for row in found.mappings()]

    def find(self, tx: Transaction, keys: Sequence[Key]) -> Mapping[Key, Values]:
        """The rows of these citizens that have these numbers."""
        wanted = set(keys)
        found = self._of(tx, {citizen for citizen, _ in keys})
        return {key: row for rows in found.values() for row in rows if (key := _key(row)) in wanted}

    def count(self, tx: Transaction) -> int:
        """Rows of everybody."""
        return int(tx.connection.execute(self._statements.count).scalar_one())

    def judge(self) -> Callable[[Transaction, Sequence[Change]], Iterator[Fault]]:
        """For one look at a file: rows of citizens whom the town does not know, and numbers with a gap before them."""
        reached: dict[str, int] = {}

        def faults(tx: Transaction, changes: Sequence[Change]) -> Iterator[Fault]:
            ids = {change.key[0] for change in changes}
            known = set(tx.connection.execute(self._statements.known(sorted(ids))).scalars())
            standing = self._of(tx, ids - reached.keys())
            reached.update({citizen: len(standing.get(citizen, ())) for citizen in ids - reached.keys()})
            for place, change in enumerate(changes):
                citizen, number = change.key
                if citizen not in known:
                    yield (
                        place,
                        "citizen",
                        "この住民IDの住民はいません",
                        "住民IDを確かめるか、行を消してください",
                    )
                elif number > reached[citizen] + 1:
                    remedy = f"{reached[citizen] + 1} から順に番号を付け、番号の順に並べてください"
                    yield place, "number", "番号が飛んでいます", remedy
                else:
                    reached[citizen] = max(reached[citizen], number)

        return faults

    def write(self, tx: Transaction, changes: Sequence[Change]) -> None:
        """Set each citizen's rows anew.

        Raises:
            FileError: GL-0066, one of them was erased meanwhile: nothing may be kept of them.
        """
        ids = {change.key[0] for change in changes}
        if len(tx.connection.execute(self._people.holding(sorted(ids))).all()) < len(ids):
            raise FileError(
                "a citizen of the file was erased while it was being imported",
                code="GL-0066",
                hint="nothing of it stands; begin again",
            )
        standing = {
            citizen: {row["number"]: row for row in rows} for citizen, rows in self._of(tx, ids).items()
        }
        for change in changes:
            citizen, number = change.key
            mine = standing.setdefault(citizen, {})
            if change.after is None:
                mine.pop(number, None)
            else:
                mine[number] = change.after
        names = [inner.name for inner in self._definition.fields]
        values = {
            citizen: [{name: row.get(name) for name in names} for _, row in sorted(mine.items())]
            for citizen, mine in standing.items()
        }
        self._segments.set_many(tx, self._definition.name, values, source=_SOURCE)

    def _of(self, tx: Transaction, ids: set[str]) -> dict[str, list[Values]]:
        found: dict[str, list[Values]] = {}
        for row in tx.connection.execute(self._statements.of(sorted(ids))).mappings() if ids else ():
            found.setdefault(row["citizen"], []).append(_values(row))
        return found


def _values(row: Mapping[Any, Any]) -> Values:
    return {
        **{name: value for name, value in row.items() if name != "position"},
        "number": row["position"] + 1,
    }


def _key(row: Values) -> Key:
    return row["citizen"], row["number"]
