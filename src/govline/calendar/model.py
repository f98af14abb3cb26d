"""The language of the calendar: programmes, slots, bookings, and the facts that rules judge. Values only."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal

from attrs import Factory, field, frozen

from govline.calendar.options import NO_OPTIONS, Option, pieces
from govline.calendar.pricing import Tariff
from govline.calendar.slot_rules import Draw, PoolPlan, PoolRule, SlotPlan, SlotRule
from govline.calendar.terms import (
    EVERYBODY,
    Eligibility,
    Group,
    Interval,
    Limit,
    MonthBefore,
    Question,
    Standing,
    Voucher,
    Who,
    Window,
)
from govline.core import CitizenId, Id, Json, Reason, Ref, frozen_map, frozen_tuple
from govline.errors import InputError

__all__ = [
    "Allowed",
    "Booking",
    "BookingState",
    "CitizenFacts",
    "CutOff",
    "Difference",
    "Draw",
    "Link",
    "Policy",
    "PoolPlan",
    "PoolRule",
    "Programme",
    "Refused",
    "Reminder",
    "Shared",
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
        at: Wall-clock time in Asia/Tokyo on that day, on the slot's own where no days are set; the end of the day where omitted.
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
        if self.hours and self.at is not None:
            raise InputError(
                "hours before the start have no time of day", code="GL-2011", hint="give days with at"
            )

    @property
    def of_day(self) -> bool:
        """Whether it lies at one instant for all slots of a day, whenever they start."""
        return bool(self.days or self.business_days or self.at is not None)


@frozen
class Policy:
    """Who may book when, as data; judged by `govline.calendar.rules`.

    Args:
        opens: Reception opens at this instant. `closes`: and ends at this one.
        opens_days_before: A slot opens this many days before its date, at `opens_at` in Asia/Tokyo.
        book, change, cancel: Cut-offs of the three verbs.
        max_party: Largest number of places in one booking.
        limit: Live bookings ahead that one citizen may have in the programme.
        hold: How long a hold (仮押さえ) keeps its places.
        opens_month: The slots of a month open on one day, some months earlier.
        windows: Classes of citizens whose reception opens at another time; where the policy itself sets no opening, only they may book.
        who: What every citizen must be. `limits`: how many bookings each may have in spans of days.
        eligibility: Only who is on the list. `interval`: after an earlier event.
        questions: Asked before booking. `products`: product to names of its slots; a slot's name is its product otherwise.
        pay_by: A confirmed booking that is not paid by then is cancelled; see `deadline`. Never before `hold` has passed.
        purpose: What registered groups must be registered for, where any may book; "" where it does not matter.
        pay_item: What `ClaimPort` is asked for, where payments are bound.
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
    opens_at: time = time()
    opens_month: MonthBefore | None = None
    windows: tuple[Window, ...] = field(default=(), converter=frozen_tuple)
    who: Who = EVERYBODY
    limits: tuple[Limit, ...] = field(default=(), converter=frozen_tuple)
    eligibility: Eligibility | None = None
    interval: Interval | None = None
    questions: tuple[Question, ...] = field(default=(), converter=frozen_tuple)
    products: Mapping[str, tuple[str, ...]] = field(factory=dict, hash=False)
    pay_by: CutOff | None = None
    pay_item: str = ""
    purpose: str = ""

    @property
    def counts(self) -> bool:
        """Whether a citizen's other bookings must be known, and their requests judged one after another."""
        return bool(self.limit is not None or self.limits or self.interval or self.eligibility)

    @property
    def attributes(self) -> frozenset[str]:
        """Profile attributes that must be known."""
        return self.who.attributes.union(*(window.who.attributes for window in self.windows))

    @property
    def groups(self) -> bool:
        """Whether the citizen's registered group must be known."""
        return bool(self.who.groups or any(window.who.groups for window in self.windows))

    @property
    def asks(self) -> bool:
        """Whether anything is asked of the person themselves."""
        return self.who is not EVERYBODY or self.eligibility is not None or self.interval is not None

    @property
    def personal(self) -> bool:
        """Whether anything of a citizen must be known beyond what the slot says."""
        return bool(self.counts or self.attributes or self.groups)

    def product(self, name: str) -> str:
        """The product of slots of this name."""
        return next((product for product, names in self.products.items() if name in names), name)


