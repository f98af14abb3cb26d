"""Drafts: a plan is written down and changed; nothing is frozen, nothing is sent.

Whatever changes a plan makes its approval void, which is bound to a hash over everything that will be sent and to whom.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from attrs import evolve

from govline.core import CitizenId, Id, Json, Message, Ref, Transaction
from govline.delivery import _sql as sql
from govline.delivery.freezing import check_terms, pages, serialise
from govline.delivery.model import Kind, Plan, Refused
from govline.delivery.planning import STANDING, allowed, check_parts, digest_of, rewrite, write_plan
from govline.delivery.recurrence import Recurrence
from govline.delivery.rules import reason
from govline.delivery.setup import Setup, staff_id
from govline.errors import InputError

__all__ = ["edit", "plan"]

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
    now = allowed(tx, setup, plan_id, "plan", STANDING)
    if isinstance(now, Refused):
        return now
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
