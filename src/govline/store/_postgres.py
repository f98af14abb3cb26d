"""PostgreSQL: one pool for many towns, retries, and groups of units on one hot key."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from govline.core.values import Actor
from govline.errors import StoreError
from govline.store._line import Line, Unit, closed, for_this_thread, late, unit_name
from govline.store._prepared import PreparedCursor
from govline.store._retry import asks_to_retry
from govline.store.transaction import StoreTransaction, rolled_back

if TYPE_CHECKING:
    from govline.store._lent import Lender
    from govline.store.database import Database

__all__ = ["PostgresEngine", "open_pool"]

_GROUP_UNITS: Final = 60  # more than 64 savepoints overflow PostgreSQL's cache of subtransactions
_GROUP_SECONDS: Final = 0.03
# exports and migrations hold nobody up, so they may take their time
_NO_LIMITS: Final = "SET LOCAL statement_timeout TO 0; SET LOCAL idle_in_transaction_session_timeout TO 0"
_IDLE, _IN_TRANSACTION = psycopg.pq.TransactionStatus.IDLE, psycopg.pq.TransactionStatus.INTRANS
_pools: "dict[str, tuple[ConnectionPool[Any], int]]" = {}
_pools_lock = threading.Lock()
_KNOCK: Final = 2.0
"""Seconds after which the pool begins anew to knock at a server that is away: left alone it would wait twice as long each time."""
_REACH: Final[Mapping[str, int]] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""A server that vanished without a word (a lost machine, a firewall) is given up within half a minute, and not after two hours, in
which a thread and whoever waits behind it would stand still. What the URL says goes before."""


def open_pool(url: str, *, size: int, budget: float) -> "tuple[ConnectionPool[Any], Callable[[], None]]":
    """The process's pool for this server, shared by all towns on it, and the call that gives it back."""
    with _pools_lock:
        pool, users = _pools.get(url, (None, 0))
        if pool is None:
            milliseconds = int(budget * 1000)
            said = psycopg.conninfo.conninfo_to_dict(url)
            own = said.get("options") or ""
            pool = ConnectionPool(
                url,
                min_size=1,
                max_size=size,
                open=True,
                reconnect_timeout=_KNOCK,
                reconnect_failed=_knock_again,
                kwargs={
                    **{name: value for name, value in _REACH.items() if name not in said},
                    "autocommit": True,
                    "options": f"{own} -c statement_timeout={milliseconds}"
                    f" -c idle_in_transaction_session_timeout={milliseconds * 2}",
                },
            )
        _pools[url] = (pool, users + 1)
    return pool, partial(_give_back, url)


def _knock_again(pool: "ConnectionPool[Any]") -> None:
    """Whoever waits for a connection has asked before: only a new asker makes the pool try once more."""
    with suppress(PoolTimeout, PoolClosed):
        pool.putconn(pool.getconn(timeout=0.01))


def _give_back(url: str) -> None:
    with _pools_lock:
        pool, users = _pools.pop(url)
        if users > 1:
            _pools[url] = (pool, users - 1)
            return
    pool.close()


