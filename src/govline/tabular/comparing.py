"""What a file's row would do to the row that stands: nothing, change it, or add one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from govline.tabular.guarding import guard, unguard
from govline.tabular.model import Change, Column, Key, Row, Source, Table, Values
from govline.tabular.substitutes import fitting
from govline.tabular.values import formatter, parser
from govline.tabular.wording import Misfit
from govline.tabular.writing import takes_guard

__all__ = ["Comparison", "Lens", "compare"]


class Lens:
    """How a stored value looks once a file of this kind has carried it, so that an export read back changes nothing.

    A CP932 file shows 〓 where 𠮷 stands: a row that says 〓 there says nothing new.
    """

    def __init__(self, table: Table, source: Source) -> None:
        self._through = {column.name: _through(column, source) for column in table.columns}

    def same(self, name: str, stored: Any, given: Any) -> bool:
        """Whether the file's value says nothing but what stands."""
        if stored == given:
            return True
        return stored is not None and self._through[name](stored) == given


def _through(column: Column, source: Source) -> Callable[[Any], Any]:
    write, read, fit = formatter(column), parser(column), fitting(source.encoding)
    guarded = source.format == "csv" and takes_guard(column)

    def through(value: Any) -> Any:
        text = write(value)
        text = fit(guard(text) if guarded else text, _unnoted)
        try:
            return read(unguard(text) if guarded else text)
        except Misfit:
            return value

    return through


def _unnoted(_: str, __: str) -> None:
    """Nobody is told: nothing is written."""


@frozen
class Comparison:
    """A page of good rows against what stands: changes with their row in the file, how many are the same, whom nobody knows.

    `refused`: row, column, reason and remedy of changes that the dataset's owner would not carry out.
    """

    changes: tuple[tuple[int, Change], ...]
    unchanged: int
    unknown: tuple[Row, ...]
    refused: tuple[tuple[int, str, str, str], ...] = ()

    @property
    def added(self) -> int:
        """How many rows are new."""
        return sum(change.before is None for _, change in self.changes)


def compare(
    table: Table, lens: Lens, rows: Sequence[Row], standing: Mapping[Key, Values], *, adds: bool
) -> Comparison:
    """Judge rows; columns that the file lacks, and read-only ones, keep what stands.

    Args:
        standing: The rows that stand, by key.
        adds: Whether a row that does not stand may be new; else it is unknown.
    """
    changes: list[tuple[int, Change]] = []
    unknown: list[Row] = []
    for row in rows:
        key = table.key_of(row.values)
        before = standing.get(key)
        if before is None:
            if adds:
                after = {column.name: row.values.get(column.name) for column in table.columns}
                changes.append((row.number, Change(key, None, after)))
            else:
                unknown.append(row)
            continue
        new = {
            name: value
            for name, value in row.values.items()
            if name not in table.key and not lens.same(name, before.get(name), value)
        }
        if new:
            changes.append((row.number, Change(key, before, {**before, **new})))
    return Comparison(tuple(changes), len(rows) - len(changes) - len(unknown), tuple(unknown))
