"""SQLite: one writer a process with group commit, snapshot readers beside it."""

import random
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from govline.core.values import Actor
from govline.errors import ConfigError
from govline.store._home import Home
from govline.store._line import Line, Unit, closed, for_this_thread, given_up, late, unit_name
from govline.store._retry import is_busy
from govline.store.transaction import StoreTransaction, rolled_back

if TYPE_CHECKING:
    from govline.store._lent import Lender
    from govline.store.database import Database

__all__ = ["SqliteEngine"]

_GROUP_UNITS: Final = 64
_GROUP_SECONDS: Final = 0.02
_READERS: Final = 8
_ATTEMPTS: Final = 40
_PAUSE: Final = 0.002
"""So often, and with such pauses, the writer of a unit that was given up is asked to end."""


class _Link(sqlite3.Connection):
    """A connection of ours; ends the cursors of a unit with it, because one half read keeps its old snapshot open."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._govline = Home()
        self._made: list[weakref.ref[sqlite3.Cursor]] = []
        self._ending = threading.Lock()

    def cursor(self, *args: Any) -> Any:
        made = super().cursor(*args)
        self._made.append(weakref.ref(made))
        return made

    def own_cursor(self) -> sqlite3.Cursor:
        """A cursor that outlives units."""
        return super().cursor()

    def end_cursors(self) -> None:
        """The unit is over: whoever took a cursor or a lazy result out of it reads no more from it."""
        for made in self._made:
            cursor = made()
            if cursor is not None:
                cursor.close()
        self._made.clear()

    def let_go(self) -> None:
        """Roll back what another thread hangs in; its statements write nothing any more, not even by themselves."""
        with self._ending:
            for attempt in range(_ATTEMPTS):
                try:
                    self._end_writing()
                except sqlite3.ProgrammingError:  # its thread came back and has closed it
                    return
                except sqlite3.Error:  # of a statement that was interrupted in this very moment
                    if attempt * 2 > _ATTEMPTS:
                        self.end_cursors()  # a result that is half read keeps the interruption standing
                    threading.Event().wait(_PAUSE)
                else:
                    return

    def end(self) -> None:
        """Close it, once nobody lets go of it any more."""
        with self._ending:
            self.close()

    def _end_writing(self) -> None:
        self.interrupt()
        cursor = self.own_cursor()
        try:
            cursor.execute("PRAGMA query_only=1")
            if self.in_transaction:
                cursor.execute("ROLLBACK")
        finally:
            cursor.close()


class SqliteEngine:
    """Runs units on one SQLite file: WAL, foreign keys, synchronous=FULL."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, database: "Database", path: Path, *, budget: float, busy: float) -> None:
        self._database = database
        self.path = path
        self._budget = budget
        self._busy = busy
        try:
            self._writer = self._connect()
        except sqlite3.OperationalError as error:
            raise ConfigError(
                "the database file cannot be opened",
                code="GL-1012",
                hint="create its folder, or check who may write there",
                place={"file": str(path)},
            ) from error
        self._cursor = self._writer.own_cursor()
        self._line = Line(budget, self._interrupt_writer, self._renew_writer)
        self._readers: deque[_Link] = deque()
        self._lender: Lender | None = None
        self._closed = threading.Event()

    def run(self, unit: Unit, group: str | None) -> None:  # noqa: ARG002 - one writer: every unit is grouped
        """Run one unit, together with whatever else waits; its outcome is in the unit afterwards."""
        if self._line.enter(unit):
            members, writer = [unit], self._writer
            try:
                self._lead(members)
            finally:
                if unit.given_up:
                    writer.end()
                else:
                    self._rollback()
                    self._line.leave(members)

    def read(self, unit: Unit) -> None:
        """Run a unit on a snapshot, beside the writer."""
        if self._closed.is_set():
            raise closed()
        reader = self._reader()
        try:
            cursor = reader.own_cursor()
            cursor.execute("BEGIN")
            self._attempt(unit, cursor, reader)
            cursor.execute("ROLLBACK")
            unit.committed = True
        finally:
            self._return(reader)

    @contextmanager
    def begin(self, actor: Actor) -> Iterator[StoreTransaction]:
        """Hold the writer; commit at the end, roll back when the block raises."""
        unit = Unit(_begin_block, actor, exclusive=True)
        if not self._line.enter(unit):
            unit.outcome()
        try:
            self._open(unit.since)
            deadline = self._line.running(unit)
            tx = StoreTransaction(
                self._database,
                "sqlite",
                self._writer,
                self._cursor,
                actor,
                work=unit.work,
                deadline=deadline,
            )
            try:
                yield tx
            finally:
                tx.finish()
                self._writer.end_cursors()
            if not self._writer.in_transaction:
                raise rolled_back()
            if self._line.settle([unit]) or time.monotonic() > deadline:
                raise late(unit_name(unit.work), self._budget)
            self._cursor.execute("COMMIT")
        finally:
            self._rollback()
            self._line.leave([unit])
        if tx.enqueued:
            self._database.nudge()

    @contextmanager
    def exclusive(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own inside BEGIN IMMEDIATE, for migrations; waits up to a minute for other processes."""
        connection = self._connect()
        try:
            connection.execute("PRAGMA busy_timeout=60000")
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()

    def waiting(self, group: str | None) -> int:  # noqa: ARG002 - one line for all groups
        return len(self._line)

    def close(self) -> None:
        self._closed.set()
        if self._line.close():
            self._writer.close()
        while self._readers:
            self._readers.pop().close()

    def _lead(self, group: list[Unit]) -> None:
        try:
            self._open(group[0].since)
        except sqlite3.Error as error:
            group[0].error = error
            return
        self._attempt_writing(group[0])
        if self._line.over(group[0]):
            group[0].error = given_up(unit_name(group[0].work), group[0].error)
        if group[0].error is not None:
            return
        stop = time.monotonic() + _GROUP_SECONDS
        while len(group) < _GROUP_UNITS and time.monotonic() < stop:
            unit = self._line.next()
            if unit is None:
                break
            group.append(unit)
            if not self._in_savepoint(unit):
                self._singly([each for each in group if each.error is None])
                return
        self._commit(group)

    def _in_savepoint(self, unit: Unit) -> bool:
        """Run a unit so that it can fail alone; False when SQLite gave up the whole transaction with it."""
        self._cursor.execute("SAVEPOINT unit")
        self._attempt_writing(unit)
        if unit.error is None:
            self._cursor.execute("RELEASE unit")
            return True
        if not self._writer.in_transaction:
            return False
        self._cursor.execute("ROLLBACK TO unit")
        self._cursor.execute("RELEASE unit")
        return True

    def _commit(self, group: list[Unit]) -> None:
        alive = [unit for unit in group if unit.error is None]
        if self._refused(alive):
            return
        try:
            self._cursor.execute("COMMIT")
        except sqlite3.Error as error:
            self._rollback()
            if len(alive) == 1:
                alive[0].error = error
            else:
                self._singly(alive)
        else:
            for unit in alive:
                unit.committed = True

    def _singly(self, units: list[Unit]) -> None:
        """One transaction a unit, after a COMMIT or a whole transaction failed: only the guilty one fails again."""
        # this thread goes on with the writer for the others: from here nobody takes it away
        units[0].hold = None
        for unit in units:
            try:
                self._open(time.monotonic())
                self._attempt_writing(unit)
                if unit.error is None and not self._refused([unit]):
                    self._cursor.execute("COMMIT")
                    unit.committed = True
            except sqlite3.Error as error:
                unit.error = error
            self._rollback()

    def _refused(self, units: list[Unit]) -> bool:
        """Whether these may not be committed, because somebody who waited for them was already told so."""
        culprit = self._line.settle(units)
        if culprit is None:
            return False
        self._rollback()
        _fail(units, late(culprit, self._budget))
        return True

    def _open(self, since: float) -> None:
        """BEGIN IMMEDIATE; other processes on the file are waited for with jitter, so long after `since` at most."""
        give_up = since + self._busy
        pause = 0.0005
        while True:
            try:
                self._cursor.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > give_up:
                    raise
                if self._closed.wait(random.uniform(0, pause)):  # noqa: S311 - jitter
                    raise
                pause = min(pause * 2, 0.01)
            else:
                return

    def _interrupt_writer(self) -> None:
        self._writer.interrupt()

    def _renew_writer(self) -> None:
        """Another connection writes from now on; the one of a unit that was given up can do no more harm."""
        fresh = self._connect()
        old, self._writer, self._cursor = self._writer, fresh, fresh.own_cursor()
        old.let_go()

    def _rollback(self) -> None:
        if self._writer.in_transaction:
            self._cursor.execute("ROLLBACK")

    def _attempt_writing(self, unit: Unit) -> None:
        self._attempt(unit, self._cursor, self._writer, self._line.running(unit))

    def _attempt(
        self,
        unit: Unit,
        cursor: sqlite3.Cursor,
        connection: _Link,
        deadline: float = float("inf"),
    ) -> None:
        tx = StoreTransaction(
            self._database, "sqlite", connection, cursor, unit.actor, work=unit.work, deadline=deadline
        )
        unit.error = None
        try:
            unit.result = unit.context.copy().run(self._database.inside, unit.work, tx)
            if not connection.in_transaction:
                unit.error = rolled_back()
        except BaseException as error:
            if for_this_thread(error):
                raise
            unit.error = error
        finally:
            unit.nudge = tx.enqueued
            tx.finish()
            connection.end_cursors()
        if time.monotonic() > deadline:
            unit.error = late(unit_name(unit.work), self._budget, unit.error)

    def lend(self, connection: Any) -> Any:
        """A guarded SQLAlchemy Connection over a sqlite3 connection."""
        if self._lender is None:
            from govline.store._lent import Lender

            self._lender = Lender("sqlite")
        return self._lender.lend(connection)

    def _reader(self) -> _Link:
        try:
            return self._readers.pop()
        except IndexError:
            reader = self._connect()
            reader.execute("PRAGMA query_only=1")
            reader.execute("PRAGMA cache_size=-16384")
            reader.execute("PRAGMA busy_timeout=5000")
            return reader

    def _return(self, reader: _Link) -> None:
        if reader.in_transaction or self._closed.is_set() or len(self._readers) >= _READERS:
            reader.close()
        else:
            self._readers.append(reader)

    def _connect(self) -> _Link:
        connection = sqlite3.connect(
            self.path,
            factory=_Link,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
            timeout=0,
        )
        connection.execute("PRAGMA busy_timeout=5000")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        # with SQLite's own 2 MB, a unit that touches hundreds of thousands of rows spills its pages before it commits
        connection.execute("PRAGMA cache_size=-32768")
        connection.execute("PRAGMA busy_timeout=0")
        return connection


def _fail(group: list[Unit], error: BaseException) -> None:
    for unit in group:
        unit.error = unit.error or error


def _begin_block(_tx: Any) -> None:
    """Stands for the block of a `with db.begin()` in names."""
