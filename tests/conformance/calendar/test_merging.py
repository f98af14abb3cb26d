"""Whoever joins LINE while something else happens to their bookings: on both engines, with real threads, one guard after another removed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam, select, update

from govline.calendar import (
    Booking,
    Calendar,
    Policy,
    Programme,
    SlotPlan,
    closures,
    guessing,
    holds,
    ledger,
    merging,
)
from govline.calendar._queries import closures as qcl
from govline.calendar._queries import contacts as qc
from govline.calendar._tables import contacts
from govline.calendar.closures import go_on
from govline.calendar.merging import Contact, Merged
from govline.calendar.model import BookingState, Reminder
from govline.core import Actor, Ref, citizen_actor
from govline.errors import IndividualNumberRefused
from govline.store import Statement, audit, schedules

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
CLERK = Actor("staff", "s-1", "phone")
SATO = Contact("佐藤", "090-1234-5678")
HOLD = timedelta(minutes=10)
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


@pytest.fixture
def town(any_db):
    calendar = Calendar([Programme("p", policy=Policy(hold=HOLD), reminders=(Reminder(days_before=1),))])
    plans = [SlotPlan(START + timedelta(days=n), START + timedelta(days=n, hours=1), 2) for n in range(3)]
    any_db.run(lambda tx: calendar.add_slots(tx, "p", plans))
    slots = [slot.id for slot in any_db.read(lambda tx: calendar.slots(tx, "p"))]
    return any_db, calendar, slots


def phoned(town, slot=0, key="phoned", *, hold=False):
    db, calendar, slots = town
    return db.run(
        lambda tx: calendar.counter.book(tx, slots[slot], contact=SATO, key=key, hold=hold), actor=CLERK
    )


def code_of(town, booking):
    db, calendar, _ = town
    return db.run(lambda tx: calendar.counter.merge_code(tx, booking.id), actor=CLERK).text


def join(town, code, who="c-1", key="join"):
    db, calendar, _ = town
    return db.run(lambda tx: calendar.merge(tx, code, who, key=key), actor=citizen_actor(who))


def in_front(monkeypatch, town, where, what, rival):
    """While a unit stands in front of `where.what`, another one does `rival`: it is over before, or has to wait for us.

    On SQLite there is one writer, so it waits. Returns what joins the rival and gives its answer.
    """
    db, real, pool, begun = town[0], getattr(where, what), ThreadPoolExecutor(1), []

    def stop(*args, **more):
        if not begun:
            begun.append(pool.submit(rival))
            pause = threading.Event()
            for _ in range(1_000 if db.dialect == "postgresql" else 0):
                if begun[0].done() or db.read(lambda tx: tx.connection.exec_driver_sql(WAITING).scalar()):
                    break
                pause.wait(0.01)
        return real(*args, **more)

    monkeypatch.setattr(where, what, stop)

    def answer():
        assert begun, "nobody came there"
        found = begun[0].result(30)
        pool.shutdown()
        return found

    return answer


def unlocked(monkeypatch, queries, name):
    """The same statement without the lock."""
    own = getattr(queries, name)
    monkeypatch.setattr(queries, name, Statement(f"{own.name}_unlocked", own._cores["sqlite"], own.row))


def sound(town):
    assert town[0].read(town[1].reconcile) == []


def now(town, booking):
    return town[0].read(lambda tx: town[1].booking(tx, booking.id))


# --- two who have one code ---


@pytest.mark.parametrize("guarded", [True, False])
def test_of_two_who_enter_one_code_at_once_one_gets_the_bookings(town, monkeypatch, guarded):
    booking = phoned(town)
    code = code_of(town, booking)
    if not guarded:
        joined = update(contacts).where(contacts.c.id == bindparam("contact"))
        joined = joined.values(citizen=bindparam("who"))
        monkeypatch.setattr(qc, "JOINED", Statement("calendar.joined_unguarded", joined))
    rival = in_front(monkeypatch, town, guessing, "clear", lambda: join(town, code, "c-2", "rival"))
    first, second = join(town, code), rival()
    assert isinstance(first, Merged)
    assert [each.id for each in first.moved] == [booking.id]
    assert isinstance(second, Merged) == (not guarded), "the code was good for one"
    assert now(town, booking).citizen == "c-1"
    sound(town)


def test_many_who_enter_one_code_at_once(town):
    bookings = [phoned(town, n, f"k{n}") for n in range(3)]
    code = code_of(town, bookings[0])
    begin = threading.Barrier(6)

    def enter(n):
        begin.wait(30)
        return join(town, code, f"c-{n}", f"join-{n}")

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(enter, range(6)))
    (winner,) = [n for n, answer in enumerate(answers) if isinstance(answer, Merged)]
    assert len(answers[winner].moved) == 3
    assert {now(town, each).citizen for each in bookings} == {f"c-{winner}"}
    sound(town)


# --- something happens to the booking meanwhile ---


@pytest.mark.parametrize("guarded", [True, False])
def test_a_booking_that_staff_cancel_meanwhile_is_theirs_and_cancelled(town, monkeypatch, guarded):
    """Without the lock it would be told as a slot that they have twice, and stay with nobody."""
    db, calendar, _ = town
    booking = phoned(town)
    code = code_of(town, booking)
    if not guarded:
        unlocked(monkeypatch, qc, "BOOKINGS_OF_CONTACT")
    rival = in_front(
        monkeypatch,
        town,
        ledger,
        "hand_over",
        lambda: db.run(lambda tx: calendar.cancel(tx, booking.id, key="x")),
    )
    merged = join(town, code)
    assert rival().state is BookingState.CANCELLED
    stays = guarded or db.dialect == "sqlite"  # one writer
    assert ([each.id for each in merged.moved] == [booking.id]) == stays
    assert (merged.kept == () == merged.told) == stays
    assert (now(town, booking).citizen == "c-1") == stays
    assert db.read(lambda tx: schedules.of_subject(tx, booking.ref)) == []
    sound(town)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_booking_that_staff_move_meanwhile_is_theirs_where_it_is_now(town, monkeypatch, guarded):
    """It moves to a slot that they have already: of the two one has to give way, and neither is lost."""
    db, calendar, slots = town
    booking = phoned(town)
    db.run(lambda tx: calendar.book(tx, slots[1], "c-1", key="mine"))
    code = code_of(town, booking)
    if not guarded:
        unlocked(monkeypatch, qc, "BOOKINGS_OF_CONTACT")

    def move():
        return db.run(lambda tx: calendar.change(tx, booking.id, to=slots[1], key="x"))

    rival = in_front(monkeypatch, town, ledger, "hand_over", move)
    if not guarded and db.dialect == "postgresql":
        with pytest.raises(Exception, match="gl_calendar_booking_live"):
            join(town, code)
        assert isinstance(rival(), Booking)
        return
    merged = join(town, code)
    assert [each.slot for each in merged.moved] == [slots[0]]
    assert [reason.code for reason in rival().reasons] == ["GL-2107"], "theirs in that slot already"
    assert now(town, booking).slot == slots[0]
    sound(town)


def close_first_day(town):
    db, calendar, _ = town
    return db.run(
        lambda tx: calendar.counter.close(tx, "p", START, START + timedelta(hours=1), "雪", key="close"),
        actor=CLERK,
    )


def reached(town, closure):
    return [each.state for each in town[0].read(lambda tx: town[1].counter.reached(tx, closure.id))]


@pytest.mark.parametrize("guarded", [True, False])
def test_a_booking_that_is_closed_while_they_join_is_told_on_line(town, monkeypatch, guarded):
    """The closure reads who is to be told; before it writes, the person joins: they must not be left for the telephone."""
    booking = phoned(town)
    code = code_of(town, booking)
    if not guarded:
        unlocked(monkeypatch, qcl, "TO_DISPLACE")
    rival = in_front(monkeypatch, town, closures, "_displace", lambda: join(town, code))
    closure = close_first_day(town)
    assert [each.id for each in rival().moved] == [booking.id]
    assert now(town, booking).state is BookingState.DISPLACED
    told = guarded or town[0].dialect == "sqlite"
    assert reached(town, closure) == (["planned"] if told else ["to_call"])
    sound(town)


def test_who_joins_after_a_closure_is_told_on_line_and_not_called(town):
    db, calendar, slots = town
    booking = phoned(town)
    code = code_of(town, booking)
    closure = close_first_day(town)
    assert reached(town, closure) == ["to_call"]
    merged = join(town, code)
    assert [(each.id, each.state) for each in merged.moved] == [(booking.id, "displaced")]
    assert reached(town, closure) == ["planned"]
    assert db.read(lambda tx: schedules.of_subject(tx, booking.ref)) == [], "nothing to be reminded of"
    moved = db.run(lambda tx: calendar.change(tx, booking.id, to=slots[1], citizen="c-1", key="to"))
    assert moved.state is BookingState.CONFIRMED


def test_a_closure_that_is_over_tells_nobody_who_joins_later(town, clock):
    db, calendar, _ = town
    booking = phoned(town)
    code = code_of(town, booking)
    closure = close_first_day(town)
    clock.advance(timedelta(days=8))
    db.run(lambda tx: go_on(tx, calendar.counter.desk, {"closure": closure.id}))
    merged = join(town, code)
    assert merged.moved == ()
    assert now(town, booking).citizen == "c-1", "what is over goes with them"


# --- holds ---


def test_a_hold_that_ran_out_is_none_of_their_bookings(town, clock):
    booking, held = phoned(town), phoned(town, 1, "held", hold=True)
    code = code_of(town, booking)
    clock.advance(HOLD)
    merged = join(town, code)
    assert [each.id for each in merged.moved] == [booking.id]
    assert (merged.kept, merged.told) == ((), ())
    assert town[0].run(town[1].expire_holds) == 1
    assert now(town, held).state is BookingState.EXPIRED
    sound(town)


def test_their_own_hold_that_ran_out_is_no_second_booking(town, clock):
    """They had begun to book the slot on LINE before they remembered the telephone."""
    db, calendar, slots = town
    booking = phoned(town)
    db.run(lambda tx: calendar.hold(tx, slots[0], "c-1", key="begun"))
    code = code_of(town, booking)
    clock.advance(HOLD)
    merged = join(town, code)
    assert [each.id for each in merged.moved] == [booking.id]
    assert merged.kept == ()
    sound(town)


# --- the citizen, or the clerk, books meanwhile ---


def test_who_books_the_same_slot_while_joining_has_it_once(town, monkeypatch):
    """Whoever is first has it: their own booking is refused while the other one becomes theirs."""
    db, calendar, slots = town
    booking = phoned(town)
    code = code_of(town, booking)

    def book():
        return db.run(lambda tx: calendar.book(tx, slots[0], "c-1", key="own"))

    rival = in_front(monkeypatch, town, holds, "make_room", book)
    merged, own = join(town, code), rival()
    if isinstance(own, Booking):
        assert [each.id for each in merged.kept] == [booking.id]
        assert [reason.code for reason in merged.told] == ["GL-2107"]
    else:
        assert [reason.code for reason in own.reasons] == ["GL-2107"]
        assert [each.id for each in merged.moved] == [booking.id]
    mine = db.read(lambda tx: calendar.bookings(tx, "c-1"))
    assert [each.slot for each in mine] == [slots[0]]
    sound(town)


@pytest.mark.parametrize("guarded", [True, False])
def test_what_staff_book_for_them_while_they_join_is_theirs_too(town, monkeypatch, guarded):
    """The clerk has found the person; before the booking stands, the person joins. It must not stay with a contact that is nobody."""
    db, calendar, _ = town
    booking = phoned(town)
    code = code_of(town, booking)
    if not guarded:
        monkeypatch.setattr(qc, "BY_PHONE_TO_BOOK", qc.BY_PHONE)
    rival = in_front(monkeypatch, town, ledger, "place", lambda: join(town, code))
    second = phoned(town, 1, "second")
    rival()
    theirs = guarded or db.dialect == "sqlite"
    mine = {each.id for each in db.read(lambda tx: calendar.bookings(tx, "c-1"))}
    assert (mine == {booking.id, second.id}) == theirs
    sound(town)


# --- what is kept of the person, and for how long ---


@pytest.mark.parametrize("typed", [("123456789018", ""), ("佐藤", "1234-5678-9018")])
def test_an_individual_number_is_neither_a_name_nor_a_telephone_number(typed):
    with pytest.raises(IndividualNumberRefused):
        Contact(*typed)


def test_who_reads_a_contact_and_who_hands_out_a_code_stands_in_the_audit(town):
    db, calendar, _ = town
    booking = phoned(town)
    assert db.run(lambda tx: calendar.counter.contact(tx, booking.id), actor=CLERK) == Contact(
        "佐藤", "09012345678"
    )
    code_of(town, booking)
    subject = Ref("calendar.contact", booking.citizen)
    entries = db.read(lambda tx: audit.list(tx, subject=subject))
    assert [entry.action for entry in entries] == ["calendar.contact.read", "calendar.merge_code"]


def test_name_and_number_are_gone_once_they_have_joined(town):
    db, _, _ = town
    booking = phoned(town)
    join(town, code_of(town, booking))
    assert db.run(lambda tx: merging.read_contact(tx, booking.citizen), actor=CLERK) is None


def contacts_of(town):
    return town[0].read(lambda tx: tx.connection.execute(select(contacts.c.id)).scalars().all())


def test_contacts_are_forgotten_a_time_after_their_last_booking_and_no_sooner(town, clock):
    db, calendar, slots = town
    first = phoned(town)
    other = db.run(
        lambda tx: calendar.counter.book(tx, slots[2], contact=Contact("鈴木", "1"), key="o"), actor=CLERK
    )
    after = START + timedelta(hours=1)
    clock.set(after + timedelta(days=90))

    def purge(before, limit=10):
        return db.run(lambda tx: merging.purge_contacts(tx, before, limit))

    assert purge(after) == 0, "their booking was over at that very instant"
    assert purge(after + timedelta(seconds=1)) == 1
    assert contacts_of(town) == [other.citizen]
    assert now(town, first).citizen is None
    assert now(town, other).citizen == other.citizen
    phoned(town, 1, "again")
    assert purge(after + timedelta(days=99), limit=1) == 1
    assert purge(after + timedelta(days=99), limit=1) == 1
    assert contacts_of(town) == []


def test_who_is_erased_is_forgotten_as_a_contact_too(town):
    db, calendar, _ = town
    booking = phoned(town)
    join(town, code_of(town, booking))
    db.run(lambda tx: calendar.erase(tx, "c-1"))
    assert contacts_of(town) == []
    assert now(town, booking).citizen is None


def test_a_merge_is_told_to_others_and_stands_in_the_history(town, monkeypatch):
    db, calendar, _ = town
    told = []
    monkeypatch.setattr(
        merging,
        "tell",
        lambda _tx, name, booking, _data: told.append((name, booking.citizen, booking.contact)),
    )
    booking = phoned(town)
    merged = join(town, code_of(town, booking))
    assert [(each.citizen, each.contact) for each in merged.moved] == [("c-1", False)]
    assert [step.what for step in db.read(lambda tx: calendar.history(tx, booking.id))] == ["made", "merged"]
    assert told == [("calendar.merged", "c-1", False)]
