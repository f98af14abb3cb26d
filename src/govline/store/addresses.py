"""LINE userIds of many citizens at a time, from sealed pages: opening one box for 128 people instead of one for each.

A page holds what the identity table holds for a range of citizen ids, sealed under the same key. It is derived and may be
missing, stale or under a key that is gone: whoever is not found in a page is read from their own row. Erasing a citizen
takes them out of their page in the same transaction.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Final

from govline.core import CitizenId, Transaction
from govline.store import _queries_addresses as q
from govline.store import _queries_flow as flow
from govline.store._queries_addresses import Page
from govline.store._reach import database, keyring
from govline.store.sealing import Keyring

__all__ = ["PAGE", "by_citizen", "context", "drop_old", "forget", "line_users", "pack"]

PAGE: Final = 128
"""People a page: small, so that a delivery to a fifth of the town does not open everybody's."""

_ROWS: Final = 500
_WORTH: Final = 5
"""A page is opened while it is likely to hold one in five of those who are sought; a row of one's own costs so much more."""


def context(citizen: CitizenId) -> str:
    """What the sealed userId of a citizen is bound to."""
    return f"identity:{citizen}"


def line_users(tx: Transaction, citizens: Sequence[CitizenId]) -> Sequence[str]:
    """LINE userIds in the order of the citizens; those who are not known are left out. For the messenger only.

    Quickest when the citizens lie close together, as in order of their ids.
    """
    people, users = _from_pages(tx, citizens)
    if people:
        # as a rule they stand there one behind the other: the whole town, or a page of it
        start = bisect_left(people, citizens[0])
        here = slice(start, start + len(citizens))
        if people[here] == [*citizens]:
            return users[here]
    known = dict(zip(people, users, strict=True))
    if known:
        with suppress(KeyError):
            found: tuple[str, ...] = itemgetter(*citizens)(known)
            return found
    return [*_completed(tx, citizens, known).values()]


def by_citizen(tx: Transaction, citizens: Sequence[CitizenId]) -> dict[CitizenId, str]:
    """`line_users`, by citizen."""
    people, users = _from_pages(tx, citizens)
    return _completed(tx, citizens, dict(zip(people, users, strict=True)))


def pack(tx: Transaction, *, pages: int = 40) -> int:
    """Write pages for the citizens behind the last one, full ones only; how many. Call again until it is 0."""
    keys = database(tx).keys
    if keys is None:
        return 0
    end = tx.one(q.END)
    after, made = "" if end is None else str(end[0]), 0
    while made < pages:
        rows = tx.all(q.UNPACKED, {"after": after, "limit": PAGE})
        if len(rows) < PAGE:
            break
        opened = {row.citizen: keys.open(row.sealed, context(row.citizen)).decode() for row in rows}
        users = {citizen: user for citizen, user in opened.items() if "," not in user and ";" not in user}
        first, after = rows[0].citizen, rows[-1].citizen
        box = keys.box(_text(users), _bound(first))
        page = {"first": first, "last": after, "size": len(users), "key_id": keys.newest, "sealed": box}
        if not tx.write(q.ADD_PAGE, page):
            break  # another worker is at it
        made += 1
    return made


def forget(tx: Transaction, citizen: CitizenId) -> None:
    """Take a citizen out of their page; call it after their row is gone."""
    page = tx.one(q.TAKE_PAGE, {"who": citizen})
    if page is None:
        return
    keys = database(tx).keys
    users = dict(zip(*_opened(keys, [page]), strict=True)) if keys is not None else {}
    users.pop(citizen, None)
    if not users or keys is None:
        tx.write(q.DROP_PAGE, {"page": page.first})  # a page that cannot be opened is of no use either
        return
    box = keys.box(_text(users), _bound(page.first))
    tx.write(q.REWRITE, {"page": page.first, "people": len(users), "key": keys.newest, "box": box})


def drop_old(tx: Transaction) -> int:
    """Delete the pages that are not under the newest key, all of them where there is one; `pack` writes them anew."""
    return tx.write(q.DROP_OLD, {"newest": keyring(tx).newest})


def _completed(
    tx: Transaction, wanted: Sequence[CitizenId], known: dict[CitizenId, str]
) -> dict[CitizenId, str]:
    rest = [citizen for citizen in wanted if citizen not in known]
    if rest:
        known.update(_from_rows(tx, rest))
    return {citizen: known[citizen] for citizen in wanted if citizen in known}


def _from_pages(tx: Transaction, wanted: Sequence[CitizenId]) -> tuple[list[CitizenId], list[str]]:
    """People and userIds of the pages around these people, theirs and others'; nothing when too many pages would be opened."""
    if len(wanted) < PAGE // _WORTH:
        return [], []
    low, high = sorted(
        (wanted[0], wanted[-1])
    )  # the ends of what is in order; in any other order some rows are read as well
    most = 2 + len(wanted) * _WORTH // PAGE
    found = tx.all(q.PAGES, {"low": low, "high": high, "limit": most + 1})
    return _opened(keyring(tx), found) if len(found) <= most else ([], [])


def _from_rows(tx: Transaction, wanted: Sequence[CitizenId]) -> dict[CitizenId, str]:
    keys, users = keyring(tx), dict[CitizenId, str]()
    for start in range(0, len(wanted), _ROWS):
        rows = tx.connection.execute(flow.sealed_of([*wanted[start : start + _ROWS]]))
        users.update({citizen: keys.open(sealed, context(citizen)).decode() for citizen, sealed in rows})
    return users


def _opened(keys: Keyring, pages: Iterable[Page]) -> tuple[list[CitizenId], list[str]]:
    """In order of the citizens' ids; a page under a key that is gone is passed over."""
    people, users = list[CitizenId](), list[str]()
    for page in pages:
        if page.key_id in keys.ids:
            text = keys.unbox(page.key_id, bytes(page.sealed), _bound(page.first)).decode()
            here, _, theirs = text.partition(";")
            people += here.split(",")
            users += theirs.split(",")
    return people, users


def _text(users: Mapping[CitizenId, str]) -> bytes:
    # people, then their userIds: read three times as fast as JSON
    return f"{','.join(users)};{','.join(users.values())}".encode()


def _bound(first: CitizenId) -> str:
    return f"identity.page:{first}"
