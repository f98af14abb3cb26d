"""The statements of plans, previews, opt-outs, unit names, machine sources and redirect links, built once."""

from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    Integer,
    Text,
    bindparam,
    case,
    cast,
    delete,
    false,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from govline.core import Id, Json
from govline.delivery._queries import batch_of
from govline.delivery._tables import (
    batches,
    gates,
    incoming,
    links,
    listed,
    optouts,
    plans,
    recipients,
    runs,
    taps,
    testers,
    units,
)
from govline.delivery.model import Plan
from govline.store import Statement
from govline.store._tables import identity
from govline.store._upsert import insert_unless_known
from govline.store.columns import InstantColumn

__all__ = [
    "ADD_INCOMING",
    "ADD_LINK",
    "ADD_LISTED",
    "ADD_PLAN",
    "ADD_TESTER",
    "ADD_UNIT",
    "BATCH_AT",
    "CHANGE_PLAN",
    "CLEAR_LISTED",
    "COUNT_TAKEN",
    "COUNT_UNITS",
    "DUPLICATE",
    "END_INCOMING",
    "ERASE",
    "ERASE_LISTED",
    "ERASE_OPTOUTS",
    "ERASE_TESTER",
    "EVERYBODY",
    "FIRST_RELEASE",
    "FORGET_PERSONAL",
    "IN_RUN",
    "LEAVE_OUT_ONE",
    "LINK",
    "LINKS_OF_RUN",
    "LISTED",
    "LOCK_GATE",
    "LOCK_INCOMING",
    "LOCK_PLAN",
    "OPEN_PLANS",
    "OPTED_OUT",
    "OPT_IN",
    "OPT_OUT",
    "PLACE_OF_CITIZEN",
    "PLANS",
    "PLAN_BY_ID",
    "PLAN_BY_KEY",
    "POSITIONS_AFTER",
    "PREVIEW",
    "PREVIOUS_RUN",
    "REACHED",
    "RUNS_OF_CITIZEN",
    "SENDINGS",
    "SET_TERMS",
    "SHRINK_BATCH",
    "TAP",
    "TESTERS",
    "WAITING_RUNS",
    "BatchId",
    "Held",
    "Link",
    "MemberPlace",
    "list_incoming",
]

_LISTED_PAGE = bindparam("limit", type_=Integer)


def _instant(name: str) -> Any:
    return bindparam(name, type_=InstantColumn())


# --- plans ------------------------------------------------------------------------------------------------------------

ADD_PLAN: Final = insert_unless_known("delivery.add_plan", plans, "key")
PLAN_BY_ID: Final = Statement(
    "delivery.plan_by_id", select(plans).where(plans.c.id == bindparam("plan")), row=Plan
)
PLAN_BY_KEY: Final = Statement(
    "delivery.plan_by_key", select(plans).where(plans.c.key == bindparam("key")), row=Plan
)
LOCK_PLAN: Final = Statement(
    "delivery.lock_plan", select(plans).where(plans.c.id == bindparam("plan")).with_for_update(), row=Plan
)
PLANS: Final = Statement(
    "delivery.plans",
    select(plans)
    .where(plans.c.id < bindparam("before"))
    .order_by(plans.c.id.desc())
    .limit(bindparam("limit", type_=Integer)),
    row=Plan,
)
OPEN_PLANS: Final = Statement(
    "delivery.open_plans",
    select(func.count()).where(
        plans.c.planner == bindparam("who"),
        or_(*(plans.c.state == state for state in ("draft", "requested", "approved", "held", "recurring"))),
    ),
)
CHANGE_PLAN: Final = Statement(
    "delivery.change_plan",
    update(plans)
    .where(plans.c.id == bindparam("plan"))
    .values(
        {
            column.name: bindparam(f"new_{column.name}")
            for column in plans.c
            if column.name not in ("id", "key")
        }
    ),
)
ADD_LISTED: Final = insert_unless_known("delivery.add_listed", listed, "plan_id", "citizen")
CLEAR_LISTED: Final = Statement(
    "delivery.clear_listed", delete(listed).where(listed.c.plan_id == bindparam("plan"))
)

# --- who: the selections that delivery brings itself, each a page behind a cursor ------------------------------------------

