"""第1回に続けられる第2回があるか: which first slots have a free second one, told for hundreds of them from one look at the seconds. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from attrs import field, frozen

from govline.calendar.availability import midnight
from govline.calendar.linking import link_reasons, offered
from govline.calendar.model import Link, Programme, Slot
from govline.calendar.reasons import because
from govline.core import Reason, frozen_map
from govline.core.jst import to_jst

__all__ = ["FAR", "Seconds", "days_after"]

FAR: Final = timedelta(days=366)
"""How far ahead a second one is looked for where the link sets no most days."""


@frozen
class Seconds:
    """Free slots that could follow, in order of time, by product where the link asks for the same one.

    Args:
        own: The programme of the first ones, with its `link`. `later`: of these.
    """

    own: Programme
    link: Link
    later: Programme
    slots: Mapping[str, Sequence[Slot]] = field(converter=frozen_map, hash=False)

    @classmethod
    def of(cls, own: Programme, link: Link, later: Programme, slots: Iterable[Slot]) -> "Seconds":
        """Put together from slots in order of time."""
        found: dict[str, list[Slot]] = {}
        for slot in slots:
            found.setdefault(_product(link, later, slot), []).append(slot)
        return cls(own, link, later, found)

    def follow(self, first: Slot) -> bool:
        """Whether any of them fits after this one."""
        mine = self.slots.get(_product(self.link, self.own, first), ())
        since = midnight(offered(self.link, to_jst(first.starts).date())[0])
        # the earliest that is not too near: where even that is too far, all are
        at = max(
            bisect_left(mine, since, key=lambda slot: slot.starts),
            bisect_right(mine, first.starts, key=lambda slot: slot.starts),
        )
        return at < len(mine) and not link_reasons(self.link, [(self.own, first), (self.later, mine[at])])

    def missing(self, first: Slot) -> list[Reason]:
        """Why nobody can begin with this slot; nothing where somebody can."""
        return [] if self.follow(first) else [because("no_second")]


def days_after(link: Link, days: tuple[date, date], today: date) -> tuple[date, date]:
    """From which day to which bookings after those of these days (first and last) can be; today where all that is over."""
    until = offered(link, days[1])[1] or max(days[1], today) + FAR
    return max(offered(link, days[0])[0], today), max(until, today)


def _product(link: Link, programme: Programme, slot: Slot) -> str:
    return programme.policy.product(slot.name) if link.same_product else ""
