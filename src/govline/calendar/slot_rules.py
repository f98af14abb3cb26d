"""What a programme's slots and the pools they share are laid out from: rules as staff mean them, plans before they have rows."""

from datetime import date, datetime, time
from typing import Literal

from attrs import field, frozen

from govline.core import frozen_tuple
from govline.core.values import frozen_set

__all__ = ["Draw", "PoolPlan", "PoolRule", "SlotPlan", "SlotRule"]


@frozen
class SlotRule:
    """Slots on some dates at some times; `govline.calendar.planning` lays them out.

    Args:
        times: Start and end of each slot, Asia/Tokyo.
        capacity: Places of each slot.
        dates: Inclusive spans of days. `rolling`: or always the next so many days, today included.
        weekdays: Only these (Monday is 0).
        name: Tells apart slots at one time: a room, a counter. `was`: what it was called before, so that its slots keep their bookings.
        since, until: The first and last day on which the rule holds: next year's rules stand beside this year's.
    """

    times: tuple[tuple[time, time], ...] = field(converter=frozen_tuple)
    capacity: int
    dates: tuple[tuple[date, date], ...] = field(default=(), converter=frozen_tuple)
    rolling: int = 0
    weekdays: tuple[int, ...] = field(default=tuple(range(7)), converter=frozen_tuple)
    name: str = ""
    was: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the rule holds on this day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    @property
    def last(self) -> date | None:
        """The last day for which it can ask for slots; None where it rolls on."""
        dated = max((last for _, last in self.dates), default=None)
        return min((day for day in (dated, self.until) if day is not None), default=None)


@frozen
class PoolRule:
    """A counter that several slots share.

    Args:
        name: Tells it apart within the programme; citizens read it when it is short.
        capacity: How much there is.
        per: One for the whole programme, or one for each month, day or starting time.
        slots: Only slots of these names; all where empty.
        per_place: Whether each place takes one, or each booking.
    """

    name: str
    capacity: int
    per: Literal["programme", "month", "day", "time"] = "programme"
    slots: frozenset[str] = field(default=frozenset(), converter=frozen_set)
    per_place: bool = True


@frozen
class PoolPlan:
    """A pool that a programme asks for, before it has a row. `key` names it within the programme."""

    key: str
    capacity: int
    label: str = ""


@frozen
class Draw:
    """What a booking of a slot takes of a pool; with `option` only one that asks for that option, `units` for each piece."""

    pool: str
    units: int = 1
    per_place: bool = True
    option: str = ""


@frozen
class SlotPlan:
    """A slot that a programme's rules ask for, before it has a row."""

    starts: datetime
    ends: datetime
    capacity: int
    name: str = ""
