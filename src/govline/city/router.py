"""Who answers a citizen: responders asked in the order of their rank, inside the event's unit of work."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, get_args

from govline.core import Input, Message, Rank, Responder, TalkContext, Transaction
from govline.errors import GovlineError, PutOff

__all__ = ["RANKS", "Router"]

RANKS: Final[tuple[Rank, ...]] = get_args(Rank)
_MOST: Final = 2
"""So many hanging answers, and the responder is asked no more until one of them comes back."""
_SLOW: Final = 0.2
"""Seconds after which an answer is slow: in a rush it may well wait for a slot's row."""
_AT_ONCE: Final = 6
"""So many slow answers of a responder, and the next event waits: the crew's other hands stay free for those who ask somebody else."""


class Router:
    """Asks responders by rank, within a rank in the order in which they were offered; the first answer counts.

    A responder that hangs is passed over, so that those behind it go on answering and no more threads are lost in it. One that is
    only slow never is: in a rush its citizens would be answered by somebody else, or not at all.

    Args:
        patience: Seconds after which an answer hangs: longer than the database lets a statement wait.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        responders: Iterable[Responder],
        *,
        patience: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.responders = tuple(sorted(responders, key=lambda responder: RANKS.index(responder.rank)))
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: dict[int, list[float]] = {place: [] for place in range(len(self.responders))}

    def answer(self, tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message] | None:
        """What to say, which may be nothing; None when nobody has an answer.

        Raises:
            GovlineError: GL-9019, nobody has, and a responder that hangs was not asked.
            PutOff: A responder is slow for many at once; the event waits.
        """
        hanging = ""
        for place, responder in enumerate(self.responders):
            if self._waiting(place, self._patience) >= _MOST:
                hanging = responder.name
                continue
            if self._waiting(place, _SLOW) >= _AT_ONCE:
                raise PutOff("a feature answers slowly", place={"responder": responder.name})
            with self._asking(place):
                messages = responder.respond(tx, context, said)
            if messages is not None:
                return messages
        if hanging:
            raise GovlineError(
                "a feature does not come back from its answers and was not asked",
                code="GL-9019",
                hint="see what it waits for; then replay the event",
                place={"responder": hanging},
            )
        return None

    def _waiting(self, place: int, seconds: float) -> int:
        """How many answers of a responder have taken longer than this."""
        with self._lock:
            now = self._clock()
            return sum(now - began > seconds for began in self._asked[place])

    @contextmanager
    def _asking(self, place: int) -> Iterator[None]:
        began = self._clock()
        with self._lock:
            self._asked[place].append(began)
        try:
            yield
        finally:
            with self._lock:
                self._asked[place].remove(began)
