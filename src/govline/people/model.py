"""Words of the room: verbs, roles, departments, staff, assignments and moves. Frozen values."""

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

from attrs import field, frozen

from govline.core import Id
from govline.core.values import frozen_map, frozen_tuple

__all__ = [
    "EVERYWHERE",
    "VERBS",
    "WHOLE_TOWN",
    "Assignment",
    "Department",
    "Grant",
    "HandOver",
    "Member",
    "MemberKind",
    "Move",
    "Problem",
    "Role",
]

VERBS: Final[Mapping[str, str]] = {
    "audit.read": "監査記録を見る",
    "calendar.close": "予約枠を中止・再開し、予約者に知らせる",
    "calendar.desk": "窓口・電話で予約を扱う",
    "calendar.groups": "予約の登録団体を審査する",
    "calendar.override": "規則や定員を超えて予約を入れる",
    "calendar.publish": "予約の設定を公開する",
    "calendar.reconcile": "予約数の照合で直す",
    "data.export": "データを書き出す",
    "data.import": "データを取り込む",
    "delivery.approve": "配信を承認する",
    "delivery.cancel": "配信を止める",
    "delivery.plan": "配信を作る",
    "delivery.send": "配信を送る",
    "erasure.run": "住民のデータを消去する",
    "inbox.replay": "受信を処理し直す",
    "people.manage": "職員の権限を変える",
    "web.staff": "職員のページを開く",
}
"""The verbs that govline's own services ask for, as staff read them. A town's definition may add the verbs of a vendor."""

EVERYWHERE: Final = ""
"""In the place of a department: the whole town."""
WHOLE_TOWN: Final = "全庁"
"""The same in a list of staff."""

MemberKind = Literal["staff", "operator", "guest"]
"""職員, 委託先 (contractor), and a guest who is here for a while."""


@frozen
class Role:
    """A named set of verbs; `delivery.*` and `*` are wildcards."""

    id: str
    label: str
    verbs: tuple[str, ...] = field(converter=frozen_tuple)

    def allows(self, verb: str) -> bool:
        """Whether one of the patterns covers the verb."""
        return any(
            pattern in ("*", verb) or (pattern.endswith(".*") and verb.startswith(pattern[:-1]))
            for pattern in self.verbs
        )


@frozen
class Department:
    """A department and the one it belongs to; whoever acts for a department acts for those below it too."""

    id: str
    label: str
    parent: str = EVERYWHERE


@frozen
class Grant:
    """A role in a department, as an actor carries it: `kosodate:editor`, or `*:editor` for the whole town."""

    role: str
    department: str = EVERYWHERE

    @property
    def text(self) -> str:
        """The form in `Actor.roles`."""
        return f"{self.department or '*'}:{self.role}"

    @classmethod
    def parse(cls, text: str) -> "Grant":
        """Read `department:role`; a bare `role` counts for the whole town."""
        department, colon, role = text.rpartition(":")
        return cls(role, EVERYWHERE if not colon or department == "*" else department)


@frozen
class Assignment:
    """Who holds which role where, from a day on; `ends` is the first day on which it no longer holds (from midnight, JST)."""

    id: Id
    member: Id
    role: str
    department: str
    starts: date
    ends: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it counts on this day."""
        return self.starts <= day and (self.ends is None or day < self.ends)


@frozen
class Member:
    """A member of staff. The label is personal: in no repr."""

    id: Id
    label: str = field(repr=False)
    kind: MemberKind = "staff"
    left: date | None = None


@frozen
class Move:
    """One line of a 人事異動: where a member goes.

    Args:
        member: Their id here.
        department: The new one; with `leaves` it counts for nothing.
        roles: What they hold there; what they held before where omitted.
        leaves: 退職, 出向, end of contract: they lose everything.
    """

    member: Id
    department: str = EVERYWHERE
    roles: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    leaves: bool = False


@frozen
class Problem:
    """What is wrong with a definition, a list or a plan: the place, and a sentence for staff."""

    place: str
    text: str


@frozen
class HandOver:
    """What a list of moves does from a day on.

    Args:
        effective: The first day of the new order.
        ends: Assignments that end. `starts`: assignments that begin. `leavers`: members who lose everything.
        problems: Why it cannot be done; nothing is written when there is one.
        warnings: What it leaves behind: verbs that nobody could use any more.
        unchanged: Members whom the list leaves where and what they are.
        open_work: By member, what waits for them and now waits for their department: kind to count.
        id: Of the stored hand-over, "" for a dry run; `undo` takes it.
    """

    effective: date
    ends: tuple[Assignment, ...] = field(converter=frozen_tuple)
    starts: tuple[Assignment, ...] = field(converter=frozen_tuple)
    leavers: tuple[Id, ...] = field(converter=frozen_tuple)
    problems: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)
    warnings: tuple[Problem, ...] = field(default=(), converter=frozen_tuple)
    unchanged: tuple[Id, ...] = field(default=(), converter=frozen_tuple)
    open_work: Mapping[Id, Mapping[str, int]] = field(factory=dict, converter=frozen_map, hash=False)
    id: Id = ""
