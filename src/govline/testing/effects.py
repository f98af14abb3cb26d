"""Effect handlers for tests: they remember what they were asked and answer as told."""

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from govline.core import Done, EffectContext, Fate, Json, Transaction

__all__ = ["HangingHandler", "RecordingHandler"]


class RecordingHandler:
    """Answers with the fates it was given, in turn, and then with Done.

    Args:
        fates: What to answer first.
        unknown_after: How long the imagined provider remembers a retry key.
        on_record: Called inside the unit that stores the fate.
    """

    def __init__(
        self,
        fates: Iterable[Fate] = (),
        *,
        unknown_after: timedelta | None = None,
        on_record: Callable[[Transaction, Fate], None] | None = None,
    ) -> None:
        self.unknown_after = unknown_after
        self.calls: list[tuple[Mapping[str, Json], EffectContext]] = []
        self.recorded: list[Fate] = []
        self._fates = [*fates]
        self._on_record = on_record
        self._lock = threading.Lock()

    @property
    def ids(self) -> list[str]:
        """The effect ids it was called with, in order: what a provider would see as retry keys."""
        return [context.id for _, context in self.calls]

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:
        """Remember the call and answer."""
        with self._lock:
            self.calls.append((payload, context))
            return self._fates.pop(0) if self._fates else Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:  # noqa: ARG002 - the handler's shape
        """Remember the fate."""
        self.recorded.append(fate)
        if self._on_record is not None:
            self._on_record(tx, fate)


class HangingHandler(RecordingHandler):
    """Hangs in every call until it is let go; `entered` tells that a call hangs."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.gate = threading.Event()

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:
        """Hang."""
        self.entered.set()
        self.gate.wait()
        return super().run(payload, context)
