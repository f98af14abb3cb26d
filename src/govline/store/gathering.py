"""Many like requests of many threads become one unit of work: the set-based sibling of group commit.

Leader and follower, as in the line before a writer: whoever finds the key free leads at once; what queues while its unit commits
is the next batch. A batch of one is an ordinary unit; only right after a crowd a leader waits half a millisecond for the next,
on PostgreSQL again while they come, two in all: what a batch costs, however many are in it, is then shared by all of them.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from govline.core import Transaction
from govline.store._line import Line, Unit
from govline.store._outage import is_outage

if TYPE_CHECKING:
    from govline.store.database import Database

__all__ = ["Gathering"]

Request = TypeVar("Request")
Answer = TypeVar("Answer")
_MOST: Final = 256
_CROWD: Final = 4
_BREATH: Final = 0.0005
_BREATHS: Final = {"postgresql": 4, "sqlite": 1}
"""How often a leader waits. On SQLite a batch costs little beside its rows: bigger ones save less than the wait takes."""
_UNKNOWN: Final = "GL-1005"


class Gathering(Generic[Request, Answer]):
    """Answers requests in batches, one unit of work a batch, several batches of different keys beside each other.

    Args:
        db: Where the units run.
        answer: One unit for many requests, in order of arrival: an answer for each, or the exception that this one ends with.
            It may run again, like any unit, and once more where nobody knows what became of its COMMIT: a request
            brings an idempotency key.
        most: The most requests in one unit.
        pause: Waits so many seconds.
    """

    def __init__(
        self,
        db: "Database",
        answer: Callable[[Transaction, Sequence[Request]], Sequence[Answer | Exception]],
        *,
        most: int = _MOST,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._db = db
        self._answer = answer
        self._most = most
        self._pause = pause
        self._last = 0
        self._mutex = threading.Lock()
        self._lines: dict[str, tuple[Line, int]] = {}

    def submit(self, key: str, request: Request) -> Answer:
        """Answer a request together with those of the same key that wait; returns after the commit.

        Raises:
            Exception: What `answer` gave for this request; or the unit's own failure, which only this request met.
        """
        self._db.refuse_nesting(self._answer)
        unit = Unit(lambda _tx: request, _NOBODY)
        line = self._enlist(key)
        try:
            if line.enter(unit):
                units = [unit]
                try:
                    self._gather(line, units)
                    self._settle(units)
                finally:
                    line.leave(units)
        finally:
            self._delist(key)
        answer: Answer = unit.outcome()
        return answer

    def waiting(self, key: str) -> int:
        """How many requests of a key wait for the next unit: a figure for monitoring."""
        with self._mutex:
            line, _ = self._lines.get(key) or ((), 0)
            return len(line)

    def _gather(self, line: Line, units: list[Unit]) -> None:
        if self._last > _CROWD:
            self._let_come(line)
        while len(units) < self._most and (waiting := line.next()) is not None:
            units.append(waiting)
        self._last = len(units)

    def _let_come(self, line: Line) -> None:
        """The last batch's people are just turning round: whoever is not waited for waits for a whole commit."""
        breaths = _BREATHS[self._db.dialect]
        enough = self._last - 1 if breaths > 1 else 1
        for _ in range(breaths):
            standing = len(line)
            if standing >= enough:
                return
            self._pause(_BREATH)
            if len(line) == standing:
                return

    def _settle(self, units: list[Unit]) -> None:
        error = self._failure(units)
        if error is None:
            return
        unknown = getattr(error, "code", "") == _UNKNOWN
        if not unknown and (len(units) == 1 or _meets_everybody(error)):
            _fail(units, error)
            return
        # one bad request must not cost the others theirs; after a COMMIT of unknown fate each gets what stands by its key
        for number, unit in enumerate(units):
            alone = self._failure([unit])
            if alone is not None and _meets_everybody(alone):
                _fail(units[number:], alone)
                return
            unit.error = unit.error or alone

    def _failure(self, units: list[Unit]) -> Exception | None:
        """Run them in one unit of work; what it ended with, where it failed as a whole."""
        requests = [unit.work(None) for unit in units]
        try:
            answers = self._db.run(lambda tx: self._answer(tx, requests))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked, in their own thread
            return error
        for unit, answer in zip(units, answers, strict=True):
            unit.result, unit.error = (None, answer) if isinstance(answer, Exception) else (answer, None)
            unit.committed = True
        return None

    def _enlist(self, key: str) -> Line:
        with self._mutex:
            line, users = self._lines.get(key) or (Line(self._db.budget, _never), 0)
            self._lines[key] = (line, users + 1)
            return line

    def _delist(self, key: str) -> None:
        with self._mutex:
            line, users = self._lines.pop(key)
            if users > 1:
                self._lines[key] = (line, users - 1)


_NOBODY: Final[Any] = None  # each request carries its own actor


def _meets_everybody(error: Exception) -> bool:
    """Whether it is the database that failed: asking for each alone would make the last one wait for all the others' patience."""
    return getattr(error, "code", "") in ("GL-1004", "GL-1006") or is_outage(error)


def _fail(units: Sequence[Unit], error: Exception) -> None:
    for unit in units:
        unit.error = error


def _never() -> None:
    """The unit that runs has a budget of its own; those who wait interrupt nobody."""
