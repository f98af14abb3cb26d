"""How the databases carry out what is asked most, beside 50,000 slots and 200,000 bookings: by index, on both engines.

The statements are recorded while the real verbs run, with the values that these gave them; then each is explained.
"""

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from govline.calendar import Booking, Calendar, Policy, Programme
from govline.calendar._queries import shared as qp
from govline.calendar._queries.views import DAY_LIST
from govline.calendar.closures import go_on
from govline.calendar.datasets import datasets
from govline.calendar.merging import Contact
from govline.calendar.occupancy_reader import occupancy, progress
from govline.calendar.options import Option
from govline.calendar.roster import roster
from govline.calendar.terms import Limit
from govline.core import Actor
from govline.core.jst import to_jst
from govline.store.transaction import StoreTransaction

SLOTS, BOOKINGS, PROGRAMMES, PEOPLE = 50_000, 200_000, 50, 70_000
CHUNK = 25_000
CLERK = Actor("staff", "s-1", "counter")
FIRST = datetime(2026, 12, 1, tzinfo=UTC)
HOUR = 3_600_000_000
WHOLE = {"calendar.differences", "calendar.pool_differences"}
"""The proof counts every row, by night or by hand."""
IN_ORDER = {"calendar.recent_bookings"}
"""Reads the first rows of an index and stops."""
LARGE = ("gl_calendar_slot", "gl_calendar_booking")
OF_OPTIONS = ("gl_calendar_pool", "gl_calendar_option_draw", "gl_calendar_booking_draw")


def numbers(first, last, dialect):
    if dialect == "postgresql":
        return f"generate_series({first}, {last}) AS n"
    return (
        f"(WITH RECURSIVE c(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c WHERE n < {last}) "
        "SELECT n FROM c) AS numbers"
    )


def fill(db):
    """Slots hour after hour in turns of the programmes; four bookings each, one in eight over, few of them held."""
    start = int(FIRST.timestamp()) * 1_000_000
    no = "false" if db.dialect == "postgresql" else "0"

    def work(sql):
        db.run(lambda tx: tx.connection.execute(text(sql)))

    for at in range(0, SLOTS, CHUNK):
        work(
            "INSERT INTO gl_calendar_slot (id, programme, starts_at, ends_at, name, capacity, booked, cancelled, draws) "
            f"SELECT 'slot-' || n, 'p' || (n % {PROGRAMMES}), {start} + n * {HOUR}, {start} + (n + 1) * {HOUR}, '', 9, "
            f"CASE WHEN n % 8 = 7 THEN 0 ELSE 4 END, {no}, 0 FROM {numbers(at, at + CHUNK - 1, db.dialect)}"
        )
    for at in range(0, BOOKINGS, CHUNK):
        work(
            "INSERT INTO gl_calendar_booking (id, slot_id, programme, citizen, party, state, held_until, made_at, "
            "made_by, channel, ended_at, places, draws) "
            f"SELECT 'booking-' || n, 'slot-' || (n % {SLOTS}), 'p' || (n % {PROGRAMMES}), 'person-' || (n % {PEOPLE}), 1, "
            "CASE WHEN n % 8 = 7 THEN 'cancelled' WHEN n % 500 = 0 THEN 'held' ELSE 'confirmed' END, "
            f"CASE WHEN n % 500 = 0 AND n % 8 <> 7 THEN {start} + n END, {start}, 'citizen', 'line', "
            f"CASE WHEN n % 8 = 7 THEN {start} END, 1, 0 FROM {numbers(at, at + CHUNK - 1, db.dialect)}"
        )
    work("ANALYZE")


class Recorder:
    """Which statements ran, each with the values of its first time."""

    def __init__(self, monkeypatch):
        self.seen = {}
        real = StoreTransaction._execute

        def execute(tx, statement, params):
            if statement.name.startswith("calendar."):
                self.seen.setdefault(statement.name, (statement, dict(params or {})))
            return real(tx, statement, params)

        monkeypatch.setattr(StoreTransaction, "_execute", execute)


