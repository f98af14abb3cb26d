"""Bookings of one hot slot by 32 clients, durable, against one request a transaction: the same rows written by every scheme.

Each booking is an answered idempotency key, a booking, the slot's counter and an outbox row. `ours` is the public `Calendar.book_on`.
PostgreSQL: `cte` is one statement that does it all, `lock` SELECT FOR UPDATE and four statements, `bound` one connection that feeds
arrays of 256 requests into a set statement: no request path, the store's own limit. SQLite: `threads` is a connection a thread, BEGIN
IMMEDIATE. All clients are threads of one process. `full` fills the tables with a million slots and two million bookings first.
"""

import itertools
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks._booking_full import compare
from benchmarks._measure import ROUNDS, Load, interleave, load, median
from govline.calendar import Booking, Calendar, Policy, Programme, SlotPlan
from govline.core import Event, Handler, Transaction
from govline.store import Database

CLIENTS = 32
BATCH = 256
PLACES = 10**8
START = datetime(2030, 1, 7, 9, tzinfo=UTC)
_numbers = itertools.count()
_MIGRATIONS = ["govline.calendar.migrations"]


def run(quick: bool, full: bool = False) -> dict[str, Any]:
    """Both engines; `quick` makes rounds of 0.8 seconds."""
    seconds = 0.8 if quick else 3.0
    beside = compare(_calendar, _open, _ours, clients=CLIENTS, seconds=seconds) if full else None
    return {
        **({"full": beside} if beside else {}),
        **_postgres(seconds),
        "sqlite": _sqlite(seconds),
        "clients": CLIENTS,
        "batch_of_bound": BATCH,
        "rounds": ROUNDS,
        "round_s": seconds,
    }


def heard(tx: Transaction, event: Event) -> None:
    """The ear for which every booking writes an outbox row; nothing runs it here."""


def _calendar() -> Calendar:
    return Calendar([Programme("vaccine", policy=Policy())])


def _open(database: Database, calendar: Calendar) -> str:
    database.migrate(_MIGRATIONS)
    database.listen([Handler("calendar.booked", heard)])
    plan = SlotPlan(START, START + timedelta(hours=1), PLACES)
    database.run(lambda tx: calendar.add_slots(tx, "vaccine", [plan]))
    (slot,) = database.read(lambda tx: calendar.slots(tx, "vaccine", until=START + timedelta(days=1)))
    return slot.id


def _ours(database: Database, calendar: Calendar, slot: str) -> Callable[[int], None]:
    def book(_client: int) -> None:
        number = next(_numbers)
        answer = calendar.book_on(database, slot, f"citizen-{number}", key=f"key-{number}")
        assert isinstance(answer, Booking)

    return book


# --- the rows that every scheme writes ---

_REQUEST = ("key", "verb", "digest", "citizen", "answer", "made_at")
_BOOKING = ("id", "slot_id", "programme", "citizen", "party", "state", "made_at", "made_by", "channel")
_OUTBOX = ("id", "queue", "topic", "version", "payload", "dedupe", "position", "strict", "priority", "enqueued", "due", "state",
           "fence", "attempts", "reason")  # fmt: skip
_AT = 1_900_000_000_000_000
_PARAMS = ("key", "citizen", "answer", "booking", "effect", "payload")
# one statement: key, place, booking, outbox row, each only where the one before succeeded
_SET = f"""
WITH input AS ({{input}}),
req AS (INSERT INTO gl_calendar_request ({", ".join(_REQUEST)})
  SELECT key, 'book', repeat('0', 64), citizen, answer, {_AT} FROM input ON CONFLICT DO NOTHING RETURNING key),
taken AS (UPDATE gl_calendar_slot SET booked = booked + (SELECT count(*) FROM req)
  WHERE id = {{slot}} AND NOT cancelled AND booked + (SELECT count(*) FROM req) <= capacity RETURNING id),
made AS (INSERT INTO gl_calendar_booking ({", ".join(_BOOKING)})
  SELECT booking, taken.id, 'vaccine', citizen, 1, 'confirmed', {_AT}, 'system', 'system'
  FROM input JOIN req USING (key) CROSS JOIN taken RETURNING id)
INSERT INTO gl_outbox ({", ".join(_OUTBOX)})
  SELECT effect, 'calendar', 'event', 1, payload, effect, 0, true, 0, {_AT}, {_AT}, 'ready', 0, 0, ''
  FROM input JOIN made ON made.id = input.booking
"""
_ONE = _SET.format(
    input="SELECT " + ", ".join(f"${n}::text AS {name}" for n, name in enumerate(_PARAMS, 1)), slot="$7"
)
_MANY = _SET.format(
    input=f"SELECT * FROM unnest({', '.join(f'${n}::text[]' for n in range(1, 7))}) AS given({', '.join(_PARAMS)})",
    slot="$7",
)


def _values(slot: str) -> tuple[str, ...]:
    """One request: key, citizen, answer, booking, effect, payload; as long as govline's own."""
    number = next(_numbers)
    key, citizen, booking, effect = (f"{kind}-{number:034d}" for kind in "kcbo")
    answer = json.dumps({"booking": {"id": booking, "slot": slot, "programme": "vaccine", "citizen": citizen,
                                     "party": 1, "state": "confirmed", "starts": START.isoformat(), "held_until": None}})  # fmt: skip
    payload = json.dumps({"handler": "calendar.booked>benchmarks.booking.heard", "name": "calendar.booked", "version": 1,
                          "kind": "calendar.booking", "id": booking, "citizen": citizen,
                          "data": {"programme": "vaccine", "slot": slot, "party": 1}})  # fmt: skip
    return key, citizen, answer, booking, effect, payload


