"""The statements of delivery, built once."""

from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    Integer,
    LargeBinary,
    Text,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.core import Id
from govline.delivery._tables import batches, optouts, recipients, runs
from govline.delivery.model import BATCH_SIZE, Control, Kind, LedgerRow, Stage
from govline.store import Statement
from govline.store._tables import identity
from govline.store.columns import InstantColumn

__all__ = [
    "ADD_BATCH",
    "ADD_RECIPIENTS",
    "ADD_RUN",
    "BATCH",
    "BATCHES_AFTER",
    "BATCH_COUNTS",
    "BATCH_MEMBERS",
    "BEGIN_RUN",
    "CLOSE_BATCH",
    "CLOSE_RUN_BATCH",
    "CLOSE_UNSENT",
    "CORRECT_BATCH",
    "FINISH_RUN",
    "GROW_RUN",
    "LAST_BATCH",
    "LEAVE_OUT",
    "LEAVE_OUT_CAPPED",
    "LEAVE_OUT_OPTED",
    "LEAVE_OUT_UNCUT",
    "LEDGER",
    "LEDGER_COUNTS",
    "LOCK_RUN",
    "NEXT_CUT",
    "NOT_ACCEPTED",
    "OPEN_BATCH",
    "PARK",
    "PLAN_RUN",
    "RUNS",
    "RUN_BY_ID",
    "RUN_BY_KEY",
    "SET_CONTROL",
    "SET_STAGE",
    "SET_SWEEP",
    "TAKE_IN",
    "UNPARK",
    "Work",
    "batch_of",
]


def batch_of(column: Any, members: Any) -> Any:
    """A column of the batch that a ledger row stands in; NULL where it stands in none.

    The batch that begins last at or before the position, unless it ends before it: while a run is being cut, those behind
    stand in none yet. What became of a batch is written once, in its own row: 500 rows less to write at 200 batches a second.
    """
    return (
        select(case((batches.c.last >= members.c.position, column)))
        .where(batches.c.run_id == members.c.run_id, batches.c.first <= members.c.position)
        .order_by(batches.c.first.desc())
        .limit(1)
        .scalar_subquery()
    )


# One whose key is known is left as it is: the row count tells.
_GIVEN: Final[Any] = {column.name: bindparam(column.name) for column in runs.columns}
ADD_RUN: Final = Statement(
    "delivery.add_run",
    postgresql_insert(runs).values(_GIVEN).on_conflict_do_nothing(),
    sqlite=sqlite_insert(runs).values(_GIVEN).on_conflict_do_nothing(),
)


def _add_page() -> Statement:
    """A page of recipients in one statement, from a JSON array: on PostgreSQL twice as fast as a row a parameter set."""
    elements = func.jsonb_array_elements_text(cast(bindparam("page", type_=Text), JSONB))
    on_postgres = elements.table_valued("value", with_ordinality="place", name="page").render_derived()
    on_sqlite = func.json_each(bindparam("page", type_=Text)).table_valued("value", "key", name="page")
    into = [column.name for column in recipients.columns]
    run, start = bindparam("run", type_=Text), bindparam("start", type_=Integer)
    rest = (literal("planned", Text), literal("", Text))
    from_postgres = select(run, on_postgres.c.value, start + cast(on_postgres.c.place, Integer) - 1, *rest)
    from_sqlite = select(run, on_sqlite.c.value, start + on_sqlite.c.key, *rest).where(true())
    return Statement(
        "delivery.add_recipients",
        postgresql_insert(recipients).from_select(into, from_postgres).on_conflict_do_nothing(),
        sqlite=sqlite_insert(recipients).from_select(into, from_sqlite).on_conflict_do_nothing(),
    )


ADD_RECIPIENTS: Final = _add_page()
ADD_BATCH: Final = Statement("delivery.add_batch", insert(batches))

