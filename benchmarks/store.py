"""Units of work through the store against the bare driver: 1 read and 2 writes a unit, 32 submitters, durable.

`ratio_to_bare` sets govline's 32 submitters against the better of 1 and 32 threads (a connection each, and for SQLite also
one connection under a lock) that run one bare driver transaction a unit on the same file or server with the same durability.
"""

import itertools
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Table, bindparam, insert, select, update

from benchmarks._measure import ROUNDS, Load, interleave, load, median
from govline.core import Transaction
from govline.store import Database, Statement
from govline.store.columns import IdColumn

THREADS = 32
SLOTS = 200
_metadata = MetaData()
_slot = Table(
    "slot",
    _metadata,
    Column("id", IdColumn, primary_key=True),
    Column("capacity", BigInteger, nullable=False),
    Column("booked", BigInteger, nullable=False),
)
_booking = Table(
    "booking",
    _metadata,
    Column("id", BigInteger, primary_key=True),
    Column("slot", IdColumn, nullable=False),
)
_FIND = Statement(
    "bench.find", select(_slot.c.id, _slot.c.capacity, _slot.c.booked).where(_slot.c.id == bindparam("id"))
)
_TAKE = Statement(
    "bench.take",
    update(_slot)
    .where(_slot.c.id == bindparam("slot"), _slot.c.booked < _slot.c.capacity)
    .values(booked=_slot.c.booked + 1),
)
_BOOK = Statement("bench.book", insert(_booking))
_READ, _UPDATE, _INSERT = (
    "SELECT id, capacity, booked FROM slot WHERE id = {0}",
    "UPDATE slot SET booked = booked + 1 WHERE id = {0} AND booked < capacity",
    "INSERT INTO booking (id, slot) VALUES ({0}, {0})",
)
_numbers = itertools.count()


def run(quick: bool) -> dict[str, Any]:
    """Both engines; `quick` makes rounds of half a second."""
    seconds = 0.5 if quick else 2.0
    return {
        "sqlite": _sqlite(seconds),
        "postgres": _postgres(seconds),
        "submitters": THREADS,
        "rounds": ROUNDS,
        "round_s": seconds,
    }


def _unit(slot: str) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        row = tx.one(_FIND, {"id": slot})
        assert row is not None
        assert tx.write(_TAKE, {"slot": slot}) == 1
        tx.write(_BOOK, {"id": next(_numbers), "slot": slot})

    return work


def _fill(database: Database) -> None:
    def work(tx: Transaction) -> None:
        _metadata.create_all(tx.connection)
        tx.write_many(
            Statement("bench.fill", insert(_slot)),
            [{"id": f"s{n}", "capacity": 10**12, "booked": 0} for n in range(SLOTS)],
        )

    database.run(work)


def _report(results: dict[str, list[Load]], ours: str, bare: list[str]) -> dict[str, Any]:
    rates = {name: median([each.per_s for each in rounds]) for name, rounds in results.items()}
    best = max(bare, key=rates.__getitem__)
    return {
        "units_per_s": round(rates[ours]),
        "ratio_to_bare": round(rates[ours] / rates[best], 2),
        "max_wait_ms": round(max(each.max_wait_ms for each in results[ours]), 1),
        "bare": {name: round(rates[name]) for name in bare},
        "bare_max_wait_ms": round(max(each.max_wait_ms for each in results[best]), 1),
    }


def _sqlite(seconds: float) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="govline-bench-"))
    database = Database.open(f"sqlite:///{folder}/town.db")
    _fill(database)
    connections = [_bare_sqlite(folder / "town.db") for _ in range(THREADS)]
    lock = threading.Lock()

    def locked(_number: int) -> None:
        with lock:
            _bare_sqlite_unit(connections[0])

    def ours(number: int) -> None:
        database.run(_unit(f"s{number}"))

    def own(number: int) -> None:
        _bare_sqlite_unit(connections[number])

    try:
        results = interleave(
            {
                "govline": lambda: load(ours, threads=THREADS, seconds=seconds),
                "1_thread": lambda: load(own, threads=1, seconds=seconds),
                "32_connections": lambda: load(own, threads=THREADS, seconds=seconds),
                "32_threads_1_connection": lambda: load(locked, threads=THREADS, seconds=seconds),
            }
        )
    finally:
        for connection in connections:
            connection.close()
        database.close()
        shutil.rmtree(folder)
    return _report(results, "govline", ["1_thread", "32_connections", "32_threads_1_connection"])


def _bare_sqlite(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def _bare_sqlite_unit(connection: sqlite3.Connection) -> None:
    cursor = connection.cursor()
    slot = "s1"
    cursor.execute("BEGIN IMMEDIATE")
    cursor.execute(_READ.format("?"), (slot,)).fetchone()
    cursor.execute(_UPDATE.format("?"), (slot,))
    cursor.execute("INSERT INTO booking (id, slot) VALUES (?, ?)", (next(_numbers), slot))
    cursor.execute("COMMIT")


def _postgres(seconds: float) -> dict[str, Any]:
    from govline.testing.postgres import postgres_server

    with postgres_server(durable=True) as url:
        database = Database.open(url, pool_size=THREADS)
        try:
            _fill(database)
            return _measure_postgres(database, url, seconds)
        finally:
            database.close()


def _measure_postgres(database: Database, url: str, seconds: float) -> dict[str, Any]:
    import psycopg

    connections = [psycopg.connect(url.replace("+psycopg", ""), prepare_threshold=0) for _ in range(THREADS)]

    def grouped(_number: int) -> None:
        database.run(_unit("s1"), group="slot:s1")

    def ungrouped(number: int) -> None:
        database.run(_unit(f"s{number}"))

    try:
        results = interleave(
            {
                "govline": lambda: load(grouped, threads=THREADS, seconds=seconds),
                "1_thread": lambda: load(
                    lambda n: _bare_unit(connections[n], "s1"), threads=1, seconds=seconds
                ),
                "32_threads": lambda: load(
                    lambda n: _bare_unit(connections[n], "s1"), threads=THREADS, seconds=seconds
                ),
                "govline_spread": lambda: load(ungrouped, threads=THREADS, seconds=seconds),
                "spread_32_threads": lambda: load(
                    lambda n: _bare_unit(connections[n], f"s{n}"), threads=THREADS, seconds=seconds
                ),
            }
        )
    finally:
        for connection in connections:
            connection.close()
    hot = _report(results, "govline", ["1_thread", "32_threads"])
    spread = _report(results, "govline_spread", ["1_thread", "spread_32_threads"])
    return {**hot, "ungrouped_ratio": spread["ratio_to_bare"], "ungrouped": spread}


def _bare_unit(connection: Any, slot: str) -> None:
    cursor = connection.cursor()
    cursor.execute(_READ.format("%s"), (slot,)).fetchone()
    cursor.execute(_UPDATE.format("%s"), (slot,))
    cursor.execute("INSERT INTO booking (id, slot) VALUES (%s, %s)", (next(_numbers), slot))
    connection.commit()
