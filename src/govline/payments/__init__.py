"""Payments, pure tier: facts in any order become one state; PayPay's request signature."""

from govline.payments.model import AttemptState, ClaimState, Fact
from govline.payments.providers import PayPay
from govline.payments.rules import fold, fold_claim

__all__ = ["AttemptState", "ClaimState", "Fact", "PayPay", "fold", "fold_claim"]
