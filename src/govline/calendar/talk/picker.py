"""Choosing a slot in a talk: how many people, days side by side, pages of times with free places, a date picker; what an answer means.

The next free times stand below every list as quick replies; where there are many of them, cards of days stand above, full days shown
as full. A day with several rooms asks for the room where its times do not fit on a page.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Final

from attrs import asdict, evolve, frozen

from govline.calendar.availability import DayView, SlotState, SlotView, day_of, summed
from govline.calendar.labels import day_label, time_label, when_in
from govline.calendar.model import Booking, Slot
from govline.calendar.outlook import days_ahead
from govline.calendar.partners import fitting
from govline.calendar.service import Calendar
from govline.core import Ask, CitizenId, Input, Json, Transaction
from govline.core.jst import JST, to_jst
from govline.core.message_limits import LIMITS
from govline.core.messages import Carousel, Column, PickDate, Postback, QuickReply, Text
from govline.core.text import clip, normalize, utf16_len
from govline.core.texts import Texts, spoken

__all__ = ["Page", "ask", "before_pair", "read", "slot_label", "slot_value"]

_PAGE: Final = 10
_SCAN: Final = 500
_SCAN_DAY: Final = 5_000
"""Every slot of a day, of hundreds of rooms."""
_OWN: Final = "calendar:"
_NEXT, _FIRST, _DAY = "calendar:next", "calendar:first", "calendar:day"
_AGAIN: Final = "calendar:again"
_ON, _SINCE, _ROOM, _PARTY = "calendar:on:", "calendar:since:", "calendar:room:", "calendar:party:"
_MANY: Final = 5 * _PAGE
_MOST_PARTY: Final = 99
_NAME: Final = 250
_DIGITS: Final = 5
_PAST: Final = (None, SlotState.OVER, SlotState.CUT_OFF, SlotState.CLOSED)


@frozen
class Page:
    """Where the citizen is in the choice.

    Args:
        programme: Of which programme. `party`: places asked for; 0 while nobody has said.
        offset: Slots before this page. `day`: only this day, ISO, or "". `room`: only slots of this name, or "".
        booking: The booking that moves, or "".
        since: The first day of the cards, ISO; "" for today.
        beside: The slot chosen before, of a pair whose other slot is chosen now, or "". `partner`: the booking that goes there, or "".
    """

    programme: str
    party: int = 1
    offset: int = 0
    day: str = ""
    booking: str = ""
    room: str = ""
    since: str = ""
    beside: str = ""
    partner: str = ""

    def to_json(self) -> dict[str, Json]:
        return asdict(self)

    @property
    def holds(self) -> int:
        """How many slots are shown at once: a pair's second choice has a button more, back to the first."""
        return _PAGE - 1 if self.beside else _PAGE


def slot_label(slot: Slot | Booking) -> str:
    """`11月24日(火) 10:00` in the citizen's language, with the slot's name behind it where it has one."""
    return f"{when_in(slot.starts, spoken())} {getattr(slot, 'name', '')}".strip()


def slot_value(slot: Slot, party: int = 1) -> dict[str, Json]:
    """What a scenario keeps of a chosen slot: `{slot.id}`, `{slot.label}`, `{slot.party}` …"""
    return {
        "party": max(party, 1),
        "id": slot.id,
        "label": slot_label(slot),
        "starts": slot.starts.isoformat(),
        "calendar": slot.programme,
    }


