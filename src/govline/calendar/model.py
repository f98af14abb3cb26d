"""The language of the calendar: programmes, slots, bookings, and the facts that rules judge. Values only."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from attrs import field, frozen

from govline.core import CitizenId, Id, Reason, Ref, frozen_tuple
from govline.errors import InputError

__all__ = [
    "Allowed",
    "Booking",
    "BookingState",
    "CitizenFacts",
    "CutOff",
    "Difference",
    "Policy",
    "Programme",
    "Refused",
    "Reminder",
    "Slot",
    "SlotFacts",
    "SlotPlan",
    "SlotRule",
]


@frozen
class CutOff:
    """Until when something is still possible, counted back from the slot's start.

    Args:
        hours: That many hours before the start.
        days: On that many calendar days before the slot's date, until `at`.
        business_days: The same in business days. At most one of the three is set; none means until the start.
        at: Wall-clock time in Asia/Tokyo; the end of that day where omitted.
    """

    hours: float = 0
    days: int = 0
    business_days: int = 0
    at: time | None = None

    def __attrs_post_init__(self) -> None:
        if min(self.hours, self.days, self.business_days) < 0:
            raise InputError("a cut-off counts back from the slot, it cannot be negative", code="GL-2011")
        if sum(map(bool, (self.hours, self.days, self.business_days))) > 1:
            raise InputError(
                "a cut-off has one unit",
                code="GL-2011",
                hint="give one of hours, days, business_days",
            )


@frozen
class Policy:
    """Who may book when, as data; judged by `govline.calendar.rules`.

    Args:
        opens: Reception opens at this instant. `closes`: and ends at this one.
        opens_days_before: A slot opens at 00:00 Asia/Tokyo this many days before its date.
        book, change, cancel: Cut-offs of the three verbs.
        max_party: Largest number of places in one booking.
        limit: Live bookings that one citizen may have in the programme.
        hold: How long a hold (仮押さえ) keeps its places.
    """

    opens: datetime | None = None
    closes: datetime | None = None
    opens_days_before: int | None = None
    book: CutOff = CutOff()
    change: CutOff = CutOff()
    cancel: CutOff = CutOff()
    max_party: int | None = None
    limit: int | None = None
    hold: timedelta = timedelta(minutes=10)


@frozen(kw_only=True)
class SlotFacts:
    """What the rules need to know of a slot; fill it from your own tables, or use `Slot`."""

    starts: datetime
    capacity: int
    booked: int = 0
    cancelled: bool = False

    @property
    def free(self) -> int:
        """Places left, never negative."""
        return max(self.capacity - self.booked, 0)


@frozen(kw_only=True)
class Slot(SlotFacts):
    """枠: a stretch of time with a capacity. `name` tells apart slots of one programme at one time (room, counter)."""

    id: Id
    programme: str
    ends: datetime
    name: str = ""


@frozen
class CitizenFacts:
    """What the rules need to know of the citizen who asks.

    Args:
        party: Places asked for.
        in_slot: Whether they have a live booking in this slot.
        live: How many live bookings they have in the programme.
    """

    party: int = 1
    in_slot: bool = False
    live: int = 0


class BookingState(StrEnum):
    """Held and confirmed bookings are live: they occupy places."""

    HELD = "held"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def live(self) -> bool:
        """Whether it takes places."""
        return self in (BookingState.HELD, BookingState.CONFIRMED)


@frozen
class Booking:
    """予約: places of one slot taken by one citizen (None: taken by staff for nobody in particular)."""

    id: Id
    slot: Id
    programme: str
    citizen: CitizenId | None
    party: int
    state: BookingState = field(converter=BookingState)
    starts: datetime
    held_until: datetime | None = None

    @property
    def ref(self) -> Ref:
        """How other features name this booking."""
        return Ref("calendar.booking", self.id)


@frozen
class Reminder:
    """When the citizen is reminded: `days_before` at `at` (Asia/Tokyo), or `hours_before` the start."""

    days_before: int | None = None
    at: time = time(18)
    hours_before: float | None = None


@frozen
class SlotRule:
    """Slots on some dates at some times; `govline.calendar.planning` lays them out.

    Args:
        times: Start and end of each slot, Asia/Tokyo.
        capacity: Places of each slot.
        dates: Inclusive spans of days. `rolling`: or always the next so many days, today included.
        weekdays: Only these (Monday is 0).
        name: Tells apart slots at one time: a room, a counter.
    """

    times: tuple[tuple[time, time], ...] = field(converter=frozen_tuple)
    capacity: int
    dates: tuple[tuple[date, date], ...] = field(default=(), converter=frozen_tuple)
    rolling: int = 0
    weekdays: tuple[int, ...] = field(default=tuple(range(7)), converter=frozen_tuple)
    name: str = ""


@frozen
class SlotPlan:
    """A slot that a programme's rules ask for, before it has a row."""

    starts: datetime
    ends: datetime
    capacity: int
    name: str = ""


@frozen
class Programme:
    """What can be booked, and under which policy.

    Args:
        id: Stable key, used by scenarios. `label`: what citizens read.
        rules: Where its slots come from; empty when slots are added by code.
        closed: Inclusive spans of days without slots. `closed_on_holidays`: national holidays too.
    """

    id: str
    label: str = ""
    policy: Policy = Policy()
    rules: tuple[SlotRule, ...] = field(default=(), converter=frozen_tuple)
    closed: tuple[tuple[date, date], ...] = field(default=(), converter=frozen_tuple)
    closed_on_holidays: bool = False
    reminder: Reminder | None = None

    @property
    def title(self) -> str:
        """As citizens read it."""
        return self.label or self.id


@frozen
class Allowed:
    """Yes."""

    def __bool__(self) -> bool:
        return True


@frozen
class Refused:
    """No, and every reason at once."""

    reasons: Sequence[Reason] = field(converter=frozen_tuple)

    def __bool__(self) -> bool:
        return False

    @property
    def text(self) -> str:
        """All reasons as sentences for the citizen, one a line."""
        return Reason.join(self.reasons)


@frozen
class Difference:
    """A slot whose counter does not equal its live bookings; found by `reconcile`."""

    slot: Id
    counter: int
    rows: int
    day: date
