"""Where the simulator's ids and tokens come from; seed it to make a run repeatable."""

import secrets
import threading
from collections.abc import Callable
from datetime import datetime

from govline.core import to_micros, uuid7

__all__ = ["Mint"]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Mint:
    """LINE-shaped identifiers from one source of random bits.

    Args:
        randbits: Like `secrets.randbits`; give `random.Random(seed).getrandbits` for a repeatable run.
    """

    def __init__(self, randbits: Callable[[int], int] = secrets.randbits) -> None:
        self._randbits = randbits
        self._lock = threading.Lock()
        self._message = 580_000_000_000_000_000

    def hex(self, digits: int) -> str:
        with self._lock:
            return f"{self._randbits(digits * 4):0{digits}x}"

    def user_id(self) -> str:
        return "U" + self.hex(32)

    def message_id(self) -> str:
        """Numeric text, growing; two messages never share one."""
        with self._lock:
            self._message += 1 + self._randbits(10)
            return str(self._message)

    def request_id(self, now: datetime) -> str:
        with self._lock:
            return uuid7(to_micros(now) // 1000, self._randbits(74))

    def ulid(self, now: datetime) -> str:
        """A webhookEventId: 26 letters, the time in front."""
        with self._lock:
            value = (to_micros(now) // 1000) << 80 | self._randbits(80)
        return "".join(_CROCKFORD[value >> 5 * place & 31] for place in reversed(range(26)))
