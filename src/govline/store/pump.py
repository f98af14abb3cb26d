"""The pump: claims effects from the outbox, has their handlers carry them out, and stores their fates.

A handler runs outside any transaction, on a thread of its queue's bulkhead. Its fate and its `record` commit together,
many at a time. A worker that vanishes leaves its lease to run out; the effect is then carried out again under the same id,
which handlers hand to their provider as the retry key.
"""

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from attrs import evolve, frozen

from govline.core import (
    Amend,
    Done,
    EffectContext,
    EffectHandler,
    Fate,
    Id,
    Json,
    Retry,
    Transaction,
    Unknown,
    Upcaster,
)
from govline.store import outbox
from govline.store import outbox_claims as claims
from govline.store._contained import contained
from govline.store._outage import is_outage
from govline.store._queries import Job
from govline.store.bulkhead import Bulkhead
from govline.store.database import Database
from govline.store.events import TOPIC as EVENT
from govline.store.events import EventEffects
from govline.store.fates import Outcome, after_run, before_run, fate_of_error, lift, sound
from govline.store.policies import Backoff, QueueLimit

__all__ = ["Pump", "PumpReport"]

_WAKE_PAGE: Final = 1000
_FATE_PAGE: Final = 200
_BEATS: Final = 8
"""So many times a lease the pump looks which ones to renew."""
_log = logging.getLogger("govline.pump")


@frozen
class PumpReport:
    """What a call of the pump did. `lost`: the lease had gone, nothing was stored. `running`: not yet ended."""

    claimed: int = 0
    done: int = 0
    retried: int = 0
    dead: int = 0
    unknown: int = 0
    lost: int = 0
    running: int = 0

    def __add__(self, other: "PumpReport") -> "PumpReport":
        return PumpReport(
            self.claimed + other.claimed,
            self.done + other.done,
            self.retried + other.retried,
            self.dead + other.dead,
            self.unknown + other.unknown,
            self.lost + other.lost,
            other.running,
        )

    @property
    def ended(self) -> int:
        """Effects that have come back from their handlers."""
        return self.done + self.retried + self.dead + self.unknown + self.lost


_COUNTED: Final = {"done": "done", "asleep": "retried", "dead": "dead", "unknown": "unknown", "lost": "lost"}


@frozen
class _Ended:
    """An effect that is back from its handler; `settled` when its fate is stored already."""

    job: Job
    handler: EffectHandler | None
    payload: Mapping[str, Json]
    outcome: Outcome
    settled: str = ""


