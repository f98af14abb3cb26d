"""Unguessable addresses: a page for whoever holds the link, until it expires, once where it should be once."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import field, frozen

from govline.core import CitizenId, Json, Transaction
from govline.errors import PageRefused
from govline.store._reach import keyring
from govline.web import _queries as q
from govline.web.tokens import hash_of, hashes_of

__all__ = ["OpenedLink", "create", "open_link", "use"]

_PURPOSE: Final = "web.link"


@frozen
class OpenedLink:
    """What a link leads to. Its `subject` owns drafts and submissions made through it."""

    hash: str = field(repr=False)
    page: str
    citizen: CitizenId | None
    facts: Mapping[str, Json] = field(repr=False, hash=False)
    once: bool
    used: bool

    @property
    def subject(self) -> str:
        """Who acts through it, for drafts and submissions."""
        return self.citizen or f"link:{self.hash}"


def create(
    tx: Transaction,
    token: str,
    page: str,
    *,
    expires: datetime,
    citizen: CitizenId | None = None,
    facts: Mapping[str, Json] | None = None,
    once: bool = False,
) -> None:
    """Make a link: the store keeps the hash of its token, and its facts sealed."""
    value = hash_of(tx, token, _PURPOSE)
    plain = json.dumps(dict(facts or {}), ensure_ascii=False).encode()
    row = {
        "hash": value,
        "page": page,
        "citizen": citizen,
        "sealed": keyring(tx).seal(plain, _context(value)),
        "once": once,
        "used": None,
        "created": tx.now,
        "expires": expires,
    }
    tx.write(q.ADD_LINK, row)


def open_link(tx: Transaction, token: str) -> OpenedLink:
    """What a token leads to.

    Raises:
        PageRefused: GL-8113 not known or expired, GL-8112 of another town.
    """
    for value in hashes_of(tx, token, _PURPOSE):
        row = tx.one(q.LINK, {"hash_is": value})
        if row is not None and row[6] > tx.now:
            facts = json.loads(keyring(tx).open(row[3], _context(value)))
            return OpenedLink(value, row[1], row[2], facts, row[4], row[5] is not None)
    raise _gone()


def use(tx: Transaction, link: OpenedLink) -> None:
    """Use up a link that is for one submission; no effect on the others.

    Raises:
        PageRefused: GL-8113, it was used before.
    """
    if link.once and not tx.write(q.USE_LINK, {"hash_is": link.hash, "at": tx.now}):
        raise _gone()


def _gone() -> PageRefused:
    return PageRefused("the link is not known, or no longer", code="GL-8113", status=404)


def _context(value: str) -> str:
    return f"web.link:{value}"
