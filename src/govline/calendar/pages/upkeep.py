"""The office's pages: places of a day, locks of wrong entries, payments of bookings that are over. Nothing of a person."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen

from govline.calendar.availability import SlotView
from govline.calendar.labels import day_label, time_label, when_in
from govline.calendar.model import Refused
from govline.calendar.pages.browsing import Words
from govline.calendar.pages.staff import asked_for, which
from govline.calendar.service import Calendar
from govline.calendar.upkeep import Lock
from govline.core import Reason, Transaction
from govline.core.pages import (
    DataTable,
    Facts,
    Link,
    LinkList,
    Page,
    PageField,
    PageRequest,
    Paragraph,
    Submitted,
    View,
)
from govline.core.texts import Texts

__all__ = ["UpkeepPages"]

_VERB: Final = "calendar.override"
_MOST: Final = 1_000_000
_SHOWN: Final = 100
Answer = Submitted | Sequence[Reason]


@frozen
class UpkeepPages:
    """`calendar/places`, `calendar/locks`, `calendar/unsettled`."""

    calendar: Calendar
    texts: Texts

    def all(self) -> list[Page]:
        """The pages, for `Offers.pages`; those that nothing in the calendar needs are left out."""
        words = Words(self.texts, "ja")
        policies = [each.policy for each in self.calendar.programmes.values()]
        pages = [
            ("places", self.ask_places, self.set_places, bool(policies)),
            ("locks", self.show_locks, self.release, bool(policies)),
            ("unsettled", self.show_unsettled, self.settle, any(each.pay_by for each in policies)),
        ]
        return [
            Page(name, words(name), show, submit, audience="staff", verb=_VERB)
            for name, show, submit, needed in pages
            if needed
        ]

    # --- places ---

    def ask_places(self, tx: Transaction, request: PageRequest) -> View:
        """The slots of a day and what the programme's slots share, with a field for another number."""
        words = Words(self.texts, request.locale)
        programme, day = asked_for(tx, self.calendar, request)
        if programme is None:
            return which(words, self.calendar, words("places"), "calendar/places")
        title = words("places_of", programme=programme.title, day=day_label(day, request.locale))
        choices = {
            **{
                view.slot.id: _slot_label(words, view)
                for view in self.calendar.times(tx, programme.id, day, day)
            },
            **{
                each.id: words("places_now", name=each.label, capacity=each.capacity, booked=each.booked)
                for each in (
                    *self.calendar.upkeep.supplies(tx, programme.id),
                    *self.calendar.upkeep.equipment(tx, programme.id, day),
                )
            },
        }
        if not choices:
            return View(title, [Paragraph(words("empty_day"))])
        fields = [
            PageField("subject", words("subject"), "choice", True, choices=choices),
            PageField("places", words("places_new"), "integer", True, least=0, most=_MOST),
            _why(words),
        ]
        return View(title, [Paragraph(words("places_why"))], fields, words("do_places"), drafts=False)

    def set_places(self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]) -> Answer:
        """Set them, and list the bookings beyond them."""
        words = Words(self.texts, request.locale)
        answer = self.calendar.upkeep.set_places(
            tx,
            values["subject"],
            int(values["places"]),
            reason=values["reason"],
            key=f"page:{request.key}",
        )
        if isinstance(answer, Refused):
            return words.reasons(answer.reasons)
        facts = {words("places_new"): str(answer.places), words("taken"): str(answer.booked)}
        if answer.conflicts:
            codes = ", ".join(booking[-8:] for booking in answer.conflicts[:_SHOWN])
            facts[words("beyond")] = f"{len(answer.conflicts)}: {codes}"
        back = Link(words("desk"), "calendar/desk", dict(request.query))
        return Submitted(words("placed"), [Facts(facts), LinkList([back])])

    # --- locks ---

    def show_locks(self, tx: Transaction, request: PageRequest) -> View:
        """How many are locked, who under which pseudonym, and a way to let one go."""
        words = Words(self.texts, request.locale)
        found = self.calendar.upkeep.locks(tx)
        if not found:
            return View(words("locks"), [Paragraph(words("no_locks"))])
        columns = [words(key) for key in ("lock", "programme", "lock_kind", "lock_until", "lock_wrong")]
        rows = [
            (
                lock.id,
                self._title(words, lock),
                words(f"lock_{lock.kind}"),
                when_in(lock.until, request.locale),
                str(lock.wrong),
            )
            for lock in found[:_SHOWN]
        ]
        ids = {lock.id: lock.id for lock in found}
        few = len(found) <= _SHOWN  # of more, the caller's pseudonym is read out of the list of the command
        which_one = PageField(
            "lock", words("lock"), "choice" if few else "text", True, choices=ids if few else {}
        )
        fields = [which_one, _why(words)]
        blocks = [
            Facts({words("locks_count"): str(len(found))}),
            DataTable(words("locks"), columns, rows),
        ]
        return View(words("locks"), blocks, fields, words("do_release"), drafts=False)

    def release(self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]) -> Answer:
        """Let one go; it stands in the audit."""
        words = Words(self.texts, request.locale)
        answer = self.calendar.upkeep.release(tx, values["lock"], reason=values["reason"])
        if isinstance(answer, Refused):
            return words.reasons(answer.reasons)
        return Submitted(words("released"), [LinkList([Link(words("locks"), "calendar/locks")])])

    def _title(self, words: Words, lock: Lock) -> str:
        found = self.calendar.programmes.get(lock.programme)
        return found.title if found else words("lock_codes")

    # --- payments ---

    def show_unsettled(self, tx: Transaction, request: PageRequest) -> View:
        """Bookings that are over and were paid for, or cost something else now, and a way to say what became of one."""
        words = Words(self.texts, request.locale)
        found = self.calendar.upkeep.unsettled(tx, limit=_SHOWN)
        other = self.calendar.upkeep.repriced(tx, limit=_SHOWN)
        if not found and not other:
            return View(words("unsettled"), [Paragraph(words("none_unsettled"))])
        columns = [words(key) for key in ("code", "when", "paid_at", "state")]
        rows = [
            (
                each.booking.id[-8:],
                when_in(each.booking.starts, request.locale),
                when_in(each.paid, request.locale),
                words("paid_late" if each.late else "paid_before"),
            )
            for each in found
        ]
        rows += [
            (
                each.booking.id[-8:],
                when_in(each.booking.starts, request.locale),
                when_in(each.paid, request.locale),
                words("repriced", billed=f"{each.billed:,}", owed=f"{each.owed:,}"),
            )
            for each in other
        ]
        ids = [*(each.booking.id for each in found), *(each.booking.id for each in other)]
        codes = {booking: booking[-8:] for booking in ids}
        outcomes = {name: words(name) for name in ("refunded", "kept")}
        fields = [
            PageField("booking", words("staff_booking"), "choice", True, choices=codes),
            PageField("outcome", words("outcome"), "choice", True, choices=outcomes),
            _why(words),
        ]
        table = DataTable(words("unsettled"), columns, rows)
        return View(words("unsettled"), [table], fields, words("do_settle"), drafts=False)

    def settle(self, tx: Transaction, request: PageRequest, values: Mapping[str, Any]) -> Answer:
        """Note what became of the money."""
        words = Words(self.texts, request.locale)
        answer = self.calendar.upkeep.settle(
            tx, values["booking"], values["outcome"], reason=values["reason"]
        )
        if isinstance(answer, Refused):
            return words.reasons(answer.reasons)
        return Submitted(words("settled"), [LinkList([Link(words("unsettled"), "calendar/unsettled")])])


def _why(words: Words) -> PageField:
    return PageField("reason", words("staff_why"), required=True, most=100, help=words("staff_why_help"))


def _slot_label(words: Words, view: SlotView) -> str:
    name = f"{time_label(view.slot.starts)} {view.slot.name}".strip()
    return words("places_now", name=name, capacity=view.slot.capacity, booked=view.slot.booked)
