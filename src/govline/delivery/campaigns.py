"""The life of a sending from its draft to its run: ask for approval, approve, send, correct, withdraw.

An approval is bound to a hash over everything that will be sent and to whom; whatever changes it makes the approval void.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve

from govline.core import Id, Message, Reason, Ref, Transaction
from govline.delivery import _queries as q
from govline.delivery import _sql as sql
from govline.delivery.drafting import plan
from govline.delivery.freezing import add_run
from govline.delivery.model import Plan, Preview, Refused, Run
from govline.delivery.planning import OPEN, STANDING, allowed, claim_unit, gate, go_on, rewrite, run_there
from govline.delivery.rules import (
    UNITS_PER_MONTH,
    SendFacts,
    approval_refusals,
    busiest,
    over_send_cap,
    reason,
    send_refusals,
)
from govline.delivery.setup import Setup, staff_id

__all__ = ["approve", "begin", "correct", "request", "send", "send_reasons", "withdraw"]

_LEFT: Final = frozenset({"sent", "held"})


def request(tx: Transaction, setup: Setup, plan_id: Id, preview: Preview) -> Plan | Refused:
    """Ask for approval of what a preview showed; its count is what the send is compared with.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    now = allowed(tx, setup, plan_id, "plan", OPEN)
    if isinstance(now, Refused):
        return now
    reasons = list(over_send_cap(setup.rules.caps, preview.count, emergency=_free(now)))
    if preview.digest != now.digest:
        reasons.append(reason("GL-1061"))
    if setup.rules.validate and now.validated != now.digest:
        reasons.append(reason("GL-1066"))
    if reasons:
        return Refused(tuple(reasons))
    tx.audit("delivery.request", Ref("delivery.run", plan_id), {"digest": now.digest, "count": preview.count})
    asked = evolve(now, state="requested", expected=preview.count, approver="", approved="", approved_at=None)
    return rewrite(tx, asked)


def approve(tx: Transaction, setup: Setup, plan_id: Id, digest: str) -> Plan | Refused:
    """Approve what was asked for, as a second member of staff; or let a held run go with the count that was found.

    Args:
        digest: The content hash that the approver was shown (`Plan.digest`): what they did not see they do not approve.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    now = allowed(tx, setup, plan_id, "approve", frozenset({"requested", "held"}))
    if isinstance(now, Refused):
        return now
    makers = frozenset({now.planner, *now.editor.split("\n")})
    reasons = approval_refusals(
        actor=staff_id(tx), staff=tx.actor.kind == "staff", makers=makers, seen=digest, digest=now.digest
    )
    if now.state == "held":
        reasons += over_send_cap(setup.rules.caps, now.found or 0, emergency=_free(now))
    if reasons:
        return Refused(reasons)
    tx.audit(
        "delivery.approve",
        Ref("delivery.run", plan_id),
        {"digest": now.digest, "count": now.found or now.expected},
    )
    approved = evolve(now, approver=staff_id(tx), approved=now.digest, approved_at=tx.now)
    if now.state == "requested":
        return rewrite(tx, evolve(approved, state="approved"))
    tx.write(q.SET_STAGE, {"run": plan_id, "next": "cutting"})
    go_on(tx, plan_id, emergency=now.emergency)
    return rewrite(tx, evolve(approved, state="sent", expected=now.found))


def send(tx: Transaction, setup: Setup, plan_id: Id) -> Run | Refused:
    """Start the run of an approved plan: at its due time the recipients are found anew, frozen, and sent by the worker.

    Sending what was sent gives the run that stands.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    now = allowed(tx, setup, plan_id, "send", OPEN | _LEFT)
    if isinstance(now, Refused):
        return now
    if now.state in _LEFT:
        return run_there(tx, plan_id)
    if now.recurs is not None:
        return Refused((reason("GL-1071", state=now.state),))
    reasons = send_reasons(tx, setup, now)
    if not reasons and now.unit is not None and not claim_unit(tx, now.unit, now.due):
        reasons = (reason("GL-1065", limit=UNITS_PER_MONTH),)
    return Refused(reasons) if reasons else begin(tx, setup, now)