def ask(
    tx: Transaction,
    calendar: Calendar,
    texts: Texts,
    page: Page,
    lead: str,
    *,
    citizen: CitizenId | None = None,
) -> Ask | None:
    """The page as a question; None when the whole programme has nothing to offer.

    Args:
        lead: The sentence above the choices. `citizen`: whose limits, intervals and lists count; nobody's where omitted.
    """
    if page.party < 1:
        most = _most(calendar, page)
        if most > 1:
            return _ask_party(texts, page, most)
        page = evolve(page, party=1)
    found = _find(tx, calendar, page, citizen)
    if not found and page.day:
        return _without_day(tx, calendar, texts, page, citizen)
    if not found:
        return None
    rooms = sorted({_room(slot) for slot in found})
    if page.day and not page.room and len(rooms) > 1 and len(found) > page.holds:
        return _ask_room(texts, page, rooms)
    shown = found[page.offset : page.offset + page.holds] or found[: page.holds]
    labels, numbered = _labels(texts, page, shown)
    marks = [f"{n}. " if numbered else "・" for n in range(1, len(shown) + 1)]
    lines = [
        f"{mark}{slot_label(slot)} ({_free(texts, slot)})" for mark, slot in zip(marks, shown, strict=True)
    ]
    more = len(found) > len(shown)
    quick = [*_choices(shown, labels), *_paging(texts, page, found, more=more)]
    if page.beside:
        quick.append(QuickReply(Postback(*_said(texts, "calendar.first_again", _AGAIN))))
    many = len(found) > _MANY and not page.day
    cards = _cards(texts, page, _days(tx, calendar, page, found, citizen), tx.now) if many else []
    return Ask([*cards, Text("\n".join([lead, *lines]), quick=quick)], page.to_json())


def read(
    tx: Transaction, calendar: Calendar, page: Page, said: Input, citizen: CitizenId | None = None
) -> Slot | Page | None:
    """What the answer means: a slot, another page, or None when it means nothing here."""
    if page.party < 1:
        return _party_said(calendar, page, said)
    if said.kind == "postback" and (said.data in (_NEXT, _FIRST, _DAY) or said.data.startswith(_OWN)):
        return before_pair(tx, calendar, page) if said.data == _AGAIN else _turned(page, said)
    if said.kind == "postback":
        return _tapped(tx, calendar, page, said.data, citizen)
    found = _find(tx, calendar, evolve(page, room=""), citizen)
    words = normalize(said.text)
    if page.day and not page.room and any(words == normalize(_room(slot)) for slot in found):
        return evolve(
            page, room=next(_room(slot) for slot in found if words == normalize(_room(slot))), offset=0
        )
    named = [slot for slot in found if words and words in (normalize(slot_label(slot)), _short(slot))]
    return named[0] if len(named) == 1 else None


# --- how many people ---


def _most(calendar: Calendar, page: Page) -> int:
    programme = calendar.programme(page.programme)
    return 1 if programme.per_group else programme.policy.max_party or _MOST_PARTY


def _ask_party(texts: Texts, page: Page, most: int) -> Ask:
    quick = [
        QuickReply(Postback(label, f"{_PARTY}{number}", label))
        for number in range(1, min(most, LIMITS.quick_items) + 1)
        for label in (texts.get("calendar.people", party=number),)
    ]
    return Ask([Text(texts.get("calendar.ask_party", most=most), quick=quick)], page.to_json())


def _party_said(calendar: Calendar, page: Page, said: Input) -> Page | None:
    words = said.data.removeprefix(_PARTY) if said.kind == "postback" else normalize(said.text)
    digits = "".join(char for char in words if char.isascii() and char.isdigit())
    number = int(digits) if 0 < len(digits) < _DIGITS else 0
    return evolve(page, party=number) if 1 <= number <= _most(calendar, page) else None


# --- a pair ---


def before_pair(tx: Transaction, calendar: Calendar, page: Page) -> Page:
    """Back to the choice of the first slot of a pair."""
    chosen = calendar.slot(tx, page.beside)
    return page if chosen is None else Page(chosen.programme, page.party, booking=page.partner)


def _tapped(
    tx: Transaction, calendar: Calendar, page: Page, data: str, citizen: CitizenId | None
) -> Slot | Page | None:
    """The slot of a button. While the second of a pair is chosen, a button of the first list means another first one."""
    slot = calendar.slot(tx, data)
    if slot is None or not page.beside:
        return slot if slot is not None and slot.programme == page.programme else None
    that_day = evolve(page, day=str(day_of(slot)), room="")
    if any(each.id == slot.id for each in _find(tx, calendar, that_day, citizen)):
        return slot
    chosen = calendar.slot(tx, page.beside)
    if chosen is None or slot.programme != chosen.programme:
        return None
    return evolve(page, beside=slot.id, offset=0, day="", room="", since="")


