"""The line before a writer: first come first served, whoever is at the head leads the next group.

Leader and follower: a thread that finds the writer free runs its unit at once, on itself; those that come meanwhile
queue, and the leader takes them along and commits once for all. There is no extra thread and no added delay.

A unit with a `hold` runs foreign code, which may hang. It always leads, on its own thread, and who waits longer than its hold
takes the writer away from it: the unit is given up, and what it does afterwards has no effect.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context, copy_context
from typing import Any, Final

from govline.core.values import Actor
from govline.errors import RetryNeeded, StoreError, UnitTimeout

__all__ = ["Line", "Unit", "closed", "for_this_thread", "given_up", "late", "unit_name"]

_QUEUED: Final = 0
_TAKEN: Final = 1
_LEADS: Final = 2
_SETTLED: Final = 3
_GONE: Final = 4
_GIVEN_UP: Final = 5
_LOOK: Final = 0.05
"""Seconds between the looks of those who wait."""


def unit_name(work: Callable[..., Any]) -> str:
    """How errors and spans call a unit of work: module and qualified name of its function."""
    inner = getattr(work, "func", work)
    return f"{getattr(inner, '__module__', '')}.{getattr(inner, '__qualname__', type(inner).__name__)}"


class Unit:
    """One unit of work on its way: what to run, for whom, since when, and what came of it.

    It has happened only when an engine sets `committed`, so that no interruption is ever taken for success.
    """

    __slots__ = (
        "actor",
        "committed",
        "context",
        "error",
        "exclusive",
        "gate",
        "hold",
        "nudge",
        "result",
        "since",
        "state",
        "work",
    )

    def __init__(
        self,
        work: Callable[[Any], Any],
        actor: Actor,
        *,
        exclusive: bool = False,
        hold: Callable[[], float] | None = None,
    ) -> None:
        self.work = work
        self.actor = actor
        self.exclusive = exclusive
        self.hold = hold
        self.context: Context = copy_context()
        self.gate: threading.Lock | None = None
        self.state = _QUEUED
        self.result: Any = None
        self.error: BaseException | None = None
        self.nudge = False
        self.committed = False
        self.since = time.monotonic()

    @property
    def given_up(self) -> bool:
        """Whether the writer was taken away from it."""
        return self.state == _GIVEN_UP

    def outcome(self) -> Any:
        """The work's result; raises what the work raised."""
        if self.error is not None:
            raise self.error
        if not self.committed:
            raise RetryNeeded(
                "the thread that led this group was interrupted before it was committed",
                hint="run it again with the same idempotency key",
            )
        return self.result