_RUN = (
    runs.c.id,
    runs.c.key,
    runs.c.source,
    runs.c.unit,
    runs.c.digest,
    runs.c.started_at,
    runs.c.due_at,
    runs.c.expires_at,
    runs.c.batches,
    runs.c.finished_at,
    runs.c.campaign,
    runs.c.kind,
    runs.c.stage,
    runs.c.control,
    runs.c.terms,
    runs.c.left_out,
    runs.c.placed,
)
RUN_BY_KEY: Final = Statement("delivery.run_by_key", select(*_RUN).where(runs.c.key == bindparam("key")))
RUN_BY_ID: Final = Statement("delivery.run_by_id", select(*_RUN).where(runs.c.id == bindparam("id")))
RUNS: Final = Statement(
    "delivery.runs",
    select(*_RUN).where(runs.c.id < bindparam("before")).order_by(runs.c.id.desc()).limit(bindparam("limit")),
)
PLAN_RUN: Final = Statement(
    "delivery.plan_run",
    update(runs)
    .where(runs.c.id == bindparam("run"))
    .values(
        batches=bindparam("number"),
        open_batches=bindparam("number"),
        left_out=bindparam("excluded"),
        placed=bindparam("reachable"),
    ),
)
GROW_RUN: Final = Statement(
    "delivery.grow_run",
    update(runs)
    .where(runs.c.id == bindparam("run"))
    .values(
        batches=runs.c.batches + bindparam("number", type_=Integer),
        open_batches=runs.c.open_batches + bindparam("number", type_=Integer),
        left_out=runs.c.left_out + bindparam("excluded", type_=Integer),
        placed=runs.c.placed - bindparam("excluded", type_=Integer),
    ),
)
TAKE_IN: Final = Statement(
    "delivery.take_in",
    update(runs)
    .where(runs.c.id == bindparam("run"))
    .values(
        cursor=bindparam("after"),
        offered=runs.c.offered + bindparam("taken", type_=Integer),
        placed=runs.c.placed + bindparam("reachable", type_=Integer),
        left_out=runs.c.left_out + bindparam("excluded", type_=Integer),
    ),
)
BEGIN_RUN: Final = Statement(
    "delivery.begin_run",
    update(runs).where(runs.c.id == bindparam("run")).values(started_at=bindparam("now")),
)
SET_STAGE: Final = Statement(
    "delivery.set_stage",
    update(runs).where(runs.c.id == bindparam("run")).values(stage=bindparam("next")),
)
SET_CONTROL: Final = Statement(
    "delivery.set_control",
    update(runs)
    .where(
        runs.c.id == bindparam("run"),
        runs.c.finished_at.is_(None),
        or_(runs.c.control == bindparam("was"), runs.c.control == bindparam("or_was")),
    )
    .values(control=bindparam("next"), sweep=bindparam("begin", type_=Integer)),
)
SET_SWEEP: Final = Statement(
    "delivery.set_sweep",
    update(runs).where(runs.c.id == bindparam("run")).values(sweep=bindparam("upto", type_=Integer)),
)


@frozen
class Work:
    """What going on with a run needs of its row."""

    id: Id
    source: str
    kind: Kind
    messages: bytes
    stage: Stage
    control: Control
    terms: Any
    counted: bool
    cursor: str
    offered: int
    placed: int
    sweep: int | None
    due: datetime | None
    expires: datetime | None
    finished: datetime | None


