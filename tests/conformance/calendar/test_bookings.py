"""The booking verbs on SQLite and PostgreSQL: the same answers, rows and counter always equal."""

from datetime import UTC, datetime, timedelta

import pytest

from govline.calendar import Calendar, CutOff, Policy, Programme, Refused, Reminder, SlotPlan
from govline.core import Ref
from govline.errors import ConfigError, InputError

START = datetime(2026, 11, 24, 1, tzinfo=UTC)  # 10:00 in Japan


@pytest.fixture
def calendar():
    plain = Programme("copal", "屋内遊び場", Policy(limit=2), reminders=[Reminder(days_before=1)])
    strict = Programme("hall", "会議室", Policy(max_party=3, cancel=CutOff(business_days=1)))
    return Calendar([plain, strict])


@pytest.fixture
def slots(any_db, calendar):
    """Three slots of two places each, an hour apart."""

    def add(tx):
        plans = [SlotPlan(START + timedelta(hours=n), START + timedelta(hours=n + 1), 2) for n in range(3)]
        calendar.add_slots(tx, "copal", plans)
        calendar.add_slots(tx, "hall", plans)
        return [slot.id for slot in calendar.slots(tx, "copal")]

    return any_db.run(add)


def codes(answer):
    return [reason.code for reason in answer.reasons] if isinstance(answer, Refused) else []


def booked(db, calendar, slot):
    assert db.read(calendar.reconcile) == []
    return db.read(lambda tx: calendar.slot(tx, slot)).booked


def test_a_booking_takes_its_places(any_db, calendar, slots):
    booking = any_db.run(lambda tx: calendar.book(tx, slots[0], "a", party=2, key="1"))
    assert (booking.state.value, booking.party, booking.starts) == ("confirmed", 2, START)
    assert booked(any_db, calendar, slots[0]) == 2
    assert any_db.read(lambda tx: calendar.bookings(tx, "a")) == [booking]
    full = any_db.run(lambda tx: calendar.book(tx, slots[0], "b", key="2"))
    assert codes(full) == ["GL-2103"]
    assert full.text == "満員です。"


def test_a_replayed_key_gets_the_same_answer(any_db, calendar, slots):
    def book(tx):
        return calendar.book(tx, slots[0], "a", key="1")

    first = any_db.run(book)
    assert any_db.run(book) == first
    any_db.run(lambda tx: calendar.cancel(tx, first.id, key="2"))
    assert any_db.run(book) == first, "the answer of the key, not the state of today"
    assert booked(any_db, calendar, slots[0]) == 0


def test_a_refusal_is_replayed_too(any_db, calendar, slots):
    any_db.run(lambda tx: calendar.book(tx, slots[0], "a", party=2, key="1"))
    refused = any_db.run(lambda tx: calendar.book(tx, slots[0], "b", key="2"))
    booking = any_db.read(lambda tx: calendar.bookings(tx, "a"))[0]
    any_db.run(lambda tx: calendar.cancel(tx, booking.id, key="3"))
    assert any_db.run(lambda tx: calendar.book(tx, slots[0], "b", key="2")) == refused


def test_a_key_used_for_something_else_is_an_error(any_db, calendar, slots):
    any_db.run(lambda tx: calendar.book(tx, slots[0], "a", key="1"))
    with pytest.raises(InputError) as error:
        any_db.run(lambda tx: calendar.book(tx, slots[1], "a", key="1"))
    assert error.value.code == "GL-2001"
    with pytest.raises(InputError):
        any_db.run(lambda tx: calendar.book(tx, slots[1], "a", key=""))


def test_all_reasons_come_at_once(any_db, calendar, slots, clock):
    any_db.run(lambda tx: calendar.book(tx, slots[0], "a", key="1"))
    any_db.run(lambda tx: calendar.book(tx, slots[1], "a", key="2"))
    again = any_db.run(lambda tx: calendar.book(tx, slots[0], "a", party=2, key="3"))
    assert codes(again) == ["GL-2103", "GL-2107", "GL-2108"]
    clock.set(START)
    late = any_db.run(lambda tx: calendar.book(tx, slots[0], "b", key="4"))
    assert codes(late) == ["GL-2110"]
    assert codes(any_db.run(lambda tx: calendar.book(tx, "nowhere", "b", key="5"))) == ["GL-2101"]


def test_a_cancelled_slot_takes_nobody(any_db, calendar, slots):
    any_db.run(lambda tx: calendar.cancel_slot(tx, slots[0]))
    assert codes(any_db.run(lambda tx: calendar.book(tx, slots[0], "a", key="1"))) == ["GL-2102"]
    assert slots[0] not in [slot.id for slot in any_db.read(lambda tx: calendar.available(tx, "copal"))]


