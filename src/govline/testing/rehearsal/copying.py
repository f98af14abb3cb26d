"""A town whose database is a copy: SQLite by its backup, PostgreSQL read by read into a SQLite file. The original is only read."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from govline.city import City
from govline.city.assembly import feature_named
from govline.city.config import CityConfig, read_config
from govline.city.words import CITY_TEXTS
from govline.core import FixedClock
from govline.core.jst import JST
from govline.core.texts import DEFAULT_TEXTS, Texts
from govline.store import Database, Keyring
from govline.store.columns import dump_json
from govline.store.policies import QuietHours

__all__ = ["town_aside"]

_LEFT: Final = (
    "gl_outbox",
    "gl_outbox_order",
    "gl_inbox",
    "gl_inbox_lane",
    "gl_blob",
    "gl_audit",
    "gl_audit_head",
    "gl_tick",
)
"""What the year does not need: the backlog of today, what citizens wrote, the audit, and when ticks last ran."""
_PAGE: Final = 1_000
_ROOM: Final = 512 * 1024**2
_DAY: Final = timedelta(days=1)


@contextmanager
def town_aside(folder: Path, start: date, today: date) -> Iterator[tuple[City, FixedClock]]:
    """The town of a folder over a copy of its database, as it stands at the first instant (JST) of `start`.

    It has no LINE channel. A town that has no database yet gets one as `govline db upgrade` would make it.

    Args:
        folder: With a city.yaml; nothing is written below it.
        start: The first day of the rehearsal.
        today: The day on which the copy is made: only then do the days laid out in it count as they are.

    Raises:
        ConfigError: The city.yaml, or a feature's settings.
        GovlineError: A definition cannot be read, or the database cannot be reached.
    """
    config = read_config(folder / "city.yaml")
    clock = FixedClock(datetime.combine(start, time(), JST))
    source = _sqlite_file(config, folder)
    with tempfile.TemporaryDirectory(prefix="govline-year-", dir=_memory(source)) as name:
        copy = Path(name) / "town.db"
        if source is not None and source.exists():
            _back_up(source, copy)
        with _city(config, folder, copy, clock) as city:
            if source is None:
                city.prepare()
                _read_over(config, copy)
            else:
                city.database.migrate(city.migrations)
            _make_fresh(copy, start, today)
            yield city.prepare(), clock


def _city(config: CityConfig, folder: Path, copy: Path, clock: FixedClock) -> City:
    kept = os.environ.get(config.keys_env)
    database = Database.open(
        f"sqlite:///{copy}",
        town=config.id,
        clock=clock,
        keys=Keyring.from_text(kept) if kept else Keyring.generate(),
    )
    quiet = QuietHours(
        time.fromisoformat(config.quiet_hours.start), time.fromisoformat(config.quiet_hours.end)
    )
    try:
        return City(
            database,
            [(feature_named(name), settings) for name, settings in config.features.items()],
            name=config.name,
            folder=folder,
            texts=Texts(defaults={**DEFAULT_TEXTS, **CITY_TEXTS}).with_overrides(config.texts),
            quiet_hours=quiet,
        )
    except BaseException:
        database.close()
        raise


def _sqlite_file(config: CityConfig, folder: Path) -> Path | None:
    kind, _, rest = config.database.partition(":///")
    return (folder / rest).resolve() if kind == "sqlite" else None


def _memory(source: Path | None) -> str | None:
    """A folder in memory, where it has room: a copy that is thrown away need not wait for a disk. None for the usual one."""
    shared = Path("/dev/shm")  # noqa: S108 - TemporaryDirectory makes a folder of this process's own in it
    size = source.stat().st_size if source is not None and source.exists() else 0
    if not shared.is_dir() or not os.access(shared, os.W_OK):
        return None
    return str(shared) if shutil.disk_usage(shared).free > _ROOM + 4 * size else None


def _back_up(source: Path, copy: Path) -> None:
    """SQLite's own backup reads one snapshot, also while the town is at work.

    A file at rest is read as what cannot change: opened in any other way, SQLite would lay its own files beside it.
    """
    beside = source.with_name(f"{source.name}-wal")
    at_rest = not beside.exists()
    how = "immutable=1" if at_rest else "mode=ro"
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?{how}", uri=True)) as town,
        closing(sqlite3.connect(copy)) as aside,
    ):
        town.backup(aside)
    if at_rest and beside.exists():  # the town went to work meanwhile
        copy.unlink()
        _back_up(source, copy)


def _read_over(config: CityConfig, copy: Path) -> None:
    """Every table that both know, in one read-only snapshot."""
    import psycopg
    from psycopg import sql

    url = f"postgresql://{config.database.partition('://')[2]}"
    options = "-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
    with psycopg.connect(url, options=options) as town, closing(sqlite3.connect(copy)) as aside:
        schema = config.db_schema or "public"
        for table in _tables(aside):
            known = town.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
                (schema, table),
            )
            theirs = {name for (name,) in known}
            columns = [name for name in _columns(aside, table) if name in theirs]
            if not columns or table in _LEFT:
                continue
            aside.execute(f'DELETE FROM "{table}"')
            wanted = sql.SQL("SELECT {} FROM {}.{}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.Identifier(schema),
                sql.Identifier(table),
            )
            names = ", ".join(f'"{name}"' for name in columns)
            marks = ", ".join("?" * len(columns))
            with town.cursor(name="rehearsal") as rows:
                rows.execute(wanted)
                while page := rows.fetchmany(_PAGE):
                    aside.executemany(
                        f'INSERT INTO "{table}" ({names}) VALUES ({marks})',
                        [[_plain(value) for value in row] for row in page],
                    )
        aside.commit()


def _tables(aside: sqlite3.Connection) -> list[str]:
    """Tables of govline and of the town's attributes; what migrations note of themselves is the copy's own."""
    rows = aside.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [
        name for (name,) in rows if name.startswith(("gl_", "attr_")) and not name.startswith("gl_version")
    ]


def _columns(aside: sqlite3.Connection, table: str) -> Sequence[str]:
    return [row[1] for row in aside.execute(f'PRAGMA table_info("{table}")')]


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dict | list):
        return dump_json(value)
    return value.isoformat() if isinstance(value, date) else value


def _make_fresh(copy: Path, start: date, today: date) -> None:
    """Take away the backlog; on another day than today also what only counts today: days laid out, notices given."""
    with closing(sqlite3.connect(copy)) as aside:
        tables = set(_tables(aside))
        for table in _LEFT:
            if table in tables:
                aside.execute(f'DELETE FROM "{table}"')
        if "gl_garbage_setting" in tables:
            told = "UPDATE gl_garbage_setting SET told_for = NULL, told_by = NULL WHERE told_for > ?"
            aside.execute(told, ((start + _DAY).isoformat(),))
            if start != today:
                laid = "UPDATE gl_garbage_horizon SET laid_out_to = ?"
                aside.execute(laid, ((start - _DAY).isoformat(),))
                aside.execute("DELETE FROM gl_garbage_announced WHERE day >= ?", (start.isoformat(),))
        aside.commit()
