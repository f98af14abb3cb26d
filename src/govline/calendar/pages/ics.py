"""A booking for the citizen's own calendar, as a file: for whoever is signed in, or by an unguessable link from the chat."""

from attrs import frozen

from govline.calendar.model import Booking
from govline.calendar.pages.browsing import Words
from govline.calendar.service import Calendar
from govline.core import Transaction
from govline.core.jst import to_jst
from govline.core.pages import Download, Link, LinkList, Notice, Page, PageRequest, View
from govline.core.texts import Texts

__all__ = ["IcsPages"]

_TYPE = "text/calendar; charset=utf-8"


@frozen
class IcsPages:
    """`calendar/ics`."""

    calendar: Calendar
    texts: Texts

    def all(self) -> list[Page]:
        """The page, for `Offers.pages`."""
        return [Page("ics", self.texts.get("calendar.page.ics"), self.show, listed=False)]

    def show(self, tx: Transaction, request: PageRequest) -> View:
        """The file; of a booking that has ended, the one that takes it out of the reader's calendar again."""
        words = Words(self.texts, request.locale)
        booking = self._meant(tx, request)
        data = None if booking is None else self.calendar.ics(tx, booking.id)
        if booking is None or data is None:
            back = LinkList([Link(words("mine"), "calendar/mine")])
            return View(words("ics"), [Notice(words("not_yours"), "warning"), back])
        return View(
            words("ics"), download=Download(self._name(booking), f"{_TYPE}; method={_method(booking)}", data)
        )

    def _meant(self, tx: Transaction, request: PageRequest) -> Booking | None:
        """The visitor's own booking that the link or the address names, ended or not."""
        named = request.facts.get("booking") or request.query.get("booking", "")
        booking = self.calendar.booking(tx, str(named))
        own = booking is not None and booking.citizen is not None and booking.citizen == request.citizen
        return booking if own else None

    def _name(self, booking: Booking) -> str:
        programme = self.calendar.programmes.get(booking.programme)
        title = programme.title if programme else booking.programme
        safe = "".join(char if char.isprintable() and char not in '\\/:*?"<>|' else "_" for char in title)
        return f"{safe}_{to_jst(booking.starts):%Y-%m-%d}.ics"


def _method(booking: Booking) -> str:
    """As the file says it (RFC 5545 8.1: the parameter equals METHOD)."""
    return "PUBLISH" if booking.state.live else "CANCEL"