def test_a_hold_runs_out_and_the_place_is_free_at_once(any_db, calendar, slots, clock):
    held = any_db.run(lambda tx: calendar.hold(tx, slots[0], "a", party=2, key="1"))
    assert held.held_until == clock.now() + timedelta(minutes=10)
    assert codes(any_db.run(lambda tx: calendar.book(tx, slots[0], "b", key="2"))) == ["GL-2103"]
    clock.advance(timedelta(minutes=10))
    assert any_db.run(lambda tx: calendar.book(tx, slots[0], "b", key="3")).citizen == "b"
    assert codes(any_db.run(lambda tx: calendar.confirm(tx, held.id, key="4"))) == ["GL-2112"]
    assert booked(any_db, calendar, slots[0]) == 1


def test_a_hold_that_ran_out_cannot_be_confirmed(any_db, calendar, slots, clock):
    held = any_db.run(lambda tx: calendar.hold(tx, slots[0], "a", key="1"))
    clock.advance(timedelta(minutes=10))
    assert codes(any_db.run(lambda tx: calendar.confirm(tx, held.id, key="2"))) == ["GL-2113"]
    assert any_db.run(calendar.expire_holds) == 1
    assert any_db.run(calendar.expire_holds) == 0
    assert booked(any_db, calendar, slots[0]) == 0


def test_a_hold_that_ran_out_does_not_count_against_the_limit(any_db, calendar, slots, clock):
    any_db.run(lambda tx: calendar.hold(tx, slots[0], "a", key="1"))
    any_db.run(lambda tx: calendar.book(tx, slots[1], "a", key="2"))
    assert codes(any_db.run(lambda tx: calendar.book(tx, slots[2], "a", key="3"))) == ["GL-2108"]
    clock.advance(timedelta(minutes=10))
    assert any_db.run(lambda tx: calendar.book(tx, slots[2], "a", key="4")).slot == slots[2]


def test_a_hold_is_confirmed_once(any_db, calendar, slots, clock):
    held = any_db.run(lambda tx: calendar.hold(tx, slots[0], "a", key="1"))
    confirmed = any_db.run(lambda tx: calendar.confirm(tx, held.id, key="2"))
    assert (confirmed.id, confirmed.state.value) == (held.id, "confirmed")
    assert any_db.run(lambda tx: calendar.confirm(tx, held.id, key="3")) == confirmed
    clock.advance(timedelta(hours=1))
    assert any_db.run(calendar.expire_holds) == 0


def test_a_change_keeps_the_old_place_until_the_new_one_is_won(any_db, calendar, slots):
    mine = any_db.run(lambda tx: calendar.book(tx, slots[0], "a", key="1"))
    for number, who in enumerate("bc"):
        any_db.run(lambda tx, n=number, w=who: calendar.book(tx, slots[1], w, key=f"x{n}"))
    refused = any_db.run(lambda tx: calendar.change(tx, mine.id, to=slots[1], key="2"))
    assert codes(refused) == ["GL-2103"]
    assert any_db.read(lambda tx: calendar.bookings(tx, "a")) == [mine]
    moved = any_db.run(lambda tx: calendar.change(tx, mine.id, to=slots[2], party=2, key="3"))
    assert (moved.id, moved.slot, moved.party) == (mine.id, slots[2], 2)
    assert [booked(any_db, calendar, slot) for slot in slots] == [0, 2, 2]
    back = any_db.run(lambda tx: calendar.change(tx, mine.id, to=slots[0], key="4"))
    assert [booked(any_db, calendar, slot) for slot in slots] == [2, 2, 0]
    fewer = any_db.run(lambda tx: calendar.change(tx, back.id, to=slots[0], party=1, key="5"))
    assert (fewer.party, booked(any_db, calendar, slots[0])) == (1, 1)
    more = any_db.run(lambda tx: calendar.change(tx, back.id, to=slots[0], party=3, key="6"))
    assert codes(more) == ["GL-2103"]


def test_a_change_into_a_slot_one_already_has_is_refused(any_db, calendar, slots):
    mine = any_db.run(lambda tx: calendar.book(tx, slots[0], "a", key="1"))
    any_db.run(lambda tx: calendar.book(tx, slots[1], "a", key="2"))
    refused = any_db.run(lambda tx: calendar.change(tx, mine.id, to=slots[1], key="3"))
    assert codes(refused) == ["GL-2107"]


def test_a_change_stays_in_its_programme(any_db, calendar, slots):
    mine = any_db.run(lambda tx: calendar.book(tx, slots[0], "a", key="1"))
    other = any_db.read(lambda tx: calendar.slots(tx, "hall"))[0]
    refused = any_db.run(lambda tx: calendar.change(tx, mine.id, to=other.id, key="2"))
    assert codes(refused) == ["GL-2111"]


