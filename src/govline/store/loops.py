"""One duty of the worker in a loop of its own: works while there is something to do, dozes when there is not."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from govline.errors import GovlineError

__all__ = ["Loop", "Wait"]

Wait = Callable[[threading.Event, float], bool]
"""How a loop waits: the event that wakes it, seconds; whether it was woken."""

_FAILURE_CAP: Final = 30.0
_log = logging.getLogger("govline.worker")


class Loop:
    """Calls `step` again and again on a thread of its own.

    Args:
        name: For the thread and the log.
        step: Does some work; whether there was any. What it raises is logged (without its message) and retried later.
        idle: Seconds to wait after the first empty step; doubles up to `cap`.
        wait: How to wait; replaced in tests.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], bool],
        *,
        idle: float = 0.2,
        cap: float = 1.0,
        wait: Wait = threading.Event.wait,
    ) -> None:
        self.name = name
        self.nudged = threading.Event()
        self._step = step
        self._idle = idle
        self._cap = cap
        self._wait = wait
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name=f"govline-{name}", daemon=True)

    def start(self) -> None:
        """Begin, on the loop's own thread."""
        self._thread.start()

    def nudge(self) -> None:
        """There may be work: do not wait on."""
        self.nudged.set()

    def stop(self) -> None:
        """End after the step that is running."""
        self._stopped.set()
        self.nudged.set()

    def join(self, timeout: float) -> bool:
        """Wait for the end; whether it came in time."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def run(self) -> None:
        """The loop itself; returns after `stop`."""
        pause = self._idle
        while not self._stopped.is_set():
            self.nudged.clear()
            busy, ceiling = self._turn()
            if self._stopped.is_set():
                return
            woken = busy or self._wait(self.nudged, pause)
            pause = self._idle if woken else min(pause * 2, ceiling)

    def _turn(self) -> tuple[bool, float]:
        try:
            return self._step(), self._cap
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a duty goes on after any failure
            code = error.code if isinstance(error, GovlineError) else type(error).__name__
            _log.error("%s failed with %s and is tried again", self.name, code)
            return False, _FAILURE_CAP
