"""第1回を取り消したとき、第2回はどうしますか: what becomes of bookings linked with a cancelled one, where the programme asks the citizen.

Nothing is lost by silence: what nobody answers about stays booked. The question's buttons work until the linked booking itself
can no longer be cancelled.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from attrs import frozen

from govline.calendar import _queries as q
from govline.calendar.labels import when_in
from govline.calendar.model import Booking, Programme, Refused
from govline.calendar.reasons import worded
from govline.core import CitizenId, Effect, Id, Input, Message, Reason, TalkContext, Transaction
from govline.core.message_limits import LIMITS
from govline.core.messages import Confirm, Postback, Text
from govline.core.text import clip, normalize
from govline.core.texts import Texts, spoken
from govline.store import languages

if TYPE_CHECKING:
    from govline.calendar.desk import Desk

__all__ = ["LeftOver", "ask_by_push", "asks", "left_of", "names_of"]

TAPPED: Final = "calendar:left:"
_CANCEL, _KEEP = f"{TAPPED}cancel:", f"{TAPPED}keep:"
_MOST: Final = 240
_Programmes = Callable[[str], Programme]


def left_of(tx: Transaction, booking: Booking) -> list[Booking]:
    """The other bookings of its link that stand and belong to the same person, in order of time."""
    if booking.link is None:
        return []
    found: Sequence[Booking] = tx.all(q.LINKED, {"link": booking.link})
    return [
        each
        for each in found
        if each.id != booking.id and each.state.open and each.citizen == booking.citizen
    ]


def asks(tx: Transaction, programme: _Programmes, booking: Booking) -> bool:
    """Whether the citizen is asked what becomes of the rest; the rule of the link's first booking counts."""
    first: Booking = tx.one(q.BOOKING_BY_ID, {"booking": booking.link}) or booking
    link = programme(first.programme).link
    return link is not None and link.on_cancel == "ask"


def names_of(programme: _Programmes, bookings: Sequence[Booking], locale: str) -> str:
    """`接種 2回目 1月12日(火) 10:00`, one a line."""
    return "\n".join(f"{programme(each.programme).title} {when_in(each.starts, locale)}" for each in bookings)


def _question(texts: Texts, link: Id, rest: str, locale: str) -> Confirm:
    return Confirm(
        clip(texts.get("calendar.ask_left", locale, rest=rest), _MOST, "…"),
        _button(texts.get("calendar.cancel_left", locale), f"{_CANCEL}{link}"),
        _button(texts.get("calendar.keep_left", locale), f"{_KEEP}{link}"),
    )


def ask_by_push(tx: Transaction, desk: "Desk", booking: Booking) -> None:
    """Ask by a message of its own, where nobody asks while cancelling: staff did it, or another system. Quiet hours hold."""
    programme, texts, rest = desk.programme, desk.texts, left_of(tx, booking)
    if booking.citizen is None or booking.contact or not rest:
        return
    locale = languages.locale_of(tx, booking.citizen)
    gone = texts.get("calendar.left_by_others", locale, booking=names_of(programme, [booking], locale))
    asked = _question(texts, booking.link or "", names_of(programme, rest, locale), locale)
    messages = [Text(gone).to_line(), asked.to_line()]
    tx.enqueue(
        Effect(
            "line.push",
            {"citizen": booking.citizen, "messages": messages},
            dedupe=f"calendar.left:{booking.id}",
            due=desk.quiet.until(tx.now) if desk.quiet is not None else None,
            expires=min(each.starts for each in rest),
        )
    )


class _Cancel(Protocol):
    """`Calendar.cancel`."""

    def __call__(
        self, tx: Transaction, booking_id: Id, *, key: str, citizen: CitizenId | None, asked: bool
    ) -> Booking | Refused: ...


@frozen
class LeftOver:
    """Hears the answer, in a talk or long after it. Rank `postback`."""

    programme: _Programmes
    texts: Texts
    cancel: _Cancel

    def rest(self, tx: Transaction, booking: Booking) -> list[Booking]:
        """Bookings of whose fate the citizen is to be asked when this one is cancelled; none where the programme decides."""
        rest = left_of(tx, booking)
        return rest if rest and asks(tx, self.programme, booking) else []

    def question(self, tx: Transaction, cancelled: Booking) -> Confirm | None:
        """What becomes of the rest? Its two buttons work in the talk and long after it; None where nothing is to be asked."""
        rest = self.rest(tx, cancelled)
        if not rest:
            return None
        return _question(self.texts, cancelled.link or "", self.names(rest), spoken())

    def hear(self, tx: Transaction, context: TalkContext, link: Id, said: Input) -> Sequence[Message] | None:
        """What follows from an answer in a talk, tapped or typed; None where it is neither yes nor no."""
        if said.kind == "text":
            labels = {normalize(self.texts.get(f"calendar.{verb}_left")): verb for verb in ("cancel", "keep")}
            verb = {"はい": "cancel", "いいえ": "keep", **labels}.get(normalize(said.text))
            return self._answer(tx, context, verb, link) if verb else None
        return self.respond(tx, context, said)

    def respond(self, tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message] | None:
        """What is said to a tap on one of the buttons; None for everything else."""
        if said.kind != "postback" or not said.data.startswith(TAPPED):
            return None
        verb, _, link = said.data.removeprefix(TAPPED).partition(":")
        return self._answer(tx, context, verb, link)

    def _answer(self, tx: Transaction, context: TalkContext, verb: str, link: Id) -> Sequence[Message]:
        rest = [each for each in tx.all(q.LINKED, {"link": link}) if each.state.open]
        mine = [each for each in rest if each.citizen == context.citizen]
        if not mine:
            return [Text(self.texts.get("calendar.nothing_left"))]
        if verb != "cancel":
            return [Text(self.texts.get("calendar.left_kept", rest=self.names(mine)))]
        return [Text(self.drop(tx, mine, context.citizen, f"{context.key}:left"))]

    def drop(self, tx: Transaction, rest: Sequence[Booking], citizen: CitizenId, key: str) -> str:
        """Cancel them, each under its own rules; what was done, and every reason why one stays."""
        answers = [
            (each, self.cancel(tx, each.id, key=f"{key}:{each.id}", citizen=citizen, asked=True))
            for each in rest
        ]
        gone = [each for each, answer in answers if isinstance(answer, Booking)]
        kept = [
            f"{self.names([each])}: {Reason.join(worded(answer.reasons, self.texts))}"
            for each, answer in answers
            if isinstance(answer, Refused)
        ]
        done = [self.texts.get("calendar.left_gone", rest=self.names(gone))] if gone else []
        return "\n".join([*done, *kept])

    def names(self, bookings: Sequence[Booking], locale: str = "") -> str:
        """What they are, one a line; in the language of whoever is being answered where omitted."""
        return names_of(self.programme, bookings, locale or spoken())


def _button(label: str, data: str) -> Postback:
    return Postback(clip(label, LIMITS.label, "…"), data, label)