LISTED: Final = Statement(
    "delivery.listed",
    select(listed.c.citizen)
    .where(listed.c.plan_id == bindparam("plan"), listed.c.citizen > bindparam("after"))
    .order_by(listed.c.citizen)
    .limit(_LISTED_PAGE),
)
EVERYBODY: Final = Statement(
    "delivery.everybody",
    select(identity.c.citizen)
    .where(identity.c.citizen > bindparam("after"))
    .order_by(identity.c.citizen)
    .limit(_LISTED_PAGE),
)
REACHED: Final = Statement(
    "delivery.reached",
    select(recipients.c.citizen)
    .where(
        recipients.c.run_id == bindparam("run"),
        recipients.c.citizen > bindparam("after"),
        recipients.c.position.is_not(None),
        or_(*(batch_of(batches.c.state, recipients) == state for state in ("sent", "unknown"))),
    )
    .order_by(recipients.c.citizen)
    .limit(_LISTED_PAGE),
)
POSITIONS_AFTER: Final = Statement(
    "delivery.positions_after",
    select(recipients.c.position, recipients.c.citizen)
    .where(recipients.c.run_id == bindparam("run"), recipients.c.position > bindparam("after", type_=Integer))
    .order_by(recipients.c.position)
    .limit(_LISTED_PAGE),
)

# --- preview ----------------------------------------------------------------------------------------------------------


def _page_on(dialect: str) -> Any:
    """A page of citizens from a JSON array, as a table with the column `value`."""
    page = bindparam("page", type_=Text)
    if dialect == "sqlite":
        return func.json_each(page).table_valued("value", name="page")
    return (
        func.jsonb_array_elements_text(cast(page, JSONB)).table_valued("value", name="page").render_derived()
    )


def _recent(citizen: Any, since: str) -> Any:
    other = recipients.alias(f"other_{since}")
    return (
        select(func.count())
        .select_from(runs)
        .join(other, other.c.run_id == runs.c.id)
        .where(
            runs.c.started_at > _instant(since),
            runs.c.counted.is_(true()),
            other.c.citizen == citizen,
            other.c.position.is_not(None),
            func.coalesce(batch_of(batches.c.state, other), "planned") != "not_reached",
        )
        .scalar_subquery()
    )


def _preview(dialect: str) -> Any:
    """Of a page: how many would be left out, by reason, and how many would get it (reason "")."""
    page = _page_on(dialect)
    opted = select(optouts.c.citizen).where(
        optouts.c.citizen == page.c.value, optouts.c.topic == bindparam("topic", type_=Text)
    )
    reason = case(
        (identity.c.citizen.is_(None), "no LINE account"),
        (identity.c.blocked.is_not(false()), "blocked"),
        (opted.exists(), "opted_out"),
        (_recent(page.c.value, "hour") >= bindparam("per_hour", type_=Integer), "capped"),
        (_recent(page.c.value, "day") >= bindparam("per_day", type_=Integer), "capped"),
        else_="",
    ).label("reason")
    each = select(reason).select_from(page.outerjoin(identity, identity.c.citizen == page.c.value)).subquery()
    return select(each.c.reason, func.count()).group_by(each.c.reason)


PREVIEW: Final = Statement("delivery.preview", _preview("postgresql"), sqlite=_preview("sqlite"))


def _in_run(dialect: str) -> Any:
    """How many of a page stand in a run; a look-up each, never a walk through the run's recipients."""
    page = _page_on(dialect)
    mine = select(recipients.c.citizen).where(
        recipients.c.run_id == bindparam("run"), recipients.c.citizen == page.c.value
    )
    return select(func.count()).select_from(page).where(mine.exists())


IN_RUN: Final = Statement("delivery.in_run", _in_run("postgresql"), sqlite=_in_run("sqlite"))
PREVIOUS_RUN: Final = Statement(
    "delivery.previous_run",
    select(runs.c.id, runs.c.placed + runs.c.left_out)
    .where(runs.c.campaign == bindparam("campaign"), runs.c.id != bindparam("plan"))
    .order_by(runs.c.started_at.desc(), runs.c.id.desc())
    .limit(1),
)

# --- limits -----------------------------------------------------------------------------------------------------------

