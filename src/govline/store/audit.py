"""The audit trail: who did what to which subject, when and through which channel. Ids only, append only; see `chain`."""

import builtins
from collections.abc import Mapping, Sequence

from govline.core import Actor, Id, Json, Ref, Transaction
from govline.store import _queries_flow as q
from govline.store import chain
from govline.store._queries_flow import AuditEntry

__all__ = ["AuditEntry", "list", "write"]


def write(tx: Transaction, action: str, subject: Ref, data: Mapping[str, Json] | None = None) -> None:
    """Add an entry in the caller's transaction; called through `tx.audit`.

    Args:
        action: `feature.verb`.
        data: Ids and codes, never names or contents.
    """
    tx.write(
        q.WRITE_AUDIT,
        {
            "id": tx.new_id(),
            "at": tx.now,
            "actor_kind": tx.actor.kind,
            "actor_id": tx.actor.id,
            "channel": tx.actor.channel,
            "action": action,
            "subject_kind": subject.kind,
            "subject_id": subject.id,
            "data": dict(data or {}),
        },
    )


def list(  # noqa: A001 - read as audit.list
    tx: Transaction,
    *,
    subject: Ref | None = None,
    actor: Actor | None = None,
    after: Id = "",
    limit: int = 100,
) -> Sequence[AuditEntry]:
    """A page of entries, oldest first, of one subject or one actor; pass the last id as `after` for the next page.

    Citizens and staff are found under their id and under the pseudonym that chained entries carry.
    """
    page = q.list_audit(
        None if subject is None else (subject.kind, _names(tx, subject.kind, subject.id)),
        None if actor is None else (actor.kind, _names(tx, actor.kind, actor.id)),
        after,
        limit,
    )
    return [AuditEntry(*row) for row in tx.connection.execute(page)]


def _names(tx: Transaction, kind: str, person: Id) -> builtins.list[Id]:
    return [*dict.fromkeys((person, chain.pseudonym(tx, kind, person)))]
