"""Booking on a page: look once more and book, one's own bookings, change, cancel. A form sent twice acts once."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from attrs import evolve, frozen

from govline.calendar.arrivals import known_ticket
from govline.calendar.labels import day_label, time_label, when_in
from govline.calendar.model import Allowed, Booking, Programme, Refused, Slot
from govline.calendar.pages.browsing import Asked, Words
from govline.calendar.pages.options import Beside, beside_rows, options_way
from govline.calendar.pages.pair import other_way, own_pair
from govline.calendar.pages.questions import question_fields, stops
from govline.calendar.reasons import because
from govline.calendar.service import Calendar
from govline.calendar.terms import Question
from govline.core import Id, Reason, Transaction
from govline.core.jst import to_jst
from govline.core.pages import (
    Block,
    Facts,
    Heading,
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

__all__ = ["BookingPages"]

_MINE: Final = "calendar/mine"
_OWN: Final = "GL-2107"
"""Whoever goes back after booking meets their own booking."""


@frozen
class BookingPages:
    """`calendar/confirm`, `calendar/mine`, `calendar/cancel`."""

    calendar: Calendar
    texts: Texts

    def all(self) -> list[Page]:
        """The pages, for `Offers.pages`."""
        mine = self.texts.get("calendar.page.mine")
        return [
            Page("confirm", self.texts.get("calendar.page.confirm"), self.confirm, self.take, listed=False),
            Page("mine", mine, self.mine),
            Page("cancel", mine, self.ask_cancel, self.cancel, listed=False),
        ]

    # --- book and change ---

    def confirm(self, tx: Transaction, request: PageRequest) -> View:
        """The slot, what is asked, and the button; every reason where it cannot be."""
        words = Words(self.texts, request.locale)
        asked = Asked.of(tx, self.calendar, request)
        if asked.gone:
            said = (Notice(reason.text, "warning") for reason in words.reasons([because("no_booking")]))
            return View(words("confirm_change"), [*said, LinkList([Link(words("mine"), _MINE)])])
        slot = self.calendar.slot(tx, request.query.get("slot", ""))
        if slot is None or asked.programme is None or slot.programme != asked.programme.id:
            return View(words("confirm"), [Notice(words("no_slot"), "warning"), _to_book(words)])
        title = words("confirm_change" if asked.booking else "confirm")
        facts = Facts(_facts(words, asked, slot))
        if other := other_way(tx, self.calendar, words, asked, slot):
            return View(title, [facts, *other])
        verdict = self._verdict(tx, request, asked, slot)
        if isinstance(verdict, Refused):
            own = [reason for reason in verdict.reasons if reason.code == _OWN]
            against = words.reasons(
                own or verdict.reasons
            )  # that one's own booking fills it says nothing more
            warnings = [Notice(reason.text, "warning") for reason in against]
            ways = _what_helps(words, asked, verdict, to_jst(slot.starts).date())
            mine = [Link(words("mine"), _MINE)] if own else []
            return View(title, [facts, *warnings, LinkList([*mine, *ways])])
        beside = Beside.of(asked, slot, request)
        blocks = [facts, *beside.warnings(words)]
        if beside.chosen is not None:
            sure = beside.sure(tx, self.calendar, words, request, beside.chosen)
            blocks = [Facts({**facts.rows, **sure}), *beside.warnings(words)]
        looking = beside.asks and beside.priced
        if beside.chosen is None and not looking:
            total = words("price_for", party=asked.party)
            blocks[0] = Facts({**facts.rows, **beside.bill(tx, self.calendar, words, request, total=total)})
        fields = [
            *([] if beside.chosen is not None else _party_field(words, asked)),
            *beside.fields(tx, self.calendar, words),
            *([] if looking else question_fields(_questions(asked))),
        ]
        button = words("see_price" if looking else "do_change" if asked.booking else "do_book")
        return View(title, blocks, fields, button, drafts=False)

    def _verdict(self, tx: Transaction, request: PageRequest, asked: Asked, slot: Slot) -> Allowed | Refused:
        """A move is judged when it is made: `can_book` would count the booking that moves."""
        if asked.booking is not None:
            return Allowed()
        return self.calendar.can_book(tx, slot.id, request.citizen, party=asked.party)

    def take(
        self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]
    ) -> Submitted | Sequence[Reason]:
        """Book, or move; every reason against it stands on the form."""
        words = Words(self.texts, request.locale)
        asked = Asked.of(tx, self.calendar, request)
        if asked.gone:
            return words.reasons([because("no_booking")])
        slot = self.calendar.slot(tx, request.query.get("slot", ""))
        if slot is None or asked.programme is None or slot.programme != asked.programme.id:
            return words.reasons([because("no_slot")])
        if asked.booking is None and asked.programme.link is not None:
            return words.reasons([because("second_needed")])
        programme = asked.programme
        asked = evolve(asked, party=values.get("party") or asked.party)
        beside = Beside.of(asked, slot, request)
        options = beside.read(values)
        if beside.asks and beside.priced:
            return self._look_again(tx, words, request, beside, options)
        stopped = words.reasons(stops(_questions(asked), values))
        if stopped:
            return stopped
        answer = self._write(tx, request, asked, slot, options)
        if isinstance(answer, Refused):
            return [beside.placed(_beside_field(reason)) for reason in words.reasons(answer.reasons)]
        label = _label(words, programme, slot, answer)
        done, told = ("changed", "tell_changed") if asked.booking else ("booked", "tell_booked")
        code = {words("code"): self.calendar.ticket(tx, answer.id).code}
        own = {words("party"): str(answer.party), **beside_rows(words, answer.options)}
        own |= self._total(tx, words, programme, answer)
        facts = Facts({**_facts(words, asked, slot, old=False), **own, **code})
        ways = LinkList([_to_file(words, answer), Link(words("mine"), _MINE)])
        return Submitted(words(done), [facts, ways], tell=words(told, booking=label))

    def _look_again(
        self, tx: Transaction, words: Words, request: PageRequest, beside: Beside, options: Mapping[str, int]
    ) -> Submitted | Sequence[Reason]:
        """What it costs with these numbers, before anything is booked; a move is judged when it is made."""
        asked = beside.asked
        if asked.booking is None:
            verdict = self.calendar.can_book(
                tx, beside.slot.id, request.citizen, party=asked.party, options=options
            )
            if isinstance(verdict, Refused):
                return [beside.placed(_beside_field(reason)) for reason in words.reasons(verdict.reasons)]
        sure = beside.sure(tx, self.calendar, words, request, options)
        return beside.look_again(words, {**_facts(words, asked, beside.slot), **sure}, options)

    def _write(
        self, tx: Transaction, request: PageRequest, asked: Asked, slot: Slot, options: Mapping[str, int]
    ) -> Booking | Refused:
        key, party = f"page:{request.key}", asked.party
        if asked.booking is None:
            return self.calendar.book(tx, slot.id, request.citizen, party=party, key=key, options=options)
        return self.calendar.change(
            tx,
            asked.booking.id,
            to=slot.id,
            party=party,
            key=key,
            citizen=request.citizen,
            options=options if options or asked.booking.options else None,
        )

    # --- one's own ---

    def mine(self, tx: Transaction, request: PageRequest) -> View:
        """The visitor's bookings, each with its ways to change and cancel."""
        words = Words(self.texts, request.locale)
        mine = self.calendar.bookings(tx, request.citizen or "")
        if not mine:
            return View(words("mine"), [Paragraph(words("none_mine")), _to_book(words)])
        blocks: list[Block] = []
        for booking in mine:
            blocks += self._own(tx, words, booking)
        return View(words("mine"), [*blocks, _to_book(words)])

    def _own(self, tx: Transaction, words: Words, booking: Booking) -> list[Block]:
        programme = self.calendar.programmes.get(booking.programme)
        slot = self.calendar.slot(tx, booking.slot)
        if programme is None or slot is None:
            return []
        asked = Asked(programme, booking.party, booking)
        name = when_in(booking.starts, words.locale)
        rows = {**_facts(words, asked, slot, old=False), words("party"): str(booking.party)}
        rows |= beside_rows(words, booking.options)
        rows |= self._total(tx, words, programme, booking)
        if (ticket := known_ticket(tx, booking.id)) is not None:
            rows[words("code")] = ticket.code
        belongs, both = own_pair(tx, self.calendar, words, booking)
        rows |= belongs
        ways = [
            *both,
            Link(
                words("change", booking=name),
                "calendar/month",
                asked.query(month=f"{to_jst(slot.starts):%Y-%m}"),
            ),
            *options_way(words, programme, slot, booking, name),
            Link(words("cancel", booking=name), "calendar/cancel", {"booking": booking.id}),
            _to_file(words, booking),
        ]
        return [Heading(f"{programme.title} {name}"), Facts(rows), LinkList(ways)]

    def _total(self, tx: Transaction, words: Words, programme: Programme, booking: Booking) -> dict[str, str]:
        """What it costs, as a row; none in a programme without fees."""
        if programme.tariff is None:
            return {}
        total = self.calendar.price_of(tx, booking).total
        return {words("price"): words("yen", yen=f"{total:,}")}

    def ask_cancel(self, tx: Transaction, request: PageRequest) -> View:
        """Whether really."""
        words = Words(self.texts, request.locale)
        asked = Asked.of(tx, self.calendar, request)
        slot = self.calendar.slot(tx, asked.booking.slot) if asked.booking else None
        if asked.booking is None or slot is None:
            return View(words("mine"), [Notice(words("not_yours"), "warning"), _to_mine(words)])
        facts = {**_facts(words, asked, slot, old=False), words("party"): str(asked.booking.party)}
        facts |= beside_rows(words, asked.booking.options)
        fields = self._rest_field(tx, words, asked.booking)
        blocks = [Facts(facts), _to_mine(words)]
        return View(words("really"), blocks, fields, words("do_cancel"), drafts=False)

    def _rest_field(self, tx: Transaction, words: Words, booking: Booking) -> list[PageField]:
        """What becomes of bookings linked with it, where the programme asks."""
        left = self.calendar.left_over
        rest = left.rest(tx, booking)
        if not rest:
            return []
        label = words("left_what", rest=left.names(rest, words.locale).replace("\n", ", "))
        choices = {
            verb: words.texts.get(f"calendar.{verb}_left", words.locale) for verb in ("keep", "cancel")
        }
        return [PageField("rest", label, "choice", required=True, choices=choices)]

    def cancel(
        self,
        tx: Transaction,
        request: PageRequest,
        values: Mapping[str, Any],
    ) -> Submitted | Sequence[Reason]:
        """Cancel it, with the rest of its link where the visitor chose so, or say why not: then nothing is cancelled."""
        words = Words(self.texts, request.locale)
        answer = self._cancel(
            tx, request, request.query.get("booking", ""), rest=values.get("rest") == "cancel"
        )
        if isinstance(answer, Refused):
            return words.reasons(answer.reasons)
        programme = self.calendar.programmes.get(answer.programme)
        slot = self.calendar.slot(tx, answer.slot)
        label = _label(words, programme, slot, answer) if programme and slot else ""
        return Submitted(
            words("cancelled"),
            [LinkList([_from_file(words, answer)]), _to_book(words), _to_mine(words)],
            tell=words("tell_cancelled", booking=label),
        )

    def _cancel(self, tx: Transaction, request: PageRequest, named: Id, *, rest: bool) -> Booking | Refused:
        """The booking that was meant, last; the others before it, so that a refusal of any stops all."""
        booking = self.calendar.booking(tx, named)
        others = self.calendar.left_over.rest(tx, booking) if booking is not None and rest else []
        for each in others:
            answer = self._end(tx, request, each.id)
            if isinstance(answer, Refused):
                return answer
        return self._end(tx, request, named)

    def _end(self, tx: Transaction, request: PageRequest, booking: Id) -> Booking | Refused:
        key = f"page:{request.key}:{booking}"
        return self.calendar.cancel(tx, booking, key=key, citizen=request.citizen, asked=True)


