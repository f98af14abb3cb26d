"""Schedules: the one primitive for reminders, time limits, expiries and recurring sends.

A schedule waits in its table, moves with its subject under one key, and when due becomes an outbox effect, once.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

from govline.core import Effect, Json, Ref, Schedule, Transaction, from_micros, to_micros
from govline.store import _queries_flow as q
from govline.store import outbox
from govline.store.database import Database
from govline.store.policies import QuietHours

__all__ = ["Fired", "fire", "follow_up", "next_due", "of_subject", "put", "remove", "row_of", "upcoming"]

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNREADABLE_AGAIN: Final = timedelta(minutes=10)
_log = logging.getLogger("govline.schedules")


@frozen
class Fired:
    """How many schedules became effects, and how many wait for the end of the quiet hours."""

    fired: int = 0
    postponed: int = 0


def put(tx: Transaction, schedule: Schedule) -> None:
    """Insert the schedule, or move the one of the same key: due, subject and effect are replaced.

    The effect that it became before is withdrawn while it still waits in the outbox.
    """
    if tx.dialect == "postgresql":
        (fired,) = tx.one(q.PUT_AND_TAKE, row_of(schedule)) or (None,)
    else:
        tx.write(q.PUT_SCHEDULE, row_of(schedule))
        (fired,) = tx.one(q.TAKE_FIRED, {"key": schedule.key}) or (None,)
    if fired is not None:
        outbox.withdraw(tx, fired)


def row_of(schedule: Schedule) -> dict[str, Json]:
    """The row that stands for a schedule."""
    return {
        "key": schedule.key,
        "due": schedule.due,
        "subject_kind": schedule.subject.kind,
        "subject_id": schedule.subject.id,
        "quiet_hours": schedule.quiet_hours,
        "effect": _to_json(schedule.effect),
    }


def remove(tx: Transaction, key: str) -> bool:
    """Take back a schedule, or the effect that it became while that still waits in the outbox; whether there was one.

    An effect that a worker is carrying out at this moment can no longer be taken back.
    """
    if tx.write(q.REMOVE_SCHEDULE, {"row": key}):
        return True
    fired = tx.one(q.TAKE_FIRED, {"key": key})
    return fired is not None and outbox.withdraw(tx, fired[0])


def follow_up(tx: Transaction, key: str, effect: Effect) -> None:
    """Enqueue what a fired schedule led to: `put` and `remove` of its key withdraw it as they would the schedule's own effect."""
    tx.write(q.NOTE_FIRED, {"key": key, "effect_id": tx.enqueue(effect), "fired": tx.now})


def of_subject(tx: Transaction, subject: Ref) -> Sequence[Schedule]:
    """What is planned for a subject, soonest first."""
    return [_planned(row) for row in tx.all(q.OF_SUBJECT, {"kind": subject.kind, "id": subject.id})]


def upcoming(
    tx: Transaction, *, after: tuple[datetime, str] | None = None, limit: int = 100
) -> Sequence[Schedule]:
    """A page of what is planned, soonest first; pass due and key of the last one as `after` for the next page."""
    due, key = after or (_EVER, "")
    return [_planned(row) for row in tx.all(q.UPCOMING, {"after": due, "beyond": key, "limit": limit})]


def next_due(tx: Transaction) -> datetime | None:
    """When the soonest schedule is due."""
    row = tx.one(q.NEXT_DUE)
    return None if row is None else row[0]


def fire(
    db: Database, now: datetime | None = None, limit: int = 500, *, quiet: QuietHours | None = None
) -> Fired:
    """Turn what is due into outbox effects, in one transaction.

    Args:
        now: The present; the database's clock where omitted.
        limit: The most schedules to look at.
        quiet: The town's quiet hours; a schedule that respects them is put off to their end.
    """
    instant = now or db.clock.now()
    soonest = db.read(next_due)
    if soonest is None or soonest > instant:
        return Fired()
    return db.run(lambda tx: _fire(tx, instant, limit, quiet))


def _fire(tx: Transaction, now: datetime, limit: int, quiet: QuietHours | None) -> Fired:
    fired = postponed = 0
    quiet_end = quiet.until(now) if quiet else None
    for row in tx.all(q.DUE_SCHEDULES, {"now": now, "limit": limit}):
        effect, later = _readable(row), quiet_end if row.quiet_hours else None
        if effect is None:
            later = now + _UNREADABLE_AGAIN
        seen = {"row": row.key, "seen_due": row.due}
        if later is not None:
            postponed += tx.write(q.POSTPONE, {**seen, "later": later})
        elif effect is not None and tx.write(q.TAKE_SCHEDULE, seen):
            follow_up(tx, row.key, effect)
            fired += 1
    return Fired(fired, postponed)


def _readable(row: q.Planned) -> Effect | None:
    """The effect, or None where a newer release wrote what this worker cannot read: one row must not hold up the others."""
    try:
        return _from_json(row.effect)
    except (KeyError, TypeError, AttributeError):
        _log.error("schedule %s cannot be read by this release and is put off", row.key)
        return None


def _planned(row: q.Planned) -> Schedule:
    subject = Ref(row.subject_kind, row.subject_id)
    return Schedule(row.key, row.due, subject, _from_json(row.effect), quiet_hours=row.quiet_hours)


def _to_json(effect: Effect) -> Json:
    return {
        "topic": effect.topic,
        "payload": effect.payload,
        "dedupe": effect.dedupe,
        "version": effect.version,
        "order_key": effect.order_key,
        "due": None if effect.due is None else to_micros(effect.due),
        "expires": None if effect.expires is None else to_micros(effect.expires),
        "priority": effect.priority,
        "queue": effect.queue,
        "strict": effect.strict,
    }


def _from_json(stored: Json) -> Effect:
    instants = {
        name: None if stored[name] is None else from_micros(stored[name]) for name in ("due", "expires")
    }
    return Effect(**{**stored, **instants})
