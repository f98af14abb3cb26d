"""仮押さえの時間切れ: a hold that ran out makes room the moment somebody asks; the worker only tidies up what nobody asks for."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from govline.calendar import ledger
from govline.calendar._queries import holds as qh
from govline.calendar.knowledge import holds_on_vouchers
from govline.calendar.model import Booking, BookingState, Slot
from govline.calendar.options import NO_OPTIONS
from govline.core import CitizenId, Id, Reason, Transaction, frozen_tuple

if TYPE_CHECKING:
    from govline.calendar.desk import Desk

__all__ = ["Lapsed", "expire", "expire_due", "lapsed", "make_room", "reasons_without"]


@frozen
class Lapsed:
    """Holds of a programme that have run out and that nobody has ended yet: whoever asks gets what they occupy.

    Args:
        places: How many they take, by slot. `units`: and of the pools, by pool.
    """

    holds: tuple[Booking, ...] = field(default=(), converter=frozen_tuple)
    places: Mapping[Id, int] = field(factory=dict)
    units: Mapping[Id, int] = field(factory=dict)

    def without(self, slot: Slot) -> Slot:
        """The slot as it is once they have ended."""
        places = self.places.get(slot.id, 0)
        return evolve(slot, booked=slot.booked - places) if places else slot


def lapsed(tx: Transaction, programme: str) -> Lapsed:
    """What has run out by now; costs one read where there is nothing. Writes nothing."""
    terms = {"programme": programme, "now": tx.now}
    holds: Sequence[Booking] = tx.all(qh.LAPSED, terms)
    if not holds:
        return Lapsed()
    places = Counter[Id]()
    for hold in holds:
        places[hold.slot] += hold.places
    return Lapsed(holds, places, dict(tx.all(qh.LAPSED_UNITS, terms)))


def expire(tx: Transaction, desk: "Desk", holds: Sequence[Id], ahead_of: Sequence[Id] = ()) -> list[Booking]:
    """End those of the holds that have run out by now.

    Args:
        holds: Ids of bookings, whatever their state.
        ahead_of: Slots of which the caller takes places next; see `ledger.end`.
    """
    if not holds:
        return []
    due = tx.all(qh.HOLDS_OF, {"bookings": json.dumps([*holds]), "now": tx.now})
    ended = ledger.end(tx, due, BookingState.EXPIRED, ahead_of=ahead_of)
    return [desk.ended(tx, each, BookingState.EXPIRED) for each in ended]


def expire_due(tx: Transaction, desk: "Desk", limit: int) -> list[Booking]:
    """End the holds that ran out first."""
    return expire(tx, desk, [hold for (hold,) in tx.all(qh.HOLDS_DUE, {"now": tx.now, "limit": limit})])


def reasons_without(
    tx: Transaction,
    desk: "Desk",
    slot: Slot,
    citizen: CitizenId | None,
    party: int,
    *,
    options: Mapping[str, int] = NO_OPTIONS,
) -> list[Reason]:
    """The reasons that `Desk.take` would give, which ends such holds first: judged as if they were gone. Writes nothing."""
    found = desk.reasons(tx, slot, citizen, party, options=options)
    if not found:
        return found
    places = desk.programme(slot.programme).places(party)
    terms = {"slots": json.dumps([slot.id]), "places": places, "requests": 1, "now": tx.now}
    pairs = [] if citizen is None else [(slot.programme, citizen)]
    ids = [hold for (hold,) in tx.all(qh.HOLDS_IN_THE_WAY, terms)]
    ids += _on_options(tx, [slot.id]) if options else []
    ids += holds_on_vouchers(tx, desk.programme, pairs)
    gone = tx.all(qh.HOLDS_OF, {"bookings": json.dumps(ids), "now": tx.now}) if ids else ()
    return desk.reasons(tx, slot, citizen, party, gone=gone, options=options) if gone else found


def make_room(
    tx: Transaction,
    desk: "Desk",
    slots: Sequence[Id],
    places: int,
    *,
    requests: int = 1,
    leaving: Id | None = None,
    others: Sequence[Id] = (),
    options: bool = False,
) -> list[Booking]:
    """End the holds that have run out in these slots, or in others on a pool of theirs that may be too short.

    Args:
        places: What is asked for in all, by so many `requests`.
        leaving: A slot that the caller gives places back to.
        others: More holds that end where they have run out.
        options: Whether 備品 are asked for: holds of any slot may have them.
    """
    terms = {"slots": json.dumps(slots), "places": places, "requests": requests, "now": tx.now}
    found = {hold for (hold,) in tx.all(qh.HOLDS_IN_THE_WAY, terms)}
    found |= {*_on_options(tx, slots)} if options else set()
    return expire(tx, desk, [*sorted(found), *others], [*slots, *filter(None, [leaving])])


def _on_options(tx: Transaction, slots: Sequence[Id]) -> list[Id]:
    terms = {"slots": json.dumps(slots), "now": tx.now}
    return [hold for (hold,) in tx.all(qh.HOLDS_ON_OPTIONS, terms)]
