"""Erasing a citizen from the store's own tables: identity, inbox, outbox, schedules, audit, language."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen
from sqlalchemy import bindparam, delete, func, or_, select, update

from govline.core import CitizenId, Id, Json, Transaction
from govline.store import chain, identity
from govline.store._tables import (
    address_page,
    inbox_lane,
    language,
    order_key,
    outbox,
    schedule,
    schedule_fired,
)
from govline.store.columns import InstantColumn, JsonColumn
from govline.store.outbox_claims import advance
from govline.store.statement import Statement

__all__ = ["ERASED", "erase", "without"]

ERASED: Final = "erased"
"""The reason of an effect that was let go because its citizen was erased."""


@frozen
class _Row:
    id: Id
    state: str
    order_key: str | None
    payload: Json


_o = outbox.c
_who: Any = bindparam("who")


def _mentions(name: str, columns: list[Any], build: Callable[[Any], Any], row: Any = None) -> Statement:
    """A statement over the rows that hold the id anywhere in the columns, in the words of each engine."""

    def where(find: Any) -> Any:
        return or_(*[find(column, _who) > 0 for column in columns])

    return Statement(name, build(where(func.instr)), row, postgresql=build(where(func.strpos)))


_MENTIONING = _mentions(
    "erasure.mentioning",
    [_o.payload, _o.dedupe, func.coalesce(_o.order_key, "")],
    lambda hit: select(_o.id, _o.state, _o.order_key, _o.payload).where(hit).order_by(_o.id),
    _Row,
)
_TRIM = Statement(
    "erasure.trim",
    update(outbox)
    .where(_o.id == bindparam("row"))
    .values(payload=bindparam("rest", type_=JsonColumn()), dedupe=bindparam("name")),
)
_LET_GO = Statement(
    "erasure.let_go",
    update(outbox)
    .where(_o.id == bindparam("row"))
    .values(
        state=bindparam("to"),
        wake=None,
        ended=func.coalesce(_o.ended, bindparam("now", type_=InstantColumn())),
        reason=bindparam("why"),
        payload=bindparam("rest", type_=JsonColumn()),
        dedupe=bindparam("name"),
        order_key=None,
        fence=_o.fence + 1,
    ),
)
_SCHEDULES = _mentions(
    "erasure.schedules",
    [schedule.c.key, schedule.c.subject_id, schedule.c.effect],
    lambda hit: delete(schedule).where(hit),
)
_OTHERS = (
    _mentions("erasure.fired", [schedule_fired.c.key], lambda hit: delete(schedule_fired).where(hit)),
    _mentions("erasure.orders", [order_key.c.order_key], lambda hit: delete(order_key).where(hit)),
    _mentions("erasure.lanes", [inbox_lane.c.lane], lambda hit: delete(inbox_lane).where(hit)),
    # the page that begins or ends with the citizen names them; the others on it are read from their own rows
    Statement(
        "erasure.page",
        delete(address_page).where(or_(address_page.c.first == _who, address_page.c.last == _who)),
    ),
    Statement("erasure.language", delete(language).where(language.c.citizen == _who)),
)


def erase(tx: Transaction, citizen: CitizenId) -> Id:
    """Forget a citizen in the store: who they are, what they sent, what was or will be sent to them.

    An effect that waits is let go with the reason `erased`; from one that concerns others too only this citizen is taken.

    Returns:
        The tombstone: the pseudonym under which the audit still knows that somebody did something. It leads to nobody.
    """
    identity.erase(tx, citizen)
    tx.write(_SCHEDULES, {"who": citizen})
    for row in tx.all(_MENTIONING, {"who": citizen}):
        _scrub(tx, row, citizen)
    for statement in _OTHERS:
        tx.write(statement, {"who": citizen})
    return chain.forget(tx, citizen)


def _scrub(tx: Transaction, row: _Row, citizen: CitizenId) -> None:
    rest = without(row.payload, citizen)
    name = f"{ERASED}:{row.id}"
    others = isinstance(rest, Mapping) and rest != row.payload and citizen not in (row.order_key or "")
    if others:
        tx.write(_TRIM, {"row": row.id, "rest": rest, "name": name})
        return
    ended = row.state in ("done", "skipped")
    tx.write(
        _LET_GO,
        {
            "row": row.id,
            "to": row.state if ended else "skipped",
            "now": tx.now,
            "why": "" if row.state == "done" else ERASED,
            "rest": {},
            "name": name,
        },
    )
    if row.order_key is not None and citizen not in row.order_key and not ended:
        advance(tx, row.order_key)


def without(value: Json, citizen: CitizenId) -> Json:
    """A payload from whose lists the citizen was taken, while others are left in them; None where it is theirs alone.

    A list of strings may name the citizen, a list of mappings may hold one of theirs.
    """
    try:
        rest = _without(value, citizen)
    except _TheirsAlone:
        return None
    return rest


class _TheirsAlone(Exception):
    """The value belongs to the citizen alone."""


def _without(value: Json, citizen: CitizenId) -> Json:
    if isinstance(value, str):
        if citizen in value:
            raise _TheirsAlone
        return value
    if isinstance(value, Mapping):
        if any(citizen in str(key) for key in value):
            raise _TheirsAlone
        return {key: _without(item, citizen) for key, item in value.items()}
    if isinstance(value, list | tuple):
        kept = []
        for item in value:
            try:
                kept.append(_without(item, citizen))
            except _TheirsAlone:
                continue
        if value and not kept:
            raise _TheirsAlone
        return kept
    return value
