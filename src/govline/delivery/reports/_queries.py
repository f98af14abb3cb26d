"""The statements of reports: what became of a run's batches, who blocked after it, how many friends there were."""

from typing import Any, Final

from sqlalchemy import BigInteger, and_, bindparam, distinct, func, not_, select, true, type_coerce

from govline.delivery._tables import batches, recipients, runs
from govline.store import Statement
from govline.store._tables import follow, identity
from govline.store.columns import InstantColumn

__all__ = ["BATCH_STATES", "BLOCKS_AFTER", "BLOCKS_AFTER_BROADCAST", "CAMPAIGN_RUNS", "FRIENDS_AT"]

BATCH_STATES: Final = Statement(
    "delivery.batch_states",
    select(batches.c.state, func.count(), func.max(batches.c.recorded_at))
    .where(batches.c.run_id == bindparam("run"))
    .group_by(batches.c.state),
)
CAMPAIGN_RUNS: Final = Statement(
    "delivery.campaign_runs",
    select(runs.c.id)
    .where(
        runs.c.campaign == bindparam("campaign"),
        runs.c.started_at >= bindparam("since", type_=InstantColumn()),
    )
    .order_by(runs.c.started_at.desc(), runs.c.id.desc())
    .limit(bindparam("limit")),
)


def _accepted(person: Any, batch: Any) -> Any:
    """LINE took a batch with whoever blocked in it."""
    return and_(
        person.c.citizen == follow.c.citizen,
        batch.c.run_id == person.c.run_id,
        batch.c.first <= person.c.position,
        batch.c.last >= person.c.position,
        batch.c.state == "sent",
    )


def _micros(column: Any) -> Any:
    return type_coerce(column, BigInteger)


_window: Final = bindparam("window_us", type_=BigInteger)
_later_batch, _later_person = batches.alias("later"), recipients.alias("later_person")


def _nothing_since(moment: Any) -> Any:
    """No other message reached whoever blocked between a moment and the block: it belongs to the last one."""
    return ~(
        select(_later_batch.c.id)
        .where(
            _accepted(_later_person, _later_batch),
            _later_batch.c.recorded_at > moment,
            _later_batch.c.recorded_at <= follow.c.at,
        )
        .exists()
    )


def _blocks(after: Any) -> Any:
    """Blocks in the window behind a moment."""
    return and_(
        follow.c.blocked.is_(true()),
        follow.c.at > after,
        _micros(follow.c.at) <= _micros(after) + _window,
        _nothing_since(after),
    )


BLOCKS_AFTER: Final = Statement(
    "delivery.blocks_after",
    select(func.count(distinct(follow.c.citizen)))
    .select_from(follow)
    .join(recipients, and_(recipients.c.run_id == bindparam("run"), recipients.c.citizen == follow.c.citizen))
    .join(batches, _accepted(recipients, batches))
    .where(_blocks(batches.c.recorded_at)),
)
_moment: Final = bindparam("moment", type_=InstantColumn())
BLOCKS_AFTER_BROADCAST: Final = Statement(
    "delivery.blocks_after_broadcast",
    select(func.count(distinct(follow.c.citizen)))
    .select_from(follow)
    .join(batches, and_(batches.c.run_id == bindparam("run"), batches.c.state == "sent"))
    .where(_blocks(batches.c.recorded_at)),
)
_next = (
    select(follow.c.blocked)
    .where(follow.c.citizen == identity.c.citizen, follow.c.at > _moment)
    .order_by(follow.c.id)
    .limit(1)
    .scalar_subquery()
)
# who blocked next was a friend until then, who unblocked next was none; with no change it is as it is
FRIENDS_AT: Final = Statement(
    "delivery.friends_at",
    select(func.count())
    .select_from(identity)
    .where(identity.c.created <= _moment, func.coalesce(_next, not_(identity.c.blocked)).is_(true())),
)
