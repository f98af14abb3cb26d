"""Data with effective dates: what holds on a day, gaps, and the last good day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govline.core.custody import Expiry
from govline.core.editions import Edition, gaps, in_force, last_day
from govline.errors import InputError

Y2025 = Edition("令和7年度", date(2025, 4, 1), date(2026, 3, 31))
Y2026 = Edition("令和8年度", date(2026, 4, 1), date(2027, 3, 31))
OPEN = Edition("以後", date(2026, 10, 1))


def test_the_newest_edition_of_a_day_holds():
    assert in_force([Y2026, Y2025], date(2026, 3, 31)) is Y2025
    assert in_force([Y2026, Y2025], date(2026, 4, 1)) is Y2026
    assert in_force([Y2025, Y2026, OPEN], date(2026, 10, 1)) is OPEN
    assert in_force([Y2025], date(2027, 1, 1)) is None


def test_gaps_and_the_last_day():
    assert gaps([Y2025, Y2026], date(2025, 4, 1), date(2027, 3, 31)) == []
    assert gaps([Y2025, OPEN], date(2026, 1, 1), date(2027, 3, 31)) == [(date(2026, 4, 1), date(2026, 9, 30))]
    assert gaps([], date(2026, 1, 1), date(2026, 1, 2)) == [(date(2026, 1, 1), date(2026, 1, 2))]
    assert last_day([Y2025, Y2026], date(2026, 1, 1)) == date(2027, 3, 31)
    assert last_day([Y2025, OPEN], date(2026, 1, 1)) == date(2026, 3, 31)
    assert last_day([OPEN], date(2026, 10, 1)) is None
    assert last_day([], date(2026, 1, 1)) == date(2025, 12, 31)
    with pytest.raises(InputError, match="GL-0005"):
        Edition("x", date(2026, 1, 2), date(2026, 1, 1))


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=6),
    st.integers(0, 60),
    st.integers(0, 30),
)
def test_gaps_are_the_days_on_which_nothing_holds(spans, start, length):
    zero = date(2026, 1, 1)
    editions = [Edition(n, zero + timedelta(a), zero + timedelta(a + b)) for n, (a, b) in enumerate(spans)]
    first, last = zero + timedelta(start), zero + timedelta(start + length)
    days = [first + timedelta(n) for n in range(length + 1)]
    found = {day for low, high in gaps(editions, first, last) for day in days if low <= day <= high}
    assert found == {day for day in days if in_force(editions, day) is None}


def test_an_expiry_is_told_in_time():
    expiry = Expiry("表", date(2026, 4, 1), "直す", timedelta(days=10))
    assert not expiry.runs_out(date(2026, 3, 21))
    assert expiry.runs_out(date(2026, 3, 22))
    assert expiry.runs_out(date(2026, 5, 1))
