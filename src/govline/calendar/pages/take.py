"""電話・窓口の予約: staff book for somebody without LINE, as `counter.book` takes it. Name and number are in no address, log or draft."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from attrs import frozen

from govline.calendar.availability import SlotView
from govline.calendar.labels import day_label, month_label, time_label, when_in
from govline.calendar.linked import Linked
from govline.calendar.merging import Contact, MergeCode
from govline.calendar.model import Booking, Programme, Refused, Slot
from govline.calendar.occupancy_reader import month_of
from govline.calendar.pages.browsing import (
    Words,
    day_grid,
    month_named,
    read_day,
    short_state,
    tone_of,
)
from govline.calendar.pages.options import beside_rows
from govline.calendar.pages.questions import question_fields, stops
from govline.calendar.pages.staff import asked_for, which
from govline.calendar.pages.take_fields import (
    beside_of,
    beyond_fields,
    channel_field,
    person_fields,
    placed,
    second_fields,
    waivable,
)
from govline.calendar.partners import why_none
from govline.calendar.reasons import because
from govline.calendar.service import Calendar
from govline.core import Reason, Transaction
from govline.core.jst import to_jst
from govline.core.pages import (
    Block,
    Cell,
    Facts,
    Grid,
    Link,
    LinkList,
    Notice,
    Page,
    PageField,
    PageRequest,
    Paragraph,
    Submitted,
    View,
)
from govline.core.texts import Texts

__all__ = ["TakePages"]

_PAGE: Final = "calendar/take"


@frozen
class TakePages:
    """`calendar/take`."""

    calendar: Calendar
    texts: Texts

    def all(self) -> list[Page]:
        """The page, for `Offers.pages`."""
        title = Words(self.texts, "ja")("take")
        return [Page("take", title, self.show, self.take, "staff", "calendar.desk", channel="channel")]

    def show(self, tx: Transaction, request: PageRequest) -> View:
        """The programmes, a month, a day, or the form of the slot that the address names."""
        words = Words(self.texts, request.locale)
        slot = self.calendar.slot(tx, request.query.get("slot", ""))
        known = self.calendar.programmes.get(slot.programme) if slot else None
        if slot is not None and known is not None:
            return self._form(tx, words, known, slot)
        programme, _ = asked_for(tx, self.calendar, request)
        if programme is None:
            return which(words, self.calendar, words("take"), _PAGE)
        day = read_day(request.query.get("day", ""))
        if day is not None:
            return self._day(tx, words, programme, day)
        return self._month(tx, words, programme, request.query.get("month", ""))

    def _month(self, tx: Transaction, words: Words, programme: Programme, named: str) -> View:
        first, last = month_of(f"{month_named(named, to_jst(tx.now).date()):%Y-%m}")
        days = {view.day: view for view in self.calendar.days(tx, programme.id, first, last)}

        def way(label: str, day: date) -> Link:
            return Link(label, _PAGE, _at(programme, day))

        ways = [
            Link(
                words(key, month=month_label(other, words.locale)),
                _PAGE,
                {"programme": programme.id, "month": f"{other:%Y-%m}"},
            )
            for key, other in (("before", first - timedelta(1)), ("after", last + timedelta(1)))
        ]
        title = words("month", programme=programme.title, month=month_label(first, words.locale))
        return View(title, [Paragraph(words("take_how")), day_grid(words, first, days, way), LinkList(ways)])

    def _day(self, tx: Transaction, words: Words, programme: Programme, day: date) -> View:
        views = self.calendar.times(tx, programme.id, day, day)
        title = words("times", programme=programme.title, day=day_label(day, words.locale))
        columns = [words("time"), words("room"), words("state")]
        rows = [
            [
                Cell(f"{time_label(view.slot.starts)}-{time_label(view.slot.ends)}", head=True),
                Cell(view.slot.name or "-"),
                _choice(words, view),
            ]
            for view in views
        ]
        table: Block = Grid(title, columns, rows) if rows else Paragraph(words("empty_day"))
        month = {"programme": programme.id, "month": f"{day:%Y-%m}"}
        return View(title, [table, LinkList([Link(words("month_again"), _PAGE, month)])])

    def _form(self, tx: Transaction, words: Words, programme: Programme, slot: Slot) -> View:
        """What is asked; every reason against it, and no form where no mandate changes it."""
        seconds = self._seconds(tx, words, programme, slot)
        against = self._against(tx, programme, slot, seconds)
        day = to_jst(slot.starts).date()
        blocks: list[Block] = [
            Facts(_facts(words, programme, slot)),
            *(Notice(reason.text, "warning") for reason in words.reasons(against)),
            LinkList(
                [Link(words("other_times", day=day_label(day, words.locale)), _PAGE, _at(programme, day))]
            ),
        ]
        if not all(waivable(each.code) for each in against) or (programme.link and not seconds):
            return View(words("take"), blocks)
        fields = [
            *person_fields(words, programme),
            PageField("party", words("party"), "integer", required=True, value=1, least=1),
            *beside_of(programme, slot).fields(tx, self.calendar, words),
            *second_fields(words, seconds),
            *question_fields(programme.policy.questions),
            channel_field(words),
            *(beyond_fields(words) if self._may_override(tx) else []),
        ]
        return View(words("take"), blocks, fields, words("do_book"), drafts=False)

    def _against(
        self, tx: Transaction, programme: Programme, slot: Slot, seconds: Mapping[str, str]
    ) -> list[Reason]:
        """What stands against the slot whoever comes."""
        verdict = self.calendar.can_book(tx, slot.id, None)
        against = list(verdict.reasons) if isinstance(verdict, Refused) else []
        if programme.link is not None and not seconds:
            against += why_none(tx, self.calendar.counter.desk, slot)
        return against

    def _seconds(self, tx: Transaction, words: Words, programme: Programme, slot: Slot) -> dict[str, str]:
        """What fits after the first of a pair."""
        if programme.link is None:
            return {}
        found = self.calendar.fitting(tx, slot.id)
        return {each.id: f"{when_in(each.starts, words.locale)} {each.name}".strip() for each in found}

    def _may_override(self, tx: Transaction) -> bool:
        return self.calendar.counter.refused(tx, "calendar.override") is None

    def take(
        self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]
    ) -> Submitted | Sequence[Reason]:
        """Book; every reason against it stands on the form, and whether it can be set aside."""
        words = Words(self.texts, request.locale)
        slot = self.calendar.slot(tx, request.query.get("slot", ""))
        programme = self.calendar.programmes.get(slot.programme) if slot else None
        if slot is None or programme is None:
            return words.reasons([because("no_slot")])
        if "party" not in values:  # something has come up since the form was shown, which asks nothing now
            against = self._against(tx, programme, slot, self._seconds(tx, words, programme, slot))
            return words.reasons(against or [because("no_slot")])
        override, reason = bool(values.get("override")), values.get("reason") or ""
        if override and not reason.strip():
            return [Reason("GL-2050", words("take_reason"), {"field": "reason"})]
        if stopped := words.reasons(stops(programme.policy.questions, values)):
            return stopped
        contact = Contact(values.get("name") or "", values.get("phone") or "")
        terms: Mapping[str, Any] = {
            "contact": contact,
            "reason": reason,
            "override": override,
            "key": f"page:{request.key}",
        }
        beside, counter, party = beside_of(programme, slot), self.calendar.counter, int(values["party"])
        answer: Booking | Linked | Refused
        if second := values.get("second"):
            answer = counter.book_linked(tx, [(slot.id, party), (second, party)], **terms)
        else:
            answer = counter.book(tx, slot.id, party=party, options=beside.read(values), **terms)
        if isinstance(answer, Refused):
            may = not override and all(waivable(each.code) for each in answer.reasons)
            hint = Reason("GL-2050", words("take_may"), {"field": "override"})
            told = [placed(beside, each) for each in words.reasons(answer.reasons)]
            return [*told, *([hint] if may and self._may_override(tx) else [])]
        bookings = answer.bookings if isinstance(answer, Linked) else (answer,)
        return Submitted(words("booked"), self._booked(tx, words, bookings, named=bool(contact)))

    def _booked(
        self, tx: Transaction, words: Words, bookings: Sequence[Booking], *, named: bool
    ) -> list[Block]:
        """Number, date and, of a person that can be named, the code for LINE."""
        blocks: list[Block] = []
        for booking in bookings:
            programme, slot = self.calendar.programme(booking.programme), self.calendar.slot(tx, booking.slot)
            assert slot is not None  # it was booked just now
            rows = {words("code"): self.calendar.ticket(tx, booking.id).code}
            rows |= {**_facts(words, programme, slot), words("party"): str(booking.party)}
            rows |= beside_rows(words, booking.options)
            if programme.tariff is not None:
                total = self.calendar.price_of(tx, booking).total
                rows[words("price")] = words("yen", yen=f"{total:,}")
            blocks.append(Facts(rows))
        first = bookings[0]
        code = self.calendar.counter.merge_code(tx, first.id) if named else None
        if isinstance(code, MergeCode):
            blocks.append(Facts({words("take_code"): code.text}))
        at = {"programme": first.programme, "day": to_jst(first.starts).date().isoformat()}
        ways = [Link(words("take_day"), "calendar/desk", at), Link(words("take_more"), _PAGE, at)]
        return [*blocks, LinkList(ways)]


def _at(programme: Programme, day: date) -> dict[str, str]:
    return {"programme": programme.id, "day": day.isoformat()}


def _facts(words: Words, programme: Programme, slot: Slot) -> dict[str, str]:
    when = f"{when_in(slot.starts, words.locale)}-{time_label(slot.ends)}"
    rows = {words("what"): programme.title, words("when"): when}
    return rows | ({words("room"): slot.name} if slot.name else {})


def _choice(words: Words, view: SlotView) -> Cell:
    """A slot leads on unless something stands against it that no mandate changes."""
    text = "\n".join([short_state(words, view), *(each.text for each in words.reasons(view.reasons))])
    if not all(waivable(each.code) for each in view.reasons):
        return Cell(text, tone=tone_of(view.state))
    label = f"{text}: {words('choose', slot=f'{time_label(view.slot.starts)} {view.slot.name}'.strip())}"
    return Cell(text, link=Link(label, _PAGE, {"slot": view.slot.id}), tone=tone_of(view.state))
