"""Availability from the rows, in a reading unit: a day is one group in the database, a slot is judged by the rules."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from attrs import evolve

from govline.calendar import _queries as q
from govline.calendar import holds
from govline.calendar._queries import views as qv
from govline.calendar.availability import (
    ORDER,
    DayView,
    SlotState,
    SlotView,
    day_of,
    edges,
    judged,
    midnight,
    put_together,
    state_of,
    summed,
)
from govline.calendar.desk import Desk
from govline.calendar.knowledge import Known, facts_of, holds_on_vouchers, look_up
from govline.calendar.ledger import shared_of
from govline.calendar.model import CitizenFacts, Policy, Programme, Shared, Slot
from govline.calendar.pairing import Seconds, days_after
from govline.calendar.rules import check
from govline.core import CitizenId, Id, Reason, Transaction
from govline.core.jst import to_jst
from govline.errors import InputError

__all__ = ["and_also", "asker", "days_of", "free_slots", "times_of", "views_of"]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY: Final = timedelta(days=1)
_DATE: Final = date.fromordinal
_NOT_YET: Final = ORDER.index(SlotState.NOT_YET)
_MOST: Final = 100_000
_FURTHER: Final = 8


def days_of(
    tx: Transaction,
    desk: Desk,
    programme: Programme,
    first: date,
    last: date,
    *,
    party: int,
    citizen: CitizenId | None,
) -> tuple[DayView, ...]:
    """Every day from `first` to `last`, as anybody or this citizen sees it."""
    _check_span(first, last)

    def slot_by_slot(since: date, until: date) -> tuple[DayView, ...]:
        views = times_of(tx, desk, programme, since, until, party=party, citizen=citizen)
        return put_together(since, until, summed(views))

    if citizen is not None:
        return slot_by_slot(first, last)
    edge = edges(programme.policy, first, last, tx.now, business_day=desk.business_day)
    terms = {
        **_span(programme, first, last),
        "places": programme.places(party),
        "now": tx.now,
        "cut_through": edge.cut_through,
        "shut_from": midnight(edge.shut_day),
    }
    rows = tx.all(qv.SHARING_DAYS if programme.shares else qv.DAYS, terms)
    if rows and rows[0][-1]:
        # a hold that ran out, which no counter knows, or slots kept for a closure's people, which open at instants of their own
        return slot_by_slot(first, last)
    found = [
        # a comprehension of its own: a call for each day would cost a fifth of the whole look
        DayView(
            day := _DATE(_EPOCH + number),
            ORDER[state],
            slots,
            bookable,
            free,
            edge.opens(day) if state == _NOT_YET and day >= edge.shut_day else None,
        )
        for number, state, slots, bookable, free, _ in rows
    ]
    if _is_too_many(programme, party):
        found = [_refused(day) for day in found]
    return put_together(first, last, found)


def _refused(day: DayView) -> DayView:
    """No slot takes so many at once."""
    if not day.bookable:
        return day
    return evolve(day, state=SlotState.REFUSED, bookable=0, free=0)


def times_of(
    tx: Transaction,
    desk: Desk,
    programme: Programme,
    first: date,
    last: date,
    *,
    party: int,
    citizen: CitizenId | None,
) -> tuple[SlotView, ...]:
    """Every slot from `first` to `last` with its state and all reasons, in order of time and name."""
    facts = asker(tx, desk, programme, citizen, party)
    views = views_of(tx, desk, programme, (first, last), facts)
    if citizen is None or programme.link is None:
        return views
    seconds = _seconds(tx, desk, programme, (first, last), party)
    return tuple(
        and_also(view, seconds.missing(view.slot)) if view.state.bookable else view for view in views
    )


def views_of(
    tx: Transaction,
    desk: Desk,
    programme: Programme,
    days: tuple[date, date],
    facts: Callable[[Slot], CitizenFacts],
) -> tuple[SlotView, ...]:
    """Every slot from the first to the last of these days, as the rules judge it by these facts."""
    _check_span(*days)
    span = _span(programme, *days)
    gone = holds.lapsed(tx, programme.id)
    rows = [gone.without(slot) for slot in tx.all(qv.SHOWN_SLOTS, {**span, "limit": _MOST})]
    slots = [slot for slot in rows if slot.capacity or slot.booked]
    shared: dict[Id, list[Shared]] = {}
    if any(slot.draws for slot in slots):
        for row in tx.all(qv.POOLS_BETWEEN, span):
            left = evolve(row, booked=row.booked - gone.units.get(row.pool, 0)) if gone.units else row
            shared.setdefault(row.slot, []).append(shared_of(left))
    alike, seen, views = _alike(programme.policy), dict[tuple[object, ...], SlotView](), list[SlotView]()
    for slot in slots:
        own = facts(slot)
        key = alike(slot) if slot.id not in shared and not own.in_slot else (slot.id,)
        if (view := seen.get(key)) is None:
            known = evolve(slot, shared=shared[slot.id]) if slot.id in shared else slot
            view = seen[key] = judged(programme.policy, known, own, tx.now, business_day=desk.business_day)
            views.append(view)
        else:
            views.append(SlotView(slot, view.state, view.free, view.reasons))
    return tuple(views)


def and_also(view: SlotView, reasons: Sequence[Reason]) -> SlotView:
    """The same slot where more stands against it."""
    if not reasons:
        return view
    every, mine = [*view.reasons, *reasons], view.state is SlotState.MINE
    state = state_of(every, view.free, view.slot.capacity, in_slot=mine)
    return evolve(view, state=state, reasons=every)


def _seconds(tx: Transaction, desk: Desk, own: Programme, days: tuple[date, date], party: int) -> Seconds:
    """What is free for anybody after slots of these days: one look, however many there are.

    What stands in the citizen's own way is told when they choose among them, with what would help.
    """
    assert own.link is not None  # asked only of such programmes
    later = desk.programme(own.link.to or own.id)
    facts = asker(tx, desk, later, None, party)
    span = days_after(own.link, days, to_jst(tx.now).date())
    free = [view.slot for view in views_of(tx, desk, later, span, facts) if view.state.bookable]
    return Seconds.of(own, own.link, later, free)


def _alike(policy: Policy) -> Callable[[Slot], tuple[object, ...]]:
    """What tells slots apart for the rules: two hundred rooms that are free at one time are judged once."""
    by_name = policy.interval is not None
    by_id = any(limit.per == "slot" for limit in policy.limits)

    def key(slot: Slot) -> tuple[object, ...]:
        facts = (slot.starts, slot.ends, slot.capacity, slot.booked, slot.cancelled, slot.reserved_until)
        return (*facts, slot.name if by_name else "", slot.id if by_id else "")

    return key


def free_slots(
    tx: Transaction,
    desk: Desk,
    programme: Programme,
    since: datetime,
    until: datetime,
    *,
    party: int,
    limit: int,
    citizen: CitizenId | None,
) -> list[Slot]:
    """The first `limit` slots of which anybody, or this citizen, can book so many places now; of a pair, what has a second one."""
    terms = {
        "programme": programme.id,
        "places": programme.places(party),
        "since": since,
        "until": until,
    }
    facts = asker(tx, desk, programme, citizen, party)
    if holds.lapsed(tx, programme.id).holds:  # the counters do not know that they are gone
        days = to_jst(since).date(), to_jst(until).date()
        views = times_of(tx, desk, programme, *days, party=party, citizen=citizen)
        return [view.slot for view in views if view.state.bookable and since <= view.slot.starts < until][
            :limit
        ]
    looked_at = limit
    while True:  # rules may stand against the first ones: then further than those
        rows: Sequence[Slot] = tx.all(q.FREE_SLOTS, {**terms, "limit": looked_at})
        found = [
            slot
            for slot in rows
            if not check(programme.policy, slot, facts(slot), tx.now, business_day=desk.business_day)
        ]
        if found and citizen is not None and programme.link is not None:
            days = day_of(found[0]), day_of(found[-1])
            seconds = _seconds(tx, desk, programme, days, party)
            found = [slot for slot in found if seconds.follow(slot)]
        if len(found) >= limit or len(rows) < looked_at:
            return found[:limit]
        looked_at *= _FURTHER


def asker(
    tx: Transaction,
    desk: Desk,
    programme: Programme,
    citizen: CitizenId | None,
    party: int,
    *,
    besides: Callable[[Known], Known] | None = None,
) -> Callable[[Slot], CitizenFacts]:
    """Facts of who looks for a slot, slot by slot: what is known of them is fetched once.

    Args:
        besides: Adds what counts as booked already.
    """
    known: Known | None = None
    mine: set[Id] = set()
    if citizen is not None:
        pair = (programme.id, citizen)
        gone = holds_on_vouchers(tx, desk.programme, [pair])
        known = look_up(tx, desk.programme, [pair], desk.profile, gone=gone).get(pair)
        known = besides(known) if besides is not None and known is not None else known
        own = {"citizen": citizen, "programme": programme.id, "now": tx.now}
        mine = {slot for (slot,) in tx.all(qv.LIVE_SLOTS_OF, own)}
    now, person = tx.now, citizen is not None
    return lambda slot: facts_of(known, programme, slot, party, now, in_slot=slot.id in mine, person=person)


def _is_too_many(programme: Programme, party: int) -> bool:
    most = programme.policy.max_party
    return most is not None and party > most


def _check_span(first: date, last: date) -> None:
    if last < first:
        raise InputError("the last day comes before the first", code="GL-2003")


def _span(programme: Programme, first: date, last: date) -> dict[str, str | datetime]:
    return {"programme": programme.id, "since": midnight(first), "until": midnight(last + _DAY)}
