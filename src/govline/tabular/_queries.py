"""The statements of tabular."""

from datetime import datetime
from typing import Any, Final

from attrs import field, frozen
from sqlalchemy import Integer, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.core import Id
from govline.store import Statement
from govline.store.columns import InstantColumn
from govline.tabular._tables import changes, imports

__all__ = [
    "ADD_CHANGE",
    "CHANGES_AFTER",
    "CHANGES_BACK",
    "CLOSE_OLD",
    "ERASE",
    "FORGET_CHANGE",
    "IMPORTS",
    "KEPT",
    "LAST",
    "MOVE",
    "OPEN",
    "PURGE",
    "RENEW",
    "START",
    "TAKE_OVER",
    "Import",
    "Kept",
]


@frozen
class Import:
    """One import.

    Args:
        state: `writing`, `done`, `undoing`, `undone` (taken back, by hand or because it broke off), `closed` (what was before
            is no longer kept).
        digest: SHA-256 of its file.
        rows: Of the file. `added`, `changed`: what it did.
    """

    id: Id
    kind: str
    state: str
    digest: str
    rows: int
    added: int
    changed: int
    actor_kind: str
    actor_id: Id
    started: datetime
    ended: datetime | None
    lease_until: datetime
    token: str = field(repr=False)


@frozen
class Kept:
    """One kept change, as it stands in its table."""

    id: str
    data: str = field(repr=False)
    sealed: bool


_i, _c = imports.c, changes.c
_who: Final[Any] = bindparam("import_id")
_kind: Final[Any] = bindparam("kind")
_limit = bindparam("limit", type_=Integer())
_before = bindparam("before", type_=InstantColumn())

_new: Final[Any] = {column.name: bindparam(column.name) for column in imports.columns}
START: Final = Statement(
    "tabular.start",
    postgresql_insert(imports).values(_new).on_conflict_do_nothing(),
    sqlite=sqlite_insert(imports).values(_new).on_conflict_do_nothing(),
)
RENEW: Final = Statement(
    "tabular.renew",
    update(imports)
    .where(_i.id == _who, _i.token == bindparam("mine"))
    .values(lease_until=bindparam("until", type_=InstantColumn())),
)
MOVE: Final = Statement(
    "tabular.move",
    update(imports)
    .where(_i.id == _who, _i.token == bindparam("mine"), _i.state == bindparam("was"))
    .values(
        state=bindparam("now"),
        ended_at=bindparam("ended", type_=InstantColumn()),
        added=bindparam("adds", type_=Integer()),
        changed=bindparam("changes", type_=Integer()),
    ),
)
TAKE_OVER: Final = Statement(
    "tabular.take_over",
    update(imports)
    .where(_i.id == _who, _i.token == bindparam("seen"), _i.state == bindparam("was"))
    .values(state="undoing", token=bindparam("mine"), lease_until=bindparam("until", type_=InstantColumn())),
)
OPEN: Final = Statement(
    "tabular.open",
    select(imports).where((_i.state == "writing") | (_i.state == "undoing")).order_by(_i.id),
    Import,
)
LAST: Final = Statement(
    "tabular.last",
    select(imports)
    .where(_i.kind == _kind, (_i.state == "done") | (_i.state == "closed"))
    .order_by(_i.id.desc())
    .limit(1),
    Import,
)
IMPORTS: Final = Statement(
    "tabular.imports", select(imports).where(_i.kind == _kind).order_by(_i.id.desc()).limit(_limit), Import
)
ADD_CHANGE: Final = Statement("tabular.add_change", insert(changes))
KEPT: Final = Statement("tabular.kept", select(func.count()).select_from(changes).where(_c.import_id == _who))
CHANGES_BACK: Final = Statement(
    "tabular.changes_back",
    select(_c.id, _c.data, _c.sealed)
    .where(_c.import_id == _who, _c.id < bindparam("below"))
    .order_by(_c.id.desc())
    .limit(_limit),
    Kept,
)
CHANGES_AFTER: Final = Statement(
    "tabular.changes_after",
    select(_c.id, _c.data, _c.sealed)
    .where(_c.import_id == _who, _c.id > bindparam("after"))
    .order_by(_c.id)
    .limit(_limit),
    Kept,
)
FORGET_CHANGE: Final = Statement("tabular.forget_change", delete(changes).where(_c.id == bindparam("row")))
ERASE: Final = Statement("tabular.erase", delete(changes).where(_c.citizen == bindparam("citizen")))
_ended = select(_i.id).where(_i.state == "closed", _i.ended_at < _before)
CLOSE_OLD: Final = Statement(
    "tabular.close_old",
    update(imports).where(_i.state == "done", _i.ended_at < _before).values(state="closed"),
)
PURGE: Final = Statement(
    "tabular.purge",
    delete(changes).where(_c.id.in_(select(_c.id).where(_c.import_id.in_(_ended)).limit(_limit))),
)
