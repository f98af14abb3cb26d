"""登録団体: asked for, looked at by staff, approved with a class, a rate and an end; whoever acts for one books as it."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from attrs import evolve

from govline.calendar import group_news, requests
from govline.calendar._queries import known
from govline.calendar._queries import terms as q
from govline.calendar._queries.terms import GroupRow
from govline.calendar.conditions import acting_group
from govline.calendar.mandate import forbidden
from govline.calendar.model import Policy, Refused
from govline.calendar.reasons import because
from govline.calendar.reminding import Quiet
from govline.calendar.terms import Group
from govline.core import ALLOW_ALL, CitizenId, Event, Id, PolicyPort, Ref, Transaction
from govline.core.individual_number import guard
from govline.core.texts import Texts
from govline.errors import InputError
from govline.store import Statement

__all__ = ["GroupRow", "Groups"]

_WHOLE: Final = 100
_PAGE: Final = 200
_LONGEST: Final = 60
_WAITING: Final = 3
_VERB: Final = "calendar.groups"
_DESK: Final = "calendar.desk"


class Groups:
    """The registered groups of a calendar; `calendar.groups`.

    Args:
        policy: Who may decide (`calendar.groups`), and who may hand in what came on paper (`calendar.desk`).
        texts: What is told of a decision; nobody is told where omitted. `quiet`: the town's quiet hours, which it waits for.
    """

    def __init__(
        self, policy: PolicyPort = ALLOW_ALL, texts: Texts | None = None, quiet: Quiet | None = None
    ) -> None:
        self._policy = policy
        self._texts = texts
        self._quiet = quiet

    # --- asked for ---

    def ask(
        self,
        tx: Transaction,
        label: str,
        kind: str,
        citizen: CitizenId | None = None,
        *,
        key: str,
        purposes: Iterable[str] = (),
    ) -> Id | Refused:
        """Ask for registration; it waits for staff.

        Args:
            label: The group's name. `kind`: the 減免 class asked for. `purposes`: what it will book for.
            citizen: Who acts for it; of one citizen three may wait.
            key: Idempotency key; the same request again gives the same group.

        Raises:
            InputError: GL-2007, no name or class, or a name that is too long; GL-2001, the key was used for something else.
        """
        name = label.strip()
        if not name or not kind or len(name) > _LONGEST:
            raise _wrong("a group has a name of at most 60 characters, and a class")
        guard(name)

        def work() -> Id | Refused:
            refused = forbidden(tx, self._policy, _DESK) if tx.actor.kind == "staff" else None
            if refused is not None:
                return refused
            return self._asked(tx, name, kind, citizen, sorted(purposes))

        return requests.once(
            tx,
            key,
            "group",
            {"label": label, "kind": kind, "citizen": citizen},
            work,
            citizen=citizen,
            write=lambda group: {"group": group},
            read=lambda said: str(said["group"]),
        )

    def _asked(
        self, tx: Transaction, label: str, kind: str, citizen: CitizenId | None, purposes: list[str]
    ) -> Id | Refused:
        mine = self.of_citizen(tx, citizen) if citizen is not None else ()
        if sum(group.state == "asked" for group in mine) >= _WAITING:
            return Refused([because("groups_waiting", limit=_WAITING)])
        group = tx.new_id()
        row = {
            "id": group,
            "label": label,
            "kind": kind,
            "state": "asked",
            "rate": 0,
            "good_until": None,
            "purposes": purposes,
            "asked_at": tx.now,
            "decided_at": None,
        }
        tx.write(q.ADD_GROUP, row)
        if citizen is not None:
            tx.write(q.ADD_MEMBER, {"group_id": group, "citizen": citizen})
        return group

    # --- decided ---

    def approve(
        self,
        tx: Transaction,
        group: Id,
        *,
        rate: int,
        until: date | None,
        reason: str,
        kind: str = "",
        purposes: Iterable[str] | None = None,
        seen: GroupRow | None = None,
    ) -> GroupRow | Refused:
        """Approve it, or renew it; the rate is stored and later changes of the tariff do not touch it. Who acts for it is told.

        Args:
            rate: Per cent taken off its fees. `until`: the last day of the registration, None without end.
            kind, purposes: Other than asked for.
            reason: For the audit.
            seen: The group as whoever decides saw it: where somebody decided meanwhile, theirs stands and this one is refused.

        Raises:
            InputError: GL-2007, no such group, no reason, or a rate beyond 0 to 100.
        """
        refused = forbidden(tx, self._policy, _VERB)
        if refused is not None:
            return refused
        found = self._found(tx, group)
        if not 0 <= rate <= _WHOLE:
            raise _wrong("a rate is 0 to 100 per cent")
        aims = sorted(found.purposes if purposes is None else purposes)
        new = evolve(found, state="approved", kind=kind or found.kind, rate=rate, until=until, purposes=aims)
        return self._decide(tx, seen or found, new, reason)

    def reject(
        self, tx: Transaction, group: Id, *, reason: str, seen: GroupRow | None = None
    ) -> GroupRow | Refused:
        """Do not approve it, or end its registration. Who acts for it is told.

        Args:
            seen: As in `approve`.

        Raises:
            InputError: GL-2007, no such group, or no reason.
        """
        refused = forbidden(tx, self._policy, _VERB)
        if refused is not None:
            return refused
        found = self._found(tx, group)
        return self._decide(tx, seen or found, evolve(found, state="rejected", rate=0), reason)

    def _decide(self, tx: Transaction, seen: GroupRow, new: GroupRow, reason: str) -> GroupRow | Refused:
        """Write the decision where nobody else has decided since `seen`; rivals wait for the row and lose."""
        if not reason.strip():
            raise _wrong("a decision on a group needs a reason")
        told = {
            "now_is": new.state,
            "class_": new.kind,
            "per_cent": new.rate,
            "until": new.until,
            "for_": new.purposes,
        }
        was = {"was": seen.state, "then": seen.decided}
        again = seen.state == new.state == "rejected"
        if again or not tx.write(q.DECIDE, {"group": new.id, "now": tx.now, **was, **told}):
            return Refused([because("group_decided")])
        facts = {"state": new.state, "kind": new.kind, "rate": new.rate}
        about = Ref("calendar.group", new.id)
        tx.audit("calendar.group_decided", about, {**facts, "reason": reason})
        tx.emit(Event("calendar.group_decided", about, data=facts))
        decided = evolve(new, decided=tx.now)
        if self._texts is not None:
            group_news.tell(tx, self._texts, self._quiet, decided, before=seen.state)
        return decided

    # --- who acts for it ---

    def add_member(self, tx: Transaction, group: Id, citizen: CitizenId) -> bool | Refused:
        """Let a citizen act for the group; whether they did not yet.

        Raises:
            InputError: GL-2007, no such group.
        """
        refused = forbidden(tx, self._policy, _VERB)
        if refused is not None:
            return refused
        self._found(tx, group)
        return self._noted(tx, "calendar.group_joined", group, citizen, q.ADD_MEMBER)

    def drop_member(self, tx: Transaction, group: Id, citizen: CitizenId) -> bool | Refused:
        """The citizen acts for it no longer, by staff or by themselves; whether they did."""
        own = tx.actor.kind == "citizen" and tx.actor.id == citizen
        refused = None if own else forbidden(tx, self._policy, _VERB)
        if refused is not None:
            return refused
        return self._noted(tx, "calendar.group_left", group, citizen, q.DROP_MEMBER)

    @staticmethod
    def _noted(tx: Transaction, action: str, group: Id, citizen: CitizenId, statement: Statement) -> bool:
        done = bool(tx.write(statement, {"group_id": group, "citizen": citizen}))
        if done:
            tx.audit(action, Ref("calendar.group", group), {"citizen": citizen})
        return done

    # --- read ---

    def of(
        self, tx: Transaction, citizen: CitizenId, policy: Policy | None = None, day: date = date.max
    ) -> Group | None:
        """The approved group that a citizen acts for; of several the one that `acting_group` finds for the policy and day."""
        rows: Sequence[known.GroupRow] = tx.all(known.GROUPS_OF, {"citizens": json.dumps([citizen])})
        mine = [Group(row.id, row.kind, row.rate, row.until, row.purposes) for row in rows]
        return acting_group(mine, policy or Policy(), day)

    def of_citizen(self, tx: Transaction, citizen: CitizenId) -> Sequence[GroupRow]:
        """Every group that a citizen acts for or has asked for, whatever became of it, oldest first."""
        return tx.all(q.GROUPS_OF_CITIZEN, {"who": citizen, "limit": _PAGE})

    def waiting(self, tx: Transaction, *, after: Id = "", limit: int = _PAGE) -> Sequence[GroupRow]:
        """Groups that wait for staff, oldest first."""
        return tx.all(q.GROUPS, {"state": "asked", "after": after, "limit": limit})

    def approved(self, tx: Transaction, *, after: Id = "", limit: int = _PAGE) -> Sequence[GroupRow]:
        """Registered groups, those whose registration has run out included, oldest first."""
        return tx.all(q.GROUPS, {"state": "approved", "after": after, "limit": limit})

    def get(self, tx: Transaction, group: Id) -> GroupRow | None:
        """The group as it stands."""
        found: GroupRow | None = tx.one(q.GROUP, {"group": group})
        return found

    def erase(self, tx: Transaction, citizen: CitizenId) -> None:
        """Take the citizen out of every group; what only they asked for, and nobody has registered, is gone with them."""
        mine = self.of_citizen(tx, citizen)
        tx.write(q.FORGET_MEMBER, {"who": citizen})
        tx.write_many(q.DROP_ABANDONED, [{"group": group.id} for group in mine])

    def _found(self, tx: Transaction, group: Id) -> GroupRow:
        found = self.get(tx, group)
        if found is None:
            raise _wrong("there is no such group")
        return found


def _wrong(why: str) -> InputError:
    return InputError(why, code="GL-2007", hint="groups.approve(tx, id, rate=50, until=date(…), reason=…)")
