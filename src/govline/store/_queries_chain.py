"""Statements of the audit's chain."""

from typing import Any

from attrs import fields, frozen
from sqlalchemy import BigInteger, Integer, Text, bindparam, cast, func, or_, select, update

from govline.core import Id
from govline.store._queries_flow import AuditEntry
from govline.store._tables import audit, audit_head
from govline.store._upsert import insert_unless_known
from govline.store.statement import Statement

__all__ = [
    "ADD_HEAD",
    "ANY_OPEN",
    "CHAIN",
    "CHAINED",
    "COUNT_OPEN",
    "FORGETTABLE",
    "LAST_NUMBER",
    "LOCK_HEAD",
    "MASK",
    "MOVE_HEAD",
    "OPEN",
    "READ_HEAD",
    "RESEAL_SECRET",
    "Chained",
    "Head",
    "head_row",
    "link_row",
]

HEAD = "audit"


@frozen
class Head:
    """The last number and hash of the chain, and the secret of its pseudonyms as it is stored."""

    number: int
    hash: str
    secret: str


@frozen
class Chained:
    """An entry with its place in the chain."""

    number: int
    hash: str
    entry: AuditEntry


def _chained(number: int, link: str, *entry: Any) -> Chained:
    return Chained(number, link, AuditEntry(*entry))


_a, _h = audit.c, audit_head.c
_ENTRY = [_a[field.name] for field in fields(AuditEntry)]
_head = select(_h.number, _h.hash, _h.secret).where(_h.name == HEAD)
READ_HEAD = Statement("chain.read_head", _head, Head)
# Who holds the row adds to the chain; on PostgreSQL another worker turns away at once.
LOCK_HEAD = Statement("chain.lock_head", _head, Head, postgresql=_head.with_for_update(skip_locked=True))
ADD_HEAD = insert_unless_known("chain.add_head", audit_head, "name")
MOVE_HEAD = Statement(
    "chain.move_head",
    update(audit_head).where(_h.name == HEAD).values(number=bindparam("to"), hash=bindparam("link")),
)
RESEAL_SECRET = Statement(
    "chain.reseal_secret",
    update(audit_head)
    .where(_h.name == HEAD, _h.secret == bindparam("seen"))
    .values(secret=bindparam("again")),
)
_limit = bindparam("limit", type_=Integer())
ANY_OPEN = Statement("chain.any_open", select(_a.id).where(_a.number.is_(None)).limit(1))
COUNT_OPEN = Statement("chain.count_open", select(func.count(), func.min(_a.at)).where(_a.number.is_(None)))
OPEN = Statement(
    "chain.open", select(*_ENTRY).where(_a.number.is_(None)).order_by(_a.id).limit(_limit), AuditEntry
)
CHAIN = Statement(
    "chain.chain",
    update(audit)
    .where(_a.id == bindparam("row"), _a.number.is_(None))
    .values(
        number=bindparam("place"),
        hash=bindparam("link"),
        actor_id=bindparam("actor"),
        subject_id=bindparam("subject"),
        data=bindparam("facts", type_=audit.c.data.type),
    ),
)
CHAINED = Statement(
    "chain.chained",
    select(_a.number, _a.hash, *_ENTRY)
    .where(
        _a.number > bindparam("after", type_=BigInteger()), _a.number <= bindparam("upto", type_=BigInteger())
    )
    .order_by(_a.number)
    .limit(_limit),
    _chained,
)
LAST_NUMBER = Statement("chain.last_number", select(func.max(_a.number)))
FORGETTABLE = Statement(
    "chain.forgettable",
    select(*_ENTRY).where(
        _a.number.is_(None),
        or_(
            _a.actor_id == bindparam("who"),
            _a.subject_id == bindparam("who"),
            cast(_a.data, Text).like(bindparam("mention")),
        ),
    ),
    AuditEntry,
)
MASK = Statement(
    "chain.mask",
    update(audit)
    .where(_a.id == bindparam("row"), _a.number.is_(None))
    .values(
        actor_id=bindparam("actor"),
        subject_id=bindparam("subject"),
        data=bindparam("facts", type_=audit.c.data.type),
    ),
)


def head_row(secret: str) -> dict[str, Any]:
    """The first head of a chain."""
    return {"name": HEAD, "number": 0, "hash": "", "secret": secret}


def link_row(row: Id, place: int, link: str, entry: AuditEntry) -> dict[str, Any]:
    """What `CHAIN` stores."""
    return {
        "row": row,
        "place": place,
        "link": link,
        "actor": entry.actor_id,
        "subject": entry.subject_id,
        "facts": entry.data,
    }
