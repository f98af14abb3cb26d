"""Staff book for others in the one ledger: overrides that stay changeable, contacts that join LINE, codes at the counter, history."""

from datetime import UTC, datetime, timedelta

import pytest

from govline.calendar import Booking, Calendar, CutOff, Policy, Programme, Refused, SlotPlan
from govline.calendar import _queries as q
from govline.calendar.merging import Contact, MergeCode, Merged
from govline.calendar.model import BookingState, Reminder
from govline.core import Actor, Reason, citizen_actor
from govline.errors import ConfigError, InputError, StoreError
from govline.store import schedules

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
PHONE = Actor("staff", "s-1", "phone")
SATO = Contact("佐藤", "090-1234-5678")


def make(**policy):
    more = {name: policy.pop(name) for name in ("contact", "no_show_after", "reminders") if name in policy}
    return Calendar([Programme("p", policy=Policy(**policy), **more)])


def slots_of(db, calendar, number=3, places=2):
    plans = [
        SlotPlan(START + timedelta(days=n), START + timedelta(days=n, hours=1), places) for n in range(number)
    ]
    db.run(lambda tx: calendar.add_slots(tx, "p", plans))
    return [slot.id for slot in db.read(lambda tx: calendar.slots(tx, "p"))]


def staff(db, work):
    return db.run(work, actor=PHONE)


def sound(db, calendar):
    assert db.read(calendar.reconcile) == []


def codes(answer):
    assert isinstance(answer, Refused), answer
    return {reason.code for reason in answer.reasons}


def test_a_telephone_booking_stands_in_the_same_ledger(any_db):
    calendar = make(reminders=(Reminder(days_before=1),))
    slot, *_ = slots_of(any_db, calendar)

    def ask(tx):
        return calendar.counter.book(tx, slot, contact=SATO, key="k", reason="電話  受付")

    booking = staff(any_db, ask)
    assert booking.contact
    assert staff(any_db, ask) == booking
    row = any_db.read(lambda tx: calendar.history(tx, booking.id))
    assert [(s.what, s.actor_kind, s.actor, s.channel, s.reason) for s in row] == [
        ("made", "staff", "s-1", "phone", "電話 受付")
    ]
    assert any_db.read(lambda tx: schedules.of_subject(tx, booking.ref)) == [], "nobody to push to"
    assert staff(any_db, lambda tx: calendar.counter.contact(tx, booking.id)).phone == "09012345678"
    again = staff(any_db, lambda tx: calendar.counter.book(tx, slot, contact=SATO, key="k2"))
    assert "GL-2107" in codes(again), "the same person of the same number does not book twice"
    with pytest.raises(InputError):
        staff(any_db, lambda tx: calendar.counter.book(tx, slot, contact=Contact("鈴木"), key="k"))
    sound(any_db, calendar)


def test_nothing_of_a_contact_stands_in_clear(any_db):
    calendar = make()
    slot, *_ = slots_of(any_db, calendar)
    staff(any_db, lambda tx: calendar.counter.book(tx, slot, contact=SATO, key="k"))
    for table in ("contact", "request", "history", "booking"):
        rows = any_db.read(
            lambda tx, t=table: tx.connection.exec_driver_sql(f"SELECT * FROM gl_calendar_{t}").all()
        )
        assert "佐藤" not in repr(rows)
        assert "12345678" not in repr(rows)
    assert "佐藤" not in repr(SATO)


@pytest.mark.parametrize(
    ("asks", "contact", "refused"),
    [
        ("required", Contact(), {"GL-2162"}),
        ("none", SATO, {"GL-2163"}),
        ("required", SATO, None),
        ("none", Contact(), None),
        ("optional", Contact(), None),
    ],
)
def test_contactable_or_anonymous_by_programme(any_db, asks, contact, refused):
    calendar = make(contact=asks)
    slot, *_ = slots_of(any_db, calendar)
    answer = staff(any_db, lambda tx: calendar.counter.book(tx, slot, contact=contact, key="k"))
    assert isinstance(answer, Booking) if refused is None else codes(answer) == refused