class Pump:
    """Carries effects out. One thread at a time may call it; the handlers run on threads of their queues.

    Args:
        db: The town's database; its clock is the pump's.
        effects: The handler of each topic. Topic `event` (handlers of `db.listen`) is there by itself.
        queues: Limits by queue name; `delivery` also holds for each of `delivery.garbage`, `delivery.campaign` …, one bulkhead
            each. `default`: of the queues not named.
        upcasters: By (topic, version): lifts a payload to version + 1.
        backoff: Waits between attempts, and when to give up.
        rng: Source of the jitter.
    """

    def __init__(
        self,
        db: Database,
        effects: Mapping[str, EffectHandler],
        *,
        queues: Mapping[str, QueueLimit] | None = None,
        default: QueueLimit | None = None,
        upcasters: Mapping[tuple[str, int], Upcaster] | None = None,
        backoff: Backoff | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.db = db
        self.on_ended: list[Callable[[], None]] = []
        self._effects = {EVENT: EventEffects(db), **effects}
        self._limits = dict(queues or {})
        self._default = default or QueueLimit()
        self._upcasters = dict(upcasters or {})
        self._backoff = backoff or Backoff()
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._bulkheads: dict[str, Bulkhead] = {}
        self._ended: deque[_Ended] = deque()
        self._activity = threading.Event()
        self._rng_lock = threading.Lock()
        self._renewed: datetime | None = None
        self._look = timedelta()

    def step(self, *, limit: int = 1000, now: datetime | None = None) -> PumpReport:
        """Store the fates that are in, claim what there is room for, hand it out; waits for no handler."""
        self._activity.clear()
        settled = self._settle_ended()
        self._renew()
        claimed = self._hand_out(limit, now or self.db.clock.now())
        return settled + PumpReport(claimed=claimed, running=self.running)

    def run_once(
        self, *, limit: int = 1000, now: datetime | None = None, deadline: datetime | None = None
    ) -> PumpReport:
        """Carry out what is due, up to `limit` effects, and wait for the handlers to end.

        Args:
            limit: The most effects to claim.
            now: What counts as the present for what is due; the database's clock where omitted.
            deadline: Return then at the latest, on the database's clock; handlers still running go on, and a later
                call stores their fates. For AWS Lambda and the like.
        """
        report = PumpReport()
        while True:
            self._activity.clear()
            report += self._settle_ended()
            self._renew()
            late = deadline is not None and self.db.clock.now() >= deadline
            left = 0 if late else limit - report.claimed
            claimed = self._hand_out(left, now or self.db.clock.now()) if left > 0 else 0
            running = (
                self.running
            )  # read before the fates: a handler hands its fate in before it stops counting
            report += PumpReport(claimed=claimed, running=running)
            if claimed or self._ended:
                continue
            if late or not running or not self._wait(deadline):
                return report

    def run_until_idle(self, *, limit: int = 100_000) -> PumpReport:
        """Carry out everything due at this instant of the clock, including what that leads to; for tests and drills."""
        return self.run_once(limit=limit)

    @property
    def running(self) -> int:
        """Effects claimed by this pump whose handlers have not ended."""
        return sum(bulkhead.held for bulkhead in self._bulkheads.values())

    def skip(self, tx: Transaction, row: Id, reason: str) -> None:
        """`outbox.skip`, told to the handler of the effect's topic, with the payload in its newest shape."""
        topic = outbox.topic_of(tx, row)
        outbox.skip(tx, row, reason, handler=self._effects.get(topic), upcasters=self._upcasters)

    def close(self, grace: float = 10.0) -> PumpReport:
        """Stop: give back what was not begun, wait up to `grace` seconds for each handler to end, store the fates.

        A handler that hangs longer keeps its lease until it runs out; then another worker carries the effect out.
        """
        unbegun = [job for bulkhead in self._bulkheads.values() for job in bulkhead.take_back()]
        if unbegun:
            self.db.run(lambda tx: [claims.release(tx, job) for job in unbegun])
        report = PumpReport()
        while True:
            self._activity.clear()
            report += self._settle_ended()
            running = self.running
            if not self._ended and (not running or not self._activity.wait(grace)):
                return report + self._settle_ended()

    def wait(self, seconds: float) -> bool:
        """Wait until a handler has ended since the last `step`; False when none did in time."""
        return self._activity.wait(seconds)

    def _wait(self, deadline: datetime | None) -> bool:
        """Wait for a handler to end, or until leases want to be renewed; False when the deadline came first."""
        beat = min(bulkhead.limit.lease for bulkhead in self._bulkheads.values()).total_seconds() / _BEATS
        if deadline is None:
            self._activity.wait(beat)
            return True
        left = max((deadline - self.db.clock.now()).total_seconds(), 0.0)
        return self._activity.wait(min(left, beat)) or left > beat

    # Claiming

    def _hand_out(self, limit: int, now: datetime) -> int:
        queues, sleepers = self.db.read(lambda tx: (claims.ready_queues(tx), claims.has_sleepers(tx, now)))
        if not sleepers and not any(self._bulkhead(queue).room(now) > 0 for queue in queues):
            return 0
        taken = self.db.run(lambda tx: self._claim(tx, limit, now))
        for queue, jobs in taken.items():
            self._bulkhead(queue).put(jobs)
        return sum(len(jobs) for jobs in taken.values())

    def _claim(self, tx: Transaction, limit: int, now: datetime) -> dict[str, list[Job]]:
        claims.wake(tx, now, _WAKE_PAGE)
        taken: dict[str, list[Job]] = {}
        for queue in claims.ready_queues(tx):
            bulkhead = self._bulkhead(queue)
            wanted = min(bulkhead.room(now), limit)
            if wanted > 0:
                jobs = claims.claim(tx, queue, wanted, now, now + bulkhead.limit.lease)
                taken[queue] = jobs
                limit -= len(jobs)
        return taken

    def _bulkhead(self, queue: str) -> Bulkhead:
        found = self._bulkheads.get(queue)
        if found is None:
            family = self._limits.get(queue.partition(".")[0], self._default)
            limit = self._limits.get(queue, family)
            found = self._bulkheads[queue] = Bulkhead(queue, limit, self._execute, self._tell)
        return found

    def _renew(self) -> None:
        """Keep what is being carried out ours; looked at a few times a lease."""
        now = self.db.clock.now()
        if self._renewed is not None and timedelta(0) <= now - self._renewed < self._look:
            return
        self._renewed = now
        leases = [bulkhead.limit.lease for bulkhead in self._bulkheads.values()]
        self._look = min(leases, default=timedelta()) / _BEATS
        for bulkhead in self._bulkheads.values():
            jobs, until = bulkhead.expiring(now), now + bulkhead.limit.lease
            if jobs:
                kept = self.db.run(partial(_renew_all, jobs=jobs, until=until))
                bulkhead.renewed(kept, until)

    # On the queue's threads

    def _execute(self, job: Job) -> None:
        now = self.db.clock.now()
        handler = self._effects.get(job.topic)
        if job.lease_until <= now:
            outcome = Outcome("asleep", Retry("the lease ran out before its turn"))
            self._ended.append(_Ended(job, handler, job.payload, outcome, settled="lost"))
            return
        payload, fate = self._carry_out(job, handler, now)
        ended = _Ended(job, handler, payload, self._outcome(fate, job, handler))
        if getattr(handler, "own_unit", False):
            ended = self._settle_here(ended)
        self._ended.append(ended)

    def _carry_out(
        self, job: Job, handler: EffectHandler | None, now: datetime
    ) -> tuple[Mapping[str, Json], Fate]:
        """The payload in its newest shape and the effect's fate; lifted first, because `record` is told of every fate."""
        payload = job.payload
        try:
            lifted = lift(payload, job.topic, job.version, handler, self._upcasters) if handler else payload
            payload = payload if isinstance(lifted, Retry) else lifted
            fate = before_run(job, handler, now, max_attempts=self._backoff.max_attempts)
            if fate is None and isinstance(lifted, Retry):
                fate = lifted
            if fate is None and handler is not None:
                fate = handler.run(payload, self._context(job, now))
            return payload, sound(fate)
        except BaseException as error:  # noqa: BLE001 - even sys.exit in a handler ends its effect only
            fate = fate_of_error(error)
            _log.warning("effect %s of topic %s raised %s", job.id, job.topic, fate.reason)
            return payload, fate

    def _context(self, job: Job, now: datetime) -> EffectContext:
        return EffectContext(
            id=job.id,
            topic=job.topic,
            attempt=job.attempts,
            enqueued=job.enqueued,
            now=now,
            first_attempt=job.first_attempt,
            town=self.db.town,
        )

    def _outcome(self, fate: Fate, job: Job, handler: EffectHandler | None) -> Outcome:
        now = self.db.clock.now()
        with self._rng_lock:
            return after_run(fate, job, handler, backoff=self._backoff, rng=self._rng, now=now)

    def _settle_here(self, ended: _Ended) -> _Ended:
        try:
            return evolve(ended, settled=self._settle_one(ended))
        except Exception as error:  # noqa: BLE001 - the database is away: the pump's own thread tries again
            _log.warning("the fate of effect %s is stored later: %s", ended.job.id, type(error).__name__)
            return ended

    def _tell(self) -> None:
        self._activity.set()
        for listener in self.on_ended:
            listener()

    # Fates

    def _settle_ended(self) -> PumpReport:
        report = PumpReport(running=self.running)
        while page := self._drain(_FATE_PAGE):
            try:
                report += _counted(self._settle(page))
            except BaseException:
                self._ended.extendleft(reversed(page))
                raise
        return report

    def _drain(self, limit: int) -> list[_Ended]:
        page: list[_Ended] = []
        while self._ended and len(page) < limit:
            page.append(self._ended.popleft())
        return page

    def _settle(self, page: list[_Ended]) -> list[str]:
        """Store the fates of a page in one unit; one that cannot be stored is settled alone, the others stand."""
        open_ = [ended for ended in page if not ended.settled]
        known = [ended.settled for ended in page if ended.settled]
        if not open_:
            return known
        try:
            return known + self.db.run(lambda tx: [_store(tx, ended) for ended in open_])
        except Exception as error:
            if is_outage(error):
                raise
        return known + [self._settle_one(ended) for ended in open_]

    def _settle_one(self, ended: _Ended) -> str:
        try:
            return self.db.run(lambda tx: _store(tx, ended))
        except Exception as error:
            if is_outage(error):
                raise
            fate = fate_of_error(error)
            _log.warning(
                "recording effect %s of topic %s raised %s", ended.job.id, ended.job.topic, fate.reason
            )
            outcome = self._unrecorded(ended, f"record raised {fate.reason}")
            again = evolve(ended, outcome=outcome, handler=None)
            return self.db.run(lambda tx: _store(tx, again))

    def _unrecorded(self, ended: _Ended, why: str) -> Outcome:
        """What to store when the handler cannot record: tried again, and never called dead when it has happened."""
        outcome = self._outcome(Retry(why), ended.job, ended.handler)
        happened = isinstance(ended.outcome.fate, Done) and not getattr(ended.handler, "own_unit", False)
        if outcome.state != "dead" or not happened:
            return outcome
        told = f"it happened, but {why}"
        return Outcome("unknown", Unknown(told), told)


def _renew_all(tx: Transaction, jobs: list[Job], until: datetime) -> list[Job]:
    return [job for job in jobs if claims.renew(tx, job, until)]


def _store(tx: Transaction, ended: _Ended) -> str:
    """The fate's row and the handler's record, in one unit; `lost` when the lease had gone."""
    outcome = ended.outcome
    held = claims.end(
        tx, ended.job, outcome.state, reason=outcome.reason, wake_at=outcome.wake_at, counts=outcome.counts
    )
    if not held:
        return "lost"
    if isinstance(outcome.fate, Amend):
        claims.amend(tx, ended.job, outcome.fate.payload)
    if ended.handler is not None:
        with contained():
            ended.handler.record(tx, ended.payload, outcome.fate)
    return outcome.state


def _counted(kinds: list[str]) -> PumpReport:
    counts: dict[str, Any] = {}
    for kind in kinds:
        name = _COUNTED[kind]
        counts[name] = counts.get(name, 0) + 1
    return PumpReport(**counts)
