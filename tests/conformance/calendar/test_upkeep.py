"""What staff do by hand, on both engines: places of slots and supplies, locks of wrong entries, payments for nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier, Event

import pytest
from sqlalchemy import text

from govline.calendar import Booking, Calendar, CutOff, Policy, Programme, Refused, SlotPlan, SlotRule
from govline.calendar.dues import Dues
from govline.calendar.feature import EndUnpaid
from govline.calendar.model import PoolRule
from govline.calendar.terms import Eligibility, Guessing
from govline.calendar.upkeep import Placed
from govline.core import Actor, Done, Handler, Reason
from govline.errors import InputError
from govline.store import audit

DAY = date(2026, 12, 1)
START = datetime(2026, 12, 1, tzinfo=UTC)
CLERK = Actor("staff", "s-1", "counter")


def ruled(capacity=5, days=3, **more):
    rule = SlotRule([(time(9), time(10))], capacity, [(DAY, DAY + timedelta(days=days - 1))])
    return Programme("p", rules=[rule], pools=(PoolRule("ワクチン", 20),), **more)


def clerk(db, work):
    return db.run(work, actor=CLERK)


def slots_of(db, calendar):
    return db.read(lambda tx: calendar.slots(tx, "p"))


def book(db, calendar, slot, who):
    return db.run(lambda tx: calendar.book(tx, slot, who, key=f"{slot}:{who}"))


def set_places(db, calendar, subject, places, *, key="", reason="感染対策"):
    given = key or f"{subject}:{places}:{db.ids(0)}"
    return clerk(db, lambda tx: calendar.upkeep.set_places(tx, subject, places, reason=reason, key=given))


@pytest.fixture
def calendar(any_db):
    made = Calendar([ruled()])
    any_db.run(made.prepare)
    return made


# --- places ---


def test_fewer_places_list_who_is_beyond_them_and_nobody_else_comes_in(any_db, calendar):
    one, *_ = slots_of(any_db, calendar)
    booked = [book(any_db, calendar, one.id, who).id for who in "abcd"]
    placed = set_places(any_db, calendar, one.id, 2, key="k")
    assert (placed.kind, placed.places, placed.booked) == ("slot", 2, 4)
    assert placed.conflicts == (booked[3], booked[2])
    assert set_places(any_db, calendar, one.id, 2, key="k") == placed
    assert isinstance(book(any_db, calendar, one.id, "e"), Refused)
    (conflict,) = any_db.read(lambda tx: calendar.conflicts(tx, "p"))
    assert (conflict.places, set(conflict.bookings)) == (2, set(booked))
    for who in (3, 2, 1):
        any_db.run(lambda tx, n=who: calendar.cancel(tx, booked[n], key=f"x{n}"))
    any_db.run(calendar.prepare)
    assert slots_of(any_db, calendar)[0].capacity == 2
    assert isinstance(book(any_db, calendar, one.id, "f"), Booking)
    assert isinstance(book(any_db, calendar, one.id, "g"), Refused)
    assert any_db.read(calendar.reconcile) == []


def test_what_staff_set_stays_when_the_rules_change_until_they_give_it_back(any_db, calendar):
    one, *_ = slots_of(any_db, calendar)
    assert set_places(any_db, calendar, one.id, 9).conflicts == ()
    calendar.adopt([ruled(capacity=3)])
    any_db.run(calendar.prepare)
    assert [slot.capacity for slot in slots_of(any_db, calendar)] == [9, 3, 3]
    assert any_db.read(lambda tx: calendar.conflicts(tx, "p")) == []
    given_back = set_places(any_db, calendar, one.id, None)
    assert given_back.places is None
    any_db.run(calendar.prepare)
    assert [slot.capacity for slot in slots_of(any_db, calendar)] == [3, 3, 3]
    actions = any_db.read(lambda tx: [each.action for each in audit.list(tx, limit=50)])
    assert actions.count("calendar.set_places") == 2


def test_a_supply_is_enlarged_and_made_smaller(any_db, calendar):
    (supply,) = any_db.read(lambda tx: calendar.upkeep.supplies(tx, "p"))
    assert (supply.label, supply.capacity, supply.booked) == ("ワクチン", 20, 0)
    one, two, _ = slots_of(any_db, calendar)
    booked = [book(any_db, calendar, slot.id, who).id for slot in (one, two) for who in "ab"]
    placed = set_places(any_db, calendar, supply.id, 3)
    assert (placed.kind, placed.booked, placed.conflicts) == ("pool", 4, (booked[3],))
    refused = book(any_db, calendar, two.id, "c")
    assert [reason.code for reason in refused.reasons] == ["GL-2115"]
    calendar.adopt([ruled(capacity=6)])
    any_db.run(calendar.prepare)
    assert any_db.read(lambda tx: calendar.upkeep.supplies(tx, "p"))[0].capacity == 3
    set_places(any_db, calendar, supply.id, 5)
    assert isinstance(book(any_db, calendar, two.id, "d"), Booking)
    assert isinstance(book(any_db, calendar, two.id, "e"), Refused)
    assert any_db.read(calendar.reconcile) == []


def test_rooms_that_overlap_have_no_number_of_their_own(any_db):
    rules = [SlotRule([(time(9), time(10))], 1, [(DAY, DAY)], name=name) for name in ("全面", "A面", "B面")]
    calendar = Calendar([Programme("p", rules=rules, parts={"全面": ("A面", "B面")})])
    any_db.run(calendar.prepare)
    assert any_db.read(lambda tx: calendar.upkeep.supplies(tx, "p")) == []
    pools = any_db.read(lambda tx: tx.connection.exec_driver_sql("SELECT id FROM gl_calendar_pool").all())
    refused = set_places(any_db, calendar, pools[0][0], 2)
    assert [reason.code for reason in refused.reasons] == ["GL-2165"]
    # a room that staff add by hand is blocked by the whole all the same
    evening = [
        SlotPlan(START + timedelta(hours=9), START + timedelta(hours=10), 1, n) for n in ("全面", "A面")
    ]
    any_db.run(lambda tx: calendar.add_slots(tx, "p", evening))
    for slot in slots_of(any_db, calendar):
        if slot.starts == evening[0].starts:
            set_places(any_db, calendar, slot.id, 1)
    any_db.run(calendar.prepare)
    late = {slot.name: slot for slot in slots_of(any_db, calendar) if slot.starts == evening[0].starts}
    assert [slot.capacity for slot in late.values()] == [1, 1], "by hand beside the rules"
    assert isinstance(book(any_db, calendar, late["全面"].id, "a"), Booking)
    assert isinstance(book(any_db, calendar, late["A面"].id, "b"), Refused)


def test_places_need_a_reason_a_number_and_a_mandate(any_db, calendar):
    one, *_ = slots_of(any_db, calendar)
    for places, reason, code in [(3, " ", "GL-2050"), (-1, "x", "GL-2056")]:
        with pytest.raises(InputError, match=code):
            set_places(any_db, calendar, one.id, places, reason=reason)
    assert [each.code for each in set_places(any_db, calendar, "nowhere", 3).reasons] == ["GL-2165"]
    citizen = any_db.run(
        lambda tx: calendar.upkeep.set_places(tx, one.id, 9, reason="x", key="c"),
        actor=Actor("citizen", "c1", "line"),
    )
    assert [each.code for each in citizen.reasons] == ["GL-2161"]

    class Nobody:
        def refuses(self, actor, verb, *, department=""):
            return Reason("GL-1301", "権限がありません。") if verb == "calendar.override" else None

    strict = Calendar([ruled()], policy=Nobody())
    assert not isinstance(set_places(any_db, strict, one.id, 9), Placed)
    assert slots_of(any_db, calendar)[0].capacity == 5


# --- locks ---


def test_locks_are_listed_under_a_pseudonym_and_released_with_a_reason(any_db):
    rule = Eligibility("接種券番号", "[0-9]{10}", Guessing(most=2, source=1000))
    calendar = Calendar([Programme("flu", policy=Policy(eligibility=rule))])

    def claim(who, number, key):
        return any_db.run(
            lambda tx: calendar.eligibility.claim(tx, "flu", who, number, date(1950, 1, 1), key=key)
        )

    for n in range(2):
        claim("citizen-one", f"000000000{n}", f"k{n}")
    (lock,) = any_db.read(calendar.upkeep.locks)
    assert (lock.programme, lock.kind, lock.wrong, lock.locks) == ("flu", "citizen", 2, 1)
    assert "citizen-one" not in repr(lock)
    assert claim("citizen-one", "0000000005", "late").reasons[0].code == "GL-2134"
    with pytest.raises(InputError, match="GL-2007"):
        clerk(any_db, lambda tx: calendar.upkeep.release(tx, lock.id, reason=" "))
    assert clerk(any_db, lambda tx: calendar.upkeep.release(tx, lock.id, reason="本人確認")) is True
    assert any_db.read(calendar.upkeep.locks) == []
    gone = clerk(any_db, lambda tx: calendar.upkeep.release(tx, lock.id, reason="本人確認"))
    assert [each.code for each in gone.reasons] == ["GL-2166"]
    assert claim("citizen-one", "0000000005", "again").reasons[0].code == "GL-2133"
    released = [
        each
        for each in any_db.read(lambda tx: audit.list(tx, limit=50))
        if each.action == "calendar.eligibility.released"
    ]
    assert [each.data for each in released] == [{"kinds": ["citizen"], "reason": "本人確認", "released": 1}]


def test_codes_that_were_tried_are_locked_and_released_the_same_way(any_db, calendar):
    for n in range(5):
        any_db.run(lambda tx, n=n: calendar.merge(tx, f"ABCDE0000{n}", "c1", key=f"m{n}"))
    (lock,) = any_db.read(calendar.upkeep.locks)
    assert (lock.programme, lock.kind) == ("", "citizen")
    assert clerk(any_db, lambda tx: calendar.upkeep.release(tx, lock.id, reason="本人確認")) is True


def many_locked(db, count):
    """So many locks in the table, as attacks on a list leave them behind."""
    until = int(db.clock.now().timestamp() + 3_600) * 1_000_000
    rows = [{"subject": f"s{n:05d}", "until": until + n % 7, "since": until} for n in range(count)]
    sql = text(
        "INSERT INTO gl_calendar_guess (programme, kind, subject, wrong, since, locked_until, locks) "
        "VALUES ('flu', 'number', :subject, 5, :since, :until, 1)"
    )
    db.run(lambda tx: tx.connection.execute(sql, rows))


def test_one_lock_of_thousands_is_found_and_released(any_db, calendar):
    many_locked(any_db, 2_500)
    listed = any_db.read(lambda tx: calendar.upkeep.locks(tx, limit=9_999))
    assert len({lock.id for lock in listed}) == len(listed) == 2_500
    assert [lock.until for lock in listed] == sorted(lock.until for lock in listed)
    assert len(any_db.read(calendar.upkeep.locks)) == 1_000
    last = listed[-1]
    released = clerk(any_db, lambda tx: calendar.upkeep.release(tx, last.id, reason="本人確認"))
    assert released is True
    left = any_db.read(lambda tx: calendar.upkeep.locks(tx, limit=9_999))
    assert left == listed[:-1]
    gone = clerk(any_db, lambda tx: calendar.upkeep.release(tx, last.id, reason="本人確認"))
    assert [each.code for each in gone.reasons] == ["GL-2166"]


# --- payments for nothing ---

PAID = Policy(pay_by=CutOff(days=3))


@pytest.fixture
def hall(any_db):
    made = Calendar([Programme("p", policy=PAID)])
    plans = [SlotPlan(START + timedelta(days=n), START + timedelta(days=n, hours=1), 9) for n in range(40)]
    any_db.run(lambda tx: made.add_slots(tx, "p", plans))
    return made


def end(db, calendar, booking):
    db.run(lambda tx: EndUnpaid(calendar).record(tx, {"booking": booking.id}, Done()))
    return db.read(lambda tx: calendar.booking(tx, booking.id)).state


def unsettled(db, calendar):
    return db.read(calendar.upkeep.unsettled)


def test_money_that_comes_too_late_is_listed_until_staff_say_what_became_of_it(any_db, hall, clock):
    first, later, *_ = slots_of(any_db, hall)
    booking = book(any_db, hall, first.id, "c1")
    clock.advance(timedelta(days=9))
    assert end(any_db, hall, booking) == "cancelled"
    clock.advance(timedelta(minutes=1))
    told = []
    any_db.listen(
        [Handler("calendar.paid_late", lambda tx, event: told.append(event.subject), mode="same_tx")]
    )
    assert any_db.run(lambda tx: hall.paid(tx, booking.id)) is False
    assert any_db.run(lambda tx: hall.paid(tx, booking.id)) is False
    assert told == [booking.ref]
    (payment,) = unsettled(any_db, hall)
    assert (payment.booking.id, payment.late) == (booking.id, True)
    new = clerk(
        any_db,
        lambda tx: hall.counter.book(tx, later.id, citizen="c1", key="n", override=True, reason="入金済み"),
    )
    with pytest.raises(InputError, match="GL-2057"):
        clerk(any_db, lambda tx: hall.upkeep.settle(tx, booking.id, "rebooked", reason="x"))
    settle = lambda tx: hall.upkeep.settle(tx, booking.id, "rebooked", to=new.id, reason="入金が遅れた")  # noqa: E731
    assert clerk(any_db, settle) is True
    assert [each.code for each in clerk(any_db, settle).reasons] == ["GL-2164"]
    assert unsettled(any_db, hall) == []
    clock.advance(timedelta(days=30))
    assert end(any_db, hall, new) == "confirmed", "what was paid for the old one holds for the new one"


def test_what_was_paid_and_then_cancelled_is_listed_as_well(any_db, hall):
    one, two, three, *_ = slots_of(any_db, hall)
    kept, gone, unpaid = (book(any_db, hall, slot.id, "c1") for slot in (one, two, three))
    for booking in (kept, gone):
        assert any_db.run(lambda tx, b=booking: hall.paid(tx, b.id))
    for booking in (gone, unpaid):
        any_db.run(lambda tx, b=booking: hall.cancel(tx, b.id, key=b.id))
    assert [each.booking.id for each in unsettled(any_db, hall)] == [gone.id]
    assert clerk(any_db, lambda tx: hall.upkeep.settle(tx, gone.id, "refunded", reason="住民の取消")) is True
    refused = clerk(any_db, lambda tx: hall.upkeep.settle(tx, unpaid.id, "kept", reason="x"))
    assert [each.code for each in refused.reasons] == ["GL-2164"]


def race(db, hall, booking, *, between=None):
    """A payment and the end for want of it at the same time; whether it counted as in time, and how the booking ended."""
    gate = Barrier(2)

    def ends():
        gate.wait()
        return db.run(lambda tx: hall.end_unpaid(tx, booking.id))

    def pays():
        gate.wait()
        if between is not None:
            between.wait(5)
        return db.run(lambda tx: hall.paid(tx, booking.id))

    with ThreadPoolExecutor(2) as threads:
        ended, paid = threads.submit(ends), threads.submit(pays)
        return ended.result(), paid.result()


def test_a_payment_that_races_its_deadline_wins_or_is_listed(any_db, hall, clock):
    booked = [book(any_db, hall, slot.id, "c1") for slot in slots_of(any_db, hall)[:20]]
    clock.advance(timedelta(days=40))
    outcomes = set()
    for booking in booked:
        ended, paid = race(any_db, hall, booking)
        now = any_db.read(lambda tx, b=booking: hall.booking(tx, b.id))
        listed = booking.id in {each.booking.id for each in unsettled(any_db, hall)}
        assert (ended, paid, now.state, listed) in {
            (False, True, "confirmed", False),
            (True, False, "cancelled", True),
        }
        outcomes.add(ended)
    assert any_db.read(hall.reconcile) == []


def test_without_the_lock_a_booking_that_was_paid_in_time_is_cancelled(postgres_db, clock, monkeypatch):
    calendar = Calendar([Programme("p", policy=PAID)])
    plans = [SlotPlan(START, START + timedelta(hours=1), 9)]
    postgres_db.run(lambda tx: calendar.add_slots(tx, "p", plans))
    (slot,) = slots_of(postgres_db, calendar)
    booking = book(postgres_db, calendar, slot.id, "c1")
    clock.advance(timedelta(days=40))
    looked, real = Event(), Dues.overdue
    monkeypatch.setattr(Calendar, "_held_still", lambda self, tx, booking_id: self.booking(tx, booking_id))

    def slow(self, tx, booking_id):
        found = real(self, tx, booking_id)
        looked.set()
        paid.wait(5)
        return found

    paid = Event()
    monkeypatch.setattr(Dues, "overdue", slow)
    real_paid = Calendar.paid

    def pay(tx):
        return real_paid(calendar, tx, booking.id)

    with ThreadPoolExecutor(1) as threads:
        ending = threads.submit(postgres_db.run, lambda tx: calendar.end_unpaid(tx, booking.id))
        assert looked.wait(5)
        assert postgres_db.run(pay) is True, "in time, as its payer was told"
        paid.set()
        assert ending.result() is True, "and cancelled all the same: what the lock is for"
    assert postgres_db.read(lambda tx: calendar.booking(tx, booking.id)).state == "cancelled"
