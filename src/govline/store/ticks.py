"""Daily ticks: work at a wall-clock time in Asia/Tokyo, once a day however many workers there are.

After downtime only the newest missed instant is made up for: yesterday's garbage notice helps nobody.
A tick that is seen for the first time runs if it was due within the last hour, and otherwise starts with its next instant,
so that a town set up in the evening does not send the morning's notice.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from govline.core import Tick, Transaction
from govline.core.jst import JST
from govline.errors import GovlineError
from govline.store import _queries_flow as q
from govline.store._contained import contained
from govline.store.database import Database

__all__ = ["FIRST_SIGHT", "RETRY_AFTER", "TickReport", "any_open", "newest_due", "run_due"]

FIRST_SIGHT: Final = timedelta(hours=1)
RETRY_AFTER: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_log = logging.getLogger("govline.ticks")


@frozen
class TickReport:
    """Names of the ticks that ran and of those that failed."""

    ran: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def newest_due(tick: Tick, now: datetime) -> datetime:
    """The newest instant, at or before `now`, at which the tick was due."""
    here = now.astimezone(JST)
    due = datetime.combine(here.date(), tick.at, JST)
    return (due if due <= here else due - timedelta(days=1)).astimezone(now.tzinfo)


def run_due(db: Database, ticks: Iterable[Tick], now: datetime | None = None) -> TickReport:
    """Run every tick whose newest instant has not been run, each in a unit of its own.

    A tick that raises is rolled back and tried again a minute later; the others go on.
    """
    instant = now or db.clock.now()
    ran: list[str] = []
    failed: list[str] = []
    for tick in ticks:
        due = newest_due(tick, instant)
        if not db.read(_is_open(tick, due, instant)):
            continue
        try:
            if db.run(_running(tick, due, instant)):
                ran.append(tick.name)
        except Exception as error:  # noqa: BLE001 - the other ticks go on
            # when the database itself is away, this raises as well
            db.run(_failing(tick, due, instant, error))
            failed.append(tick.name)
    return TickReport(tuple(ran), tuple(failed))


def any_open(tx: Transaction, ticks: Iterable[Tick], now: datetime) -> bool:
    """Whether a worker would run any of the ticks at `now`."""
    return any(_is_open(tick, newest_due(tick, now), now)(tx) for tick in ticks)


def _is_open(tick: Tick, due: datetime, now: datetime) -> Callable[[Transaction], bool]:
    def look(tx: Transaction) -> bool:
        state: q.TickState | None = tx.one(q.READ_TICK, {"row": tick.name})
        if state is None:
            return True
        if state.last_due > due + _DAY:
            return True
        return state.last_due < due and (state.retry_at is None or state.retry_at <= now)

    return look


def _running(tick: Tick, due: datetime, now: datetime) -> Callable[[Transaction], bool]:
    def run(tx: Transaction) -> bool:
        _arm(tx, tick, due, now)
        if tx.write(q.SET_BACK_TICK, {"row": tick.name, "upto": due, "beyond": due + _DAY}):
            _log.error(
                "tick %s last ran in the future: the clock was wrong; it goes on with its next instant",
                tick.name,
            )
        if not tx.write(q.PASS_TICK, {"row": tick.name, "upto": due}):
            return False
        with contained():
            tick.run(tx, due)
        return True

    return run


def _arm(tx: Transaction, tick: Tick, due: datetime, now: datetime) -> None:
    """Make the tick known; whether its newest instant counts as missed depends on how long ago it was."""
    last = due - timedelta(days=1) if now - due <= FIRST_SIGHT else due
    tx.write(q.ARM_TICK, {"name": tick.name, "last_due": last, "failures": 0, "retry_at": None, "code": ""})


def _failing(tick: Tick, due: datetime, now: datetime, error: Exception) -> Callable[[Transaction], None]:
    code = error.code if isinstance(error, GovlineError) else type(error).__name__
    _log.error("tick %s failed with %s", tick.name, code)

    def mark(tx: Transaction) -> None:
        _arm(tx, tick, due, now)
        tx.write(q.FAIL_TICK, {"row": tick.name, "upto": due, "again": now + RETRY_AFTER, "error": code})

    return mark
