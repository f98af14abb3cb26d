"""The statements of the scenario room, built once."""

from datetime import datetime
from typing import Any

from attrs import field, frozen
from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.core import Id, Json
from govline.scenario._tables import definitions, sessions, turns
from govline.store import Statement
from govline.store.columns import InstantColumn, JsonColumn

__all__ = [
    "ADD_SESSION",
    "ADD_TURN",
    "DEFINITION",
    "FORGET_SESSION",
    "FORGET_TURNS",
    "LOCK",
    "PUBLISH",
    "PURGE_SESSIONS",
    "PURGE_TURNS",
    "RECENT",
    "SAVE",
    "STAND",
    "TURN",
    "TURNS_OF",
    "VERSIONS",
    "Recent",
    "Row",
]

_s, _t, _d = sessions.c, turns.c, definitions.c
_citizen = _s.citizen == bindparam("citizen")


@frozen
class Row:
    """A citizen's session row: the talk's id, where it stands (None between talks), how many turns it had."""

    id: Id
    state: Json = field(repr=False, hash=False)
    turns: int


@frozen
class Recent:
    """A session as staff see it: no citizen, no answers."""

    scenario: str
    version: int
    step: str
    outcome: str
    turns: int
    updated: datetime


def _insert_once(name: str, table: Table) -> Statement:
    """An insert that leaves a row that is already there as it is, and counts only new ones."""
    values: dict[str, Any] = {column.name: bindparam(column.name, type_=column.type) for column in table.c}
    return Statement(
        name,
        sqlite_insert(table).values(values).on_conflict_do_nothing(),
        postgresql=postgresql_insert(table).values(values).on_conflict_do_nothing(),
    )


_locked = select(_s.id, _s.state, _s.turns).where(_citizen)

LOCK = Statement("scenario.lock", _locked, Row, postgresql=_locked.with_for_update())
"""The citizen's row, held until the unit ends: two messages at once are two turns. SQLite has one writer anyway."""

STAND = Statement("scenario.stand", _locked, Row)

ADD_SESSION = _insert_once("scenario.add_session", sessions)
ADD_TURN = Statement(
    "scenario.add_turn",
    insert(turns).values({column.name: bindparam(column.name, type_=column.type) for column in turns.c}),
)
PUBLISH = _insert_once("scenario.publish", definitions)

SAVE = Statement(
    "scenario.save",
    update(sessions)
    .where(_citizen)
    .values(
        id=bindparam("session"),
        scenario=bindparam("name"),
        version=bindparam("edition"),
        step=bindparam("at_step"),
        state=bindparam("stand", type_=JsonColumn()),
        outcome=bindparam("ended"),
        turns=bindparam("count"),
        updated=bindparam("now", type_=InstantColumn()),
    ),
)

TURN = Statement(
    "scenario.turn", select(_t.body).where(_t.citizen == bindparam("citizen"), _t.key == bindparam("key"))
)
TURNS_OF = Statement(
    "scenario.turns_of", select(_t.body).where(_t.session == bindparam("session")).order_by(_t.number)
)
DEFINITION = Statement("scenario.definition", select(_d.body).where(_d.hash == bindparam("hash")))
VERSIONS = Statement(
    "scenario.versions",
    select(_d.scenario, _d.version).group_by(_d.scenario, _d.version).having(func.count() > 1),
)
RECENT = Statement(
    "scenario.recent",
    select(_s.scenario, _s.version, _s.step, _s.outcome, _s.turns, _s.updated)
    .order_by(_s.updated.desc())
    .limit(bindparam("limit")),
    Recent,
)

FORGET_TURNS = Statement("scenario.forget_turns", delete(turns).where(_t.citizen == bindparam("citizen")))
FORGET_SESSION = Statement("scenario.forget_session", delete(sessions).where(_citizen))
PURGE_TURNS = Statement(
    "scenario.purge_turns", delete(turns).where(_t.at < bindparam("before", type_=InstantColumn()))
)
PURGE_SESSIONS = Statement(
    "scenario.purge_sessions", delete(sessions).where(_s.updated < bindparam("before", type_=InstantColumn()))
)
