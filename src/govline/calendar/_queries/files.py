"""Pages of slots and bookings for files of staff, and what stands under the keys of such a file."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import Integer, Text, and_, bindparam, delete, func, or_, select, tuple_, update

from govline.calendar._tables import bookings, contacts, fixed_places, history, listed, slots
from govline.core import CitizenId, Id
from govline.store import Statement
from govline.store.columns import InstantColumn
from govline.store.rows import given_rows, insert_rows

__all__ = [
    "ADD_LISTED",
    "BOOKINGS",
    "BOOKINGS_OF_PROGRAMME",
    "DROP_LISTED",
    "FIND_BY_ID",
    "FIND_BY_NUMBER",
    "ID_OF",
    "OF_SLOT",
    "SET_ENDS",
    "SLOTS",
    "SLOTS_NAMED",
    "STANDING_IN",
    "BookingRow",
    "SlotRow",
]


@frozen
class SlotRow:
    """A slot as a file shows it; `capacity` is what staff or rules want, also where more is booked."""

    id: Id
    programme: str
    starts: datetime
    name: str
    ends: datetime
    capacity: int
    booked: int
    cancelled: bool


@frozen
class BookingRow:
    """A booking as a file shows it; name and telephone number of a contact are sealed."""

    id: Id
    programme: str
    number: str | None
    starts: datetime
    room: str
    party: int
    state: str
    citizen: CitizenId | None
    channel: str
    made: datetime
    ended: datetime | None
    contact: Id | None
    label: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    reason: str | None
    options: Mapping[str, int] | None


_s, _b = slots.c, bookings.c
_limit: Final[Any] = bindparam("limit", type_=Integer())
_id: Final[Any] = bindparam("id")

# --- slots ---
_SLOT = select(
    _s.id,
    _s.programme,
    _s.starts_at,
    _s.name,
    _s.ends_at,
    func.coalesce(fixed_places.c.places, _s.capacity, type_=Integer),
    _s.booked,
    _s.cancelled,
).select_from(slots.outerjoin(fixed_places, fixed_places.c.subject == _s.id))
# a slot that its programme no longer asks for keeps its row but no place
_STANDS = or_(_s.capacity > 0, _s.booked > 0)
_KEY = tuple_(_s.programme, _s.starts_at, _s.name)
_AFTER = tuple_(bindparam("programme"), bindparam("at", type_=InstantColumn()), bindparam("name"))
SLOTS: Final = Statement(
    "calendar.slots_page",
    _SLOT.where(_KEY > _AFTER, _STANDS).order_by(_s.programme, _s.starts_at, _s.name).limit(_limit),
    SlotRow,
)


def _slots_named(dialect: str) -> Any:
    given = given_rows({"programme": Text(), "starts_at": InstantColumn(), "name": Text()}, dialect)
    same = [_s[name] == given[name] for name in given]
    return _SLOT.where(*same)


SLOTS_NAMED: Final = Statement(
    "calendar.slots_named", _slots_named("postgresql"), SlotRow, sqlite=_slots_named("sqlite")
)
SET_ENDS: Final = Statement(
    "calendar.set_slot_ends",
    update(slots).where(_s.id == bindparam("slot")).values(ends_at=bindparam("until", type_=InstantColumn())),
)

# --- bookings of a slot ---
OF_SLOT: Final = Statement(
    "calendar.roster_of_slot",
    select(_b.id, _b.party, _b.state, _b.channel, _b.contact, _b.options)
    .where(_b.slot_id == bindparam("slot"), _b.ended_at.is_(None))
    .order_by(_b.id),
)
STANDING_IN: Final = Statement(
    "calendar.standing_in",
    select(_b.id).where(_b.slot_id == bindparam("slot"), _b.ended_at.is_(None)).order_by(_b.id),
)

# --- bookings ---
_REASON = (
    select(history.c.reason)
    .where(history.c.booking_id == _b.id, history.c.what == "made")
    .limit(1)
    .scalar_subquery()
)
_FROM = (
    bookings.join(slots, _s.id == _b.slot_id)
    .outerjoin(listed, listed.c.booking_id == _b.id)
    .outerjoin(contacts, and_(_b.contact, contacts.c.id == _b.citizen))
)
_BOOKING = select(
    _b.id,
    _b.programme,
    listed.c.number,
    _s.starts_at,
    _s.name,
    _b.party,
    _b.state,
    _b.citizen,
    _b.channel,
    _b.made_at,
    _b.ended_at,
    contacts.c.id,
    contacts.c.label,
    contacts.c.phone,
    _REASON,
    _b.options,
).select_from(_FROM)
BOOKINGS: Final = Statement(
    "calendar.bookings_page", _BOOKING.where(_b.id > _id).order_by(_b.id).limit(_limit), BookingRow
)
BOOKINGS_OF_PROGRAMME: Final = Statement(
    "calendar.bookings_page_of",
    _BOOKING.where(_b.id > _id, _b.programme == bindparam("programme")).order_by(_b.id).limit(_limit),
    BookingRow,
)


def _found(on: Callable[[Any], list[Any]]) -> Callable[[str], Any]:
    def build(dialect: str) -> Any:
        return _BOOKING.where(*on(given_rows({"programme": Text(), "number": Text()}, dialect)))

    return build


_by_number = _found(
    lambda given: [listed.c.programme == given["programme"], listed.c.number == given["number"]]
)
_by_id = _found(lambda given: [_b.id == given["number"], _b.programme == given["programme"]])
FIND_BY_NUMBER: Final = Statement(
    "calendar.bookings_by_number", _by_number("postgresql"), BookingRow, sqlite=_by_number("sqlite")
)
FIND_BY_ID: Final = Statement(
    "calendar.bookings_by_id", _by_id("postgresql"), BookingRow, sqlite=_by_id("sqlite")
)
_LISTED = (listed.c.programme == bindparam("programme"), listed.c.number == bindparam("number"))
ID_OF: Final = Statement("calendar.booking_of_number", select(listed.c.booking_id).where(*_LISTED))
ADD_LISTED: Final = insert_rows("calendar.add_listed", listed)
DROP_LISTED: Final = Statement("calendar.drop_listed", delete(listed).where(*_LISTED))
