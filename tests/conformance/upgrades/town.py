"""A town that stands at an older revision of one room, with rows in it, and what has to hold when it is brought to today's."""

import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from attrs import define, field
from sqlalchemy import MetaData, inspect, select

from govline.store import Database, Statement, migrate

from . import rows as made
from .rows import Row

__all__ = ["Town", "revisions"]

Sense = Callable[[dict[str, list[Row]]], None]


def revisions(package: str) -> list[Any]:
    """The revisions of a branch, oldest first."""
    path = migrate.folder(package)
    return list(ScriptDirectory(path, version_locations=[path]).walk_revisions())[::-1]


@define
class Town:
    """One database, brought to `revision` of `package` by the migrations of that day.

    Args:
        declared: The room's tables of today.
        changed: What revisions take away or convert on purpose: revision -> "table" or "table.column" -> reason.
        sense: Makes rows mean something to the room, where unrelated values would not do.

    Attributes: `ahead`, the revisions still to be applied; `gone`, what they take away or convert on purpose; `tables`, as they stood.
    """

    database: Database
    package: str
    revision: str
    declared: MetaData
    changed: dict[str, dict[str, str]] = field(factory=dict)
    sense: Sense = lambda _: None
    ahead: list[Any] = field(init=False)
    gone: set[str] = field(init=False)
    tables: MetaData = field(init=False)
    allowed: made.Words = field(init=False)
    written: dict[str, list[tuple[Any, ...]]] = field(factory=dict, init=False)

    def settle(self, folder: Path, monkeypatch: Any) -> None:
        """Build the old release's tables: its migrations are today's up to its revision."""
        name, branch = f"old_{self.revision}", revisions(self.package)
        until = [step.revision for step in branch].index(self.revision) + 1
        self.ahead = branch[until:]
        self.gone = {name for step in self.ahead for name in self.changed.get(step.revision, ())}
        (folder / name).mkdir()
        (folder / name / "__init__.py").touch()
        for step in branch[:until]:
            shutil.copy(step.module.__file__, folder / name)
        monkeypatch.syspath_prepend(folder)
        invalidate_caches()
        with monkeypatch.context() as then:
            if self.package == migrate.STORE:
                then.setattr(migrate, "STORE", name)
            self.database.migrate([name])
        sys.modules.pop(name, None)
        with self.database.begin() as tx:
            everything = frozenset(inspect(tx.connection).get_table_names())
            others = frozenset() if self.package == migrate.STORE else everything & set(_store_tables())
            self.tables = made.reflect(tx.connection, besides=others)
            self.allowed = made.allowed(tx.connection, self.tables)

    def write(self, first: int = 0, gone: frozenset[str] = frozenset()) -> None:
        """Rows number `first` and following of every table, with the columns of the old release but those that are `gone`."""
        rows = made.make(self.tables, self.declared, self.allowed, first)
        self.sense(rows)
        for name in rows:
            rows[name] = [{key: row[key] for key in row if f"{name}.{key}" not in gone} for row in rows[name]]
        with self.database.begin() as tx:
            made.insert(tx.connection, self.tables, {name: rows[name] for name in rows if name not in gone})

    def migrate(self) -> frozenset[str]:
        """Apply what goes before the deploy; what is gone now because a release in between was passed over."""
        applied = self.database.migrate([self.package], phase="pre")
        passed = [
            step
            for step in self.ahead
            if step.revision in applied and getattr(step.module, "phase", "") == "post"
        ]
        return frozenset(name for step in passed for name in self.changed.get(step.revision, ()))

    def note(self) -> None:
        """Remember every value that has to be there later."""
        with self.database.begin() as tx:
            self.written = {
                table.name: made.read(tx.connection, table, self._kept(table))
                for table in self.tables.sorted_tables
                if table.name not in self.gone
            }

    def lost(self) -> list[str]:
        """Rows that were noted and are not there any more as they were."""
        with self.database.begin() as tx:
            now = {
                name: made.read(tx.connection, table, self._kept(table))
                for name, table in self.tables.tables.items()
                if name in self.written
            }
        return [
            f"{name}: {row}"
            for name, before in self.written.items()
            for row in before
            if row not in now[name]
        ] + [f"{name}: {len(now[name])} rows" for name in now if len(now[name]) != len(self.written[name])]

    def drift(self) -> list[Any]:
        """How the tables differ from those that the room declares."""

        def compare(tx: Any) -> list[Any]:
            ours = {*self.declared.tables, *self.tables.tables}
            options = {
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "table" or name in ours,
            }
            return compare_metadata(MigrationContext.configure(tx.connection, opts=options), self.declared)

        return self.database.read(compare)

    def unread(self) -> Iterator[str]:
        """Tables whose rows the room's own columns do not read, all of them."""
        with self.database.begin() as tx:
            for table in self.declared.sorted_tables:
                found = tx.all(Statement(f"upgrade.{table.name}", select(table)))
                if len(found) != len(self.written.get(table.name, ())):
                    yield f"{table.name}: {len(found)} rows"

    def _kept(self, table: Any) -> list[str]:
        return [name for name in table.c.keys() if f"{table.name}.{name}" not in self.gone]  # noqa: SIM118 - not a dict


def _store_tables() -> set[str]:
    from govline.testing.rooms import metadata_of

    return set(metadata_of(migrate.STORE).tables)