def test_who_joins_line_brings_their_bookings(any_db):
    calendar = make(reminders=(Reminder(days_before=1),))
    one, two, _ = slots_of(any_db, calendar)
    booked = [
        staff(any_db, lambda tx, s=s: calendar.counter.book(tx, s, contact=SATO, key=s)) for s in (one, two)
    ]
    assert booked[0].citizen == booked[1].citizen
    mine = any_db.run(lambda tx: calendar.book(tx, two, "c-1", key="mine"))
    code = staff(any_db, lambda tx: calendar.counter.merge_code(tx, booked[0].id))
    assert isinstance(code, MergeCode)
    assert code.text.replace("-", "") not in repr(code)

    def join(tx):
        return calendar.merge(tx, code.text.lower().replace("-", " "), "c-1", key="join")

    merged = any_db.run(join, actor=citizen_actor("c-1"))
    assert isinstance(merged, Merged)
    assert [each.slot for each in merged.moved] == [one]
    assert [each.slot for each in merged.kept] == [two]
    assert [reason.code for reason in merged.told] == ["GL-2107"]
    assert any_db.run(join, actor=citizen_actor("c-1")) == merged
    assert {each.id for each in any_db.read(lambda tx: calendar.bookings(tx, "c-1"))} == {
        booked[0].id,
        mine.id,
    }
    assert len(any_db.read(lambda tx: schedules.of_subject(tx, booked[0].ref))) == 1
    ended = any_db.run(lambda tx: calendar.cancel(tx, booked[0].id, citizen="c-1", key="end"))
    assert ended.state is BookingState.CANCELLED
    again = any_db.run(lambda tx: calendar.merge(tx, code.text, "c-2", key="late"))
    assert codes(again) == {"GL-2154"}, "a code works once"
    sound(any_db, calendar)


def test_a_limit_passed_by_a_merge_is_told_and_nothing_is_lost(any_db):
    calendar = make(limit=1)
    one, two, _ = slots_of(any_db, calendar)
    booking = staff(any_db, lambda tx: calendar.counter.book(tx, one, contact=Contact(), key="a"))
    any_db.run(lambda tx: calendar.book(tx, two, "c-1", key="b"))
    code = staff(any_db, lambda tx: calendar.counter.merge_code(tx, booking.id))
    merged = any_db.run(lambda tx: calendar.merge(tx, code.text, "c-1", key="join"))
    assert [each.id for each in merged.moved] == [booking.id]
    assert [reason.code for reason in merged.told] == ["GL-2108"]


def test_trying_codes_out_locks(any_db, clock):
    calendar = make()
    one, *_ = slots_of(any_db, calendar)
    booking = staff(any_db, lambda tx: calendar.counter.book(tx, one, contact=Contact(), key="a"))
    code = staff(any_db, lambda tx: calendar.counter.merge_code(tx, booking.id))
    said = [
        codes(any_db.run(lambda tx, n=n: calendar.merge(tx, f"0000-00000{n}", "c-1", key=f"try-{n}")))
        for n in range(5)
    ]
    assert said == [{"GL-2154"}] * 4 + [{"GL-2155"}]
    assert codes(any_db.run(lambda tx: calendar.merge(tx, code.text, "c-1", key="good"))) == {"GL-2155"}
    clock.advance(timedelta(minutes=31))
    assert isinstance(any_db.run(lambda tx: calendar.merge(tx, code.text, "c-1", key="then")), Merged)


def test_a_code_runs_out_and_a_new_one_voids_the_old(any_db, clock):
    calendar = make()
    one, *_ = slots_of(any_db, calendar)
    booking = staff(any_db, lambda tx: calendar.counter.book(tx, one, contact=Contact(), key="a"))
    nobody = staff(any_db, lambda tx: calendar.counter.book(tx, one, key="b"))
    old, new = (staff(any_db, lambda tx: calendar.counter.merge_code(tx, booking.id)) for _ in "12")
    assert codes(any_db.run(lambda tx: calendar.merge(tx, old.text, "c-1", key="1"))) == {"GL-2154"}
    clock.advance(timedelta(days=31))
    assert codes(any_db.run(lambda tx: calendar.merge(tx, new.text, "c-1", key="2"))) == {"GL-2154"}
    with pytest.raises(InputError):
        staff(any_db, lambda tx: calendar.counter.merge_code(tx, nobody.id))


