"""How long things are kept, and the sweep that takes them away page by page; never what is still needed."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from attrs import evolve
from sqlalchemy import bindparam, delete, select, text, update

from govline.core import Retention, Transaction
from govline.errors import ConfigError
from govline.store import blobs, inbox, outbox
from govline.store._tables import outbox as outbox_table
from govline.store._tables import schedule_fired
from govline.store.columns import InstantColumn, JsonColumn
from govline.store.database import Database
from govline.store.statement import Statement

__all__ = ["RULES", "sweep", "with_periods"]

_CONTENT: Final = timedelta(days=7)
_LOOK_BACK: Final = timedelta(days=3)
_c, _f = outbox_table.c, schedule_fired.c
_before = bindparam("before", type_=InstantColumn())
_limit: Any = bindparam("limit")

_EMPTY = Statement(
    "retention.empty",
    update(outbox_table)
    .where(
        _c.id.in_(
            select(_c.id)
            .where(
                _c.ended <= _before,
                _c.ended > bindparam("since", type_=InstantColumn()),
                text("state IN ('done', 'skipped') AND payload <> '{}'"),
            )
            .order_by(_c.ended.desc())
            .limit(_limit)
            .scalar_subquery()
        )
    )
    .values(payload=bindparam("nothing", type_=JsonColumn())),
)
_FIRED = Statement(
    "retention.fired",
    delete(schedule_fired).where(
        _f.key.in_(
            select(_f.key).where(_f.fired <= _before).order_by(_f.fired).limit(_limit).scalar_subquery()
        )
    ),
)


def _content(tx: Transaction, before: datetime, limit: int) -> int:
    """Looks back a few days only: older rows were emptied then, or go whole with `outbox.rows`."""
    return tx.write(_EMPTY, {"before": before, "since": before - _LOOK_BACK, "limit": limit, "nothing": {}})


def _outbox(tx: Transaction, before: datetime, limit: int) -> int:
    return outbox.purge(tx, older_than=tx.now - before, limit=limit)


def _inbox(tx: Transaction, before: datetime, limit: int) -> int:
    return inbox.purge(tx, older_than=tx.now - before, failed_older_than=timedelta(days=36500), limit=limit)


def _failed(tx: Transaction, before: datetime, limit: int) -> int:
    return inbox.purge(tx, older_than=timedelta(days=36500), failed_older_than=tx.now - before, limit=limit)


def _blobs(tx: Transaction, before: datetime, limit: int) -> int:  # noqa: ARG001 - each blob carries its own end
    return blobs.purge(tx, limit=min(limit, 100))


def _fired(tx: Transaction, before: datetime, limit: int) -> int:
    return tx.write(_FIRED, {"before": before, "limit": limit})


RULES: Final = (
    Retention("outbox.content", _CONTENT, _content, ("gl_outbox",)),
    Retention("outbox.rows", outbox.DEDUPE_LIFETIME, _outbox, ("gl_outbox", "gl_outbox_order")),
    Retention("inbox.done", inbox.KEEP, _inbox, ("gl_inbox", "gl_inbox_lane")),
    Retention("inbox.failed", inbox.KEEP_FAILED, _failed, ("gl_inbox",)),
    Retention("blobs.expired", timedelta(0), _blobs, ("gl_blob",)),
    Retention("schedules.fired", outbox.DEDUPE_LIFETIME, _fired, ("gl_schedule_fired",)),
)
"""What the store itself lets go. Effects that wait, failed or are unknown keep what they carry until somebody decides."""


def with_periods(rules: Sequence[Retention], days: Mapping[str, int]) -> tuple[Retention, ...]:
    """The rules with the town's own periods.

    Args:
        days: By rule name, days to keep.

    Raises:
        ConfigError: GL-1124 no such rule, a negative period, or dedupe keys kept for less than a day.
    """
    known = {rule.name for rule in rules}
    for name, period in days.items():
        if name not in known or period < 0 or (name == "outbox.rows" and period < 1):
            raise ConfigError(
                "no such period to keep something",
                code="GL-1124",
                hint=f"days for: {', '.join(sorted(known))}; outbox.rows at least 1",
                place={"key": f"retention.{name}"},
            )
    return tuple(
        evolve(rule, keep=timedelta(days=days[rule.name])) if rule.name in days else rule for rule in rules
    )


def sweep(db: Database, rules: Sequence[Retention] = RULES, *, limit: int = 500) -> dict[str, int]:
    """One page of every rule, each in a unit of its own; how many rows by rule. Call again until all are 0."""
    now = db.clock.now()
    return {rule.name: db.run(partial(_page, rule=rule, now=now, limit=limit)) for rule in rules}


def _page(tx: Transaction, *, rule: Retention, now: datetime, limit: int) -> int:
    return rule.purge(tx, now - rule.keep, limit)
