"""Rows of plans: written, locked, read, and the content hash that an approval is bound to."""

import json
from datetime import datetime
from typing import Any, Final

from attrs import evolve, fields

from govline.core import Effect, Id, Ref, Transaction
from govline.core.jst import to_jst
from govline.delivery import _sql as sql
from govline.delivery.model import Plan, Refused, Run
from govline.delivery.reading import number, run
from govline.delivery.rules import UNITS_PER_MONTH, content_digest, reason
from govline.delivery.sending import EMERGENCY_PRIORITY
from govline.delivery.setup import Setup
from govline.errors import InputError, StoreError

__all__ = [
    "OPEN",
    "STANDING",
    "allowed",
    "check_parts",
    "claim_unit",
    "digest_of",
    "gate",
    "go_on",
    "known",
    "plan_of",
    "plans",
    "rewrite",
    "run_there",
    "standing",
    "write_plan",
]

OPEN: Final = frozenset({"draft", "requested", "approved"})
"""States of a plan that may still be sent once."""

STANDING: Final = OPEN | {"recurring"}
"""States of a plan that may be changed or withdrawn."""

_LAST_ID: Final = "g"  # sorts after every id, in every collation
_BOUND: Final = (
    *("campaign", "source", "department", "kind", "renderer", "selection", "topic", "emergency", "corrects"),
    "unit",
)


def plan_of(tx: Transaction, plan_id: Id) -> Plan | None:
    """One plan, or None; its run, once sent, has the same id."""
    found: Plan | None = tx.one(sql.PLAN_BY_ID, {"plan": plan_id})
    return found


def known(tx: Transaction, plan_id: Id) -> Plan:
    """The plan, read only.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    return _there(plan_of(tx, plan_id), plan_id)


def plans(tx: Transaction, *, before: Id | None = None, limit: int = 50) -> tuple[Plan, ...]:
    """Plans, newest first; `before` is the last id of the page read so far."""
    return tuple(tx.all(sql.PLANS, {"before": before or _LAST_ID, "limit": limit}))


def standing(tx: Transaction, plan_id: Id) -> Plan:
    """The plan, its row locked until the commit.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    return _there(tx.one(sql.LOCK_PLAN, {"plan": plan_id}), plan_id)


def allowed(tx: Transaction, setup: Setup, plan_id: Id, verb: str, states: frozenset[str]) -> Plan | Refused:
    """The plan, locked until the commit, where the actor may do this to it and its state allows it.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    now = standing(tx, plan_id)
    refused = setup.refused(tx, verb, now.department)
    if refused is not None:
        return refused
    return now if now.state in states else Refused((reason("GL-1071", state=now.state),))


def rewrite(tx: Transaction, changed: Plan) -> Plan:
    """Write a plan's row anew; what it says now."""
    again = evolve(changed, changed=tx.now)
    row = {f"new_{column}": value for column, value in _row(again).items() if column not in ("id", "key")}
    tx.write(sql.CHANGE_PLAN, {"plan": again.id, **row})
    return again


def write_plan(tx: Transaction, setup: Setup, draft: Plan) -> Plan:
    """A new plan's row with its content hash; the plan that stands where its key is known."""
    check_parts(setup, draft)
    draft = evolve(draft, digest=digest_of(draft))
    if tx.write(sql.ADD_PLAN, _row(draft)):
        tx.audit(
            "delivery.plan",
            Ref("delivery.run", draft.id),
            {"digest": draft.digest, "campaign": draft.campaign},
        )
        return draft
    known: Plan | None = tx.one(sql.PLAN_BY_KEY, {"key": draft.key})
    assert known is not None
    tx.write(sql.CLEAR_LISTED, {"plan": draft.id})
    if known.digest != draft.digest and known.revision == 1:
        raise InputError(
            "the key names a plan with other content",
            code="GL-1055",
            hint="change that plan with edit, or use a new key",
            place={"plan": known.id},
        )
    return known


def gate(tx: Transaction, name: str) -> None:
    """Take turns under a name until the commit: what counts and then writes is not done twice at once."""
    tx.write(sql.LOCK_GATE, {"name": name, "touched_at": tx.now})


def claim_unit(tx: Transaction, unit: str, due: datetime | None) -> bool:
    """Whether LINE will record the unit's name in the month of the sending; the name is taken up where it will."""
    month = f"{to_jst(max(due or tx.now, tx.now)):%Y-%m}"
    gate(tx, f"units:{month}")
    if number(tx, sql.COUNT_UNITS, {"month": month, "but": unit}) >= UNITS_PER_MONTH:
        return False
    tx.write(sql.ADD_UNIT, {"month": month, "name": unit})
    return True


def go_on(tx: Transaction, run_id: Id, *, due: datetime | None = None, emergency: bool = False) -> None:
    """Let the worker go on with a run, in bounded units of work."""
    effect = Effect(
        "delivery.work",
        {"run": run_id},
        dedupe=f"{run_id}:{tx.new_id()}",
        due=due,
        priority=EMERGENCY_PRIORITY if emergency else 0,
        queue="delivery.work",
    )
    tx.enqueue(effect)


def digest_of(draft: Plan) -> str:
    """A list is bound by its own hash, not by the plan that happens to hold it."""
    bound = {name: getattr(draft, name) for name in _BOUND}
    listed = draft.selection.get("by") == "listed"
    bound["selection"] = {
        name: value for name, value in draft.selection.items() if not (listed and name == "plan")
    }
    bound["messages"] = json.loads(draft.messages)
    bound["due"] = draft.due.isoformat() if draft.due else None
    bound["expires"] = draft.expires.isoformat() if draft.expires else None
    if draft.recurs is not None:
        bound["recurs"] = draft.recurs
    return content_digest(bound)


def _row(draft: Plan) -> dict[str, Any]:
    named = {"due": "due_at", "expires": "expires_at", "changed": "changed_at"}
    return {named.get(each.name, each.name): getattr(draft, each.name) for each in fields(Plan)}


def _there(found: Plan | None, plan_id: Id) -> Plan:
    if found is None:
        raise StoreError("no such delivery plan", code="GL-1054", place={"plan": plan_id})
    return found


def check_parts(setup: Setup, draft: Plan) -> None:
    setup.selector(draft.selection)
    if draft.renderer is not None:
        setup.renderer(draft.renderer)


def run_there(tx: Transaction, run_id: Id) -> Run:
    found = run(tx, run_id)
    if found is None:
        raise StoreError("no such delivery run", code="GL-1057", place={"run": run_id})
    return found
