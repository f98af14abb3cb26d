"""The life of a sending before it leaves: plan, change, ask for approval, approve, send, correct.

An approval is bound to a hash over everything that will be sent and to whom; whatever changes it makes the approval void.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import evolve

from govline.core import CitizenId, Id, Json, Message, Reason, Ref, Transaction
from govline.delivery import _queries as q
from govline.delivery import _sql as sql
from govline.delivery.freezing import add_run, check_terms, pages, serialise
from govline.delivery.model import Kind, Plan, Preview, Refused, Run
from govline.delivery.planning import (
    check_parts,
    claim_unit,
    digest_of,
    gate,
    go_on,
    rewrite,
    run_there,
    standing,
    write_plan,
)
from govline.delivery.recurrence import Recurrence
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
from govline.errors import InputError

__all__ = ["approve", "begin", "correct", "edit", "plan", "request", "send", "send_reasons", "withdraw"]

_CHANGEABLE: Final = frozenset(
    {
        "messages",
        "renderer",
        "selection",
        "recipients",
        "topic",
        "emergency",
        "unit",
        "due",
        "expires",
        "recurs",
    }
)
_OPEN: Final = frozenset({"draft", "requested", "approved"})
_STANDING: Final = _OPEN | {"recurring"}


def plan(
    tx: Transaction,
    setup: Setup,
    *,
    key: str,
    campaign: str,
    source: str,
    messages: Sequence[Message] = (),
    selection: Mapping[str, Json] | None = None,
    recipients: Iterable[CitizenId] | None = None,
    renderer: Mapping[str, Json] | None = None,
    broadcast: bool = False,
    topic: str = "",
    emergency: bool = False,
    department: str = "",
    unit: str | None = None,
    due: datetime | None = None,
    expires: datetime | None = None,
    recurs: Recurrence | None = None,
    _corrects: Id | None = None,
) -> Plan | Refused:
    """Write down what shall be sent to whom; nothing is frozen, nothing is sent. The same key again gives the plan that stands.

    Args:
        key: Idempotency key. `campaign`: what it is a sending of; previews compare with its last run.
        messages: 1 to 5, the same for all; or `renderer`, which makes each citizen's own.
        selection: `{"by": name, …}`, evaluated at preview and again at the send; or `recipients`, a list that is kept
            (some ten thousand; larger ones are selections); or `broadcast`: everybody who is a friend, known to us or not.
        topic: Who opted out of it is left out. `emergency`: passes quiet hours, opt-outs and caps, noted in the audit.
        unit: LINE's custom aggregation unit. `due`, `expires`: when it may leave.
        recurs: It is sent again and again: approved once, begun by `repeat`, each day a run of its own.

    Raises:
        MessageError: A message breaks one of LINE's limits.
        InputError: GL-1050, GL-1051, GL-1055 the key names another plan, GL-1056 not exactly one way to say what or to whom,
            GL-1058 an unknown selection, renderer or topic.
    """
    refused = setup.refused(tx, "plan", department)
    if refused is not None:
        return refused
    check_terms(unit, due, expires)
    _check_recurrence(recurs, due, expires)
    _check_ways(messages, selection, recipients, renderer, broadcast=broadcast)
    kind: Kind = "broadcast" if broadcast else "push" if renderer is not None else "multicast"
    reasons = _broadcast_refusals(setup, topic, kind=kind, free=emergency or _corrects is not None)
    if reasons is not None:
        return reasons
    plan_id, who = tx.new_id(), staff_id(tx)
    draft = Plan(
        id=plan_id,
        key=key,
        campaign=campaign,
        source=source,
        department=department,
        kind=kind,
        messages=serialise(messages) if messages else b"[]",
        renderer=None if renderer is None else dict(renderer),
        selection={"by": "everybody"} if broadcast else dict(selection or {}),
        topic=setup.topic(topic),
        emergency=emergency,
        corrects=_corrects,
        unit=unit,
        due=due,
        expires=expires,
        state="draft",
        revision=1,
        digest="",
        planner=who,
        editor=who,
        expected=None,
        found=None,
        validated="",
        approver="",
        approved="",
        approved_at=None,
        changed=tx.now,
        recurs=None if recurs is None else recurs.to_json(),
    )
    if recipients is not None:
        draft = evolve(draft, selection=_keep_list(tx, plan_id, recipients))
    return write_plan(tx, setup, draft)


def edit(tx: Transaction, setup: Setup, plan_id: Id, **changes: Any) -> Plan | Refused:
    """Change what `plan` took: messages, selection, recipients, renderer, topic, emergency, unit, due, expires.

    Any approval is void afterwards. A plan that was sent is not changed: cancel its run, or correct it.

    Raises:
        As `plan`; StoreError: GL-1054, no such plan.
    """
    now = standing(tx, plan_id)
    refused = setup.refused(tx, "plan", now.department)
    if refused is not None:
        return refused
    if now.state not in _STANDING:
        return Refused((reason("GL-1071", state=now.state),))
    _check_change(now, changes)
    reasons = _broadcast_refusals(
        setup,
        changes.get("topic", now.topic),
        kind=now.kind,
        free=changes.get("emergency", now.emergency) or now.corrects is not None,
    )
    if reasons is not None:
        return reasons
    changed = _changed(tx, now, changes)
    check_terms(changed.unit, changed.due, changed.expires)
    _check_recurrence(changed.recurs, changed.due, changed.expires)
    setup.topic(changed.topic)
    check_parts(setup, changed)
    digest = digest_of(changed)
    if digest == now.digest:
        return now
    tx.audit("delivery.edit", Ref("delivery.run", plan_id), {"digest": digest, "was": now.digest})
    return rewrite(
        tx,
        evolve(
            changed,
            digest=digest,
            editor=_makers(now.editor, staff_id(tx)),
            revision=now.revision + 1,
            state="draft",
            expected=None,
            approver="",
            approved="",
            approved_at=None,
        ),
    )


def request(tx: Transaction, setup: Setup, plan_id: Id, preview: Preview) -> Plan | Refused:
    """Ask for approval of what a preview showed; its count is what the send is compared with.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    now = standing(tx, plan_id)
    refused = setup.refused(tx, "plan", now.department)
    if refused is not None:
        return refused
    if now.state not in _OPEN:
        return Refused((reason("GL-1071", state=now.state),))
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
    now = standing(tx, plan_id)
    refused = setup.refused(tx, "approve", now.department)
    if refused is not None:
        return refused
    if now.state not in ("requested", "held"):
        return Refused((reason("GL-1071", state=now.state),))
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
    now = standing(tx, plan_id)
    refused = setup.refused(tx, "send", now.department)
    if refused is not None:
        return refused
    if now.state in ("sent", "held"):
        return run_there(tx, plan_id)
    if now.state == "withdrawn" or now.recurs is not None:
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
    now = standing(tx, plan_id)
    refused = setup.refused(tx, "cancel", now.department)
    if refused is not None:
        return refused
    if now.state not in _STANDING:
        return Refused((reason("GL-1071", state=now.state),))
    tx.audit("delivery.withdraw", Ref("delivery.run", plan_id))
    return rewrite(tx, evolve(now, state="withdrawn", approver="", approved="", approved_at=None))


