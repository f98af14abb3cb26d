"""A town's background work on Procrastinate (extra `procrastinate`): several worker processes over one PostgreSQL.

The engine only says when: a job looks for due work and does it until nothing is left. What has to happen, and that it happens
once, stays in our inbox, outbox and schedules, so a job that is lost, doubled or killed costs a few seconds and nothing else.
"""

import asyncio
import logging
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from govline.errors import MissingExtra
from govline.store import chain, inbox, schedules, ticks
from govline.store.worker import clean

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.tasks import Task

    from govline.city.city import City

__all__ = ["TownJobs", "attach"]

_LANES: Final = 50
_EVENTS: Final = 20
_DOZE: Final = 0.2
_CLEAN_EVERY: Final = timedelta(hours=1)
_SWEEP_EVERY: Final = timedelta(minutes=1)
_SILENT: Final = 120.0
"""Seconds without a heartbeat after which a worker is taken for dead; Procrastinate's workers send one every ten."""
_log = logging.getLogger("govline.city")


def attach(
    app: "App",
    city: "City",
    *,
    queue: str = "govline",
    every: str = "* * * * * */5",
    budget: timedelta = timedelta(seconds=20),
) -> "TownJobs":
    """Register a town's job with a Procrastinate app; in worker processes and in those that only defer.

    Run workers with `app.run_worker(queues=["govline"], concurrency=4, delete_jobs="successful")`.

    Args:
        queue: Procrastinate's queue of the job.
        every: When to look for work that nobody announced (retries, schedules): croniter's cron with seconds at the end.
        budget: How long one job goes on while there is work; then it defers the next one and ends, so that a worker that is
            told to stop does so.

    Raises:
        MissingExtra: Procrastinate is not installed.
    """
    try:
        from procrastinate.exceptions import AlreadyEnqueued
    except ModuleNotFoundError as cause:
        raise MissingExtra("procrastinate", "procrastinate") from cause
    name = f"govline.{city.id}.work"
    turn, sweep = _Turn(city, budget), _Sweep(app, city, name)

    @app.periodic(cron=every, periodic_id=name)
    @app.task(name=name, queue=queue, queueing_lock=name)
    async def work(timestamp: int = 0) -> None:  # noqa: ARG001 - Procrastinate tells when a periodic job was due
        finished = await asyncio.to_thread(turn)
        await sweep()
        if not finished:
            try:
                await work.defer_async()
            except AlreadyEnqueued:
                return

    return TownJobs(city, work, AlreadyEnqueued)


@frozen
class TownJobs:
    """The town's job of one app; `announce` it where work is made, so that no worker has to look for it."""

    _city: "City"
    _task: "Task[..., Any, ...]"
    _enqueued: type[Exception]

    def nudge(self, connection: Any = None) -> bool:
        """Defer the job unless one is waiting already; whether this one was deferred.

        Args:
            connection: A psycopg connection with a transaction of yours, to let the job appear with your commit. Others who
                nudge then wait for that commit, because the waiting job is unique: keep it short, or nudge after the commit.
        """
        try:
            if connection is None:
                self._task.defer()
            else:
                with (
                    connection.transaction()
                ):  # a savepoint: a job that waits already must not fail your transaction
                    self._task.configure(connection=connection).defer()
        except self._enqueued:
            return False
        return True

    def announce(self) -> None:
        """Nudge after every commit of this process that left work behind (`Database.on_commit`).

        After the commit and not in it: the job's uniqueness would make all writers of the town wait for each other. A nudge
        that is lost with the process is made up for by the next periodic job.
        """
        self._city.database.on_commit.append(self._announce)

    def _announce(self) -> None:
        self.nudge()


class _Sweep:
    """Once a minute, takes away this town's jobs whose worker is gone: they only said when, and others have said it since."""

    def __init__(self, app: "App", city: "City", task: str) -> None:
        self._app = app
        self._clock = city.database.clock
        self._task = task
        self._last: datetime | None = None

    async def __call__(self) -> None:
        from procrastinate.exceptions import ProcrastinateException
        from procrastinate.jobs import Status

        now = self._clock.now()
        if self._last is not None and now - self._last < _SWEEP_EVERY:
            return
        self._last = now
        manager = self._app.job_manager
        try:
            for job in await manager.get_stalled_jobs(task_name=self._task, seconds_since_heartbeat=_SILENT):
                await manager.finish_job(job, Status.ABORTED, delete_job=True)
        except (
            ProcrastinateException
        ) as error:  # another worker was first, or the database is away: the work itself is done
            _log.info("stalled jobs were left: %s", type(error).__name__)


class _Turn:
    """Does what is due, for as long as there is something, at most `budget`; one at a time hands effects out."""

    def __init__(self, city: "City", budget: timedelta) -> None:
        self._city = city
        self._budget = budget
        self._pumping = threading.Lock()
        self._suspects = threading.Lock()
        self._began = self._cleaned = city.database.clock.now()

    def __call__(self) -> bool:
        """Whether nothing was left to do when it ended."""
        clock = self._city.database.clock
        until = clock.now() + self._budget
        while clock.now() < until:
            if self._step():
                continue
            if not self._city.pump.running:
                self._tidy()
                return True
            self._city.pump.wait(_DOZE)
        return False

    def _tidy(self) -> None:
        """Chain the audit, and once an hour delete a page of what has had its time."""
        chain.chain_all(self._city.database)
        now = self._city.database.clock.now()
        if now - self._cleaned >= _CLEAN_EVERY and not clean(self._city.database, self._city.retention):
            self._cleaned = now

    def _step(self) -> bool:
        city = self._city
        now = city.database.clock.now()
        ran = ticks.run_due(city.database, city.ticks, now).ran
        fired = schedules.fire(city.database, now, quiet=city.quiet_hours)
        answered, delivered = self._answer(), self._deliver()
        return bool(ran or fired.fired or fired.postponed or answered or delivered)

    def _answer(self) -> bool:
        """Handle a page of citizens; an event that may have killed a process is tried by one thread of this one at a time."""
        city, moved = self._city, False
        suspects = self._suspects.acquire(blocking=False)
        try:
            for lane in city.read(lambda tx: inbox.next_citizens(tx, _LANES)):
                went = inbox.process(
                    city.database,
                    lane,
                    city.conversation.handle,
                    limit=_EVENTS,
                    since=self._began,
                    suspects=suspects,
                )
                moved = moved or went.done + went.failed > 0
                self._deliver()
        finally:
            if suspects:
                self._suspects.release()
        return moved

    def _deliver(self) -> bool:
        with self._pumping:
            report = self._city.pump.step()
        return bool(report.claimed or report.ended)
