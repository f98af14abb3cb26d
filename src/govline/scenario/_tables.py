"""Published definitions, one session a citizen, turns as events."""

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

from govline.store.columns import IdColumn, InstantColumn, JsonColumn

__all__ = ["definitions", "metadata", "sessions", "turns"]

metadata = MetaData()

definitions = Table(
    "gl_scenario_definition",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("scenario", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("published", InstantColumn, nullable=False),
)
Index("gl_scenario_definition_version", definitions.c.scenario, definitions.c.version)

# One row a citizen, locked for the length of a turn. `state` is null between talks; `turns` counts those of the talk `id`.
sessions = Table(
    "gl_scenario_session",
    metadata,
    Column("citizen", IdColumn, primary_key=True),
    Column("id", IdColumn, nullable=False),
    Column("scenario", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("step", Text, nullable=False),
    Column("state", JsonColumn),
    Column("outcome", Text, nullable=False),
    Column("turns", Integer, nullable=False),
    Column("updated", InstantColumn, nullable=False),
)

turns = Table(
    "gl_scenario_turn",
    metadata,
    Column("citizen", IdColumn, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("session", IdColumn, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", InstantColumn, nullable=False),
    Column("body", JsonColumn, nullable=False),
)
Index("gl_scenario_turn_session", turns.c.session, turns.c.number)
Index("gl_scenario_turn_at", turns.c.at)