class PostgresEngine:
    """Runs units on one schema of a PostgreSQL database, READ COMMITTED."""

    dialect: Literal["postgresql"] = "postgresql"

    def __init__(
        self,
        database: "Database",
        pool: "ConnectionPool[Any]",
        release: Callable[[], None],
        *,
        schema: str | None,
        budget: float,
        patience: float,
    ) -> None:
        self._database = database
        self.pool = pool
        self._release = release
        self._budget = budget
        self._patience = patience
        path = f"; SET LOCAL search_path TO {_quoted(schema)}" if schema else ""
        self._schema = schema
        self._begin = f"BEGIN ISOLATION LEVEL READ COMMITTED{path}".encode()
        self._begin_read = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY{path}; {_NO_LIMITS}".encode()
        self._lines: dict[str, tuple[Line, int]] = {}
        self._mutex = threading.Lock()
        self._lender: Lender | None = None
        self._closed = False

    def run(self, unit: Unit, group: str | None) -> None:
        """Run one unit, alone or with the others of its group; its outcome is in the unit afterwards."""
        self._open_or_refuse()
        if group is None:
            self._alone([unit])
            return
        line = self._enlist(group)
        try:
            if line.enter(unit):
                units = [unit]
                try:
                    self._lead(line, units)
                finally:
                    line.leave(units)
        finally:
            self._delist(group)

    def read(self, unit: Unit) -> None:
        """Run a unit in a read-only snapshot transaction."""
        self._open_or_refuse()
        self._patiently(unit, self._read_once)

    @contextmanager
    def begin(self, actor: Actor) -> Iterator[StoreTransaction]:
        """Hold a connection; commit at the end, roll back when the block raises."""
        self._open_or_refuse()
        unit = Unit(_begin_block, actor)
        with self._begun() as connection:
            deadline = time.monotonic() + self._budget
            tx = self._transaction(unit, connection, deadline)
            try:
                yield tx
                if time.monotonic() > deadline:
                    raise late(unit_name(unit.work), self._budget)
                _commit(connection)
            finally:
                tx.finish()
                _rollback(connection)
        if tx.enqueued:
            self._database.nudge()

    @contextmanager
    def exclusive(self) -> "Iterator[psycopg.Connection[Any]]":
        """A connection inside a transaction that holds the migration lock of this schema, for migrations."""
        with self._borrowed() as connection:
            _command(connection, f"BEGIN; {_NO_LIMITS}".encode())
            try:
                connection.execute(
                    "SELECT pg_advisory_xact_lock(hashtext('govline'), hashtext(%s))", (self._schema or "",)
                )
                if self._schema:
                    name = _quoted(self._schema)
                    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
                    connection.execute(f"SET LOCAL search_path TO {name}")
                yield connection
                _commit(connection)
            finally:
                _rollback(connection)

    def waiting(self, group: str | None) -> int:
        with self._mutex:
            return sum(len(line) for key, (line, _) in self._lines.items() if group in (None, key))

    def close(self) -> None:
        with self._mutex:
            if self._closed:
                return
            self._closed = True
            lines = [line for line, _ in self._lines.values()]
        for line in lines:
            line.close()
        self._release()

    def lend(self, connection: Any) -> Any:
        """A guarded SQLAlchemy Connection over a psycopg connection."""
        if self._lender is None:
            from govline.store._lent import Lender

            self._lender = Lender("postgresql")
        return self._lender.lend(connection)

    def _enlist(self, group: str) -> Line:
        with self._mutex:
            line, users = self._lines.get(group) or (Line(self._budget, lambda: None), 0)
            self._lines[group] = (line, users + 1)
            return line

    def _delist(self, group: str) -> None:
        with self._mutex:
            line, users = self._lines.pop(group)
            if users > 1:
                self._lines[group] = (line, users - 1)

    def _lead(self, line: Line, units: list[Unit]) -> None:
        """Gather the units of this key on one connection: a savepoint each, one commit; then see to those that must rerun."""
        with self._borrowed() as connection:
            try:
                self._gather(line, units, connection)
            except psycopg.Error as error:
                _fail(units, error)
            finally:
                _rollback(connection)
            dropped = connection.broken
        again = [unit for unit in units if unit.error is not None and _retryable(unit.error, dropped=dropped)]
        culprit = line.settle(again)
        if culprit is None:
            self._alone(again)

    def _gather(self, line: Line, units: list[Unit], connection: Any) -> None:
        first = units[0]
        _command(connection, self._begin)
        self._attempt(first, connection, line.running(first))
        if first.error is not None:
            return
        stop = time.monotonic() + _GROUP_SECONDS
        mark = b"SAVEPOINT unit"
        while len(units) < _GROUP_UNITS and time.monotonic() < stop:
            unit = line.next()
            if unit is None:
                break
            units.append(unit)
            _command(connection, mark)
            self._attempt(unit, connection, line.running(unit))
            # one round trip ends the last unit's savepoint and sets the next one's; COMMIT ends the last
            mark = b"RELEASE unit; SAVEPOINT unit"
            if unit.error is not None:
                _command(connection, b"ROLLBACK TO unit")
        alive = [unit for unit in units if unit.error is None]
        culprit = line.settle(alive)
        if culprit is not None:
            _fail(alive, late(culprit, self._budget))
            return
        self._commit_group(alive, connection)

    def _commit_group(self, units: list[Unit], connection: Any) -> None:
        try:
            _commit(connection)
        except psycopg.Error as error:
            if connection.broken:
                _fail(units, _lost(error))
            elif len(units) == 1:
                units[0].error = error
            else:
                _rollback(connection)
                for unit in units:
                    self._once(unit, connection)
        else:
            for unit in units:
                unit.committed = True

    def _alone(self, units: list[Unit]) -> None:
        for unit in units:
            self._patiently(unit, self._once)

    def _patiently(self, unit: Unit, once: Callable[[Unit, Any], None]) -> None:
        """One transaction for one unit, again after a serialization failure or lost connection, with bounded jitter."""
        give_up = time.monotonic() + self._patience
        pause = 0.002
        while True:
            with self._borrowed() as connection:
                once(unit, connection)
                dropped = connection.broken
            if unit.error is None or not _retryable(unit.error, dropped=dropped):
                return
            if time.monotonic() > give_up:
                unit.error = _away(unit.error) if dropped else unit.error
                return
            threading.Event().wait(random.uniform(0, pause))  # noqa: S311 - jitter
            pause = min(pause * 2, 0.1)

    def _read_once(self, unit: Unit, connection: Any) -> None:
        try:
            _command(connection, self._begin_read)
            self._attempt(unit, connection, float("inf"))
            unit.committed = True
        except psycopg.Error as error:
            unit.error = error
        finally:
            _rollback(connection)

    def _once(self, unit: Unit, connection: Any) -> None:
        committing = False
        try:
            _command(connection, self._begin)
            self._attempt(unit, connection, time.monotonic() + self._budget)
            if unit.error is None:
                committing = True
                _commit(connection)
                unit.committed = True
        except (psycopg.Error, StoreError) as error:
            unit.error = _lost(error) if committing and connection.broken else error
        finally:
            _rollback(connection)

    def _attempt(self, unit: Unit, connection: Any, deadline: float) -> None:
        tx = self._transaction(unit, connection, deadline)
        unit.error = None
        try:
            unit.result = unit.context.copy().run(self._database.inside, unit.work, tx)
            unit.error = _left_by(connection)
        except BaseException as error:
            if for_this_thread(error):
                raise
            unit.error = error
        finally:
            unit.nudge = tx.enqueued
            tx.finish()
        if time.monotonic() > deadline:
            unit.error = late(unit_name(unit.work), self._budget, unit.error)

    def _transaction(self, unit: Unit, connection: Any, deadline: float) -> StoreTransaction:
        cursor = PreparedCursor(connection)
        return StoreTransaction(
            self._database, "postgresql", connection, cursor, unit.actor, work=unit.work, deadline=deadline
        )

    @contextmanager
    def _borrowed(self) -> "Iterator[psycopg.Connection[Any]]":
        try:
            connection = self.pool.getconn()
        except PoolTimeout as late_pool:
            raise StoreError(
                "the database gave no connection in time",
                code="GL-1016",
                hint="is the server up, its address and password right, and the pool large enough?",
            ) from late_pool
        try:
            yield connection
        finally:
            self.pool.putconn(connection)

    @contextmanager
    def _begun(self) -> "Iterator[psycopg.Connection[Any]]":
        """A connection with a transaction on it; one that the server has dropped meanwhile is exchanged."""
        give_up = time.monotonic() + self._patience
        while True:
            with self._borrowed() as connection:
                try:
                    _command(connection, self._begin)
                except psycopg.Error:
                    if connection.broken and time.monotonic() < give_up:
                        continue
                    raise
                yield connection
                return

    def _open_or_refuse(self) -> None:
        if self._closed:
            raise closed()


