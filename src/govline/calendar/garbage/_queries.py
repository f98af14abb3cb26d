"""The statements of garbage days, built once."""

from typing import Any, Final

from sqlalchemy import Integer, and_, bindparam, cast, delete, func, insert, null, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.calendar.garbage._tables import (
    announced,
    areas,
    changes,
    closures,
    days,
    editions,
    exceptions,
    horizon,
    kinds,
    muted,
    rules,
    settings,
    towns,
)
from govline.calendar.garbage.places import AreaName, TownName
from govline.store import Statement

__all__ = [
    "ADD",
    "ADD_KIND",
    "ADD_TOWN",
    "AREAS",
    "AREAS_WHOLE",
    "CENTER_CLOSURES",
    "CHANGES",
    "CHOSEN_AREAS",
    "CLEAR",
    "CLEAR_DAYS",
    "CLEAR_TOWNS",
    "DROP_EDITION",
    "DROP_KIND",
    "EDITIONS",
    "EXCEPTIONS",
    "FORGET",
    "HIDDEN",
    "HORIZON",
    "KINDS",
    "MARK_TOLD",
    "MUTE",
    "NEXT_DAYS",
    "REMEMBER_HORIZON",
    "REMOVE_SETTING",
    "RULES",
    "SAVE_SETTING",
    "SETTING_COUNTS",
    "STAGE",
    "STAGED",
    "TOWNS",
    "TO_TELL",
    "UNMUTE",
    "VERSION",
    "WISHES",
    "WOULD_TELL",
]


def _upsert(name: str, table: Any, keys: list[str], change: tuple[str, ...]) -> Statement:
    def one(build: Any) -> Any:
        made = build(table)
        return made.on_conflict_do_update(
            index_elements=keys, set_={col: made.excluded[col] for col in change}
        )

    return Statement(name, one(postgresql_insert), sqlite=one(sqlite_insert))


# --- the calendar ---
CLEAR: Final = tuple(
    Statement(f"garbage.clear_{table.name}", delete(table))
    for table in (rules, closures, exceptions, kinds, areas)
)
CLEAR_DAYS: Final = tuple(
    Statement(f"garbage.clear_{table.name}", delete(table)) for table in (days, changes)
)
ADD: Final = {
    table.name.removeprefix("gl_garbage_"): Statement(f"garbage.add_{table.name}", insert(table))
    for table in (areas, kinds, rules, closures, exceptions, days, changes)
}
EXCEPTIONS: Final = Statement(
    "garbage.exceptions",
    select(
        exceptions.c.day, exceptions.c.action, exceptions.c.area, exceptions.c.kind, exceptions.c.moved_to
    ).order_by(exceptions.c.day, exceptions.c.area, exceptions.c.kind),
)
EDITIONS: Final = Statement(
    "garbage.editions",
    select(editions.c.starts, editions.c.ends, editions.c.document).order_by(editions.c.name),
)
STAGED: Final = Statement(
    "garbage.staged", select(editions.c.starts, editions.c.ends).order_by(editions.c.starts)
)
STAGE: Final = _upsert("garbage.stage", editions, ["name"], ("document", "imported_at"))
DROP_EDITION: Final = Statement(
    "garbage.drop_edition", delete(editions).where(editions.c.name == bindparam("which"))
)
DROP_KIND: Final = Statement("garbage.drop_kind", delete(kinds).where(kinds.c.label == bindparam("which")))
ADD_KIND: Final = Statement(
    "garbage.add_kind",
    postgresql_insert(kinds).on_conflict_do_nothing(),
    sqlite=sqlite_insert(kinds).on_conflict_do_nothing(),
)
CHANGES: Final = Statement(
    "garbage.changes",
    select(changes.c.area, changes.c.day, changes.c.kind, changes.c.moved_to)
    .where(changes.c.day >= bindparam("first"), changes.c.day <= bindparam("last"))
    .order_by(changes.c.area, changes.c.day, changes.c.moved_to, changes.c.kind),
)
AREAS: Final = Statement(
    "garbage.areas", select(areas.c.name, areas.c.reading).order_by(areas.c.position), row=AreaName
)
AREAS_WHOLE: Final = Statement(
    "garbage.areas_whole", select(areas.c.name, areas.c.reading, areas.c.center).order_by(areas.c.position)
)
TOWNS: Final = Statement(
    "garbage.towns",
    select(towns.c.name, towns.c.area, towns.c.reading, towns.c.postcode, towns.c.note).order_by(
        towns.c.position
    ),
    row=TownName,
)
CLEAR_TOWNS: Final = Statement("garbage.clear_towns", delete(towns))
ADD_TOWN: Final = Statement("garbage.add_town", insert(towns))
KINDS: Final = Statement("garbage.kinds", select(kinds.c.label).order_by(kinds.c.position))
RULES: Final = Statement(
    "garbage.rules",
    select(rules.c.area, rules.c.kind, rules.c.cell)
    .join(kinds, kinds.c.label == rules.c.kind)
    .order_by(rules.c.area, kinds.c.position),
)
CENTER_CLOSURES: Final = Statement(
    "garbage.closures", select(closures.c.center, closures.c.first_day, closures.c.last_day)
)
HORIZON: Final = Statement(
    "garbage.horizon", select(horizon.c.laid_out_to, horizon.c.laid_out_at).where(horizon.c.name == "days")
)
REMEMBER_HORIZON: Final = _upsert(
    "garbage.remember_horizon", horizon, ["name"], ("laid_out_to", "laid_out_at", "version")
)
VERSION: Final = Statement("garbage.version", select(horizon.c.version).where(horizon.c.name == "days"))
NEXT_DAYS: Final = Statement(
    "garbage.next_days",
    select(days.c.day, days.c.kind)
    .join(kinds, kinds.c.label == days.c.kind)
    .where(
        days.c.area == bindparam("area"), days.c.day >= bindparam("first"), days.c.day <= bindparam("last")
    )
    .order_by(days.c.day, kinds.c.position),
)
CHOSEN_AREAS: Final = Statement(
    "garbage.chosen_areas",
    select(settings.c.area, func.count()).group_by(settings.c.area).order_by(settings.c.area),
)