# --- overrides ---


def test_an_override_passes_the_policy_and_never_the_capacity(any_db):
    calendar = make(limit=1, opens=START - timedelta(days=2))
    one, two, three = slots_of(any_db, calendar, places=1)

    def ask(slot, key, **more):
        more = {"citizen": "c-1", "reason": "体調のため", **more}
        return staff(any_db, lambda tx: calendar.counter.book(tx, slot, key=key, **more))

    assert codes(ask(one, "plain")) == {"GL-2104"}
    first = ask(one, "a", override=True)
    assert first.waived == ("GL-2104",)
    second = ask(two, "b", override=True)
    assert second.waived == ("GL-2104", "GL-2108")
    assert codes(ask(one, "c", citizen="c-2", override=True)) == {"GL-2103"}
    over = ask(one, "d", citizen="c-2", override=True, raise_capacity=True)
    assert isinstance(over, Booking)
    slot = any_db.read(lambda tx: calendar.slot(tx, one))
    assert (slot.capacity, slot.booked) == (2, 2)
    sound(any_db, calendar)
    assert codes(ask(three, "e", override=True, party=2)) == {"GL-2103"}
    with pytest.raises(InputError):
        ask(three, "f", override=True, reason=" ")
    assert codes(any_db.run(lambda tx: calendar.counter.book(tx, three, key="g", override=True, reason="x"),
                            actor=citizen_actor("c-1"))) == {"GL-2161"}  # fmt: skip


def test_capacity_is_not_raised_for_a_booking_that_is_refused(any_db):
    calendar = make(limit=1)
    one, two, _ = slots_of(any_db, calendar, places=1)
    for slot, who in ((one, "c-1"), (two, "c-2")):
        any_db.run(lambda tx, s=slot, w=who: calendar.book(tx, s, w, key=w))
    answer = staff(
        any_db,
        lambda tx: calendar.counter.book(tx, one, citizen="c-2", key="x", reason="r", raise_capacity=True),
    )
    assert codes(answer) == {"GL-2103", "GL-2108"}
    assert any_db.read(lambda tx: calendar.slot(tx, one)).capacity == 1


def test_an_override_stays_changeable_by_the_citizen(any_db, clock):
    calendar = make(
        limit=1,
        closes=START - timedelta(days=9),
        book=CutOff(days=20),
        cancel=CutOff(days=20),
        change=CutOff(days=20),
    )
    one, two, three = slots_of(any_db, calendar, places=1)
    clock.advance(START - timedelta(days=8) - clock.now())
    booking = staff(
        any_db, lambda tx: calendar.counter.book(tx, one, citizen="c-1", key="a", reason="r", override=True)
    )
    assert set(booking.waived) == {"GL-2105", "GL-2106"}
    late = any_db.run(lambda tx: calendar.change(tx, booking.id, to=two, citizen="c-1", key="b"))
    assert codes(late) == {"GL-2106"}, "a slot whose own deadline has passed is not open to anybody"
    any_db.run(lambda tx: tx.connection.exec_driver_sql("UPDATE gl_calendar_slot SET starts_at = starts_at + 2592000000000, ends_at = ends_at + 2592000000000 WHERE id = '" + three + "'"))  # fmt: skip
    moved = any_db.run(lambda tx: calendar.change(tx, booking.id, to=three, citizen="c-1", key="c"))
    assert isinstance(moved, Booking), "reception had ended when staff booked: that is no trap"
    gone = any_db.run(lambda tx: calendar.cancel(tx, booking.id, citizen="c-1", key="d"))
    assert gone.state is BookingState.CANCELLED
    sound(any_db, calendar)


class Nobody:
    def refuses(self, actor, verb, *, department=""):
        return Reason("GL-1301", verb)


def test_staff_without_the_right_are_told_so(any_db):
    calendar = Calendar([Programme("p")], policy=Nobody())
    slot, *_ = slots_of(any_db, calendar)
    counter = calendar.counter
    for verb, work in {
        "calendar.desk": lambda tx: counter.book(tx, slot, key="1"),
        "calendar.override": lambda tx: counter.book(tx, slot, key="2", override=True, reason="r"),
        "calendar.close": lambda tx: counter.message(tx, slot, "x", key="3"),
        "calendar.reconcile": counter.mend,
    }.items():
        assert [reason.text for reason in staff(any_db, work).reasons] == [verb]