def test_only_the_owner_sees_or_touches_a_booking(any_db, calendar, slots):
    mine = any_db.run(lambda tx: calendar.book(tx, slots[0], "a", key="1"))
    for number, verb in enumerate((calendar.cancel, calendar.confirm)):
        answer = any_db.run(lambda tx, v=verb, n=number: v(tx, mine.id, key=f"{n}x", citizen="b"))
        assert codes(answer) == ["GL-2112"]
    answer = any_db.run(lambda tx: calendar.change(tx, mine.id, to=slots[1], key="2", citizen="b"))
    assert codes(answer) == ["GL-2112"]


def test_a_cancelled_place_is_free_again_and_the_pair_too(any_db, calendar, slots):
    mine = any_db.run(lambda tx: calendar.book(tx, slots[0], "a", party=2, key="1"))
    assert any_db.run(lambda tx: calendar.cancel(tx, mine.id, key="2")).state.value == "cancelled"
    assert codes(any_db.run(lambda tx: calendar.cancel(tx, mine.id, key="3"))) == ["GL-2112"]
    assert any_db.run(lambda tx: calendar.book(tx, slots[0], "a", party=2, key="4")).id != mine.id
    assert booked(any_db, calendar, slots[0]) == 2


def test_the_cut_off_in_business_days_knows_the_holidays(any_db, calendar, slots, clock):
    slot = any_db.read(lambda tx: calendar.slots(tx, "hall"))[0]
    first = any_db.run(lambda tx: calendar.book(tx, slot.id, "a", key="1"))
    # Tuesday 24 November 2026: Monday is 勤労感謝の日, so the last business day before it is Friday the 20th
    clock.set(datetime(2026, 11, 20, 14, 59, tzinfo=UTC))
    assert any_db.read(lambda tx: calendar.can_book(tx, slot.id, "b"))
    clock.set(datetime(2026, 11, 20, 15, tzinfo=UTC))
    late = any_db.run(lambda tx: calendar.cancel(tx, first.id, key="2", citizen="a"))
    assert codes(late) == ["GL-2106"]
    assert late.text == "取消の締切(11月21日(土) 0:00)を過ぎています。"
    assert any_db.run(lambda tx: calendar.cancel(tx, first.id, key="3")).state.value == "cancelled", (
        "staff may"
    )


def test_places_for_nobody_in_particular(any_db, calendar, slots):
    for number in range(2):
        any_db.run(lambda tx, n=number: calendar.book(tx, slots[0], None, key=f"k{n}"))
    assert booked(any_db, calendar, slots[0]) == 2
    assert codes(any_db.run(lambda tx: calendar.book(tx, slots[0], None, key="3"))) == ["GL-2103"]


def test_reconcile_names_a_counter_that_drifted(any_db, calendar, slots):
    from sqlalchemy import text

    any_db.run(lambda tx: calendar.book(tx, slots[0], "a", key="1"))
    with any_db.begin() as tx:
        tx.connection.execute(text("UPDATE gl_calendar_slot SET booked = 2 WHERE id = :id"), {"id": slots[0]})
    (difference,) = any_db.read(calendar.reconcile)
    assert (difference.slot, difference.counter, difference.rows) == (slots[0], 2, 1)


def test_erasing_a_citizen_leaves_no_trace_of_the_id(any_db, calendar, slots):
    from sqlalchemy import text

    any_db.run(lambda tx: calendar.book(tx, slots[0], "citizen-a", key="1"))
    any_db.run(lambda tx: calendar.erase(tx, "citizen-a"))
    assert booked(any_db, calendar, slots[0]) == 0
    with any_db.begin() as tx:
        for table in ("booking", "person", "request"):
            rows = tx.connection.execute(text(f"SELECT * FROM gl_calendar_{table}")).all()
            assert "citizen-a" not in repr(rows)


def test_an_undeclared_programme_is_named(any_db, calendar):
    with pytest.raises(ConfigError) as error:
        any_db.read(lambda tx: calendar.slots(tx, "coral"))
    assert "copal" in error.value.hint


def test_booking_refs_point_at_the_booking(any_db, calendar, slots):
    mine = any_db.run(lambda tx: calendar.book(tx, slots[0], "a", key="1"))
    assert mine.ref == Ref("calendar.booking", mine.id)
    assert calendar.book_on(any_db, slots[1], "a", key="2").slot == slots[1]


def test_what_staff_do_is_audited(any_db, calendar, slots):
    from sqlalchemy import text

    from govline.core import Actor

    clerk = Actor("staff", "clerk-7", "phone")
    booking = any_db.run(lambda tx: calendar.book(tx, slots[0], "a", key="1"), actor=clerk)
    any_db.run(lambda tx: calendar.cancel(tx, booking.id, key="2"), actor=clerk)
    with any_db.begin() as tx:
        acts = tx.connection.execute(text("SELECT action, actor_id FROM gl_audit ORDER BY id")).all()
        made = tx.connection.execute(text("SELECT made_by, channel FROM gl_calendar_booking")).all()
    assert acts == [("calendar.booked", "clerk-7"), ("calendar.cancelled", "clerk-7")]
    assert made == [("staff", "phone")]
