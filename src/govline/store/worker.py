"""The worker: pump, inbox, schedules and ticks in one process, until it is told to stop."""

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from attrs import frozen

from govline.core import Retention, Tick
from govline.store import addresses, chain, inbox, retention, schedules, ticks
from govline.store.crew import WATCH, Crew, Hand
from govline.store.database import Database
from govline.store.loops import Loop, Wait
from govline.store.policies import QuietHours
from govline.store.pump import Pump

__all__ = ["Pace", "Worker", "clean"]

_LANES: Final = 50
_EVENTS_A_TURN: Final = 20
_CLEAN_EVERY: Final = timedelta(hours=1)
_CHAIN_EVERY: Final = timedelta(seconds=20)
_log = logging.getLogger("govline.worker")


@frozen
class Pace:
    """How the worker waits.

    Args:
        idle: Seconds to wait after an empty look; doubles up to `cap`. A commit of this process wakes it at once.
        grace: Seconds to wait for running handlers when stopping, for all of them together.
    """

    idle: float = 0.2
    cap: float = 1.0
    grace: float = 20.0


class Worker:
    """Runs a town's background work in this process. Several workers, on several machines, may run beside each other.

    Each duty has a loop of its own, so that none waits for another: the pump, one or more inbox loops, schedules, ticks,
    cleaning, chaining the audit.

    Args:
        db: The town's database.
        pump: Carries effects out; None for a worker without.
        handle: Handles inbox events; None for a worker without.
        timetable: Daily ticks.
        quiet: The town's quiet hours, for schedules that respect them.
        inbox_loops: Citizens handled at the same time.
        rules: How long things are kept.
        pace: How it waits.
        wait: How its loops wait; replaced in tests.
        warm: Called once when it begins, on a thread of its own: loads what the first work would wait for.
    """

    def __init__(
        self,
        db: Database,
        pump: Pump | None,
        handle: inbox.Handle | None = None,
        *,
        timetable: Sequence[Tick] = (),
        quiet: QuietHours | None = None,
        inbox_loops: int = 2,
        rules: Sequence[Retention] = retention.RULES,
        pace: Pace | None = None,
        wait: Wait = threading.Event.wait,
        warm: Callable[[], None] | None = None,
    ) -> None:
        self.db = db
        self.pump = pump
        self._inbox_loops = inbox_loops
        self._ending = threading.Event()
        self._ticks = tuple(timetable)
        self._quiet = quiet
        self._rules = tuple(rules)
        self._pace = pace or Pace()
        self._warm = warm
        self._cleaned: datetime | None = None
        self._chained: datetime | None = None
        self._began: datetime | None = None
        self._told = threading.Event()
        self._mouth: socket.socket | None = None
        duties: list[tuple[str, Callable[[], bool]]] = [
            ("schedules", self._schedules),
            ("ticks", self._timetable),
            ("cleaning", self._clean),
            ("audit", self._chain),
        ]
        if pump is not None:
            duties.append(("pump", lambda: _moved(pump)))
        make = partial(Loop, idle=self._pace.idle, cap=self._pace.cap, wait=wait)
        self._duties = [make(name, step) for name, step in duties]
        self._crew = None if handle is None else Crew(inbox_loops, partial(self._inbox, handle), make)
        if self._crew is not None:
            self._duties.append(Loop("watch", self._crew.watch, idle=WATCH, cap=WATCH, wait=wait))

    @property
    def loops(self) -> list[Loop]:
        """The loops of all duties; those of the inbox may become more while a handler hangs."""
        return [*self._duties, *(() if self._crew is None else self._crew.loops)]

    def run(self) -> None:
        """Work until `stop`, SIGTERM or SIGINT (on the main thread); then end cleanly.

        Ending: no new work is begun, running units end, claimed effects that were not begun are given back,
        running handlers get `grace` seconds and their fates are stored.
        """
        self._began = self.db.clock.now()
        with self._listening() as ear, _signals(self.stop):
            if self._warm is not None:
                threading.Thread(target=self._warm, name="govline-warm", daemon=True).start()
            for loop in self.loops:
                loop.start()
            if not self._told.is_set():
                ear.recv(1)
            self._end()

    def stop(self) -> None:
        """Make `run` end; safe from any thread and from a signal handler."""
        self._told.set()
        if self._mouth is not None:
            with suppress(OSError):  # it has ended meanwhile
                self._mouth.send(b".")

    def _end(self) -> None:
        self._ending.set()
        for loop in self.loops:
            loop.stop()
        end = time.monotonic() + self._pace.grace
        late = _late(self._duties, end)  # the watch is among them: from here nobody is hired
        late += _late([] if self._crew is None else self._crew.loops, end)
        if late:
            _log.warning("did not end in time: %s", ", ".join(late))
        if self.pump is not None and "pump" not in late:
            self.pump.close(self._pace.grace)

    @contextmanager
    def _listening(self) -> Iterator[socket.socket]:
        """Commits of this process and ended handlers wake the loops; what comes out of the socket ends the worker.

        A socket, because a signal handler may write to it at any moment; a lock it might find taken by its own thread.
        """
        ear, self._mouth = socket.socketpair()
        hooks = [(self.db.on_commit, self._nudge)]
        if self.pump is not None:
            hooks.append((self.pump.on_ended, self._nudge))
        for listeners, nudge in hooks:
            listeners.append(nudge)
        try:
            yield ear
        finally:
            for listeners, nudge in hooks:
                listeners.remove(nudge)
            ear.close()
            self._mouth.close()

    def _nudge(self) -> None:
        for loop in self.loops:
            loop.nudge()

    def _inbox(self, handle: inbox.Handle, hand: Hand) -> bool:
        lanes = self.db.read(lambda tx: inbox.next_citizens(tx, _LANES))
        start = len(lanes) * hand.number // self._inbox_loops  # hands begin at different lanes
        busy = False
        for lane in [*lanes[start:], *lanes[:start]]:
            if self._ending.is_set() or hand.replaced:
                break
            with hand.at(lane) as free:
                if free:
                    busy = self._handle(handle, lane, suspects=hand.number == 0) or busy
        return busy

    def _handle(self, handle: inbox.Handle, lane: str, *, suspects: bool) -> bool:
        went = inbox.process(
            self.db, lane, handle, limit=_EVENTS_A_TURN, since=self._began, suspects=suspects
        )
        return went.done + went.failed > 0

    def _schedules(self) -> bool:
        fired = schedules.fire(self.db, quiet=self._quiet)
        return bool(fired.fired or fired.postponed)

    def _timetable(self) -> bool:
        return bool(ticks.run_due(self.db, self._ticks).ran)

    def _chain(self) -> bool:
        now = self.db.clock.now()
        if self._chained is None or not timedelta(0) <= now - self._chained < _CHAIN_EVERY:
            self._chained = now
            chain.chain_all(self.db)
        return False

    def _clean(self) -> bool:
        now = self.db.clock.now()
        if self._cleaned is not None and timedelta(0) <= now - self._cleaned < _CLEAN_EVERY:
            return False
        more = bool(clean(self.db, self._rules))
        self._cleaned = None if more else now
        return more


def clean(db: Database, rules: Sequence[Retention] = retention.RULES) -> int:
    """Take away a small page of everything that has had its time, write address pages; how much. Call again until it is 0."""
    return sum(retention.sweep(db, rules).values()) + db.run(addresses.pack)


def _late(loops: Sequence[Loop], end: float) -> list[str]:
    """Stop them; the names of those that have not ended at this monotonic second."""
    for loop in loops:
        loop.stop()
    return [loop.name for loop in loops if not loop.join(max(0.0, end - time.monotonic()))]


def _moved(pump: Pump) -> bool:
    report = pump.step()
    return bool(report.claimed or report.ended)


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT mean stop; only where Python lets us listen, on the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(_number: int, _frame: Any) -> None:
        stop()

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
