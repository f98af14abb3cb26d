"""A town's database: opens it, runs units of work on it, migrates and closes it."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeVar

from govline.core.clock import Clock, SystemClock
from govline.core.effects import Handler
from govline.core.ids import IdSource, Uuid7Source
from govline.core.transaction import Transaction
from govline.core.values import SYSTEM, Actor
from govline.errors import ConfigError, InputError, MissingExtra, NestedUnit, StoreError
from govline.store._line import Unit, unit_name
from govline.store._retry import busy_is_told, retry_is_told
from govline.store.join import join

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import AbstractContextManager

    from psycopg_pool import ConnectionPool

    from govline.store.sealing import Keyring
    from govline.store.transaction import StoreTransaction

__all__ = ["Database"]

T = TypeVar("T")
Spans = Callable[[str, float], None]
_log = logging.getLogger("govline.store")
_units: ContextVar[tuple[int, ...]] = ContextVar("govline_units", default=())


class _Engine(Protocol):
    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]: ...
    def run(self, unit: Unit, group: str | None) -> None: ...
    def read(self, unit: Unit) -> None: ...
    def begin(self, actor: Actor) -> "AbstractContextManager[StoreTransaction]": ...
    def exclusive(self) -> "AbstractContextManager[Any]": ...
    def lend(self, connection: Any) -> Any: ...
    def waiting(self, group: str | None) -> int: ...
    def close(self) -> None: ...


class Database:
    """One municipality's database: a SQLite file, or a schema of a PostgreSQL database.

    Safe to share between threads. Attributes: `town`, `clock`, `ids`, `keys`, `handlers`, `spans`, `on_commit`.
    """

    def __init__(
        self,
        *,
        town: str,
        clock: Clock,
        ids: IdSource,
        keys: "Keyring | None",
        schema: str | None,
        budget: float,
    ) -> None:
        self.town = town
        self.clock = clock
        self.ids = ids
        self.keys = keys
        self.schema = schema
        self.budget = budget
        self.handlers: tuple[Handler, ...] = ()
        self.spans: Spans | None = None
        self.on_commit: list[Callable[[], None]] = []
        self._process = os.getpid()
        self.engine: _Engine

    @classmethod
    def open(
        cls,
        url: str,
        *,
        town: str = "town",
        clock: Clock | None = None,
        ids: IdSource | None = None,
        keys: "Keyring | None" = None,
        schema: str | None = None,
        pool: "ConnectionPool[Any] | None" = None,
        pool_size: int = 10,
        budget: float = 10.0,
        patience: float = 10.0,
    ) -> "Database":
        """Open a town's database; nothing is created but the file.

        Args:
            url: `sqlite:///town.db` (a path) or `postgresql+psycopg://user@host/name`.
            town: The municipality's short name, as effects and logs carry it.
            schema: PostgreSQL only: the town's schema, alone on the search path inside units. Towns on one server share a pool.
            pool: PostgreSQL only: a `psycopg_pool.ConnectionPool` of yours (autocommit connections); stays yours.
            pool_size: PostgreSQL only: connections at most; of towns that share a pool the first one decides.
            budget: Seconds one unit or `begin` block may take.
            patience: Seconds to go on retrying when other processes hold the file, or after serialization failures.

        Raises:
            ConfigError: The URL is of no kind that govline stores in.
            MissingExtra: PostgreSQL without the extra `postgres`.
        """
        database = cls(
            town=town,
            clock=clock or SystemClock(),
            ids=ids or Uuid7Source(),
            keys=keys,
            schema=schema,
            budget=budget,
        )
        kind, _, rest = url.partition("://")
        if kind == "sqlite":
            from govline.store._sqlite import SqliteEngine

            database.engine = SqliteEngine(database, _sqlite_path(rest), budget=budget, busy=patience)
        elif kind.split("+")[0] in ("postgresql", "postgres"):
            if find_spec("psycopg_pool") is None:
                raise MissingExtra("psycopg", "postgres")
            from govline.store._postgres import PostgresEngine, open_pool

            plain = f"postgresql://{rest}"
            shared, release = (pool, _nothing) if pool else open_pool(plain, size=pool_size, budget=budget)
            database.engine = PostgresEngine(
                database, shared, release, schema=schema, budget=budget, patience=patience
            )
        else:
            raise ConfigError(
                f"a database of kind {kind} is not supported",
                code="GL-1012",
                hint="use sqlite:///file.db or postgresql+psycopg://… (MySQL is not supported)",
            )
        return database

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect

    def listen(self, handlers: Sequence[Handler]) -> None:
        """Set the event handlers that `tx.emit` reaches."""
        self.handlers = tuple(handlers)

    def run(
        self,
        work: Callable[[Transaction], T],
        *,
        group: str | None = None,
        actor: Actor | None = None,
        hold: Callable[[], float] | None = None,
    ) -> T:
        """Run a unit of work in a transaction of its own and commit it.

        The unit may run again, so it does no I/O of its own. On SQLite it is committed together with whatever else
        waits; on PostgreSQL so are the units of one `group` (a hot key such as `slot:…`).

        Args:
            work: Gets the transaction; its result is returned. What it raises is raised here, after a rollback.
            actor: On whose behalf; the system where omitted.
            hold: SQLite only, for a unit that calls foreign code: after so many seconds, asked for while it runs, others who wait
                take the writer away from it; it ends with UnitTimeout and has no effect. PostgreSQL's writers do not wait for each other.

        Raises:
            NestedUnit: Called inside a unit or a `begin` block of this database.
            UnitTimeout: A unit held the writer longer than its budget.
            RetryNeeded: Others kept the database busy for longer than its patience; nothing was written.
        """
        self.refuse_nesting(work)
        unit = Unit(work, actor or SYSTEM, hold=hold)
        with busy_is_told():
            self.engine.run(unit, group)
            result: T = _plain(unit.outcome())
        if unit.nudge:
            self.nudge()
        return result

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a reading unit on a snapshot; never waits for writers, cannot write."""
        self._refuse_fork()
        unit = Unit(work, SYSTEM)
        with busy_is_told():
            self.engine.read(unit)
            result: T = _plain(unit.outcome())
        return result

    @contextmanager
    def begin(self, *, actor: Actor | None = None) -> "Iterator[StoreTransaction]":
        """A transaction that the caller holds: commits at the end of the block, rolls back when it raises.

        On SQLite it has the writer's turn for itself, so keep it short: at most `budget` seconds.

        Raises:
            RetryNeeded: The database asks to run the block again: only you can. Prefer `run`, which does so by itself.
        """
        self.refuse_nesting(self.begin)
        with retry_is_told(), self.engine.begin(actor or SYSTEM) as tx, self._marked():
            yield tx

    @contextmanager
    def join(self, connection: Any, *, actor: Actor | None = None) -> "Iterator[StoreTransaction]":
        """Work inside a transaction that you opened: our rows commit or roll back with yours, by your hand.

        Never commits, rolls back or reruns. When effects were enqueued, call `nudge()` after your commit.

        Args:
            connection: An SQLAlchemy Connection or Session, `django.db.connection` inside `atomic`, a psycopg 3 or
                sqlite3 connection to the database in which this town's tables live.

        Raises:
            JoinRefused: No transaction is open on it, or it is of another kind; the hint says what to do.
            RetryNeeded: The database asks to run the whole transaction again: only you can.
        """
        self.refuse_nesting(self.join)
        with join(self, connection, actor or SYSTEM, self.schema) as tx, self._marked():
            yield tx

    def waiting(self, group: str | None = None) -> int:
        """How many units wait for their turn now: a figure for monitoring."""
        return self.engine.waiting(group)

    def nudge(self) -> None:
        """Tell the worker that effects may be waiting; after `join`, call it once your own commit is done."""
        for hook in self.on_commit:
            try:
                hook()
            except Exception:  # noqa: BLE001 - the unit is committed: its caller must not see this
                _log.exception("a nudge after commit failed")

    async def arun(
        self, work: Callable[[Transaction], T], *, group: str | None = None, actor: Actor | None = None
    ) -> T:
        """`run` from asyncio: one thread hop for the whole unit. A cancelled caller waits for the unit to end first."""
        return await self._hop(lambda: self.run(work, group=group, actor=actor))

    async def aread(self, work: Callable[[Transaction], T]) -> T:
        """`read` from asyncio: one thread hop."""
        return await self._hop(lambda: self.read(work))

    def migrate(self, packages: Sequence[str] = (), *, phase: Literal["pre", "all"] = "all") -> list[str]:
        """Bring the store's tables and those of each package (`govline.calendar.migrations`) to their newest revision.

        Args:
            packages: Import paths of migration packages; the store's own comes first by itself.
            phase: `pre` applies what the release that is still running can live with, `all` everything: run it again with
                `all` after the deploy. A revision that must wait says `phase = "post"` beside its `revision`.

        Returns:
            The revisions that were applied.
        """
        from govline.store import migrate

        return migrate.upgrade(self, packages, phase)

    @staticmethod
    def ddl(packages: Sequence[str], dialect: Literal["sqlite", "postgresql"]) -> str:
        """The SQL that `migrate` would run on an empty database: for Django's RunSQL, Flyway or a DBA."""
        from govline.store import migrate

        return migrate.ddl(packages, dialect)

    def pending(self, packages: Sequence[str] = (), *, phase: Literal["pre", "all"] = "all") -> list[str]:
        """The revisions that `migrate` would apply."""
        from govline.store import migrate

        return migrate.pending(self, packages, phase)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End: no unit starts afterwards; running ones are waited for."""
        self.engine.close()
        if "_threads" in self.__dict__:
            self._threads.shutdown(wait=True)

    def inside(self, work: Callable[[Any], T], tx: "StoreTransaction") -> T:
        """Call the work marked as being inside a unit of this database; used by the engines in a context of its own."""
        _units.set((*_units.get(), id(self)))
        return work(tx)

    @contextmanager
    def _marked(self) -> Iterator[None]:
        token = _units.set((*_units.get(), id(self)))
        try:
            yield
        finally:
            _units.reset(token)

    def refuse_nesting(self, work: Callable[..., Any]) -> None:
        """Raise where the caller is inside a unit of this database already.

        Raises:
            NestedUnit: It is.
        """
        self._refuse_fork()
        if id(self) in _units.get():
            raise NestedUnit(
                "a unit was started inside another unit of the same database",
                hint="use the tx you already hold, or start it after the outer one has ended",
                place={"unit": unit_name(work)},
            )

    def _refuse_fork(self) -> None:
        if os.getpid() != self._process:
            raise StoreError(
                "the database was opened in another process than this one",
                code="GL-1014",
                hint="open it in every worker after the fork (gunicorn: post_fork), never before",
            )

    @cached_property
    def _threads(self) -> "ThreadPoolExecutor":
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(32, thread_name_prefix="govline-unit")

    async def _hop(self, call: Callable[[], T]) -> T:
        import asyncio

        submitted = self._threads.submit(copy_context().run, call)
        waited = asyncio.wrap_future(submitted)
        try:
            return await asyncio.shield(waited)
        except asyncio.CancelledError:
            while not submitted.cancel() and not waited.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([waited])
            raise


def _sqlite_path(rest: str) -> Path:
    path = rest.removeprefix("/").partition("?")[0]
    if not path or path == ":memory:":
        raise ConfigError(
            "a town lives in a file, not in memory",
            code="GL-1012",
            hint="use sqlite:///town.db; in tests a temporary file",
        )
    return Path(path)


def _plain(result: Any) -> Any:
    if type(result) is CoroutineType:
        result.close()
        raise InputError(
            "a unit of work must be a plain function, not a coroutine: nothing of it has run",
            code="GL-1015",
            hint="write `def work(tx)`, and await db.arun(work) from async code",
        )
    return result


def _nothing() -> None:
    """A pool that was handed in stays open."""
