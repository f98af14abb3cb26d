"""Addresses of the calendar's pages as the chat hands them out: unguessable, for one citizen, for a time; none where a town has no pages."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from attrs import frozen

from govline.calendar.model import Booking
from govline.core import CitizenId, Json, Transaction
from govline.core.pages import PagesPort
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
        return self._link(tx, "calendar/merge", citizen, tx.now + _HOUR, {})

    def claim(self, tx: Transaction, programme: str, citizen: CitizenId) -> str | None:
        """Where the citizen shows that they are on the programme's list, for an hour."""
        url = self._link(tx, "calendar/claim", citizen, tx.now + _HOUR, {})
        return url and f"{url}?{urlencode({'programme': programme})}"

    def ics(self, tx: Transaction, booking: Booking, citizen: CitizenId) -> str | None:
        """Where the citizen takes the booking for their own calendar, until a week after it."""
        return self._link(tx, "calendar/ics", citizen, booking.starts + _AFTERWARDS, {"booking": booking.id})

    def _link(
        self, tx: Transaction, page: str, citizen: CitizenId, expires: datetime, facts: Mapping[str, Json]
    ) -> str | None:
        try:
            return self.pages().link(tx, page, expires=expires, citizen=citizen, facts=facts)
        except ConfigError:  # a town without pages, or one whose pages do not know their address
            return None


NO_PAGES: Final = PageLinks()
"""Of a town without pages."""