# Whoever goes on with a run holds its row: two workers never take in the same page.
LOCK_RUN: Final = Statement(
    "delivery.lock_run",
    select(
        runs.c.id,
        runs.c.source,
        runs.c.kind,
        runs.c.messages,
        runs.c.stage,
        runs.c.control,
        runs.c.terms,
        runs.c.counted,
        runs.c.cursor,
        runs.c.offered,
        runs.c.placed,
        runs.c.sweep,
        runs.c.due_at,
        runs.c.expires_at,
        runs.c.finished_at,
    )
    .where(runs.c.id == bindparam("run"))
    .with_for_update(),
    row=Work,
)
LAST_BATCH: Final = Statement(
    "delivery.last_batch",
    select(batches.c.number, batches.c.last)
    .where(batches.c.run_id == bindparam("run"))
    .order_by(batches.c.number.desc())
    .limit(1),
)
BATCHES_AFTER: Final = Statement(
    "delivery.batches_after",
    select(batches.c.id, batches.c.number, batches.c.parked)
    .where(
        batches.c.run_id == bindparam("run"),
        batches.c.number > bindparam("after"),
        batches.c.state == "planned",
        batches.c.tries == 0,
    )
    .order_by(batches.c.number)
    .limit(bindparam("limit")),
)
_UNSENT = (batches.c.id == bindparam("batch"), batches.c.state == "planned", batches.c.tries == 0)
CLOSE_UNSENT: Final = Statement(
    "delivery.close_unsent",
    update(batches)
    .where(*_UNSENT)
    .values(state="not_reached", reason=bindparam("why"), recorded_at=bindparam("now"), parked=false()),
)
PARK: Final = Statement("delivery.park", update(batches).where(*_UNSENT).values(parked=true()))
UNPARK: Final = Statement(
    "delivery.unpark", update(batches).where(*_UNSENT, batches.c.parked.is_(true())).values(parked=false())
)
_going = select(runs.c.id).where(runs.c.id == batches.c.run_id, runs.c.control == "going").exists()
OPEN_BATCH: Final = Statement(
    "delivery.open_batch",
    update(batches)
    .where(
        batches.c.id == bindparam("batch"),
        batches.c.state != "sent",
        or_(_going, and_(batches.c.state == "planned", batches.c.tries > 0)),
    )
    .values(tries=batches.c.tries + 1),
)
NOT_ACCEPTED: Final = Statement(
    "delivery.not_accepted",
    update(batches)
    .where(batches.c.id == bindparam("batch"), batches.c.state == "planned", batches.c.tries > 0)
    .values(tries=batches.c.tries - 1),
)
LEAVE_OUT_UNCUT: Final = Statement(
    "delivery.leave_out_uncut",
    update(recipients)
    .where(
        recipients.c.run_id == bindparam("run"),
        recipients.c.position > bindparam("after"),
        recipients.c.position <= bindparam("upto"),
    )
    .values(position=None, state="not_reached", reason=bindparam("why")),
)
CLOSE_RUN_BATCH: Final = Statement(
    "delivery.close_run_batch",
    update(runs).where(runs.c.id == bindparam("run")).values(open_batches=runs.c.open_batches - 1),
)
FINISH_RUN: Final = Statement(
    "delivery.finish_run",
    update(runs)
    .where(
        runs.c.id == bindparam("run"),
        runs.c.open_batches == 0,
        runs.c.stage == "cut",
        runs.c.finished_at.is_(None),
    )
    .values(finished_at=bindparam("now")),
)

BATCH: Final = Statement(
    "delivery.batch",
    select(
        batches.c.run_id,
        batches.c.number,
        batches.c.retry_key,
        batches.c.state,
        batches.c.first,
        batches.c.last,
        runs.c.unit,
        func.coalesce(batches.c.messages, runs.c.messages, type_=LargeBinary),
        runs.c.kind,
        runs.c.source,
        batches.c.tries,
        runs.c.control,
        runs.c.terms,
    )
    .join_from(batches, runs, runs.c.id == batches.c.run_id)
    .where(batches.c.id == bindparam("id")),
)
_MEMBERS = (
    recipients.c.run_id == bindparam("run"),
    recipients.c.position >= bindparam("first"),
    recipients.c.position <= bindparam("last"),
)
_in_batch = select(recipients.c.citizen, recipients.c.position).where(*_MEMBERS)
_ordered = _in_batch.order_by(recipients.c.position).limit(BATCH_SIZE).subquery()
# One row for all: half the time of 500 rows. SQLite keeps a limited subquery's order; ids hold no comma.
BATCH_MEMBERS: Final = Statement(
    "delivery.batch_members",
    select(
        func.string_agg(
            recipients.c.citizen, aggregate_order_by(literal_column("','"), recipients.c.position)
        )
    ).where(*_MEMBERS),
    sqlite=select(func.group_concat(_ordered.c.citizen, ",")),
)
_FATE: Final[Any] = {
    "state": bindparam("new_state"),
    "reason": bindparam("why"),
    "recorded_at": bindparam("now"),
    "parked": false(),
}
CLOSE_BATCH: Final = Statement(
    "delivery.close_batch",
    update(batches).where(batches.c.id == bindparam("batch"), batches.c.state == "planned").values(_FATE),
)
CORRECT_BATCH: Final = Statement(
    "delivery.correct_batch",
    update(batches)
    .where(
        batches.c.id == bindparam("batch"),
        or_(batches.c.state == "unknown", batches.c.state == "not_reached"),
    )
    .values(_FATE),
)
BATCH_COUNTS: Final = Statement(
    "delivery.batch_counts",
    select(batches.c.state, func.sum(batches.c.size))
    .where(batches.c.run_id == bindparam("run"))
    .group_by(batches.c.state),
)