# --- days and rooms ---


def _days(
    tx: Transaction, calendar: Calendar, page: Page, found: Sequence[Slot], citizen: CitizenId | None
) -> Iterable[DayView]:
    """The days ahead, full ones too; beside a slot that was chosen before, those that fit."""
    if page.beside:
        return summed(SlotView(slot, SlotState.OPEN, slot.free) for slot in found)
    first = max(date.fromisoformat(page.since), _today(tx.now)) if page.since else _today(tx.now)
    return days_ahead(tx, calendar, page.programme, party=page.party, citizen=citizen, first=first)


def _today(now: datetime) -> date:
    return to_jst(now).date()


def _cards(texts: Texts, page: Page, ahead: Iterable[DayView], now: datetime) -> list[Carousel]:
    """Days side by side, each with its state in words; none where there is only one."""
    since = page.since or str(_today(now))
    shown_ = (day for day in ahead if day.state not in _PAST and str(day.day) >= since)
    days = [*islice(shown_, LIMITS.columns + 1)]
    shown, later = days[: LIMITS.columns], days[LIMITS.columns :]
    if later:
        shown = shown[:-1]
    columns = [_card(texts, day) for day in shown]
    if later:
        after = days[len(shown)].day
        label = texts.get("calendar.later_days")
        button = Postback(label, f"{_SINCE}{after}", label)
        columns.append(
            Column(texts.get("calendar.from_day", day=day_label(after, spoken())), [button], label)
        )
    return [Carousel(columns)] if len(columns) > 1 else []


def _card(texts: Texts, day: DayView) -> Column:
    title = day_label(day.day, spoken())
    text = texts.get(f"calendar.is.{day.state}")
    if day.bookable:
        text = f"{text} {texts.get('calendar.of_slots', bookable=day.bookable, slots=day.slots)}"
    label = texts.get("calendar.see_times" if day.bookable else "calendar.see_why")
    return Column(text, [Postback(label, f"{_ON}{day.day}", title)], title)


def _ask_room(texts: Texts, page: Page, rooms: Sequence[str]) -> Ask:
    """The rooms of a day; the rest, where there are more than a list holds, by typing or another day."""
    begin = page.offset if page.offset < len(rooms) else 0
    shown = rooms[begin : begin + page.holds]
    quick = [QuickReply(Postback(clip(room, LIMITS.label, "…"), f"{_ROOM}{room}", room)) for room in shown]
    if begin + page.holds < len(rooms):
        quick.append(QuickReply(Postback(*_said(texts, "calendar.next_page", _NEXT))))
    quick.append(QuickReply(Postback(*_said(texts, "calendar.first_page", _FIRST))))
    lead = texts.get("calendar.ask_room", day=_day(page))
    return Ask([Text("\n".join([lead, *(f"・{room}" for room in shown)]), quick=quick)], page.to_json())


def _day(page: Page) -> str:
    return day_label(date.fromisoformat(page.day), spoken())


def _room(slot: Slot) -> str:
    """The slot's name as a postback can carry it."""
    return clip(slot.name, _NAME) or "-"


