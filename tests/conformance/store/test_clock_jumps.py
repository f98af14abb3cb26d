"""Schedules when the clock is set back or jumps ahead: each fires once, none is lost, none comes early."""

from datetime import timedelta

from sqlalchemy import text

from govline.core import Effect, Ref, Schedule
from govline.store import schedules

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def put(db, key, due):
    plan = Schedule(key, due, Ref("x", key), Effect("t.remind", {"run": key}, dedupe=key), quiet_hours=False)
    db.run(lambda tx: tx.schedule(plan))


def fired(db):
    rows = db.read(
        lambda tx: tx.connection.execute(text("SELECT dedupe FROM gl_outbox ORDER BY dedupe")).all()
    )
    return [key for (key,) in rows]


def test_a_clock_that_is_set_back_fires_nothing_twice_and_nothing_early(any_db, clock):
    start = clock.now()
    for number in range(3):
        put(any_db, f"s{number}", start + number * HOUR)
    schedules.fire(any_db)
    assert fired(any_db) == ["s0"]
    clock.advance(HOUR)
    schedules.fire(any_db)
    clock.advance(-5 * HOUR)
    for _ in range(3):
        schedules.fire(any_db)
    assert fired(any_db) == ["s0", "s1"]
    clock.advance(6 * HOUR)
    schedules.fire(any_db)
    assert fired(any_db) == ["s0", "s1", "s2"]


def test_a_jump_of_a_day_fires_everything_once(any_db, clock):
    start = clock.now()
    for number in range(30):
        put(any_db, f"s{number:02d}", start + number * HOUR)
    clock.advance(DAY)
    while schedules.fire(any_db).fired:
        pass
    assert fired(any_db) == [f"s{number:02d}" for number in range(25)]
    clock.advance(-DAY)  # the jump was a mistake
    schedules.fire(any_db)
    clock.advance(2 * DAY)
    while schedules.fire(any_db).fired:
        pass
    assert fired(any_db) == [f"s{number:02d}" for number in range(30)]


def test_what_moves_while_the_clock_is_wrong_fires_at_its_new_time(any_db, clock):
    start = clock.now()
    put(any_db, "moved", start + HOUR)
    clock.advance(-DAY)
    put(any_db, "moved", start + 3 * HOUR)
    clock.advance(DAY + 2 * HOUR)
    schedules.fire(any_db)
    assert fired(any_db) == []
    clock.advance(HOUR)
    schedules.fire(any_db)
    assert fired(any_db) == ["moved"]