_cut = (
    select(recipients.c.position)
    .where(recipients.c.run_id == bindparam("run"), recipients.c.position > bindparam("after"))
    .order_by(recipients.c.position)
    .limit(bindparam("size"))
    .subquery()
)
NEXT_CUT: Final = Statement(
    "delivery.next_cut",
    select(func.min(_cut.c.position), func.max(_cut.c.position), func.count()).select_from(_cut),
)


_known = select(identity.c.citizen).where(identity.c.citizen == recipients.c.citizen)
LEAVE_OUT: Final = Statement(
    "delivery.leave_out",
    update(recipients)
    .where(
        recipients.c.run_id == bindparam("run"),
        recipients.c.position >= bindparam("start"),
        ~_known.where(identity.c.blocked.is_(false())).exists(),
    )
    .values(
        position=None,
        state="not_reached",
        reason=case((_known.exists(), "blocked"), else_="no LINE account"),
    ),
)
LEAVE_OUT_OPTED: Final = Statement(
    "delivery.leave_out_opted",
    update(recipients)
    .where(
        recipients.c.run_id == bindparam("run"),
        recipients.c.position >= bindparam("start"),
        select(optouts.c.citizen)
        .where(optouts.c.citizen == recipients.c.citizen, optouts.c.topic == bindparam("topic"))
        .exists(),
    )
    .values(position=None, state="not_reached", reason="opted_out"),
)

_other = recipients.alias("other")
_recent = (
    select(func.count())
    .select_from(runs)
    .join(_other, _other.c.run_id == runs.c.id)
    .where(
        runs.c.started_at > bindparam("since", type_=InstantColumn()),
        runs.c.counted.is_(true()),
        runs.c.id != bindparam("run"),
        _other.c.citizen == recipients.c.citizen,
        _other.c.position.is_not(None),
        func.coalesce(batch_of(batches.c.state, _other), "planned") != "not_reached",
    )
    .scalar_subquery()
)
LEAVE_OUT_CAPPED: Final = Statement(
    "delivery.leave_out_capped",
    update(recipients)
    .where(
        recipients.c.run_id == bindparam("run"),
        recipients.c.position >= bindparam("start"),
        _recent >= bindparam("cap", type_=Integer),
    )
    .values(position=None, state="not_reached", reason="capped"),
)

_LEDGER_STATE = func.coalesce(batch_of(batches.c.state, recipients), recipients.c.state)
LEDGER: Final = Statement(
    "delivery.ledger",
    select(
        recipients.c.citizen,
        _LEDGER_STATE,
        func.coalesce(batch_of(batches.c.reason, recipients), recipients.c.reason),
    )
    .where(recipients.c.run_id == bindparam("run"), recipients.c.citizen > bindparam("after"))
    .order_by(recipients.c.citizen)
    .limit(bindparam("limit")),
    row=LedgerRow,
)
_each = select(_LEDGER_STATE.label("state")).where(recipients.c.run_id == bindparam("run")).subquery()
LEDGER_COUNTS: Final = Statement(
    "delivery.ledger_counts", select(_each.c.state, func.count()).group_by(_each.c.state)
)
