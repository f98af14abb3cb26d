"""A run under way: frozen and cut in bounded units of work, paused, resumed, cancelled.

`advance` does the next piece and says whether there is more, so that a million recipients are never one transaction, and a
worker that dies goes on where the last commit stood. Nothing is handed to the outbox before the last page is in.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from attrs import evolve

from govline.core import (
    Amend,
    DatabasePort,
    Done,
    EffectContext,
    Event,
    Fate,
    Id,
    Json,
    Message,
    Ref,
    Transaction,
)
from govline.delivery import _queries as q
from govline.delivery import _sql as sql
from govline.delivery._queries import Work
from govline.delivery.freezing import PAGE, add_batches, add_run, cut, leave_out, serialise, started, take_in
from govline.delivery.model import Control, Refused, Run
from govline.delivery.personal import cut_each
from govline.delivery.planning import gate, go_on, rewrite
from govline.delivery.reading import run, same_run
from govline.delivery.rules import over_send_cap, reason
from govline.delivery.sending import CANCELLED, finish_if_done, hand_out, unpark
from govline.delivery.setup import Setup
from govline.errors import StoreError

__all__ = [
    "BATCHES",
    "PUSHES",
    "UNIT",
    "Advancing",
    "WorkHandler",
    "advance",
    "cancel",
    "freeze_pages",
    "pause",
    "resume",
]

UNIT: Final = 20_000
"""Recipients that one unit of work takes in."""
BATCHES: Final = 40
"""Batches of many that one unit of work makes: 20,000 people."""
PUSHES: Final = 500
"""Batches of one person that one unit makes; batches of any kind that one unit settles or hands out anew."""

_UNITS_A_TURN: Final = 20  # a turn of the worker ends well within its lease


def advance(tx: Transaction, setup: Setup, run_id: Id) -> bool:
    """Do the next bounded piece of a run; whether there is more to do now. Done twice, or by two at once, it does no harm."""
    work: Work | None = tx.one(q.LOCK_RUN, {"run": run_id})
    if work is None or work.finished is not None:
        return False
    if work.control != "cancelled" and work.stage != "cut" and work.expires and work.expires <= tx.now:
        tx.write(sql.SET_TERMS, {"run": run_id, "new_terms": {**work.terms, "ended": "expired"}})
        tx.write(q.SET_CONTROL, _control(run_id, "cancelled", work.control, work.control))
        return True
    if work.control == "cancelled":
        return _settle(tx, work)
    if work.control == "paused":
        return False
    if work.stage == "freezing":
        return _take_in(tx, setup, work)
    if work.stage == "cutting":
        return _cut(tx, setup, work)
    return work.stage == "cut" and work.sweep is not None and _hand_out_again(tx, work)


def pause(tx: Transaction, setup: Setup, run_id: Id) -> Run | Refused:
    """Let nothing more leave until `resume`; what has left once is asked about until its fate is known.

    Raises:
        StoreError: GL-1057, no such run.
    """
    return _turn(tx, setup, run_id, "paused", ("going",), verb="cancel")


def resume(tx: Transaction, setup: Setup, run_id: Id) -> Run | Refused:
    """Go on with a paused run.

    Raises:
        StoreError: GL-1057, no such run.
    """
    return _turn(tx, setup, run_id, "going", ("paused",), verb="send")


def cancel(tx: Transaction, setup: Setup, run_id: Id) -> Run | Refused:
    """Stop a run for good: whoever's batch has not left ends as not reached, `cancelled`.

    What LINE has accepted cannot be taken back: see `correct`.

    Raises:
        StoreError: GL-1057, no such run.
    """
    ended = _turn(tx, setup, run_id, "cancelled", ("going", "paused"), verb="cancel")
    held = tx.one(sql.LOCK_PLAN, {"plan": run_id})
    if isinstance(ended, Run) and held is not None and held.state == "held":
        rewrite(tx, evolve(held, state="sent"))
    return ended


def freeze_pages(
    db: DatabasePort,
    setup: Setup,
    *,
    key: str,
    source: str,
    messages: Sequence[Message],
    selection: Mapping[str, Json],
    emergency: bool = False,
) -> Run:
    """Freeze a run of any size in bounded units of work, one after another; the same key goes on with the run that stands.

    Raises:
        MessageError: A message breaks one of LINE's limits.
        InputError: GL-1052 the key is known with other messages, GL-1058 an unknown selection.
    """
    setup.selector(selection)
    body = serialise(messages)
    digest = hashlib.sha256(body).hexdigest()
    terms = {
        "selection": dict(selection),
        "renderer": None,
        "topic": "",
        "emergency": emergency,
        "expected": None,
    }
    terms["corrects"] = None

    def begin(tx: Transaction) -> Run:
        add_run(tx, key=key, source=source, messages=body, digest=digest, stage="freezing", terms=terms)
        return same_run(tx, key, digest)

    made = db.run(begin)
    while db.run(lambda tx: advance(tx, setup, made.id)):
        pass
    return db.read(lambda tx: same_run(tx, key, digest))


class Advancing(Protocol):
    """The bound delivery, as far as the worker needs it."""

    def advance(self, tx: Transaction, run: Id) -> bool:
        """Do the next bounded piece; whether there is more."""
        ...


class WorkHandler:
    """`delivery.work` {"run"}: goes on with a run, some units of work a turn."""

    def __init__(self, database: DatabasePort, delivery: Advancing) -> None:
        self._database = database
        self._delivery = delivery

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:  # noqa: ARG002 - the contract's
        """Advance the run; `Amend` where it is not through yet."""
        for _ in range(_UNITS_A_TURN):
            if not self._database.run(lambda tx: self._delivery.advance(tx, payload["run"])):
                return Done()
        return Amend(payload, "more to freeze")

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """The run's own row is the record."""


