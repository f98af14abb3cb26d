"""Booking on a page: what there is, the month, the day. Plain links: no step needs JavaScript, every state is a word."""

import calendar as weeks
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from attrs import frozen

from govline.calendar.availability import DayView, SlotState, SlotView, day_of, put_together, summed
from govline.calendar.labels import WEEK, day_label, month_label, time_label, when_in
from govline.calendar.model import Booking, Programme, Refused, Slot
from govline.calendar.outlook import next_free, why_nothing
from govline.calendar.partners import beside, days_beside, fitting, follower, why_none
from govline.calendar.reasons import worded
from govline.calendar.service import Calendar
from govline.core import Reason, Transaction
from govline.core.jst import to_jst
from govline.core.pages import (
    Block,
    Cell,
    Grid,
    Link,
    LinkList,
    Notice,
    Page,
    PageRequest,
    Paragraph,
    Tone,
    View,
)
from govline.core.texts import Texts

__all__ = [
    "Asked",
    "Browsing",
    "Words",
    "day_grid",
    "month_named",
    "read_day",
    "short_state",
    "tone_of",
    "way_again",
]

_DAY: Final = timedelta(days=1)
_PARTIES: Final = 6
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2999
_REASONS: Final = 3
_TONES: Final[Mapping[SlotState, Tone]] = {
    SlotState.OPEN: "good",
    SlotState.FEW: "some",
    SlotState.MINE: "some",
}


@frozen
class Words:
    """The catalogue in the visitor's language."""

    texts: Texts
    locale: str

    def __call__(self, key: str, **values: object) -> str:
        """The text of `calendar.page.<key>`."""
        return self.texts.get(f"calendar.page.{key}", self.locale, **values)

    def reasons(self, reasons: Sequence[Reason]) -> list[Reason]:
        """The same reasons in the visitor's language."""
        return worded(reasons, self.texts, self.locale)

    def state(self, state: SlotState | None) -> str:
        """`○空き`; "−" for a day without slots."""
        return self.texts.get(f"calendar.state.{state or 'none'}", self.locale)

    def sentence(self, state: SlotState | None) -> str:
        """`空きがあります`."""
        return self.texts.get(f"calendar.is.{state or 'none'}", self.locale)


@frozen
class Asked:
    """What the address asks for; what it says wrongly counts as left out.

    Args:
        booking: The visitor's own booking that is to move, or None.
        beside: The slot of a pair that is chosen already; now the other one is.
        partner: The visitor's own booking that is to move there. `both`: the one that is to move after `booking`.
        gone: Whether it names a booking that is not the visitor's, or not any more: nothing is booked in its place.
    """

    programme: Programme | None
    party: int = 1
    booking: Booking | None = None
    beside: Slot | None = None
    partner: Booking | None = None
    both: Booking | None = None
    gone: bool = False

    @classmethod
    def of(cls, tx: Transaction, calendar: Calendar, request: PageRequest) -> "Asked":
        """Read it from the address."""
        own = {name: _own(tx, calendar, request, name) for name in ("booking", "partner", "both")}
        booking, partner, both = own.values()
        gone = any(each is None and request.query.get(name) for name, each in own.items())
        beside = calendar.slot(tx, request.query.get("beside", ""))
        known = beside is not None and beside.programme in calendar.programmes
        later = follower(calendar.counter.desk, beside) if beside is not None and known else None
        if not known or (later is None and partner is None):
            beside = None
        name = booking.programme if booking else request.query.get("programme", "")
        programme = calendar.programmes.get(name) if booking or later is None else later
        if programme is None and len(calendar.programmes) == 1:
            (programme,) = calendar.programmes.values()
        party = request.query.get("party", "")
        fallback = booking.party if booking else 1
        return cls(programme, _party(party, programme) or fallback, booking, beside, partner, both, gone)

    def query(self, **more: str) -> dict[str, str]:
        """The same as an address says it."""
        own = {"programme": self.programme.id if self.programme else "", "party": str(self.party)}
        ids = {"booking": self.booking, "beside": self.beside, "partner": self.partner, "both": self.both}
        return own | {name: each.id for name, each in ids.items() if each is not None} | more

    def first(self) -> dict[str, str]:
        """The address of the choice of the first slot of a pair."""
        assert self.beside is not None  # asked only while the second is chosen
        month = f"{to_jst(self.beside.starts):%Y-%m}"
        own = {"programme": self.beside.programme, "party": str(self.party), "month": month}
        return own | ({"booking": self.partner.id} if self.partner else {})


