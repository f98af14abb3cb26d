"""登録団体: asked for, looked at by staff, approved with a class, a rate and an end; whoever acts for one books as it."""

import json
from collections.abc import Iterable, Sequence
from datetime import date

from attrs import evolve

from govline.calendar import _queries as base
from govline.calendar._queries import known
from govline.calendar._queries import terms as q
from govline.calendar.conditions import acting_group
from govline.calendar.model import Policy
from govline.calendar.requests import check_key, digest_of, row_of
from govline.calendar.terms import Group
from govline.core import CitizenId, Id, Ref, Transaction
from govline.errors import InputError

__all__ = ["Groups"]

_WHOLE = 100
_PAGE = 200


class Groups:
    """The registered groups of a calendar; `calendar.groups`."""

    def ask(
        self,
        tx: Transaction,
        label: str,
        kind: str,
        citizen: CitizenId | None = None,
        *,
        key: str,
        purposes: Iterable[str] = (),
    ) -> Id:
        """Ask for registration; it waits for staff.

        Args:
            label: The group's name. `kind`: the 減免 class asked for. `purposes`: what it will book for.
            citizen: Who acts for it.
            key: Idempotency key; the same request again gives the same group.

        Raises:
            InputError: GL-2007, no name or class; GL-2001, the key was used for something else.
        """
        if not label.strip() or not kind:
            raise _wrong("a group has a name and a class")
        check_key(key)
        digest = digest_of("group", {"label": label, "kind": kind, "citizen": citizen})
        asked = row_of(tx, key, "group", digest, citizen=citizen, answer=None)
        if not tx.write(base.CLAIM_REQUEST, asked):
            row = tx.one(base.REQUEST, {"request": key})
            if row is None or (row[0], row[1]) != ("group", digest):
                raise InputError("this idempotency key was used for another request", code="GL-2001")
            return str(row[2]["group"])
        group = tx.new_id()
        tx.write(base.ANSWER, {"request": key, "said": {"group": group}})
        row = {
            "id": group,
            "label": label.strip(),
            "kind": kind,
            "state": "asked",
            "rate": 0,
            "good_until": None,
            "purposes": sorted(purposes),
            "asked_at": tx.now,
            "decided_at": None,
        }
        tx.write(q.ADD_GROUP, row)
        if citizen is not None:
            self.add_member(tx, group, citizen)
        return group

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
    ) -> None:
        """Approve it, or renew it; the rate is stored and later changes of the tariff do not touch it.

        Args:
            rate: Per cent taken off its fees. `until`: the last day of the registration, None without end.
            kind, purposes: Other than asked for.
            reason: For the audit.

        Raises:
            InputError: GL-2007, no such group, no reason, or a rate beyond 0 to 100.
        """
        found = self._found(tx, group)
        if not 0 <= rate <= _WHOLE:
            raise _wrong("a rate is 0 to 100 per cent")
        aims = sorted(found.purposes if purposes is None else purposes)
        self._decide(
            tx,
            evolve(found, state="approved", kind=kind or found.kind, rate=rate, until=until, purposes=aims),
            reason,
        )

    def reject(self, tx: Transaction, group: Id, *, reason: str) -> None:
        """Do not approve it, or end its registration.

        Raises:
            InputError: GL-2007, no such group, or no reason.
        """
        self._decide(tx, evolve(self._found(tx, group), state="rejected", rate=0), reason)

    def add_member(self, tx: Transaction, group: Id, citizen: CitizenId) -> None:
        """Let a citizen act for the group."""
        tx.write(q.ADD_MEMBER, {"group_id": group, "citizen": citizen})

    def drop_member(self, tx: Transaction, group: Id, citizen: CitizenId) -> bool:
        """The citizen acts for it no longer; whether they did."""
        return bool(tx.write(q.DROP_MEMBER, {"group": group, "who": citizen}))

    def of(
        self, tx: Transaction, citizen: CitizenId, policy: Policy | None = None, day: date = date.max
    ) -> Group | None:
        """The approved group that a citizen acts for; of several the one that `acting_group` finds for the policy and day."""
        rows: Sequence[known.GroupRow] = tx.all(known.GROUPS_OF, {"citizens": json.dumps([citizen])})
        mine = [Group(row.id, row.kind, row.rate, row.until, row.purposes) for row in rows]
        return acting_group(mine, policy or Policy(), day)

    def waiting(self, tx: Transaction, *, after: Id = "", limit: int = _PAGE) -> Sequence[q.GroupRow]:
        """Groups that wait for staff, oldest first."""
        return tx.all(q.GROUPS, {"state": "asked", "after": after, "limit": limit})

    def erase(self, tx: Transaction, citizen: CitizenId) -> None:
        """Take the citizen out of every group."""
        tx.write(q.FORGET_MEMBER, {"who": citizen})

    @staticmethod
    def _found(tx: Transaction, group: Id) -> q.GroupRow:
        found: q.GroupRow | None = tx.one(q.GROUP, {"group": group})
        if found is None:
            raise _wrong("there is no such group")
        return found

    @staticmethod
    def _decide(tx: Transaction, group: q.GroupRow, reason: str) -> None:
        if not reason.strip():
            raise _wrong("a decision on a group needs a reason")
        told = {
            "now_is": group.state,
            "class_": group.kind,
            "per_cent": group.rate,
            "until": group.until,
            "for_": group.purposes,
        }
        tx.write(q.DECIDE, {"group": group.id, "now": tx.now, **told})
        facts = {"state": group.state, "kind": group.kind, "rate": group.rate, "reason": reason}
        tx.audit("calendar.group_decided", Ref("calendar.group", group.id), facts)


def _wrong(why: str) -> InputError:
    return InputError(why, code="GL-2007", hint="groups.approve(tx, id, rate=50, until=date(…), reason=…)")
