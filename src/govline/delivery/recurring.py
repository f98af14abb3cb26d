"""Campaigns that come again: each time a run of its own, under the standing approval of its template.

The approval is bound to the template's content hash, the recurrence in it: a change stops the series until it is approved anew.
Each day is sent once, whoever asks; recipients are found anew and drift from the approved count holds that day's run.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from attrs import evolve

from govline.core import (
    DatabasePort,
    Done,
    Effect,
    EffectContext,
    Event,
    Fate,
    Id,
    Json,
    Reason,
    Ref,
    Transaction,
)
from govline.core.jst import to_jst
from govline.delivery import _sql as sql
from govline.delivery.campaigns import begin, send_reasons
from govline.delivery.model import Plan, Refused, Run
from govline.delivery.planning import allowed, claim_unit, rewrite, run_there, standing, write_plan
from govline.delivery.recurrence import Recurrence
from govline.delivery.rules import reason
from govline.delivery.setup import Setup

__all__ = ["LATEST", "Occurring", "RecurHandler", "next_of", "occur", "repeat"]

LATEST: Final = timedelta(hours=1)
"""After a standstill an occurrence that is later than this is left out: yesterday's notice helps nobody."""


def repeat(tx: Transaction, setup: Setup, plan_id: Id) -> Plan | Refused:
    """Let an approved recurring plan begin; `withdraw` ends it, `edit` stops it until it is approved again.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    now = allowed(tx, setup, plan_id, "send", frozenset({"approved", "recurring"}))
    if isinstance(now, Refused):
        return now
    if now.recurs is None:
        return Refused((reason("GL-1071", state=now.state),))
    if now.approved != now.digest:
        return Refused((reason("GL-1061"),))
    if now.state == "recurring":
        return now
    _hand_on(tx, setup, now, tx.now)
    tx.audit("delivery.repeat", Ref("delivery.run", plan_id), {"digest": now.digest, "recurs": now.recurs})
    return rewrite(tx, evolve(now, state="recurring"))


def occur(tx: Transaction, setup: Setup, plan_id: Id, revision: int, day: date) -> Run | Refused | None:
    """Start the run of a day and arrange for the next; None where the series was stopped or the day is too long ago.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    now = standing(tx, plan_id)
    if (
        now.recurs is None
        or now.state != "recurring"
        or now.revision != revision
        or now.approved != now.digest
    ):
        return None
    scheduled = Recurrence.from_json(now.recurs).moment(day)
    _hand_on(tx, setup, now, max(scheduled, tx.now))
    key = f"recurring:{plan_id}:{day.isoformat()}"
    known = tx.one(sql.PLAN_BY_KEY, {"key": key})
    if known is not None:
        return run_there(tx, known.id)
    about = {"day": day.isoformat(), "template": plan_id}
    if tx.now - scheduled > LATEST:
        tx.audit("delivery.skip", Ref("delivery.run", plan_id), about)
        return None
    today = evolve(
        now, id=tx.new_id(), key=key, recurs=None, state="approved", revision=1, unit=_unit(tx, now)
    )
    reasons = send_reasons(tx, setup, now)
    if reasons:
        return _told(tx, now, reasons)
    written = write_plan(tx, setup, today)
    tx.audit("delivery.occur", Ref("delivery.run", written.id), about)
    return begin(tx, setup, rewrite(tx, evolve(written, approved=written.digest)))


def next_of(setup: Setup, now: Plan, after: datetime) -> datetime | None:
    """When a recurring plan is sent next, or None when it is over."""
    if now.recurs is None:
        return None
    return Recurrence.from_json(now.recurs).next_after(after, setup.rules.holidays.is_business_day)


class Occurring(Protocol):
    """The bound delivery, as far as the worker needs it."""

    def occur(self, tx: Transaction, plan: Id, revision: int, day: date) -> Run | Refused | None:
        """Start the run of a day."""
        ...


class RecurHandler:
    """`delivery.recur` {"plan", "revision", "day"}: the run of a day, and the effect of the next."""

    def __init__(self, database: DatabasePort, delivery: Occurring) -> None:
        self._database = database
        self._delivery = delivery

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the contract's
        """Start the day's run."""
        day = date.fromisoformat(payload["day"])
        self._database.run(lambda tx: self._delivery.occur(tx, payload["plan"], payload["revision"], day))
        return Done()

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """The run's own row is the record."""


def _hand_on(tx: Transaction, setup: Setup, now: Plan, after: datetime) -> None:
    coming = next_of(setup, now, after)
    if coming is None:
        return
    day = to_jst(coming).date().isoformat()
    payload = {"plan": now.id, "revision": now.revision, "day": day}
    dedupe = f"{now.id}:{now.revision}:{day}"
    tx.enqueue(Effect("delivery.recur", payload, dedupe=dedupe, due=coming, queue="delivery.work"))


def _unit(tx: Transaction, now: Plan) -> str | None:
    return now.unit if now.unit is not None and claim_unit(tx, now.unit, None) else None


def _told(tx: Transaction, now: Plan, reasons: tuple[Reason, ...]) -> Refused:
    codes = [each.code for each in reasons]
    tx.emit(
        Event("delivery.held", Ref("delivery.run", now.id), data={"source": now.source, "reasons": codes})
    )
    return Refused(reasons)
