"""The desk's pages: who comes on a day (code, party, channel; nothing of the person), how full a month is, closing a stretch of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from attrs import frozen

from govline.calendar._queries import views as qv
from govline.calendar.arrivals import ticket_of
from govline.calendar.availability import SlotView, midnight
from govline.calendar.labels import WEEK, day_label, month_label, time_label
from govline.calendar.model import Programme, Refused
from govline.calendar.occupancy import Heat, Use
from govline.calendar.occupancy_reader import month_of, occupancy, progress
from govline.calendar.options import options_text
from govline.calendar.pages.browsing import Words, read_day, tone_of
from govline.calendar.service import Calendar
from govline.core import Reason, Transaction
from govline.core.jst import to_jst
from govline.core.pages import (
    Block,
    Cell,
    DataTable,
    Facts,
    Grid,
    Link,
    LinkList,
    Page,
    PageField,
    PageRequest,
    Paragraph,
    Submitted,
    Tone,
    View,
)
from govline.core.texts import Texts

__all__ = ["StaffPages", "asked_for", "which"]

_DAY: Final = timedelta(days=1)
_SHOWN: Final = 2_000
_FULL, _HALF = 100, 50
_VERB: Final = "calendar.desk"


@frozen
class StaffPages:
    """`calendar/desk`, `calendar/use`, `calendar/close`."""

    calendar: Calendar
    texts: Texts

    def all(self) -> list[Page]:
        """The pages, for `Offers.pages`."""
        words = Words(self.texts, "ja")
        return [
            Page("desk", words("desk"), self.desk, audience="staff", verb=_VERB),
            Page("use", words("use"), self.use, audience="staff", verb=_VERB),
            Page(
                "close",
                words("close"),
                self.ask_close,
                self.close,
                audience="staff",
                verb="calendar.close",
                listed=False,
            ),
        ]

    # --- a day ---

    def desk(self, tx: Transaction, request: PageRequest) -> View:
        """The day's slots with how much is taken, and its bookings by code."""
        words = Words(self.texts, request.locale)
        programme, day = asked_for(tx, self.calendar, request)
        if programme is None:
            return which(words, self.calendar, words("desk"), "calendar/desk")
        title = words("times", programme=programme.title, day=day_label(day, request.locale))
        views = self.calendar.times(tx, programme.id, day, day)
        span = {"programme": programme.id, "since": midnight(day), "until": midnight(day + _DAY)}
        rows: Sequence[qv.DeskRow] = tx.all(qv.DAY_LIST, {**span, "limit": _SHOWN})
        blocks: list[Block] = [_slots(words, views)] if views else [Paragraph(words("empty_day"))]
        if rows:
            blocks.append(_bookings(tx, words, rows))
        return View(title, [*blocks, LinkList(_desk_ways(words, programme, day, any_slots=bool(views)))])

    # --- a month ---

    def use(self, tx: Transaction, request: PageRequest) -> View:
        """How full every day of a month is, and how the programme goes."""
        words = Words(self.texts, request.locale)
        programme, day = asked_for(tx, self.calendar, request)
        if programme is None:
            return which(words, self.calendar, words("use"), "calendar/use")
        first, last = month_of(f"{day:%Y-%m}")
        heat = occupancy(tx, self.calendar, programme.id, first, last)
        so_far = progress(tx, self.calendar, programme.id, first, last)
        total = {
            words("taken"): f"{so_far.use.booked}/{so_far.use.capacity} ({so_far.use.percent}%)",
            words("state"): str(so_far.free),
            **{_state_word(words, state): str(count) for state, count in so_far.bookings.items()},
        }
        ways = [
            Link(
                words("before", month=month_label(other, request.locale)),
                "calendar/use",
                _at(programme, other),
            )
            for other in ((first - _DAY).replace(day=1),)
        ]
        after = last + _DAY
        label = words("after", month=month_label(after, request.locale))
        ways.append(Link(label, "calendar/use", _at(programme, after)))
        return View(heat.title, [Facts(total), _month(words, programme, heat, first), LinkList(ways)])

    # --- closing ---

    def ask_close(self, tx: Transaction, request: PageRequest) -> View:
        """From when until when, and why."""
        words = Words(self.texts, request.locale)
        programme, day = asked_for(tx, self.calendar, request)
        views = self.calendar.times(tx, programme.id, day, day) if programme else ()
        if programme is None or not views:
            return View(words("close"), [Paragraph(words("empty_day"))])
        starts = [time_label(view.slot.starts) for view in views]
        ends = [time_label(view.slot.ends) for view in views]
        fields = [
            PageField("since", words("since"), "choice", True, value=starts[0], choices=_same(starts)),
            PageField("until", words("until"), "choice", True, value=ends[-1], choices=_same(ends)),
            PageField("reason", words("why"), required=True, most=100, help=words("why_help")),
            PageField("emergency", words("emergency"), "flag"),
        ]
        title = words("close_of", programme=programme.title, day=day_label(day, request.locale))
        return View(title, [Paragraph(words("closing"))], fields, words("do_close"), drafts=False)

    def close(
        self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]
    ) -> Submitted | Sequence[Reason]:
        """Close the stretch; whoever booked in it is told and comes first elsewhere."""
        words = Words(self.texts, request.locale)
        programme, day = asked_for(tx, self.calendar, request)
        since, until = _instant(day, values["since"]), _instant(day, values["until"])
        if programme is None or since >= until:
            return [Reason("GL-2055", words("wrong_span"), {"field": "until"})]
        answer = self.calendar.counter.close(
            tx,
            programme.id,
            since,
            until,
            values["reason"],
            key=f"page:{request.key}",
            emergency=bool(values["emergency"]),
        )
        if isinstance(answer, Refused):
            return answer.reasons
        told = {words("closed_slots"): str(answer.slots), words("displaced"): str(answer.displaced)}
        back = Link(words("desk"), "calendar/desk", {"programme": programme.id, "day": day.isoformat()})
        return Submitted(words("closed"), [Facts(told), LinkList([back])])


