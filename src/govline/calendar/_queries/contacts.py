"""The statements of contacts: people who book without LINE, and what they hold."""

from typing import Final

from attrs import field, frozen
from sqlalchemy import Integer, and_, bindparam, delete, exists, insert, select, update

from govline.calendar._queries import BOOKING_COLUMNS, booking_of_row
from govline.calendar._tables import bookings, contacts, eligible, slots
from govline.core import CitizenId, Id
from govline.store import Statement
from govline.store.columns import IdColumn, InstantColumn

__all__ = [
    "ADD_CONTACT",
    "BOOKINGS_OF_CONTACT",
    "BY_MERGE",
    "BY_PHONE",
    "BY_PHONE_TO_BOOK",
    "CONTACT",
    "DROP_CONTACT",
    "ENDED_TO_CITIZEN",
    "IDLE",
    "JOINED",
    "OF_CITIZEN",
    "SET_MERGE",
    "VOUCHERS_TO_CITIZEN",
    "ContactRow",
]


@frozen
class ContactRow:
    """A contact as it stands: sealed values only."""

    id: Id
    label: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    citizen: CitizenId | None = None


_CONTACT = select(contacts.c.id, contacts.c.label, contacts.c.phone, contacts.c.citizen)
_contact: Final = bindparam("contact", type_=IdColumn)
_now = bindparam("now", type_=InstantColumn)

ADD_CONTACT: Final = Statement("calendar.add_contact", insert(contacts))
CONTACT: Final = Statement("calendar.contact", _CONTACT.where(contacts.c.id == _contact), ContactRow)
_OF_PHONE = _CONTACT.where(contacts.c.phone_hash == bindparam("phone")).order_by(contacts.c.id)
BY_PHONE: Final = Statement("calendar.contacts_by_phone", _OF_PHONE, ContactRow)
# For whoever books for the contact: until that is done nobody joins LINE as them, or the booking would be nobody's.
BY_PHONE_TO_BOOK: Final = Statement(
    "calendar.contacts_by_phone_to_book", _OF_PHONE.with_for_update(read=True), ContactRow, sqlite=_OF_PHONE
)
BY_MERGE: Final = Statement(
    "calendar.contact_by_merge_code",
    _CONTACT.where(contacts.c.merge == bindparam("code"), contacts.c.merge_until > _now),
    ContactRow,
)
SET_MERGE: Final = Statement(
    "calendar.set_merge_code",
    update(contacts)
    .where(contacts.c.id == _contact, contacts.c.citizen.is_(None))
    .values(merge=bindparam("code"), merge_until=bindparam("until", type_=InstantColumn)),
)
# The one who wins the code; what was known of the person is not needed any more.
JOINED: Final = Statement(
    "calendar.contact_joined",
    update(contacts)
    .where(contacts.c.id == _contact, contacts.c.citizen.is_(None))
    .values(citizen=bindparam("who"), merge=None, merge_until=None, label=None, phone=None, phone_hash=None),
)
OF_CITIZEN: Final = Statement(
    "calendar.contacts_of_citizen", select(contacts.c.id).where(contacts.c.citizen == bindparam("who"))
)
DROP_CONTACT: Final = Statement("calendar.drop_contact", delete(contacts).where(contacts.c.id == _contact))
_OF_CONTACT = (
    select(*BOOKING_COLUMNS)
    .join(slots, slots.c.id == bookings.c.slot_id)
    .where(bookings.c.citizen == _contact, bookings.c.ended_at.is_(None))
    .order_by(slots.c.starts_at, bookings.c.id)
)
# Held as they are until they are somebody else's: nobody cancels, moves or closes them in between.
BOOKINGS_OF_CONTACT: Final = Statement(
    "calendar.bookings_of_contact",
    _OF_CONTACT.with_for_update(of=bookings, key_share=True),
    row=booking_of_row,
    sqlite=_OF_CONTACT,
)
ENDED_TO_CITIZEN: Final = Statement(
    "calendar.ended_to_citizen",
    update(bookings)
    .where(bookings.c.citizen == _contact, bookings.c.ended_at.is_not(None))
    .values(citizen=bindparam("who")),
)
VOUCHERS_TO_CITIZEN: Final = Statement(
    "calendar.vouchers_to_citizen",
    update(eligible).where(eligible.c.citizen == _contact).values(citizen=bindparam("who")),
)
_COMING = exists().where(
    bookings.c.citizen == contacts.c.id,
    bookings.c.slot_id == slots.c.id,
    and_(bookings.c.ended_at.is_(None), slots.c.ends_at >= bindparam("before", type_=InstantColumn)),
)
IDLE: Final = Statement(
    "calendar.idle_contacts",
    select(contacts.c.id)
    .where(contacts.c.made_at < bindparam("before", type_=InstantColumn), ~_COMING)
    .order_by(contacts.c.id)
    .limit(bindparam("limit", type_=Integer)),
)
