"""Choosing a slot in a talk: pages of quick replies with free places, a date picker, and what an answer means."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from attrs import evolve, frozen

from govline.calendar.labels import day_label, when
from govline.calendar.model import Booking, Slot
from govline.calendar.service import Calendar
from govline.core import Ask, Input, Json, Transaction
from govline.core.jst import JST, to_jst
from govline.core.message_limits import LIMITS
from govline.core.messages import PickDate, Postback, QuickReply, Text
from govline.core.text import clip, normalize, utf16_len
from govline.core.texts import Texts

__all__ = ["Page", "ask", "read", "slot_label", "slot_value"]

_PAGE: Final = 10
_SCAN: Final = 500
_NEXT, _FIRST, _DAY = "calendar:next", "calendar:first", "calendar:day"


@frozen
class Page:
    """Where the citizen is in the choice.

    Args:
        programme: Of which programme. `party`: places asked for.
        offset: Slots before this page. `day`: only this day, ISO, or "".
        booking: The booking that moves, or "".
    """

    programme: str
    party: int = 1
    offset: int = 0
    day: str = ""
    booking: str = ""

    def to_json(self) -> dict[str, Json]:
        return {name: getattr(self, name) for name in ("programme", "party", "offset", "day", "booking")}


def slot_label(slot: Slot | Booking) -> str:
    """`11月24日(火) 10:00`, with the slot's name behind it where it has one."""
    return f"{when(slot.starts)} {getattr(slot, 'name', '')}".strip()


def slot_value(slot: Slot) -> dict[str, Json]:
    """What a scenario keeps of a chosen slot: `{slot.id}`, `{slot.label}` …"""
    return {
        "id": slot.id,
        "label": slot_label(slot),
        "starts": slot.starts.isoformat(),
        "calendar": slot.programme,
    }


def ask(tx: Transaction, calendar: Calendar, texts: Texts, page: Page, lead: str) -> Ask | None:
    """The page as a question; None when the whole programme has nothing to offer.

    Args:
        lead: The sentence above the choices.
    """
    found = _find(tx, calendar, page)
    if not found and page.day:
        return _without_day(tx, calendar, texts, page)
    if not found:
        return None
    shown = found[page.offset : page.offset + _PAGE] or found[:_PAGE]
    lines = [f"・{slot_label(slot)} ({_free(texts, slot)})" for slot in shown]
    more = len(found) > len(shown)
    quick = [*_choices(texts, shown), *_paging(texts, page, found, more=more)]
    return Ask([Text("\n".join([lead, *lines]), quick=quick)], page.to_json())


def read(tx: Transaction, calendar: Calendar, page: Page, said: Input) -> Slot | Page | None:
    """What the answer means: a slot, another page, or None when it means nothing here."""
    if said.kind == "postback" and said.data in (_NEXT, _FIRST, _DAY):
        return _turned(page, said)
    found = _find(tx, calendar, evolve(page, day=""))
    if said.kind == "postback":
        chosen = calendar.slot(tx, said.data)
        return chosen if chosen is not None and chosen.programme == page.programme else None
    words = normalize(said.text)
    named = [slot for slot in found if words and words in (normalize(slot_label(slot)), _short(slot))]
    return named[0] if len(named) == 1 else None


def _turned(page: Page, said: Input) -> Page | None:
    if said.data == _DAY:
        day = str(said.params.get("date", ""))
        return evolve(page, day=day, offset=0) if _is_date(day) else None
    return evolve(page, day="", offset=page.offset + _PAGE if said.data == _NEXT else 0)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _find(tx: Transaction, calendar: Calendar, page: Page) -> Sequence[Slot]:
    since: datetime | None = None
    until: datetime | None = None
    if page.day:
        midnight = datetime.combine(date.fromisoformat(page.day), time(), JST)
        since, until = max(midnight, tx.now), midnight + timedelta(days=1)
    slots = calendar.available(tx, page.programme, party=page.party, since=since, until=until, limit=_SCAN)
    if not page.booking:
        return slots
    mine = calendar.booking(tx, page.booking)
    return [slot for slot in slots if mine is None or slot.id != mine.slot]


def _without_day(tx: Transaction, calendar: Calendar, texts: Texts, page: Page) -> Ask | None:
    lead = texts.get("calendar.no_slots_on", day=day_label(date.fromisoformat(page.day)))
    return ask(tx, calendar, texts, evolve(page, day="", offset=0), lead)


def _choices(texts: Texts, slots: Sequence[Slot]) -> list[QuickReply]:
    labels = [_button(slot_label(slot), _free(texts, slot)) for slot in slots]
    if len(set(labels)) < len(labels):
        labels = [_button(f"{n}.{slot_label(slot)}", "") for n, slot in enumerate(slots, 1)]
    return [
        QuickReply(Postback(label, slot.id, slot_label(slot)))
        for label, slot in zip(labels, slots, strict=True)
    ]


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
    if page.offset + _PAGE < len(found):
        buttons.append(Postback(*_said(texts, "calendar.next_page", _NEXT)))
    if page.offset or page.day:
        buttons.append(Postback(*_said(texts, "calendar.first_page", _FIRST)))
    first = to_jst(found[0].starts).date()
    picker = PickDate(texts.get("calendar.pick_day"), _DAY, initial=first)
    return [QuickReply(action) for action in (*buttons, picker)]


def _said(texts: Texts, key: str, data: str) -> tuple[str, str, str]:
    label = texts.get(key)
    return label, data, label
