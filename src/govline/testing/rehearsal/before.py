"""What stands in a town's copy before the rehearsal begins: calendars, wishes, and who can be reached."""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Final, Self

from attrs import evolve, field, frozen

from govline.calendar.garbage import Garbage
from govline.calendar.garbage.editions import Book
from govline.calendar.garbage.model import HOURS
from govline.calendar.garbage.warnings import quiet_wishes
from govline.city import City
from govline.core import CitizenId, Transaction, frozen_tuple
from govline.core.jst import JST
from govline.core.texts import Texts
from govline.store.policies import QuietHours
from govline.testing.rehearsal import _queries as q
from govline.testing.rehearsal.model import Wish

__all__ = ["Before"]

_ANY_DAY: Final = date(2026, 1, 1)


@frozen
class Before:
    """Read once, in one snapshot.

    Args:
        book: The garbage calendars; None in a town without.
        texts: The garbage notices' wording, to find in a message what it tells.
        wishes: Of citizens who can be reached, at the hours at which the town tells them.
        unreachable: How many have settings and cannot be reached.
        moved: Sentences about hours that lie in the town's quiet hours.
    """

    book: Book | None = None
    texts: Texts | None = None
    areas: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    wishes: tuple[Wish, ...] = field(default=(), converter=frozen_tuple)
    unreachable: int = 0
    moved: tuple[str, ...] = field(default=(), converter=frozen_tuple)

    @classmethod
    def of(cls, city: City, tx: Transaction) -> Self:
        """The state of a town, whose features are known to the City."""
        garbage = getattr(city, "garbage", None)
        if not isinstance(garbage, Garbage):
            return cls()
        reached = q.reachable(tx)
        wishes = q.wishes(tx)
        lost = {each.citizen for each in wishes} - reached
        return cls(
            garbage.book(tx),
            garbage.texts,
            garbage.areas(tx),
            list(_outside(city.quiet_hours, (each for each in wishes if each.citizen in reached))),
            len(lost),
            quiet_wishes(tx, garbage.hours),
        )

    @property
    def known_areas(self) -> frozenset[str]:
        """Areas of every calendar, also of those that hold later."""
        editions = (self.book.base, *self.book.staged) if self.book else ()
        return frozenset(area.name for edition in editions for area in edition.areas)

    @property
    def numbers(self) -> dict[CitizenId, int]:
        """Citizens by number, in order of their ids: what a report calls them."""
        people = dict.fromkeys(each.citizen for each in self.wishes)
        return {citizen: number for number, citizen in enumerate(people, 1)}


def _outside(quiet: QuietHours, wishes: Iterator[Wish]) -> Iterator[Wish]:
    """Wishes at the hours that are not quiet: evenings before, mornings behind the quiet time; without any hour they are held."""
    for wish in wishes:
        hours = [
            hour
            for hour in HOURS[wish.lead]
            if quiet.until(datetime.combine(_ANY_DAY, time(hour), JST)) is None
        ]
        if wish.lead:
            told = max((hour for hour in hours if hour <= wish.hour), default=min(hours, default=None))
        else:
            told = min((hour for hour in hours if hour >= wish.hour), default=max(hours, default=None))
        yield evolve(wish, enabled=False) if told is None else evolve(wish, hour=told)
