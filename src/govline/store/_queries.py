"""The outbox's statements. Claims and fates are conditional UPDATEs judged by the rows they touched."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, fields, frozen
from sqlalchemy import (
    ARRAY,
    Executable,
    Integer,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)

from govline.core import Id, Json
from govline.store._pages import Page
from govline.store._tables import order_key, outbox
from govline.store._upsert import insert_unless_known
from govline.store.columns import InstantColumn, JsonColumn
from govline.store.rows import given_rows
from govline.store.statement import Statement

__all__ = [
    "ADVANCE",
    "AMEND",
    "ANY_LEASED",
    "BUMP_ORDER",
    "CLAIM",
    "COUNTS",
    "END",
    "FATES",
    "FIND_DUPLICATE",
    "HEAD_OF_ORDER",
    "INSERT",
    "LEAVE_ORDER",
    "LOCK_ORDER",
    "NEXT_QUEUE",
    "PURGE",
    "PURGE_ORDERS",
    "READ",
    "RELEASE",
    "RENEW",
    "REOPEN",
    "SKIP",
    "WAKE",
    "WAKE_DUE",
    "WITHDRAW",
    "Entry",
    "Head",
    "Job",
    "Page",
    "list_entries",
]

_c = outbox.c
_now = bindparam("now", type_=InstantColumn())
_limit = bindparam("limit", type_=Integer())
# Written out, because both planners use a partial index only for a condition that they can read in the statement.
_READY = text("state = 'ready'")
_LEASED = text("state = 'leased'")
_OPEN = text("state NOT IN ('done', 'skipped')")


@frozen
class Job:
    """A claimed effect, as the pump carries it."""

    id: Id
    queue: str
    topic: str
    version: int
    payload: Mapping[str, Json] = field(repr=False)
    order_key: str | None
    strict: bool
    priority: int
    enqueued: datetime
    expires: datetime | None
    lease_until: datetime
    fence: int
    attempts: int
    first_attempt: datetime


@frozen
class Entry:
    """A row of the outbox without its payload's values: safe to show to staff."""

    id: Id
    queue: str
    topic: str
    version: int
    order_key: str | None
    position: int
    priority: int
    enqueued: datetime
    due: datetime
    expires: datetime | None
    state: str
    wake: datetime | None
    attempts: int
    first_attempt: datetime | None
    reason: str
    ended: datetime | None
    payload: Mapping[str, Json]


@frozen
class Head:
    """The row that an order key is at."""

    id: Id
    state: str
    due: datetime


INSERT = insert_unless_known("outbox.insert", outbox, "topic", "dedupe")
FIND_DUPLICATE = Statement(
    "outbox.find_duplicate",
    select(_c.id).where(_c.topic == bindparam("topic"), _c.dedupe == bindparam("dedupe")),
)
BUMP_ORDER = insert_unless_known(
    "outbox.bump_order",
    order_key,
    "order_key",
    change={"tail": order_key.c.tail + 1, "touched": _now},
    returning=order_key.c.tail,
)
LOCK_ORDER = Statement(
    "outbox.lock_order",
    update(order_key).where(order_key.c.order_key == bindparam("key")).values(touched=_now),
)
HEAD_OF_ORDER = Statement(
    "outbox.head_of_order",
    select(_c.id, _c.state, _c.due)
    .where(_c.order_key == bindparam("key"), _OPEN)
    .order_by(_c.position)
    .limit(1),
    Head,
)
ADVANCE = Statement(
    "outbox.advance",
    update(outbox)
    .where(_c.id == bindparam("row"), text("state = 'waiting'"))
    .values(state=bindparam("to"), wake=bindparam("at", type_=InstantColumn())),
)


def _due_for_wake() -> Select[Any]:
    return select(_c.id).where(_c.wake <= _now).order_by(_c.wake).limit(_limit)


def _waken(picked: Any) -> Executable:
    return update(outbox).where(picked, _c.wake <= _now).values(state="ready", wake=None)


def _these(rows: Select[Any]) -> Any:
    return _c.id.in_(rows.scalar_subquery())


def _locked(rows: Select[Any]) -> Any:
    """Those of the rows that nobody else holds, PostgreSQL only.

    An array, because PostgreSQL then runs the part that locks exactly once, and goes through the primary key whatever it
    knows of the table: for IN (…) it may read a million rows that came since it last looked.
    """
    picked = rows.with_for_update(skip_locked=True).scalar_subquery()
    return _c.id == any_(func.array(picked, type_=ARRAY(Text)))


# ordered, or PostgreSQL may look through the whole table for the one row
WAKE_DUE = Statement("outbox.wake_due", select(_c.id).where(_c.wake <= _now).order_by(_c.wake).limit(1))
WAKE = Statement("outbox.wake", _waken(_these(_due_for_wake())), postgresql=_waken(_locked(_due_for_wake())))
ANY_LEASED = Statement("outbox.any_leased", select(_c.id).where(_LEASED).limit(1))
NEXT_QUEUE = Statement(
    "outbox.next_queue",
    select(_c.queue).where(_READY, _c.queue > bindparam("after")).order_by(_c.queue).limit(1),
)


def _next_ready() -> Select[Any]:
    return (
        select(_c.id)
        .where(_READY, _c.queue == bindparam("from_queue"))
        .order_by(_c.priority.desc(), _c.id)
        .limit(_limit)
    )


