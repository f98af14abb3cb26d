"""On which terms a citizen may book: classes of people, reception windows, limits, intervals, lists, questions. Values only."""

from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from attrs import evolve, field, frozen

from govline.core import Id, Json, frozen_tuple
from govline.core.values import frozen_set

__all__ = [
    "EVERYBODY",
    "Ages",
    "Condition",
    "Eligibility",
    "Group",
    "Guessing",
    "Interval",
    "Limit",
    "MonthBefore",
    "Question",
    "Standing",
    "Voucher",
    "Who",
    "Window",
]


@frozen
class Ages:
    """From which age to which, both included.

    Args:
        least, most: Full years.
        on: The day that counts: the slot's (`slot`), the last of its fiscal year (`fiscal_year_end`, 年度末年齢), or one date.
        counted: `legal`: one reaches an age on the day before the birthday and is still within an upper limit on that day, as
            vaccination ages are counted (年齢計算ニ関スル法律, 民法143条); `birthday`: on the birthday itself.
        attribute: The profile attribute with the birth date (ISO text).
    """

    least: int | None = None
    most: int | None = None
    on: Literal["slot", "fiscal_year_end"] | date = "slot"
    counted: Literal["legal", "birthday"] = "legal"
    attribute: str = "birth_date"


@frozen
class Condition:
    """What a profile attribute must be: one of `among`, or a number from `least` to `most`."""

    attribute: str
    among: tuple[Json, ...] = field(default=(), converter=frozen_tuple)
    least: float | None = None
    most: float | None = None

    def holds(self, value: Json) -> bool:
        """Whether this value will do; of a list, one item is enough."""
        values = value if isinstance(value, list | tuple) else [value]
        return any(self._one(each) for each in values)

    def _one(self, value: Json) -> bool:
        if self.among:
            return value in self.among
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


@frozen
class Who:
    """A class of citizens: everything that is set must hold.

    Args:
        label: As citizens read it: `港地区にお住まいの方`.
        ages: Their age. `conditions`: on their profile.
        cohorts: The column `cohort` of the eligibility list says one of these.
        groups: They act for a registered group of one of these classes.
    """

    label: str = ""
    ages: Ages | None = None
    conditions: tuple[Condition, ...] = field(default=(), converter=frozen_tuple)
    cohorts: frozenset[str] = field(default=frozenset(), converter=frozen_set)
    groups: frozenset[str] = field(default=frozenset(), converter=frozen_set)

    @property
    def anybody(self) -> bool:
        """Whether nothing is asked of them."""
        return not (self.ages or self.conditions or self.cohorts or self.groups)

    @property
    def attributes(self) -> frozenset[str]:
        """Profile attributes that have to be known."""
        asked = {condition.attribute for condition in self.conditions}
        return frozenset(asked | ({self.ages.attribute} if self.ages else set()))

    @property
    def called(self) -> dict[str, Json]:
        """How a reason calls them: `who` in the town's words, or the ages, `least` and `most`; empty where nothing says it."""
        if not self.label and self.ages is not None:
            return {"least": self.ages.least, "most": self.ages.most}
        who = self.label or "・".join([*sorted(self.cohorts), *sorted(self.groups)])
        return {"who": who} if who else {}


EVERYBODY: Final = Who()


@frozen
class MonthBefore:
    """Slots of a month open on one day some months earlier: the 5th at 12:00, two months before. A day past its end: its last."""

    months: int
    day: int = 1
    at: time = time()


@frozen
class Window:
    """When reception is open to a class of citizens; each opens at its own instant.

    Args:
        name: As citizens and staff read it.
        opens: At this instant. `opens_days_before`: so many days before the slot's date, at `opens_at`. `opens_month`: see there.
            The latest counts where several are set; open from the beginning where none is.
        closes: Ends at this instant; the policy's `closes` holds as well.
    """

    name: str
    who: Who = EVERYBODY
    opens: datetime | None = None
    opens_days_before: int | None = None
    opens_at: time = time()
    opens_month: MonthBefore | None = None
    closes: datetime | None = None


