"""The statements of registered groups, and of what is to be paid."""

from datetime import date, datetime
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Integer, bindparam, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from govline.calendar._tables import fees_due, group_members, groups
from govline.core import Id
from govline.store import Statement
from govline.store.columns import InstantColumn

__all__ = [
    "ADD_GROUP",
    "ADD_MEMBER",
    "DECIDE",
    "DROP_ABANDONED",
    "DROP_DUE",
    "DROP_MEMBER",
    "DUE_OF",
    "FORGET_MEMBER",
    "GROUP",
    "GROUPS",
    "GROUPS_OF_CITIZEN",
    "MEMBERS",
    "OWE",
    "PAID",
    "GroupRow",
]


@frozen
class GroupRow:
    """A registered group as it stands."""

    id: Id
    label: str
    kind: str
    state: str
    rate: int
    until: date | None
    purposes: Any
    asked: datetime
    decided: datetime | None


_GROUP = select(
    groups.c.id,
    groups.c.label,
    groups.c.kind,
    groups.c.state,
    groups.c.rate,
    groups.c.good_until,
    groups.c.purposes,
    groups.c.asked_at,
    groups.c.decided_at,
)

# --- groups ---
GROUP: Final = Statement("calendar.group", _GROUP.where(groups.c.id == bindparam("group")), GroupRow)
GROUPS: Final = Statement(
    "calendar.groups",
    _GROUP.where(groups.c.state == bindparam("state"), groups.c.id > bindparam("after"))
    .order_by(groups.c.id)
    .limit(bindparam("limit", type_=Integer)),
    GroupRow,
)
GROUPS_OF_CITIZEN: Final = Statement(
    "calendar.groups_of_citizen",
    _GROUP.join(group_members, group_members.c.group_id == groups.c.id)
    .where(group_members.c.citizen == bindparam("who"))
    .order_by(groups.c.id)
    .limit(bindparam("limit", type_=Integer)),
    GroupRow,
)
MEMBERS: Final = Statement(
    "calendar.group_members",
    select(group_members.c.citizen)
    .where(group_members.c.group_id == bindparam("group"))
    .order_by(group_members.c.citizen),
)
ADD_GROUP: Final = Statement("calendar.add_group", groups.insert())
DECIDE: Final = Statement(
    "calendar.decide_group",
    update(groups)
    .where(
        groups.c.id == bindparam("group"),
        groups.c.state == bindparam("was"),
        groups.c.decided_at.is_not_distinct_from(bindparam("then", type_=InstantColumn)),
    )
    .values(
        state=bindparam("now_is"),
        kind=bindparam("class_"),
        rate=bindparam("per_cent", type_=Integer),
        good_until=bindparam("until", type_=groups.c.good_until.type),
        purposes=bindparam("for_", type_=groups.c.purposes.type),
        decided_at=bindparam("now", type_=InstantColumn),
    ),
)
ADD_MEMBER: Final = Statement(
    "calendar.add_member",
    postgresql_insert(group_members).on_conflict_do_nothing(),
    sqlite=sqlite_insert(group_members).on_conflict_do_nothing(),
)
DROP_MEMBER: Final = Statement(
    "calendar.drop_member",
    delete(group_members).where(
        group_members.c.group_id == bindparam("group_id"), group_members.c.citizen == bindparam("citizen")
    ),
)
FORGET_MEMBER: Final = Statement(
    "calendar.forget_member", delete(group_members).where(group_members.c.citizen == bindparam("who"))
)
# What nobody acts for and nobody registered: its name may be a person's.
DROP_ABANDONED: Final = Statement(
    "calendar.drop_abandoned_group",
    delete(groups).where(
        groups.c.id == bindparam("group"),
        groups.c.state != "approved",
        ~exists(select(group_members.c.citizen).where(group_members.c.group_id == groups.c.id)),
    ),
)

# --- what is to be paid ---


def _owe(build: Any) -> Any:
    made = build(fees_due)
    return made.on_conflict_do_update(index_elements=["booking_id"], set_={"due_at": made.excluded.due_at})


OWE: Final = Statement("calendar.owe", _owe(postgresql_insert), sqlite=_owe(sqlite_insert))
DUE_OF: Final = Statement(
    "calendar.due_of",
    select(fees_due.c.due_at, fees_due.c.paid_at).where(fees_due.c.booking_id == bindparam("booking")),
)
PAID: Final = Statement(
    "calendar.paid",
    update(fees_due)
    .where(fees_due.c.booking_id == bindparam("booking"), fees_due.c.paid_at.is_(None))
    .values(paid_at=bindparam("now", type_=InstantColumn), billed=bindparam("bill", type_=Integer)),
)
DROP_DUE: Final = Statement(
    "calendar.drop_due",
    delete(fees_due).where(fees_due.c.booking_id == bindparam("booking"), fees_due.c.paid_at.is_(None)),
)
