"""LINE userIds of many citizens at a time, from sealed pages: opening one box for 128 people instead of one for each.

A page holds what the identity table holds for a range of citizen ids, sealed under the same key. It is derived and may be
missing, stale or under a key that is gone: whoever is not found in a page is read from their own row. Erasing a citizen
takes them out of their page in the same transaction.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from govline.core import CitizenId, Transaction
from govline.store import _queries_addresses as q
from govline.store import _queries_flow as flow
from govline.store._queries_addresses import Page
from govline.store._reach import database, keyring
from govline.store.sealing import Keyring

__all__ = ["PAGE", "context", "drop_old", "forget", "line_users", "pack"]

PAGE: Final = 128
"""People a page: small, so that a delivery to a fifth of the town does not open everybody's."""

_ROWS: Final = 500
_WORTH: Final = 5
"""A page is opened while it is likely to hold one in five of those who are sought; a row of one's own costs so much more."""


def context(citizen: CitizenId) -> str:
    """What the sealed userId of a citizen is bound to."""
    return f"identity:{citizen}"


def line_users(tx: Transaction, citizens: Iterable[CitizenId]) -> dict[CitizenId, str]:
    """LINE userIds of many citizens, in the order asked for; those who are not known are left out. For the messenger only.

    Quickest when the citizens lie close together, as in order of their ids.
    """
    wanted = [*citizens]
    known = _from_pages(tx, wanted) if len(wanted) >= PAGE // _WORTH else {}
    rest = [citizen for citizen in wanted if citizen not in known]
    if rest:
        known = {**known, **_from_rows(tx, rest)}
    return {citizen: known[citizen] for citizen in wanted if citizen in known}


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
        users = {row.citizen: keys.open(row.sealed, context(row.citizen)).decode() for row in rows}
        first, after = rows[0].citizen, rows[-1].citizen
        box = keys.box(_text(users), _bound(first))
        page = {"first": first, "last": after, "size": PAGE, "key_id": keys.newest, "sealed": box}
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
    users = _opened(keys, page) if keys is not None else {}
    users.pop(citizen, None)
    if not users or keys is None:
        tx.write(q.DROP_PAGE, {"page": page.first})  # a page that cannot be opened is of no use either
        return
    box = keys.box(_text(users), _bound(page.first))
    tx.write(q.REWRITE, {"page": page.first, "people": len(users), "key": keys.newest, "box": box})


def drop_old(tx: Transaction) -> int:
    """Delete the pages that are not under the newest key, all of them where there is one; `pack` writes them anew."""
    return tx.write(q.DROP_OLD, {"newest": keyring(tx).newest})


def _from_pages(tx: Transaction, wanted: Sequence[CitizenId]) -> dict[CitizenId, str]:
    most = 2 + len(wanted) * _WORTH // PAGE
    found = tx.all(q.PAGES, {"low": min(wanted), "high": max(wanted), "limit": most + 1})
    if not found or len(found) > most:
        return {}
    keys, users = keyring(tx), {}
    for page in found:
        users.update(_opened(keys, page))
    return users


def _from_rows(tx: Transaction, wanted: Sequence[CitizenId]) -> dict[CitizenId, str]:
    keys, users = keyring(tx), {}
    for start in range(0, len(wanted), _ROWS):
        rows = tx.connection.execute(flow.sealed_of([*wanted[start : start + _ROWS]]))
        users.update({citizen: keys.open(sealed, context(citizen)).decode() for citizen, sealed in rows})
    return users


def _opened(keys: Keyring, page: Page) -> dict[CitizenId, str]:
    if page.key_id not in keys.ids:
        return {}
    users: dict[CitizenId, str] = json.loads(keys.unbox(page.key_id, bytes(page.sealed), _bound(page.first)))
    return users


def _text(users: Mapping[CitizenId, str]) -> bytes:
    return json.dumps(users, separators=(",", ":")).encode()


def _bound(first: CitizenId) -> str:
    return f"identity.page:{first}"