def _own(tx: Transaction, calendar: Calendar, request: PageRequest, name: str) -> Booking | None:
    """The visitor's own booking that the address names, while it stands."""
    booking = calendar.booking(tx, request.query.get(name, ""))
    mine = booking is not None and booking.citizen == request.citizen and booking.state.live
    return booking if mine else None


def _party(text: str, programme: Programme | None) -> int:
    most = programme.policy.max_party if programme else None
    party = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return min(party, most) if most is not None else party


def read_day(text: str) -> date | None:
    """A date of an address; None where it is none, or one that no calendar goes to and nothing can be reckoned from."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def tone_of(state: SlotState) -> Tone:
    """How a state is marked beside its word."""
    return _TONES.get(state, "none")


def way_again(words: Words, refused: Refused, page: str, query: Mapping[str, str]) -> list[Block]:
    """A way back to a form after a wrong entry; none while it is locked."""
    locked = any("until" in reason.help for reason in refused.reasons)
    return [] if locked else [LinkList([Link(words("again"), page, query)])]


def short_state(words: Words, view: SlotView) -> str:
    """`○空き 残3`."""
    left = f" {words('left', free=view.free)}" if view.state.bookable else ""
    return words.state(view.state) + left


@frozen
class Browsing:
    """`calendar/book`, `calendar/month`, `calendar/day`."""

    calendar: Calendar
    texts: Texts

    def all(self) -> list[Page]:
        """The pages, for `Offers.pages`."""
        title = self.texts.get("calendar.page.book")
        return [
            Page("book", title, self.book),
            Page("month", title, self.month, listed=False),
            Page("day", title, self.day, listed=False),
        ]

    def book(self, tx: Transaction, request: PageRequest) -> View:
        """What can be booked; the month at once where it is one thing only."""
        words = Words(self.texts, request.locale)
        if len(self.calendar.programmes) == 1:
            return self.month(tx, request)
        ways = [
            Link(each.title, "calendar/month", {"programme": each.id})
            for each in self.calendar.programmes.values()
        ]
        if not ways:
            return View(words("book"), [Paragraph(words("nothing"))])
        return View(words("book"), [Paragraph(words("which")), LinkList(ways)])

    # --- month ---

    def month(self, tx: Transaction, request: PageRequest) -> View:
        """The month as a grid of days, each with its state in words."""
        words = Words(self.texts, request.locale)
        asked = Asked.of(tx, self.calendar, request)
        if asked.programme is None:
            return View(words("book"), [Paragraph(words("nothing"))])
        first = month_named(request.query.get("month", ""), self._begin(tx, asked))
        last = _next_month(first) - _DAY
        days = self._days(tx, asked, request, first, last)
        title = words("month", programme=asked.programme.title, month=month_label(first, request.locale))
        free = self._next_free(tx, asked, request)

        def way(label: str, day: date) -> Link:
            return Link(label, "calendar/day", asked.query(day=day.isoformat()))

        blocks: list[Block] = [self._lead(words, asked), day_grid(words, first, days, way)]
        claim = LinkList([Link(words("claim"), "calendar/claim", asked.query())])
        claims = [claim] if asked.programme.policy.eligibility is not None else []
        if free is None:
            blocks[1:1] = [*self._why_nothing(tx, words, asked, request), *claims]
        else:
            blocks += claims
        return View(title, [*blocks, *self._ways(tx, words, asked, free, first)])

    def _begin(self, tx: Transaction, asked: Asked) -> date:
        """The day whose month is shown where the address names none: the first on which a second one can be."""
        desk, today = self.calendar.counter.desk, to_jst(tx.now).date()
        if asked.beside is None:
            return today
        moving = asked.booking is not None
        span = days_beside(tx, desk, asked.beside, asked.programme, moving=moving)
        return today if span is None else span[0]

    def _views(
        self, tx: Transaction, asked: Asked, request: PageRequest, days: tuple[date, date]
    ) -> Sequence[SlotView]:
        """Every slot of these days as the visitor may choose it."""
        assert asked.programme is not None
        who = _who(asked, request)
        if asked.beside is None:
            return self.calendar.times(tx, asked.programme.id, *days, party=asked.party, citizen=who)
        desk = self.calendar.counter.desk
        return beside(tx, desk, asked.beside, asked.programme, days, party=asked.party, citizen=who)

    def _days(
        self, tx: Transaction, asked: Asked, request: PageRequest, first: date, last: date
    ) -> dict[date, DayView]:
        assert asked.programme is not None
        if asked.beside is not None:
            found = summed(self._views(tx, asked, request, (first, last)))
            return {view.day: view for view in put_together(first, last, found)}
        who = _who(asked, request)
        views = self.calendar.days(tx, asked.programme.id, first, last, party=asked.party, citizen=who)
        return {view.day: view for view in views}

    @staticmethod
    def _lead(words: Words, asked: Asked, how: str = "how") -> Block:
        if asked.beside is not None:
            key = "second_of" if asked.partner is None else "second_moves"
            return Notice(words(key, first=when_in(asked.beside.starts, words.locale)))
        if asked.booking is not None:
            return Notice(words("moving", now=when_in(asked.booking.starts, words.locale)))
        return Paragraph(words(how, party=asked.party))

    def _why_nothing(self, tx: Transaction, words: Words, asked: Asked, request: PageRequest) -> list[Block]:
        """What stands in the way, where no day of a year can be booked."""
        assert asked.programme is not None
        who = _who(asked, request)
        if asked.beside is not None:
            desk = self.calendar.counter.desk
            none = why_none(tx, desk, asked.beside, party=asked.party, citizen=who)
            return [Notice(reason.text, "warning") for reason in words.reasons(none)]
        found = why_nothing(tx, self.calendar, asked.programme.id, party=asked.party, citizen=who)
        return [Notice(reason.text, "warning") for reason in words.reasons(found)]

    def _ways(
        self, tx: Transaction, words: Words, asked: Asked, free: DayView | None, first: date
    ) -> list[Block]:
        ways = []
        if free is not None:
            day = day_label(free.day, words.locale)
            ways.append(Link(words("next_free", day=day), "calendar/day", asked.query(day=str(free.day))))
        this = to_jst(tx.now).date().replace(day=1)
        before, after = (first - _DAY).replace(day=1), _next_month(first)
        if first > this:
            ways.append(_to_month(words, "before", asked, before))
        ways.append(_to_month(words, "after", asked, after))
        if asked.beside is not None:
            ways.append(Link(words("first_again"), "calendar/month", asked.first()))
        return [LinkList(ways), *_parties(words, asked, first)]

    def _next_free(self, tx: Transaction, asked: Asked, request: PageRequest) -> DayView | None:
        assert asked.programme is not None
        who = _who(asked, request)
        if asked.beside is None:
            return next_free(tx, self.calendar, asked.programme.id, party=asked.party, citizen=who)
        desk, moving = self.calendar.counter.desk, asked.booking
        found = fitting(tx, desk, asked.beside, party=asked.party, citizen=who, moving=moving, limit=1)
        return DayView(day_of(found[0]), SlotState.OPEN) if found else None

    # --- day ---

    def day(self, tx: Transaction, request: PageRequest) -> View:
        """The times of a day, with rooms where they have names; what cannot be booked says why."""
        words = Words(self.texts, request.locale)
        asked = Asked.of(tx, self.calendar, request)
        day = read_day(request.query.get("day", ""))
        if asked.programme is None or day is None:
            return self.book(tx, request)
        views = self._views(tx, asked, request, (day, day))
        title = words("times", programme=asked.programme.title, day=day_label(day, request.locale))
        back = Link(words("month_again"), "calendar/month", asked.query(month=f"{day:%Y-%m}"))
        table: Block = _times(words, asked, views, title) if views else Paragraph(words("empty_day"))
        again = [Link(words("first_again"), "calendar/month", asked.first())] if asked.beside else []
        return View(title, [self._lead(words, asked, "how_day"), table, LinkList([back, *again])])


def _who(asked: Asked, request: PageRequest) -> str | None:
    """Whose limits count: nobody's while a booking moves, which would stand in its own way."""
    return request.citizen if asked.booking is None else None


