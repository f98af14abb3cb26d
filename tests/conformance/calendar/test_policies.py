"""Policies at the desk and in the rush, on both engines: limits in spans, intervals, attributes, groups, prices, payment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from govline.calendar import Booking, Calendar, CutOff, Policy, Programme, Refused, SlotPlan, _queries
from govline.calendar.desk import Desk
from govline.calendar.feature import EndUnpaid
from govline.calendar.pricing import Fee, Tariff
from govline.calendar.rush import Wish, take_many
from govline.calendar.terms import Ages, Condition, Interval, Limit, Who, Window
from govline.core import Actor, Done
from govline.errors import InputError
from govline.store import Statement, audit, outbox, schedules

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
STAFF = Actor("staff", "s1", "counter")


class Profile:
    """`ProfilePort` over a dictionary."""

    def __init__(self, values):
        self.values = values

    def get(self, tx, citizen, attribute):
        return self.values.get(citizen, {}).get(attribute)


def opened(db, *programmes, days=6, **more):
    """A calendar with a slot of nine places a day for each programme; slot ids by programme."""
    calendar = Calendar(programmes, **more)
    plans = [SlotPlan(START + timedelta(days=n), START + timedelta(days=n, hours=1), 9) for n in range(days)]
    for programme in programmes:
        db.run(lambda tx, name=programme.id: calendar.add_slots(tx, name, plans))
    slots = {
        programme.id: [slot.id for slot in db.read(lambda tx, name=programme.id: calendar.slots(tx, name))]
        for programme in programmes
    }
    return calendar, slots


def book(db, calendar, slot, citizen="c1", **more):
    key = f"k{db.ids(0)}"
    return db.run(lambda tx: calendar.book(tx, slot, citizen, key=key, **more))


def code(answer):
    assert isinstance(answer, Refused), answer
    return [reason.code for reason in answer.reasons]


# --- limits ---

LIMITS = [[Limit(1, "month")], [Limit(2, "rolling", 3)], [Limit(3, "day", counts="places")], [Limit(3)]]


@pytest.mark.parametrize("limits", LIMITS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ab"), st.integers(1, 2)), max_size=8))
def test_a_batch_counts_as_the_desk_does(any_db, limits, asked):
    alone, together = f"p{any_db.ids(0)}", f"p{any_db.ids(0)}"
    policy = Policy(limits=limits)
    calendar, slots = opened(any_db, Programme(alone, policy=policy), Programme(together, policy=policy))
    one_by_one = [book(any_db, calendar, slots[alone][n], who, party=party) for n, who, party in asked]
    wishes = [
        Wish("book", slots[together][n], who, party, f"{together}{at}")
        for at, (n, who, party) in enumerate(asked)
    ]
    batch = any_db.run(lambda tx: take_many(tx, calendar._desk, wishes))
    assert [told(answer) for answer in batch] == [told(answer) for answer in one_by_one]


def told(answer):
    return "won" if isinstance(answer, Booking) else [(each.code, each.text) for each in answer.reasons]


def test_a_limit_in_a_span_counts_what_is_over_and_frees_on_cancel(any_db, clock):
    calendar, slots = opened(any_db, Programme("p", policy=Policy(limits=[Limit(1, "month")])))
    first = book(any_db, calendar, slots["p"][0])
    clock.advance(timedelta(days=12))  # its slot is over now
    assert code(book(any_db, calendar, slots["p"][5])) == ["GL-2108"]
    any_db.run(lambda tx: calendar.cancel(tx, first.id, key="c"), actor=STAFF)
    assert isinstance(book(any_db, calendar, slots["p"][5]), Booking)


def test_a_move_within_the_span_is_free_and_into_a_full_one_is_not(any_db):
    calendar, slots = opened(any_db, Programme("p", policy=Policy(limits=[Limit(1, "day")])))
    first, second = (book(any_db, calendar, slot) for slot in slots["p"][:2])
    moved = any_db.run(lambda tx: calendar.change(tx, first.id, to=slots["p"][0], party=2, key="m1"))
    assert moved.party == 2
    more = [SlotPlan(START + timedelta(hours=3), START + timedelta(hours=4), 9)]
    any_db.run(lambda tx: calendar.add_slots(tx, "p", more))
    late = any_db.read(lambda tx: calendar.slots(tx, "p"))[1].id
    assert isinstance(any_db.run(lambda tx: calendar.change(tx, first.id, to=late, key="m2")), Booking)
    assert code(any_db.run(lambda tx: calendar.change(tx, second.id, to=slots["p"][0], key="m3"))) == [
        "GL-2108"
    ]


class Listening:
    """A transaction that notes the names of its statements."""

    def __init__(self, tx):
        self.real, self.names = tx, set()

    def __getattr__(self, name):
        value = getattr(self.real, name)
        if name not in {"all", "one", "write", "write_many"}:
            return value
        return lambda statement, *params: self.names.add(statement.name) or value(statement, *params)


def test_no_limit_costs_no_statement(any_db):
    calendar, slots = opened(any_db, Programme("p"))

    def unit(tx):
        listening = Listening(tx)
        assert isinstance(calendar.book(listening, slots["p"][0], "c1", key="k"), Booking)
        return listening.names

    names = any_db.run(unit)
    extra = {"calendar.history", "calendar.vouchers", "calendar.groups_of", "calendar.due_of"}
    assert not names & (extra | {"calendar.queue_person"})
    assert "calendar.take" in names


def test_a_crowd_is_judged_with_as_many_statements_as_two(any_db):
    from sqlalchemy import event

    from govline.segments import AttributeDef, Attributes, Segments
    from govline.store import identity

    segments = Segments(Attributes([AttributeDef("birth_date", "date"), AttributeDef("ward", "text")]))
    any_db.run(segments.apply)
    who = Who(ages=Ages(65), conditions=[Condition("ward", ["minato"])])
    calendar, slots = opened(any_db, Programme("p", policy=Policy(who=who)), profile=segments)
    crowd = any_db.run(lambda tx: [identity.citizen_of(tx, f"U{n:032x}") for n in range(60)])

    def tell(tx):
        for citizen in crowd:
            segments.set(tx, citizen, "birth_date", "1950-01-01", source="test")
            segments.set(tx, citizen, "ward", "minato", source="test")

    any_db.run(tell)

    def judged(number, people):
        def unit(tx):
            wishes = [Wish("book", slots["p"][number], each, 1, f"{number}:{each}") for each in people]
            event.listen(tx.connection, "before_cursor_execute", lambda *args: said.append(args[2]))
            return take_many(tx, calendar._desk, wishes)

        said = []
        answers = any_db.run(unit)
        return len(said), sum(isinstance(each, Booking) for each in answers)

    judged(0, crowd[:1])
    two, both = judged(1, crowd[:2])
    many, nine = judged(2, crowd[:9])
    assert (both, nine) == (2, 9)
    assert many == two, "whoever stands in line costs no statement of their own"


# --- what came before ---


def test_an_interval_from_an_earlier_booking(any_db, clock):
    second = Programme("dose2", policy=Policy(interval=Interval("dose1", 2, 4)))
    calendar, slots = opened(any_db, Programme("dose1"), second)
    assert code(book(any_db, calendar, slots["dose2"][3])) == ["GL-2126"]
    first = book(any_db, calendar, slots["dose1"][0])
    assert code(book(any_db, calendar, slots["dose2"][1])) == ["GL-2127"]
    assert code(book(any_db, calendar, slots["dose2"][5])) == ["GL-2128"]
    assert isinstance(book(any_db, calendar, slots["dose2"][2]), Booking)
    any_db.run(lambda tx: calendar.cancel(tx, first.id, key="c"))
    assert code(book(any_db, calendar, slots["dose2"][3])) == ["GL-2126"]
    wishes = [Wish("book", slots["dose2"][2], who, 1, who) for who in ("c2", "c3")]
    book(any_db, calendar, slots["dose1"][0], "c3")
    answers = any_db.run(lambda tx: take_many(tx, calendar._desk, wishes))
    assert code(answers[0]) == ["GL-2126"]
    assert isinstance(answers[1], Booking)


# --- attributes and groups ---


def test_attributes_come_through_the_profile(any_db):
    policy = Policy(who=Who("港の方", Ages(65), [Condition("ward", ["minato"])]))
    profile = Profile(
        {
            "c1": {"birth_date": "1950-04-02", "ward": "minato"},
            "c2": {"birth_date": "2000-01-01", "ward": "kawabe"},
        }
    )
    calendar, slots = opened(any_db, Programme("p", policy=policy), profile=profile)
    assert isinstance(book(any_db, calendar, slots["p"][0]), Booking)
    assert code(book(any_db, calendar, slots["p"][0], "c2")) == ["GL-2118", "GL-2117"]
    assert code(book(any_db, calendar, slots["p"][0], "c3")) == ["GL-2119", "GL-2119"]
    wishes = [Wish("book", slots["p"][1], who, 1, f"r{who}") for who in ("c1", "c2")]
    won, lost = any_db.run(lambda tx: take_many(tx, calendar._desk, wishes))
    assert isinstance(won, Booking)
    assert code(lost) == ["GL-2118", "GL-2117"]
    free = any_db.read(lambda tx: calendar.available(tx, "p", citizen="c2"))
    assert free == []
    assert len(any_db.read(lambda tx: calendar.available(tx, "p"))) == 6


def test_a_group_is_asked_for_looked_at_and_books_as_its_class(any_db, clock):
    windows = [
        Window("登録団体", Who(groups={"福祉"})),
        Window("市民", opens=clock.now() + timedelta(days=3)),
    ]
    tariff = Tariff([Fee(1_000, "hour")], reductions={"福祉": 50})
    programme = Programme("hall", policy=Policy(windows=windows), tariff=tariff)
    calendar, slots = opened(any_db, programme)
    asked = any_db.run(lambda tx: calendar.groups.ask(tx, "手話の会", "福祉", "c1", key="g1"))
    assert any_db.run(lambda tx: calendar.groups.ask(tx, "手話の会", "福祉", "c1", key="g1")) == asked
    assert [group.label for group in any_db.read(calendar.groups.waiting)] == ["手話の会"]
    assert code(book(any_db, calendar, slots["hall"][0])) == ["GL-2104"]
    good = {"rate": 50, "until": date(2026, 12, 3), "reason": "規約と名簿を確認"}
    any_db.run(lambda tx: calendar.groups.approve(tx, asked, **good), actor=STAFF)
    assert isinstance(book(any_db, calendar, slots["hall"][0]), Booking)
    assert code(book(any_db, calendar, slots["hall"][4])) == [
        "GL-2104"
    ]  # as a citizen: the registration ends before
    bill = any_db.read(lambda tx: calendar.price(tx, slots["hall"][0], citizen="c1"))
    assert (bill.total, len(bill.lines)) == (500, 2)
    assert any_db.read(lambda tx: calendar.price(tx, slots["hall"][4], citizen="c1")).total == 1_000
    assert any_db.read(lambda tx: calendar.price(tx, slots["hall"][0])).total == 1_000
    any_db.run(lambda tx: calendar.groups.reject(tx, asked, reason="更新がない"), actor=STAFF)
    assert any_db.read(lambda tx: calendar.groups.of(tx, "c1")) is None
    acts = [entry.action for entry in any_db.read(lambda tx: audit.list(tx))]
    assert acts.count("calendar.group_decided") == 2


def test_of_several_groups_the_one_that_may_book_counts_and_its_purposes(any_db):
    policy = Policy(who=Who(groups={"福祉"}), purpose="会議")
    calendar, slots = opened(any_db, Programme("hall", policy=policy))
    for kind, purposes in (("福祉", ["会議"]), ("体育", ["運動"])):
        asked = any_db.run(
            lambda tx, k=kind, p=purposes: calendar.groups.ask(tx, k, k, "c1", key=k, purposes=p)
        )
        any_db.run(
            lambda tx, g=asked: calendar.groups.approve(tx, g, rate=0, until=None, reason="確認"), actor=STAFF
        )
    assert isinstance(book(any_db, calendar, slots["hall"][0]), Booking)
    calendar.adopt([Programme("hall", policy=evolve(policy, purpose="販売"))])
    assert code(book(any_db, calendar, slots["hall"][1])) == ["GL-2122"]


def test_a_registration_that_has_ended_does_not_stand_before_one_that_has_not(any_db):
    tariff = Tariff([Fee(1_000)])
    calendar, slots = opened(
        any_db, Programme("hall", policy=Policy(who=Who(groups={"福祉"})), tariff=tariff)
    )
    terms = [("a", 50, date(2026, 12, 3)), ("b", 30, None), ("c", 90, date(2026, 11, 1))]
    for name, rate, until in terms:
        asked = any_db.run(lambda tx, n=name: calendar.groups.ask(tx, n, "福祉", "c1", key=n))
        good = {"rate": rate, "until": until, "reason": "確認"}
        any_db.run(lambda tx, g=asked, w=good: calendar.groups.approve(tx, g, **w), actor=STAFF)
    assert isinstance(book(any_db, calendar, slots["hall"][4]), Booking)
    totals = [
        any_db.read(lambda tx, n=n: calendar.price(tx, slots["hall"][n], citizen="c1")).total for n in (0, 4)
    ]
    assert totals == [500, 700]  # the better rate while it holds


def test_an_earlier_programme_that_is_declared_no_more_still_counts(any_db):
    second = Programme("dose2", policy=Policy(interval=Interval("dose1", 1)))
    calendar, slots = opened(any_db, Programme("dose1"), second)
    book(any_db, calendar, slots["dose1"][0])
    calendar.adopt([second])
    assert isinstance(book(any_db, calendar, slots["dose2"][1]), Booking)


@pytest.mark.parametrize("wrong", [{"rate": 101}, {"rate": -1}, {"reason": " "}, {"group": "nobody"}])
def test_a_decision_on_a_group_needs_what_it_needs(any_db, wrong):
    calendar, _ = opened(any_db, Programme("p"))
    asked = any_db.run(lambda tx: calendar.groups.ask(tx, "手話の会", "福祉", key="g"))
    given = {"group": asked, "rate": 0, "until": None, "reason": "確認", **wrong}
    with pytest.raises(InputError) as refused:
        any_db.run(lambda tx: calendar.groups.approve(tx, given.pop("group"), **given), actor=STAFF)
    assert refused.value.code == "GL-2007"


def test_an_erased_citizen_acts_for_no_group(any_db):
    calendar, _ = opened(any_db, Programme("p"))
    asked = any_db.run(lambda tx: calendar.groups.ask(tx, "手話の会", "福祉", "c1", key="g"))
    any_db.run(lambda tx: calendar.groups.approve(tx, asked, rate=0, until=None, reason="確認"), actor=STAFF)
    assert any_db.read(lambda tx: calendar.groups.of(tx, "c1")) is not None
    any_db.run(lambda tx: calendar.erase(tx, "c1"))
    assert any_db.read(lambda tx: calendar.groups.of(tx, "c1")) is None
    assert not any_db.run(lambda tx: calendar.groups.drop_member(tx, asked, "c1"))


# --- payment ---

PAID = Policy(pay_by=CutOff(days=3))  # until the end of the third day before


def due_of(db, booking):
    found = db.read(lambda tx: schedules.of_subject(tx, booking.ref))
    return [each.due for each in found if each.key.startswith("calendar.unpaid")]


def end(db, calendar, booking):
    db.run(lambda tx: EndUnpaid(calendar).record(tx, {"booking": booking.id}, Done()))
    return db.read(lambda tx: calendar.booking(tx, booking.id)).state


def test_an_unpaid_booking_ends_at_its_instant_and_the_citizen_is_told(any_db, clock):
    calendar, slots = opened(any_db, Programme("hall", policy=PAID))
    booking = book(any_db, calendar, slots["hall"][5])
    (due,) = due_of(any_db, booking)
    assert due == datetime(2026, 12, 3, 15, tzinfo=UTC)  # 4 December, 0:00 in Japan
    clock.advance(due - clock.now() - timedelta(milliseconds=1))
    assert end(any_db, calendar, booking) == "confirmed"
    clock.advance(timedelta(milliseconds=1))
    assert end(any_db, calendar, booking) == "cancelled"
    assert end(any_db, calendar, booking) == "cancelled"
    pushes = [row for row in any_db.read(lambda tx: outbox.list(tx)) if row.topic == "line.push"]
    assert len(pushes) == 1
    assert any_db.read(calendar.reconcile) == []


def test_what_is_paid_stays(any_db, clock):
    calendar, slots = opened(any_db, Programme("hall", policy=PAID))
    booking = book(any_db, calendar, slots["hall"][5])
    assert any_db.run(lambda tx: calendar.paid(tx, booking.id), actor=STAFF)
    assert not any_db.run(lambda tx: calendar.paid(tx, booking.id), actor=STAFF)
    assert due_of(any_db, booking) == []
    moved = any_db.run(lambda tx: calendar.change(tx, booking.id, to=slots["hall"][4], key="m"))
    assert due_of(any_db, moved) == []
    clock.advance(timedelta(days=13))
    assert end(any_db, calendar, booking) == "confirmed"
    assert not any_db.run(lambda tx: calendar.paid(tx, "nothing"), actor=STAFF)


def test_the_wait_moves_with_a_change_and_dies_with_a_cancellation(any_db):
    calendar, slots = opened(any_db, Programme("hall", policy=PAID))
    booking = book(any_db, calendar, slots["hall"][5])
    moved = any_db.run(lambda tx: calendar.change(tx, booking.id, to=slots["hall"][4], key="m"))
    assert due_of(any_db, moved) == [datetime(2026, 12, 2, 15, tzinfo=UTC)]
    any_db.run(lambda tx: calendar.cancel(tx, booking.id, key="c"))
    assert due_of(any_db, booking) == []


def test_a_late_booking_has_the_time_of_a_hold_and_never_beyond_its_start(any_db, clock):
    calendar, slots = opened(any_db, Programme("hall", policy=PAID))
    clock.advance(START - clock.now() - timedelta(hours=1))
    late = book(any_db, calendar, slots["hall"][0])
    assert due_of(any_db, late) == [clock.now() + timedelta(minutes=10)]
    clock.advance(timedelta(minutes=55))
    later = book(any_db, calendar, slots["hall"][0], "c2")
    assert due_of(any_db, later) == [START]


def test_holds_owe_nothing_and_what_costs_nothing_is_not_owed(any_db):
    free = Programme("free", policy=PAID, tariff=Tariff([Fee(0)]))
    calendar, slots = opened(any_db, Programme("hall", policy=PAID), free)
    held = any_db.run(lambda tx: calendar.hold(tx, slots["hall"][5], "c1", key="h"))
    assert due_of(any_db, held) == []
    confirmed = any_db.run(lambda tx: calendar.confirm(tx, held.id, key="y"))
    assert len(due_of(any_db, confirmed)) == 1
    assert due_of(any_db, book(any_db, calendar, slots["free"][5])) == []


def test_a_claim_is_made_once_where_payments_are_bound(any_db):
    made = []

    class Claims:
        def claim(self, tx, item, citizen, subject, *, key):
            del tx
            made.append((item, citizen, subject.id, key))
            return subject

    programme = Programme("hall", policy=evolve(PAID, pay_item="hall_fee"))
    calendar, slots = opened(any_db, programme, claims=Claims())
    booking = book(any_db, calendar, slots["hall"][5])
    any_db.run(lambda tx: calendar.change(tx, booking.id, to=slots["hall"][4], key="m"))
    assert made == [("hall_fee", "c1", booking.id, f"calendar.booking:{booking.id}")]


def test_rules_change_without_a_restart(any_db):
    calendar, slots = opened(any_db, Programme("p"))
    assert isinstance(calendar.book_on(any_db, slots["p"][0], "c1", key="1"), Booking)
    calendar.adopt([Programme("p", policy=Policy(limit=1))])
    assert code(calendar.book_on(any_db, slots["p"][1], "c1", key="2")) == ["GL-2108"]
    assert code(book(any_db, calendar, slots["p"][1])) == ["GL-2108"]


# --- two moves of one person at once ---


def race_into_one_day(db, monkeypatch=None):
    """Two bookings of one person move into one day at the same time; how many went through."""
    calendar, slots = opened(db, Programme("p", policy=Policy(limits=[Limit(1, "day")])))
    late = [SlotPlan(START + timedelta(days=2, hours=3), START + timedelta(days=2, hours=4), 9)]
    db.run(lambda tx: calendar.add_slots(tx, "p", late))
    third = [slot.id for slot in db.read(lambda tx: calendar.slots(tx, "p")) if slot.starts.day == 3]
    mine = [book(db, calendar, slots["p"][day]) for day in (0, 1)]
    if monkeypatch is not None:
        together, real = Barrier(2, timeout=20), Desk.move_reasons
        nothing = Statement(
            "calendar.queue_person", text("UPDATE gl_calendar_person SET requests = 0 WHERE 1 = 0")
        )
        monkeypatch.setattr(_queries, "QUEUE_PERSON", nothing)

        def after_both_have_looked(*args, **more):
            reasons = real(*args, **more)
            together.wait()
            return reasons

        monkeypatch.setattr(Desk, "move_reasons", after_both_have_looked)

    def move(number):
        key = f"m{number}"
        return db.run(lambda tx: calendar.change(tx, mine[number].id, to=third[number], key=key))

    with ThreadPoolExecutor(2) as pool:
        return sum(isinstance(answer, Booking) for answer in pool.map(move, (0, 1)))


def test_two_moves_at_once_do_not_pass_a_limit(any_db):
    assert race_into_one_day(any_db) == 1


def test_without_the_queue_two_moves_at_once_would_pass_it(postgres_db, monkeypatch):
    """The proof that the test above sees the race; SQLite has one writer anyway."""
    assert race_into_one_day(postgres_db, monkeypatch) == 2
