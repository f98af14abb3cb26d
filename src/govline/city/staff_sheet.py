"""The town's staff as a file: `govline export staff FILE`, edited for 人事異動 and handed to `govline people hand-over FILE`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from govline.core import DataClass, Dataset, Transaction
from govline.core.jst import to_jst
from govline.people import People
from govline.people.model import EVERYWHERE, WHOLE_TOWN
from govline.people.service import Standing
from govline.tabular import Column, Table

__all__ = ["staff_sheet"]

_KINDS: Final = {"staff": "職員", "operator": "委託先", "guest": "ゲスト"}


def staff_sheet(people: People) -> Dataset:
    """The dataset `staff`: a row for each member with the department and roles of today, in the columns that a hand-over reads.

    Whoever sits in several departments has an empty 所属: a hand-over asks for it, so that nobody loses one by accident.
    """

    def page(tx: Transaction, after: tuple[Any, ...] | None, limit: int) -> Sequence[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        today, at = to_jst(tx.now).date(), after[0] if after else ""
        while len(found) < limit and (members := people.members(tx, after=at, limit=limit)):
            at = members[-1].member.id
            found += [
                _row(people, tx, each)
                for each in members
                if each.member.left is None or each.member.left > today
            ]
        return found[:limit]

    return Dataset("staff", "職員と役割(人事異動の下書き)", _table, page)


def _table() -> Table:
    personal = DataClass.PERSONAL
    return Table(
        "staff",
        [
            Column("login", "職員番号", required=True, data=personal),
            Column("name", "氏名", data=personal),
            Column("kind", "種別", type="choice", choices=_KINDS),
            Column("department", "所属"),
            Column("roles", "役割"),
            Column("leaves", "退職"),
            Column("member", "管理番号", required=True),
        ],
        key="member",
    )


def _row(people: People, tx: Transaction, each: Standing) -> Mapping[str, Any]:
    policy = people.policy
    places = sorted({grant.department for grant in each.grants})
    labels = {role.id: role.label for role in policy.roles.values() if "・" not in role.label}
    roles = dict.fromkeys(labels.get(grant.role, grant.role) for grant in each.grants)
    known = policy.departments.get(places[0]) if len(places) == 1 else None
    return {
        "login": people.login(tx, each.member.id),
        "name": each.member.label,
        "kind": each.member.kind,
        "department": known.label if known else WHOLE_TOWN if places == [EVERYWHERE] else None,
        "roles": "・".join(roles) or None,
        "leaves": None,
        "member": each.member.id,
    }
