"""What members of staff may do at all: the policy is asked before anything else, and its reason is the answer where it refuses."""

from collections.abc import Callable
from typing import TypeVar

from attrs import frozen

from govline.calendar.desk import Desk
from govline.calendar.mandate import forbidden
from govline.calendar.model import Refused
from govline.core import ALLOW_ALL, PolicyPort, Transaction

__all__ = ["StaffVerbs"]

T = TypeVar("T")


@frozen
class StaffVerbs:
    """Verbs of staff over one desk.

    Args:
        desk: Behind them.
        policy: Who may do what: `calendar.desk`, `calendar.override`, `calendar.close`, `calendar.reconcile`.
    """

    desk: Desk
    policy: PolicyPort = ALLOW_ALL

    def refused(self, tx: Transaction, verb: str) -> Refused | None:
        """Why whoever acts may not do this; None where they may."""
        return forbidden(tx, self.policy, verb)

    def asked(self, tx: Transaction, verb: str, work: Callable[[], T]) -> T | Refused:
        """The work's answer, or why whoever acts may not ask for it."""
        refused = self.refused(tx, verb)
        return work() if refused is None else refused
