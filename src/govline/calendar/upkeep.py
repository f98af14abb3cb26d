"""What staff look after beside the bookings: places by hand, payments for nothing, locks of wrong entries. `calendar.upkeep`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from attrs import field, frozen

from govline.calendar import _queries as q
from govline.calendar import guessing, requests
from govline.calendar._queries import by_hand as qh
from govline.calendar._queries import dues as qd
from govline.calendar._queries import shared as qp
from govline.calendar._queries.holds import LOCK_BOOKING
from govline.calendar.desk import find_slot
from govline.calendar.dues import Outcome, UnsettledPayment
from govline.calendar.guessing import Meter
from govline.calendar.history import check_reason
from govline.calendar.labels import time_label
from govline.calendar.model import Booking, Refused, Slot
from govline.calendar.reasons import because
from govline.calendar.sharing import begin_of_pieces
from govline.calendar.staff_verbs import StaffVerbs
from govline.core import Id, Json, Ref, Transaction, frozen_tuple
from govline.errors import InputError
from govline.store._reach import keyring

__all__ = ["Lock", "Placed", "Upkeep"]

_SHOWN: Final = 1_000
_PSEUDONYM: Final = "calendar.lock"
_LENGTH: Final = 12


@frozen
class Placed:
    """How many places a slot or a shared supply has now.

    Args:
        subject: Its id. `kind`: `slot` or `pool`.
        places: What staff asked for; None where its programme's rules say it again.
        booked: What is taken of it. More than `places`: nobody else comes in, and staff decide about `conflicts`.
        conflicts: Bookings beyond the places, the newest first.
    """

    subject: Id
    kind: str
    places: int | None
    booked: int
    conflicts: tuple[Id, ...] = field(default=(), converter=frozen_tuple)


@frozen
class Lock:
    """Somebody who entered too much that was wrong, under a pseudonym.

    Args:
        id: The pseudonym, by which staff release it: the same for as long as the lock and the town's key last.
        programme: Whose list; "" where codes for bookings by telephone were tried.
        kind: `citizen`, `number` or `source` (a whole channel).
        wrong: Entries that were counted. `locks`: how often it was locked.
    """

    id: str
    programme: str
    kind: str
    until: datetime
    wrong: int
    locks: int


@frozen
class Upkeep(StaffVerbs):
    """Each verb asks the policy for `calendar.override` first and answers with its reason where it refuses.

    Args:
        lay_out: Lays a programme out anew.
    """

    _lay_out: Callable[[Transaction, str], object] = field(kw_only=True)

    # --- places ---

    def set_places(
        self, tx: Transaction, subject: Id, places: int | None, *, reason: str, key: str
    ) -> Placed | Refused:
        """Give a slot or a shared supply another number of places, more or fewer; the programme's rules no longer say it.

        Nothing that is booked is lost: where more is booked than there is now, nobody else comes in and the bookings
        beyond it are listed.

        Args:
            subject: A slot's id, or a pool's (see `supplies`).
            places: How many; None gives the word back to the programme's rules, with the next laying out.
            reason: Why, without names; it stands in the audit.

        Raises:
            InputError: GL-2050 no reason, GL-2001 the key was used for something else, GL-2056 fewer than none.
        """
        line = check_reason(reason)
        if not line:
            raise InputError(
                "places set by hand need a reason", code="GL-2050", hint="say in a few words why"
            )
        if places is not None and places < 0:
            raise InputError("a number of places is 0 or more", code="GL-2056")
        content: dict[str, Json] = {"subject": subject, "places": places, "reason": line}
        return requests.once(
            tx,
            key,
            "upkeep.set_places",
            content,
            lambda: self.asked(tx, "calendar.override", lambda: self._set_places(tx, subject, places, line)),
            citizen=None,
            write=_to_json,
            read=_from_json,
        )

    def supplies(self, tx: Transaction, programme: str) -> list[qh.PoolState]:
        """What the slots of a programme share and staff can enlarge: supplies and caps, not overlaps of rooms; see `equipment`."""
        rows: Sequence[qp.PoolRow] = tx.all(qp.POOLS, {"programme": self.desk.programme(programme).id})
        return [
            qh.PoolState(row.id, programme, row.label, row.capacity, row.booked)
            for row in sorted(rows, key=lambda each: each.key)
            if row.label and begin_of_pieces(row.key) is None
        ]

    def equipment(self, tx: Transaction, programme: str, day: date) -> list[qh.PoolState]:
        """The stock of 備品 on a day, one entry for each stretch of time, labelled with its begin: `マイク 9:00`."""
        rows: Sequence[qp.PoolRow] = tx.all(qp.POOLS, {"programme": self.desk.programme(programme).id})
        begins = ((begin_of_pieces(row.key), row) for row in sorted(rows, key=lambda each: each.key))
        return [
            qh.PoolState(row.id, programme, f"{row.label} {time_label(at)}", row.capacity, row.booked)
            for at, row in begins
            if at is not None and at.date() == day
        ]

    # --- payments ---

    def unsettled(self, tx: Transaction, *, after: Id = "", limit: int = _SHOWN) -> list[UnsettledPayment]:
        """Bookings that are over and were paid for: too late, or cancelled afterwards. Staff refund, book anew, or keep."""
        rows: Sequence[qh.UnsettledRow] = tx.all(qh.UNSETTLED, {"after": after, "limit": limit})
        return [UnsettledPayment(row.booking, row.paid, row.ended) for row in rows]

    def repriced(self, tx: Transaction, *, after: Id = "", limit: int = _SHOWN) -> list[qd.RepricedRow]:
        """Bookings that stand and cost something else now than what was paid; `settle` says what became of the difference."""
        return [*tx.all(qd.REPRICED, {"after": after, "limit": limit})]

    def settle(
        self, tx: Transaction, booking_id: Id, outcome: Outcome, *, reason: str, to: Id = ""
    ) -> bool | Refused:
        """Say what became of the payment of a booking that is over, or of the difference of one that stands (`repriced`); once.

        Args:
            outcome: `refunded`, `rebooked` (with `to`, a booking that stands and counts as paid from now on) or `kept`.

        Raises:
            InputError: GL-2057, `rebooked` without a booking, or no reason.
        """
        line = check_reason(reason)
        if not line or (outcome == "rebooked") != bool(to):
            raise InputError(
                "settling a payment needs a reason, and for `rebooked` the new booking",
                code="GL-2057",
                hint="settle(tx, booking, 'rebooked', to=…, reason=…)",
            )
        return self.asked(tx, "calendar.override", lambda: self._settle(tx, booking_id, outcome, line, to))

    def _settle(
        self, tx: Transaction, booking_id: Id, outcome: Outcome, reason: str, to: Id
    ) -> bool | Refused:
        if to:
            tx.one(LOCK_BOOKING, {"booking": to})  # it does not end for want of payment in this moment
        new: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": to}) if to else None
        if to and (new is None or not new.state.open):
            return Refused([because("no_booking")])
        paid: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
        settled = (
            tx.write(qd.SETTLE_DIFFERENCE, {"booking": booking_id})
            if paid is not None and paid.state.live
            else tx.write(qh.SETTLE_PAID, {"booking": booking_id, "now": tx.now, "what": outcome})
        )
        if not settled:
            return Refused([because("not_unsettled")])
        tx.audit(
            "calendar.settled",
            Ref("calendar.booking", booking_id),
            {"outcome": outcome, "to": to, "reason": reason},
        )
        if new is not None and self.desk.dues is not None:
            self.desk.dues.paid(tx, self.desk.declared(new.programme), new)
        return True

    # --- locks ---

    def locks(self, tx: Transaction, *, limit: int = _SHOWN) -> list[Lock]:
        """Locks of wrong entries that hold now, those that end first at the head."""
        return [lock for lock, _ in islice(_locked(tx, limit), limit)]

    def release(self, tx: Transaction, lock: str, *, reason: str) -> bool | Refused:
        """Let go of a lock before its time; it stands in the audit by kind. Whoever it was may try again at once.

        Raises:
            InputError: GL-2007, no reason.
        """
        line = check_reason(reason)
        if not line:
            raise InputError("releasing a lock needs a reason", code="GL-2007", hint="say in a few words why")
        return self.asked(tx, "calendar.override", lambda: _release(tx, lock, line))

    def _set_places(self, tx: Transaction, subject: Id, places: int | None, reason: str) -> Placed | Refused:
        slot = find_slot(tx, subject)
        placed = _set_places(tx, subject, places, reason)
        # whoever books from now on takes room and stock as well
        if slot is not None and not slot.capacity and places and self.desk.programme(slot.programme).pooled:
            self._lay_out(tx, slot.programme)
        return placed


def _set_places(tx: Transaction, subject: Id, places: int | None, reason: str) -> Placed | Refused:
    slot = find_slot(tx, subject)
    pool: qh.PoolState | None = None if slot else tx.one(qh.POOL_BY_ID, {"pool": subject})
    if slot is None and (pool is None or not pool.label):  # rooms that overlap have no number of their own
        return Refused([because("no_places")])
    found = slot or pool
    assert found is not None  # one of them is there
    kind = "slot" if slot else "pool"
    if places is None:
        tx.write(qh.UNFIX, {"subject": subject})
    else:
        tx.write(qh.FIX, {"subject": subject, "programme": found.programme, "places": places, "at": tx.now})
        tx.write(*_sized(kind, subject, places))
    tx.write(qh.FORGET_LAYOUT, {"programme": found.programme})
    facts = {"from": found.capacity, "to": places, "reason": reason}
    tx.audit("calendar.set_places", Ref(f"calendar.{kind}", subject), facts)
    return _now(tx, kind, subject, places)


def _sized(kind: str, subject: Id, places: int) -> tuple[Any, dict[str, Any]]:
    statement = qh.SET_SLOT if kind == "slot" else qh.SET_POOL
    return statement, {kind: subject, "places": places}


def _now(tx: Transaction, kind: str, subject: Id, places: int | None) -> Placed:
    now: Slot | qh.PoolState | None = (
        find_slot(tx, subject) if kind == "slot" else tx.one(qh.POOL_BY_ID, {"pool": subject})
    )
    assert now is not None  # it was there a moment ago, and its row is ours
    newest = qh.NEWEST_IN_SLOT if kind == "slot" else qh.NEWEST_IN_POOL
    over = 0 if places is None else now.booked - places
    rows: Sequence[tuple[Id, int]] = tx.all(newest, {"subject": subject}) if over > 0 else ()
    return Placed(subject, kind, places, now.booked, tuple(_beyond(rows, over)))


def _beyond(rows: Sequence[tuple[Id, int]], over: int) -> Iterator[Id]:
    """The newest bookings that together hold what is too much."""
    for booking, taken in rows:
        if over <= 0:
            return
        yield booking
        over -= taken


def _locked(tx: Transaction, size: int) -> Iterator[tuple[Lock, Meter]]:
    """Every lock that holds now, read in pages of this size."""
    ends, meter = tx.now, Meter("", "", "")
    while True:
        terms = {"now": tx.now, "ends": ends, **meter.key, "limit": size}
        rows: Sequence[qh.LockedRow] = tx.all(qh.LOCKED, terms)
        for row in rows:
            ends, meter = row.until, Meter(row.programme, row.kind, row.subject)
            yield _lock(tx, row), meter
        if len(rows) < size:
            return


def _lock(tx: Transaction, row: qh.LockedRow) -> Lock:
    pseudonym = keyring(tx).lookup(f"{row.programme}\0{row.kind}\0{row.subject}", _PSEUDONYM)
    merging = row.programme == guessing.MERGING
    return Lock(
        pseudonym[-_LENGTH:], "" if merging else row.programme, row.kind, row.until, row.wrong, row.locks
    )


def _release(tx: Transaction, lock: str, reason: str) -> bool | Refused:
    """A pseudonym cannot be traced back: the locks are gone through until one has it."""
    for each, meter in _locked(tx, _SHOWN):
        if each.id == lock and guessing.release(tx, meter):
            facts = {"kinds": [each.kind], "reason": reason, "released": 1}
            tx.audit("calendar.eligibility.released", Ref("calendar.programme", each.programme), facts)
            return True
    return Refused([because("no_lock")])


# --- as the answer is stored ---


def _to_json(answer: Placed) -> Json:
    names = ("subject", "kind", "places", "booked")
    return {**{name: getattr(answer, name) for name in names}, "conflicts": [*answer.conflicts]}


def _from_json(data: Mapping[str, Any]) -> Placed:
    return Placed(**data)
