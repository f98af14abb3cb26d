"""The audit as a chain: each entry carries the hash of the one before it, so that no change goes unseen.

Entries are written without a hash, and a pass of the worker chains them within the minute: a busy town never queues behind its
own audit. The same pass puts a keyed pseudonym in the place of every citizen's and staff member's id, so that a person can be
erased and the chain still holds.

SHA-256 over the hash before, the number and the entry. Whoever can write to the database could build the whole chain anew: an
anchor (`Verdict.anchor`) kept elsewhere shows that as well.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from attrs import evolve, frozen

from govline.core import Id, Json, Ref, Transaction, to_micros
from govline.errors import InputError
from govline.store import _queries_chain as q
from govline.store._queries_flow import AuditEntry
from govline.store._reach import database, keyring
from govline.store.columns import dump_json
from govline.store.database import Database

__all__ = ["LATE", "Break", "Verdict", "chain", "chain_all", "forget", "pseudonym", "reseal", "verify"]

LATE: Final = timedelta(hours=1)
"""An entry so much older than one before it in the chain was inserted afterwards, or the clock was set back."""
_PERSONS: Final = frozenset({"citizen", "staff"})
_FACTS: Final = frozenset({"citizen", "staff", "actor", "member"})
_PLAIN: Final = "plain:"
_CONTEXT: Final = "audit.secret"
_PAGE: Final = 1000


@frozen
class Break:
    """The first place where the chain does not hold."""

    number: int
    entry: Id
    what: Literal["changed", "removed", "inserted", "truncated", "anchor"]


@frozen
class Verdict:
    """What `verify` found.

    Args:
        entries: Chained entries that were looked at.
        number: The chain's last number. `hash`: its last hash.
        open: Entries that no pass has chained yet; `open_since` is the instant of the oldest.
        broken: The first place that does not hold, or None.
    """

    entries: int
    number: int
    hash: str
    open: int
    open_since: datetime | None
    broken: Break | None

    @property
    def anchor(self) -> str:
        """`number:hash`, to be kept apart from the database: later proof that nothing up to here was changed or cut off."""
        return f"{self.number}:{self.hash}"


def chain(tx: Transaction, *, limit: int = 200) -> int:
    """Chain the next open entries, oldest first; how many. 0 as well while another worker is at it."""
    head = _lock(tx)
    if head is None:
        return 0
    secret = _opened(tx, head.secret)
    number, link, rows = head.number, head.hash, []
    for entry in tx.all(q.OPEN, {"limit": limit}):
        masked = _masked(entry, secret)
        number, link = number + 1, _hash(number + 1, link, masked)
        rows.append(q.link_row(entry.id, number, link, masked))
    if rows:
        tx.write_many(q.CHAIN, rows)
        tx.write(q.MOVE_HEAD, {"to": number, "link": link})
    return len(rows)


def chain_all(db: Database) -> int:
    """Chain whatever is open, in small units; how many entries."""
    if db.read(lambda tx: tx.one(q.ANY_OPEN)) is None:
        return 0
    done = 0
    while some := db.run(chain):
        done += some
    return done


def pseudonym(tx: Transaction, kind: str, person: Id) -> Id:
    """The id under which a citizen or staff member stands in the audit; other kinds keep their own."""
    if kind not in _PERSONS:
        return person
    head = tx.one(q.READ_HEAD)
    return person if head is None else _pseudonym(_opened(tx, head.secret), kind, person)


def forget(tx: Transaction, citizen: Id) -> Id:
    """Put the pseudonym in the place of a citizen's id in entries that are not chained yet; the pseudonym."""
    _lock(tx)
    head = tx.one(q.READ_HEAD)
    assert head is not None
    secret = _opened(tx, head.secret)
    for entry in tx.all(q.FORGETTABLE, {"who": citizen, "mention": f"%{citizen}%"}):
        masked = _masked(entry, secret)
        tx.write(
            q.MASK,
            {
                "row": entry.id,
                "actor": masked.actor_id,
                "subject": masked.subject_id,
                "facts": masked.data,
            },
        )
    return _pseudonym(secret, "citizen", citizen)


def reseal(tx: Transaction) -> bool:
    """Seal the secret of the pseudonyms under the newest key; whether it was under another one."""
    head = tx.one(q.READ_HEAD)
    keys = keyring(tx)
    if head is None or head.secret.startswith(f"{keys.newest}."):
        return False
    again = keys.seal(_opened(tx, head.secret), _CONTEXT)
    return bool(tx.write(q.RESEAL_SECRET, {"seen": head.secret, "again": again}))


