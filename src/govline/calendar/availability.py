"""What can be booked when, as values: the state of every slot with its reasons, put together by day. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from govline.calendar.model import CitizenFacts, CutOff, Policy, Slot, SlotFacts
from govline.calendar.reception import anybody_from
from govline.calendar.rules import BusinessDay, check, deadline
from govline.core import Reason, frozen_tuple
from govline.core.jst import JST, to_jst

__all__ = [
    "FEW_IN",
    "ORDER",
    "DayView",
    "Edges",
    "SlotState",
    "SlotView",
    "day_of",
    "edges",
    "judged",
    "midnight",
    "put_together",
    "state_of",
    "summed",
]

_DAY: Final = timedelta(days=1)
_INSTANT: Final = timedelta(microseconds=1)
FEW_IN: Final = 5
"""A slot has few places left when no more than one in so many is free."""


class SlotState(StrEnum):
    """How a slot stands for whoever looks.

    `blocked`: another booking overlaps in time or place. `short`: what it shares has run out. `refused`: a rule about the citizen.
    """

    OPEN = "open"
    FEW = "few"
    MINE = "mine"
    REFUSED = "refused"
    NOT_YET = "not_yet"
    FULL = "full"
    BLOCKED = "blocked"
    SHORT = "short"
    CUT_OFF = "cut_off"
    OVER = "over"
    CLOSED = "closed"

    @property
    def bookable(self) -> bool:
        """Whether a booking would be taken now."""
        return self in (SlotState.OPEN, SlotState.FEW)


ORDER: Final = tuple(SlotState)
"""The better comes first."""
_OF_REASON: Final = {
    "GL-2102": SlotState.CLOSED,
    "GL-2110": SlotState.OVER,
    "GL-2105": SlotState.CUT_OFF,
    "GL-2106": SlotState.CUT_OFF,
    "GL-2104": SlotState.NOT_YET,
    "GL-2103": SlotState.FULL,
}
# in the order in which they are told: what nothing can be done about comes first
_GRAVEST: Final = (
    SlotState.CLOSED,
    SlotState.OVER,
    SlotState.MINE,
    SlotState.CUT_OFF,
    SlotState.NOT_YET,
    SlotState.FULL,
    SlotState.BLOCKED,
    SlotState.SHORT,
    SlotState.REFUSED,
)


@frozen
class SlotView:
    """A slot as one citizen, or anybody, sees it.

    Args:
        free: Places that could be booked, what it shares counted in.
        reasons: Everything that stands against a booking; none where it is bookable.
    """

    slot: Slot
    state: SlotState
    free: int
    reasons: Sequence[Reason] = field(default=(), converter=frozen_tuple)

    @property
    def opens(self) -> datetime | None:
        """From when it can be booked, while it is not yet open to all."""
        found = [str(each.help["until"]) for each in self.reasons if each.code == "GL-2104"]
        return max(map(datetime.fromisoformat, found), default=None)


@frozen(slots=False)  # attrs fills it a third faster so, and a year is 365 of them
class DayView:
    """A day put together.

    Args:
        state: The best of its slots, in the order of `SlotState`; None on a day without slots.
        slots: How many slots it has. `bookable`: how many of them can be booked.
        free: Places in those.
        opens: From when its slots can be booked, where that is still to come.
    """

    day: date
    state: SlotState | None = None
    slots: int = 0
    bookable: int = 0
    free: int = 0
    opens: datetime | None = None


@frozen
class Edges:
    """Where the policy's windows lie at one instant, for slots of a span; they move with the slot's start, so two instants say it all.

    Args:
        cut_through: Slots that start until here (included) can no longer be booked.
        shut_day: Slots of this day and later ones cannot be booked yet.
        opens: From when the slots of such a day can be.
    """

    cut_through: datetime
    shut_day: date
    opens: Callable[[date], datetime | None]


def midnight(day: date) -> datetime:
    """The beginning of this day in Asia/Tokyo."""
    return datetime.combine(day, time(), JST)


def edges(policy: Policy, first: date, last: date, now: datetime, *, business_day: BusinessDay) -> Edges:
    """The policy's windows for anybody, for slots from `first` to `last`: a few days are judged, never every slot."""
    end = midnight(last + _DAY)
    opens = anybody_from(policy, now)
    if opens is None:
        return Edges(end, last + _DAY, _never)

    def shut(day: date) -> bool:
        at = opens(day)
        return at is not None and now < at

    shut_day = _first_day(first, last, shut)
    return Edges(_cut_through(policy.book, first, last, now, business_day), shut_day, opens)


