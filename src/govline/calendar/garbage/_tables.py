"""The tables of garbage days: the town's calendar as imported, its dates laid out, and what each citizen wants to be told."""

from typing import Final

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from govline.store.columns import BoolColumn, DateColumn, IdColumn, InstantColumn, JsonColumn

__all__ = [
    "announced",
    "areas",
    "changes",
    "closures",
    "days",
    "editions",
    "exceptions",
    "horizon",
    "kinds",
    "metadata",
    "muted",
    "rules",
    "settings",
    "towns",
]

metadata: Final = MetaData()

areas: Final = Table(
    "gl_garbage_area",
    metadata,
    Column("name", Text, primary_key=True),
    Column("reading", Text, nullable=False),
    Column("center", Text, nullable=False),
    Column("position", Integer, nullable=False),
)

kinds: Final = Table(
    "gl_garbage_kind",
    metadata,
    Column("label", Text, primary_key=True),
    Column("position", Integer, nullable=False),
)

rules: Final = Table(
    "gl_garbage_rule",
    metadata,
    Column("area", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("cell", Text, nullable=False),
)

closures: Final = Table(
    "gl_garbage_closure",
    metadata,
    Column("center", Text, primary_key=True),
    Column("first_day", DateColumn, primary_key=True),
    Column("last_day", DateColumn, primary_key=True),
)

exceptions: Final = Table(
    "gl_garbage_exception",
    metadata,
    Column("day", DateColumn, primary_key=True),
    Column("area", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("moved_to", DateColumn),
)

# Which town (町名) and which postcode lies in which area: what citizens type instead of an area's name.
towns: Final = Table(
    "gl_garbage_town",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("reading", Text, nullable=False),
    Column("postcode", Text, nullable=False),
    Column("note", Text, nullable=False),
)

# Calendars that hold from a later day on, or for a while (January apart), each whole.
editions: Final = Table(
    "gl_garbage_edition",
    metadata,
    Column("name", Text, primary_key=True),
    Column("starts", DateColumn, nullable=False),
    Column("ends", DateColumn),
    Column("document", JsonColumn, nullable=False),
    Column("imported_at", InstantColumn, nullable=False),
)

# Days on which the rule has a collection and the town has none: what is announced ahead.
changes: Final = Table(
    "gl_garbage_change",
    metadata,
    Column("day", DateColumn, primary_key=True),
    Column("area", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("moved_to", DateColumn),
)

# Which change a citizen was told of, in a notice or in a message of its own: nobody is sent the latter twice.
announced: Final = Table(
    "gl_garbage_announced",
    metadata,
    Column("citizen", IdColumn, primary_key=True),
    Column("day", DateColumn, primary_key=True),
    Column("area", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("moved_to", Text, primary_key=True),
    Column("told_by", IdColumn, nullable=False),
    Index("gl_garbage_announced_told_by", "told_by"),
)

# Collection days laid out, so that "who is told tonight" reads an index and expands no rule.
days: Final = Table(
    "gl_garbage_day",
    metadata,
    Column("day", DateColumn, primary_key=True),
    Column("area", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Index("gl_garbage_day_area", "area", "day"),
)

horizon: Final = Table(
    "gl_garbage_horizon",
    metadata,
    Column("name", Text, primary_key=True),
    Column("laid_out_to", DateColumn, nullable=False),
    Column("laid_out_at", InstantColumn, nullable=False),
    Column("version", IdColumn),
)

settings: Final = Table(
    "gl_garbage_setting",
    metadata,
    Column("citizen", IdColumn, primary_key=True),
    Column("area", Text, primary_key=True),
    Column("enabled", BoolColumn, nullable=False),
    Column("days_before", Integer, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("told_for", DateColumn),
    Column("told_by", IdColumn),
    Index("gl_garbage_setting_area", "area", "hour"),
)

muted: Final = Table(
    "gl_garbage_muted",
    metadata,
    Column("citizen", IdColumn, primary_key=True),
    Column("kind", Text, primary_key=True),
)
