"""A town at work: the worker in this process, in a thread of a web process, or step by step for tests and drills."""

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from govline.core import Transaction
from govline.store import chain, inbox, outbox, schedules, ticks
from govline.store.worker import Pace, Worker

if TYPE_CHECKING:
    from govline.city.city import City

__all__ = ["Background", "busy", "make_worker", "settle"]


def make_worker(city: "City", pace: Pace | None = None) -> Worker:
    """The worker that does everything of the town: inbox, outbox, schedules and daily ticks."""
    return Worker(
        city.database,
        city.pump,
        city.conversation.handle,
        timetable=city.ticks,
        quiet=city.quiet_hours,
        rules=city.retention,
        pace=pace,
        warm=city.messenger.warm if city.channel else None,
    )


def busy(city: "City") -> bool:
    """Whether a worker has anything left to do at this instant of the clock."""
    now = city.database.clock.now()

    def look(tx: Transaction) -> bool:
        due = schedules.next_due(tx)
        return bool(
            inbox.next_citizens(tx, 1)
            or outbox.busy(tx, now)
            or (due is not None and due <= now)
            or ticks.any_open(tx, city.ticks, now)
        )

    return city.database.read(look)


def settle(city: "City", deadline: datetime | None = None) -> bool:
    """Do everything that is due at this instant of the clock, in this thread; whether nothing is left.

    Args:
        deadline: Begin nothing new after this instant of the town's clock, for hosts that end a process (AWS Lambda).
    """
    while True:
        now = city.database.clock.now()
        if deadline is not None and now >= deadline:
            return False
        ticks.run_due(city.database, city.ticks, now)
        fired = schedules.fire(city.database, now, quiet=city.quiet_hours)
        lanes = city.database.read(inbox.next_citizens)
        for lane in lanes:
            if deadline is not None and city.database.clock.now() >= deadline:
                return False
            inbox.process(city.database, lane, city.conversation.handle)
        report = city.pump.run_once(deadline=deadline)
        if not (fired.fired or lanes or report.claimed):
            chain.chain_all(city.database)
            return True


class Background:
    """The town's worker in a daemon thread; `stop` ends it cleanly."""

    def __init__(self, city: "City") -> None:
        self._worker = make_worker(city)
        self._thread = threading.Thread(target=self._worker.run, name=f"govline-{city.id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End the worker and wait for it."""
        self._worker.stop()
        self._thread.join()
