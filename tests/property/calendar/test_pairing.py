"""Whether a second one follows: the short way of `Seconds` says what looking at every pair says."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from govline.calendar.linking import link_reasons
from govline.calendar.model import Link, Policy, Programme, Slot
from govline.calendar.pairing import Seconds, days_after
from govline.core.jst import to_jst

START = datetime(2026, 11, 30, 12, tzinfo=UTC)
POLICY = Policy(products={"A社": ("A", "a"), "B社": ("B",)})

hours = st.integers(0, 24 * 40)
names = st.sampled_from("AaB")


def slot(number, hour, name, programme):
    starts = START + timedelta(hours=hour)
    return Slot(
        id=str(number),
        programme=programme,
        starts=starts,
        ends=starts + timedelta(hours=1),
        capacity=1,
        name=name,
    )


@given(
    st.lists(st.tuples(hours, names), max_size=12),
    st.lists(st.tuples(hours, names), min_size=1, max_size=6),
    st.tuples(
        st.integers(0, 20), st.none() | st.integers(0, 20), st.booleans(), st.sampled_from(["", "dose-2"])
    ),
)
def test_a_second_follows_exactly_when_one_of_all_pairs_fits(seconds, firsts, rule):
    least, more, same, to = rule
    link = Link(to=to, least=least, most=None if more is None else least + more, same_product=same)
    own = Programme("dose-1", policy=POLICY, link=link)
    later = Programme("dose-2", policy=POLICY) if to else own
    free = sorted(
        (slot(n, hour, name, later.id) for n, (hour, name) in enumerate(seconds)),
        key=lambda each: each.starts,
    )
    asked = [slot(f"first-{n}", hour, name, own.id) for n, (hour, name) in enumerate(firsts)]
    known = Seconds.of(own, link, later, free)
    days = [to_jst(each.starts).date() for each in asked]
    since, until = days_after(link, (min(days), max(days)), to_jst(START).date())
    for first in asked:
        after = [each for each in free if each.starts > first.starts]
        fitting = [each for each in after if not link_reasons(link, [(own, first), (later, each)])]
        assert known.follow(first) == bool(fitting)
        assert (known.missing(first) == []) == bool(fitting)
        assert all(since <= to_jst(each.starts).date() <= until for each in fitting), (
            "looked for in these days"
        )


def test_a_second_one_of_another_product_hides_none_of_the_same():
    link = Link(to="dose-2", same_product=True)
    own, later = Programme("dose-1", policy=POLICY, link=link), Programme("dose-2", policy=POLICY)
    free = [slot(n, 24 * n, name, "dose-2") for n, name in ((1, "B"), (2, "a"))]
    seconds = Seconds.of(own, link, later, free)
    assert seconds.missing(slot(0, 0, "A", "dose-1")) == []
