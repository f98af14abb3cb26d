"""The statements of bills that changed after they were paid."""

from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Integer, bindparam, func, select, update

from govline.calendar._queries import BOOKING_COLUMNS, booking_of_row
from govline.calendar._tables import bookings, fees_due, slots
from govline.calendar.model import Booking
from govline.store import Statement

__all__ = ["REPRICE", "REPRICED", "SETTLE_DIFFERENCE", "RepricedRow"]


@frozen
class RepricedRow:
    """A booking that stands and costs something else now than what was paid for it, in yen."""

    booking: Booking
    paid: datetime
    billed: int
    owed: int


def _repriced_of_row(*values: Any) -> RepricedRow:
    *booking, paid, billed, owed = values
    return RepricedRow(booking_of_row(*booking), paid, billed, owed)


_PAID = (
    fees_due.c.booking_id == bindparam("booking"),
    fees_due.c.paid_at.is_not(None),
    fees_due.c.settled_at.is_(None),
)
REPRICE: Final = Statement(
    "calendar.reprice",
    update(fees_due)
    .where(*_PAID)
    .values(
        billed=func.coalesce(fees_due.c.billed, bindparam("before", type_=Integer)),
        owed=bindparam("after", type_=Integer),
    ),
)
REPRICED: Final = Statement(
    "calendar.repriced",
    select(*BOOKING_COLUMNS, fees_due.c.paid_at, fees_due.c.billed, fees_due.c.owed)
    .select_from(fees_due)
    .join(bookings, bookings.c.id == fees_due.c.booking_id)
    .join(slots, slots.c.id == bookings.c.slot_id)
    .where(
        fees_due.c.paid_at.is_not(None),
        fees_due.c.settled_at.is_(None),
        fees_due.c.owed != fees_due.c.billed,
        bookings.c.ended_at.is_(None),
        fees_due.c.booking_id > bindparam("after"),
    )
    .order_by(fees_due.c.booking_id)
    .limit(bindparam("limit", type_=Integer)),
    _repriced_of_row,
)
SETTLE_DIFFERENCE: Final = Statement(
    "calendar.settle_difference",
    update(fees_due).where(*_PAID, fees_due.c.owed != fees_due.c.billed).values(billed=fees_due.c.owed),
)