def _four(values: tuple[str, ...], slot: str, mark: str) -> list[tuple[str, tuple[Any, ...]]]:
    """The same as four statements, for schemes that hold the row's lock between them."""
    key, citizen, answer, booking, effect, payload = values
    guarded = f"UPDATE gl_calendar_slot SET booked = booked + 1 WHERE id = {mark} AND NOT cancelled AND booked + 1 <= capacity"
    return [
        (
            _insert("gl_calendar_request", _REQUEST, mark),
            (key, "book", "0" * 64, citizen, answer, _AT),
        ),
        (guarded, (slot,)),
        (
            _insert("gl_calendar_booking", _BOOKING, mark),
            (booking, slot, "vaccine", citizen, 1, "confirmed", _AT, "system", "system"),
        ),
        (
            _insert("gl_outbox", _OUTBOX, mark),
            (effect, "calendar", "event", 1, payload, effect, 0, True, 0, _AT, _AT, "ready", 0, 0, ""),
        ),
    ]


def _insert(table: str, columns: tuple[str, ...], mark: str) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))})"


# --- PostgreSQL ---


def _postgres(seconds: float) -> dict[str, Any]:
    from govline.testing.postgres import postgres_server

    with postgres_server(durable=True) as url:
        database = Database.open(url, pool_size=CLIENTS)
        calendar = _calendar()
        try:
            slot = _open(database, calendar)
            return _measure_postgres(database, calendar, slot, url.replace("+psycopg", ""), seconds)
        finally:
            database.close()


def _measure_postgres(
    database: Database, calendar: Calendar, slot: str, url: str, seconds: float
) -> dict[str, Any]:
    import psycopg

    connections = [psycopg.connect(url, autocommit=True, prepare_threshold=0) for _ in range(CLIENTS)]
    cursors = [psycopg.RawCursor(connection) for connection in connections]

    def cte(client: int) -> None:
        cursors[client].execute(_ONE, (*_values(slot), slot))
        assert cursors[client].rowcount == 1

    def lock(client: int) -> None:
        with connections[client].transaction():
            cursor = connections[client].cursor()
            cursor.execute("SELECT capacity, booked FROM gl_calendar_slot WHERE id = %s FOR UPDATE", (slot,))
            capacity, booked = cursor.fetchone() or (0, 0)
            assert booked < capacity
            for sql, values in _four(_values(slot), slot, "%s"):
                cursor.execute(sql, values)

    def bound(client: int) -> None:
        columns = zip(*(_values(slot) for _ in range(BATCH)), strict=True)
        cursors[client].execute(_MANY, (*map(list, columns), slot))
        assert cursors[client].rowcount == BATCH

    try:
        results = interleave(
            {
                "ours": lambda: load(_ours(database, calendar, slot), threads=CLIENTS, seconds=seconds),
                "cte": lambda: load(cte, threads=CLIENTS, seconds=seconds),
                "lock": lambda: load(lock, threads=CLIENTS, seconds=seconds),
                "bound": lambda: load(bound, threads=1, seconds=seconds),
            }
        )
    finally:
        for connection in connections:
            connection.close()
    rates = _rates(results)
    rates["bound"] *= BATCH
    return {
        **{f"{name}_per_s": round(rate) for name, rate in rates.items()},
        "ratio_to_cte": round(rates["ours"] / rates["cte"], 2),
        "ratio_to_lock": round(rates["ours"] / rates["lock"], 2),
        "ratio_to_bound": round(rates["ours"] / rates["bound"], 3),
        "max_wait_ms": round(max(each.max_wait_ms for each in results["ours"]), 1),
        "oversold": _oversold(database, calendar),
    }


def _rates(results: dict[str, list[Load]]) -> dict[str, float]:
    return {name: median([each.per_s for each in rounds]) for name, rounds in results.items()}


def _oversold(database: Database, calendar: Calendar) -> int:
    """Slots whose counter does not equal their rows: every scheme wrote into the same tables."""
    return len(database.read(calendar.reconcile))


# --- SQLite ---


def _sqlite(seconds: float) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="govline-bench-"))
    database = Database.open(f"sqlite:///{folder}/town.db")
    calendar = _calendar()
    connections: list[sqlite3.Connection] = []
    try:
        slot = _open(database, calendar)
        connections += [_bare(folder / "town.db") for _ in range(CLIENTS)]

        def threads(client: int) -> None:
            cursor = connections[client].cursor()
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("SELECT capacity, booked FROM gl_calendar_slot WHERE id = ?", (slot,)).fetchone()
            for sql, values in _four(_values(slot), slot, "?"):
                cursor.execute(sql, values)
            cursor.execute("COMMIT")

        results = interleave(
            {
                "ours": lambda: load(_ours(database, calendar, slot), threads=CLIENTS, seconds=seconds),
                "threads": lambda: load(threads, threads=CLIENTS, seconds=seconds),
            }
        )
        rates = _rates(results)
        return {
            **{f"{name}_per_s": round(rate) for name, rate in rates.items()},
            "ratio_to_threads": round(rates["ours"] / rates["threads"], 2),
            "max_wait_ms": round(max(each.max_wait_ms for each in results["ours"]), 1),
            "threads_max_wait_ms": round(max(each.max_wait_ms for each in results["threads"]), 1),
            "oversold": _oversold(database, calendar),
        }
    finally:
        for connection in connections:
            connection.close()
        database.close()
        shutil.rmtree(folder)


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection
