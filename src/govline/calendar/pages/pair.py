"""第1回・第2回 on a page: both looked at once more, then booked or moved together, or neither. The months and days are `pages`'."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import evolve, frozen

from govline.calendar.availability import day_of
from govline.calendar.labels import time_label, when_in
from govline.calendar.left_over import left_of
from govline.calendar.linked import Linked
from govline.calendar.model import Booking, Programme, Refused, Slot
from govline.calendar.pages.browsing import Asked, Words
from govline.calendar.pages.questions import question_fields, stops
from govline.calendar.partners import beside, follower
from govline.calendar.reasons import because
from govline.calendar.service import Calendar
from govline.calendar.terms import Question
from govline.core import CitizenId, Reason, Transaction
from govline.core.jst import to_jst
from govline.core.pages import (
    Block,
    Facts,
    Link,
    LinkList,
    Notice,
    Page,
    PageField,
    PageRequest,
    Submitted,
    View,
)
from govline.core.texts import Texts

__all__ = ["PairPages", "other_way", "own_pair"]

_MINE: Final = "calendar/mine"
_NUMBERED: Final = ("first_one", "second_one")


@frozen
class _Pair:
    """Both slots as they would be booked: the one chosen before, and the one chosen now."""

    asked: Asked
    chosen: Slot
    slot: Slot
    programmes: tuple[Programme, Programme]

    @property
    def in_order(self) -> list[tuple[Programme, Slot]]:
        """As they follow each other."""
        both = [(self.programmes[0], self.chosen), (self.programmes[1], self.slot)]
        return sorted(both, key=lambda each: each[1].starts)

    @property
    def questions(self) -> list[Question]:
        """Those of both programmes, each once; a move has answered them before."""
        if self.asked.booking is not None:
            return []
        found = [question for programme in self.programmes for question in programme.policy.questions]
        return [*dict.fromkeys(found)]


@frozen
class PairPages:
    """`calendar/pair`."""

    calendar: Calendar
    texts: Texts

    def all(self) -> list[Page]:
        """The page, for `Offers.pages`; always there, because a running calendar can adopt a programme with a link."""
        return [Page("pair", self.texts.get("calendar.page.confirm"), self.show, self.take, listed=False)]

    def show(self, tx: Transaction, request: PageRequest) -> View:
        """Both slots, what is asked, and the button; every reason where it cannot be."""
        words = Words(self.texts, request.locale)
        pair = self._read(tx, request)
        if pair is None or pair.asked.gone:
            book = LinkList([Link(words("book"), "calendar/book")])
            why = words("no_slot") if pair is None else _gone(words)[0].text
            return View(words("confirm"), [Notice(why, "warning"), book])
        moving = pair.asked.booking is not None
        title = words("confirm_change" if moving else "confirm")
        facts = Facts({**_facts(words, pair), **self._prices(tx, request.citizen, words, pair)})
        found = [] if moving else self._against(tx, request.citizen, pair)
        if found:
            warnings = [Notice(said.text, "warning") for said in _placed(words, pair, found)]
            return View(title, [facts, *warnings, _ways(words, pair)])
        fields = [*_party_field(words, pair), *question_fields(pair.questions)]
        button = words("do_change" if moving else "do_book_both")
        return View(title, [Notice(words("both_or_none")), facts], fields, button, drafts=False)

    def take(
        self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]
    ) -> Submitted | Sequence[Reason]:
        """Book both, or move both; every reason against either stands on the form, and then nothing has changed."""
        words = Words(self.texts, request.locale)
        pair = self._read(tx, request)
        if pair is None:
            return words.reasons([because("no_slot")])
        if pair.asked.gone:
            return _gone(words)
        stopped = words.reasons(stops(pair.questions, values))
        if stopped:
            return stopped
        answer = self._write(tx, request, pair, values.get("party") or pair.asked.party)
        if isinstance(answer, Refused):
            return _placed(words, pair, answer.reasons)
        moving = pair.asked.booking is not None
        rows = self._done(tx, words, answer.bookings)
        party = {words("party"): str(answer.bookings[0].party)}
        files = [_to_file(words, booking) for booking in answer.bookings]
        told = ", ".join(self._named(tx, words, booking) for booking in answer.bookings)
        done, tell = ("changed", "tell_changed") if moving else ("booked", "tell_booked")
        blocks = [Facts({**rows, **party}), LinkList([*files, Link(words("mine"), _MINE)])]
        return Submitted(words(done), blocks, tell=words(tell, booking=told))

    def _read(self, tx: Transaction, request: PageRequest) -> _Pair | None:
        asked = Asked.of(tx, self.calendar, request)
        slot = self.calendar.slot(tx, request.query.get("slot", ""))
        if asked.programme is None or asked.beside is None or slot is None:
            return None
        if slot.programme != asked.programme.id or (asked.booking is None) != (asked.partner is None):
            return None
        own = self.calendar.programmes.get(asked.beside.programme)
        return None if own is None else _Pair(asked, asked.beside, slot, (own, asked.programme))

    def _against(self, tx: Transaction, citizen: CitizenId | None, pair: _Pair) -> list[Reason]:
        """What stands against either now, each with its slot."""
        asked, desk = pair.asked, self.calendar.counter.desk
        first = self.calendar.can_book(tx, pair.chosen.id, citizen, party=asked.party)
        day = day_of(pair.slot)
        views = beside(
            tx, desk, pair.chosen, pair.programmes[1], (day, day), party=asked.party, citizen=citizen
        )
        second = next((view.reasons for view in views if view.slot.id == pair.slot.id), (because("closed"),))
        own = first.reasons if isinstance(first, Refused) else ()
        return [
            *(_of(pair.chosen, reason) for reason in own),
            *(_of(pair.slot, reason) for reason in second),
        ]

    def _write(self, tx: Transaction, request: PageRequest, pair: _Pair, party: int) -> Linked | Refused:
        key, asked = f"page:{request.key}", pair.asked
        if asked.booking is not None and asked.partner is not None:
            moves = {asked.partner.id: pair.chosen.id, asked.booking.id: pair.slot.id}
            return self.calendar.change_linked(tx, moves, key=key, citizen=request.citizen)
        wanted = [(pair.chosen.id, party), (pair.slot.id, party)]
        return self.calendar.book_linked(tx, wanted, request.citizen, key=key)

    def _prices(
        self, tx: Transaction, citizen: CitizenId | None, words: Words, pair: _Pair
    ) -> dict[str, str]:
        """What both cost, where they cost anything."""
        if not _priced(pair):
            return {}
        party = pair.asked.party
        costs = [self.calendar.price(tx, slot.id, citizen=citizen, party=party) for _, slot in pair.in_order]
        total = words("yen", yen=f"{sum(each.total for each in costs):,}")
        return {words("party"): str(party), words("both_cost"): total}

    def _done(self, tx: Transaction, words: Words, bookings: Sequence[Booking]) -> dict[str, str]:
        """Each with the code that is shown at the counter."""
        rows = {}
        for key, booking in zip(_NUMBERED, bookings, strict=True):
            rows[words(key)] = self._named(tx, words, booking)
            rows[f"{words('code')} ({words(key)})"] = self.calendar.ticket(tx, booking.id).code
        return rows

    def _named(self, tx: Transaction, words: Words, booking: Booking) -> str:
        slot = self.calendar.slot(tx, booking.slot)
        return _said(words, self.calendar.programme(booking.programme), slot) if slot else ""


def other_way(tx: Transaction, calendar: Calendar, words: Words, asked: Asked, slot: Slot) -> list[Block]:
    """What stands in place of the form where this slot is not booked, or not moved to, by itself; nothing where it is."""
    desk = calendar.counter.desk
    if asked.booking is None:
        later = follower(desk, slot)
        if later is None:
            return []
        on = Link(words("to_second"), "calendar/month", asked.query(beside=slot.id))
        reasons = words.reasons([because("second_needed")])
        return [*(Notice(reason.text) for reason in reasons), LinkList([on])]
    rest = left_of(tx, asked.booking)
    other = calendar.slot(tx, rest[0].slot) if len(rest) == 1 else None
    if asked.programme is None or other is None:
        return []
    chain = [(asked.programme, slot), (calendar.programme(other.programme), other)]
    found = desk.chain_reasons(chain)
    if not found:
        return []
    query = {"booking": rest[0].id, "beside": slot.id, "partner": asked.booking.id}
    warnings = [Notice(reason.text, "warning") for reason in words.reasons(found)]
    back = Link(words("month_again"), "calendar/month", asked.query(month=f"{day_of(slot):%Y-%m}"))
    return [*warnings, LinkList([Link(words("move_both"), "calendar/month", query), back])]


def own_pair(
    tx: Transaction, calendar: Calendar, words: Words, booking: Booking
) -> tuple[dict[str, str], list[Link]]:
    """What one's own bookings say of a pair, and the way to move both; nothing for others."""
    rest = left_of(tx, booking)
    if len(rest) != 1:
        return {}, []
    (other,) = rest
    title = calendar.programme(other.programme).title
    row = {words("belongs"): f"{title} {when_in(other.starts, words.locale)}"}
    query = {"booking": booking.id, "both": other.id, "month": f"{to_jst(booking.starts):%Y-%m}"}
    return row, [Link(words("change_both"), "calendar/month", query)] if booking.starts < other.starts else []


