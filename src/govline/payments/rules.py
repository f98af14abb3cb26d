"""Facts folded into a state: the result depends on the set of facts, never on their order or number.

Shape after the append-only event logs of payment platforms: `captured` never regresses, money going back is a refund,
money that comes after an end is recorded and put before a person, never dropped.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from govline.core import Yen
from govline.payments.model import (
    PROVIDER_KINDS,
    AttemptState,
    ClaimState,
    ClaimStatus,
    Fact,
    FactKind,
    Review,
    Status,
)

__all__ = ["fold", "fold_claim"]

_BY_RANK: Final[tuple[tuple[FactKind, Status], ...]] = (
    ("captured", "captured"),
    ("cancelled", "cancelled"),
    ("expired", "expired"),
    ("failed", "failed"),
    ("authorized", "authorized"),
    ("started", "pending_payer"),
    ("created", "created"),
)
_ENDS: Final[frozenset[FactKind]] = frozenset({"cancelled", "expired", "failed"})


def fold(facts: Iterable[Fact]) -> AttemptState:
    """How one attempt stands.

    Args:
        facts: Everything known of the attempt, in any order, with repetitions.

    Returns:
        The state; hints (`verified=False`) only set `lookup`.
    """
    known = frozenset(facts)
    verified = frozenset(fact for fact in known if fact.verified)
    kinds = frozenset(fact.kind for fact in verified)
    asked = max((fact.amount for fact in verified if fact.kind == "created"), default=0)
    captured = _sum_by_reference(verified, "captured")
    refunded = _sum_by_reference(verified, "refund_succeeded")
    refunding = _in_flight(verified)
    unanswered = _unanswered(verified)
    return AttemptState(
        status=_status(kinds, unanswered=unanswered),
        asked=asked,
        captured=captured,
        refunded=refunded,
        refunding=refunding,
        reviews=_reviews(kinds, asked, captured, refunded + refunding),
        lookup=unanswered or _hinted(known, verified),
    )


def _status(kinds: frozenset[FactKind], *, unanswered: bool) -> Status:
    status: Status = next((status for kind, status in _BY_RANK if kind in kinds), "created")
    return "unknown" if unanswered and status in ("created", "pending_payer", "authorized") else status


def fold_claim(owed: Yen, facts: Iterable[Fact]) -> ClaimState:
    """How a claim stands over all its attempts: one paid attempt satisfies it, more is excess to give back.

    Args:
        owed: The amount of the claim in yen.
        facts: Of every attempt for the claim.
    """
    by_attempt: dict[str, list[Fact]] = {}
    for fact in facts:
        by_attempt.setdefault(fact.attempt, []).append(fact)
    attempts = {attempt: fold(group) for attempt, group in sorted(by_attempt.items())}
    kept = sum(state.kept for state in attempts.values())
    refunded = sum(state.refunded for state in attempts.values())
    return ClaimState(
        status=_claim_status(owed, kept, refunded),
        owed=owed,
        kept=kept,
        excess=max(kept - owed, 0),
        reviews=frozenset(review for state in attempts.values() for review in state.reviews),
        attempts=attempts,
    )


def _claim_status(owed: Yen, kept: Yen, refunded: Yen) -> ClaimStatus:
    if kept > owed:
        return "overpaid"
    if kept == owed:
        return "paid"
    return "refunded" if refunded and kept == 0 else "due"


def _amounts(facts: Collection[Fact], kind: FactKind) -> Mapping[str, Yen]:
    """Amount by reference; tellings of one reference that disagree count once, by the larger amount."""
    amounts: dict[str, Yen] = {}
    for fact in facts:
        if fact.kind == kind:
            amounts[fact.reference] = max(fact.amount, amounts.get(fact.reference, 0))
    return amounts


def _sum_by_reference(facts: Collection[Fact], kind: FactKind) -> Yen:
    return sum(_amounts(facts, kind).values())


def _in_flight(facts: Collection[Fact]) -> Yen:
    ended = {fact.reference for fact in facts if fact.kind in ("refund_succeeded", "refund_failed")}
    return sum(
        amount for reference, amount in _amounts(facts, "refund_submitted").items() if reference not in ended
    )


def _unanswered(facts: Collection[Fact]) -> bool:
    """Whether a call timed out after the last time the provider said how the attempt stands."""
    asked = max((fact.at for fact in facts if fact.kind == "unknown"), default=None)
    return asked is not None and not any(fact.kind in PROVIDER_KINDS and fact.at >= asked for fact in facts)


def _hinted(known: Collection[Fact], verified: Collection[Fact]) -> bool:
    certain = {(fact.kind, fact.reference) for fact in verified}
    return any(not fact.verified and (fact.kind, fact.reference) not in certain for fact in known)


def _reviews(kinds: frozenset[FactKind], asked: Yen, captured: Yen, going_back: Yen) -> frozenset[Review]:
    found: set[Review] = set()
    paid = (
        "captured" in kinds
    )  # even without an amount: a provider that says "paid" and no sum must be looked at
    if paid and kinds & _ENDS:
        found.add("late_success")
    if paid and "created" not in kinds:
        found.add("no_attempt")
    elif paid and captured != asked:
        found.add("amount_differs")
    if going_back > captured:
        found.add("refund_exceeds_captured")
    return frozenset(found)