# --- the day ---


def test_checked_in_by_the_code_that_the_citizen_shows(any_db, clock):
    calendar = make()
    one, *_ = slots_of(any_db, calendar)
    booking = any_db.run(lambda tx: calendar.book(tx, one, "c-1", key="a"))
    ticket, again = (any_db.run(lambda tx: calendar.ticket(tx, booking.id)) for _ in "12")
    assert ticket == again
    assert len(ticket.code.replace("-", "")) == 12
    assert ticket.code not in repr(ticket)
    early = staff(any_db, lambda tx: calendar.counter.arrive(tx, ticket.code, key="b"))
    assert codes(early) == {"GL-2157"}
    clock.advance(START - clock.now())
    typed = ticket.code.lower().replace("-", "")
    came = staff(any_db, lambda tx: calendar.counter.arrive(tx, typed, key="c"))
    assert came.state is BookingState.ATTENDED
    assert staff(any_db, lambda tx: calendar.counter.arrive(tx, booking.id, key="d")) == came
    assert codes(staff(any_db, lambda tx: calendar.counter.arrive(tx, "0000-0000-0000", key="e"))) == {
        "GL-2156"
    }
    assert codes(any_db.run(lambda tx: calendar.cancel(tx, booking.id, citizen="c-1", key="f"))) == {
        "GL-2112"
    }
    back = staff(any_db, lambda tx: calendar.counter.undo_arrival(tx, booking.id, key="g", reason="人違い"))
    assert back.state is BookingState.CONFIRMED
    steps = any_db.read(lambda tx: calendar.history(tx, booking.id))
    assert [(step.what, step.was) for step in steps] == [
        ("made", "confirmed"), ("attended", "confirmed"), ("undone", "attended")
    ]  # fmt: skip
    sound(any_db, calendar)


def test_who_stays_away_is_marked_after_the_grace(any_db, clock):
    calendar = make(no_show_after=timedelta(hours=1))
    one, *_ = slots_of(any_db, calendar)
    booking = any_db.run(lambda tx: calendar.book(tx, one, "c-1", key="a"))
    clock.advance(START + timedelta(hours=2) - clock.now() - timedelta(microseconds=1))
    assert any_db.run(calendar.mark_no_shows) == 0
    clock.advance(timedelta(microseconds=1))
    assert any_db.run(calendar.mark_no_shows) == 1
    assert any_db.run(calendar.mark_no_shows) == 0
    assert any_db.read(lambda tx: calendar.booking(tx, booking.id)).state is BookingState.NO_SHOW
    late = staff(any_db, lambda tx: calendar.counter.arrive(tx, booking.id, key="b"))
    assert late.state is BookingState.ATTENDED
    sound(any_db, calendar)


def test_the_day_of_an_arrival_is_that_of_japan(any_db, clock):
    calendar = make()
    early = datetime(2026, 12, 1, 23, 30, tzinfo=UTC)  # 8:30 on 2 December in Japan
    any_db.run(lambda tx: calendar.add_slots(tx, "p", [SlotPlan(early, early + timedelta(hours=1), 2)]))
    (slot,) = any_db.read(lambda tx: calendar.slots(tx, "p"))
    booking = any_db.run(lambda tx: calendar.book(tx, slot.id, "c-1", key="a"))
    clock.advance(early.replace(hour=14) - clock.now())
    assert codes(staff(any_db, lambda tx: calendar.counter.arrive(tx, booking.id, key="b"))) == {"GL-2157"}
    clock.advance(timedelta(hours=10, minutes=10))  # the next day in UTC, the same in Japan
    came = staff(any_db, lambda tx: calendar.counter.arrive(tx, booking.id, key="c"))
    assert came.state is BookingState.ATTENDED


