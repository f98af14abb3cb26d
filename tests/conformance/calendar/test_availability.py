"""What can be seen of a calendar: the grouped month says what the rules say slot by slot; looking waits for nobody."""

from datetime import UTC, date, datetime, timedelta

import pytest

from govline.calendar import Calendar, parse
from govline.calendar.availability import SlotState, day_of, put_together, summed
from govline.calendar.occupancy_reader import occupancy, progress
from govline.calendar.outlook import next_free, why_nothing
from govline.core.jst import JST

NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 10:30 in Japan
FIRST, LAST = date(2026, 11, 20), date(2026, 12, 10)
HALL = {
    "programme": "hall",
    "capacity": 4,
    "slots": [
        {"dates": "2026-11-20/2026-12-06", "times": ["9:00-12:00", "13:00-17:00"], "name": name}
        for name in ("全面", "A", "B")
    ],
    "parts": {"全面": ["A", "B"]},
    "pools": [{"name": "椅子", "capacity": 6, "per": "day"}],
}


@pytest.fixture
def calendar_db(any_db, clock):
    clock.set(datetime(2026, 11, 19, tzinfo=UTC))
    any_db.migrate(["govline.delivery.migrations", "govline.calendar.migrations"])
    return any_db


def laid_out(db, written, clock):
    calendar = Calendar([parse(written)])
    db.run(calendar.prepare)
    clock.set(NOW)
    return calendar


def grouped(views):
    return put_together(FIRST, LAST, summed(views))


POLICIES = [
    {},
    {"book_until": "2時間前"},
    {"book_until": "前日 17:00"},
    {"book_until": "3営業日前 17:00"},
    {"opens_days_before": 7},
    {"opens_days_before": 7, "opens_at": "12:00", "book_until": "1日前"},
    {"opens": "2026-12-01 09:00"},
    {"closes": "2026-11-23 17:00"},
    {"max_party": 2},
]


@pytest.mark.parametrize("policy", POLICIES, ids=str)
def test_the_month_in_one_statement_equals_the_rules_slot_by_slot(calendar_db, clock, policy):
    calendar = laid_out(calendar_db, {**HALL, "policy": policy}, clock)
    clock.set(datetime(2026, 11, 19, 3, tzinfo=UTC))
    slots = calendar_db.read(lambda tx: calendar.slots(tx, "hall"))
    for at in (3, 7, 8, 20, 31, 40, 55):
        calendar_db.run(
            lambda tx, at=at: calendar.book(tx, slots[at].id, None, party=at % 4 + 1, key=f"k{at}")
        )
    calendar_db.run(lambda tx: calendar.cancel_slot(tx, slots[50].id))
    clock.set(NOW)
    for now, party in ((NOW, 1), (NOW, 3), (NOW + timedelta(days=3, hours=7), 2)):
        clock.set(now)
        days = calendar_db.read(lambda tx, p=party: calendar.days(tx, "hall", FIRST, LAST, party=p))
        times = calendar_db.read(lambda tx, p=party: calendar.times(tx, "hall", FIRST, LAST, party=p))
        assert days == grouped(times)
        assert len(times) == 102


def test_every_state_has_its_reason(calendar_db, clock):
    written = {
        "programme": "hall",
        "capacity": 5,
        "slots": [{"dates": "2026-11-20/2026-12-06", "times": ["9:00", "13:00", "15:00"]}],
        "policy": {"opens_days_before": 7, "book_until": "3時間前", "limit": 1},
    }
    calendar = laid_out(calendar_db, written, clock)

    def at(day, hour):
        views = calendar_db.read(lambda tx: calendar.times(tx, "hall", day, day, citizen="a"))
        (found,) = [view for view in views if (view.slot.starts.hour + 9) % 24 == hour]
        return found.state, [reason.code for reason in found.reasons]

    def slot(day, hour):
        slots = calendar_db.read(lambda tx: calendar.slots(tx, "hall"))
        (found,) = [s for s in slots if day_of(s) == day and (s.starts.hour + 9) % 24 == hour]
        return found.id

    today, later = date(2026, 11, 24), date(2026, 11, 26)
    assert at(today, 9) == (SlotState.OVER, ["GL-2110"])
    assert at(today, 13) == (SlotState.CUT_OFF, ["GL-2106"])
    assert at(today, 15) == (SlotState.OPEN, [])
    assert at(date(2026, 12, 6), 9) == (SlotState.NOT_YET, ["GL-2104"])
    calendar_db.run(lambda tx: calendar.book(tx, slot(later, 9), None, party=4, key="x"))
    assert at(later, 9)[0] is SlotState.FEW
    calendar_db.run(lambda tx: calendar.book(tx, slot(later, 9), None, key="y"))
    assert at(later, 9) == (SlotState.FULL, ["GL-2103"])
    calendar_db.run(lambda tx: calendar.cancel_slot(tx, slot(later, 13)))
    assert at(later, 13) == (SlotState.CLOSED, ["GL-2102"])
    calendar_db.run(lambda tx: calendar.book(tx, slot(today, 15), "a", key="z"))
    assert at(today, 15)[0] is SlotState.MINE
    assert at(later, 15) == (SlotState.REFUSED, ["GL-2108"])
    (day,) = calendar_db.read(lambda tx: calendar.days(tx, "hall", date(2026, 12, 6), date(2026, 12, 6)))
    assert (day.state, day.opens) == (SlotState.NOT_YET, datetime(2026, 11, 28, 15, tzinfo=UTC))
    (empty,) = calendar_db.read(lambda tx: calendar.days(tx, "hall", date(2027, 1, 1), date(2027, 1, 1)))
    assert (empty.state, empty.bookable) == (None, 0)


