"""Many people at once: follower ids into the sealed identity table, and who blocked in a period."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from govline.core import CitizenId, Id, Transaction
from govline.store import _queries_flow as flow
from govline.store import _queries_friends as q
from govline.store import addresses, identity
from govline.store._queries_friends import Change
from govline.store._reach import keyring

__all__ = ["Added", "Change", "add", "changes", "known"]

_PAGE: Final = (
    400  # SQLite takes 32,766 values a statement, PostgreSQL 65,535; keys during rotation multiply them
)
_PURPOSE: Final = "line.user"


@frozen
class Added:
    """What became of a list of people: new citizens, those known before, and of these how many count as friends again."""

    new: int = 0
    known: int = 0
    unblocked: int = 0

    def __add__(self, other: "Added") -> "Added":
        return Added(self.new + other.new, self.known + other.known, self.unblocked + other.unblocked)


def add(tx: Transaction, line_user_ids: Iterable[str], *, as_of: datetime) -> Added:
    """Make everybody of a follower list a citizen; doing it twice changes nothing.

    Args:
        line_user_ids: LINE userIds of people who are friends of the account; each once.
        as_of: When LINE was asked. Who is noted as having blocked before that is a friend again; a block noted since stays.

    Raises:
        ConfigError: GL-1122 the database was opened without keys.
    """
    total = Added()
    for page in _pages(dict.fromkeys(line_user_ids)):
        total += _add(tx, page, as_of)
    return total


def known(tx: Transaction, line_user_ids: Iterable[str]) -> int:
    """How many of these people this town knows already; writes nothing."""
    return sum(len(_stored(tx, page)) for page in _pages(dict.fromkeys(line_user_ids)))


def changes(
    tx: Transaction, since: datetime, until: datetime, *, after: Id = "", limit: int = 1000
) -> Sequence[Change]:
    """Blocks and unblocks of a period, a page in the order in which they became known; pass the last id as `after`."""
    return tx.all(q.CHANGES, {"since": since, "until": until, "after": after, "limit": limit})


def _pages(users: Iterable[str]) -> Iterator[list[str]]:
    wanted = sorted(
        users
    )  # in one order whatever the list's: two importers then wait for each other instead of deadlocking
    for start in range(0, len(wanted), _PAGE):
        yield wanted[start : start + _PAGE]


def _add(tx: Transaction, users: list[str], as_of: datetime) -> Added:
    there = _stored(tx, users)
    new = tx.write_many(flow.ADD_IDENTITY, [_row(tx, user) for user in users if user not in there])
    freed = sum(_unblock(tx, citizen, as_of) for citizen, blocked in there.values() if blocked)
    return Added(new, len(users) - new, freed)


def _stored(tx: Transaction, users: list[str]) -> dict[str, tuple[CitizenId, bool]]:
    """Who of these is known: their citizen, and whether they have blocked."""
    owner = {value: user for user in users for value in keyring(tx).lookups(user, _PURPOSE)}
    rows = tx.connection.execute(q.known_of([*owner]))
    return {owner[lookup]: (citizen, bool(blocked)) for lookup, citizen, blocked in rows}


def _row(tx: Transaction, user: str) -> dict[str, object]:
    keys, citizen = keyring(tx), tx.new_id()
    return {
        "citizen": citizen,
        "lookup": keys.lookup(user, _PURPOSE),
        "sealed": keys.seal(user.encode(), addresses.context(citizen)),
        "key_id": keys.newest,
        "blocked": False,
        "created": tx.now,
    }


def _unblock(tx: Transaction, citizen: CitizenId, as_of: datetime) -> bool:
    last: datetime | None = tx.one(q.LAST_CHANGE, {"who": citizen})[0]  # type: ignore[index]  # max() always gives a row
    return False if last is not None and last >= as_of else identity.set_blocked(tx, citizen, False)
