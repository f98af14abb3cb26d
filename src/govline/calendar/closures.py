"""一斉中止: a stretch of a programme does not take place. Only its people are told, each once, and they come first for what is offered instead.

Who was in a closed slot keeps a place in it (`displaced`): it counts in limits, its counter equals its rows, and a reopening gives
everything back. A closure of any size works in pages; whatever kills it between two, the next page goes on.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import evolve, field, frozen

from govline.calendar import _queries as q
from govline.calendar import closure_messages, history, reminders, requests
from govline.calendar._queries import closures as qc
from govline.calendar._queries.closures import ClosureRow
from govline.calendar.desk import Desk, tell
from govline.calendar.history import check_reason
from govline.calendar.model import Booking, BookingState, Refused
from govline.calendar.reasons import because
from govline.core import Effect, Id, Json, Ref, Transaction, frozen_map
from govline.errors import InputError

__all__ = ["TOPIC", "Closure", "close", "closure", "go_on", "list_closures", "people", "reopen", "step"]

TOPIC: Final = "calendar.close"
_PAGE: Final = 200
_FIRST_RIGHT: Final = timedelta(days=7)


@frozen
class Closure:
    """A closure and what has become of its people.

    Args:
        state: `closing` while people are being told, `closed`, `reopening`, `reopened`, `ended` when the first right is over.
        slots: Slots that it closed, where `close` answers; 0 otherwise.
        displaced: Bookings that wait for another slot now.
    """

    id: Id
    programme: str
    since: datetime
    until: datetime
    reason: str
    state: str
    priority_until: datetime | None
    slots: int = 0
    displaced: int = 0
    counts: Mapping[str, int] = field(factory=dict, converter=frozen_map, hash=False)


def close(
    tx: Transaction,
    desk: Desk,
    programme: str,
    span: tuple[datetime, datetime],
    reason: str,
    *,
    key: str,
    emergency: bool = False,
    priority_until: datetime | None = None,
    instead: Sequence[Id] = (),
) -> Closure | Refused:
    """Close all slots that start in a stretch of time; holds end, whoever booked is told and comes first elsewhere.

    Args:
        span: From when until before when.
        reason: Why, as citizens read it.
        emergency: Tell people in quiet hours too.
        priority_until: Until when they come first; a week from now where omitted. Then what is left of them is cancelled.
        instead: Slots that nobody else may book before that.

    Raises:
        InputError: GL-2055 an empty stretch or no reason, GL-2001 the key was used for something else.
    """
    (since, until), line = span, check_reason(reason)
    if since >= until or not line:
        raise InputError(
            "a closure needs a stretch of time and a reason",
            code="GL-2055",
            hint="counter.close(tx, programme, since, until, reason, key=…, priority_until=…)",
        )
    content: dict[str, Json] = {
        "programme": desk.programme(programme).id,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "reason": line,
        "emergency": emergency,
        "priority_until": priority_until and priority_until.isoformat(),
        "instead": [*instead],
    }
    last = priority_until or tx.now + _FIRST_RIGHT
    row = ClosureRow(tx.new_id(), programme, since, until, line, "closing", emergency, last)
    return requests.once(
        tx,
        key,
        "close",
        content,
        lambda: _close(tx, desk, row, instead),
        citizen=None,
        write=_to_json,
        read=_from_json,
    )


def reopen(tx: Transaction, desk: Desk, closure_id: Id, reason: str, *, key: str) -> Closure | Refused:
    """Take a closure back: its slots open, and whoever has not gone elsewhere has their booking again and is told."""
    line = check_reason(reason)
    content: dict[str, Json] = {"closure": closure_id, "reason": line}
    return requests.once(
        tx,
        key,
        "reopen",
        content,
        lambda: _reopen(tx, desk, closure_id, line),
        citizen=None,
        write=_to_json,
        read=_from_json,
    )


def step(tx: Transaction, desk: Desk, closure_id: Id, *, limit: int = _PAGE) -> bool:
    """Work one page of a closure; whether there is more to do. Safe to call at any time, as often as one likes."""
    row: ClosureRow | None = tx.one(qc.LOCK_CLOSURE, {"closure": closure_id})
    if row is None:
        return False
    if row.state == "closing":
        found = _page(tx, qc.TO_DISPLACE, row, limit)
        closure_messages.tell_displaced(
            tx, desk, row, [each for one in found if (each := _displace(tx, desk, row, one))]
        )
        late = row.priority_until is not None and row.priority_until <= tx.now  # the worker was away for long
        return _done(tx, row, "closed", len(found) < limit) or late
    if row.state == "reopening":
        found = _page(tx, qc.DISPLACED_OF, row, limit)
        closure_messages.tell_restored(tx, desk, row, [_restore(tx, desk, row, one) for one in found])
        return _done(tx, row, "reopened", len(found) < limit)
    if row.state == "closed" and row.priority_until is not None and row.priority_until <= tx.now:
        found = _page(tx, qc.DISPLACED_OF, row, limit)
        for one in found:
            desk.call_off(tx, one, reason=row.reason)
        if len(found) < limit:
            tx.write(qc.RELEASE, {"closure": row.id})
        return _done(tx, row, "ended", len(found) < limit)
    return False


def closure(tx: Transaction, closure_id: Id) -> Closure | None:
    """The closure as it stands, with its people counted by state."""
    row: ClosureRow | None = tx.one(qc.CLOSURE_NOW, {"closure": closure_id})
    return None if row is None else _seen(tx, row)


def list_closures(tx: Transaction, *, limit: int = 50) -> list[Closure]:
    """The newest closures."""
    return [_seen(tx, row) for row in tx.all(qc.CLOSURES, {"limit": limit})]


def people(tx: Transaction, closure_id: Id, *, limit: int = 1_000) -> Sequence[Booking]:
    """Bookings that still wait for another slot; those of contacts and of nobody are to be telephoned."""
    return tx.all(qc.DISPLACED_OF, {"closure": closure_id, "limit": limit})


def _close(tx: Transaction, desk: Desk, row: ClosureRow, instead: Sequence[Id]) -> Closure:
    assert row.priority_until is not None  # `close` has set it
    stored = {name: getattr(row, name) for name in _STORED}
    tx.write(qc.ADD_CLOSURE, {**stored, "made_at": tx.now})
    span = {"programme": row.programme, "since": row.since, "until": row.until, "now": tx.now}
    closed = tx.write(qc.CLOSE_SLOTS, {**span, "closure": row.id})
    if instead:
        terms = {"slots": json.dumps([*instead]), "programme": row.programme, "closure": row.id}
        tx.write(qc.RESERVE, {**terms, "until": row.priority_until, "now": tx.now})
    facts = {"programme": row.programme, "slots": closed, "reason": row.reason, "emergency": row.emergency}
    tx.audit("calendar.close", Ref("calendar.closure", row.id), facts)
    _go_on(tx, row.id, 1, more=step(tx, desk, row.id))
    tx.enqueue(Effect(TOPIC, {"closure": row.id}, dedupe=f"{TOPIC}:{row.id}:end", due=row.priority_until))
    seen = closure(tx, row.id)
    assert seen is not None  # written just now
    return evolve(seen, slots=closed)


def _reopen(tx: Transaction, desk: Desk, closure_id: Id, reason: str) -> Closure | Refused:
    row: ClosureRow | None = tx.one(qc.LOCK_CLOSURE, {"closure": closure_id})
    if row is None or row.state not in ("closing", "closed"):
        return Refused([because("no_closure")])
    opened = tx.write(qc.REOPEN_SLOTS, {"closure": row.id})
    tx.write(qc.RELEASE, {"closure": row.id})
    tx.write(qc.SET_CLOSURE, {"closure": row.id, "now_is": "reopening"})
    facts = {"programme": row.programme, "slots": opened, "reason": reason}
    tx.audit("calendar.reopen", Ref("calendar.closure", row.id), facts)
    _go_on(tx, row.id, 1, more=step(tx, desk, row.id), verb="reopen")
    seen = closure(tx, row.id)
    assert seen is not None  # locked above
    return evolve(seen, slots=opened)


def _go_on(tx: Transaction, closure_id: Id, number: int, *, more: bool, verb: str = "close") -> None:
    if more:
        payload = {"closure": closure_id, "page": number, "verb": verb}
        tx.enqueue(Effect(TOPIC, payload, dedupe=f"{TOPIC}:{closure_id}:{verb}:{number}"))


def go_on(tx: Transaction, desk: Desk, payload: Mapping[str, Json]) -> None:
    """The next page of a closure, as the worker calls it; it asks to be called again where there is more."""
    number, verb = int(payload.get("page", 0)), str(payload.get("verb", "end"))
    more = step(tx, desk, payload["closure"])
    _go_on(tx, payload["closure"], number + 1, more=more, verb=verb)


def _page(tx: Transaction, statement: Any, row: ClosureRow, limit: int) -> Sequence[Booking]:
    return tx.all(statement, {"closure": row.id, "limit": limit})


def _done(tx: Transaction, row: ClosureRow, state: str, done: bool) -> bool:
    if done:
        tx.write(qc.SET_CLOSURE, {"closure": row.id, "now_is": state})
        tx.audit(f"calendar.closure_{state}", Ref("calendar.closure", row.id), {})
    return not done


def _displace(tx: Transaction, desk: Desk, row: ClosureRow, booking: Booking) -> Booking | None:
    """The booking without its slot; None where it was a hold or has changed meanwhile."""
    if booking.state is BookingState.HELD:
        desk.end(tx, booking, BookingState.EXPIRED, reason=row.reason)
        return None
    if not tx.write(qc.DISPLACE, {"booking": booking.id, "slot": booking.slot, "closure": row.id}):
        return None
    reminders.forget(tx, desk.programme(booking.programme), booking)
    displaced = evolve(booking, state=BookingState.DISPLACED, closure=row.id)
    data = {"closure": row.id, "slot": booking.slot}
    tell(tx, "calendar.displaced", displaced, data)
    history.record(tx, displaced, "displaced", booking.state, reason=row.reason, data=data)
    return displaced


def _restore(tx: Transaction, desk: Desk, row: ClosureRow, booking: Booking) -> Booking:
    tx.write(q.SETTLE, {"booking": booking.id})
    restored = evolve(booking, state=BookingState.CONFIRMED, closure=None)
    reminders.remind(tx, desk.programme(booking.programme), restored, desk.quiet)
    desk.owe(tx, restored)
    data = {"closure": row.id, "slot": booking.slot}
    tell(tx, "calendar.restored", restored, data)
    history.record(tx, restored, "restored", booking.state, data=data)
    return restored


def _seen(tx: Transaction, row: ClosureRow) -> Closure:
    counts = dict(tx.all(qc.STATES_OF, {"closure": row.id}))
    displaced = counts.get(BookingState.DISPLACED.value, 0)
    kept = (row.id, row.programme, row.since, row.until, row.reason, row.state, row.priority_until)
    return Closure(*kept, displaced=displaced, counts=counts)


# --- as the answer is stored ---

_STORED: Final = ("id", "programme", "since", "until", "reason", "state", "emergency", "priority_until")
_TIMES: Final = ("since", "until", "priority_until")


def _to_json(answer: Closure) -> Json:
    names = ("id", "programme", "reason", "state", "slots", "displaced")
    times = {name: (at := getattr(answer, name)) and at.isoformat() for name in _TIMES}
    return {
        "closure": {
            **{name: getattr(answer, name) for name in names},
            **times,
            "counts": dict(answer.counts),
        }
    }


def _from_json(data: Mapping[str, Any]) -> Closure:
    row = dict(data["closure"])
    for name in _TIMES:
        row[name] = row[name] and datetime.fromisoformat(row[name])
    return Closure(**row)