@frozen
class Shared:
    """What a booking of a slot also takes of a pool that it shares with others: a supply, a day's cap, a part of the hall.

    Args:
        free: What is left of the pool.
        label: What citizens read when it is short; "" for a room that overlaps with another booking.
        units: How much one booking takes, for each place where `per_place`.
        option: Whose pieces they are, where only a booking that asks for it takes any: `units` in all.
    """

    free: int
    label: str = ""
    units: int = 1
    per_place: bool = True
    option: str = ""

    def needs(self, places: int) -> int:
        """How much a booking of so many places takes."""
        return self.units * (places if self.per_place else 1)


@frozen(kw_only=True)
class SlotFacts:
    """What the rules need to know of a slot; fill it from your own tables, or use `Slot`."""

    starts: datetime
    capacity: int
    booked: int = 0
    cancelled: bool = False
    name: str = ""
    id: Id = ""
    shared: tuple[Shared, ...] = field(default=(), converter=frozen_tuple)
    reserved_until: datetime | None = None

    @property
    def free(self) -> int:
        """Places left, never negative."""
        return max(self.capacity - self.booked, 0)


@frozen(kw_only=True)
class Slot(SlotFacts):
    """枠: a stretch of time with a capacity. `name` tells apart slots of one programme at one time (room, counter).

    `draws` counts the pools that a booking of it also takes from; `reserved_for` is the closure whose people come first.
    """

    id: Id
    programme: str
    ends: datetime
    draws: int = 0
    reserved_for: Id | None = None


@frozen
class CitizenFacts:
    """What the rules need to know of the citizen who asks.

    Args:
        party: People who come.
        places: Places they take of the slot: as many, or 1 where a group takes a room.
        in_slot: Whether they have a live booking in this slot.
        live: How many live bookings ahead they have in the programme.
        history: Their live bookings that limits and intervals look at, over or to come, the one that is being moved left out.
        programme: Whose limits count; every booking of `history` where empty.
        attributes: What the profile knows of them. `voucher`: what they have claimed on the list. `group`: whom they act for.
        answers: To the policy's questions, by text; None where whoever asks has seen to them before.
        person: False for places that staff take for nobody in particular: rules about persons are not asked then.
        purpose: What a group books for, "" where it is not asked.
    """

    party: int = 1
    in_slot: bool = False
    live: int = 0
    places: int = field(default=Factory(lambda self: self.party, takes_self=True))
    history: tuple[Standing, ...] = field(default=(), converter=frozen_tuple)
    programme: str = ""
    attributes: Mapping[str, Json] = field(factory=dict, converter=frozen_map, hash=False, repr=False)
    voucher: Voucher | None = None
    group: Group | None = None
    answers: Mapping[str, str] | None = field(default=None, hash=False, repr=False)
    person: bool = True
    purpose: str = ""


class BookingState(StrEnum):
    """What became of a booking. All but the last two are live: they occupy places, so counters equal rows for good."""

    HELD = "held"
    CONFIRMED = "confirmed"
    DISPLACED = "displaced"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def live(self) -> bool:
        """Whether it takes places."""
        return self not in (BookingState.CANCELLED, BookingState.EXPIRED)

    @property
    def open(self) -> bool:
        """Whether it may still be changed or cancelled: nobody has come or stayed away yet."""
        return self in (BookingState.HELD, BookingState.CONFIRMED, BookingState.DISPLACED)


