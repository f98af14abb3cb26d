"""What a scenario may do with the calendar: pick a slot, book, list, change, cancel, ask whether staff are there. Nothing personal is said or kept."""

from collections.abc import Sequence

from attrs import evolve, frozen
from pydantic import BaseModel, ConfigDict, Field

from govline.calendar.labels import short_when, when_in
from govline.calendar.model import Booking, Refused, Slot
from govline.calendar.office import Office
from govline.calendar.options import options_text
from govline.calendar.outlook import why_nothing
from govline.calendar.pages.links import NO_PAGES, PageLinks
from govline.calendar.reasons import because
from govline.calendar.service import Calendar
from govline.calendar.talk.pairs import PairTalk, both_of, row_of
from govline.calendar.talk.picker import Page, ask, before_pair, read, slot_label, slot_value
from govline.calendar.talk.screening import Screened, ask_question, hear_answer
from govline.core import Action, ActionResult, Ask, CitizenId, Finished, Input, Json, TalkContext, Transaction
from govline.core.message_limits import LIMITS
from govline.core.messages import Buttons, Confirm, Open, Postback, QuickReply, Text
from govline.core.text import clip, normalize
from govline.core.texts import Texts, spoken

__all__ = ["CalendarActions"]

_YES, _NO = "calendar:yes", "calendar:no"
_LABEL = 20
_USUAL = Office()


