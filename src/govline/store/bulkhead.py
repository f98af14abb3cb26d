"""The bulkhead of one queue: its own few threads and its own rate, so that its hang or backlog stays its own."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import evolve

from govline.core import Id
from govline.store._queries import Job
from govline.store.policies import QueueLimit

__all__ = ["Bulkhead"]

_log = logging.getLogger("govline.pump")


class Bulkhead:
    """Carries the jobs of one queue out on threads that live only while there is work.

    Args:
        name: Of the queue.
        limit: What the queue may use.
        execute: Carries one job out; what it raises is logged, and the job's lease runs out.
        ended: Called after a job has left the bulkhead.
    """

    def __init__(
        self, name: str, limit: QueueLimit, execute: Callable[[Job], None], ended: Callable[[], None]
    ) -> None:
        self.name = name
        self.limit = limit
        self._execute = execute
        self._ended = ended
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._running = 0
        self._threads = 0
        self._tokens = max(limit.per_second or 0.0, 1.0)
        self._filled: datetime | None = None
        self._leases: dict[Id, tuple[Job, datetime]] = {}

    @property
    def held(self) -> int:
        """Jobs that are waiting for a thread or on one."""
        with self._lock:
            return len(self._waiting) + self._running

    def room(self, now: datetime) -> int:
        """How many more jobs may be claimed for this queue."""
        with self._lock:
            if len(self._waiting) > self.limit.workers * (self.limit.ahead - 1) // 2:
                return 0  # enough lie ready: many are claimed at once instead of one whenever one ends
            free = self.limit.capacity - len(self._waiting) - self._running
            return min(free, self._allowed(now))

    def expiring(self, now: datetime) -> list[Job]:
        """Jobs whose lease has less than half of its time left, but for those that have taken too long."""
        with self._lock:
            return [
                job
                for job, until in self._leases.values()
                if until - now < self.limit.lease / 2
                and now - (job.lease_until - self.limit.lease) < self.limit.longest
            ]

    def renewed(self, jobs: Sequence[Job], until: datetime) -> None:
        """These jobs are ours until then."""
        with self._lock:
            for job in jobs:
                if job.id in self._leases:
                    self._leases[job.id] = (job, until)

    def put(self, jobs: Sequence[Job]) -> None:
        """Take claimed jobs on."""
        with self._lock:
            self._waiting.extend(jobs)
            self._leases.update((job.id, (job, job.lease_until)) for job in jobs)
            if self.limit.per_second is not None:
                self._tokens -= len(jobs)
            new = min(self.limit.workers - self._threads, len(self._waiting))
            self._threads += max(new, 0)
        for _ in range(new):
            threading.Thread(target=self._work, name=f"govline-{self.name}", daemon=True).start()

    def take_back(self) -> list[Job]:
        """The jobs that no thread has begun; they are no longer ours."""
        with self._lock:
            jobs = [*self._waiting]
            self._waiting.clear()
            for job in jobs:
                del self._leases[job.id]
            return jobs

    def _allowed(self, now: datetime) -> int:
        rate = self.limit.per_second
        if rate is None:
            return self.limit.capacity
        if self._filled is not None and now > self._filled:
            gained = (now - self._filled).total_seconds() * rate
            self._tokens = min(max(rate, 1.0), self._tokens + gained)
        self._filled = now
        return int(self._tokens)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._execute(job)
            except BaseException as error:  # noqa: BLE001 - a lost thread would be a lost place of its queue for ever
                _log.error("effect %s of queue %s broke off: %s", job.id, self.name, type(error).__name__)
            with self._lock:
                self._running -= 1
                self._leases.pop(job.id, None)
            self._ended()

    def _next(self) -> Job | None:
        with self._lock:
            if not self._waiting:
                self._threads -= 1
                return None
            self._running += 1
            job = self._waiting.popleft()
            return evolve(job, lease_until=self._leases[job.id][1])