def _take_in(tx: Transaction, setup: Setup, work: Work) -> bool:
    terms = work.terms
    page = setup.select(tx, terms["selection"], work.cursor, UNIT)
    if not page:
        return _all_in(tx, setup, work)
    if not work.offered:
        tx.write(
            q.BEGIN_RUN, {"run": work.id, "now": tx.now}
        )  # caps count it when it leaves, however early it was sent
    caps = setup.rules.caps.of_citizen() if work.counted else ()
    if caps:
        gate(tx, "caps")  # two runs that freeze at once see each other's recipients
    new = sum(
        take_in(tx, work.id, page[start : start + PAGE], work.offered + start)
        for start in range(0, len(page), PAGE)
    )
    excluded = leave_out(tx, work.id, work.offered, topic=terms["topic"], caps=caps)
    taken = {"after": page[-1], "taken": len(page), "reachable": new - excluded, "excluded": excluded}
    tx.write(q.TAKE_IN, {"run": work.id, **taken})
    return True


def _all_in(tx: Transaction, setup: Setup, work: Work) -> bool:
    """Everybody is in: batches follow, unless it is not what was approved."""
    expected, emergency = work.terms["expected"], bool(work.terms["emergency"])
    reasons = over_send_cap(
        setup.rules.caps, work.placed, emergency=emergency or bool(work.terms["corrects"])
    )
    if expected is not None and setup.rules.drift.exceeded(expected, work.placed):
        reasons += (reason("GL-1067", expected=expected, found=work.placed),)
    if not reasons:
        tx.write(q.SET_STAGE, {"run": work.id, "next": "cutting"})
        return True
    tx.write(q.SET_STAGE, {"run": work.id, "next": "held"})
    plan = tx.one(sql.LOCK_PLAN, {"plan": work.id})
    if plan is not None:
        rewrite(tx, evolve(plan, state="held", found=work.placed, approver="", approved="", approved_at=None))
    codes = [each.code for each in reasons]
    tx.emit(
        Event("delivery.held", Ref("delivery.run", work.id), data={"source": work.source, "reasons": codes})
    )
    return False


