"""The transaction that a unit of work holds: statements on the driver's cursor, effects into the outbox."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from govline.core.effects import Effect, Event, Schedule
from govline.core.ids import Id
from govline.core.transaction import NamedStatement
from govline.core.values import Actor, Json, Ref
from govline.errors import StoreError
from govline.store._line import late, unit_name

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from govline.store.database import Database
    from govline.store.statement import Plan

__all__ = ["StoreTransaction", "rolled_back"]

Dialect = Literal["sqlite", "postgresql"]


class StoreTransaction:
    """One unit of work on one town's database; implements `govline.core.Transaction`.

    Made by `Database`; valid until its unit ends.
    """

    __slots__ = (
        "_actor",
        "_connection",
        "_cursor",
        "_database",
        "_deadline",
        "_driver",
        "_now",
        "_over",
        "_spans",
        "_work",
        "dialect",
        "enqueued",
    )

    def __init__(
        self,
        database: "Database",
        dialect: Dialect,
        driver: Any,
        cursor: Any,
        actor: Actor,
        *,
        work: Callable[..., Any],
        deadline: float = float("inf"),
    ) -> None:
        self._database = database
        self._driver = driver
        self._cursor = cursor
        self._actor = actor
        self._work = work
        self._deadline = deadline
        self._over = False
        self._now: datetime | None = None
        self._connection: Connection | None = None
        self._spans = database.spans
        self.dialect = dialect
        self.enqueued = False

    @property
    def town(self) -> str:
        """The municipality's short name."""
        return self._database.town

    @property
    def database(self) -> "Database":
        """The database this transaction belongs to: keys, handlers, clock."""
        return self._database

    @property
    def now(self) -> datetime:
        """The instant of this unit: the same at every call."""
        if self._now is None:
            self._now = self._database.clock.now()
        return self._now

    @property
    def actor(self) -> Actor:
        """On whose behalf it runs."""
        return self._actor

    @property
    def connection(self) -> "Connection":
        """A SQLAlchemy Connection over the same driver connection and transaction.

        For the integrator's own tables and dynamic SQL. Its commit, rollback, begin and close raise StoreError.
        """
        if self._connection is None:
            self._live()
            self._connection = self._database.engine.lend(self._driver)
        return self._connection

    def new_id(self) -> Id:
        """A fresh time-ordered id (UUIDv7 text)."""
        return self._database.ids(int(self.now.timestamp() * 1000))

    def emit(self, event: Event) -> None:
        """Tell other features; see `govline.core.Transaction`."""
        from govline.store import events

        events.publish(self, event)

    def enqueue(self, effect: Effect) -> Id:
        """Write an outbox row; the id of the row already there when the dedupe key is known."""
        from govline.store import outbox

        self.enqueued = True
        return outbox.insert(self, effect)

    def schedule(self, schedule: Schedule) -> None:
        """Insert, or move, the schedule of this key."""
        from govline.store import schedules

        schedules.put(self, schedule)

    def unschedule(self, key: str) -> bool:
        """Remove a schedule that has not fired; whether there was one."""
        from govline.store import schedules

        return schedules.remove(self, key)

    def audit(self, action: str, subject: Ref, data: Mapping[str, Json] | None = None) -> None:
        """Write who did what, with ids only."""
        from govline.store import audit

        audit.write(self, action, subject, data)

    def all(self, statement: NamedStatement, params: Mapping[str, Any] | None = None) -> list[Any]:
        """Every row of the statement, in its row type."""
        return self._execute(statement, params).decode(self._cursor.fetchall())

    def one(self, statement: NamedStatement, params: Mapping[str, Any] | None = None) -> Any | None:
        """The first row in the statement's row type, or None."""
        plan = self._execute(statement, params)
        rows = self._cursor.fetchall()
        return plan.decode(rows[:1])[0] if rows else None

    def write(self, statement: NamedStatement, params: Mapping[str, Any] | None = None) -> int:
        """Run a write; the number of rows it touched."""
        self._execute(statement, params)
        return self._touched()

    def write_many(self, statement: NamedStatement, params: Iterable[Mapping[str, Any]]) -> int:
        """Run one write for many parameter sets in one driver call; the number of rows touched."""
        plan: Plan = statement.plan(self.dialect)  # type: ignore[attr-defined]  # core's NamedStatement shows its name only
        sets = [plan.encode(each) for each in params]
        if not sets:
            return 0
        self._live()
        if self.dialect == "sqlite" and not self._driver.in_transaction:
            raise rolled_back()
        started = time.perf_counter()
        self._cursor.executemany(plan.sql, sets)
        if self._spans is not None:
            self._spans(statement.name, time.perf_counter() - started)
        return self._touched()

    def finish(self) -> None:
        """End of the unit: the transaction and the connection lent from it can no longer be used."""
        if self._connection is not None:
            self._connection.detach_from_unit()  # type: ignore[attr-defined]  # our own guarded connection
            self._connection = None
        self._deadline = float("-inf")
        self._over = True

    def _execute(self, statement: NamedStatement, params: Mapping[str, Any] | None) -> "Plan":
        plan: Plan = statement.plans.get(self.dialect) or statement.plan(self.dialect)  # type: ignore[attr-defined]  # core's NamedStatement shows its name only
        if time.monotonic() > self._deadline:
            self._live()
        if self.dialect == "sqlite" and not self._driver.in_transaction:
            raise rolled_back()
        if self._spans is None:
            self._cursor.execute(plan.sql, plan.encode(params))
            return plan
        started = time.perf_counter()
        try:
            self._cursor.execute(plan.sql, plan.encode(params))
        finally:
            self._spans(statement.name, time.perf_counter() - started)
        return plan

    def _touched(self) -> int:
        count: int = self._cursor.rowcount
        if count < 0 and self.dialect == "sqlite":
            # sqlite3 counts only statements that start with the verb, not those behind a WITH
            count = self._cursor.execute("SELECT changes()").fetchone()[0]
        return count

    def _live(self) -> None:
        if time.monotonic() <= self._deadline:
            return
        if self._over:
            raise StoreError(
                "this transaction is over",
                code="GL-1007",
                hint="use tx only inside the unit that received it; return plain values from the unit",
            )
        raise late(unit_name(self._work), self._database.budget)


def rolled_back() -> StoreError:
    """The error of a unit that goes on after its transaction was rolled back under it."""
    return StoreError(
        "a unit swallowed an error with which the database rolled its transaction back",
        code="GL-1009",
        hint="let the error out, or wrap the risky statement in tx.connection.begin_nested()",
    )
