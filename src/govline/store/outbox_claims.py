"""How effects are taken from the outbox and how their fates come back; the pump's side of the table."""

from collections.abc import Mapping
from datetime import datetime

from govline.core import Json, Transaction
from govline.store import _queries as q
from govline.store._queries import Job

__all__ = [
    "Job",
    "advance",
    "amend",
    "awake",
    "claim",
    "end",
    "has_sleepers",
    "ready_queues",
    "release",
    "renew",
    "wake",
]


def awake(due: datetime, now: datetime) -> tuple[str, datetime | None]:
    """State and wake-up time of a row that nothing stands before."""
    return ("ready", None) if due <= now else ("asleep", due)


def has_sleepers(tx: Transaction, now: datetime) -> bool:
    """Whether a row is due to wake, or a lease has run out; reads one index entry."""
    return tx.one(q.WAKE_DUE, {"now": now}) is not None


def wake(tx: Transaction, now: datetime, limit: int) -> int:
    """Make ready what is due and what a vanished worker left behind; how many rows."""
    return tx.write(q.WAKE, {"now": now, "limit": limit})


def ready_queues(tx: Transaction) -> list[str]:
    """The queues that hold ready effects, found by hopping through the index, whatever the backlog."""
    queues: list[str] = []
    found = tx.one(q.NEXT_QUEUE, {"after": ""})
    while found is not None:
        queues.append(found[0])
        found = tx.one(q.NEXT_QUEUE, {"after": found[0]})
    return queues


def claim(tx: Transaction, queue: str, limit: int, now: datetime, lease_until: datetime) -> list[Job]:
    """Lease up to `limit` ready effects of a queue, highest priority first, then oldest first."""
    jobs = tx.all(q.CLAIM, {"from_queue": queue, "limit": limit, "now": now, "lease_until": lease_until})
    return sorted(jobs, key=lambda job: (-job.priority, job.id))


def end(
    tx: Transaction,
    job: Job,
    state: str,
    *,
    reason: str = "",
    wake_at: datetime | None = None,
    counts: bool = True,
) -> bool:
    """Store how a claimed effect fared; False when the lease was lost meanwhile, and then nothing was stored.

    Args:
        counts: False gives the attempt back.
    """
    held = tx.write(
        q.END,
        {
            "row": job.id,
            "seen_fence": job.fence,
            "to": state,
            "at": wake_at,
            "why": reason,
            "over": None if state == "asleep" else tx.now,
            "given_back": 0 if counts else 1,
        },
    )
    if held and job.order_key is not None and (state == "done" or _lets_go(job, state)):
        if state != "done":
            tx.write(q.LEAVE_ORDER, {"row": job.id})
        advance(tx, job.order_key)
    return bool(held)


def amend(tx: Transaction, job: Job, payload: Mapping[str, Json]) -> None:
    """Let an effect go on with another payload, as if it had not been attempted."""
    tx.write(q.AMEND, {"row": job.id, "payload": payload})


def _lets_go(job: Job, state: str) -> bool:
    """Whether an effect that failed for good lets those behind it pass."""
    return not job.strict and state in ("dead", "unknown")


def release(tx: Transaction, job: Job) -> bool:
    """Give back an effect that was claimed and not begun; the attempt is not counted."""
    return bool(tx.write(q.RELEASE, {"row": job.id, "seen_fence": job.fence}))


def renew(tx: Transaction, job: Job, until: datetime) -> bool:
    """Keep a claimed effect for longer; False when the lease was lost meanwhile."""
    return bool(tx.write(q.RENEW, {"row": job.id, "seen_fence": job.fence, "until": until}))


def advance(tx: Transaction, key: str) -> None:
    """Let the next effect of an order key go, when nothing stands before it any more."""
    tx.write(q.LOCK_ORDER, {"key": key, "now": tx.now})
    head = tx.one(q.HEAD_OF_ORDER, {"key": key})
    if head is not None and head.state == "waiting":
        state, wake_at = awake(head.due, tx.now)
        tx.write(q.ADVANCE, {"row": head.id, "to": state, "at": wake_at})
