"""Time-ordered identifiers and unguessable tokens, from injected sources."""

import random
import secrets
import threading
from collections.abc import Callable
from typing import Protocol

__all__ = ["CitizenId", "Id", "IdSource", "SeededIds", "Uuid7Source", "uuid7"]

Id = str
CitizenId = Id


class IdSource(Protocol):
    """Where new ids come from; inject `SeededIds` to make a run repeatable."""

    def __call__(self, unix_ms: int) -> Id: ...


def uuid7(unix_ms: int, random_bits: int) -> Id:
    """Lay out an RFC 9562 version 7 UUID.

    Args:
        unix_ms: Milliseconds since 1970-01-01 UTC (48 bits).
        random_bits: 74 bits of randomness.
    """
    value = (unix_ms & (1 << 48) - 1) << 80 | 7 << 76 | (random_bits >> 62 & 0xFFF) << 64 | 2 << 62
    text = f"{value | random_bits & (1 << 62) - 1:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Uuid7Source:
    """UUIDv7 ids that never run backwards inside one process, even within one millisecond."""

    def __init__(self, randbits: Callable[[int], int] = secrets.randbits) -> None:
        self._randbits = randbits
        self._lock = threading.Lock()
        self._last = (0, 0)

    def __call__(self, unix_ms: int) -> Id:
        with self._lock:
            last_ms, last_bits = self._last
            if unix_ms > last_ms:
                bits = self._randbits(73)
            else:
                unix_ms, bits = last_ms, last_bits + 1 + self._randbits(32)
            self._last = (unix_ms, bits)
            return uuid7(unix_ms, bits)


class SeededIds(Uuid7Source):
    """Repeatable ids for tests and replays: same seed and clock, same ids."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(random.Random(seed).getrandbits)  # noqa: S311 - repeatable on purpose, never a capability
