"""How patient the outbox is: back-off, limits per queue, quiet hours. Pure values, no I/O."""

import random
from datetime import datetime, time, timedelta

from attrs import field, frozen, validators

from govline.core.jst import JST

__all__ = ["Backoff", "QueueLimit", "QuietHours"]


@frozen
class Backoff:
    """How long to wait before the next attempt, and when to give up.

    The defaults make about 26 attempts within 24 hours: the life of LINE's retry key.

    Args:
        base: Wait after the first attempt.
        factor: Each wait is this many times the one before.
        cap: No wait is longer.
        jitter: Share by which a wait is stretched or shrunk at random, so that failures do not come back in step.
        max_attempts: After so many attempts the row is dead.
    """

    base: timedelta = timedelta(seconds=2)
    factor: float = 2.0
    cap: timedelta = timedelta(minutes=90)
    jitter: float = field(default=0.2, validator=[validators.ge(0), validators.lt(1)])
    max_attempts: int = field(default=26, validator=validators.ge(1))

    def wait(self, attempt: int, rng: random.Random) -> timedelta:
        """The wait after attempt number `attempt` (1 for the first)."""
        steps = min(attempt - 1, 64)
        plain = min(self.base.total_seconds() * self.factor**steps, self.cap.total_seconds())
        return timedelta(seconds=plain * rng.uniform(1 - self.jitter, 1 + self.jitter))


@frozen
class QueueLimit:
    """The bulkhead of one queue: what it may use of the machine, so that its hang or backlog starves no other.

    Args:
        workers: Threads that carry its effects out.
        per_second: Effects a second that may be started, per process; None for no limit.
        lease: How long a claimed effect belongs to its worker without a sign of life; a living worker renews it, one that
            was killed keeps its effects from the others for so long.
        ahead: Effects claimed per worker thread at one time: 1 for slow handlers, more for quick ones.
        longest: A handler that takes longer than this is taken for stuck: its lease is renewed no more.
    """

    workers: int = field(default=2, validator=validators.ge(1))
    per_second: float | None = field(default=None, validator=validators.optional(validators.gt(0)))
    lease: timedelta = timedelta(minutes=2)
    ahead: int = field(default=8, validator=validators.ge(1))
    longest: timedelta = timedelta(minutes=30)

    @property
    def capacity(self) -> int:
        """The most effects of the queue that this process holds at one time."""
        return self.workers * self.ahead


@frozen
class QuietHours:
    """The hours in which the town does not disturb anyone, in Asia/Tokyo; may span midnight.

    `start` is quiet, `end` no longer is. Equal times mean: never quiet.
    """

    start: time
    end: time

    def until(self, now: datetime) -> datetime | None:
        """The end of the quiet time that `now` lies in, or None when it does not."""
        here = now.astimezone(JST)
        clock = here.time()
        if self.start <= self.end:
            quiet, tomorrow = self.start <= clock < self.end, False
        else:
            quiet, tomorrow = clock >= self.start or clock < self.end, clock >= self.start
        if not quiet:
            return None
        day = here.date() + timedelta(days=1) if tomorrow else here.date()
        return datetime.combine(day, self.end, JST).astimezone(now.tzinfo)
