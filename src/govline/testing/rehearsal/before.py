"""What stands in a town's copy before the rehearsal begins: calendars, wishes, and who can be reached."""

from typing import Self

from attrs import field, frozen

from govline.calendar.garbage import Garbage
from govline.calendar.garbage.editions import Book
from govline.city import City
from govline.core import CitizenId, Transaction, frozen_tuple
from govline.core.texts import Texts
from govline.testing.rehearsal import _queries as q
from govline.testing.rehearsal.model import Wish

__all__ = ["Before"]


@frozen
class Before:
    """Read once, in one snapshot.

    Args:
        book: The garbage calendars; None in a town without.
        texts: The garbage notices' wording, to find in a message what it tells.
        wishes: Of citizens who can be reached.
        unreachable: How many have settings and cannot be reached.
    """

    book: Book | None = None
    texts: Texts | None = None
    areas: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    wishes: tuple[Wish, ...] = field(default=(), converter=frozen_tuple)
    unreachable: int = 0

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
            [each for each in wishes if each.citizen in reached],
            len(lost),
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