def verify(db: Database, *, anchor: str = "") -> Verdict:
    """Compute the whole chain again and name the first entry that does not fit.

    Args:
        anchor: `number:hash` that an earlier verdict gave.

    Raises:
        InputError: GL-1140 the anchor is no `number:hash`.
    """
    known = _anchor(anchor)
    head = db.read(lambda tx: tx.one(q.READ_HEAD)) or q.Head(0, "", "")
    looking = _Looking(head, known)
    while looking.broken is None:
        after = looking.number
        page = db.read(_page(after, head.number))
        if not page:
            looking.end()
            break
        for row in page:
            looking.at(row)
    (count, since), beyond = db.read(_beyond)
    broken = looking.broken or beyond
    return Verdict(looking.seen, head.number, head.hash, count, since, broken)


def _page(after: int, upto: int) -> Callable[[Transaction], Sequence[q.Chained]]:
    return lambda tx: tx.all(q.CHAINED, {"after": after, "upto": upto, "limit": _PAGE})


class _Looking:
    """Walks along the chain."""

    def __init__(self, head: q.Head, anchor: tuple[int, str] | None) -> None:
        self.number, self.seen = 0, 0
        self.broken: Break | None = None
        self._hash = ""
        self._head = head
        self._anchor = anchor
        self._newest: datetime | None = None

    def at(self, row: q.Chained) -> None:
        """Take the next entry."""
        if self.broken is not None:
            return
        expected = self.number + 1
        if row.number != expected:
            self.broken = Break(expected, "", "removed")
        elif row.hash != _hash(expected, self._hash, row.entry):
            self.broken = Break(expected, row.entry.id, "changed")
        elif self._newest is not None and row.entry.at < self._newest - LATE:
            self.broken = Break(expected, row.entry.id, "inserted")
        elif self._anchor is not None and self._anchor[0] == expected and self._anchor[1] != row.hash:
            self.broken = Break(expected, row.entry.id, "anchor")
        self.number, self._hash, self.seen = expected, row.hash, self.seen + 1
        self._newest = row.entry.at if self._newest is None else max(self._newest, row.entry.at)

    def end(self) -> None:
        """No entry is left: is that where the head stands, and beyond the anchor?"""
        at_head = (self.number, self._hash) == (self._head.number, self._head.hash)
        short = self._anchor is not None and self._anchor[0] > self.number
        if short or not at_head:
            self.broken = Break(self.number + 1, "", "truncated")


def _beyond(tx: Transaction) -> tuple[tuple[int, datetime | None], Break | None]:
    """What is open, and whether an entry carries a number that the head has not given."""
    count, since = tx.one(q.COUNT_OPEN) or (0, None)
    head, last = tx.one(q.READ_HEAD), tx.one(q.LAST_NUMBER)
    end = 0 if head is None else head.number
    highest = (last[0] if last else None) or 0
    return (count, since), Break(highest, "", "inserted") if highest > end else None


def _lock(tx: Transaction) -> q.Head | None:
    """The head, locked until the commit; made at the first entry. None while another worker holds it."""
    if tx.one(q.READ_HEAD) is None:
        secret = os.urandom(32)
        keys = database(tx).keys
        kept = _PLAIN + secret.hex() if keys is None else keys.seal(secret, _CONTEXT)
        tx.write(q.ADD_HEAD, q.head_row(kept))
    head: q.Head | None = tx.one(q.LOCK_HEAD)
    return head


def _opened(tx: Transaction, secret: str) -> bytes:
    if secret.startswith(_PLAIN):
        return bytes.fromhex(secret.removeprefix(_PLAIN))
    return keyring(tx).open(secret, _CONTEXT)


def _pseudonym(secret: bytes, kind: str, person: Id) -> Id:
    return "p" + hmac.digest(secret, f"{kind}\0{person}".encode(), "sha256").hex()[:32]


def _masked(entry: AuditEntry, secret: bytes) -> AuditEntry:
    """The entry with pseudonyms in the place of persons."""
    subject = Ref(entry.subject_kind, entry.subject_id)
    return evolve(
        entry,
        actor_id=_person(secret, entry.actor_kind, entry.actor_id),
        subject_id=_person(secret, subject.kind, subject.id),
        data=_facts(entry.data, secret),
    )


def _facts(data: Mapping[str, Json], secret: bytes) -> Mapping[str, Json]:
    return {
        name: _person(secret, "citizen" if name == "citizen" else "staff", value)
        if name in _FACTS and isinstance(value, str)
        else value
        for name, value in data.items()
    }


def _person(secret: bytes, kind: str, person: Id) -> Id:
    already = len(person) == 33 and person.startswith("p")
    return _pseudonym(secret, kind, person) if kind in _PERSONS and not already else person


def _hash(number: int, before: str, entry: AuditEntry) -> str:
    content = [
        *(number, before, entry.id, to_micros(entry.at), entry.actor_kind, entry.actor_id, entry.channel),
        *(entry.action, entry.subject_kind, entry.subject_id, entry.data),
    ]
    return hashlib.sha256(dump_json(content).encode()).hexdigest()


def _anchor(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    number, _, link = text.partition(":")
    if not number.isdecimal() or len(link) != 64:
        raise InputError(
            "an anchor is <number>:<hash>", code="GL-1140", hint="as `govline audit verify` printed it"
        )
    return int(number), link
