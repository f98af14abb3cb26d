"""Statements of schedules, ticks, audit, identity, follow history and blobs."""

from datetime import datetime
from typing import Any

from attrs import fields, frozen
from sqlalchemy import Integer, Select, and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert

from govline.core import CitizenId, Id, Json
from govline.store._tables import audit, blob, follow, identity, schedule, schedule_fired, tick
from govline.store._upsert import insert_unless_known
from govline.store.columns import InstantColumn
from govline.store.statement import Statement

__all__ = [
    "ADD_BLOB",
    "ADD_FOLLOW",
    "ADD_IDENTITY",
    "ARM_TICK",
    "DUE_SCHEDULES",
    "ERASE_FOLLOWS",
    "ERASE_IDENTITY",
    "FAIL_TICK",
    "FIND_IDENTITY",
    "GET_BLOB",
    "HISTORY",
    "NEXT_DUE",
    "NOTE_FIRED",
    "OF_SUBJECT",
    "OLD_IDENTITIES",
    "PASS_TICK",
    "POSTPONE",
    "PURGE_BLOBS",
    "PUT_AND_TAKE",
    "PUT_SCHEDULE",
    "READ_BLOCKED",
    "READ_SEALED",
    "READ_TICK",
    "REMOVE_SCHEDULE",
    "REWRAP",
    "SET_BACK_TICK",
    "SET_BLOCKED",
    "TAKE_FIRED",
    "TAKE_SCHEDULE",
    "UPCOMING",
    "WRITE_AUDIT",
    "AuditEntry",
    "Follow",
    "Planned",
    "SealedIdentity",
    "TickState",
    "list_audit",
    "sealed_of",
]


def _instant(name: str) -> Any:
    return bindparam(name, type_=InstantColumn())


_limit = bindparam("limit", type_=Integer())

_s = schedule.c


@frozen
class Planned:
    """A schedule as it lies in the table."""

    key: str
    due: datetime
    subject_kind: str
    subject_id: Id
    quiet_hours: bool
    effect: Json


_PLANNED = [_s[field.name] for field in fields(Planned)]
PUT_SCHEDULE = insert_unless_known(
    "schedules.put",
    schedule,
    "key",
    change={column.name: bindparam(column.name) for column in schedule.c if column.name != "key"},
)
_fired = schedule_fired.c
_FORGET_FIRED = delete(schedule_fired).where(_fired.key == bindparam("key")).returning(_fired.effect_id)
TAKE_FIRED = Statement("schedules.take_fired", _FORGET_FIRED)


def _put_and_take() -> Any:
    """On PostgreSQL one round trip puts the schedule and takes the mark of the effect that it became before."""
    gone = _FORGET_FIRED.cte("gone")
    row: dict[str, Any] = {column.name: bindparam(column.name) for column in schedule.c}
    change = {name: value for name, value in row.items() if name != "key"}
    return (
        postgresql_insert(schedule)
        .values(row)
        .on_conflict_do_update(index_elements=["key"], set_=change)
        .returning(select(gone.c.effect_id).scalar_subquery())
        .add_cte(gone)
    )


PUT_AND_TAKE = Statement("schedules.put_and_take", _put_and_take())
NOTE_FIRED = insert_unless_known(
    "schedules.note_fired",
    schedule_fired,
    "key",
    change={"effect_id": bindparam("effect_id"), "fired": _instant("fired")},
)
UPCOMING = Statement(
    "schedules.upcoming",
    select(*_PLANNED)
    .where(or_(_s.due > _instant("after"), and_(_s.due == _instant("after"), _s.key > bindparam("beyond"))))
    .order_by(_s.due, _s.key)
    .limit(_limit),
    Planned,
)
REMOVE_SCHEDULE = Statement("schedules.remove", delete(schedule).where(_s.key == bindparam("row")))


def _due_schedules() -> Select[Any]:
    return select(*_PLANNED).where(_s.due <= _instant("now")).order_by(_s.due, _s.key).limit(_limit)


DUE_SCHEDULES = Statement(
    "schedules.due",
    _due_schedules(),
    Planned,
    postgresql=_due_schedules().with_for_update(skip_locked=True),
)
NEXT_DUE = Statement("schedules.next_due", select(_s.due).order_by(_s.due).limit(1))
TAKE_SCHEDULE = Statement(
    "schedules.take", delete(schedule).where(_s.key == bindparam("row"), _s.due == _instant("seen_due"))
)
POSTPONE = Statement(
    "schedules.postpone",
    update(schedule)
    .where(_s.key == bindparam("row"), _s.due == _instant("seen_due"))
    .values(due=_instant("later")),
)
OF_SUBJECT = Statement(
    "schedules.of_subject",
    select(*_PLANNED)
    .where(_s.subject_kind == bindparam("kind"), _s.subject_id == bindparam("id"))
    .order_by(_s.due, _s.key),
    Planned,
)

_t = tick.c


@frozen
class TickState:
    """How a tick fared last."""

    last_due: datetime
    failures: int
    retry_at: datetime | None
    code: str