def month_named(text: str, today: date) -> date:
    """The first day of the month that the address names; of this month where it names none near."""
    found = read_day(f"{text}-01")
    near = found is not None and abs((found - today).days) <= 3 * 366
    return found if found is not None and near else today.replace(day=1)


def _next_month(first: date) -> date:
    return (first + 31 * _DAY).replace(day=1)


def _to_month(words: Words, key: str, asked: Asked, month: date) -> Link:
    label = words(key, month=month_label(month, words.locale))
    return Link(label, "calendar/month", asked.query(month=f"{month:%Y-%m}"))


def _parties(words: Words, asked: Asked, first: date) -> list[Block]:
    """Ways to the same month for other numbers of people."""
    programme = asked.programme
    if programme is None or programme.per_group or asked.booking is not None or asked.beside is not None:
        return []
    most = min(programme.policy.max_party or _PARTIES, _PARTIES)
    others = [party for party in range(1, most + 1) if party != asked.party]
    ways = [
        Link(
            words("for_others", party=party),
            "calendar/month",
            asked.query(month=f"{first:%Y-%m}", party=str(party)),
        )
        for party in others
    ]
    return [LinkList(ways)] if ways else []


def day_grid(
    words: Words, first: date, days: Mapping[date, DayView], way: Callable[[str, date], Link]
) -> Grid:
    """The days of a month with their states.

    Args:
        first: The month's first day.
        way: Where a day with slots leads, by its label.
    """
    names = WEEK.get(words.locale, WEEK["ja"])
    rows = [
        [_day_cell(words, way, first, day, days.get(day)) for day in week]
        for week in weeks.Calendar(weeks.SUNDAY).monthdatescalendar(first.year, first.month)
    ]
    return Grid(month_label(first, words.locale), names, rows, even=True)


