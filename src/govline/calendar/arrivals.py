"""受付: a booking's code, who came, who stayed away, and taking either back with a reason. Places stay counted: the day has used them."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from attrs import evolve, field, frozen

from govline.calendar import _queries as q
from govline.calendar import history
from govline.calendar._queries import arrivals as qa
from govline.calendar.desk import Desk, tell
from govline.calendar.model import Booking, BookingState, Refused
from govline.calendar.reasons import because
from govline.calendar.requests import Answer, answered_once
from govline.core import Id, Transaction
from govline.core.jst import to_jst
from govline.store._reach import keyring

__all__ = ["Ticket", "arrive", "known_ticket", "mark_no_shows", "ticket", "ticket_of", "undo"]

_PURPOSE: Final = "calendar.ticket"
_STORED: Final = "calendar.ticket.code"
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 12
_BACK: Final = timedelta(days=31)
_UNDOABLE: Final = (BookingState.ATTENDED, BookingState.NO_SHOW)


@frozen
class Ticket:
    """What a citizen shows at the counter: 60 bits, in three groups of four that can be read out."""

    booking: Id
    code: str = field(repr=False)


def ticket(tx: Transaction, booking: Id) -> Ticket:
    """The booking's code, always the same one while its key is in the keyring; only a keyed hash of it is stored.

    Raises:
        ConfigError: GL-1122 the database was opened without keys.
    """
    keys = keyring(tx)
    stored = tx.one(qa.CODE_OF, {"booking": booking})
    for hashed in keys.lookups(booking, _PURPOSE):
        code = _code(hashed)
        if stored is not None and stored[0] in keys.lookups(code, _STORED):
            return Ticket(booking, _grouped(code))
    code = _code(keys.lookup(booking, _PURPOSE))
    tx.write(qa.SET_CODE, {"booking_id": booking, "code": keys.lookup(code, _STORED)})
    return Ticket(booking, _grouped(code))


def known_ticket(tx: Transaction, booking: Id) -> Ticket | None:
    """The same where it was given out before; writes nothing, for pages that only show."""
    stored = tx.one(qa.CODE_OF, {"booking": booking})
    return None if stored is None else ticket_of(tx, booking, stored[0])


def ticket_of(tx: Transaction, booking: Id, stored: str) -> Ticket | None:
    """The code of which this is the stored hash; None where its key is no longer in the keyring."""
    keys = keyring(tx)
    for hashed in keys.lookups(booking, _PURPOSE):
        code = _code(hashed)
        if stored in keys.lookups(code, _STORED):
            return Ticket(booking, _grouped(code))
    return None


def arrive(tx: Transaction, desk: Desk, code: str, *, key: str, reason: str = "") -> Answer:
    """Check somebody in by the code they show, or by the booking's id.

    On another day than the slot's only with a reason.
    """
    booking = _meant(tx, code)
    content = {"booking": booking.id if booking else "", "reason": reason}
    work = partial(_arrive, tx, desk, booking, reason)
    return answered_once(tx, key, "arrive", content, work, citizen=booking.citizen if booking else None)


def undo(tx: Transaction, booking_id: Id, *, key: str, reason: str) -> Answer:
    """Take back a check-in or a no-show: the booking is confirmed again."""
    work = partial(_undo, tx, booking_id, reason)
    return answered_once(
        tx, key, "undo_arrival", {"booking": booking_id, "reason": reason}, work, citizen=None
    )


def mark_no_shows(tx: Transaction, desk: Desk, programmes: Sequence[str], *, limit: int = 500) -> int:
    """Mark bookings whose slot has been over for the programme's `no_show_after`; how many."""
    marked = 0
    for name in programmes:
        grace = desk.programme(name).no_show_after
        if grace is None or marked >= limit:
            continue
        before = tx.now - grace
        span = {"before": before, "after": before - _BACK, "began": before - 2 * _BACK}
        terms = {"programme": name, **span, "limit": limit - marked}
        due: Sequence[Booking] = tx.all(qa.DUE_NO_SHOWS, terms)
        for booking in due:
            marked += _set(tx, booking, BookingState.NO_SHOW, "no_show") is not None
    return marked


def _arrive(tx: Transaction, desk: Desk, booking: Booking | None, reason: str) -> Answer:
    if booking is None:
        return Refused([because("no_such_code")])
    if booking.state is BookingState.ATTENDED:
        return booking
    if booking.state is BookingState.HELD:
        confirmed = desk.confirm(tx, booking.id, None)
        if isinstance(confirmed, Refused):
            return confirmed
        booking = confirmed
    if booking.state not in (BookingState.CONFIRMED, BookingState.NO_SHOW):
        return Refused([because("not_arrivable")])
    if not reason and to_jst(tx.now).date() != to_jst(booking.starts).date():
        return Refused([because("other_day", starts=booking.starts)])
    arrived = _set(tx, booking, BookingState.ATTENDED, "attended", reason)
    return arrived or Refused([because("collision")])


def _undo(tx: Transaction, booking_id: Id, reason: str) -> Answer:
    booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": booking_id})
    if booking is None or booking.state not in _UNDOABLE:
        return Refused([because("no_arrival")])
    if not reason.strip():
        return Refused([because("undo_needs_why")])
    undone = _set(tx, booking, BookingState.CONFIRMED, "undone", reason)
    return undone or Refused([because("collision")])


def _set(
    tx: Transaction, booking: Booking, state: BookingState, what: str, reason: str = ""
) -> Booking | None:
    """The booking in its new state; None when it changed meanwhile."""
    terms = {"booking": booking.id, "was": booking.state.value, "now_is": state.value}
    if not tx.write(qa.SET_STATE, terms):
        return None
    after = evolve(booking, state=state)
    tell(tx, f"calendar.{what}", after, {"slot": booking.slot})
    history.record(tx, after, what, booking.state, reason=reason)
    return after


def _meant(tx: Transaction, code: str) -> Booking | None:
    found: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": code.strip()})
    if found is not None:
        return found
    plain = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", code).upper())
    plain = plain.translate(str.maketrans("ILO", "110"))
    for hashed in keyring(tx).lookups(plain, _STORED) if len(plain) == _LENGTH else ():
        row = tx.one(qa.BOOKING_OF_CODE, {"code": hashed})
        if row is not None:
            booking: Booking | None = tx.one(q.BOOKING_BY_ID, {"booking": row[0]})
            return booking
    return None


def _code(hashed: str) -> str:
    """Sixty bits of a keyed hash, five a letter."""
    number = int(hashed.rpartition(".")[2][:15], 16)
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_LENGTH))


def _grouped(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, _LENGTH, 4))
