"""What `can_book` says is what `book` does, alone: allowed and booked, or refused for the same reasons, whatever stands in the rows."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govline.calendar import Booking, Calendar, CutOff, Policy, Programme, Refused
from govline.calendar._queries import eligible as qe
from govline.calendar._tables import eligible
from govline.calendar.availability import put_together, summed
from govline.calendar.model import PoolRule, SlotRule
from govline.calendar.terms import Ages, Condition, Eligibility, Interval, Limit, Who, Window
from govline.core.jst import JST
from govline.store.rows import rows_text

NOW = datetime(2026, 11, 29, 3, tzinfo=UTC)  # Sunday noon in Japan
DAYS = (date(2026, 11, 30), date(2026, 12, 2))
RULE = SlotRule([(time(9), time(12)), (time(13), time(17))], 2, [DAYS], name="全面")
HALL = Programme(
    "hall",
    rules=[RULE, evolve(RULE, name="A"), evolve(RULE, name="B")],
    parts={"全面": ("A", "B")},
    pools=[PoolRule("駐車場", 3, "day"), PoolRule("鍵", 1, "time", {"A"}, per_place=False)],
)
PEOPLE = ("c1", "c2")
BORN = {"c1": {"birth_date": "1961-12-02", "ward": "m"}, "c2": {"birth_date": "2000-02-29"}}


class Profile:
    """`ProfilePort` over a dictionary."""

    def get(self, _tx, citizen, attribute):
        return BORN.get(citizen, {}).get(attribute)


@frozen
class Undo(Exception):
    """Takes an example back; carries what was compared."""

    seen: tuple


instants = st.sampled_from([NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)])
who = st.sampled_from(
    [Who(), Who(ages=Ages(65)), Who(ages=Ages(most=64)), Who(conditions=[Condition("ward", ["m"])]), Who(cohorts={"A"})]
)  # fmt: skip
cuts = st.builds(CutOff, days=st.integers(0, 2), at=st.none() | st.just(time(12))) | st.builds(
    CutOff, hours=st.sampled_from([0, 1, 21, 25])
)
windows = st.builds(Window, st.just("w"), who, st.none() | instants, closes=st.none() | instants)
limits = st.builds(
    Limit,
    st.integers(1, 2),
    st.sampled_from(["slot", "day", "month", "rolling", "programme"]),
    st.just(2),
    st.sampled_from(["bookings", "places"]),
)
policies = st.builds(
    Policy,
    opens=st.none() | instants,
    closes=st.none() | instants,
    opens_days_before=st.none() | st.integers(0, 2),
    book=cuts,
    max_party=st.none() | st.integers(1, 2),
    limit=st.none() | st.integers(1, 2),
    windows=st.lists(windows, max_size=1),
    who=who,
    limits=st.lists(limits, max_size=1),
    eligibility=st.none() | st.just(Eligibility()),
    interval=st.none() | st.builds(Interval, st.just("hall"), st.integers(0, 1), required=st.booleans()),
)
places = st.tuples(st.integers(0, 17), st.sampled_from(PEOPLE), st.integers(1, 3))
before = st.lists(st.tuples(st.sampled_from(["book", "hold", "ran out"]), places), max_size=5)


@pytest.fixture
def hall(any_db, clock):
    clock.advance(NOW - clock.now())
    calendar = Calendar([HALL], profile=Profile())
    any_db.run(lambda tx: calendar.lay_out(tx, "hall"))
    since = datetime.combine(DAYS[0], time(), JST)
    row = {
        "programme": "hall", "born": "0", "earlier_on": date(2026, 12, 1), "product": "", "good_until": date(2026, 12, 1),
        "withdrawn": False, "citizen": None, "claimed_at": None,
    }  # fmt: skip
    listed = [
        {**row, "id": f"v{n}", "number": str(n), "citizen": who, "cohort": cohort}
        for n, (who, cohort) in enumerate([("c1", "A"), ("c1", "B"), ("c2", "")])
    ]
    types = {column.name: column.type for column in eligible.columns}
    any_db.run(lambda tx: tx.write(qe.ADD_ENTRIES, {"rows": rows_text(types, listed)}))
    slots = any_db.read(lambda tx: calendar.slots(tx, "hall", since=since))
    return calendar, [slot.id for slot in slots]


def verdict(answer):
    return [(each.code, each.text) for each in answer.reasons] if isinstance(answer, Refused) else "yes"


def arranged(calendar, slots, tx, policy, earlier):
    """The rows after these acts, and the policy in force."""
    for n, (verb, (slot, citizen, party)) in enumerate(earlier):
        over = timedelta() if verb == "ran out" else timedelta(minutes=10)
        calendar.adopt([evolve(HALL, policy=Policy(hold=over, eligibility=policy.eligibility))])
        act = calendar.book if verb == "book" else calendar.hold
        act(tx, slots[slot % len(slots)], citizen, party=party, key=f"b{n}")
    calendar.adopt([evolve(HALL, policy=policy)])


def taken_back(db, work):
    """What this work saw, in a unit that leaves nothing."""

    def undone(tx):
        raise Undo(work(tx))

    with pytest.raises(Undo) as undo:
        db.run(undone)
    return undo.value.seen


def compared(db, hall, policy, earlier, asked):
    """Verdict and deed after these earlier acts."""
    calendar, slots = hall
    number, citizen, party = asked
    slot = slots[number % len(slots)]

    def work(tx):
        arranged(calendar, slots, tx, policy, earlier)
        said = calendar.can_book(tx, slot, citizen, party=party)
        return said, calendar.book(tx, slot, citizen, party=party, key="asked")

    return taken_back(db, work)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(policies, before, places)
def test_what_is_allowed_is_booked_and_what_is_refused_is_refused_for_the_same_reasons(
    any_db, hall, policy, earlier, asked
):
    said, done = compared(any_db, hall, policy, earlier, asked)
    assert bool(said) == isinstance(done, Booking)
    assert verdict(said) == verdict(done)


@pytest.mark.parametrize(
    ("policy", "over", "asked"),
    [
        (Policy(), (2, "c2", 2), (2, "c1", 2)),  # in the slot itself
        (Policy(), (3, "c2", 2), (5, "c1", 2)),  # in the whole, of which this is a part
        (Policy(), (4, "c2", 2), (2, "c1", 2)),  # on the pool of the day
        (Policy(limit=1), (3, "c1", 1), (3, "c1", 1)),  # one's own
        (Policy(eligibility=Eligibility()), (4, "c2", 1), (10, "c2", 1)),  # on one's own voucher
    ],
)
def test_a_hold_that_ran_out_refuses_nobody(any_db, hall, policy, over, asked):
    assert verdict(compared(any_db, hall, policy, [("hold", over)], asked)[0]) != "yes"
    said, done = compared(any_db, hall, policy, [("ran out", over)], asked)
    assert verdict(said) == "yes"
    assert isinstance(done, Booking)


standing = st.lists(st.tuples(st.sampled_from(["book", "hold"]), places), max_size=5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.just(Policy()) | policies, standing, st.tuples(st.sampled_from([None, *PEOPLE]), st.integers(1, 3)))
def test_what_is_shown_as_free_can_be_booked_and_nothing_else(any_db, hall, policy, earlier, asked):
    (calendar, slots), (citizen, party) = hall, asked

    def work(tx):
        arranged(calendar, slots, tx, policy, earlier)
        views = calendar.times(tx, "hall", *DAYS, party=party, citizen=citizen)
        days = calendar.days(tx, "hall", *DAYS, party=party, citizen=citizen)
        free = [slot for slot in slots if calendar.can_book(tx, slot, citizen, party=party)]
        listed = [slot.id for slot in calendar.available(tx, "hall", party=party, citizen=citizen)]
        return free, listed, views, days

    free, listed, views, days = taken_back(any_db, work)
    assert [view.slot.id for view in views if view.state.bookable] == free
    assert listed == free
    assert days == put_together(*DAYS, summed(views))