@frozen
class Booking:
    """予約: places of one slot taken by one citizen (None: taken by staff for nobody in particular).

    Args:
        party: People who come. `places`: what they take of the slot.
        draws: From how many pools it takes as well.
        voucher: The row of the eligibility list that it stands on; no other live booking does.
        contact: Whether `citizen` is a contact: a person whom staff know by name or telephone, without LINE.
        waived: Codes of the reasons that staff have set aside for it; they are not held against it later.
        link: What it is linked with (第1回・第2回): the id of the first booking of them.
        closure: The closure that took its slot away, while it is `displaced`.
        options: How many of which 備品 it has.
    """

    id: Id
    slot: Id
    programme: str
    citizen: CitizenId | None
    party: int
    state: BookingState = field(converter=BookingState)
    starts: datetime
    held_until: datetime | None = None
    places: int = field(default=Factory(lambda self: self.party, takes_self=True))
    draws: int = 0
    voucher: Id | None = None
    contact: bool = False
    waived: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    link: Id | None = None
    closure: Id | None = None
    options: Mapping[str, int] = field(default=NO_OPTIONS, converter=pieces, hash=False)

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
class Link:
    """Bookings that belong together (第1回と第2回): how many days apart, of one product or not, and what a cancellation does.

    Args:
        to: The programme of the later booking; "" for the same one.
        least, most: Days from a booking to the next.
        same_product: Whether all are of one product (see `Policy.products`).
        on_cancel: `both` cancels the rest with it; `ask` leaves the rest standing and says so.
    """

    to: str = ""
    least: int = 0
    most: int | None = None
    same_product: bool = False
    on_cancel: Literal["both", "ask"] = "both"


@frozen
class Programme:
    """What can be booked, and under which policy.

    Args:
        id: Stable key, used by scenarios. `label`: what citizens read.
        rules: Where its slots come from; empty when slots are added by code.
        closed: Inclusive spans of days without slots. `closed_on_holidays`: national holidays too.
        reminders: When citizens are reminded of a booking.
        pools: Counters that slots share: a supply, a day's cap.
        parts: Rooms that consist of others (slot names): whoever has the whole has its parts, and the reverse.
        between: Time for cleaning and setting up after each use of a room; bookings too close to each other exclude each other.
        per_group: Whether a booking takes one place however many people come, as of a room.
        contact: Whether a booking of a person without LINE needs a name or telephone number (`required`), may have one, or must not (`none`).
        link: How bookings are linked with a later one.
        no_show_after: So long after the slot's end a booking that nobody has checked in is marked 無断欠席; never where None.
        tariff: What bookings cost; nothing where omitted.
        options: 備品 by name, with their stock; see `offered`.
    """

    id: str
    label: str = ""
    policy: Policy = Policy()
    rules: tuple[SlotRule, ...] = field(default=(), converter=frozen_tuple)
    closed: tuple[tuple[date, date], ...] = field(default=(), converter=frozen_tuple)
    closed_on_holidays: bool = False
    reminders: tuple[Reminder, ...] = field(default=(), converter=frozen_tuple)
    pools: tuple[PoolRule, ...] = field(default=(), converter=frozen_tuple)
    parts: Mapping[str, tuple[str, ...]] = field(factory=dict, hash=False)
    between: timedelta = timedelta()
    per_group: bool = False
    tariff: Tariff | None = None
    contact: Literal["required", "optional", "none"] = "optional"
    link: Link | None = None
    no_show_after: timedelta | None = None
    options: Mapping[str, Option] = field(factory=dict, hash=False)

    @property
    def offered(self) -> Mapping[str, Option]:
        """What can be had with a booking: `options`, and whatever else the tariff has a price for, uncounted."""
        priced = self.tariff.options if self.tariff is not None else ()
        return self.options if not priced else {**{name: Option() for name in priced}, **self.options}

    def options_with(self, slot: str) -> dict[str, Option]:
        """What can be had with slots of this name."""
        return {name: option for name, option in self.offered.items() if option.goes_with(slot)}

    @property
    def counts_pieces(self) -> bool:
        """Whether anything of what can be had with a booking has a stock."""
        return any(option.stock is not None for option in self.options.values())

    @property
    def shares(self) -> bool:
        """Whether its slots share anything."""
        return bool(self.pools or self.parts or self.between)

    @property
    def pooled(self) -> bool:
        """Whether a booking may take anything beside its places: of what slots share, or of a stock."""
        return self.shares or self.counts_pieces

    def places(self, party: int) -> int:
        """Places of a slot that so many people take."""
        return 1 if self.per_group else party

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
    """A slot, or a pool, whose counter does not equal its live bookings; found by `reconcile`.

    Args:
        slot: Its id; "" for a pool.
        day: Of the slot; None for a pool.
        pool: The pool's id; "" for a slot.
    """

    slot: Id
    counter: int
    rows: int
    day: date | None
    pool: Id = ""
