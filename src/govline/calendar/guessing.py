"""Trying numbers out does not pay: wrong entries are counted for a citizen, a number and a channel, and lock for a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from govline.calendar._queries import eligible as q
from govline.calendar.terms import Guessing
from govline.core import Ref, Transaction

__all__ = [
    "MERGING",
    "Meter",
    "after_wrong",
    "charge",
    "clear",
    "count_wrong",
    "locked_until",
    "queue",
    "release",
    "remaining",
]

MERGING: Final = "calendar.merge"
"""In place of a programme: codes that bring bookings by telephone to LINE."""
_MOST_DOUBLINGS: Final = 16


@frozen
class Meter:
    """Who or what is counted: `citizen` (or whoever asks for them), `number`, `source`; `subject` is an id or a keyed hash."""

    programme: str
    kind: str
    subject: str

    @property
    def key(self) -> dict[str, str]:
        """Its primary key, as parameters."""
        return {"programme": self.programme, "kind": self.kind, "subject": self.subject}


def after_wrong(row: q.GuessRow, now: datetime, rule: Guessing) -> q.GuessRow:
    """What stands after one more wrong entry. Pure.

    Entries are counted from the first of a run that lasts `within`; at `most` they lock, twice as long each time.
    """
    fresh = row.since + rule.within <= now or row.locked_until is not None
    wrong, since = (1, now) if fresh else (row.wrong + 1, row.since)
    if wrong < rule.most:
        return evolve(row, wrong=wrong, since=since, locked_until=None)
    lock = min(rule.lock * 2 ** min(row.locks, _MOST_DOUBLINGS), rule.longest)
    return q.GuessRow(wrong, since, now + lock, row.locks + 1)


def queue(tx: Transaction, meter: Meter) -> q.GuessRow:
    """The meter as it stands; rivals wait until this unit is over."""
    tx.write(q.QUEUE_GUESS, {**meter.key, "wrong": 0, "since": tx.now, "locked_until": None, "locks": 0})
    row: q.GuessRow | None = tx.one(q.GUESSES, meter.key)
    assert row is not None  # written just now
    return row


def charge(tx: Transaction, meter: Meter, rule: Guessing) -> q.GuessRow:
    """Count one wrong entry; a lock that begins stands in the audit, by kind and without subject."""
    before = queue(tx, meter)
    after = after_wrong(before, tx.now, rule)
    counted = {
        "number": after.wrong,
        "begun": after.since,
        "until": after.locked_until,
        "locked": after.locks,
    }
    tx.write(q.WRONG, {**meter.key, **counted})
    if after.locks > before.locks:
        tx.audit(
            "calendar.eligibility.locked", Ref("calendar.programme", meter.programme), {"kind": meter.kind}
        )
    return after


def clear(tx: Transaction, meter: Meter) -> None:
    """Forget what was counted: the entry was right."""
    tx.write(q.CLEAR_GUESSES, meter.key)


def release(tx: Transaction, meter: Meter) -> bool:
    """Let go of a lock before its time, keeping how often there was one; whether there was one now."""
    return bool(tx.write(q.CURE, {**meter.key, "now": tx.now}))


def locked_until(tx: Transaction, own: Sequence[Meter], channel: Meter) -> datetime | None:
    """Until when nobody may try, if so; rivals on one's own meters wait, a whole channel does not queue.

    Args:
        own: In one order everywhere: citizen, number.
    """
    rows = [*(queue(tx, meter) for meter in own), tx.one(q.GUESSES, channel.key)]
    ends = [row.locked_until for row in rows if row is not None and row.locked_until is not None]
    return max((each for each in ends if each > tx.now), default=None)


def count_wrong(
    tx: Transaction, own: Sequence[Meter], channel: Meter, rule: Guessing
) -> tuple[datetime | None, int]:
    """Count a wrong entry everywhere; until when it has locked, and how many tries are left of the first meter."""
    rows = [
        *(charge(tx, meter, rule.of_number if meter.kind == "number" else rule) for meter in own),
        charge(tx, channel, rule.of_channel),
    ]
    until = max((row.locked_until for row in rows if row.locked_until), default=None)
    return until, remaining(rows[0], rule)


def remaining(row: q.GuessRow, rule: Guessing) -> int:
    """Wrong entries that are left before a lock, after one was counted."""
    return max(rule.most - row.wrong, 0)