def _command(connection: Any, sql: bytes) -> Any:
    """Run commands without parameters in one round trip, past the cursor's bookkeeping."""
    result = connection.pgconn.exec_(sql)
    if result.error_message:
        raise psycopg.errors.error_from_result(result)
    return result


def _commit(connection: Any) -> None:
    if _command(connection, b"COMMIT").command_status == b"ROLLBACK":
        raise rolled_back()


def _rollback(connection: Any) -> None:
    if connection.pgconn.transaction_status != _IDLE and not connection.broken:
        with suppress(psycopg.Error):
            _command(connection, b"ROLLBACK")


def _retryable(error: BaseException, *, dropped: bool = False) -> bool:
    """Whether the same unit may succeed when it runs again: serialization failure, deadlock, or a connection lost before COMMIT."""
    cause = getattr(error, "orig", None) or error
    return asks_to_retry(error) or (dropped and isinstance(cause, psycopg.Error))


def _fail(units: list[Unit], error: BaseException) -> None:
    for unit in units:
        unit.error = unit.error or error


def _left_by(connection: Any) -> BaseException | None:
    """What a unit that returned has swallowed, seen by the state in which it left its transaction."""
    if connection.pgconn.transaction_status == _IN_TRANSACTION:
        return None
    # nothing is committed, so the unit may run again
    return (
        psycopg.OperationalError("the connection was lost in a unit") if connection.broken else rolled_back()
    )


def _lost(error: BaseException) -> StoreError:
    lost = StoreError(
        "the connection was lost while a unit was being committed: whether it happened is not known",
        code="GL-1005",
        hint="repeat it with the same idempotency key, or look it up by that key",
    )
    lost.__cause__ = error
    return lost


def _away(error: BaseException) -> StoreError:
    away = StoreError(
        "the database server went away and did not come back in time: nothing was written",
        code="GL-1016",
        hint="ask again a little later with the same idempotency key; over HTTP answer 503",
    )
    away.__cause__ = error
    return away


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _begin_block(_tx: Any) -> None:
    """Stands for the block of a `with db.begin()` in names."""