def _turned(page: Page, said: Input) -> Page | None:
    if said.data.startswith(_ROOM):
        return evolve(page, room=said.data.removeprefix(_ROOM), offset=0)
    if said.data.startswith(_ON):
        day = said.data.removeprefix(_ON)
        return evolve(page, day=day, offset=0, room="") if _is_date(day) else None
    if said.data.startswith(_SINCE):
        since = said.data.removeprefix(_SINCE)
        return evolve(page, since=since, day="", room="") if _is_date(since) else None
    if said.data == _DAY:
        day = str(said.params.get("date", ""))
        return evolve(page, day=day, offset=0, room="") if _is_date(day) else None
    if said.data == _NEXT:
        return evolve(page, offset=page.offset + page.holds)
    return evolve(page, day="", room="", since="", offset=0)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _find(tx: Transaction, calendar: Calendar, page: Page, citizen: CitizenId | None) -> Sequence[Slot]:
    since: datetime | None = None
    until: datetime | None = None
    if page.day:
        midnight = datetime.combine(date.fromisoformat(page.day), time(), JST)
        since, until = max(midnight, tx.now), midnight + timedelta(days=1)
    if page.beside:
        return _find_beside(tx, calendar, page, citizen)
    limit = _SCAN_DAY if page.day else _SCAN
    slots = calendar.available(
        tx, page.programme, party=page.party, since=since, until=until, limit=limit, citizen=citizen
    )
    if page.room:
        slots = [slot for slot in slots if _room(slot) == page.room]
    if not page.booking:
        return slots
    mine = calendar.booking(tx, page.booking)
    return [slot for slot in slots if mine is None or slot.id != mine.slot]


def _find_beside(
    tx: Transaction, calendar: Calendar, page: Page, citizen: CitizenId | None
) -> Sequence[Slot]:
    """What fits the slot that was chosen before, to the last of its days: for the citizen, or for the other booking of a pair."""
    chosen = calendar.slot(tx, page.beside)
    if chosen is None:
        return []
    slots = fitting(
        tx,
        calendar.counter.desk,
        chosen,
        party=page.party,
        citizen=citizen,
        moving=calendar.booking(tx, page.booking) if page.booking else None,
        day=date.fromisoformat(page.day) if page.day else None,
        limit=_SCAN_DAY,
    )
    return [slot for slot in slots if page.room in ("", _room(slot))]


def _without_day(
    tx: Transaction, calendar: Calendar, texts: Texts, page: Page, citizen: CitizenId | None
) -> Ask | None:
    lead = texts.get("calendar.no_slots_on", day=_day(page))
    return ask(tx, calendar, texts, evolve(page, day="", room="", offset=0), lead, citizen=citizen)


def _labels(texts: Texts, page: Page, slots: Sequence[Slot]) -> tuple[list[str], bool]:
    """The buttons' words; numbered, as the list above them then is, where a button is too short to tell rooms apart."""
    named = _times if page.room else slot_label
    labels = [_button(named(slot), _free(texts, slot)) for slot in slots]
    if len(set(labels)) == len(labels):
        return labels, False
    return [_button(f"{n}.{slot_label(slot)}", "") for n, slot in enumerate(slots, 1)], True


def _choices(slots: Sequence[Slot], labels: Sequence[str]) -> list[QuickReply]:
    return [
        QuickReply(Postback(label, slot.id, slot_label(slot)))
        for label, slot in zip(labels, slots, strict=True)
    ]


def _times(slot: Slot) -> str:
    """`10:00-11:30`, where day and room stand above."""
    return f"{time_label(slot.starts)}-{time_label(slot.ends)}"


def _button(label: str, free: str) -> str:
    tail = f" {free}" if free else ""
    return clip(label, LIMITS.label - utf16_len(tail), "…") + tail


def _free(texts: Texts, slot: Slot) -> str:
    return texts.get("calendar.free", free=slot.free)


def _short(slot: Slot) -> str:
    wall = to_jst(slot.starts)
    return f"{wall.month}/{wall.day} {wall.hour}:{wall.minute:02d}"


def _paging(texts: Texts, page: Page, found: Sequence[Slot], *, more: bool) -> list[QuickReply]:
    if not more and not page.day:
        return []
    buttons = []
    if page.offset + page.holds < len(found):
        buttons.append(Postback(*_said(texts, "calendar.next_page", _NEXT)))
    if page.offset or page.day:
        buttons.append(Postback(*_said(texts, "calendar.first_page", _FIRST)))
    first = to_jst(found[0].starts).date()
    picker = PickDate(texts.get("calendar.pick_day"), _DAY, initial=first)
    return [QuickReply(action) for action in (*buttons, picker)]


def _said(texts: Texts, key: str, data: str) -> tuple[str, str, str]:
    label = texts.get(key)
    return label, data, label
