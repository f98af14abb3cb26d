"""Which slots go with a chosen one (第1回・第2回): every slot judged with all reasons, for a pair to be booked or to be moved."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from attrs import evolve

from govline.calendar.availability import SlotView
from govline.calendar.availability_reader import and_also, asker, views_of
from govline.calendar.desk import Desk, new_booking
from govline.calendar.knowledge import Known, facts_of
from govline.calendar.linking import LINK_CODES, earlier_days, link_of, offered
from govline.calendar.model import Booking, Programme, Slot
from govline.calendar.pairing import FAR
from govline.calendar.reasons import because
from govline.core import CitizenId, Reason, Transaction
from govline.core.jst import to_jst

__all__ = ["apart", "beside", "days_beside", "fitting", "follower", "why_none"]

_DAY: Final = timedelta(days=1)
_MONTH: Final = timedelta(days=31)
_NOT_THEIRS: Final = LINK_CODES | {"GL-2102", "GL-2103", "GL-2107", "GL-2110", "GL-2115"}
"""What another slot helps against; all else stands in the citizen's own way."""
_SAID: Final = 3


def apart(desk: Desk, chain: Sequence[tuple[Programme, Slot]]) -> list[Reason]:
    """Why these slots cannot be linked: not offered together, too near, too far, another product."""
    link = link_of(chain)
    owner = next((programme.id for programme, _ in chain if programme.link == link), "")
    allowed = {owner, link.to or owner} if link else set()
    if link is None or any(programme.id not in allowed for programme, _ in chain):
        return [because("not_together")]
    return desk.chain_reasons(chain)


def beside(
    tx: Transaction,
    desk: Desk,
    chosen: Slot,
    programme: Programme,
    days: tuple[date, date],
    *,
    party: int = 1,
    citizen: CitizenId | None = None,
) -> tuple[SlotView, ...]:
    """Every slot of `programme` on these days (first and last) for a booking that is linked with one in `chosen`, with all reasons.

    Args:
        citizen: Whose limits, intervals and lists count, with the booking in `chosen` as made; nobody's where omitted.
    """
    own = desk.programme(chosen.programme)

    def besides(known: Known) -> Known:
        return _once_booked(tx, known, (own, chosen), party, programme)

    facts = asker(tx, desk, programme, citizen, party, besides=besides)
    views = views_of(tx, desk, programme, days, facts)
    return tuple(and_also(view, apart(desk, [(own, chosen), (programme, view.slot)])) for view in views)


def fitting(
    tx: Transaction,
    desk: Desk,
    chosen: Slot,
    *,
    party: int = 1,
    citizen: CitizenId | None = None,
    moving: Booking | None = None,
    day: date | None = None,
    limit: int = 500,
) -> list[Slot]:
    """Slots for the booking after one in `chosen`: only those with places whose day and product fit, in order.

    Args:
        citizen: Who books both. `moving`: or the other booking of the pair, which is to go there.
        day: Only on this day.
    """
    programme = desk.programme(moving.programme) if moving is not None else follower(desk, chosen)
    span = days_beside(tx, desk, chosen, programme, moving=moving is not None)
    if programme is None or span is None:
        return []
    since, until = span if day is None else (max(span[0], day), min(span[1], day))
    found: list[Slot] = []
    while since <= until and len(found) < limit:  # a year of slots is not looked at for the first few
        last = min(since + _MONTH, until)
        views = beside(tx, desk, chosen, programme, (since, last), party=party, citizen=citizen)
        found += [view.slot for view in views if view.state.bookable]
        since = last + _DAY
    return found[:limit]


def follower(desk: Desk, chosen: Slot) -> Programme | None:
    """The programme of the booking that follows one in this slot; None where nothing follows."""
    own = desk.programme(chosen.programme)
    return None if own.link is None else desk.programme(own.link.to or own.id)


def why_none(
    tx: Transaction, desk: Desk, chosen: Slot, *, party: int = 1, citizen: CitizenId | None = None
) -> list[Reason]:
    """Why nothing follows a booking in this slot: what stands in the citizen's own way, else that all is taken."""
    programme = follower(desk, chosen)
    span = days_beside(tx, desk, chosen, programme, moving=False)
    if programme is None or span is None:
        return [because("no_second")]
    last = min(span[1], span[0] + _MONTH)
    views = beside(tx, desk, chosen, programme, (span[0], last), party=party, citizen=citizen)
    reasons = [reason for view in views for reason in view.reasons]
    own = {each.text: each for each in reasons if each.code not in _NOT_THEIRS}
    return [*own.values()][:_SAID] or [because("no_second")]


def days_beside(
    tx: Transaction, desk: Desk, chosen: Slot, programme: Programme | None, *, moving: bool
) -> tuple[date, date] | None:
    """The first and last day on which the other one can be: after `chosen`, and before it too where a booking moves."""
    own, day, today = desk.programme(chosen.programme), to_jst(chosen.starts).date(), to_jst(tx.now).date()
    spans: list[tuple[date, date]] = []
    if programme is not None and own.link is not None and (own.link.to or own.id) == programme.id:
        since, until = offered(own.link, day)
        spans.append((since, until or max(since, today) + FAR))
    if programme is not None and moving and programme.link and (programme.link.to or programme.id) == own.id:
        least, most = earlier_days(programme.link, day)
        spans.append((least or today, most))
    if not spans:
        return None
    return max(min(since for since, _ in spans), today), max(until for _, until in spans)


def _once_booked(
    tx: Transaction, known: Known, chosen: tuple[Programme, Slot], party: int, later: Programme
) -> Known:
    """What is known of the citizen once the chosen one is theirs; on one list, both would stand on one voucher."""
    own, slot = chosen
    booking = new_booking(tx, own, slot, None, party, hold=False)
    if own.id == later.id and own.policy.eligibility is not None:
        voucher = facts_of(known, own, slot, party, tx.now, in_slot=False).voucher
        booking = evolve(booking, voucher=voucher.id if voucher and not voucher.taken else None)
    return known.with_booking(booking, slot, own.policy)