def fill_options(db):
    """A stock over every slot: pools of their own, what draws on them, and what every fourth booking has."""
    yes = "'{\"m\"\\:1}'"

    def work(sql):
        db.run(lambda tx: tx.connection.execute(text(sql)))

    for at in range(0, SLOTS, CHUNK):
        numbered = numbers(at, at + CHUNK - 1, db.dialect)
        work(
            "INSERT INTO gl_calendar_pool (id, programme, key, label, capacity, booked) "
            f"SELECT 'pool-' || n, 'p' || (n % {PROGRAMMES}), 'm' || n, 'm', 9, 1 FROM {numbered}"
        )
        work(
            "INSERT INTO gl_calendar_option_draw (slot_id, pool_id, option, units) "
            f"SELECT 'slot-' || n, 'pool-' || n, 'm', 1 FROM {numbered}"
        )
        work(
            "INSERT INTO gl_calendar_booking_draw (booking_id, pool_id, units) "
            f"SELECT 'booking-' || n, 'pool-' || n, 1 FROM {numbered}"
        )
        work(
            "INSERT INTO gl_calendar_due (booking_id, due_at, paid_at, billed, owed) "
            f"SELECT 'booking-' || n, 1, 1, CASE WHEN n % 5000 = 0 THEN 1 END, CASE WHEN n % 5000 = 0 THEN 2 END FROM {numbered}"
        )
    work(
        f"UPDATE gl_calendar_booking SET options = {yes}, draws = 1 WHERE CAST(SUBSTR(id, 9) AS INTEGER) < {SLOTS}"
    )
    work("ANALYZE")


