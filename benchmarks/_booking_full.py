"""`booking --full`: the hot path beside a million slots and two million bookings, against the same path in an empty calendar.

Two towns on one server (two files on SQLite), measured in turns. The rows are written in sets, past the calendar, with their foreign
keys kept; 2,000 programmes with 500 slots each, two bookings a slot, a quarter of them ended.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._measure import Load, interleave, load, median
from govline.calendar import Calendar
from govline.store import Database

SLOTS, BOOKINGS, PROGRAMMES = 1_000_000, 2_000_000, 2_000
_HOUR = 3_600_000_000
_FROM = 1_893_456_000_000_000
_SLOT_COLUMNS = "id, programme, starts_at, ends_at, name, capacity, booked, cancelled, draws"
_BOOKING_COLUMNS = (
    "id, slot_id, programme, citizen, party, state, made_at, made_by, channel, ended_at, places, draws"
)
# n: 0 … SLOTS - 1 and 0 … BOOKINGS - 1; a booking with n % 8 in (6, 7) has ended, so each slot's counter follows from its number
_SLOT_ROW = (
    f"'00slot-' || n, 'programme-' || (n % {PROGRAMMES}), {_FROM} + n * {_HOUR}, {_FROM} + (n + 1) * {_HOUR}, '', 20, "
    "CASE WHEN n % 8 IN (6, 7) THEN 0 ELSE 2 END, {false}, 0"
)
_BOOKING_ROW = (
    f"'00booking-' || n, '00slot-' || (n % {SLOTS}), 'programme-' || (n % {PROGRAMMES}), 'person-' || (n % 700000), 1, "
    f"CASE WHEN n % 8 IN (6, 7) THEN 'cancelled' ELSE 'confirmed' END, {_FROM}, 'citizen', 'line', "
    f"CASE WHEN n % 8 IN (6, 7) THEN {_FROM} END, 1, 0"
)
Prepare = Callable[[Database, Calendar], str]
Book = Callable[[Database, Calendar, str], Callable[[int], None]]


def compare(
    make: Callable[[], Calendar], prepare: Prepare, book: Book, *, clients: int, seconds: float
) -> dict[str, Any]:
    """Both engines: bookings a second beside all these rows, and as a ratio to none."""
    return {
        "postgresql": _postgres(make, prepare, book, clients, seconds),
        "sqlite": _sqlite(make, prepare, book, clients, seconds),
        "slots": SLOTS,
        "bookings": BOOKINGS,
    }


def _postgres(
    make: Callable[[], Calendar], prepare: Prepare, book: Book, clients: int, seconds: float
) -> dict[str, Any]:
    import psycopg

    from govline.testing.postgres import postgres_server

    with postgres_server(durable=True) as url:
        empty, full = (
            Database.open(url, schema=name, town=name, pool_size=clients) for name in ("empty", "full")
        )
        calendar = make()

        def measured(database: Database, calendar: Calendar, slot: str) -> Load:
            return load(book(database, calendar, slot), threads=clients, seconds=seconds)

        try:
            slots = [prepare(database, calendar) for database in (empty, full)]
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute('SET search_path TO "full"')
                for sql in _fills("generate_series(0, {last}) AS n", "false"):
                    connection.execute(sql)
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")
            return _measure([empty, full], calendar, slots, measured)
        finally:
            empty.close()
            full.close()


def _sqlite(
    make: Callable[[], Calendar], prepare: Prepare, book: Book, clients: int, seconds: float
) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="govline-bench-"))
    empty, full = (Database.open(f"sqlite:///{folder}/{name}.db") for name in ("empty", "full"))
    calendar = make()

    def measured(database: Database, calendar: Calendar, slot: str) -> Load:
        return load(book(database, calendar, slot), threads=clients, seconds=seconds)

    try:
        slots = [prepare(database, calendar) for database in (empty, full)]
        connection = sqlite3.connect(folder / "full.db", isolation_level=None)
        try:
            numbers = "(WITH RECURSIVE count(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM count WHERE n < {last}) SELECT n FROM count)"
            for sql in _fills(numbers, "0"):
                connection.execute(sql)
            connection.execute("ANALYZE")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
        return _measure([empty, full], calendar, slots, measured)
    finally:
        empty.close()
        full.close()
        shutil.rmtree(folder)


def _fills(numbers: str, false: str) -> list[str]:
    slots = f"INSERT INTO gl_calendar_slot ({_SLOT_COLUMNS}) SELECT {_SLOT_ROW.format(false=false)} FROM "
    bookings = f"INSERT INTO gl_calendar_booking ({_BOOKING_COLUMNS}) SELECT {_BOOKING_ROW} FROM "
    return [slots + numbers.format(last=SLOTS - 1), bookings + numbers.format(last=BOOKINGS - 1)]


def _measure(
    databases: list[Database],
    calendar: Calendar,
    slots: list[str],
    one: Callable[[Database, Calendar, str], Load],
) -> dict[str, Any]:
    named = zip(("empty", "full"), databases, slots, strict=True)
    rounds = interleave({name: partial(one, database, calendar, slot) for name, database, slot in named})
    rates = {name: median([each.per_s for each in found]) for name, found in rounds.items()}
    return {
        "ours_per_s": round(rates["full"]),
        "empty_per_s": round(rates["empty"]),
        "ratio_to_empty": round(rates["full"] / rates["empty"], 2),
        "max_wait_ms": round(max(each.max_wait_ms for each in rounds["full"]), 1),
        "oversold": sum(len(database.read(calendar.reconcile)) for database in databases),
    }