def _said(words: Words, programme: Programme, slot: Slot) -> str:
    when = f"{when_in(slot.starts, words.locale)}-{time_label(slot.ends)}"
    return f"{programme.title} {when} {slot.name}".strip()


def _facts(words: Words, pair: _Pair) -> dict[str, str]:
    rows = {
        words(key): _said(words, programme, slot)
        for key, (programme, slot) in zip(_NUMBERED, pair.in_order, strict=True)
    }
    before = [each for each in (pair.asked.partner, pair.asked.booking) if each is not None]
    now = ", ".join(
        when_in(each.starts, words.locale) for each in sorted(before, key=lambda each: each.starts)
    )
    return rows | ({words("now"): now} if now else {})


def _gone(words: Words) -> list[Reason]:
    return words.reasons([because("no_booking")])


def _priced(pair: _Pair) -> bool:
    return any(programme.tariff for programme in pair.programmes)


def _party_field(words: Words, pair: _Pair) -> list[PageField]:
    """How many come; where they pay, it was chosen before, and what stands above is what they pay."""
    chosen = _priced(pair) and not any(programme.per_group for programme in pair.programmes)
    if pair.asked.booking is not None or chosen:
        return []
    sizes = [programme.policy.max_party for programme in pair.programmes]
    most = min((size for size in sizes if size is not None), default=None)
    if most == 1:
        return []
    party = pair.asked.party
    return [PageField("party", words("party"), "integer", required=True, value=party, least=1, most=most)]


def _of(slot: Slot, reason: Reason) -> Reason:
    return evolve(reason, help={**reason.help, "slot": slot.id})


def _placed(words: Words, pair: _Pair, reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons in the visitor's language, each with the day that it speaks of."""
    days = {slot.id: when_in(slot.starts, words.locale) for _, slot in pair.in_order}
    return [
        evolve(reason, text=f"{day}: {reason.text}" if day else reason.text)
        for reason in words.reasons(reasons)
        for day in [days.get(str(reason.help.get("slot", "")), "")]
    ]


def _ways(words: Words, pair: _Pair) -> LinkList:
    """To another second one, and to another first one."""
    chosen, slot = (f"{day_of(each):%Y-%m}" for each in (pair.chosen, pair.slot))
    own = {"programme": pair.chosen.programme, "party": str(pair.asked.party), "month": chosen}
    return LinkList(
        [
            Link(words("other_second"), "calendar/month", pair.asked.query(month=slot)),
            Link(words("first_again"), "calendar/month", own),
        ]
    )


def _to_file(words: Words, booking: Booking) -> Link:
    label = words("add_to_calendar", booking=when_in(booking.starts, words.locale))
    return Link(label, "calendar/ics", {"booking": booking.id})
