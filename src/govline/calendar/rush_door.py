"""The fast way in: requests for one slot gather in a line of their own, and a whole line is served in one unit of work."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from govline.calendar.desk import Desk
from govline.calendar.model import Booking, Programme, Refused
from govline.calendar.requests import Answer, check_key, check_party
from govline.calendar.rush import Wish, take_many
from govline.core import CitizenId, Id, Transaction
from govline.store.gathering import Gathering

if TYPE_CHECKING:
    from govline.store import Database

__all__ = ["RushDoor"]


class RushDoor:
    """What `Calendar` offers to whoever holds no transaction."""

    _programmes: Mapping[str, Programme]
    _desk: Desk

    def __init__(self) -> None:
        self._gatherings: WeakKeyDictionary[Database, Gathering[Wish, Answer]] = WeakKeyDictionary()

    def book_on(
        self,
        db: "Database",
        slot_id: Id,
        citizen: CitizenId | None,
        *,
        party: int = 1,
        key: str,
        options: Mapping[str, int] | None = None,
    ) -> Booking | Refused:
        """`book` in a unit that it shares with whoever else waits for the same slot: the fast way in a rush.

        Call it outside any unit; the place is taken for good when it returns.
        """
        return self._rush(db, Wish("book", slot_id, citizen, party, key, options=options))

    def hold_on(
        self,
        db: "Database",
        slot_id: Id,
        citizen: CitizenId | None,
        *,
        party: int = 1,
        key: str,
        options: Mapping[str, int] | None = None,
    ) -> Booking | Refused:
        """`hold` the way `book_on` books."""
        return self._rush(db, Wish("hold", slot_id, citizen, party, key, options=options))

    def _rush(self, db: "Database", wish: Wish) -> Answer:
        check_party(wish.party)
        check_key(wish.key)
        gathering = self._gatherings.get(db)
        if gathering is None:
            gathering = self._gatherings.setdefault(db, Gathering(db, self._take_many))
        return gathering.submit(wish.slot, wish)

    def _take_many(self, tx: Transaction, wishes: Sequence[Wish]) -> Sequence[Answer | Exception]:
        personal = any(item.policy.personal for item in self._programmes.values())
        return take_many(tx, self._desk, wishes, personal=personal)
