"""The fold depends on the set of facts only, and money never regresses."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.payments import Fact, fold, fold_claim
from govline.payments.model import FACT_KINDS

facts = st.builds(
    Fact,
    kind=st.sampled_from(sorted(FACT_KINDS)),
    attempt=st.sampled_from(["a1", "a2"]),
    at=st.integers(0, 5).map(lambda minute: datetime(2026, 11, 20, tzinfo=UTC) + timedelta(minutes=minute)),
    amount=st.sampled_from([0, 100, 500]),
    reference=st.sampled_from(["", "x", "y"]),
    verified=st.booleans(),
)


@given(st.lists(facts, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_order_and_repetition_do_not_matter(known, random):
    shuffled = known + known[: len(known) // 2]
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(known)
    assert fold_claim(500, shuffled) == fold_claim(500, known)


@given(st.lists(facts, max_size=8), facts)
@settings(max_examples=150, deadline=None)
def test_captured_never_regresses(known, later):
    before, after = fold(known), fold([*known, later])
    assert after.captured >= before.captured
    assert after.refunded >= before.refunded
    if before.status == "captured":
        assert after.status == "captured"


@given(st.lists(facts, max_size=8))
@settings(max_examples=100, deadline=None)
def test_hints_alone_move_no_money(known):
    hints = [fact for fact in known if not fact.verified]
    state = fold(hints)
    assert (state.captured, state.refunded, state.refunding) == (0, 0, 0)
    assert state.lookup == bool(hints)
