"""The statements of garbage days, built once."""

from typing import Any, Final

from sqlalchemy import Integer, and_, bindparam, delete, func, insert, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.calendar.garbage._tables import areas, closures, days, horizon, kinds, muted, rules, settings
from govline.store import Statement

__all__ = [
    "ADD",
    "AREAS",
    "CENTER_CLOSURES",
    "CLEAR",
    "FORGET",
    "HORIZON",
    "KINDS",
    "LOST_AREAS",
    "MARK_TOLD",
    "MUTE",
    "MUTED",
    "NEXT_DAYS",
    "REMEMBER_HORIZON",
    "REMOVE_SETTING",
    "RULES",
    "SAVE_SETTING",
    "SETTINGS",
    "SETTING_COUNTS",
    "TO_TELL",
    "UNMUTE",
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
    Statement(f"garbage.clear_{table.name}", delete(table)) for table in (days, rules, closures, kinds, areas)
)
ADD: Final = {
    table.name.removeprefix("gl_garbage_"): Statement(f"garbage.add_{table.name}", insert(table))
    for table in (areas, kinds, rules, closures, days)
}
AREAS: Final = Statement("garbage.areas", select(areas.c.name, areas.c.reading).order_by(areas.c.position))
KINDS: Final = Statement("garbage.kinds", select(kinds.c.label).order_by(kinds.c.position))
RULES: Final = Statement(
    "garbage.rules",
    select(rules.c.area, areas.c.center, rules.c.kind, rules.c.cell)
    .join(areas, areas.c.name == rules.c.area)
    .order_by(rules.c.area, rules.c.kind),
)
CENTER_CLOSURES: Final = Statement(
    "garbage.closures", select(closures.c.center, closures.c.first_day, closures.c.last_day)
)
HORIZON: Final = Statement(
    "garbage.horizon", select(horizon.c.laid_out_to, horizon.c.laid_out_at).where(horizon.c.name == "days")
)
REMEMBER_HORIZON: Final = _upsert(
    "garbage.remember_horizon", horizon, ["name"], ("laid_out_to", "laid_out_at")
)
NEXT_DAYS: Final = Statement(
    "garbage.next_days",
    select(days.c.day, days.c.kind)
    .join(kinds, kinds.c.label == days.c.kind)
    .where(
        days.c.area == bindparam("area"), days.c.day >= bindparam("first"), days.c.day <= bindparam("last")
    )
    .order_by(days.c.day, kinds.c.position),
)
LOST_AREAS: Final = Statement(
    "garbage.lost_areas",
    select(settings.c.area, func.count())
    .where(settings.c.area.not_in(select(areas.c.name)))
    .group_by(settings.c.area)
    .order_by(settings.c.area),
)

# --- what citizens want ---
SAVE_SETTING: Final = _upsert(
    "garbage.save_setting", settings, ["citizen", "area"], ("enabled", "days_before", "hour", "told_for")
)
REMOVE_SETTING: Final = Statement(
    "garbage.remove_setting",
    delete(settings).where(settings.c.citizen == bindparam("who"), settings.c.area == bindparam("area")),
)
SETTINGS: Final = Statement(
    "garbage.settings",
    select(settings.c.area, settings.c.enabled, settings.c.days_before, settings.c.hour, settings.c.told_for)
    .where(settings.c.citizen == bindparam("citizen"))
    .order_by(settings.c.area),
)
SETTING_COUNTS: Final = Statement(
    "garbage.setting_counts",
    select(settings.c.area, settings.c.days_before, settings.c.hour, func.count())
    .where(settings.c.enabled.is_(true()))
    .group_by(settings.c.area, settings.c.days_before, settings.c.hour)
    .order_by(settings.c.area, settings.c.days_before.desc(), settings.c.hour),
)
MUTED: Final = Statement(
    "garbage.muted",
    select(muted.c.kind).where(muted.c.citizen == bindparam("citizen")).order_by(muted.c.kind),
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
    for table in (settings, muted)
)

# --- tonight ---
_DUE = and_(
    settings.c.enabled.is_(true()),
    settings.c.days_before == bindparam("lead", type_=Integer),
    settings.c.hour.between(bindparam("from_hour", type_=Integer), bindparam("to_hour", type_=Integer)),
    or_(settings.c.told_for.is_(None), settings.c.told_for < bindparam("collected", type_=days.c.day.type)),
)
_TONIGHT = (
    select(settings.c.citizen, settings.c.area, days.c.kind)
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
    .where(
        _DUE,
        select(days.c.kind)
        .where(days.c.area == settings.c.area, days.c.day == bindparam("collected", type_=days.c.day.type))
        .exists(),
    )
    .values(told_for=bindparam("collected", type_=days.c.day.type), told_by=bindparam("mark")),
)
TO_TELL: Final = Statement("garbage.to_tell", _TONIGHT.where(settings.c.told_by == bindparam("mark")))
