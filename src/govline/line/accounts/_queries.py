"""Statements of imports, nonces and budgets; claims are conditional updates judged by the rows they touched."""

from datetime import datetime
from typing import Final

from attrs import frozen
from sqlalchemy import Integer, bindparam, delete, select, update

from govline.line.accounts._tables import call_budget, follower_import, nonce
from govline.store._upsert import insert_unless_known
from govline.store.columns import InstantColumn
from govline.store.statement import Statement

__all__ = [
    "BEGIN_AGAIN",
    "BEGIN_IMPORT",
    "OPEN_BUDGET",
    "PASS_PAGE",
    "PURGE_BUDGETS",
    "PURGE_NONCES",
    "READ_IMPORT",
    "SPEND",
    "USE_NONCE",
    "Progress",
]

_f, _n, _b = follower_import.c, nonce.c, call_budget.c
_before = bindparam("before", type_=InstantColumn())


@frozen
class Progress:
    """How far an import is."""

    next_page: str
    page: int
    new: int
    known: int
    unblocked: int
    state: str
    began: datetime
    touched: datetime


READ_IMPORT: Final = Statement(
    "account.read_import",
    select(_f.next_page, _f.page, _f.new, _f.known, _f.unblocked, _f.state, _f.began, _f.touched).where(
        _f.name == bindparam("of")
    ),
    Progress,
)
BEGIN_IMPORT: Final = insert_unless_known("account.begin_import", follower_import, "name")
BEGIN_AGAIN: Final = Statement(
    "account.begin_again",
    update(follower_import)
    .where(_f.name == bindparam("of"), _f.touched == bindparam("seen", type_=InstantColumn()))
    .values(
        next_page="",
        page=0,
        new=0,
        known=0,
        unblocked=0,
        state="open",
        began=bindparam("now", type_=InstantColumn()),
        touched=bindparam("now", type_=InstantColumn()),
    ),
)
PASS_PAGE: Final = Statement(
    "account.pass_page",
    update(follower_import)
    .where(_f.name == bindparam("of"), _f.page == bindparam("seen_page"), _f.state == "open")
    .values(
        next_page=bindparam("behind"),
        page=_f.page + 1,
        new=_f.new + bindparam("more_new", type_=Integer()),
        known=_f.known + bindparam("more_known", type_=Integer()),
        unblocked=_f.unblocked + bindparam("more_unblocked", type_=Integer()),
        state=bindparam("to"),
        touched=bindparam("now", type_=InstantColumn()),
    ),
)
USE_NONCE: Final = insert_unless_known("account.use_nonce", nonce, "partner", "nonce")
PURGE_NONCES: Final = Statement("account.purge_nonces", delete(nonce).where(_n.at < _before))
OPEN_BUDGET: Final = insert_unless_known("account.open_budget", call_budget, "partner", "hour")
SPEND: Final = Statement(
    "account.spend",
    update(call_budget)
    .where(
        _b.partner == bindparam("by"),
        _b.hour == bindparam("in_hour", type_=InstantColumn()),
        _b.used < bindparam("limit", type_=Integer()),
    )
    .values(used=_b.used + 1),
)
PURGE_BUDGETS: Final = Statement("account.purge_budgets", delete(call_budget).where(_b.hour < _before))
