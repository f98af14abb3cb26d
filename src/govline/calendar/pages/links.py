"""Addresses of the calendar's pages as the chat hands them out: unguessable, for one citizen, for a time; none where a town has no pages."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from attrs import frozen

from govline.calendar.model import Booking
from govline.core import CitizenId, Json, Transaction
from govline.core.pages import PagesPort
from govline.core.texts import spoken
from govline.errors import ConfigError

__all__ = ["NO_PAGES", "PageLinks"]

_HOUR: Final = timedelta(hours=1)
_AFTERWARDS: Final = timedelta(days=7)


def _nobody() -> PagesPort:
    raise ConfigError("the calendar has no pages here", code="GL-9010")


@frozen
class PageLinks:
    """Links to the pages.

    Args:
        pages: The port `pages`, looked up when a link is wanted; raises `ConfigError` where nobody offers it.
    """

    pages: Callable[[], PagesPort] = _nobody

    def merge(self, tx: Transaction, citizen: CitizenId) -> str | None:
        """Where the citizen enters the code of a receipt, for an hour."""
        return self._link(tx, "calendar/merge", citizen, tx.now + _HOUR, query=_language())

    def claim(self, tx: Transaction, programme: str, citizen: CitizenId) -> str | None:
        """Where the citizen shows that they are on the programme's list, for an hour."""
        query = {"programme": programme, **_language()}
        return self._link(tx, "calendar/claim", citizen, tx.now + _HOUR, query=query)

    def ics(self, tx: Transaction, booking: Booking, citizen: CitizenId) -> str | None:
        """Where the citizen takes the booking for their own calendar, until a week after it; LINE opens it in a browser that can save files."""
        expires, facts = booking.starts + _AFTERWARDS, {"booking": booking.id}
        return self._link(
            tx, "calendar/ics", citizen, expires, facts=facts, query={"openExternalBrowser": "1"}
        )

    def options(self, tx: Transaction, booking: Booking, citizen: CitizenId) -> str | None:
        """Where the citizen chooses 備品 for what they have booked, for an hour."""
        query = {"booking": booking.id, "slot": booking.slot, "programme": booking.programme, **_language()}
        return self._link(tx, "calendar/confirm", citizen, tx.now + _HOUR, query=query)

    def _link(
        self,
        tx: Transaction,
        page: str,
        citizen: CitizenId,
        expires: datetime,
        *,
        query: Mapping[str, str],
        facts: Mapping[str, Json] | None = None,
    ) -> str | None:
        try:
            url = self.pages().link(tx, page, expires=expires, citizen=citizen, facts=facts)
        except ConfigError:  # a town without pages, or one whose pages do not know their address
            return None
        return f"{url}?{urlencode(dict(query))}" if query else url


def _language() -> dict[str, str]:
    """The page goes on in the language of the talk."""
    return {} if spoken() == "ja" else {"lang": spoken()}


NO_PAGES: Final = PageLinks()
"""Of a town without pages."""
