"""The statements of changes that are announced in a message of their own."""

from typing import Any, Final

from sqlalchemy import (
    Integer,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.calendar.garbage._tables import announced, changes, days, muted, settings
from govline.store import Statement

__all__ = ["ANNOUNCE", "CARRY", "PURGE", "TO_ANNOUNCE"]

PURGE: Final = Statement(
    "garbage.purge_announced", delete(announced).where(announced.c.day < bindparam("before"))
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


_TO = func.coalesce(type_coerce(changes.c.moved_to, Text), literal("", Text))
_INTO = [column.name for column in announced.columns]


def _heard_of(day: Any) -> Any:
    """Collection days of an unmuted kind in the setting's area, on days that fit."""
    return (
        select(days.c.day)
        .select_from(days)
        .outerjoin(
            _unwanted, and_(_unwanted.c.citizen == settings.c.citizen, _unwanted.c.kind == days.c.kind)
        )
        .where(days.c.area == settings.c.area, day, _unwanted.c.citizen.is_(None))
        .correlate(settings)
    )


def _told(*where: Any) -> Any:
    """Citizens and the changes in their areas that they want to hear of, as rows of `announced`."""
    return (
        select(
            settings.c.citizen,
            changes.c.day,
            changes.c.area,
            changes.c.kind,
            _TO,
            bindparam("mark", type_=Text),
        )
        .select_from(changes)
        .join(settings, settings.c.area == changes.c.area)
        .outerjoin(muted, and_(muted.c.citizen == settings.c.citizen, muted.c.kind == changes.c.kind))
        .where(muted.c.citizen.is_(None), *where)
    )


def _once(name: str, rows: Any) -> Statement:
    """Adds the rows of `announced` that do not stand yet."""
    return Statement(
        name,
        postgresql_insert(announced).from_select(_INTO, rows).on_conflict_do_nothing(),
        sqlite=sqlite_insert(announced).from_select(_INTO, rows).on_conflict_do_nothing(),
    )


ANNOUNCE: Final = _once(
    "garbage.announce",
    _told(
        changes.c.day == bindparam("changed", type_=_DAY),
        settings.c.enabled.is_(true()),
        settings.c.days_before == bindparam("lead", type_=Integer),
        settings.c.hour.between(bindparam("from_hour", type_=Integer), bindparam("to_hour", type_=Integer)),
        ~_heard_of(
            and_(
                days.c.day.between(bindparam("since", type_=_DAY), bindparam("changed", type_=_DAY)),
                _still_to_come,
            )
        ).exists(),
    ),
)
"""Whoever is due now and has no notice to come that carries the change; who was told of it already, is left out."""
CARRY: Final = _once(
    "garbage.carry",
    _told(
        changes.c.day.between(bindparam("collected", type_=_DAY), bindparam("last", type_=_DAY)),
        settings.c.told_by == bindparam("mark", type_=Text),
        _heard_of(days.c.day == bindparam("collected", type_=_DAY)).exists(),
    ),
)
"""The changes that stand in the notices under a mark."""
