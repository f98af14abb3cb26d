"""The statements of check-in: tickets, who came, who did not."""

from typing import Final

from sqlalchemy import Integer, bindparam, select, update

from govline.calendar._queries import BOOKING_COLUMNS, booking_of_row
from govline.calendar._tables import bookings, slots, tickets
from govline.calendar.model import BookingState
from govline.store import Statement
from govline.store._upsert import insert_unless_known
from govline.store.columns import InstantColumn

__all__ = ["BOOKING_OF_CODE", "CODE_OF", "DUE_NO_SHOWS", "SET_CODE", "SET_STATE"]


SET_CODE: Final = insert_unless_known(
    "calendar.set_code", tickets, "booking_id", change={"code": bindparam("code")}
)
CODE_OF: Final = Statement(
    "calendar.code_of", select(tickets.c.code).where(tickets.c.booking_id == bindparam("booking"))
)
BOOKING_OF_CODE: Final = Statement(
    "calendar.booking_of_code", select(tickets.c.booking_id).where(tickets.c.code == bindparam("code"))
)
SET_STATE: Final = Statement(
    "calendar.set_state",
    update(bookings)
    .where(
        bookings.c.id == bindparam("booking"),
        bookings.c.state == bindparam("was"),
        bookings.c.ended_at.is_(None),
    )
    .values(state=bindparam("now_is")),
)
DUE_NO_SHOWS: Final = Statement(
    "calendar.due_no_shows",
    select(*BOOKING_COLUMNS)
    .join(slots, slots.c.id == bookings.c.slot_id)
    .where(
        # by the index of a programme's slots; no slot is longer than what is looked back
        slots.c.programme == bindparam("programme"),
        slots.c.starts_at < bindparam("before", type_=InstantColumn),
        slots.c.starts_at > bindparam("began", type_=InstantColumn),
        bookings.c.state == BookingState.CONFIRMED.value,
        bookings.c.ended_at.is_(None),
        slots.c.ends_at <= bindparam("before", type_=InstantColumn),
        slots.c.ends_at > bindparam("after", type_=InstantColumn),
    )
    .order_by(slots.c.ends_at, bookings.c.id)
    .limit(bindparam("limit", type_=Integer)),
    row=booking_of_row,
)
