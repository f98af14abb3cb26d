"""Who may do what, and what is wrong with who may do what. Pure decisions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from govline.core import Actor, Reason
from govline.people.definition import PeopleDefinition, read_definition
from govline.people.model import EVERYWHERE, Assignment, Grant, Problem, Role

__all__ = ["RolePolicy", "lint"]

_SHELL: Final = ("cli", "cli")
_NEEDED: Final = ("delivery.approve", "people.manage")
_TOWN_WIDE: Final = frozenset(("audit.read", "erasure.run", "inbox.replay", "people.manage"))
"""What touches the whole town: a role in one department is no right to it."""
_APART: Final = ("delivery.plan", "delivery.approve")


class RolePolicy:
    """The policy of roles and departments; implements `govline.core.permissions.PolicyPort`.

    Args:
        definition: What people.yaml says, or the same as a mapping.
    """

    def __init__(self, definition: PeopleDefinition | Mapping[str, Any] | None = None) -> None:
        self.definition = read_definition(definition)
        self.roles = self.definition.build_roles()
        self.departments = self.definition.build_departments()
        self.verbs = self.definition.known_verbs()

    def refuses(self, actor: Actor, verb: str, *, department: str = EVERYWHERE) -> Reason | None:
        """Why the actor may not do it, or None where they may.

        The town's own work (`system`) is never refused, citizens always. Staff and machines need a role that covers the verb, in
        this department or one above it; a matter of no single department needs the role anywhere, and one that touches the whole town
        (audit, erasure, replays, other people's roles) needs it for the whole town.
        """
        if actor.kind == "system" or self._is_shell(actor):
            return None
        if actor.kind != "citizen" and any(
            self._covers(grant, verb, department) for grant in self.grants(actor)
        ):
            return None
        return self._refusal(verb, department)

    def grants(self, actor: Actor) -> tuple[Grant, ...]:
        """The roles of an actor with where they hold: `department:role`, or a bare role in each of the actor's departments."""
        found: list[Grant] = []
        for text in sorted(actor.roles):
            grant = Grant.parse(text)
            bare = ":" not in text and actor.departments
            found += [Grant(grant.role, part) for part in sorted(actor.departments)] if bare else [grant]
        return tuple(found)

    def allowed(self, grants: Iterable[Grant], verb: str, department: str = EVERYWHERE) -> bool:
        """Whether any of the grants covers the verb there."""
        return any(self._covers(grant, verb, department) for grant in grants)

    def path(self, department: str) -> tuple[str, ...]:
        """A department and all those above it, the nearest first; an unknown one stands alone."""
        steps, at = [department], self.departments.get(department)
        while at is not None and at.parent:
            steps.append(at.parent)
            at = self.departments.get(at.parent)
        return tuple(steps)

    def _covers(self, grant: Grant, verb: str, department: str) -> bool:
        role = self.roles.get(grant.role)
        if role is None or not role.allows(verb):
            return False
        if department == EVERYWHERE and verb in _TOWN_WIDE:
            return grant.department == EVERYWHERE
        return EVERYWHERE in (grant.department, department) or grant.department in self.path(department)

    def _is_shell(self, actor: Actor) -> bool:
        return self.definition.shell and actor.kind == "staff" and (actor.id, actor.channel) == _SHELL

    def _refusal(self, verb: str, department: str) -> Reason:
        could = [role for role in self.roles.values() if role.allows(verb)]
        what = self.verbs.get(verb, verb)
        known = self.departments.get(department)
        where = f"({known.label if known else department})" if department else ""
        who = "、".join(role.label for role in could)
        remedy = f"できる役割: {who}" if could else "この町には、できる役割がありません"
        return Reason(
            "GL-1500",
            f"「{what}」{where}の権限がありません。{remedy}。",
            {"verb": verb, "department": department, "roles": [role.id for role in could]},
        )


def lint(
    policy: RolePolicy, assignments: Sequence[Assignment] = (), day: date | None = None
) -> list[Problem]:
    """What is wrong with a definition, and with who holds what on a day; sentences for staff, none when all is well.

    Args:
        assignments: Who holds what; what concerns persons is not looked at where there are none.
        day: On which they are looked at.
    """
    problems = [*_definition_problems(policy)]
    if assignments and day is not None:
        problems += _assignment_problems(policy, [each for each in assignments if each.holds(day)])
    return problems


def _definition_problems(policy: RolePolicy) -> Iterable[Problem]:
    for role in policy.roles.values():
        for pattern in role.verbs:
            if not any(Role(role.id, role.label, (pattern,)).allows(verb) for verb in policy.verbs):
                yield Problem(f"roles.{role.id}", f"「{pattern}」に当たる操作はありません")
        if role.verbs != ("*",) and all(role.allows(verb) for verb in _APART):
            yield Problem(
                f"roles.{role.id}", f"「{role.label}」は一人で配信を作って承認できます。役割を分けてください"
            )
    for verb in _NEEDED:
        if not any(role.allows(verb) for role in policy.roles.values()):
            yield Problem("roles", f"「{policy.verbs[verb]}」ことのできる役割がありません")


def _assignment_problems(policy: RolePolicy, held: Sequence[Assignment]) -> Iterable[Problem]:
    by_member: dict[str, list[Grant]] = {}
    for each in held:
        by_member.setdefault(each.member, []).append(Grant(each.role, each.department))
        if each.role not in policy.roles:
            yield Problem(f"assignment {each.id}", f"役割「{each.role}」は定義されていません")
        if each.department and each.department not in policy.departments:
            yield Problem(f"assignment {each.id}", f"部署「{each.department}」は定義されていません")
    for verb in _NEEDED:
        if not any(policy.allowed(grants, verb) for grants in by_member.values()):
            yield Problem("people", f"「{policy.verbs[verb]}」ことのできる職員がいません")
    for member, grants in sorted(by_member.items()):
        places = {grant.department for grant in grants}
        if any(all(policy.allowed(grants, verb, place) for verb in _APART) for place in places):
            yield Problem(f"member {member}", "一人で配信を作って承認できます")
    used = {each.role for each in held}
    for role in policy.roles.values():
        if role.id not in used:
            yield Problem(f"roles.{role.id}", f"役割「{role.label}」を持つ職員がいません")
