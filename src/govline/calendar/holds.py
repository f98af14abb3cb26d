"""仮押さえの時間切れ: a hold that ran out makes room the moment somebody asks; the worker only tidies up what nobody asks for."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from govline.calendar import ledger
from govline.calendar._queries import holds as qh
from govline.calendar.model import Booking, BookingState
from govline.core import Id, Transaction

if TYPE_CHECKING:
    from govline.calendar.desk import Desk

__all__ = ["expire", "expire_due", "make_room"]


def expire(tx: Transaction, desk: "Desk", holds: Sequence[Id], ahead_of: Sequence[Id] = ()) -> list[Booking]:
    """End those of the holds that have run out by now.

    Args:
        holds: Ids of bookings, whatever their state.
        ahead_of: Slots of which the caller takes places next; see `ledger.end`.
    """
    if not holds:
        return []
    due = tx.all(qh.LOCK_HOLDS, {"bookings": json.dumps([*holds]), "now": tx.now})
    ended = ledger.end(tx, due, BookingState.EXPIRED, ahead_of=ahead_of)
    return [desk.ended(tx, each, BookingState.EXPIRED) for each in ended]


def expire_due(tx: Transaction, desk: "Desk", limit: int) -> list[Booking]:
    """End the holds that ran out first."""
    return expire(tx, desk, [hold for (hold,) in tx.all(qh.HOLDS_DUE, {"now": tx.now, "limit": limit})])


def make_room(
    tx: Transaction,
    desk: "Desk",
    slots: Sequence[Id],
    places: int,
    *,
    requests: int = 1,
    leaving: Id | None = None,
    others: Sequence[Id] = (),
) -> list[Booking]:
    """End the holds that have run out in these slots, or in others on a pool of theirs that may be too short.

    Args:
        places: What is asked for in all, by so many `requests`.
        leaving: A slot that the caller gives places back to.
        others: More holds that end where they have run out.
    """
    terms = {"slots": json.dumps(slots), "places": places, "requests": requests, "now": tx.now}
    found = [hold for (hold,) in tx.all(qh.HOLDS_IN_THE_WAY, terms)]
    return expire(tx, desk, [*found, *others], [*slots, *filter(None, [leaving])])
