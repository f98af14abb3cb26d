"""Statements of the sealed address pages; pages are disjoint ranges of citizen ids."""

from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import Integer, ScalarSelect, Select, bindparam, delete, func, select, update

from govline.core import CitizenId
from govline.store._queries_flow import SealedIdentity
from govline.store._tables import address_page, identity
from govline.store._upsert import insert_unless_known
from govline.store.statement import Statement

__all__ = ["ADD_PAGE", "DROP_OLD", "DROP_PAGE", "END", "PAGES", "REWRITE", "TAKE_PAGE", "UNPACKED", "Page"]

_p = address_page.c
_i = identity.c
_limit = bindparam("limit", type_=Integer())


@frozen
class Page:
    """A sealed page, read."""

    first: CitizenId
    key_id: str
    sealed: bytes = field(repr=False)


_PAGE = (_p.first, _p.key_id, _p.sealed)


def _at_or_before(name: str) -> ScalarSelect[Any]:
    return select(func.max(_p.first)).where(_p.first <= bindparam(name)).scalar_subquery()


def _unpacked() -> Select[Any]:
    return (
        select(_i.citizen, _i.sealed)
        .where(_i.citizen > bindparam("after"))
        .order_by(_i.citizen)
        .limit(_limit)
    )


# who is being erased is waited for, so that no page brings them back
UNPACKED: Final = Statement(
    "addresses.unpacked", _unpacked(), SealedIdentity, postgresql=_unpacked().with_for_update(read=True)
)
END: Final = Statement("addresses.end", select(_p.last).order_by(_p.first.desc()).limit(1))
ADD_PAGE: Final = insert_unless_known("addresses.add_page", address_page, "first")
PAGES: Final = Statement(
    "addresses.pages",
    select(*_PAGE)
    .where(_p.first >= func.coalesce(_at_or_before("low"), ""), _p.first <= bindparam("high"))
    .order_by(_p.first)
    .limit(_limit),
    Page,
)
TAKE_PAGE: Final = Statement(
    "addresses.take_page",
    update(address_page)
    .where(_p.first == _at_or_before("who"), _p.last >= bindparam("who"))
    .values(size=_p.size - 1)
    .returning(*_PAGE),
    Page,
)
"""Lock the page of a citizen, as it stands after whoever had it before."""
REWRITE: Final = Statement(
    "addresses.rewrite",
    update(address_page)
    .where(_p.first == bindparam("page"))
    .values(size=bindparam("people"), key_id=bindparam("key"), sealed=bindparam("box")),
)
DROP_PAGE: Final = Statement("addresses.drop_page", delete(address_page).where(_p.first == bindparam("page")))
DROP_OLD: Final = Statement(
    "addresses.drop_old", delete(address_page).where(_p.key_id != bindparam("newest"))
)
