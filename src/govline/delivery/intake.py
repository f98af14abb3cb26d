"""Machine sources at work: offer, hold, release by two people, refuse. Nothing of a machine's is sent around this."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from attrs import evolve

from govline.core import Id, Ref, Transaction
from govline.delivery import _sql as sql
from govline.delivery._sql import Held as HeldRow
from govline.delivery.campaigns import begin
from govline.delivery.freezing import serialise
from govline.delivery.model import Plan, Refused
from govline.delivery.planning import gate, rewrite, write_plan
from govline.delivery.reading import number
from govline.delivery.rules import reason
from govline.delivery.setup import Setup, staff_id
from govline.delivery.sources import Accepted, Held, Incoming, IncomingFacts, Source, held_back, refused
from govline.errors import StoreError

__all__ = ["holds", "no_such", "offer", "refuse", "release"]

_HOUR: Final = timedelta(hours=1)
_LONGEST_KEY: Final = 200


def offer(tx: Transaction, setup: Setup, source: Source, incoming: Incoming) -> Accepted | Held | Refused:
    """Take what a machine wants sent: it goes out, waits for staff, or is refused; kept in any case, with every reason.

    One source's offers take turns, so that the budget and the look for duplicates hold with any number of workers.

    Raises:
        MessageError: A message breaks one of LINE's limits.
        InputError: GL-1058, the source names an unknown selection or topic.
    """
    setup.selector(source.selection)
    setup.topic(source.topic)
    body = serialise(incoming.messages)
    gate(tx, f"source:{source.name}")
    facts = _facts(tx, source, incoming, body)
    never = refused(source, incoming, facts)
    reasons = never or held_back(source, incoming, facts)
    row = tx.new_id()
    state = "refused" if never else "held" if reasons else "accepted"
    run_id = None if reasons else _start(tx, setup, source, row, body, approver=f"source:{source.name}")
    values = {
        "id": row,
        "source": source.name,
        "key": _key(incoming.key),
        "digest": hashlib.sha256(body).hexdigest(),
        "dated_at": incoming.dated,
        "received_at": tx.now,
        "state": state,
        "reasons": [each.code for each in reasons],
        "messages": body,
        "released_by": "",
        "run_id": run_id,
        "ended_at": None if state == "held" else tx.now,
    }
    tx.write(sql.ADD_INCOMING, values)
    tx.audit(
        f"delivery.{state}",
        Ref("delivery.incoming", row),
        {"source": source.name, "reasons": values["reasons"]},
    )
    if never:
        return Refused(never)
    return Held(row, reasons) if run_id is None else Accepted(row, run_id)


def release(tx: Transaction, setup: Setup, source: Source, row: Id) -> Accepted | Held | Refused:
    """Confirm what is held, as one of two members of staff; the second one's word sends it.

    Raises:
        StoreError: GL-1086, there is no such row, or it is another source's.
    """
    held = _locked(tx, row, source.name)
    why = setup.refused(tx, "approve", "")
    if why is not None:
        return why
    if held.state != "held":
        return Refused((reason("GL-1071", state=held.state),))
    who = staff_id(tx)
    if tx.actor.kind != "staff" or held.released_by == who:
        return Refused((reason("GL-1060"),))
    tx.audit("delivery.release", Ref("delivery.incoming", row), {"source": source.name})
    if not held.released_by:
        tx.write(sql.FIRST_RELEASE, {"row": row, "who": who})
        return Held(row, (reason("GL-1087"),))
    both = f"{held.released_by}\n{who}"
    run_id = _start(tx, setup, source, row, bytes(held.messages), approver=both)
    tx.write(
        sql.END_INCOMING, {"row": row, "new_state": "released", "run": run_id, "now": tx.now, "who": both}
    )
    return Accepted(row, run_id)


def refuse(tx: Transaction, setup: Setup, row: Id) -> Refused | None:
    """Let what is held go unsent; None when done.

    Raises:
        StoreError: GL-1086, there is no such row.
    """
    held = _locked(tx, row)
    why = setup.refused(tx, "approve", "")
    if why is not None:
        return why
    if held.state != "held":
        return Refused((reason("GL-1071", state=held.state),))
    end = {"row": row, "new_state": "refused", "run": None, "now": tx.now, "who": staff_id(tx)}
    tx.write(sql.END_INCOMING, end)
    tx.audit("delivery.refuse", Ref("delivery.incoming", row), {"source": held.source})
    return None


def holds(tx: Transaction, *, state: str = "held", after: Id = "", limit: int = 100) -> Sequence[HeldRow]:
    """A page of what machine sources offered, in order of id; `state` "" for all (accepted, held, refused, released)."""
    return [HeldRow(*row) for row in tx.connection.execute(sql.list_incoming(state, after, limit))]


def no_such(row: Id) -> StoreError:
    """GL-1086, for whoever looked for it."""
    return StoreError("no such held message", code="GL-1086", place={"held": row})


def _facts(tx: Transaction, source: Source, incoming: Incoming, body: bytes) -> IncomingFacts:
    since = tx.now - source.duplicate_window
    look = {
        "name": source.name,
        "since": since,
        "known": _key(incoming.key),
        "same": hashlib.sha256(body).hexdigest(),
    }
    taken = number(tx, sql.COUNT_TAKEN, {"name": source.name, "since": tx.now - _HOUR})
    return IncomingFacts(now=tx.now, duplicate=tx.one(sql.DUPLICATE, look) is not None, taken=taken)


def _key(given: str) -> str:
    """The machine's own id as a table takes it: what is too long or not printable by its hash, so that nothing is lost for it."""
    if len(given) <= _LONGEST_KEY and given.isprintable():
        return given
    return f"sha256:{hashlib.sha256(given.encode(errors='surrogatepass')).hexdigest()}"


def _start(tx: Transaction, setup: Setup, source: Source, row: Id, body: bytes, *, approver: str) -> Id:
    """The plan and run of what may go; its approval is the source's declaration, or the two who released it."""
    machine = f"source:{source.name}"
    plan = Plan(
        id=row,
        key=f"incoming:{row}",
        campaign=source.campaign or source.name,
        source=source.name,
        department="",
        kind="multicast",
        messages=body,
        renderer=None,
        selection=dict(source.selection),
        topic=source.topic,
        emergency=source.emergency,
        corrects=None,
        unit=None,
        due=None,
        expires=None,
        state="approved",
        revision=1,
        digest="",
        planner=machine,
        editor=machine,
        expected=None,
        found=None,
        validated="",
        approver=approver,
        approved="",
        approved_at=tx.now,
        changed=tx.now,
    )
    written = write_plan(tx, setup, plan)
    return begin(tx, setup, rewrite(tx, evolve(written, approved=written.digest))).id


def _locked(tx: Transaction, row: Id, source: str | None = None) -> HeldRow:
    found: HeldRow | None = tx.one(sql.LOCK_INCOMING, {"row": row})
    if found is None or (source is not None and found.source != source):
        raise no_such(row)
    return found