def steps_of(tx, plan, values):
    driver = tx.connection.connection.driver_connection
    if tx.dialect == "sqlite":
        return [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {plan.sql}", values).fetchall()]
    import psycopg

    return [
        row[0].strip() for row in psycopg.RawCursor(driver).execute(f"EXPLAIN {plan.sql}", values).fetchall()
    ]


def reads_all(step, name, large=LARGE):
    return any(
        f"Seq Scan on {table} " in f"{step} " or (f"SCAN {table} " in f"{step} " and name not in IN_ORDER)
        for table in large
    )


def live(db, calendar):
    """The verbs of a day, citizens' and staff's."""
    run, read = db.run, db.read
    slots = read(lambda tx: calendar.available(tx, "p0", limit=6))
    one, two, three, *_ = [slot.id for slot in slots]
    day = to_jst(slots[0].starts).date()
    booking = run(lambda tx: calendar.book(tx, one, "person-1", key="1"))
    assert isinstance(booking, Booking)
    held = run(lambda tx: calendar.hold(tx, two, "person-2", key="2"))
    run(lambda tx: calendar.confirm(tx, held.id, key="3"))
    run(lambda tx: calendar.change(tx, booking.id, to=three, key="4"))
    assert isinstance(calendar.book_on(db, one, "person-9", key="5"), Booking)
    run(lambda tx: calendar.cancel(tx, booking.id, key="6"))
    read(lambda tx: calendar.days(tx, "p0", day, day + timedelta(days=31), citizen="person-3"))
    read(lambda tx: calendar.times(tx, "p0", day, day, citizen="person-3"))
    read(lambda tx: calendar.can_book(tx, one, "person-4"))
    read(lambda tx: calendar.bookings(tx, "person-5"))
    read(lambda tx: calendar.history(tx, booking.id))
    run(calendar.expire_holds)
    run(calendar.prepare)
    run(lambda tx: calendar.mark_no_shows(tx))
    read(lambda tx: occupancy(tx, calendar, "p0", day, day + timedelta(days=31)))
    read(lambda tx: progress(tx, calendar, "p0", day, day + timedelta(days=31)))
    span = {"programme": "p0", "since": slots[0].starts, "until": slots[0].starts + timedelta(days=1)}
    read(lambda tx: tx.all(DAY_LIST, {**span, "limit": 2_000}))
    run(lambda tx: [*roster(tx, calendar, "p0", day)], actor=CLERK)
    phoned = run(
        lambda tx: calendar.counter.book(tx, two, contact=Contact("佐藤", "090"), key="7"), actor=CLERK
    )
    code = run(lambda tx: calendar.counter.merge_code(tx, phoned.id), actor=CLERK)
    run(lambda tx: calendar.merge(tx, code.text, "person-6", key="8"))
    run(lambda tx: calendar.counter.message(tx, two, "会場が変わりました", key="9"), actor=CLERK)
    run(lambda tx: calendar.counter.arrive(tx, phoned.id, key="a", reason="確認"), actor=CLERK)
    run(lambda tx: calendar.upkeep.set_places(tx, three, 5, reason="x", key="b"), actor=CLERK)
    read(lambda tx: calendar.conflicts(tx, "p0"))
    read(calendar.upkeep.unsettled)
    run(lambda tx: calendar.paid(tx, held.id))
    span = (slots[3].starts, slots[3].starts + timedelta(days=2))
    closed = run(
        lambda tx: calendar.counter.close(tx, "p0", *span, "雪", key="c", instead=[three]), actor=CLERK
    )
    read(lambda tx: calendar.counter.displaced(tx, closed.id))
    read(lambda tx: calendar.counter.reached(tx, closed.id))
    run(lambda tx: go_on(tx, calendar.counter.desk, {"closure": closed.id}))
    run(lambda tx: calendar.counter.reopen(tx, closed.id, "晴", key="d"), actor=CLERK)
    for dataset in datasets(calendar)[:2]:
        page = read(lambda tx, d=dataset: d.page(tx, None, 3))
        keys = [tuple(row[name] for name in dataset.table().key) for row in page]
        read(lambda tx, d=dataset, k=keys: d.page(tx, k[-1], 3))
        read(lambda tx, d=dataset, k=keys: d.find(tx, k))
    run(lambda tx: calendar.erase(tx, "person-7"))


def test_nothing_of_a_day_reads_all_slots_or_bookings(any_db, monkeypatch, clock):
    fill(any_db)
    clock.set(FIRST + timedelta(days=30))
    policy = Policy(limit=50, limits=[Limit(9, "month")])
    calendar = Calendar([Programme("p0", policy=policy, no_show_after=timedelta(hours=1))])
    recorder = Recorder(monkeypatch)
    live(any_db, calendar)
    monkeypatch.undo()
    assert len(recorder.seen) > 60, sorted(recorder.seen)
    found = {}
    with any_db.begin() as tx:
        for name, (statement, params) in recorder.seen.items():
            plan = statement.plan(tx.dialect)
            steps = steps_of(tx, plan, plan.encode(params))
            if name not in WHOLE and any(reads_all(step, name) for step in steps):
                found[name] = steps
    assert not found, json.dumps(found, indent=1)


def test_who_asks_for_options_reads_those_of_the_slot_only(any_db, monkeypatch, clock):
    fill(any_db)
    fill_options(any_db)
    clock.set(FIRST + timedelta(days=30))
    calendar = Calendar([Programme("p0", options={"m": Option()})])
    recorder = Recorder(monkeypatch)
    one, two, *_ = [slot.id for slot in any_db.read(lambda tx: calendar.available(tx, "p0", limit=6))]
    asked = {"m": 2}
    booking = any_db.run(lambda tx: calendar.book(tx, one, "a", key="1", options=asked))
    assert any_db.read(lambda tx: calendar.options_left(tx, one)) == {"m": 6}
    any_db.run(lambda tx: calendar.change(tx, booking.id, to=two, key="2", options={"m": 9}))
    any_db.run(lambda tx: calendar.change(tx, booking.id, to=two, key="3", options={"m": 3}))
    assert isinstance(calendar.book_on(any_db, one, "b", key="4", options=asked), Booking)
    any_db.run(lambda tx: calendar.cancel(tx, booking.id, key="5"))
    any_db.run(lambda tx: tx.all(qp.OPTIONS_IN, {"slot": one}))
    monkeypatch.undo()
    names = {"calendar.shared_with_options", "calendar.lock_shared_with_options", "calendar.holds_on_options"}
    assert names <= recorder.seen.keys()
    found = {}
    with any_db.begin() as tx:
        for name, (statement, params) in recorder.seen.items():
            plan = statement.plan(tx.dialect)
            steps = steps_of(tx, plan, plan.encode(params))
            if any(reads_all(step, name, (*LARGE, *OF_OPTIONS)) for step in steps):
                found[name] = steps
    assert not found, json.dumps(found, indent=1)
