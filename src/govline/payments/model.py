"""The language of payments: facts that a provider or we ourselves attest, and the state that follows from them."""

from datetime import datetime
from typing import Final, Literal, get_args

from attrs import field, frozen, validators

from govline.core import Yen
from govline.core.clock import aware

__all__ = [
    "FACT_KINDS",
    "PROVIDER_KINDS",
    "AttemptState",
    "ClaimState",
    "ClaimStatus",
    "Fact",
    "FactKind",
    "Review",
    "Status",
]

FactKind = Literal[
    "created",
    "started",
    "authorized",
    "captured",
    "failed",
    "cancelled",
    "expired",
    "absent",
    "unknown",
    "refund_submitted",
    "refund_succeeded",
    "refund_failed",
]
Status = Literal[
    "created", "pending_payer", "unknown", "authorized", "captured", "failed", "expired", "cancelled"
]
Review = Literal["late_success", "amount_differs", "refund_exceeds_captured", "no_attempt"]
ClaimStatus = Literal["due", "paid", "overpaid", "refunded"]

FACT_KINDS: Final = frozenset(get_args(FactKind))
PROVIDER_KINDS: Final = frozenset({"authorized", "captured", "failed", "cancelled", "expired", "absent"})
"""Facts in which a provider says how an attempt stands: they answer an earlier `unknown`."""


def _at(_fact: object, _field: object, instant: datetime) -> None:
    aware(instant)


@frozen
class Fact:
    """One thing that is known of a payment attempt; immutable, told once or many times, in any order.

    Args:
        kind: What happened. `unknown`: a call of ours timed out. `absent`: a look-up found nothing at the provider.
        attempt: Our own reference of the attempt.
        at: When it happened, by whoever attests it.
        amount: Yen. Of `created` what is asked for, of `captured` what was paid, of `refund_*` what goes back.
        reference: The provider's id of the capture or refund; two tellings with one reference are one fact.
        verified: False for a mere hint (an unsigned notification): it never moves money's state, it asks for a look-up.

    Raises:
        InputError: GL-0003, `at` is naive: facts of several machines could not be put in order.
    """

    kind: FactKind = field(validator=validators.in_(FACT_KINDS))
    attempt: str
    at: datetime = field(validator=_at)
    amount: Yen = field(
        default=0,
        validator=[
            validators.instance_of(int),
            validators.not_(validators.instance_of(bool)),
            validators.ge(0),
        ],
    )
    reference: str = ""
    verified: bool = True


@frozen
class AttemptState:
    """How one attempt stands. `reviews` wait for a person; `lookup` says that only asking the provider can tell more."""

    status: Status
    asked: Yen = 0
    captured: Yen = 0
    refunded: Yen = 0
    refunding: Yen = 0
    reviews: frozenset[Review] = frozenset()
    lookup: bool = False

    @property
    def kept(self) -> Yen:
        """Captured and not given back."""
        return self.captured - self.refunded


@frozen
class ClaimState:
    """How a claim stands over all its attempts. `excess` is money to give back."""

    status: ClaimStatus
    owed: Yen
    kept: Yen
    excess: Yen
    reviews: frozenset[Review]
    attempts: dict[str, AttemptState]