# --- what citizens want ---
SAVE_SETTING: Final = _upsert(
    "garbage.save_setting", settings, ["citizen", "area"], ("enabled", "days_before", "hour", "told_for")
)
REMOVE_SETTING: Final = Statement(
    "garbage.remove_setting",
    delete(settings).where(settings.c.citizen == bindparam("who"), settings.c.area == bindparam("area")),
)
# Settings, then muted kinds (`enabled` is null there): one round trip for all that a citizen wants.
WISHES: Final = Statement(
    "garbage.wishes",
    select(settings.c.area, settings.c.enabled, settings.c.days_before, settings.c.hour, settings.c.told_for)
    .where(settings.c.citizen == bindparam("citizen"))
    .union_all(
        select(
            muted.c.kind,
            cast(null(), settings.c.enabled.type),
            cast(null(), Integer),
            cast(null(), Integer),
            cast(null(), settings.c.told_for.type),
        ).where(muted.c.citizen == bindparam("citizen"))
    )
    .order_by("area"),
)
SETTING_COUNTS: Final = Statement(
    "garbage.setting_counts",
    select(settings.c.area, settings.c.days_before, settings.c.hour, func.count())
    .where(settings.c.enabled.is_(true()))
    .group_by(settings.c.area, settings.c.days_before, settings.c.hour)
    .order_by(settings.c.area, settings.c.days_before.desc(), settings.c.hour),
)
MUTE: Final = Statement(
    "garbage.mute",
    postgresql_insert(muted).on_conflict_do_nothing(),
    sqlite=sqlite_insert(muted).on_conflict_do_nothing(),
)
UNMUTE: Final = Statement(
    "garbage.unmute",
    delete(muted).where(muted.c.citizen == bindparam("who"), muted.c.kind == bindparam("what")),
)
FORGET: Final = tuple(
    Statement(f"garbage.forget_{table.name}", delete(table).where(table.c.citizen == bindparam("who")))
    for table in (settings, muted, announced)
)

# --- tonight ---
# One hour may be everybody's and another nobody's: a plan that was made for any values is twice as slow.
_BY_VALUES: Final = "/* planned for its values */"
_ITS_HOUR = and_(
    settings.c.days_before == bindparam("lead", type_=Integer),
    settings.c.hour.between(bindparam("from_hour", type_=Integer), bindparam("to_hour", type_=Integer)),
)
_DUE = and_(
    settings.c.enabled.is_(true()),
    _ITS_HOUR,
    or_(settings.c.told_for.is_(None), settings.c.told_for < bindparam("collected", type_=days.c.day.type)),
)
_TONIGHT = (
    select(settings.c.citizen, settings.c.area, days.c.kind)
    .prefix_with(_BY_VALUES)
    .select_from(days)
    .join(settings, settings.c.area == days.c.area)
    .join(kinds, kinds.c.label == days.c.kind)
    .outerjoin(muted, and_(muted.c.citizen == settings.c.citizen, muted.c.kind == days.c.kind))
    .where(days.c.day == bindparam("collected", type_=days.c.day.type), muted.c.citizen.is_(None))
    .order_by(settings.c.citizen, settings.c.area, kinds.c.position)
)
WOULD_TELL: Final = Statement("garbage.would_tell", _TONIGHT.where(_DUE))
# First the mark, then the list of who bears it: a setting saved in between is in neither, or in both.
MARK_TOLD: Final = Statement(
    "garbage.mark_told",
    update(settings)
    .prefix_with(_BY_VALUES)
    .where(
        _DUE,
        settings.c.area.in_(
            select(days.c.area).where(days.c.day == bindparam("collected", type_=days.c.day.type))
        ),
    )
    .values(told_for=bindparam("collected", type_=days.c.day.type), told_by=bindparam("mark")),
)
HIDDEN: Final = Statement(
    "garbage.hidden",
    select(muted.c.citizen, muted.c.kind)
    .prefix_with(_BY_VALUES)
    .join(settings, settings.c.citizen == muted.c.citizen)
    .where(
        settings.c.told_by == bindparam("mark"),
        _ITS_HOUR,
        settings.c.area.in_(
            select(days.c.area).where(days.c.day == bindparam("collected", type_=days.c.day.type))
        ),
    )
    .distinct()
    .order_by(muted.c.citizen, muted.c.kind),
)
# Whoever bears the mark has that hour; said once more, it leads through the index of areas, not through everybody's settings.
TO_TELL: Final = Statement(
    "garbage.to_tell", _TONIGHT.where(settings.c.told_by == bindparam("mark"), _ITS_HOUR)
)
