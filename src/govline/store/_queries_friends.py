"""Statements about many people at once: who of a page is known, who blocked and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Integer, Select, bindparam, func, select

from govline.core import CitizenId, Id
from govline.store._tables import follow, identity
from govline.store.columns import InstantColumn
from govline.store.statement import Statement

__all__ = ["CHANGES", "LAST_CHANGE", "Change", "known_of"]

_i = identity.c
_f = follow.c


@frozen
class Change:
    """A citizen blocked the account, or unblocked it."""

    id: Id
    citizen: CitizenId
    blocked: bool
    at: datetime


LAST_CHANGE: Final = Statement(
    "friends.last_change", select(func.max(_f.at)).where(_f.citizen == bindparam("who"))
)
CHANGES: Final = Statement(
    "friends.changes",
    select(_f.id, _f.citizen, _f.blocked, _f.at)
    .where(
        _f.at >= bindparam("since", type_=InstantColumn()),
        _f.at < bindparam("until", type_=InstantColumn()),
        _f.id > bindparam("after"),
    )
    .order_by(_f.id)
    .limit(bindparam("limit", type_=Integer())),
    Change,
)


def known_of(lookups: Sequence[str]) -> Select[Any]:
    """Which of these keyed hashes stand in the identity table, with their citizen and whether they have blocked."""
    return select(_i.lookup, _i.citizen, _i.blocked).where(_i.lookup.in_(lookups))
