"""The budget's statements: one conditional update leases a slice of a channel's rate."""

from typing import Final

from sqlalchemy import BigInteger, bindparam, case, select, type_coerce, update

from govline.line._tables import budget
from govline.store._upsert import insert_unless_known
from govline.store.columns import InstantColumn
from govline.store.statement import Statement

__all__ = ["FREE_AT", "LEASE", "OPEN", "RESET"]

_c = budget.c
_free_us = type_coerce(_c.free_at, BigInteger)
_from_us = bindparam("from_us", type_=BigInteger)
_here = (_c.channel == bindparam("on_channel"), _c.endpoint == bindparam("to_endpoint"))
_begin = case((_free_us < _from_us, _from_us), else_=_free_us)

OPEN: Final = insert_unless_known("line.open_budget", budget, "channel", "endpoint")
FREE_AT: Final = Statement("line.free_at", select(_c.free_at).where(*_here))
RESET: Final = Statement(
    "line.reset_budget",
    update(budget)
    .where(*_here, _c.free_at == bindparam("seen", type_=InstantColumn()))
    .values(free_at=bindparam("again", type_=InstantColumn())),
)
LEASE: Final = Statement(
    "line.lease_budget",
    update(budget)
    .where(*_here, _c.free_at <= bindparam("horizon", type_=InstantColumn()))
    .values(free_at=_begin + bindparam("span_us", type_=BigInteger))
    .returning(_c.free_at),
)
