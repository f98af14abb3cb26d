"""Whether whoever acts may do this at all: the policy's word, asked before anything else is looked at."""

from govline.calendar.model import Refused
from govline.calendar.reasons import because
from govline.core import PolicyPort, Transaction

__all__ = ["forbidden"]


def forbidden(tx: Transaction, policy: PolicyPort, verb: str) -> Refused | None:
    """Why whoever acts may not do what only staff do; None where they may.

    Args:
        policy: Who may do what. `verb`: what is to be done, `calendar.desk` …
    """
    if tx.actor.kind == "citizen":
        return Refused([because("staff_only")])
    reason = policy.refuses(tx.actor, verb)
    return None if reason is None else Refused([reason])
