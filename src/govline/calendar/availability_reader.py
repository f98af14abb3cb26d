"""Availability from the rows, in a reading unit: a day is one group in the database, a slot is judged by the rules."""

from datetime import date, datetime, timedelta
from typing import Final

from attrs import evolve

from govline.calendar._queries import views as qv
from govline.calendar.availability import (
    ORDER,
    DayView,
    SlotState,
    SlotView,
    edges,
    judged,
    midnight,
    put_together,
    summed,
)
from govline.calendar.desk import Desk
from govline.calendar.ledger import shared_of
from govline.calendar.model import Programme, Shared, Slot
from govline.core import CitizenId, Id, Transaction
from govline.errors import InputError

__all__ = ["days_of", "times_of"]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY: Final = timedelta(days=1)
_DATE: Final = date.fromordinal
_NOT_YET: Final = ORDER.index(SlotState.NOT_YET)
_MOST: Final = 100_000


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
    if citizen is not None:
        views = times_of(tx, desk, programme, first, last, party=party, citizen=citizen)
        return put_together(first, last, summed(views))
    edge = edges(programme.policy, first, last, tx.now, business_day=desk.business_day)
    terms = {
        **_span(programme, first, last),
        "places": programme.places(party),
        "now": tx.now,
        "cut_through": edge.cut_through,
        "shut_from": midnight(edge.shut_day),
    }
    rows = tx.all(qv.SHARING_DAYS if programme.shares else qv.DAYS, terms)
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
        for number, state, slots, bookable, free in rows
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
    _check_span(first, last)
    span = _span(programme, first, last)
    slots: list[Slot] = list(tx.all(qv.SHOWN_SLOTS, {**span, "limit": _MOST}))
    shared: dict[Id, list[Shared]] = {}
    if any(slot.draws for slot in slots):
        for row in tx.all(qv.POOLS_BETWEEN, span):
            shared.setdefault(row.slot, []).append(shared_of(row))
    mine: set[Id] = set()
    if citizen is not None:
        own = {"citizen": citizen, "programme": programme.id}
        mine = {slot for (slot,) in tx.all(qv.LIVE_SLOTS_OF, own)}
    facts = desk.asker(tx, programme, citizen, party)
    return tuple(
        judged(
            programme.policy,
            evolve(slot, shared=shared[slot.id]) if slot.id in shared else slot,
            evolve(facts(slot), in_slot=True) if slot.id in mine else facts(slot),
            tx.now,
            business_day=desk.business_day,
        )
        for slot in slots
    )


def _is_too_many(programme: Programme, party: int) -> bool:
    most = programme.policy.max_party
    return most is not None and party > most


def _check_span(first: date, last: date) -> None:
    if last < first:
        raise InputError("the last day comes before the first", code="GL-2003")


def _span(programme: Programme, first: date, last: date) -> dict[str, str | datetime]:
    return {"programme": programme.id, "since": midnight(first), "until": midnight(last + _DAY)}