class Line:
    """Orders the units of one writer.

    Args:
        budget: Seconds that one unit may hold the writer before those who wait speak up.
        interrupt: Called to stop the SQL statement that runs too long; safe from any thread.
        renew: Called before a unit is given up: the next leader gets another writer. What it raises meets only who waited.
    """

    def __init__(
        self, budget: float, interrupt: Callable[[], None], renew: Callable[[], None] | None = None
    ) -> None:
        self._budget = budget
        self._interrupt = interrupt
        self._renew = renew
        self._mutex = threading.Lock()
        self._queue: deque[Unit] = deque()
        self._idle = threading.Event()
        self._idle.set()
        self._busy = False
        self._closed = False
        self._current: tuple[Unit, float] | None = None
        self._doomed: str | None = None

    def __len__(self) -> int:
        """How many wait."""
        return len(self._queue)

    def enter(self, unit: Unit) -> bool:
        """Wait in line. True: the caller now leads and must call `leave`; False: a leader has run the unit."""
        with self._mutex:
            if self._closed:
                raise closed()
            if not self._busy:
                self._busy = True
                self._idle.clear()
                unit.state = _LEADS
                return True
            unit.gate = threading.Lock()
            unit.gate.acquire()
            self._queue.append(unit)
        try:
            self._wait(unit, unit.gate)
        except BaseException:
            self._abandon(unit)
            raise
        return unit.state == _LEADS

    def next(self) -> Unit | None:
        """Take the next unit into the group; None when nobody waits or the next one wants the writer for itself."""
        with self._mutex:
            if not self._queue or self._queue[0].exclusive or self._queue[0].hold is not None:
                return None
            unit = self._queue.popleft()
            unit.state = _TAKEN
            return unit

    def leave(self, group: list[Unit]) -> None:
        """End of the group: wake its followers and hand the lead to the next in line."""
        heir = None
        with self._mutex:
            self._current = None
            self._doomed = None
            if self._queue:
                heir = self._queue.popleft()
                heir.state = _LEADS
            else:
                self._busy = False
                self._idle.set()
        if heir is not None and heir.gate is not None:
            heir.gate.release()
        for unit in group:
            if unit is not group[0] and unit.gate is not None:
                unit.gate.release()

    def running(self, unit: Unit) -> float:
        """Note that this unit holds the writer now; the monotonic second by which it must end."""
        now = time.monotonic()
        self._current = (unit, now)
        return now + self._budget

    def over(self, unit: Unit) -> bool:
        """The group's first unit has run. Whether it was given up meanwhile: then its thread has no part in the line any more."""
        with self._mutex:
            if not unit.given_up:
                self._current = None
            return unit.given_up

    def settle(self, units: Iterable[Unit]) -> str | None:
        """Right before COMMIT: from now on nobody gives these units up.

        Returns:
            The name of a unit that made one of the group's waiters give up, so that nothing may be committed any more.
        """
        with self._mutex:
            self._current = None
            if self._doomed is None:
                for unit in units:
                    unit.state = _SETTLED
            return self._doomed

    def close(self) -> bool:
        """No unit starts from now on; those that wait are refused, the running group is waited for.

        Returns:
            Whether the writer stands still.
        """
        with self._mutex:
            self._closed = True
            refused = list(self._queue)
            self._queue.clear()
        for unit in refused:
            unit.error = closed()
            unit.state = _TAKEN
            if unit.gate is not None:
                unit.gate.release()
        return self._idle.wait(self._budget * 2)

    def _wait(self, unit: Unit, gate: threading.Lock) -> None:
        since = time.monotonic()
        while not gate.acquire(timeout=min(_LOOK, self._budget)):
            if self._takes_over(unit):
                return
            if time.monotonic() - since >= self._budget:
                self._complain(unit)
                since = time.monotonic()

    def _takes_over(self, waiting: Unit) -> bool:
        """Whether the unit that holds the writer is given up, and the one that waited leads now."""
        with self._mutex:
            unit, began = self._current or (waiting, 0.0)
            if unit.hold is None or unit.state != _LEADS or waiting.state != _QUEUED or self._renew is None:
                return False
            if time.monotonic() - began < unit.hold():
                return False
            self._renew()  # where it fails, nobody has been given up
            unit.state = _GIVEN_UP
            self._current = self._doomed = None
            self._queue.remove(waiting)
            waiting.state = _LEADS
        return True

    def _abandon(self, unit: Unit) -> None:
        """The waiting thread was interrupted: step out of the line, and hand the lead on if it was just given."""
        with self._mutex:
            if unit.state == _QUEUED:
                self._queue.remove(unit)
                unit.state = _GONE
        if unit.state == _LEADS:
            self.leave([])

    def _complain(self, waiting: Unit) -> None:
        """Called by a waiting thread whose patience ends: stop the unit that holds the writer too long."""
        with self._mutex:
            if self._current is None or time.monotonic() - self._current[1] < self._budget:
                return
            culprit = unit_name(self._current[0].work)
            self._interrupt()
            if waiting.state == _QUEUED:
                self._queue.remove(waiting)
                waiting.state = _GONE
            elif waiting is self._current[0] or waiting.state == _SETTLED:
                return
            else:
                self._doomed = culprit
        raise late(culprit, self._budget)


def for_this_thread(error: BaseException) -> bool:
    """Whether it is meant for the thread that runs the units, not for the unit: Ctrl-C, or a signal handler's sys.exit.

    Signals reach the main thread only; elsewhere a SystemExit was raised by the unit itself and belongs to its caller.
    """
    if isinstance(error, SystemExit):
        return threading.current_thread() is threading.main_thread()
    return isinstance(error, KeyboardInterrupt)


def late(name: str, budget: float, cause: BaseException | None = None) -> UnitTimeout:
    """The error that names a unit that held the writer longer than its budget."""
    error = UnitTimeout(
        "a unit of work held the writer longer than its budget",
        hint="keep I/O, sleeping and long reads out of units; use read() or smaller units",
        place={"unit": name, "budget_s": budget},
    )
    error.__cause__ = cause
    return error


def given_up(name: str, cause: BaseException | None) -> UnitTimeout:
    """The error of a unit from which the writer was taken away."""
    error = UnitTimeout(
        "a unit of work held the writer while others waited, and was given up",
        hint="it may be tried again; keep I/O, sleeping and long reads out of units",
        place={"unit": name, "given_up": True},
    )
    error.__cause__ = cause
    return error


def closed() -> StoreError:
    """The error of a unit that comes after `close`."""
    return StoreError("the database is closed", code="GL-1006", hint="open it again with Database.open")