LOCK_GATE: Final = insert_unless_known(
    "delivery.lock_gate", gates, "name", change={"touched_at": _instant("touched_at")}
)
_moment = case((runs.c.due_at > runs.c.started_at, runs.c.due_at), else_=runs.c.started_at)
SENDINGS: Final = Statement(
    "delivery.sendings",
    select(runs.c.started_at, runs.c.due_at).where(
        runs.c.source == bindparam("source"),
        runs.c.campaign != "",
        _moment > _instant("since"),
        _moment < _instant("until"),
    ),
)
ADD_UNIT: Final = insert_unless_known("delivery.add_unit", units, "month", "name")
COUNT_UNITS: Final = Statement(
    "delivery.count_units",
    select(func.count()).where(units.c.month == bindparam("month"), units.c.name != bindparam("but")),
)
SET_TERMS: Final = Statement(
    "delivery.set_terms",
    update(runs).where(runs.c.id == bindparam("run")).values(terms=bindparam("new_terms")),
)

# --- opt-outs and testers ---------------------------------------------------------------------------------------------

OPT_OUT: Final = insert_unless_known("delivery.opt_out", optouts, "citizen", "topic")
OPT_IN: Final = Statement(
    "delivery.opt_in",
    delete(optouts).where(optouts.c.citizen == bindparam("who"), optouts.c.topic == bindparam("name")),
)
OPTED_OUT: Final = Statement(
    "delivery.opted_out",
    select(optouts.c.topic).where(optouts.c.citizen == bindparam("who")).order_by(optouts.c.topic),
)
ERASE_OPTOUTS: Final = Statement(
    "delivery.erase_optouts", delete(optouts).where(optouts.c.citizen == bindparam("who"))
)
ADD_TESTER: Final = insert_unless_known("delivery.add_tester", testers, "name", "citizen")
TESTERS: Final = Statement(
    "delivery.testers",
    select(testers.c.citizen).where(testers.c.name == bindparam("list")).order_by(testers.c.citizen),
)
ERASE_TESTER: Final = Statement(
    "delivery.erase_tester", delete(testers).where(testers.c.citizen == bindparam("who"))
)
ERASE_LISTED: Final = Statement(
    "delivery.erase_listed", delete(listed).where(listed.c.citizen == bindparam("who"))
)

# --- machine sources --------------------------------------------------------------------------------------------------


@frozen
class Held:
    """What a machine source offered, as it stands in the table; `reasons` are codes."""

    id: Id
    source: str
    key: str
    dated: datetime
    received: datetime
    state: str
    reasons: Json
    messages: bytes
    released_by: str
    run: Id | None


_HELD = (
    incoming.c.id,
    incoming.c.source,
    incoming.c.key,
    incoming.c.dated_at,
    incoming.c.received_at,
    incoming.c.state,
    incoming.c.reasons,
    incoming.c.messages,
    incoming.c.released_by,
    incoming.c.run_id,
)
ADD_INCOMING: Final = insert_unless_known("delivery.add_incoming", incoming, "id")
LOCK_INCOMING: Final = Statement(
    "delivery.lock_incoming",
    select(*_HELD).where(incoming.c.id == bindparam("row")).with_for_update(),
    row=Held,
)
FIRST_RELEASE: Final = Statement(
    "delivery.first_release",
    update(incoming).where(incoming.c.id == bindparam("row")).values(released_by=bindparam("who")),
)
END_INCOMING: Final = Statement(
    "delivery.end_incoming",
    update(incoming)
    .where(incoming.c.id == bindparam("row"))
    .values(
        state=bindparam("new_state"),
        run_id=bindparam("run"),
        ended_at=_instant("now"),
        released_by=bindparam("who"),
    ),
)
_OF_SOURCE = incoming.c.source == bindparam("name")
DUPLICATE: Final = Statement(
    "delivery.duplicate",
    select(incoming.c.id)
    .where(
        _OF_SOURCE,
        incoming.c.received_at > _instant("since"),
        (incoming.c.state != "refused") | (incoming.c.released_by != ""),  # what staff refused stays refused
        ((incoming.c.key == bindparam("known")) & (incoming.c.key != ""))
        | (incoming.c.digest == bindparam("same")),
    )
    .limit(1),
)
COUNT_TAKEN: Final = Statement(
    "delivery.count_taken",
    select(func.count()).where(
        _OF_SOURCE,
        (incoming.c.state == "accepted") | (incoming.c.state == "released"),
        func.coalesce(incoming.c.ended_at, incoming.c.received_at) > _instant("since"),
    ),
)