def _facts(words: Words, asked: Asked, slot: Slot, *, old: bool = True) -> dict[str, str]:
    rows = {words("what"): asked.programme.title if asked.programme else ""}
    if old and asked.booking is not None:
        rows[words("now")] = when_in(asked.booking.starts, words.locale)
    rows[words("when")] = f"{when_in(slot.starts, words.locale)}-{time_label(slot.ends)}"
    return rows | ({words("room"): slot.name} if slot.name else {})


def _label(words: Words, programme: Programme, slot: Slot, booking: Booking) -> str:
    label = f"{programme.title} {when_in(slot.starts, words.locale)} {slot.name}".strip()
    return words.texts.get("calendar.party", words.locale, label=label, party=booking.party)


def _party_field(words: Words, asked: Asked) -> list[PageField]:
    most = asked.programme.policy.max_party if asked.programme else None
    if most == 1:
        return []
    return [
        PageField("party", words("party"), "integer", required=True, value=asked.party, least=1, most=most)
    ]


def _questions(asked: Asked) -> Sequence[Question]:
    """The policy's questions; a move has answered them before."""
    return asked.programme.policy.questions if asked.programme and asked.booking is None else ()


def _what_helps(words: Words, asked: Asked, verdict: Refused, day: date) -> list[Link]:
    """Ways to what a reason asks for first, to other times of the day and to other days."""
    needed = any(reason.help.get("needs") == "eligibility" for reason in verdict.reasons)
    times = words("other_times", day=day_label(day, words.locale))
    return [
        *([Link(words("claim"), "calendar/claim", asked.query())] if needed else []),
        Link(times, "calendar/day", asked.query(day=day.isoformat())),
        Link(words("month_again"), "calendar/month", asked.query(month=f"{day:%Y-%m}")),
    ]


def _beside_field(reason: Reason) -> Reason:
    """What is about the number of people stands beside its field."""
    beside = reason.code in ("GL-2103", "GL-2109")
    return evolve(reason, help={**reason.help, "field": "party"}) if beside else reason


def _to_file(words: Words, booking: Booking) -> Link:
    label = words("add_to_calendar", booking=when_in(booking.starts, words.locale))
    return Link(label, "calendar/ics", {"booking": booking.id})


def _from_file(words: Words, booking: Booking) -> Link:
    return Link(words("take_from_calendar"), "calendar/ics", {"booking": booking.id})


def _to_book(words: Words) -> LinkList:
    return LinkList([Link(words("book"), "calendar/book")])


def _to_mine(words: Words) -> LinkList:
    return LinkList([Link(words("mine"), _MINE)])