@frozen
class Limit:
    """How many live bookings (or places) one citizen may have in a span of days, what is over counted in.

    Args:
        per: The slot, its day, month or fiscal year, any `days` days in a row (`rolling`), or the programme as a whole.
        counts: Bookings, or the places that they take.
    """

    most: int
    per: Literal["slot", "day", "month", "fiscal_year", "rolling", "programme"] = "programme"
    days: int = 0
    counts: Literal["bookings", "places"] = "bookings"


@frozen
class Interval:
    """How long after an earlier event a booking may be: a booking of another programme, or the date in the eligibility list.

    Args:
        after: That programme's id; "" where only the list's date counts.
        least, most: Days from the latest such event to the slot's date, both included.
        same_product: The slot's product must be the event's (see `Policy.products`).
        attended: A booking counts only when the citizen came.
        required: Whether a citizen without any such event is refused.
    """

    after: str = ""
    least: int = 0
    most: int | None = None
    same_product: bool = False
    attended: bool = False
    required: bool = True


@frozen
class Question:
    """Asked before a booking; some answers stop it. What was answered is kept nowhere.

    Args:
        text: As citizens read it: `37.5度以上の熱がありますか?`.
        stops: Answers that stop. `choices`: all answers.
        told: What is said then; whom to call.
    """

    text: str
    stops: tuple[str, ...] = field(default=("はい",), converter=frozen_tuple)
    choices: tuple[str, ...] = field(default=("はい", "いいえ"), converter=frozen_tuple)
    told: str = ""


@frozen
class Guessing:
    """When a claim on the eligibility list is locked: after `most` wrong entries within `within`, for `lock`, doubled each time.

    Counted for each citizen and for each number. A number's lock is never longer than `lock`: whoever tries somebody else's is
    shut out longer each time, and its owner is not. A whole channel locks after `source` wrong entries within `source_within`,
    and for as long: many citizens mistype in the first minutes, and they must not lock each other out.
    """

    most: int = 5
    source: int = 1000
    within: timedelta = timedelta(hours=24)
    lock: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=24)
    source_within: timedelta = timedelta(minutes=10)

    @property
    def of_number(self) -> "Guessing":
        """The same for a number, which strangers can lock."""
        return evolve(self, longest=self.lock)

    @property
    def of_channel(self) -> "Guessing":
        """The same for a whole channel."""
        return evolve(self, most=self.source, within=self.source_within, lock=self.source_within)


@frozen
class Eligibility:
    """Only who is on the list may book: a number on paper (接種券番号) together with a birth date.

    Args:
        name: What citizens call the number.
        shape: A regular expression that every number matches whole, after width and blanks are taken out.
        guessing: When wrong entries lock.
    """

    name: str = "券番号"
    shape: str = r"[0-9]{4,20}"
    guessing: Guessing = Guessing()


@frozen
class Standing:
    """A live booking of the citizen as the rules see it, over or still to come; holds that ran out are left out.

    Args:
        product: What it was of; the slot's name where the programme names no products.
        attended: Whether the citizen came. `missed`: whether they stayed away, or their slot was closed.
    """

    programme: str
    slot: Id
    starts: datetime
    ends: datetime
    product: str = ""
    places: int = 1
    attended: bool = False
    missed: bool = False
    booking: Id = ""
    voucher: Id | None = None


@frozen
class Voucher:
    """A row of the eligibility list that the citizen has claimed, without number or birth date.

    Args:
        earlier: When an earlier event was (前回接種日). `product`: of which product it was.
        until: The last day on which it is good.
        taken: Whether a live booking stands on it.
    """

    id: Id
    cohort: str = ""
    earlier: date | None = None
    product: str = ""
    until: date | None = None
    taken: bool = False


@frozen
class Group:
    """A registered group (登録団体) that the citizen acts for, as it was approved.

    Args:
        kind: Its 減免 class. `rate`: per cent taken off its fees, stored at approval.
        until: The last day of its registration. `purposes`: what it may book for; anything where empty.
    """

    id: Id
    kind: str
    rate: int = 0
    until: date | None = None
    purposes: frozenset[str] = field(default=frozenset(), converter=frozen_set)
