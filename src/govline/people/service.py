"""Staff of the town: who they are, what they hold on a day, and the hand-over at 人事異動."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from attrs import evolve, frozen

from govline.core import Actor, Event, Expiry, Id, Ref, SealedColumn, Transaction
from govline.core.jst import to_jst
from govline.errors import InputError, StoreError
from govline.people import _queries as q
from govline.people.model import EVERYWHERE, Assignment, Grant, HandOver, Member, MemberKind, Move, Problem
from govline.people.moves import plan_moves, read_moves
from govline.people.rules import RolePolicy, lint
from govline.store import sealed

__all__ = ["LABEL", "LOGIN", "OpenWork", "People", "Standing"]

LOGIN: Final = SealedColumn("gl_people_member", "login", lookup="login_hash", purpose="people.login")
LABEL: Final = SealedColumn("gl_people_member", "label")
OpenWork = Callable[[Transaction, Id], Mapping[str, int]]
"""How much of each kind waits for a member."""
_PAGE: Final = 500
_NOTICE: Final = timedelta(days=21)
_MANAGE: Final = "people.manage"
_NOT_ONESELF: Final = "自分に新しい役割は与えられません。ほかの管理者に頼んでください。"


@frozen
class Standing:
    """A member with what they hold on a day."""

    member: Member
    grants: tuple[Grant, ...]


class People:
    """The bound service: `city.people`.

    Args:
        policy: The town's roles and departments.
    """

    def __init__(self, policy: RolePolicy | None = None) -> None:
        self.policy = policy or RolePolicy()
        self._open_work: tuple[OpenWork, ...] = ()

    def bind_open_work(self, sources: Sequence[OpenWork]) -> None:
        """Let the features tell what waits for a member; the City calls it."""
        self._open_work = tuple(sources)

    def add(self, tx: Transaction, login: str, label: str, *, kind: MemberKind = "staff") -> Id:
        """Make a member known, without any rights; the member already there when the login is known.

        Args:
            login: As the town's own login names them: 職員番号, an address, a subject of OIDC. Sealed.
            label: As colleagues read it. Sealed.
        """
        self._may(tx)
        known = self._find(tx, login)
        if known is not None:
            return known.id
        row = tx.new_id()
        member = {
            "id": row,
            "login_hash": sealed.hashed(tx, LOGIN, login),
            "login": sealed.seal_value(tx, LOGIN, row, login),
            "label": sealed.seal_value(tx, LABEL, row, label),
            "kind": kind,
            "left_on": None,
            "made_at": tx.now,
        }
        if not tx.write(q.ADD_MEMBER, member):
            return self.add(tx, login, label, kind=kind)  # somebody was quicker
        tx.audit("people.add", Ref("people.member", row), {"kind": kind})
        return row

    def assign(
        self,
        tx: Transaction,
        member: Id,
        role: str,
        department: str = EVERYWHERE,
        *,
        starts: date | None = None,
        ends: date | None = None,
    ) -> Id:
        """Give a member a role in a department, from a day on (today where omitted).

        Args:
            ends: The first day without it; required for operators and guests.

        Raises:
            InputError: GL-1500 not the actor's to give, or to themselves; GL-1501 unknown member, role or department, an end
                before the beginning, or an operator without an end.
        """
        self._may(tx, department)
        if (tx.actor.kind, tx.actor.id) == ("staff", member):
            raise InputError(_NOT_ONESELF, code="GL-1500", place={"verb": _MANAGE})
        self._lock(tx, member)
        stored = self._member(tx, member)
        first = starts or to_jst(tx.now).date()
        if role not in self.policy.roles or (department and department not in self.policy.departments):
            raise _wrong("no such role or department", "people.yaml names them", member)
        if ends is not None and ends <= first:
            raise _wrong("it ends before it begins", "`ends` is the first day without the role", member)
        if stored.kind != "staff" and ends is None:
            raise _wrong("operators and guests need an end", "pass ends=", member)
        given = Assignment(tx.new_id(), member, role, department, first, ends)
        if stored.left_on is not None and stored.left_on <= first:
            tx.write(q.RETURN, {"row": member, "day": stored.left_on})
        self._write(tx, given)
        tx.audit(
            "people.assign", Ref("people.member", member), {"role": role, "department": department or "*"}
        )
        return given.id

    def end(self, tx: Transaction, member: Id, assignment: Id, on: date | None = None) -> bool:
        """Let an assignment end at the beginning of a day (today where omitted); whether it was standing."""
        day = on or to_jst(tx.now).date()
        self._lock(tx, member)
        for each in tx.all(q.OF_MEMBER, {"who": member}):
            self._may(tx, each.department)
            if each.id == assignment and (each.ends is None or each.ends > day):
                tx.write(q.END, {"row": assignment, "seen": each.ends, "day": day})
                tx.audit("people.end", Ref("people.member", member), {"assignment": assignment})
                return True
        return False

    def actor(self, tx: Transaction, login: str, *, channel: str = "web") -> Actor | None:
        """The actor of a login as of today, for the town's login to hand to services; None for strangers and leavers.

        Ask anew at every request: rights end at midnight, not when a browser session does.
        """
        stored = self._find(tx, login)
        return None if stored is None else self.actor_of(tx, stored.id, channel=channel)

    def actor_of(self, tx: Transaction, member: Id, *, channel: str = "web") -> Actor | None:
        """Likewise, of a member's id."""
        stored: q.StoredMember | None = tx.one(q.MEMBER, {"row": member})
        day = to_jst(tx.now).date()
        if stored is None or (stored.left_on is not None and stored.left_on <= day):
            return None
        grants = self._grants(tx, member, day)
        return Actor(
            "staff",
            member,
            channel,
            roles=frozenset(grant.text for grant in grants),
            departments=frozenset(grant.department for grant in grants if grant.department),
        )

    def login(self, tx: Transaction, member: Id) -> str:
        """A member's login, for a list of staff; personal, never for a log.

        Raises:
            InputError: GL-1501 unknown member.
        """
        stored = self._member(tx, member)
        return sealed.open_value(tx, LOGIN, stored.id, stored.login)

    def members(
        self, tx: Transaction, *, after: Id = "", limit: int = _PAGE, on: date | None = None
    ) -> list[Standing]:
        """A page of members with what they hold on a day (today where omitted); pass the last id as `after`."""
        day = on or to_jst(tx.now).date()
        return [
            Standing(self._opened(tx, stored), self._grants(tx, stored.id, day))
            for stored in tx.all(q.MEMBERS, {"after": after, "limit": limit})
        ]

    def who_may(self, tx: Transaction, verb: str, department: str = EVERYWHERE) -> list[Id]:
        """Members who may do something there today."""
        day = to_jst(tx.now).date()
        held: dict[Id, list[Grant]] = {}
        for each in tx.all(q.STANDING, {"day": day}):
            if each.holds(day):
                held.setdefault(each.member, []).append(Grant(each.role, each.department))
        return [member for member, grants in held.items() if self.policy.allowed(grants, verb, department)]

    def hand_over(
        self, tx: Transaction, moves: Sequence[Move], effective: date, *, dry_run: bool = False
    ) -> HandOver:
        """Carry a 人事異動 out from a day on, or only tell what it would do. All of it or, with problems, nothing.

        Leavers lose everything at the midnight with which the day begins; who left before and is moved is back. What waits for a
        moved member is listed; it waits for whoever may do it in the department now. Tells `people.moved` of each.
        """
        self._may(tx)
        if not dry_run:
            self._lock(tx, *(move.member for move in moves))
        standing = tx.all(q.STANDING, {"day": effective})
        plan = plan_moves(self.policy, moves, standing, effective, tx.new_id)
        known: dict[Id, q.StoredMember | None] = {
            move.member: tx.one(q.MEMBER, {"row": move.member}) for move in moves
        }
        problems = [*plan.problems, *self._unfit(tx, moves, known, standing)]
        work = {move.member: found for move in moves if (found := self._waiting(tx, move.member))}
        plan = evolve(plan, problems=problems, open_work=work)
        if dry_run or plan.problems:
            return plan
        back = {
            move.member: stored.left_on
            for move in moves
            if not move.leaves
            and (stored := known[move.member]) is not None
            and stored.left_on is not None
            and stored.left_on <= effective
        }
        for member, left in back.items():
            tx.write(q.RETURN, {"row": member, "day": left})
        for each in plan.ends:
            tx.write(q.END, {"row": each.id, "seen": each.ends, "day": effective})
        for each in plan.starts:
            self._write(tx, each)
        for member in plan.leavers:
            tx.write(q.LEAVE, {"row": member, "day": effective})
        return evolve(plan, id=self._note(tx, plan, moves, back))

    def read_moves(self, tx: Transaction, data: bytes) -> tuple[list[Move], list[Problem]]:
        """Read the list that personnel hand out; see `govline.people.moves.read_moves`."""

        def member_of(login: str) -> Id | None:
            stored = self._find(tx, login)
            return None if stored is None else stored.id

        return read_moves(data, member_of, self.policy)

    def undo(self, tx: Transaction, hand_over: Id) -> int:
        """Put everything back as it was before a hand-over; how many assignments were put back or taken away.

        Raises:
            StoreError: GL-1502 no such hand-over, undone already, or what it wrote was changed since: nothing is undone.
        """
        self._may(tx)
        stored: q.StoredHandOver | None = tx.one(q.HAND_OVER, {"row": hand_over})
        if stored is None or not tx.write(q.UNDO, {"row": hand_over, "now": tx.now}):
            raise _not_undone(hand_over, "there is no such hand-over, or it was undone")
        document = stored.document
        done = 0
        for row, until in document["starts"].items():
            done += tx.write(q.DROP_ASSIGNMENT, {"row": row, "seen": _day(until)})
        for row, before in document["ends"].items():
            seen = _day(before)
            done += tx.write(q.RESTORE, {"row": row, "day": stored.effective, "seen": seen})
        if done != len(document["starts"]) + len(document["ends"]):
            raise _not_undone(hand_over, "assignments were changed since")
        for member in document["leavers"]:
            tx.write(q.RETURN, {"row": member, "day": stored.effective})
        for member, left in document["back"].items():
            tx.write(q.LEAVE, {"row": member, "day": _day(left)})
        tx.audit("people.undo", Ref("people.hand_over", hand_over), {"assignments": done})
        return done

    def expiries(self, tx: Transaction) -> list[Expiry]:
        """The ends of contractors' and guests' roles, by the day on which they hold for the last time."""
        day = to_jst(tx.now).date()
        ending: dict[date, int] = {}
        for each in tx.all(q.STANDING, {"day": day}):
            if each.ends is not None and self._member(tx, each.member).kind != "staff":
                last = each.ends - timedelta(days=1)
                ending[last] = ending.get(last, 0) + 1
        return [
            Expiry(f"委託先とゲストの役割 {number}件", last, "続けるなら govline people assign", _NOTICE)
            for last, number in sorted(ending.items())
        ]

    def check(self, tx: Transaction) -> list[Problem]:
        """What is wrong with the definition and with who holds what today."""
        day = to_jst(tx.now).date()
        return lint(self.policy, tx.all(q.STANDING, {"day": day}), day)

    def forget(self, tx: Transaction, member: Id) -> None:
        """Erase a member of staff: login, name and roles. The audit keeps their pseudonym, which then leads to nobody."""
        self._may(tx)
        tx.write(q.FORGET_MEMBER, {"row": member})
        tx.write(q.FORGET_ASSIGNMENTS, {"who": member})
        tx.audit("people.forget", Ref("staff", member))

    def _may(self, tx: Transaction, department: str = EVERYWHERE) -> None:
        """Refuse whoever may not change people there; what concerns the whole town needs the role in the whole town."""
        reason = self.policy.refuses(tx.actor, _MANAGE, department=department)
        if reason is not None:
            raise InputError(reason.text, code="GL-1500", place={"verb": _MANAGE})

    def _write(self, tx: Transaction, given: Assignment) -> None:
        row: dict[str, Any] = {
            "id": given.id,
            "member": given.member,
            "role": given.role,
            "department": given.department,
            "starts": given.starts,
            "ends": given.ends,
        }
        tx.write(q.ADD_ASSIGNMENT, row)

    def _lock(self, tx: Transaction, *members: Id) -> None:
        """Let nobody else change what these members hold until the commit; in one order, so that nobody waits in a ring."""
        for member in sorted({*members}):
            tx.one(q.LOCK_MEMBER, {"row": member})

    def _unfit(
        self,
        tx: Transaction,
        moves: Sequence[Move],
        known: Mapping[Id, q.StoredMember | None],
        standing: Sequence[Assignment],
    ) -> Iterator[Problem]:
        """Why a list cannot be carried out by this actor for these members."""
        for move in moves:
            stored = known[move.member]
            held = {each.role for each in standing if each.member == move.member}
            if stored is None:
                yield Problem(move.member, "登録されていない職員です")
            elif stored.kind != "staff" and not move.leaves and {*move.roles} - held:
                yield Problem(move.member, "委託先とゲストの新しい役割には期限が要ります")
            if (tx.actor.kind, tx.actor.id) == ("staff", move.member) and {*move.roles} - held:
                yield Problem(move.member, _NOT_ONESELF)

    def _note(self, tx: Transaction, plan: HandOver, moves: Sequence[Move], back: Mapping[Id, date]) -> Id:
        row = tx.new_id()
        document = {
            "ends": {each.id: each.ends.isoformat() if each.ends else "" for each in plan.ends},
            "starts": {each.id: each.ends.isoformat() if each.ends else "" for each in plan.starts},
            "leavers": [*plan.leavers],
            "back": {member: left.isoformat() for member, left in back.items()},
        }
        tx.write(
            q.ADD_HAND_OVER,
            {
                "id": row,
                "effective": plan.effective,
                "made_at": tx.now,
                "document": document,
                "undone_at": None,
            },
        )
        counts = {"ends": len(plan.ends), "starts": len(plan.starts), "leavers": len(plan.leavers)}
        tx.audit("people.hand_over", Ref("people.hand_over", row), counts)
        before: dict[Id, list[str]] = {}
        for each in plan.ends:
            before.setdefault(each.member, []).append(each.department)
        for move in moves:
            if move.member in plan.unchanged:
                continue
            facts = {
                "from": sorted(set(before.get(move.member, []))),
                "to": move.department,
                "leaves": move.leaves,
            }
            data = {**facts, "effective": plan.effective.isoformat()}
            tx.emit(Event("people.moved", Ref("people.member", move.member), data=data))
        return row

    def _waiting(self, tx: Transaction, member: Id) -> dict[str, int]:
        found: dict[str, int] = {}
        for source in self._open_work:
            found.update({kind: number for kind, number in source(tx, member).items() if number})
        return found

    def _grants(self, tx: Transaction, member: Id, day: date) -> tuple[Grant, ...]:
        return tuple(
            Grant(each.role, each.department)
            for each in tx.all(q.OF_MEMBER, {"who": member})
            if each.holds(day)
        )

    def _find(self, tx: Transaction, login: str) -> q.StoredMember | None:
        for value in sealed.lookups(tx, LOGIN, login):
            stored: q.StoredMember | None = tx.one(q.FIND_MEMBER, {"hash": value})
            if stored is not None:
                return stored
        return None

    def _member(self, tx: Transaction, member: Id) -> q.StoredMember:
        stored: q.StoredMember | None = tx.one(q.MEMBER, {"row": member})
        if stored is None:
            raise _wrong("no such member", "People.add makes one known", member)
        return stored

    def _opened(self, tx: Transaction, stored: q.StoredMember) -> Member:
        label = sealed.open_value(tx, LABEL, stored.id, stored.label)
        return Member(stored.id, label, _kind(stored.kind), stored.left_on)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _kind(text: str) -> MemberKind:
    return "operator" if text == "operator" else "guest" if text == "guest" else "staff"


def _wrong(message: str, hint: str, member: Id) -> InputError:
    return InputError(message, code="GL-1501", hint=hint, place={"member": member})


def _not_undone(hand_over: Id, why: str) -> StoreError:
    return StoreError(
        f"the hand-over cannot be undone: {why}",
        code="GL-1502",
        hint="write a new list that moves people back",
        place={"hand_over": hand_over},
    )
