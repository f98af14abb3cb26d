"""Which slots exclude each other: parts and wholes, uses that touch, time between uses, supplies and caps."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.calendar import Programme, SlotPlan
from govline.calendar.model import Draw, PoolRule
from govline.calendar.options import Option
from govline.calendar.sharing import begin_of_pieces, crowded, share

NINE = datetime(2026, 12, 1, 0, tzinfo=UTC)  # 9:00 in Japan
HALL = {"全面": ("A面", "B面"), "A面": ("A1", "A2")}


def use(name, start, end):
    return SlotPlan(NINE + timedelta(hours=start), NINE + timedelta(hours=end), 1, name)


def exclude(sharing, one, other):
    """Whether two slots cannot both be had: a pool of one that both draw."""
    mine, theirs = (
        {draw.pool for draw in sharing.draws.get((plan.starts, plan.name), ())} for plan in (one, other)
    )
    return any(sharing.pools[pool].capacity == 1 for pool in mine & theirs)


def test_the_whole_hall_and_its_parts_block_each_other():
    whole, left, right, corner = (use(name, 0, 2) for name in ("全面", "A面", "B面", "A1"))
    sharing = share(Programme("hall", parts=HALL), [whole, left, right, corner])
    assert exclude(sharing, whole, left)
    assert exclude(sharing, whole, right)
    assert exclude(sharing, whole, corner)
    assert exclude(sharing, left, corner)
    assert not exclude(sharing, left, right)
    assert not exclude(sharing, right, corner)


def test_uses_one_after_another_share_nothing_unless_time_between_is_asked_for():
    morning, noon, later = use("室", 0, 3), use("室", 3, 5), use("室", 6, 7)
    assert share(Programme("room"), [morning, noon]).pools == {}
    sharing = share(Programme("room", between=timedelta(minutes=30)), [morning, noon, later])
    assert exclude(sharing, morning, noon)
    assert not exclude(sharing, noon, later)


def test_a_supply_a_daily_cap_and_a_cap_of_some_slots():
    rules = [
        PoolRule("ワクチン", 50), PoolRule("1日", 10, "day"), PoolRule("同時刻", 4, "time", {"窓口1", "窓口2"}), PoolRule("月", 30, "month", per_place=False),
    ]  # fmt: skip
    plans = [use("窓口1", 0, 1), use("窓口2", 0, 1), use("窓口3", 0, 1), use("窓口1", 24, 25)]
    sharing = share(Programme("p", pools=rules), plans)
    keys = [{draw.pool for draw in sharing.draws[plan.starts, plan.name]} for plan in plans]
    assert keys == [
        {"ワクチン", "1日@2026-12-01", "同時刻@2026-12-01T09:00", "月@2026-12"},
        {"ワクチン", "1日@2026-12-01", "同時刻@2026-12-01T09:00", "月@2026-12"},
        {"ワクチン", "1日@2026-12-01", "月@2026-12"},
        {"ワクチン", "1日@2026-12-02", "同時刻@2026-12-02T09:00", "月@2026-12"},
    ]
    assert sharing.pools["同時刻@2026-12-01T09:00"].capacity == 4
    assert {
        draw.per_place for draw in sharing.draws[plans[0].starts, "窓口1"] if draw.pool == "月@2026-12"
    } == {False}


ROOMS = {"全面": ("A", "B"), "A": ("A",), "B": ("B",), "別室": ("別室",)}
USES = st.lists(
    st.tuples(st.sampled_from(sorted(ROOMS)), st.integers(0, 20), st.integers(1, 6)), min_size=2, max_size=10
)


@settings(max_examples=200, deadline=None)
@given(USES, st.integers(0, 3))
def test_two_uses_exclude_each_other_exactly_when_they_meet_in_a_part(uses, between):
    gap = timedelta(minutes=30 * between)
    plans = list(
        {(name, start): use(name, start / 2, (start + length) / 2) for name, start, length in uses}.values()
    )
    sharing = share(Programme("p", parts={"全面": ("A", "B")}, between=gap), plans)
    for one, other in combinations(plans, 2):
        meet = one.starts < other.ends + gap and other.starts < one.ends + gap
        expected = meet and bool(set(ROOMS[one.name]) & set(ROOMS[other.name]))
        assert exclude(sharing, one, other) == expected, (one, other)


def test_a_stock_is_cut_over_all_slots_it_goes_with_also_where_one_stands_alone():
    options = {"マイク": Option(stock=4), "幕": Option(stock=1, slots={"ホール"}), "湯": Option()}
    hall, small, late = use("ホール", 0, 3), use("和室", 1, 4), use("和室", 6, 7)
    sharing = share(Programme("p", options=options), [hall, small, late])
    assert {(plan.label, plan.capacity) for plan in sharing.pools.values()} == {("マイク", 4), ("幕", 1)}

    def drawn(plan, name):
        own = sharing.draws[plan.starts, plan.name]
        assert all(not draw.per_place and draw.units == 1 and draw.option for draw in own)
        return {draw.pool for draw in own if draw.option == name}

    assert len(drawn(hall, "マイク") & drawn(small, "マイク")) == 1  # from ten to twelve
    assert drawn(hall, "マイク") != drawn(small, "マイク")
    assert drawn(late, "マイク").isdisjoint(drawn(hall, "マイク") | drawn(small, "マイク"))
    assert (len(drawn(hall, "幕")), drawn(small, "幕")) == (1, set())
    begins = {begin_of_pieces(key).hour for key in drawn(hall, "マイク")}
    assert begins == {9, 10}
    assert begin_of_pieces("マイク#2026-12-01T09:00") is None


@settings(max_examples=100, deadline=None)
@given(USES, st.integers(0, 3))
def test_two_uses_share_a_piece_exactly_when_they_meet_in_time(uses, between):
    gap = timedelta(minutes=30 * between)
    plans = list(
        {(name, start): use(name, start / 2, (start + length) / 2) for name, start, length in uses}.values()
    )
    sharing = share(Programme("p", options={"幕": Option(1)}, between=gap), plans)
    pools = {
        (plan.starts, plan.name): {draw.pool for draw in sharing.draws[plan.starts, plan.name] if draw.option}
        for plan in plans
    }
    for one, other in combinations(plans, 2):
        meet = one.starts < other.ends + gap and other.starts < one.ends + gap
        common = pools[one.starts, one.name] & pools[other.starts, other.name]
        assert bool(common) == meet, (one, other)


def hours(name, capacity, end=2):
    return SlotPlan(NINE, NINE + timedelta(hours=end), capacity, name)


def test_one_use_alone_in_its_room_needs_no_pool():
    assert share(Programme("hall", parts=HALL), [use("A面", 0, 2), use("B面", 0, 2)]).pools == {}


def test_a_room_of_many_places_is_had_one_by_one_or_as_a_whole():
    swimming, whole = hours("A1", 2), hours("全面", 1)
    sharing = share(Programme("hall", parts=HALL), [swimming, whole])
    ((key, pool),) = sharing.pools.items()
    assert pool.capacity == 2
    assert sharing.draws[NINE, "A1"] == (Draw(key, 1, per_place=True),)
    assert sharing.draws[NINE, "全面"] == (Draw(key, 2, per_place=False),)


def test_of_two_uses_of_many_places_one_has_the_room_however_many_come():
    both = [hours("A1", 2), hours("全面", 30)]
    sharing = share(Programme("hall", parts=HALL), both)
    ((key, pool),) = sharing.pools.items()
    assert pool.capacity == 1
    for plan in both:
        assert sharing.draws[NINE, plan.name] == (Draw(key, 1, per_place=False),), "a party takes it as one"


def test_staff_are_told_of_two_uses_of_many_places_only_where_they_share_a_room():
    small, whole, other = hours("A1", 2), hours("全面", 30), hours("B面", 30)
    hall = Programme("hall", parts=HALL)
    assert crowded(hall, [small, whole]) == (small, whole)
    assert crowded(hall, [small, other]) is None
    assert crowded(hall, [small, hours("全面", 1)]) is None, "who has the whole hall shares no places"
    assert crowded(Programme("counters"), [hours("窓口", 2), hours("窓口", 3, end=3)]) is None
    assert crowded(Programme("room", between=timedelta(minutes=1)), [small, hours("A1", 3, end=3)])