def _day_cell(
    words: Words, way: Callable[[str, date], Link], first: date, day: date, view: DayView | None
) -> Cell:
    if view is None or day.month != first.month:
        return Cell()
    if view.state is None:
        return Cell(words.state(None), str(day.day))
    named = {"day": day_label(day, words.locale), "state": words.sentence(view.state)}
    label = (
        words("day_free", slots=view.slots, bookable=view.bookable, **named)
        if view.bookable
        else words("day_label", **named)
    )
    link = way(f"{day.day} {words.state(view.state)}: {label}", day)
    return Cell(words.state(view.state), str(day.day), link, tone_of(view.state))


def _times(words: Words, asked: Asked, views: Sequence[SlotView], title: str) -> Grid:
    rooms = any(view.slot.name for view in views)
    columns = [words("time"), *([words("room")] if rooms else []), words("state")]
    rows = [
        [
            Cell(f"{time_label(view.slot.starts)}-{time_label(view.slot.ends)}", head=True),
            *([Cell(view.slot.name)] if rooms else []),
            _slot_cell(words, asked, view),
        ]
        for view in views
    ]
    return Grid(title, columns, rows)


def _slot_cell(words: Words, asked: Asked, view: SlotView) -> Cell:
    text = short_state(words, view)
    tone = tone_of(view.state)
    if not view.state.bookable:
        return Cell("\n".join([text, *_why(words, view)]), tone=tone)
    slot = f"{time_label(view.slot.starts)} {view.slot.name}".strip()
    label = f"{text}: {words('choose', slot=slot)}"
    return Cell(text, link=_chosen(label, asked, view.slot), tone=tone)


def _chosen(label: str, asked: Asked, slot: Slot) -> Link:
    """Where a slot leads: to the other one of a pair, or to the form."""
    if asked.beside is not None:
        return Link(label, "calendar/pair", asked.query(slot=slot.id))
    if asked.both is not None and asked.booking is not None:
        query = {"booking": asked.both.id, "beside": slot.id, "partner": asked.booking.id}
        return Link(label, "calendar/month", query)
    if asked.booking is None and asked.programme is not None and asked.programme.link is not None:
        return Link(label, "calendar/month", asked.query(beside=slot.id))
    return Link(label, "calendar/confirm", asked.query(slot=slot.id))


def _why(words: Words, view: SlotView) -> list[str]:
    """What the word of its state does not say already."""
    told = [reason for reason in view.reasons if not (view.state == "full" and reason.code == "GL-2103")]
    return [reason.text for reason in words.reasons(told[:_REASONS])]