def test_no_shows_of_all_programmes_are_marked_up_to_the_limit(any_db, clock):
    grace = {"no_show_after": timedelta(hours=1)}
    calendar = Calendar([Programme(name, **grace) for name in "ab"])
    for name in "ab":
        plans = [SlotPlan(START, START + timedelta(hours=1), 9)]
        any_db.run(lambda tx, n=name, p=plans: calendar.add_slots(tx, n, p))
        (slot,) = any_db.read(lambda tx, n=name: calendar.slots(tx, n))
        for who in ("c-1", "c-2"):
            any_db.run(lambda tx, s=slot, w=who: calendar.book(tx, s.id, w, key=f"{s.id}:{w}"))
    clock.advance(START + timedelta(hours=3) - clock.now())
    assert [any_db.run(lambda tx: calendar.mark_no_shows(tx, limit=3)) for _ in range(3)] == [3, 1, 0]


def test_a_hold_that_ran_out_does_not_arrive(any_db, clock):
    calendar = make(hold=timedelta(minutes=10))
    one, *_ = slots_of(any_db, calendar)
    held = any_db.run(lambda tx: calendar.hold(tx, one, "c-1", key="a"))
    clock.advance(START - clock.now())
    assert codes(staff(any_db, lambda tx: calendar.counter.arrive(tx, held.id, key="b"))) == {"GL-2113"}
    sound(any_db, calendar)


def test_a_larger_slot_needs_a_reason_too(any_db):
    calendar = make()
    one, *_ = slots_of(any_db, calendar)
    with pytest.raises(InputError, match="GL-2050"):
        staff(any_db, lambda tx: calendar.counter.book(tx, one, key="k", raise_capacity=True))


def test_a_code_needs_keys(any_db):
    calendar = make()
    one, *_ = slots_of(any_db, calendar)
    booking = any_db.run(lambda tx: calendar.book(tx, one, "c-1", key="a"))
    any_db.keys = None
    with pytest.raises((ConfigError, StoreError)):
        any_db.run(lambda tx: calendar.ticket(tx, booking.id))


# --- history ---


def test_every_transition_stands_in_the_history(any_db, clock):
    calendar = make()
    one, two, _ = slots_of(any_db, calendar)
    held = any_db.run(lambda tx: calendar.hold(tx, one, "c-1", key="a"), actor=citizen_actor("c-1"))
    any_db.run(lambda tx: calendar.confirm(tx, held.id, key="b"), actor=citizen_actor("c-1"))
    staff(any_db, lambda tx: calendar.counter.change(tx, held.id, to=two, key="c", reason="会場の都合"))
    any_db.run(lambda tx: calendar.cancel(tx, held.id, key="d"), actor=citizen_actor("c-1"))
    steps = any_db.read(lambda tx: calendar.history(tx, held.id))
    assert [(s.what, s.was, s.slot, s.actor_kind, s.reason) for s in steps] == [
        ("made", "held", one, "citizen", ""),
        ("confirmed", "held", one, "citizen", ""),
        ("changed", "confirmed", two, "staff", "会場の都合"),
        ("cancelled", "confirmed", two, "citizen", ""),
    ]
    assert "c-1" not in repr(steps)
    assert any_db.read(lambda tx: calendar.history(tx, "nothing")) == []


def test_a_reason_is_short_and_holds_no_individual_number(any_db):
    calendar = make()
    one, *_ = slots_of(any_db, calendar)
    for reason in ("長" * 201, "番号 1234 5678 9018 の方"):
        with pytest.raises(Exception, match="GL-"):
            staff(any_db, lambda tx, r=reason: calendar.counter.book(tx, one, key="k", reason=r))


# --- the proof ---


def test_a_counter_is_mended_by_its_rows(any_db):
    calendar = make()
    one, two, _ = slots_of(any_db, calendar)
    any_db.run(lambda tx: calendar.book(tx, one, "c-1", key="a"))
    any_db.run(lambda tx: tx.write(q.GIVE, {"slot": one, "places": 1}))
    any_db.run(lambda tx: tx.write(q.GIVE, {"slot": two, "places": -1}))
    assert {(each.slot, each.counter, each.rows) for each in any_db.read(calendar.reconcile)} == {
        (one, 0, 1), (two, 1, 0)
    }  # fmt: skip
    mended = staff(any_db, calendar.counter.mend)
    assert {each.slot for each in mended.mended} == {one, two}
    assert mended.over == ()
    sound(any_db, calendar)
    assert staff(any_db, calendar.counter.mend).mended == ()
