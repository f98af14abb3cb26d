"""Many effects, events and schedules at once: the same rows as `tx.enqueue`, `tx.emit` and `tx.schedule` write, in one statement each."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Table

from govline.core import Effect, Event, Schedule, Transaction
from govline.store import _tables, events, outbox, schedules
from govline.store._reach import nudge_after_commit
from govline.store.rows import insert_rows, rows_text
from govline.store.statement import Statement

__all__ = ["emit_many", "enqueue_many", "schedule_many"]


def _columns(table: Table) -> dict[str, Any]:
    return {each.name: each.type for each in table.columns}


_OUTBOX: Final = _columns(_tables.outbox)
_SCHEDULE: Final = _columns(_tables.schedule)
_ADD_EFFECTS: Final[Statement] = insert_rows("outbox.insert_many", _tables.outbox)
_ADD_TOLD: Final[Statement] = insert_rows("outbox.insert_told", _tables.outbox, fresh=True)
_ADD_SCHEDULES: Final[Statement] = insert_rows("schedules.put_many", _tables.schedule)


def enqueue_many(tx: Transaction, effects: Sequence[Effect]) -> None:
    """Write outbox rows. Those with an order key go one by one, because each takes its place behind the one before."""
    _add(tx, _ADD_EFFECTS, [effect for effect in effects if effect.order_key is None])
    for effect in effects:
        if effect.order_key is not None:
            tx.enqueue(effect)


def emit_many(tx: Transaction, heard: Sequence[Event]) -> None:
    """Tell events to the database's handlers; see `events.publish`."""
    # no effect of an event has an order key, and each dedupe key holds an id that was made for it
    _add(tx, _ADD_TOLD, [effect for event in heard for effect in events.effects_of(tx, event)])


def _add(tx: Transaction, statement: Statement, effects: Sequence[Effect]) -> None:
    if effects:
        tx.write(statement, {"rows": rows_text(_OUTBOX, [outbox.row_of(tx, effect) for effect in effects])})
        nudge_after_commit(tx)


def schedule_many(tx: Transaction, planned: Sequence[Schedule]) -> None:
    """Insert, or move, schedules."""
    if not planned:
        return
    rows = rows_text(_SCHEDULE, map(schedules.row_of, planned))
    if tx.write(_ADD_SCHEDULES, {"rows": rows}) < len(planned):
        for each in planned:  # some key stands already: it is moved
            tx.schedule(each)