def _claim(picked: Any) -> Executable:
    return (
        update(outbox)
        .where(picked, _READY)
        .values(
            state="leased",
            wake=bindparam("lease_until", type_=InstantColumn()),
            fence=_c.fence + 1,
            attempts=_c.attempts + 1,
            first_attempt=func.coalesce(_c.first_attempt, _now),
        )
        .returning(
            _c.id,
            _c.queue,
            _c.topic,
            _c.version,
            _c.payload,
            _c.order_key,
            _c.strict,
            _c.priority,
            _c.enqueued,
            _c.expires,
            _c.wake,
            _c.fence,
            _c.attempts,
            _c.first_attempt,
        )
    )


CLAIM = Statement(
    "outbox.claim", _claim(_these(_next_ready())), Job, postgresql=_claim(_locked(_next_ready()))
)
END = Statement(
    "outbox.end",
    update(outbox)
    .where(_c.id == bindparam("row"), _c.fence == bindparam("seen_fence"), _LEASED)
    .values(
        state=bindparam("to"),
        wake=bindparam("at", type_=InstantColumn()),
        reason=bindparam("why"),
        ended=bindparam("over", type_=InstantColumn()),
        attempts=_c.attempts - bindparam("given_back", type_=Integer()),
        first_attempt=case(
            (_c.attempts > bindparam("given_back", type_=Integer()), _c.first_attempt), else_=None
        ),
    ),
)
RENEW = Statement(
    "outbox.renew",
    update(outbox)
    .where(_c.id == bindparam("row"), _c.fence == bindparam("seen_fence"), _LEASED)
    .values(wake=bindparam("until", type_=InstantColumn())),
)
AMEND = Statement(
    "outbox.amend",
    update(outbox)
    .where(_c.id == bindparam("row"))
    .values(payload=bindparam("payload", type_=JsonColumn()), attempts=0, first_attempt=None),
)
LEAVE_ORDER = Statement(
    "outbox.leave_order", update(outbox).where(_c.id == bindparam("row")).values(order_key=None)
)
RELEASE = Statement(
    "outbox.release",
    update(outbox)
    .where(_c.id == bindparam("row"), _c.fence == bindparam("seen_fence"), _LEASED)
    .values(
        state="ready",
        wake=None,
        attempts=_c.attempts - 1,
        first_attempt=case((_c.attempts > 1, _c.first_attempt), else_=None),
    ),
)

_SHOWN = tuple(_c[column.name] for column in fields(Entry))


def _fates(dialect: str) -> Any:
    """A subquery for each key is an index look-up, however large the outbox."""
    given = given_rows({"dedupe": Text()}, dialect)["dedupe"]
    of_key = (_c.topic == bindparam("topic"), _c.dedupe == given)
    return select(_c.dedupe, _c.state, _c.reason).where(*of_key)


FATES = Statement("outbox.fates", _fates("postgresql"), sqlite=_fates("sqlite"))
READ = Statement("outbox.read", select(*_SHOWN).where(_c.id == bindparam("row")), Entry)
REOPEN = Statement(
    "outbox.reopen",
    update(outbox)
    .where(_c.id == bindparam("row"), text("state IN ('dead', 'unknown', 'asleep')"))
    .values(
        state="asleep",
        wake=_now,
        attempts=0,
        first_attempt=None,
        ended=None,
        reason=bindparam("why"),
    ),
)
SKIP = Statement(
    "outbox.skip",
    update(outbox)
    .where(_c.id == bindparam("row"), text("state NOT IN ('done', 'skipped', 'leased')"))
    .values(state="skipped", wake=None, ended=_now, reason=bindparam("why")),
)
WITHDRAW = Statement(
    "outbox.withdraw",
    update(outbox)
    .where(_c.id == bindparam("row"), text("state IN ('waiting', 'asleep', 'ready')"))
    .values(
        state="skipped",
        wake=None,
        ended=_now,
        reason="withdrawn",
        dedupe=bindparam("name"),
        payload=bindparam("nothing", type_=JsonColumn()),
    ),
)
COUNTS = Statement(
    "outbox.counts",
    select(_c.queue, _c.state, func.count()).group_by(_c.queue, _c.state).order_by(_c.queue, _c.state),
)


def _ended_before() -> Select[Any]:
    return (
        select(_c.id)
        .where(
            _c.ended <= bindparam("before", type_=InstantColumn()),
            or_(text("state IN ('done', 'skipped')"), _c.order_key.is_(None)),
        )
        .order_by(_c.ended)
        .limit(_limit)
    )


PURGE = Statement("outbox.purge", delete(outbox).where(_c.id.in_(_ended_before().scalar_subquery())))
PURGE_ORDERS = Statement(
    "outbox.purge_orders",
    delete(order_key).where(
        order_key.c.touched <= bindparam("before", type_=InstantColumn()),
        ~select(literal_column("1")).where(_c.order_key == order_key.c.order_key, _OPEN).exists(),
    ),
)


def list_entries(state: str | None, topic: str | None, page: Page) -> Select[Any]:
    """One page of rows, in id order or back from the newest."""
    wanted = [page.beyond(_c.id)]
    if state is not None:
        wanted.append(_c.state == literal_column(f"'{state}'"))
    if topic is not None:
        wanted.append(_c.topic == topic)
    return select(*_SHOWN).where(and_(*wanted)).order_by(page.order(_c.id)).limit(page.limit)
