"""One state from facts: the situations that real providers make."""

from datetime import UTC, datetime, timedelta

import pytest

from govline.errors import InputError
from govline.payments import Fact, fold, fold_claim
from govline.payments.model import FACT_KINDS

T0 = datetime(2026, 11, 20, tzinfo=UTC)


def fact(kind, minute=0, amount=0, **rest):
    return Fact(kind, "a1", T0 + timedelta(minutes=minute), amount, **rest)


CREATED = fact("created", 0, 500)
PAID = fact("captured", 5, 500, reference="p1")


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ([CREATED], "created"),
        ([CREATED, fact("started", 1)], "pending_payer"),
        ([CREATED, fact("started", 1), fact("authorized", 2)], "authorized"),
        ([CREATED, fact("unknown", 1)], "unknown"),
        ([CREATED, fact("unknown", 1), fact("absent", 2)], "created"),
        ([CREATED, fact("unknown", 1), fact("authorized", 1)], "authorized"),
        ([CREATED, PAID], "captured"),
        ([CREATED, fact("failed", 3)], "failed"),
        ([CREATED, fact("expired", 3), fact("cancelled", 4)], "cancelled"),
    ],
)
def test_status(facts, status):
    assert fold(facts).status == status


@pytest.mark.parametrize("kind", sorted(FACT_KINDS - {"captured"}))
@pytest.mark.parametrize("minute", [4, 6])
def test_nothing_takes_captured_back(kind, minute):
    state = fold([CREATED, PAID, fact(kind, minute, reference="r1")])
    assert (state.status, state.captured) == ("captured", 500)


@pytest.mark.parametrize("end", ["expired", "failed", "cancelled"])
def test_money_after_the_end_is_kept_and_put_before_a_person(end):
    state = fold([CREATED, fact(end, 3), PAID])
    assert (state.status, state.captured, state.reviews) == ("captured", 500, frozenset({"late_success"}))


def test_a_hint_moves_nothing_and_asks_for_a_look_up():
    hint = fact("captured", 5, 500, reference="p1", verified=False)
    state = fold([CREATED, hint])
    assert (state.status, state.captured, state.lookup) == ("created", 0, True)
    assert fold([CREATED, hint, PAID]).lookup is False


def test_a_wrong_amount_is_reviewed():
    assert fold([CREATED, fact("captured", 5, 50, reference="p1")].copy()).reviews == {"amount_differs"}
    assert fold([PAID]).reviews == {"no_attempt"}


def test_refunds_are_counted_once_by_reference():
    sent, back = (
        fact("refund_submitted", 6, 200, reference="r1"),
        fact("refund_succeeded", 7, 200, reference="r1"),
    )
    assert fold([CREATED, PAID, sent]).refunding == 200
    state = fold([CREATED, PAID, sent, back, back])
    assert (state.refunding, state.refunded, state.kept, state.status) == (0, 200, 300, "captured")
    assert (
        "refund_exceeds_captured"
        in fold([CREATED, PAID, fact("refund_succeeded", 7, 501, reference="r2")]).reviews
    )


def test_two_paid_attempts_leave_one_excess():
    second = [Fact("created", "a2", T0, 500), Fact("captured", "a2", T0, 500, "p2")]
    state = fold_claim(500, [CREATED, PAID, *second])
    assert (state.status, state.excess) == ("overpaid", 500)
    given_back = Fact("refund_succeeded", "a2", T0, 500, "r1")
    assert fold_claim(500, [CREATED, PAID, *second, given_back]).status == "paid"
    assert fold_claim(500, [CREATED]).status == "due"


def test_facts_are_whole_yen_and_of_known_kinds():
    with pytest.raises(ValueError, match="kind"):
        fact("paid")
    with pytest.raises(TypeError):
        fact("captured", amount=1.5)


def test_a_capture_without_a_sum_is_looked_at():
    state = fold([CREATED, fact("captured", 5)])
    assert (state.status, state.captured) == ("captured", 0)
    assert state.reviews == {"amount_differs"}


def test_facts_that_cannot_be_put_in_order_or_added_are_refused():
    with pytest.raises(InputError, match="GL-0003"):
        Fact("captured", "a1", datetime(2026, 11, 20), 500)
    with pytest.raises(TypeError):
        Fact("captured", "a1", T0, 500.0)
    with pytest.raises(ValueError, match="bool"):
        Fact("captured", "a1", T0, True)
