"""The inbox's statements."""

from datetime import datetime
from typing import Any

from attrs import field, fields, frozen
from sqlalchemy import Select, bindparam, delete, func, literal_column, select, text, update

from govline.core import CitizenId, Id
from govline.store._pages import Page
from govline.store._tables import inbox, inbox_lane
from govline.store._upsert import insert_unless_known
from govline.store.columns import InstantColumn
from govline.store.statement import Statement

__all__ = [
    "BLANK",
    "COUNT",
    "COUNTS",
    "END",
    "ERASE",
    "FAIL",
    "INSERT",
    "INSERT_LANE",
    "LANE_TOUCHED",
    "LOCK_LANE",
    "MESSAGES_OF",
    "NEXT",
    "PASS",
    "PURGE",
    "PURGE_LANES",
    "READ_EVENT",
    "REPLAY",
    "TOUCH_LANE",
    "WAITING_LANES",
    "WAIT_FOR_LANE",
    "Listed",
    "Stored",
    "list_events",
]

_c = inbox.c
_lane = inbox_lane.c
_now = bindparam("now", type_=InstantColumn())
_before = bindparam("before", type_=InstantColumn())
_RECEIVED = text("state = 'received'")


@frozen
class Stored:
    """An event as it lies in the table."""

    id: Id
    lane: str
    citizen: CitizenId | None
    kind: str
    timestamp_ms: int
    sequence: int
    body: str = field(repr=False)
    reply_token: str = field(repr=False)
    sealed: bool
    attempts: int
    code: str
    received: datetime


@frozen
class Listed:
    """An event as staff see it: no body, no token."""

    id: Id
    citizen: CitizenId | None
    kind: str
    timestamp_ms: int
    sequence: int
    state: str
    attempts: int
    code: str
    received: datetime
    ended: datetime | None


def _columns(row: Any) -> list[Any]:
    return [_c[column.name] for column in fields(row)]


INSERT = insert_unless_known("inbox.insert", inbox, "id")
INSERT_LANE = insert_unless_known("inbox.insert_lane", inbox_lane, "lane")
WAITING_LANES = Statement(
    "inbox.waiting_lanes",
    select(_c.lane)
    .where(_RECEIVED)
    .group_by(_c.lane)
    .order_by(func.min(_c.timestamp_ms), _c.lane)
    .limit(bindparam("limit")),
)
_of_lane = select(_lane.last_ms).where(_lane.lane == bindparam("key"))
# Whoever holds the lane's row until the commit handles its events; on PostgreSQL another worker turns away at once,
# on SQLite there is one writer anyway.
LOCK_LANE = Statement("inbox.lock_lane", _of_lane, postgresql=_of_lane.with_for_update(skip_locked=True))
WAIT_FOR_LANE = Statement("inbox.wait_for_lane", _of_lane, postgresql=_of_lane.with_for_update())
LANE_TOUCHED = Statement(
    "inbox.lane_touched", select(_lane.touched).where(_lane.lane == bindparam("key")), lambda touched: touched
)
TOUCH_LANE = Statement(
    "inbox.touch_lane", update(inbox_lane).where(_lane.lane == bindparam("key")).values(touched=_now)
)
NEXT = Statement(
    "inbox.next",
    select(*_columns(Stored))
    .where(_c.lane == bindparam("key"), _RECEIVED)
    .order_by(_c.timestamp_ms, _c.sequence, _c.id)
    .limit(1),
    Stored,
)
READ_EVENT = Statement("inbox.read", select(*_columns(Stored)).where(_c.id == bindparam("row")), Stored)
END = Statement(
    "inbox.end",
    update(inbox)
    .where(_c.id == bindparam("row"), _RECEIVED)
    .values(state="done", attempts=bindparam("attempt"), code="", ended=_now),
)
PASS = Statement(
    "inbox.pass",
    update(inbox_lane).where(_lane.lane == bindparam("key")).values(last_ms=bindparam("ms"), touched=_now),
)
FAIL = Statement(
    "inbox.fail",
    update(inbox)
    .where(_c.id == bindparam("row"), _RECEIVED, _c.attempts == bindparam("seen_attempts"))
    .values(state="failed", attempts=bindparam("attempt"), code=bindparam("error"), ended=_now),
)
# An attempt that is begun, or that ended without a result: the event waits on.
COUNT = Statement(
    "inbox.count",
    update(inbox)
    .where(_c.id == bindparam("row"), _RECEIVED, _c.attempts == bindparam("seen_attempts"))
    .values(attempts=bindparam("attempt"), code=bindparam("error")),
)
REPLAY = Statement(
    "inbox.replay",
    update(inbox)
    .where(_c.id == bindparam("row"), text("state = 'failed'"))
    .values(state="received", attempts=0, code="", ended=None),
)
COUNTS = Statement("inbox.counts", select(_c.state, _c.kind, func.count()).group_by(_c.state, _c.kind))
PURGE = Statement(
    "inbox.purge",
    delete(inbox).where(
        _c.id.in_(
            select(_c.id)
            .where(_c.ended <= _before, _c.state == bindparam("in_state"))
            .order_by(_c.ended)
            .limit(bindparam("limit"))
            .scalar_subquery()
        )
    ),
)
PURGE_LANES = Statement(
    "inbox.purge_lanes",
    delete(inbox_lane).where(
        _lane.touched <= _before,
        ~select(literal_column("1")).where(_c.lane == _lane.lane, _RECEIVED).exists(),
    ),
)
MESSAGES_OF = Statement(
    "inbox.messages_of",
    select(*_columns(Stored))
    .where(_c.citizen == bindparam("who"), _c.kind.startswith("message."))
    .order_by(_c.timestamp_ms.desc()),
    Stored,
)
BLANK = Statement(
    "inbox.blank",
    update(inbox)
    .where(_c.id == bindparam("row"))
    .values(
        body=bindparam("nothing"),
        reply_token="",
        state="done",
        ended=func.coalesce(_c.ended, _now),
    ),
)
ERASE = Statement("inbox.erase", delete(inbox).where(_c.citizen == bindparam("who")))


def list_events(state: str | None, page: Page) -> Select[Any]:
    """One page of events, in id order or back from the newest."""
    wanted = select(*_columns(Listed)).where(page.beyond(_c.id)).order_by(page.order(_c.id)).limit(page.limit)
    return wanted if state is None else wanted.where(_c.state == literal_column(f"'{state}'"))