def _check_ways(
    messages: Sequence[Message],
    selection: Mapping[str, Json] | None,
    recipients: Iterable[CitizenId] | None,
    renderer: Mapping[str, Json] | None,
    *,
    broadcast: bool,
) -> None:
    ways = (selection is not None) + (recipients is not None) + broadcast
    if (
        _is_list(selection)
        or ways != 1
        or bool(messages) == (renderer is not None)
        or (broadcast and renderer is not None)
    ):
        raise InputError(
            "a plan needs one way to say what and one to say to whom",
            code="GL-1056",
            hint="messages or renderer; selection, recipients or broadcast=True",
        )


def _check_change(now: Plan, changes: Mapping[str, Any]) -> None:
    """Only what `plan` took can change, and what is written for all does not stand beside what is written for each."""
    ways = {"selection", "recipients"} & set(changes)
    both = changes.get("messages") and changes.get("renderer")
    closed = (now.kind == "broadcast" and (ways or changes.get("renderer"))) or (now.corrects and ways)
    closed = closed or _is_list(changes.get("selection"))
    if set(changes) - _CHANGEABLE or len(ways) > 1 or both or closed:
        raise InputError(
            "a plan is not changed in this way",
            code="GL-1056",
            hint=f"change {', '.join(sorted(_CHANGEABLE))}; a broadcast and a correction keep their recipients",
        )


def _check_recurrence(recurs: object, due: datetime | None, expires: datetime | None) -> None:
    if recurs is not None and (due is not None or expires is not None):
        raise InputError(
            "a plan that comes again has neither due nor expires",
            code="GL-1056",
            hint="set ends in its recurrence",
        )


def _is_list(selection: Mapping[str, Json] | None) -> bool:
    """A list belongs to one plan: another's could be changed behind the approver's back."""
    return selection is not None and selection.get("by") == "listed"


def _changed(tx: Transaction, now: Plan, changes: Mapping[str, Any]) -> Plan:
    given = dict(changes)
    if given.get("recurs") is not None:
        given["recurs"] = given["recurs"].to_json()
    if "recipients" in given:
        tx.write(sql.CLEAR_LISTED, {"plan": now.id})
        given["selection"] = _keep_list(tx, now.id, given.pop("recipients"))
    if given.get("renderer") is not None:
        given |= {"renderer": dict(given["renderer"]), "messages": b"[]", "kind": "push"}
    elif "messages" in given:
        kind = "broadcast" if now.kind == "broadcast" else "multicast"
        given |= {"messages": serialise(given["messages"]), "renderer": None, "kind": kind}
    return evolve(now, **given)


def _broadcast_refusals(setup: Setup, topic: str, *, kind: Kind, free: bool) -> Refused | None:
    """LINE picks a broadcast's recipients, so nobody can be left out of it; emergencies and corrections leave nobody out."""
    if kind != "broadcast" or free or not (topic or setup.rules.caps.of_citizen()):
        return None
    return Refused((reason("GL-1069"),))


def _keep_list(tx: Transaction, plan_id: Id, recipients: Iterable[CitizenId]) -> dict[str, Json]:
    """The list as rows, and the facts that bind an approval to it."""
    seen, size = hashlib.sha256(), 0
    for page in pages(recipients):
        size += tx.write_many(sql.ADD_LISTED, [{"plan_id": plan_id, "citizen": citizen} for citizen in page])
        for citizen in page:
            seen.update(f"{citizen}\n".encode())
    return {"by": "listed", "plan": plan_id, "number": size, "digest": seen.hexdigest()}


def _makers(before: str, who: str) -> str:
    """Everybody who ever changed the plan: none of them may approve it."""
    known = before.split("\n")
    return before if who in known else "\n".join([*known, who])


def _free(now: Plan) -> bool:
    """Whether no cap holds the plan back: emergencies, and corrections of what was wrong."""
    return now.emergency or now.corrects is not None


def _sendings(tx: Transaction, source: str, moment: datetime, window: timedelta) -> list[datetime]:
    """When the source's other runs start or will start, as far as they can share a window with `moment`."""
    around = {"source": source, "since": moment - window, "until": moment + window}
    return [max(started, due or started) for started, due in tx.all(sql.SENDINGS, around)]
