"""The hands that handle the inbox: while one of them is stuck in a handler, another takes its place."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from govline.store.loops import Loop

__all__ = ["WATCH", "Crew", "Hand"]

WATCH: Final = 0.05
"""Seconds between two looks for hands that are stuck."""
_STUCK: Final = 0.15
_SPARE: Final = 8


class Hand:
    """One of the crew; `number` 0 stands for whoever also handles what was there before the process began."""

    def __init__(self, number: int, crew: "Crew") -> None:
        self.number = number
        self.loop: Loop | None = None
        self.replaced = False
        self.since: float | None = None
        self._crew = crew

    @contextmanager
    def at(self, lane: str) -> Iterator[bool]:
        """Handle a lane; False where another hand of this crew has it, perhaps for ever."""
        if not self._crew.take(lane):
            yield False
            return
        self.since = self._crew.clock()
        try:
            yield True
        finally:
            self.since = None
            self._crew.leave(lane)


class Crew:
    """As many hands as are wanted free, plus those that are stuck; eight of them at most.

    Args:
        size: Hands that work at the same time.
        step: What a hand does in its loop; whether there was any work.
        make: Makes a loop of a name and its step.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        size: int,
        step: Callable[[Hand], bool],
        make: Callable[[str, Callable[[], bool]], Loop],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self._most = size + _SPARE
        self._step = step
        self._make = make
        self._lock = threading.Lock()
        self._lanes = set[str]()
        self._hired = 0
        self._hands = list[Hand]()
        for number in range(size):
            self._hire(number)

    @property
    def loops(self) -> list[Loop]:
        """The loops of all hands that have not left."""
        with self._lock:
            return [hand.loop for hand in self._hands if hand.loop is not None]

    def watch(self) -> bool:
        """Put another hand in the place of each that is stuck; never any work of its own."""
        with self._lock:
            now = self.clock()
            stuck = [
                hand
                for hand in self._hands
                if (since := hand.since) is not None and now - since > _STUCK and not hand.replaced
            ][: self._most - len(self._hands)]
            new = [self._hire(hand.number) for hand in stuck]
            for hand in stuck:
                hand.replaced = True
        for loop in new:
            loop.start()
        return False

    def take(self, lane: str) -> bool:
        """Whether nobody else of this crew has the lane; the caller has it then until `leave`."""
        with self._lock:
            free = lane not in self._lanes
            self._lanes.add(lane)
            return free

    def leave(self, lane: str) -> None:
        """The lane is free again."""
        with self._lock:
            self._lanes.discard(lane)

    def _hire(self, number: int) -> Loop:
        hand = Hand(number, self)
        hand.loop = self._make(f"inbox-{self._hired}", partial(self._work, hand))
        self._hired += 1
        self._hands.append(hand)
        return hand.loop

    def _work(self, hand: Hand) -> bool:
        busy = self._step(hand)
        if hand.replaced and hand.loop is not None:
            with self._lock:
                self._hands.remove(hand)
            hand.loop.stop()
        return busy
