"""What stands of citizens in programmes, for many of them at once: bookings, vouchers of the list, groups."""

from typing import Any, Final

from attrs import frozen
from sqlalchemy import Text, and_, bindparam, false, func, or_, select

from govline.calendar._queries.sets import among
from govline.calendar._tables import bookings, eligible, group_members, groups, slots
from govline.core import CitizenId, Id
from govline.store import Statement
from govline.store.columns import InstantColumn
from govline.store.rows import given_rows

__all__ = [
    "DUE_HOLDS_ON_VOUCHERS",
    "GROUPS_OF",
    "HISTORY",
    "PAIR",
    "VOUCHERS",
    "GroupRow",
    "HistoryRow",
    "VoucherRow",
]

PAIR = {"programme": Text(), "citizen": Text()}
_now = bindparam("now", type_=InstantColumn)


@frozen
class HistoryRow:
    """A live booking of a citizen."""

    programme: str
    citizen: CitizenId
    booking: Id
    slot: Id
    starts: Any
    ends: Any
    name: str
    places: int
    state: str
    voucher: Id | None


@frozen
class VoucherRow:
    """A claimed row of the list; `booking` is the live one that stands on it."""

    programme: str
    citizen: CitizenId
    id: Id
    cohort: str
    earlier: Any
    product: str
    until: Any
    booking: Id | None


@frozen
class GroupRow:
    """An approved group and one citizen who acts for it."""

    citizen: CitizenId
    id: Id
    kind: str
    rate: int
    until: Any
    purposes: Any


def _history(dialect: str) -> Any:
    given = given_rows(PAIR, dialect)
    live = and_(
        bookings.c.citizen == given["citizen"],
        bookings.c.programme == given["programme"],
        bookings.c.ended_at.is_(None),
        or_(bookings.c.held_until.is_(None), bookings.c.held_until > _now),
    )
    return (
        select(
            bookings.c.programme,
            bookings.c.citizen,
            bookings.c.id,
            bookings.c.slot_id,
            slots.c.starts_at,
            slots.c.ends_at,
            slots.c.name,
            func.coalesce(func.nullif(bookings.c.places, 0), bookings.c.party),
            bookings.c.state,
            bookings.c.voucher,
        )
        .join(slots, slots.c.id == bookings.c.slot_id)
        .where(live)
    )


def _vouchers(dialect: str) -> Any:
    given = given_rows(PAIR, dialect)
    standing = (
        select(bookings.c.id)
        .where(bookings.c.voucher == eligible.c.id, bookings.c.ended_at.is_(None))
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            eligible.c.programme,
            eligible.c.citizen,
            eligible.c.id,
            eligible.c.cohort,
            eligible.c.earlier_on,
            eligible.c.product,
            eligible.c.good_until,
            standing,
        )
        .where(
            eligible.c.citizen == given["citizen"],
            eligible.c.programme == given["programme"],
            eligible.c.withdrawn.is_(false()),
        )
        .order_by(eligible.c.id)
    )


def _groups(dialect: str) -> Any:
    return (
        select(
            group_members.c.citizen,
            groups.c.id,
            groups.c.kind,
            groups.c.rate,
            groups.c.good_until,
            groups.c.purposes,
        )
        .join(groups, groups.c.id == group_members.c.group_id)
        .where(among(group_members.c.citizen, "citizens", dialect), groups.c.state == "approved")
        .order_by(groups.c.id)
    )


def _due(dialect: str) -> Any:
    given = given_rows(PAIR, dialect)
    return select(bookings.c.id).where(
        bookings.c.citizen == given["citizen"],
        bookings.c.programme == given["programme"],
        bookings.c.voucher.is_not(None),
        bookings.c.state == "held",
        bookings.c.held_until <= _now,
    )


HISTORY: Final = Statement("calendar.history", _history("postgresql"), HistoryRow, sqlite=_history("sqlite"))
VOUCHERS: Final = Statement(
    "calendar.vouchers", _vouchers("postgresql"), VoucherRow, sqlite=_vouchers("sqlite")
)
GROUPS_OF: Final = Statement("calendar.groups_of", _groups("postgresql"), GroupRow, sqlite=_groups("sqlite"))
# A hold that ran out blocks its voucher until it is ended.
DUE_HOLDS_ON_VOUCHERS: Final = Statement(
    "calendar.due_holds_on_vouchers", _due("postgresql"), sqlite=_due("sqlite")
)
