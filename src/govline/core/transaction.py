"""What a unit of work holds in its hand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from govline.core.effects import Effect, Event, Schedule
from govline.core.ids import Id
from govline.core.values import Actor, Json, Ref

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["NamedStatement", "Transaction"]


class NamedStatement(Protocol):
    """A prepared, named hot statement of some room (`govline.store.Statement`)."""

    name: str


class Transaction(Protocol):
    """One unit of work on one town's database: everything done through it commits or rolls back together.

    `connection` is a SQLAlchemy Connection for the integrator's own tables and dynamic SQL; it refuses commit, rollback and close.
    """

    @property
    def town(self) -> str:
        """The municipality's short name."""
        ...

    @property
    def now(self) -> datetime:
        """The instant of this unit, aware UTC: the same at every call."""
        ...

    @property
    def actor(self) -> Actor:
        """On whose behalf it runs; every audit row carries it."""
        ...

    @property
    def connection(self) -> "Connection":
        """For the integrator's own tables and dynamic SQL, in the same transaction."""
        ...

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        ...

    def new_id(self) -> Id:
        """A fresh time-ordered id (UUIDv7 text); never a capability."""
        ...

    def emit(self, event: Event) -> None:
        """Tell other features; handlers run after the commit (or now, for `same_tx`)."""
        ...

    def enqueue(self, effect: Effect) -> Id:
        """Write an outbox row; the id of the row already there when the dedupe key is known."""
        ...

    def schedule(self, schedule: Schedule) -> None:
        """Insert, or move, the schedule of this key."""
        ...

    def unschedule(self, key: str) -> bool:
        """Remove a schedule that has not fired; whether there was one."""
        ...

    def audit(self, action: str, subject: Ref, data: Mapping[str, Json] | None = None) -> None:
        """Write who did what, with ids only."""
        ...

    def all(self, statement: NamedStatement, params: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """Rows of a named statement, each in the statement's row type."""
        ...

    def one(self, statement: NamedStatement, params: Mapping[str, Any] | None = None) -> Any | None:
        """The first row, or None."""
        ...

    def write(self, statement: NamedStatement, params: Mapping[str, Any] | None = None) -> int:
        """Run a write; the number of rows it touched."""
        ...

    def write_many(self, statement: NamedStatement, params: Iterable[Mapping[str, Any]]) -> int:
        """Run one write for many parameter sets; the number of rows touched."""
        ...
