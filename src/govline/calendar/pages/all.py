"""Every page of the calendar, in the order of the menu."""

from govline.calendar.pages.booking import BookingPages
from govline.calendar.pages.browsing import Browsing
from govline.calendar.pages.claim import ClaimPages
from govline.calendar.pages.groups import GroupPages
from govline.calendar.pages.ics import IcsPages
from govline.calendar.pages.merge import MergePages
from govline.calendar.pages.pair import PairPages
from govline.calendar.pages.staff import StaffPages
from govline.calendar.pages.take import TakePages
from govline.calendar.pages.upkeep import UpkeepPages
from govline.calendar.service import Calendar
from govline.core.pages import Page
from govline.core.texts import Texts

__all__ = ["pages_of"]


def pages_of(calendar: Calendar, texts: Texts) -> list[Page]:
    """The pages of this calendar; those that nothing needs are left out."""
    return [
        page
        for kind in (
            Browsing,
            BookingPages,
            PairPages,
            MergePages,
            ClaimPages,
            GroupPages,
            IcsPages,
            StaffPages,
            TakePages,
            UpkeepPages,
        )
        for page in kind(calendar, texts).all()
    ]