ARM_TICK = insert_unless_known("ticks.arm", tick, "name")
READ_TICK = Statement(
    "ticks.read",
    select(_t.last_due, _t.failures, _t.retry_at, _t.code).where(_t.name == bindparam("row")),
    TickState,
)
PASS_TICK = Statement(
    "ticks.pass",
    update(tick)
    .where(_t.name == bindparam("row"), _t.last_due < _instant("upto"))
    .values(last_due=_instant("upto"), failures=0, retry_at=None, code=""),
)
SET_BACK_TICK = Statement(
    "ticks.set_back",
    update(tick)
    .where(_t.name == bindparam("row"), _t.last_due > _instant("beyond"))
    .values(last_due=_instant("upto"), failures=0, retry_at=None, code=""),
)
FAIL_TICK = Statement(
    "ticks.fail",
    update(tick)
    .where(_t.name == bindparam("row"), _t.last_due < _instant("upto"))
    .values(failures=_t.failures + 1, retry_at=_instant("again"), code=bindparam("error")),
)

_a = audit.c


@frozen
class AuditEntry:
    """Who did what to which subject, when and through which channel."""

    id: Id
    at: datetime
    actor_kind: str
    actor_id: Id
    channel: str
    action: str
    subject_kind: str
    subject_id: Id
    data: Json


_ENTRY = [_a[field.name] for field in fields(AuditEntry)]
_WRITTEN: dict[str, Any] = {field.name: bindparam(field.name) for field in fields(AuditEntry)}
WRITE_AUDIT = Statement("audit.write", audit.insert().values(_WRITTEN))


def list_audit(
    subject: tuple[str, list[Id]] | None, actor: tuple[str, list[Id]] | None, after: Id, limit: int
) -> Select[Any]:
    """The page after entry `after`, in id (time) order; each of subject and actor by any of the ids it may stand under."""
    wanted = select(*_ENTRY).where(_a.id > after)
    if subject is not None:
        wanted = wanted.where(_a.subject_kind == subject[0], _a.subject_id.in_(subject[1]))
    if actor is not None:
        wanted = wanted.where(_a.actor_kind == actor[0], _a.actor_id.in_(actor[1]))
    return wanted.order_by(_a.id).limit(limit)


_i = identity.c


@frozen
class SealedIdentity:
    """A sealed LINE userId and whose it is."""

    citizen: CitizenId
    sealed: str


FIND_IDENTITY = Statement("identity.find", select(_i.citizen).where(_i.lookup == bindparam("hash")))
ADD_IDENTITY = insert_unless_known("identity.add", identity, "lookup")
READ_SEALED = Statement("identity.read_sealed", select(_i.sealed).where(_i.citizen == bindparam("who")))
READ_BLOCKED = Statement("identity.read_blocked", select(_i.blocked).where(_i.citizen == bindparam("who")))
SET_BLOCKED = Statement(
    "identity.set_blocked",
    update(identity)
    .where(_i.citizen == bindparam("who"), _i.blocked != bindparam("flag"))
    .values(blocked=bindparam("flag")),
)
OLD_IDENTITIES = Statement(
    "identity.old",
    select(_i.citizen, _i.sealed)
    .where(_i.key_id != bindparam("newest"), _i.citizen > bindparam("after"))
    .order_by(_i.citizen)
    .limit(_limit),
    SealedIdentity,
)
REWRAP = Statement(
    "identity.rewrap",
    update(identity)
    .where(_i.citizen == bindparam("who"), _i.sealed == bindparam("seen"))
    .values(sealed=bindparam("again"), lookup=bindparam("hash"), key_id=bindparam("newest")),
)
ERASE_IDENTITY = Statement("identity.erase", delete(identity).where(_i.citizen == bindparam("who")))


def sealed_of(citizens: list[CitizenId]) -> Select[Any]:
    """Sealed userIds of a page of citizens."""
    return select(_i.citizen, _i.sealed).where(_i.citizen.in_(citizens))


_f = follow.c


@frozen
class Follow:
    """A follow (blocked=False) or an unfollow (blocked=True)."""

    blocked: bool
    at: datetime


ADD_FOLLOW = Statement("identity.add_follow", follow.insert())
HISTORY = Statement(
    "identity.history",
    select(_f.blocked, _f.at).where(_f.citizen == bindparam("who")).order_by(_f.id),
    Follow,
)
ERASE_FOLLOWS = Statement("identity.erase_follows", delete(follow).where(_f.citizen == bindparam("who")))

_b = blob.c
ADD_BLOB = Statement("blobs.add", blob.insert())
GET_BLOB = Statement(
    "blobs.get", select(_b.sealed, _b.media_type, _b.expires).where(_b.id == bindparam("row"))
)
REMOVE_BLOB = Statement("blobs.remove", delete(blob).where(_b.id == bindparam("row")))
PURGE_BLOBS = Statement(
    "blobs.purge",
    delete(blob).where(
        _b.id.in_(
            select(_b.id)
            .where(_b.expires <= _instant("now"))
            .order_by(_b.expires)
            .limit(_limit)
            .scalar_subquery()
        )
    ),
)
