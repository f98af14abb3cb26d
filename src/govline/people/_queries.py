"""The statements of people."""

from datetime import date
from typing import Any, Final

from attrs import frozen
from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.core import Id, Json
from govline.people._tables import assignments, hand_overs, members
from govline.people.model import Assignment
from govline.store import Statement
from govline.store.columns import DateColumn, InstantColumn

__all__ = [
    "ADD_ASSIGNMENT",
    "ADD_HAND_OVER",
    "ADD_MEMBER",
    "DROP_ASSIGNMENT",
    "END",
    "FIND_MEMBER",
    "FORGET_ASSIGNMENTS",
    "FORGET_MEMBER",
    "HAND_OVER",
    "LEAVE",
    "LOCK_MEMBER",
    "MEMBER",
    "MEMBERS",
    "OF_MEMBER",
    "RESTORE",
    "RETURN",
    "STANDING",
    "UNDO",
    "StoredHandOver",
    "StoredMember",
]

_m, _a, _h = members.c, assignments.c, hand_overs.c


@frozen
class StoredMember:
    """A member as the table holds them: login and label sealed."""

    id: Id
    login: str
    label: str
    kind: str
    left_on: date | None


@frozen
class StoredHandOver:
    """A hand-over that was written."""

    id: Id
    effective: date
    document: Json
    undone: bool


def _stored(row: Id, effective: date, document: Json, undone_at: object) -> StoredHandOver:
    return StoredHandOver(row, effective, document, undone_at is not None)


_MEMBER = [_m.id, _m.login, _m.label, _m.kind, _m.left_on]
_ASSIGNMENT = [_a.id, _a.member, _a.role, _a.department, _a.starts, _a.ends]
_day = bindparam("day", type_=DateColumn())

_new: Final[Any] = {column.name: bindparam(column.name) for column in members.columns}
ADD_MEMBER = Statement(
    "people.add_member",
    postgresql_insert(members).values(_new).on_conflict_do_nothing(),
    sqlite=sqlite_insert(members).values(_new).on_conflict_do_nothing(),
)
FIND_MEMBER = Statement(
    "people.find_member", select(*_MEMBER).where(_m.login_hash == bindparam("hash")), StoredMember
)
MEMBER = Statement("people.member", select(*_MEMBER).where(_m.id == bindparam("row")), StoredMember)
_locked = select(_m.id).where(_m.id == bindparam("row"))
LOCK_MEMBER = Statement("people.lock_member", _locked, postgresql=_locked.with_for_update())
MEMBERS = Statement(
    "people.members",
    select(*_MEMBER).where(_m.id > bindparam("after")).order_by(_m.id).limit(bindparam("limit")),
    StoredMember,
)
LEAVE = Statement("people.leave", update(members).where(_m.id == bindparam("row")).values(left_on=_day))
RETURN = Statement(
    "people.return",
    update(members).where(_m.id == bindparam("row"), _m.left_on == _day).values(left_on=None),
)
FORGET_MEMBER = Statement("people.forget_member", delete(members).where(_m.id == bindparam("row")))
ADD_ASSIGNMENT = Statement("people.add_assignment", assignments.insert())
OF_MEMBER = Statement(
    "people.of_member", select(*_ASSIGNMENT).where(_a.member == bindparam("who")).order_by(_a.id), Assignment
)
STANDING = Statement(
    "people.standing",
    select(*_ASSIGNMENT).where(or_(_a.ends.is_(None), _a.ends > _day)).order_by(_a.id),
    Assignment,
)
_seen = bindparam("seen", type_=DateColumn())
END = Statement(
    "people.end",
    update(assignments)
    .where(_a.id == bindparam("row"), _a.ends.is_not_distinct_from(_seen))
    .values(ends=_day),
)
RESTORE = Statement(
    "people.restore",
    update(assignments).where(_a.id == bindparam("row"), _a.ends == _day).values(ends=_seen),
)
DROP_ASSIGNMENT = Statement(
    "people.drop_assignment",
    delete(assignments).where(_a.id == bindparam("row"), _a.ends.is_not_distinct_from(_seen)),
)
FORGET_ASSIGNMENTS = Statement(
    "people.forget_assignments", delete(assignments).where(_a.member == bindparam("who"))
)
ADD_HAND_OVER = Statement("people.add_hand_over", hand_overs.insert())
HAND_OVER = Statement(
    "people.hand_over",
    select(_h.id, _h.effective, _h.document, _h.undone_at).where(_h.id == bindparam("row")),
    _stored,
)
UNDO = Statement(
    "people.undo",
    update(hand_overs)
    .where(_h.id == bindparam("row"), _h.undone_at.is_(None))
    .values(undone_at=bindparam("now", type_=InstantColumn())),
)