def test_the_first_free_slots_are_found_behind_those_that_the_rules_refuse(calendar_db, clock):
    calendar = laid_out(calendar_db, {**HALL, "policy": {"book_until": "3日前", "limits": "1日1件"}}, clock)
    since, until = (datetime.combine(day, datetime.min.time(), JST) for day in (FIRST, LAST))

    def first(limit, **more):
        slots = calendar_db.read(
            lambda tx: calendar.available(tx, "hall", since=since, until=until, limit=limit, **more)
        )
        return [(slot.starts.astimezone(JST).day, slot.name) for slot in slots]

    assert first(2) == [(27, "A"), (27, "B")]
    assert len(first(1_000)) == 60
    (taken,) = calendar_db.read(lambda tx: calendar.available(tx, "hall", since=since, limit=1))
    calendar_db.run(lambda tx: calendar.book(tx, taken.id, "c1", key="k"))
    assert first(1, citizen="c1") == [(28, "A")]
    assert first(1) == [(27, "B")]  # the room A is taken as a whole


def test_a_room_that_overlaps_and_a_supply_that_is_short(calendar_db, clock):
    calendar = laid_out(calendar_db, HALL, clock)
    day = date(2026, 11, 26)

    def states():
        views = calendar_db.read(lambda tx: calendar.times(tx, "hall", day, day))
        return [(view.slot.name, view.state.value) for view in views[:3]]

    first = {
        view.slot.name: view.slot.id
        for view in calendar_db.read(lambda tx: calendar.times(tx, "hall", day, day))[:3]
    }
    calendar_db.run(lambda tx: calendar.book(tx, first["A"], None, party=2, key="1"))
    assert states() == [("A", "blocked"), ("B", "open"), ("全面", "blocked")]
    calendar_db.run(lambda tx: calendar.book(tx, first["B"], None, party=4, key="2"))
    afternoon = calendar_db.read(lambda tx: calendar.times(tx, "hall", day, day))[3:]
    assert {view.state for view in afternoon} == {SlotState.SHORT}
    assert afternoon[0].reasons[0].text == "「椅子」に空きがありません。"


LOOKS = {
    "days": lambda calendar, tx, _: calendar.days(tx, "hall", FIRST, LAST),
    "days of a citizen": lambda calendar, tx, _: calendar.days(tx, "hall", FIRST, LAST, citizen="a"),
    "times": lambda calendar, tx, _: calendar.times(tx, "hall", FIRST, LAST, citizen="a"),
    "available": lambda calendar, tx, _: calendar.available(tx, "hall", citizen="a"),
    "can_book": lambda calendar, tx, slot: calendar.can_book(tx, slot, "a"),
    "price": lambda calendar, tx, slot: calendar.price(tx, slot, citizen="a"),
    "bookings": lambda calendar, tx, _: calendar.bookings(tx, "a"),
    "occupancy": lambda calendar, tx, _: occupancy(tx, calendar, "hall", FIRST, LAST),
    "progress": lambda calendar, tx, _: progress(tx, calendar, "hall", FIRST, LAST),
    "reconcile": lambda calendar, tx, _: calendar.reconcile(tx),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_looking_waits_for_no_writer_and_writes_nothing(calendar_db, clock, look):
    """A writer holds the lock of SQLite, and on PostgreSQL the rows of slot, pools and person, while somebody looks."""
    written = {**HALL, "policy": {"limit": 2}}
    calendar = laid_out(calendar_db, written, clock)
    slots = calendar_db.read(lambda tx: calendar.slots(tx, "hall"))
    before = calendar_db.read(lambda tx: look(calendar, tx, slots[0].id))
    with calendar_db.begin() as tx:
        calendar.book(tx, slots[0].id, "a", party=4, key="1")
        calendar.hold(tx, slots[2].id, "b", party=2, key="2")
        assert calendar_db.read(lambda other: look(calendar, other, slots[0].id)) == before


def test_who_has_the_only_time_with_places_is_told_so(calendar_db, clock):
    written = {"programme": "p", "capacity": 3, "slots": [{"dates": "2026-11-26", "times": ["9:00"]}]}
    calendar = laid_out(calendar_db, written, clock)
    (slot,) = calendar_db.read(lambda tx: calendar.slots(tx, "p"))
    calendar_db.run(lambda tx: calendar.book(tx, slot.id, "a", key="k"))

    def why(citizen):
        return calendar_db.read(lambda tx: why_nothing(tx, calendar, "p", party=1, citizen=citizen))

    assert [reason.code for reason in why("a")] == ["GL-2107"]
    assert calendar_db.read(lambda tx: next_free(tx, calendar, "p", party=1, citizen="a")) is None
    assert calendar_db.read(lambda tx: next_free(tx, calendar, "p", party=1, citizen="b")).day.day == 26
