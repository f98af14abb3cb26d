"""The statements of changes that are announced in a message of their own."""

from typing import Any, Final

from sqlalchemy import (
    Column,
    Integer,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.calendar.garbage._tables import announced, changes, days, known_changes, muted, settings
from govline.store import Statement

__all__ = ["ANNOUNCE", "KNOWN", "NOTE", "PURGE", "TO_ANNOUNCE"]

KNOWN: Final = Statement(
    "garbage.known_changes",
    select(known_changes.c.area, known_changes.c.day, known_changes.c.kind, known_changes.c.moved_to).where(
        known_changes.c.day >= bindparam("first")
    ),
)
NOTE: Final = Statement("garbage.note_change", insert(known_changes))
PURGE: Final = tuple(
    Statement(f"garbage.purge_{table.name}", delete(table).where(table.c.day < bindparam("before")))
    for table in (known_changes, announced)
)
TO_ANNOUNCE: Final = Statement(
    "garbage.to_announce",
    select(announced.c.citizen, announced.c.area, announced.c.day, announced.c.kind, announced.c.moved_to)
    .where(announced.c.told_by == bindparam("mark"))
    .order_by(announced.c.citizen, announced.c.area, announced.c.day, announced.c.moved_to, announced.c.kind),
)

_DAY = days.c.day.type
_unwanted = muted.alias()
_still_to_come = and_(
    days.c.day >= bindparam("collected", type_=_DAY),
    or_(settings.c.told_for.is_(None), settings.c.told_for < days.c.day),
)
"""A notice that will carry the change."""


def _carried(rides: Column[Any]) -> Any:
    """A notice that this citizen got, not before the change was known."""
    return and_(
        settings.c.told_by.is_not(None),
        settings.c.told_for >= days.c.day,
        or_(days.c.day > rides, and_(days.c.day == rides, settings.c.hour >= known_changes.c.known_hour)),
    )


def _owed(rides: Column[Any]) -> Any:
    """Who is due now, wants to hear of the change, and has no notice in the week before it that carries it."""
    notice = (
        select(days.c.day)
        .select_from(days)
        .outerjoin(
            _unwanted, and_(_unwanted.c.citizen == settings.c.citizen, _unwanted.c.kind == days.c.kind)
        )
        .where(
            days.c.area == changes.c.area,
            days.c.day.between(bindparam("since", type_=_DAY), bindparam("changed", type_=_DAY)),
            _unwanted.c.citizen.is_(None),
            or_(_still_to_come, _carried(rides)),
        )
        .correlate(changes, known_changes, settings)
    )
    return (
        select(
            settings.c.citizen,
            changes.c.day,
            changes.c.area,
            changes.c.kind,
            known_changes.c.moved_to,
            bindparam("mark", type_=Text),
        )
        .select_from(changes)
        .join(
            known_changes,
            and_(
                known_changes.c.day == changes.c.day,
                known_changes.c.area == changes.c.area,
                known_changes.c.kind == changes.c.kind,
                known_changes.c.moved_to
                == func.coalesce(type_coerce(changes.c.moved_to, Text), literal("", Text)),
            ),
        )
        .join(settings, settings.c.area == changes.c.area)
        .outerjoin(muted, and_(muted.c.citizen == settings.c.citizen, muted.c.kind == changes.c.kind))
        .where(
            changes.c.day == bindparam("changed", type_=_DAY),
            settings.c.enabled.is_(true()),
            settings.c.days_before == bindparam("lead", type_=Integer),
            settings.c.hour.between(
                bindparam("from_hour", type_=Integer), bindparam("to_hour", type_=Integer)
            ),
            muted.c.citizen.is_(None),
            ~notice.exists(),
        )
    )


def _announce(lead: int, rides: Column[Any]) -> Statement:
    into = [column.name for column in announced.columns]
    return Statement(
        f"garbage.announce_{lead}",
        postgresql_insert(announced).from_select(into, _owed(rides)).on_conflict_do_nothing(),
        sqlite=sqlite_insert(announced).from_select(into, _owed(rides)).on_conflict_do_nothing(),
    )


# By lead: the first collection day whose notices know of the change is that day itself, or the day after.
ANNOUNCE: Final = {
    0: _announce(0, known_changes.c.known_on),
    1: _announce(1, known_changes.c.day_after),
}