def _cut(tx: Transaction, setup: Setup, work: Work) -> bool:
    number, after = tx.one(q.LAST_BATCH, {"run": work.id}) or (-1, -1)
    excluded = 0
    if work.kind == "broadcast":
        batches = add_batches(tx, work.id, [(0, 0, 0)]) if number < 0 else []
    elif work.kind == "push":
        places = tx.all(sql.POSITIONS_AFTER, {"run": work.id, "after": after, "limit": PUSHES})
        facts = work.terms["renderer"]
        rendered = setup.renderer(facts)(tx, facts, [citizen for _, citizen in places]) if places else {}
        batches, excluded = cut_each(tx, work.id, places, rendered, number + 1)
    else:
        batches = add_batches(tx, work.id, cut(tx, work.id, after=after, limit=BATCHES), number=number + 1)
    tx.write(q.GROW_RUN, {"run": work.id, "number": len(batches), "excluded": excluded})
    for batch_id in batches:
        hand_out(
            tx,
            batch_id,
            kind=work.kind,
            source=work.source,
            dedupe=batch_id,
            expires=work.expires,
            emergency=bool(work.terms["emergency"]),
        )
    if number < 0:
        started(tx, work.id, work.source, len(batches))
    if batches or excluded:
        return True
    tx.write(q.SET_STAGE, {"run": work.id, "next": "cut"})
    finish_if_done(tx, work.id)
    return work.sweep is not None


def _settle(tx: Transaction, work: Work) -> bool:
    """Of a cancelled run: batches that never left, then recipients that are in no batch."""
    why = work.terms.get("ended", CANCELLED)
    after = -1 if work.sweep is None else work.sweep
    rows = tx.all(q.BATCHES_AFTER, {"run": work.id, "after": after, "limit": PUSHES})
    for batch_id, _, _ in rows:
        if tx.write(q.CLOSE_UNSENT, {"batch": batch_id, "why": why, "now": tx.now}):
            tx.write(q.CLOSE_RUN_BATCH, {"run": work.id})
    if rows:
        tx.write(q.SET_SWEEP, {"run": work.id, "upto": rows[-1][1]})
        return True
    if work.stage != "cut" and _settle_uncut(tx, work, why):
        return True
    tx.write(q.SET_STAGE, {"run": work.id, "next": "cut"})
    finish_if_done(tx, work.id)
    return False


def _settle_uncut(tx: Transaction, work: Work, why: str) -> int:
    _, after = tx.one(q.LAST_BATCH, {"run": work.id}) or (-1, -1)
    found = tx.one(q.NEXT_CUT, {"run": work.id, "after": after, "size": UNIT})
    if found is None or not found[2]:
        return 0
    gone = tx.write(q.LEAVE_OUT_UNCUT, {"run": work.id, "after": found[0] - 1, "upto": found[1], "why": why})
    tx.write(q.GROW_RUN, {"run": work.id, "number": 0, "excluded": gone})
    return gone


def _hand_out_again(tx: Transaction, work: Work) -> bool:
    """After a pause: the batches that were set aside, page by page."""
    rows = tx.all(q.BATCHES_AFTER, {"run": work.id, "after": work.sweep, "limit": PUSHES})
    for batch_id, _, parked in rows:
        if parked:
            unpark(tx, batch_id, work)
    tx.write(q.SET_SWEEP, {"run": work.id, "upto": rows[-1][1] if rows else None})
    return bool(rows)


def _turn(
    tx: Transaction, setup: Setup, run_id: Id, wanted: Control, was: tuple[Control, ...], *, verb: str
) -> Run | Refused:
    now = run(tx, run_id)
    if now is None:
        raise StoreError("no such delivery run", code="GL-1057", place={"run": run_id})
    plan = tx.one(sql.PLAN_BY_ID, {"plan": run_id})
    refused = setup.refused(tx, verb, "" if plan is None else plan.department)
    if refused is not None:
        return refused
    if not tx.write(q.SET_CONTROL, _control(run_id, wanted, was[0], was[-1])):
        return Refused((reason("GL-1071", state=now.state),))
    tx.audit(f"delivery.{'resume' if wanted == 'going' else wanted}", Ref("delivery.run", run_id))
    if wanted != "paused":
        go_on(tx, run_id, emergency=bool(now.terms.get("emergency")))
    turned = run(tx, run_id)
    assert turned is not None
    return turned


def _control(run_id: Id, wanted: Control, was: Control, or_was: Control) -> dict[str, Json]:
    """Resuming and cancelling go through the batches from the first; pausing touches none."""
    begin = None if wanted == "paused" else -1
    return {"run": run_id, "next": wanted, "was": was, "or_was": or_was, "begin": begin}
