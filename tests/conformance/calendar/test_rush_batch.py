"""A batch of requests is judged as if they had come one after another; what differs is only how many statements it takes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, select

from govline.calendar import Booking, Calendar, Policy, Programme, Refused, SlotPlan, rush_door
from govline.calendar._queries import rush as statements
from govline.calendar._tables import bookings
from govline.calendar.model import Reminder
from govline.calendar.rush import Wish, take_many
from govline.errors import InputError, RetryNeeded
from govline.store import Statement, outbox, schedules

START = datetime(2026, 12, 1, tzinfo=UTC)
PLACES = 4


def make(limit=None, reminders=()):
    return Calendar([Programme("p", policy=Policy(limit=limit, max_party=3), reminders=reminders)])


def open_slots(db, calendar, number=2):
    plans = [
        SlotPlan(START + timedelta(hours=n), START + timedelta(hours=n + 1), PLACES) for n in range(number)
    ]
    db.run(lambda tx: calendar.add_slots(tx, "p", plans))
    return [slot.id for slot in db.read(lambda tx: calendar.slots(tx, "p"))]


def batch(db, calendar, wishes):
    return db.run(lambda tx: take_many(tx, calendar._desk, wishes))


def told(answer):
    """An answer without what differs between two runs: ids."""
    if isinstance(answer, Booking):
        return ("won", answer.citizen, answer.party, answer.state, answer.starts, answer.held_until)
    return [(reason.code, reason.text) for reason in answer.reasons]


WISHES = st.lists(
    st.tuples(
        st.sampled_from(["book", "hold"]), st.integers(0, 2), st.sampled_from(["a", "b", "c", "d", None]), st.integers(1, 4)
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip


@pytest.mark.parametrize("limit", [None, 1])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WISHES)
def test_a_batch_answers_as_requests_one_by_one(any_db, limit, asked):
    programme = f"p{any_db.ids(0)}"
    calendar = Calendar([Programme(programme, policy=Policy(limit=limit, max_party=3))])
    slots = []
    for name in ("one", "many"):
        plans = [
            SlotPlan(START + timedelta(hours=n), START + timedelta(hours=n + 1), PLACES, name)
            for n in range(2)
        ]
        any_db.run(lambda tx, plans=plans: calendar.add_slots(tx, programme, plans))
        found = any_db.read(lambda tx: calendar.slots(tx, programme))
        slots.append([slot.id for slot in found if slot.name == name] + ["nowhere"])

    def wish(place, number):
        verb, slot, citizen, party = asked[number]
        # the same people come twice, under names of their own
        who = citizen and f"{citizen}-{place}"
        return Wish(verb, slots[place][slot], who, party, f"{programme}-{place}-{number}")

    def single(number):
        it = wish(0, number)
        ask = calendar.book if it.verb == "book" else calendar.hold
        return any_db.run(lambda tx: ask(tx, it.slot, it.citizen, party=it.party, key=it.key))

    one_by_one = [told(single(number)) for number in range(len(asked))]
    together = [told(answer) for answer in batch(any_db, calendar, [wish(1, n) for n in range(len(asked))])]
    assert [_anonymous(each) for each in together] == [_anonymous(each) for each in one_by_one]
    assert any_db.read(calendar.reconcile) == []


def _anonymous(answer):
    return (answer[0], *answer[2:]) if isinstance(answer, tuple) else answer


def test_keys_known_before_and_keys_twice_in_one_batch(any_db):
    calendar = make()
    first, second = open_slots(any_db, calendar)
    known = calendar.book_on(any_db, first, "a", key="k1")
    wishes = [
        Wish("book", first, "a", 1, "k1"), Wish("book", second, "b", 2, "k2"), Wish("book", second, "b", 2, "k2"),
        Wish("book", second, "b", 1, "k2"), Wish("book", second, "a", 1, "k1"),
    ]  # fmt: skip
    again, new, twice, other, misused = batch(any_db, calendar, wishes)
    assert again == known
    assert new == twice
    assert new.party == 2
    assert [type(each) for each in (other, misused)] == [InputError, InputError]
    assert {each.code for each in (other, misused)} == {"GL-2001"}
    assert any_db.read(calendar.reconcile) == []


def test_holds_that_ran_out_make_place_within_the_batch(any_db, clock):
    calendar = make()
    slot, _ = open_slots(any_db, calendar)
    assert isinstance(calendar.hold_on(any_db, slot, "a", party=3, key="h"), Booking)
    clock.advance(timedelta(minutes=11))
    answers = batch(any_db, calendar, [Wish("book", slot, who, 2, who) for who in "abc"])
    assert [isinstance(answer, Booking) for answer in answers] == [True, True, False]
    assert any_db.read(calendar.reconcile) == []


def test_what_follows_a_booking_follows_each_of_a_batch(any_db):
    calendar = make(reminders=[Reminder(days_before=1)])
    slot, _ = open_slots(any_db, calendar)
    won = batch(any_db, calendar, [Wish("book", slot, "a", 1, "1"), Wish("hold", slot, "b", 1, "2")])
    planned = [any_db.read(lambda tx, b=b: schedules.of_subject(tx, b.ref)) for b in won]
    assert [each[0].key.partition(":")[0] for each in planned] == ["calendar.reminder", "calendar.hold"]
    assert any_db.read(lambda tx: outbox.list(tx)) == []


def test_wrong_requests_are_refused_before_they_wait(any_db):
    calendar = make()
    slot, _ = open_slots(any_db, calendar)
    for party, key, code in ((0, "k", "GL-2003"), (1, "", "GL-2001")):
        with pytest.raises(InputError) as refused:
            calendar.book_on(any_db, slot, "a", party=party, key=key)
        assert refused.value.code == code
    lost = calendar.book_on(any_db, "nowhere", "a", key="k")
    assert isinstance(lost, Refused)
    assert evolve(lost).reasons[0].code == "GL-2101"


def test_places_go_in_order_of_arrival(any_db, monkeypatch):
    """While a batch is being written, seven come one after another: the first four get the places, whatever their threads do."""
    calendar = make()
    slot, other = open_slots(any_db, calendar)
    calendar.book_on(any_db, other, "warm", key="warm")
    (gathering,) = calendar._gatherings.values()
    inside, go, batches = threading.Event(), threading.Event(), []
    real = rush_door.take_many

    def slow(tx, desk, wishes, **more):
        batches.append([wish.citizen for wish in wishes])
        if len(batches) == 1:
            inside.set()
            assert go.wait(10)
        return real(tx, desk, wishes, **more)

    monkeypatch.setattr(rush_door, "take_many", slow)
    crowd = [f"c{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        asked = []
        for number, who in enumerate(crowd):
            asked.append(pool.submit(calendar.book_on, any_db, slot, who, key=who))
            assert inside.wait(10)
            while gathering.waiting(slot) < number:
                threading.Event().wait(0.001)
        go.set()
        won = [who for who, answer in zip(crowd, asked, strict=True) if isinstance(answer.result(), Booking)]
    assert won == crowd[:PLACES]
    assert batches == [crowd[:1], crowd[1:]]


def test_a_slow_unit_elsewhere_holds_up_no_booking(postgres_db, monkeypatch):
    monkeypatch.setattr(postgres_db.engine, "_budget", 60)  # however busy the machine that tests
    calendar = make()
    slow, slot = open_slots(postgres_db, calendar)
    inside, go = threading.Event(), threading.Event()

    def take_its_time(tx):
        calendar.book(tx, slow, "slow", key="slow")
        inside.set()
        return go.wait(60)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(postgres_db.run, take_its_time)
        assert inside.wait(10)
        assert isinstance(calendar.book_on(postgres_db, slot, "a", key="a"), Booking)
        assert isinstance(postgres_db.run(lambda tx: calendar.book(tx, slot, "b", key="b")), Booking)
        assert [each.id for each in postgres_db.read(lambda tx: calendar.available(tx, "p"))] == [slow, slot]
        assert not waiting.done()
        go.set()
        assert waiting.result()


def test_a_connection_that_is_cut_in_the_middle_costs_nobody_their_answer(
    postgres_db, postgres_18, monkeypatch
):
    """Cut before the commit: the batch runs again, each is answered once; the rows are those of the answers."""
    calendar = make()
    slot, _ = open_slots(postgres_db, calendar)
    real, runs, cuts = rush_door.take_many, [], []

    def cut_first(tx, desk, wishes, **more):
        answers = real(tx, desk, wishes, **more)
        runs.append(wishes)
        if len(runs) in (1, 3):
            own = tx.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with psycopg.connect(postgres_18.replace("+psycopg", ""), autocommit=True) as other:
                cuts.append(other.execute("SELECT pg_terminate_backend(%s, 5000)", (own,)).fetchone())
        return answers

    monkeypatch.setattr(rush_door, "take_many", cut_first)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda who: calendar.book_on(postgres_db, slot, who, key=who), "abcdef"))
    won = {answer.id for answer in answers if isinstance(answer, Booking)}
    assert (len(cuts), len(won)) == (2, PLACES)
    rows = "SELECT id FROM gl_calendar_booking"
    assert {*postgres_db.read(lambda tx: tx.connection.exec_driver_sql(rows).scalars().all())} == won
    assert [calendar.book_on(postgres_db, slot, who, key=who) for who in "abcdef"] == answers
    assert postgres_db.read(calendar.reconcile) == []


def test_a_booking_that_came_in_between_sells_nothing_twice(any_db, monkeypatch):
    """A row that the batch did not see stands in its way: the whole batch runs again, no counter moves for nothing."""
    calendar = make()
    slot, _ = open_slots(any_db, calendar)
    calendar.book_on(any_db, slot, "a", key="1")
    blind = select(bookings.c.slot_id, bookings.c.citizen, bookings.c.id).where(
        bookings.c.id == bindparam("rows")
    )
    monkeypatch.setattr(statements, "LIVE_PAIRS", Statement("calendar.no_pairs", blind))
    with pytest.raises(RetryNeeded), any_db.begin() as tx:
        take_many(tx, calendar._desk, [Wish("book", slot, who, 1, f"again-{who}") for who in "ab"])
    assert any_db.read(calendar.reconcile) == []
    assert any_db.read(lambda tx: calendar.slot(tx, slot)).booked == 1