def asked_for(tx: Transaction, calendar: Calendar, request: PageRequest) -> tuple[Programme | None, date]:
    """The programme and the day that an address names: the only one, and today, where it names none."""
    programme = calendar.programmes.get(request.query.get("programme", ""))
    if programme is None and len(calendar.programmes) == 1:
        (programme,) = calendar.programmes.values()
    return programme, read_day(request.query.get("day", "")) or to_jst(tx.now).date()


def which(words: Words, calendar: Calendar, title: str, page: str) -> View:
    """Which programme a page is to be of."""
    ways = [Link(each.title, page, {"programme": each.id}) for each in calendar.programmes.values()]
    return View(title, [LinkList(ways)] if ways else [Paragraph(words("nothing"))])


def _slots(words: Words, views: Sequence[SlotView]) -> Grid:
    rows = [
        [
            Cell(f"{time_label(view.slot.starts)}-{time_label(view.slot.ends)}", head=True),
            Cell(view.slot.name or "-"),
            Cell(f"{view.slot.booked}/{view.slot.capacity}"),
            Cell(words.state(view.state), tone=tone_of(view.state)),
        ]
        for view in views
    ]
    return Grid(words("desk"), [words("time"), words("room"), words("taken"), words("state")], rows)


def _bookings(tx: Transaction, words: Words, rows: Sequence[qv.DeskRow]) -> DataTable:
    beside = any(row.options for row in rows)
    own = ("options",) if beside else ()
    columns = [words(key) for key in ("code", "time", "room", "party", *own, "channel", "booking_state")]
    return DataTable(
        words("bookings"),
        columns,
        [
            (
                _code(tx, row),
                time_label(row.starts),
                row.name or "-",
                str(row.party),
                *([options_text(row.options or {}) or "-"] if beside else []),
                _word(words, "channel", row.channel),
                _state_word(words, row.state),
            )
            for row in rows
        ],
    )


def _code(tx: Transaction, row: qv.DeskRow) -> str:
    """As its holder reads it; the end of the booking's id where no code was given out."""
    ticket = ticket_of(tx, row.id, row.code) if row.code else None
    return ticket.code if ticket else row.id[-8:]


def _word(words: Words, kind: str, value: str) -> str:
    key = f"calendar.{kind}.{value}"
    return words.texts.get(key, words.locale) if key in words.texts.defaults else value


def _state_word(words: Words, state: str) -> str:
    return _word(words, "booking", state)


def _desk_ways(words: Words, programme: Programme, day: date, *, any_slots: bool) -> list[Link]:
    ways = [
        Link(
            words(key, day=day_label(other, words.locale)),
            "calendar/desk",
            {"programme": programme.id, "day": other.isoformat()},
        )
        for key, other in (("day_before", day - _DAY), ("day_after", day + _DAY))
    ]
    if any_slots:
        ways.append(Link(words("take"), "calendar/take", _at(programme, day)))
        ways.append(
            Link(words("close"), "calendar/close", {"programme": programme.id, "day": day.isoformat()})
        )
        ways.append(Link(words("places"), "calendar/places", _at(programme, day)))
    return [*ways, Link(words("use"), "calendar/use", _at(programme, day))]


def _at(programme: Programme, day: date) -> dict[str, str]:
    return {"programme": programme.id, "day": day.isoformat()}


def _month(words: Words, programme: Programme, heat: Heat, first: date) -> Grid:
    from calendar import SUNDAY
    from calendar import Calendar as Weeks

    weeks = Weeks(SUNDAY).monthdatescalendar(first.year, first.month)
    rows = [[_use_cell(words, programme, heat, first, day) for day in week] for week in weeks]
    return Grid(heat.title, WEEK.get(words.locale, WEEK["ja"]), rows, even=True)


def _use_cell(words: Words, programme: Programme, heat: Heat, first: date, day: date) -> Cell:
    if day.month != first.month:
        return Cell()
    use = heat.of_day(day)
    if not use.capacity:
        return Cell(words.state(None), str(day.day))
    said = f"{day.day} {use.percent}%: {day_label(day, words.locale)} {use.booked}/{use.capacity}"
    link = Link(said, "calendar/desk", {"programme": programme.id, "day": day.isoformat()})
    return Cell(f"{use.percent}%", str(day.day), link, _fullness(use))


def _fullness(use: Use) -> Tone:
    if use.percent >= _FULL:
        return "none"
    return "some" if use.percent >= _HALF else "good"


def _same(texts: Sequence[str]) -> dict[str, str]:
    return {text: text for text in texts}


def _instant(day: date, clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return midnight(day) + timedelta(hours=int(hours), minutes=int(minutes))
