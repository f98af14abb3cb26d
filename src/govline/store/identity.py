"""Who is who: the one sealed table that maps the LINE userId to our own citizen ids. Nothing else stores the userId."""

from collections.abc import Iterable, Sequence

from govline.core import CitizenId, Transaction
from govline.errors import StoreError
from govline.store import _queries_flow as q
from govline.store import addresses, inbox
from govline.store._queries_flow import Follow
from govline.store._reach import keyring

__all__ = [
    "Follow",
    "blocked",
    "check_keys",
    "citizen_of",
    "erase",
    "find_citizen",
    "history",
    "line_user_of",
    "line_users_of",
    "rewrap",
    "set_blocked",
]

_PURPOSE = "line.user"


def citizen_of(tx: Transaction, line_user_id: str) -> CitizenId:
    """The citizen of a LINE userId, created at first sight.

    Raises:
        ConfigError: GL-1122 the database was opened without keys.
    """
    known = find_citizen(tx, line_user_id)
    return known if known is not None else _add(tx, line_user_id)


def find_citizen(tx: Transaction, line_user_id: str) -> CitizenId | None:
    """The citizen of a LINE userId, or None when this town has never seen it."""
    for value in keyring(tx).lookups(line_user_id, _PURPOSE):
        row = tx.one(q.FIND_IDENTITY, {"hash": value})
        if row is not None:
            return str(row[0])
    return None


def _add(tx: Transaction, line_user_id: str) -> CitizenId:
    keys = keyring(tx)
    citizen = tx.new_id()
    row = {
        "citizen": citizen,
        "lookup": keys.lookup(line_user_id, _PURPOSE),
        "sealed": keys.seal(line_user_id.encode(), addresses.context(citizen)),
        "key_id": keys.newest,
        "blocked": False,
        "created": tx.now,
    }
    if tx.write(q.ADD_IDENTITY, row):
        return citizen
    winner = tx.one(q.FIND_IDENTITY, {"hash": row["lookup"]})
    assert winner is not None
    return str(winner[0])


def line_user_of(tx: Transaction, citizen: CitizenId) -> str | None:
    """The LINE userId of a citizen, or None when it was erased. For the messenger only."""
    row = tx.one(q.READ_SEALED, {"who": citizen})
    return None if row is None else _open(tx, citizen, row[0])


def line_users_of(tx: Transaction, citizens: Iterable[CitizenId]) -> dict[CitizenId, str]:
    """LINE userIds of many citizens; those that are not known are left out. See `addresses`."""
    return addresses.by_citizen(tx, [*citizens])


def set_blocked(tx: Transaction, citizen: CitizenId, blocked: bool) -> bool:
    """Note an unfollow (True) or a follow (False) and add it to the history; whether that changed anything."""
    changed = bool(tx.write(q.SET_BLOCKED, {"who": citizen, "flag": blocked}))
    if changed:
        tx.write(q.ADD_FOLLOW, {"id": tx.new_id(), "citizen": citizen, "blocked": blocked, "at": tx.now})
    return changed


def blocked(tx: Transaction, citizen: CitizenId) -> bool:
    """Whether the citizen has blocked the town's account; an unknown citizen cannot be reached either."""
    row = tx.one(q.READ_BLOCKED, {"who": citizen})
    return True if row is None else bool(row[0])


def history(tx: Transaction, citizen: CitizenId) -> Sequence[Follow]:
    """When the citizen blocked and unblocked the account, oldest first."""
    return tx.all(q.HISTORY, {"who": citizen})


def rewrap(tx: Transaction, *, limit: int = 500, after: CitizenId = "") -> CitizenId | None:
    """Seal a page of rows under the newest key; the last citizen done, to go on from, or None when all are.

    Call it until it returns None; then an old key may leave the keyring.
    """
    keys = keyring(tx)
    addresses.drop_old(tx)
    rows = tx.all(q.OLD_IDENTITIES, {"newest": keys.newest, "after": after, "limit": limit})
    for row in rows:
        user = _open(tx, row.citizen, row.sealed)
        again = {
            "who": row.citizen,
            "seen": row.sealed,
            "again": keys.seal(user.encode(), addresses.context(row.citizen)),
            "hash": keys.lookup(user, _PURPOSE),
            "newest": keys.newest,
        }
        tx.write(q.REWRAP, again)
    return rows[-1].citizen if rows else None


def check_keys(tx: Transaction) -> None:
    """Open the first identity: with other keys every citizen would become a stranger, and nobody could be reached.

    Raises:
        StoreError: GL-1121, it does not open.
    """
    for row in tx.all(q.OLD_IDENTITIES, {"newest": "", "after": "", "limit": 1}):
        try:
            _open(tx, row.citizen, row.sealed)
        except StoreError as error:
            raise StoreError(
                "the sealing keys are not those of this town",
                code="GL-1121",
                hint="GOVLINE_KEYS must hold the keys under which the town's people were sealed; old ones stay until `govline key rotate`",
                place=error.place,
            ) from None


def erase(tx: Transaction, citizen: CitizenId) -> None:
    """Forget a citizen: the mapping, the follow history and everything they sent.

    Ids of the citizen that stand elsewhere lead to nobody afterwards.
    """
    tx.write(q.ERASE_IDENTITY, {"who": citizen})
    addresses.forget(tx, citizen)
    tx.write(q.ERASE_FOLLOWS, {"who": citizen})
    inbox.erase(tx, citizen)


def _open(tx: Transaction, citizen: CitizenId, sealed: str) -> str:
    return keyring(tx).open(sealed, addresses.context(citizen)).decode()
