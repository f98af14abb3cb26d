"""What a room says about data in its care: sealed columns, how long things are kept, what runs out and when."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import field, frozen

from govline.core.values import frozen_tuple

if TYPE_CHECKING:
    from govline.core.transaction import Transaction

__all__ = ["Expiry", "Retention", "SealedColumn"]


@frozen
class SealedColumn:
    """A column whose values are sealed under the town's keys; `govline key rotate` seals them again under a new one.

    Args:
        table: Its table. `column`: the column. `key`: the column that tells rows apart.
        context: What binds a value to its place, with other columns as `{name}`; town, table, column and row where omitted.
        lookup: A column with the keyed hash of the same value, by which rows are found, or "".
        purpose: Of that hash.
        flag: A boolean column that says whether the row is sealed at all, or "".
    """

    table: str
    column: str
    key: str = "id"
    context: str = ""
    lookup: str = ""
    purpose: str = ""
    flag: str = ""


@frozen
class Retention:
    """How long something is kept, and how it is taken away.

    Args:
        name: `room.what`, as the town's settings name it.
        keep: How long after its end.
        purge: `purge(tx, before, limit)` takes away a small page of what ended before the instant and tells how many rows;
            never what is still needed.
        tables: Whose rows it takes, for the data map.
    """

    name: str
    keep: timedelta
    purge: "Callable[[Transaction, datetime, int], int]"
    tables: tuple[str, ...] = field(default=(), converter=frozen_tuple)


@frozen
class Expiry:
    """Something that runs out: a calendar, a list, a certificate, a table of holidays.

    Args:
        what: In words for staff.
        last_day: The last day for which it is good.
        remedy: What staff do before then.
        notice: How long before they are told.
    """

    what: str
    last_day: date
    remedy: str
    notice: timedelta = timedelta(days=45)

    def runs_out(self, today: date) -> bool:
        """Whether staff should be told today."""
        return today + self.notice >= self.last_day