def _never(_: date) -> None:
    return None


def _cut_through(cut: CutOff, first: date, last: date, now: datetime, business_day: BusinessDay) -> datetime:
    if not cut.of_day:
        return now + timedelta(hours=cut.hours)

    # no slot before this day can be in time: the cut-off lies at least so many days before it
    day = max(first, to_jst(now).date() + (cut.days or cut.business_days) * _DAY)
    while day <= last and deadline(cut, midnight(day), business_day=business_day) <= now:
        day += _DAY
    return midnight(min(day, last + _DAY)) - _INSTANT


def _first_day(first: date, last: date, holds: Callable[[date], bool]) -> date:
    """The first day from which on it holds; the day after `last` where it never does."""
    if not holds(last):
        return last + _DAY
    low, high = first, last
    while low < high:
        middle = low + (high - low) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + _DAY
    return low


def judged(
    policy: Policy, slot: Slot, citizen: CitizenFacts, now: datetime, *, business_day: BusinessDay
) -> SlotView:
    """One slot with every reason; `slot.shared` holds its pools."""
    reasons = check(policy, slot, citizen, now, business_day=business_day)
    free = min([slot.free, *(_left(pool.free, pool.needs(1)) for pool in slot.shared if pool.per_place)])
    return SlotView(slot, state_of(reasons, free, slot.capacity, in_slot=citizen.in_slot), free, reasons)


def _left(free: int, units: int) -> int:
    return max(free, 0) // max(units, 1)


def state_of(reasons: Iterable[Reason], free: int, capacity: int, *, in_slot: bool = False) -> SlotState:
    """The state that these reasons amount to."""
    found = {_of_reason(reason) for reason in reasons} | ({SlotState.MINE} if in_slot else set())
    if not found:
        return SlotState.FEW if free * FEW_IN <= capacity else SlotState.OPEN
    return next(state for state in _GRAVEST if state in found)


def _of_reason(reason: Reason) -> SlotState:
    if reason.code == "GL-2115":
        return SlotState.SHORT if "pool" in reason.help else SlotState.BLOCKED
    return _OF_REASON.get(reason.code, SlotState.REFUSED)


def put_together(first: date, last: date, rows: Sequence[DayView]) -> tuple[DayView, ...]:
    """Every day from `first` to `last`: those of `rows` (in order), and days without slots."""
    begin = first.toordinal()
    if len(rows) == last.toordinal() - begin + 1:
        return tuple(rows)
    found = {row.day: row for row in rows}
    days = map(date.fromordinal, range(begin, last.toordinal() + 1))
    return tuple([found.get(day) or DayView(day) for day in days])


def summed(views: Iterable[SlotView]) -> list[DayView]:
    """The days of these slots."""
    by_day: dict[date, list[SlotView]] = {}
    for view in views:
        by_day.setdefault(day_of(view.slot), []).append(view)
    return [_summed(day, own) for day, own in by_day.items()]


def _summed(day: date, own: Sequence[SlotView]) -> DayView:
    best = min(own, key=lambda view: ORDER.index(view.state))
    free = [view for view in own if view.state.bookable]
    openings = [view.opens for view in own if view.state is SlotState.NOT_YET]
    opens = min(filter(None, openings)) if best.state is SlotState.NOT_YET else None
    return DayView(day, best.state, len(own), len(free), sum(view.free for view in free), opens)


def day_of(slot: SlotFacts) -> date:
    """The slot's date in Asia/Tokyo."""
    return to_jst(slot.starts).date()