class _Args(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PickArgs(_Args):
    """`calendar`: the programme. `party`: only slots with so many places left; 0 asks how many people come.

    `screened`: its questions were asked before, by `calendar.screen`.
    """

    calendar: str
    party: int = Field(default=1, ge=0)
    screened: bool = False


class ScreenArgs(_Args):
    """`calendar`: the programme whose questions are asked."""

    calendar: str


class BookArgs(_Args):
    """`slot`: id of what was chosen, of both slots where two are booked together. `party`: places.

    `options`: how many of which 備品; not with two slots.
    """

    slot: str
    party: int = Field(default=1, ge=1)
    options: dict[str, int] = Field(default={})


class NoArgs(_Args):
    """Nothing to say."""


class OwnArgs(_Args):
    """`calendar`: only bookings of this programme. `booking`: this very one, so nobody is asked which."""

    calendar: str = ""
    booking: str = ""


@frozen
class CalendarActions:
    """The actions over one calendar and one wording; `office`: when staff can be asked; `links`: to its pages."""

    calendar: Calendar
    texts: Texts
    office: Office = _USUAL
    links: PageLinks = NO_PAGES

    @property
    def _pair(self) -> PairTalk:
        return PairTalk(self.calendar, self.texts)

    def all(self) -> list[Action]:
        """Every action, for `Offers.actions`."""
        ended = {"ok", "refused", "none"}
        return [
            Action("calendar.pick_slot", PickArgs, {"ok", "none"}, self.pick, resume=self.picked),
            Action("calendar.screen", ScreenArgs, {"ok", "stopped"}, self.screen, resume=self.screened),
            Action("calendar.book", BookArgs, {"ok", "refused"}, self.book),
            Action("calendar.ask_staff", NoArgs, {"open", "closed"}, self.ask_staff),
            Action("calendar.list", OwnArgs, {"ok", "none"}, self.list_bookings),
            Action("calendar.merge", NoArgs, {"ok", "closed"}, self.merge),
            Action("calendar.change", OwnArgs, ended, self.change, resume=self.change_on),
            Action("calendar.cancel", OwnArgs, {*ended, "kept"}, self.cancel, resume=self.cancel_on),
        ]

    # --- pick and book ---

    def pick(self, tx: Transaction, context: TalkContext, args: PickArgs) -> ActionResult:
        """Ask the programme's questions, then offer its free slots, a page at a time."""
        self.calendar.keep_up(tx, args.calendar)
        page, programme = Page(args.calendar, args.party), self.calendar.programme(args.calendar)
        if programme.policy.questions and not args.screened:
            return ask_question(programme, page.to_json(), 0, self.texts)
        return self._offer(tx, page, context.citizen)

    def picked(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:
        """The citizen answered a question, tapped a slot, another page or a date, or typed something."""
        if "question" in state:
            return self._questioned(tx, context, state, said)
        if (aside := self._aside(tx, context, state, said)) is not None:
            return aside
        page = Page(**state)
        meant = read(tx, self.calendar, page, said, context.citizen)
        if not isinstance(meant, Slot):
            return self._offer(tx, page if meant is None else meant, context.citizen, puzzled=meant is None)
        if page.beside:
            return Finished("ok", self._pair.value(tx, page, meant))
        on = self._pair.second_page(page, meant)
        if on is None:
            return Finished("ok", slot_value(meant, page.party))
        asked = self._pair.to_ask(on, meant)
        if asked is not None:
            return ask_question(asked, on.to_json(), 0, self.texts)
        return self._offer(tx, on, context.citizen)

    def _questioned(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:
        """On to the next question or to the slots; for a stop, `none` is the way that every talk has."""
        heard = hear_answer(self.calendar.programme(state["programme"]), state, said, self.texts)
        if isinstance(heard, Screened):
            page = Page(**{key: value for key, value in state.items() if key != "question"})
            return self._offer(tx, page, context.citizen)
        return evolve(heard, outcome="none") if isinstance(heard, Finished) else heard

    def screen(self, tx: Transaction, context: TalkContext, args: ScreenArgs) -> ActionResult:  # noqa: ARG002 - the contract's signature
        """Ask the programme's questions only; `stopped` where an answer stops the booking."""
        programme = self.calendar.programme(args.calendar)
        if not programme.policy.questions:
            return Finished("ok")
        return ask_question(programme, {"programme": programme.id}, 0, self.texts)

    def screened(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:  # noqa: ARG002 - the contract's signature
        """On to the next question, or what the answers mean."""
        heard = hear_answer(self.calendar.programme(state["programme"]), state, said, self.texts)
        return Finished("ok", heard="") if isinstance(heard, Screened) else heard

    def book(self, tx: Transaction, context: TalkContext, args: BookArgs) -> ActionResult:
        """Book for the citizen who talks, what belongs together in one; a refusal says every reason."""
        first, second = both_of(args.slot)
        if second:
            key = _key(context, "calendar.book")
            if args.options:
                return self._answered(Refused([because("no_option", option=next(iter(args.options)))]))
            return self._pair.book(tx, context, (first, second), args.party, key)
        if (alone := self._pair.single(tx, first)) is not None:
            return self._answered(alone)
        key = _key(context, "calendar.book")
        answer = self.calendar.book(
            tx, first, context.citizen, party=args.party, key=key, options=args.options
        )
        if isinstance(answer, Refused):
            return self._answered(answer)
        # `{booking.code}` is what they show at the counter
        value = {**row_of(answer), **_beside(answer), "code": self.calendar.ticket(tx, answer.id).code}
        soon = self.calendar.reminds_at_once(tx, answer)
        when = when_in(answer.starts, spoken())
        told = [Text(self.texts.get("calendar.soon", when=when))] if soon else []
        return Finished("ok", value, [*told, *self._options_way(tx, context, answer)])

    def _options_way(self, tx: Transaction, context: TalkContext, booking: Booking) -> list[Buttons]:
        """To the page where 備品 are chosen for what was booked just now, where any go with it."""
        slot = self.calendar.slot(tx, booking.slot)
        offered = slot is not None and self.calendar.programme(booking.programme).options_with(slot.name)
        url = self.links.options(tx, booking, context.citizen) if offered and not booking.options else None
        if url is None:
            return []
        label = clip(self.texts.get("calendar.choose_options"), LIMITS.label, "…")
        return [Buttons(self.texts.get("calendar.options_on_page"), [Open(label, url)])]

    def ask_staff(self, tx: Transaction, context: TalkContext, args: NoArgs) -> ActionResult:  # noqa: ARG002 - the contract's signature
        """Whether staff can be asked now; outside office hours the citizen is told when they can."""
        if self.office.is_open(context.now, self.calendar.business_day):
            return Finished("open")
        opens = self.office.next_opening(context.now, self.calendar.business_day)
        text = self.texts.get(
            "calendar.office_closed", hours=self.office.text, when=when_in(opens, spoken()) if opens else "-"
        )
        return Finished("closed", {"opens": opens and opens.isoformat()}, [Text(text)])

    # --- one's own bookings ---

    def list_bookings(self, tx: Transaction, context: TalkContext, args: OwnArgs) -> ActionResult:
        """Say the citizen's bookings."""
        mine = self._own(tx, context, args)
        if not mine:
            return self._none()
        lines = [f"・{self._named(booking)}{self._pair.follows(booking, mine)}" for booking in mine]
        words = "\n".join([self.texts.get("calendar.your_bookings"), *lines])
        text = Text(words, quick=self._files(tx, context, mine))
        return Finished("ok", [row_of(booking) for booking in mine], [text])

    def _files(self, tx: Transaction, context: TalkContext, mine: Sequence[Booking]) -> list[QuickReply]:
        """Buttons that put a booking into the citizen's own calendar, where the town has pages; in a browser that can save files."""
        buttons = list[QuickReply]()
        for booking in mine[: LIMITS.quick_items]:
            url = self.links.ics(tx, booking, context.citizen)
            if url is None:
                return []
            label = self.texts.get("calendar.to_own_calendar", when=short_when(booking.starts, spoken()))
            button = Open(clip(label, LIMITS.label, "…"), url)
            buttons.append(QuickReply(button))
        return buttons

    def merge(self, tx: Transaction, context: TalkContext, args: NoArgs) -> ActionResult:  # noqa: ARG002 - the contract's signature
        """Hand out the link where the code of a receipt is entered: a code typed here would stay in the chat for good."""
        url = self.links.merge(tx, context.citizen)
        if url is None:
            return Finished("closed", messages=[Text(self.texts.get("calendar.merge_at_counter"))])
        open_ = Open(clip(self.texts.get("calendar.open_page"), LIMITS.label, "…"), url)
        return Finished("ok", messages=[Buttons(self.texts.get("calendar.merge_here"), [open_])])

    def change(self, tx: Transaction, context: TalkContext, args: OwnArgs) -> ActionResult:
        """Ask which booking (where there are several) and for which slot."""
        mine = self._own(tx, context, args)
        if len(mine) == 1:
            return self._offer_move(tx, mine[0])
        return self._which(mine)

    def change_on(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:
        """Go on with the change: the booking, then the slot."""
        if (aside := self._aside(tx, context, state, said)) is not None:
            return aside
        if "bookings" in state:
            chosen = self._chosen(tx, context, state, said)
            return self._offer_move(tx, chosen) if chosen else self._which_again(tx, context, state)
        page = Page(**state)
        meant = read(tx, self.calendar, page, said)
        if not isinstance(meant, Slot):
            return self._offer(tx, page if meant is None else meant, puzzled=meant is None)
        key = _key(context, "calendar.change")
        if page.beside:
            return self._pair.move(tx, context, page, meant, key)
        answer = self.calendar.change(tx, page.booking, to=meant.id, key=key, citizen=context.citizen)
        other = self._pair.other_to_move(tx, page.booking, answer) if isinstance(answer, Refused) else None
        if other is None:
            return self._answered(answer)
        both = Page(other.programme, other.party, booking=other.id, beside=meant.id, partner=page.booking)
        return self._offer(tx, both)

    def cancel(self, tx: Transaction, context: TalkContext, args: OwnArgs) -> ActionResult:
        """Ask which booking (where there are several), then whether really."""
        mine = self._own(tx, context, args)
        return self._really(mine[0]) if len(mine) == 1 else self._which(mine)

    def cancel_on(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:
        """Go on with the cancellation: the booking, then yes or no, then what becomes of bookings linked with it."""
        if "left" in state:
            return self._left_answered(tx, context, state, said)
        if (aside := self._aside(tx, context, state, said)) is not None:
            return aside
        if "bookings" in state:
            chosen = self._chosen(tx, context, state, said)
            return self._really(chosen) if chosen else self._which_again(tx, context, state)
        words = normalize(said.text)
        if said.data == _YES or words in ("はい", self.texts.get("calendar.yes_cancel")):
            key = _key(context, "calendar.cancel")
            answer = self.calendar.cancel(tx, state["booking"], key=key, citizen=context.citizen, asked=True)
            return self._ask_left(tx, answer) if isinstance(answer, Booking) else self._answered(answer)
        booking = self.calendar.booking(tx, state["booking"])
        if said.data == _NO or words in ("いいえ", self.texts.get("calendar.no_keep")) or booking is None:
            return Finished("kept")
        return self._really(booking)

    def _ask_left(self, tx: Transaction, cancelled: Booking) -> ActionResult:
        """The booking is gone; ask about the rest of its link where the programme wants to know."""
        asked = self.calendar.left_over.question(tx, cancelled)
        if asked is None:
            return self._answered(cancelled)
        done = Text(self.texts.get("calendar.page.tell_cancelled", booking=self._named(cancelled)))
        return Ask([done, asked], {"left": cancelled.link, "value": row_of(cancelled)})

    def _aside(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> Ask | None:
        """A tap on another message of ours (a closure's slots) in the middle of a talk: answered, and the talk stays where it is."""
        for heard in (self.calendar.rebooking().respond, self.calendar.left_over.respond):
            told = heard(tx, context, said)
            if told is not None:
                return Ask(told, state)
        return None

    def _left_answered(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:
        told = self.calendar.left_over.hear(tx, context, state["left"], said)
        if told is not None:
            return Finished("ok", state["value"], told)
        cancelled = self.calendar.booking(tx, state["value"]["id"])
        again = self.calendar.left_over.question(tx, cancelled) if cancelled else None
        return Finished("ok", state["value"]) if again is None else Ask([again], state)

    # --- questions ---

    def _offer(
        self, tx: Transaction, page: Page, citizen: CitizenId | None = None, *, puzzled: bool = False
    ) -> ActionResult:
        """The free slots as `citizen` may book them; while a booking moves, its own limits would stand in its way."""
        title = self.calendar.programme(page.programme).title
        lead = self.texts.get("calendar.ask_slot", programme=title)
        booking = self.calendar.booking(tx, page.booking) if page.booking else None
        if booking is not None:
            lead = self.texts.get("calendar.ask_new_slot", now=self._named(booking))
        if puzzled:
            lead = self.texts.get("calendar.not_a_slot")
        if page.beside:
            lead = f"{lead}\n{self._pair.lead(tx, page)}" if puzzled else self._pair.lead(tx, page)
        question = ask(tx, self.calendar, self.texts, page, lead, citizen=citizen)
        if question is None and page.beside:
            why, lead = self._pair.why_none(tx, page, citizen)
            ways = self._ways(tx, page, why, citizen)
            page = before_pair(tx, self.calendar, page)
            question = ask(tx, self.calendar, self.texts, page, lead, citizen=citizen)
            question = question and evolve(question, messages=[*ways, *question.messages])
        if question is not None:
            return question
        party = max(page.party, 1)
        why = Refused(why_nothing(tx, self.calendar, page.programme, party=party, citizen=citizen))
        said = f"{self.texts.get('calendar.no_slots', programme=title)}\n{self.calendar.worded(why).text}"
        codes = [reason.code for reason in why.reasons]
        return Finished("none", {"reasons": codes}, [Text(said.strip()), *self._ways(tx, page, why, citizen)])

    def _ways(self, tx: Transaction, page: Page, why: Refused, citizen: CitizenId | None) -> list[Buttons]:
        """To the page where the citizen shows that they are on the list, where that is what is missing."""
        if citizen is None or all(reason.help.get("needs") != "eligibility" for reason in why.reasons):
            return []
        url = self.links.claim(tx, page.programme, citizen)
        label = clip(self.texts.get("calendar.page.do_claim"), LIMITS.label, "…")
        return [] if url is None else [Buttons(self.texts.get("calendar.page.claim"), [Open(label, url)])]

    def _offer_move(self, tx: Transaction, booking: Booking) -> ActionResult:
        self.calendar.keep_up(tx, booking.programme)
        return self._offer(tx, Page(booking.programme, booking.party, booking=booking.id))

    def _which(self, mine: Sequence[Booking], *, puzzled: bool = False) -> ActionResult:
        if not mine:
            return self._none()
        shown = mine[:13]
        quick = [
            QuickReply(Postback(clip(slot_label(booking), _LABEL, "…"), booking.id, slot_label(booking)))
            for booking in shown
        ]
        lines = [f"・{self._named(booking)}" for booking in shown]
        lead = self.texts.get("calendar.not_a_booking" if puzzled else "calendar.which_booking")
        state = {"bookings": [booking.id for booking in shown]}
        return Ask([Text("\n".join([lead, *lines]), quick=quick)], state)

    def _which_again(self, tx: Transaction, context: TalkContext, state: Json) -> ActionResult:
        known = set(state["bookings"])
        mine = self.calendar.bookings(tx, context.citizen)
        return self._which([booking for booking in mine if booking.id in known], puzzled=True)

    def _chosen(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> Booking | None:
        known = set(state["bookings"])
        mine = [booking for booking in self.calendar.bookings(tx, context.citizen) if booking.id in known]
        words = normalize(said.text)
        named = [
            booking
            for booking in mine
            if (said.kind == "postback" and booking.id == said.data)
            or (said.kind == "text" and words == normalize(slot_label(booking)))
        ]
        return named[0] if len(named) == 1 else None

    def _really(self, booking: Booking) -> Ask:
        question = Confirm(
            self.texts.get("calendar.confirm_cancel", booking=self._named(booking)),
            self._button("calendar.yes_cancel", _YES),
            self._button("calendar.no_keep", _NO),
        )
        return Ask([question], {"booking": booking.id})

    def _button(self, key: str, data: str) -> Postback:
        label = self.texts.get(key)
        return Postback(label, data, label)

    # --- answers ---

    def _answered(self, answer: Booking | Refused) -> Finished:
        if isinstance(answer, Refused):
            codes = [reason.code for reason in answer.reasons]
            return Finished("refused", {"reasons": codes}, [Text(self.calendar.worded(answer).text)])
        return Finished("ok", row_of(answer))

    def _none(self) -> Finished:
        return Finished("none", messages=[Text(self.texts.get("calendar.no_bookings"))])

    def _own(self, tx: Transaction, context: TalkContext, args: OwnArgs) -> list[Booking]:
        return [
            booking
            for booking in self.calendar.bookings(tx, context.citizen)
            if args.calendar in ("", booking.programme) and args.booking in ("", booking.id)
        ]

    def _named(self, booking: Booking) -> str:
        label = f"{self.calendar.programme(booking.programme).title} {slot_label(booking)}"
        said = self.texts.get("calendar.party", label=label, party=booking.party)
        return f"{said} {options_text(booking.options)}".rstrip()


def _beside(booking: Booking) -> dict[str, Json]:
    """Its 備品 as text, for the words of a talk."""
    return {"options": options_text(booking.options)} if booking.options else {}


def _key(context: TalkContext, verb: str) -> str:
    return f"{context.key}:{context.step}:{verb}"