def list_incoming(state: str, after: Id, limit: int) -> Any:
    """A page of what machine sources offered, in order of id."""
    query = select(*_HELD).where(incoming.c.id > after).order_by(incoming.c.id).limit(limit)
    return query.where(incoming.c.state == state) if state else query


# --- redirect links ---------------------------------------------------------------------------------------------------


@frozen
class Link:
    """A redirect link: its token is the path, and counts taps a day; nothing of the citizen is in it."""

    token: str
    run: Id
    label: str
    url: str
    created: datetime
    expires: datetime | None

    @property
    def path(self) -> str:
        """Below the town's own address."""
        return f"/r/{self.token}"


ADD_LINK: Final = insert_unless_known("delivery.add_link", links, "token")
LINK: Final = Statement("delivery.link", select(links).where(links.c.token == bindparam("given")), row=Link)
_counted = (
    select(func.coalesce(func.sum(taps.c.taps), 0)).where(taps.c.token == links.c.token).scalar_subquery()
)
LINKS_OF_RUN: Final = Statement(
    "delivery.links_of_run",
    select(links.c.token, links.c.label, links.c.url, _counted)
    .where(links.c.run_id == bindparam("run"))
    .order_by(links.c.created_at, links.c.token),
)
TAP: Final = insert_unless_known(
    "delivery.tap", taps, "token", "day", change={"taps": taps.c.taps + literal(1, Integer)}
)

# --- erasure: who is erased leaves what has not left yet -----------------------------------------------------------------


@frozen
class MemberPlace:
    """Where a citizen stands in a run; nowhere when they were left out."""

    position: int | None


@frozen
class BatchId:
    """Which batch."""

    id: Id


PLACE_OF_CITIZEN: Final = Statement(
    "delivery.place_of_citizen",
    select(recipients.c.position).where(
        recipients.c.run_id == bindparam("run"), recipients.c.citizen == bindparam("person")
    ),
    row=MemberPlace,
)
_at = (
    batches.c.run_id == bindparam("run"),
    batches.c.first <= bindparam("at"),
    batches.c.last >= bindparam("at"),
)
BATCH_AT: Final = Statement(
    "delivery.batch_at",
    select(batches.c.id).where(*_at, batches.c.size > 0),
    row=BatchId,
)
FORGET_PERSONAL: Final = Statement(
    "delivery.forget_personal",
    update(batches).where(*_at, batches.c.messages.is_not(None)).values(messages=b"[]"),
)
SHRINK_BATCH: Final = Statement(
    "delivery.shrink_batch",
    update(batches)
    .where(batches.c.id == bindparam("batch"), batches.c.state == "planned", batches.c.tries == 0)
    .values(size=batches.c.size - 1),
)
LEAVE_OUT_ONE: Final = Statement(
    "delivery.leave_out_one",
    update(recipients)
    .where(recipients.c.run_id == bindparam("run"), recipients.c.citizen == bindparam("person"))
    .values(position=None, state="not_reached", reason=bindparam("why")),
)
RUNS_OF_CITIZEN: Final = Statement(
    "delivery.runs_of_citizen",
    select(runs.c.id).join(
        recipients, (recipients.c.run_id == runs.c.id) & (recipients.c.citizen == bindparam("citizen"))
    ),
)
WAITING_RUNS: Final = Statement(
    "delivery.waiting_runs",
    select(runs.c.id, runs.c.terms, recipients.c.position)
    .join(recipients, (recipients.c.run_id == runs.c.id) & (recipients.c.citizen == bindparam("citizen")))
    .where(runs.c.finished_at.is_(None), recipients.c.position.is_not(None)),
)
ERASE: Final = Statement(
    "delivery.erase",
    update(recipients)
    .where(recipients.c.run_id == bindparam("run"), recipients.c.citizen == bindparam("person"))
    .values(citizen=bindparam("pseudonym")),
)