def send_reasons(tx: Transaction, setup: Setup, now: Plan) -> tuple[Reason, ...]:
    """Why a plan may not be sent now: approval, expiry, caps; the source's sendings take turns from here to the commit."""
    gate(tx, f"source:{now.source}")
    moment = max(now.due or tx.now, tx.now)
    started = tuple(
        busiest(_sendings(tx, now.source, moment, window), moment, window)
        for window, _ in setup.rules.caps.of_source()
    )
    facts = SendFacts(
        now=tx.now,
        digest=now.digest,
        approved=now.approved,
        expected=now.expected,
        expires=now.expires,
        emergency=_free(now),
        started=started,
    )
    return send_refusals(setup.rules, facts)


def begin(tx: Transaction, setup: Setup, now: Plan) -> Run:
    """Write the run of a plan that may be sent and let the worker go on with it."""
    quiet = None if now.emergency or setup.rules.quiet is None else setup.rules.quiet.to_json()
    terms = {
        "selection": now.selection,
        "renderer": now.renderer,
        "topic": "" if now.emergency or now.corrects else now.topic,
        "emergency": now.emergency,
        "corrects": now.corrects,
        "expected": now.expected,
        **({"quiet": quiet} if quiet else {}),
    }
    add_run(
        tx,
        run_id=now.id,
        key=f"plan:{now.key}",
        campaign=now.campaign,
        source=now.source,
        kind=now.kind,
        messages=now.messages,
        digest=now.digest,
        unit=now.unit,
        due=now.due,
        expires=now.expires,
        stage="cutting" if now.kind == "broadcast" else "freezing",
        terms=terms,
        counted=not (now.emergency or now.corrects),
    )
    rewrite(tx, evolve(now, state="sent"))
    go_on(tx, now.id, due=now.due, emergency=now.emergency)
    about = {"digest": now.digest, "approver": now.approver, "selection": now.selection}
    tx.audit("delivery.send", Ref("delivery.run", now.id), about)
    if now.emergency:
        tx.audit("delivery.emergency_override", Ref("delivery.run", now.id), {"source": now.source})
    return run_there(tx, now.id)


def correct(
    tx: Transaction, setup: Setup, run_id: Id, *, key: str, messages: Sequence[Message]
) -> Plan | Refused:
    """Plan a correction to exactly those whom an ended run reached or may have reached; no opt-out and no cap silences it.

    It is previewed, approved and sent like any plan. A broadcast is corrected by a broadcast.

    Raises:
        StoreError: GL-1057, no such run.
    """
    wrong = run_there(tx, run_id)
    if wrong.finished is None:
        return Refused((reason("GL-1085", planned=wrong.counts.planned),))
    origin = tx.one(sql.PLAN_BY_ID, {"plan": run_id})
    broadcast = wrong.kind == "broadcast"
    return plan(
        tx,
        setup,
        key=key,
        campaign=wrong.campaign,
        source=wrong.source,
        messages=messages,
        selection=None if broadcast else {"by": "reached", "run": run_id},
        broadcast=broadcast,
        emergency=bool(wrong.terms.get("emergency")),
        department="" if origin is None else origin.department,
        _corrects=run_id,
    )


def withdraw(tx: Transaction, setup: Setup, plan_id: Id) -> Plan | Refused:
    """Give up a plan that was not sent; a run is cancelled instead.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    now = allowed(tx, setup, plan_id, "cancel", STANDING)
    if isinstance(now, Refused):
        return now
    tx.audit("delivery.withdraw", Ref("delivery.run", plan_id))
    return rewrite(tx, evolve(now, state="withdrawn", approver="", approved="", approved_at=None))


def _free(now: Plan) -> bool:
    """Whether no cap holds the plan back: emergencies, and corrections of what was wrong."""
    return now.emergency or now.corrects is not None


def _sendings(tx: Transaction, source: str, moment: datetime, window: timedelta) -> list[datetime]:
    """When the source's other runs start or will start, as far as they can share a window with `moment`."""
    around = {"source": source, "since": moment - window, "until": moment + window}
    return [max(started, due or started) for started, due in tx.all(sql.SENDINGS, around)]
