"""Availability of 200 facilities, 365 days, three parts a day (219,000 slots, 60 % taken) against SQL by hand on the driver's cursor.

`facility_month`: one facility's month by day, with the state of every slot. `year`: the same for its year. `town_year`: the state of all
219,000 slots, counted by state for each facility and day. By hand: the statement that a good engineer writes for the same
answer, its rows made into one record a day, in a transaction of the driver's (psycopg's `with`); policy of all: bookings until 17:00 of the day before, 90 days ahead.
"""

import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as dtime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._measure import ROUNDS, median
from govline.calendar import Calendar, CutOff, Policy, Programme
from govline.core import FixedClock
from govline.core.jst import JST
from govline.store import Database

FACILITIES, DAYS = 200, 365
FIRST = date(2026, 4, 1)
NOW = datetime(2026, 6, 10, 3, tzinfo=UTC)
PARTS = (9, 13, 18)
CAPACITY = 10
MIDNIGHT = dtime()
STATES = ("open", "few", "", "", "not_yet", "full", "", "", "cut_off", "over", "closed")
_TOKYO, _A_DAY = 9 * 3_600_000_000, 86_400_000_000
_SLOT = ("id", "programme", "starts_at", "ends_at", "name", "capacity", "booked", "cancelled", "draws")
_MIGRATIONS = ["govline.calendar.migrations"]


def run(quick: bool) -> dict[str, Any]:
    """Both engines; `quick` repeats less often within a round."""
    repeats = 10 if quick else 40
    return {
        "sqlite": _sqlite(repeats),
        **_postgres(repeats),
        "slots": FACILITIES * DAYS * 3,
        "rounds": ROUNDS,
    }


def _calendar() -> Calendar:
    policy = Policy(book=CutOff(days=1, at=datetime(1, 1, 1, 17, tzinfo=JST).time()), opens_days_before=90)
    return Calendar([Programme(f"facility-{number:03d}", policy=policy) for number in range(FACILITIES)])


def _rows() -> list[tuple[Any, ...]]:
    """Three in five slots are full; of the others each has something taken."""
    chance = random.Random(7)
    rows = []
    for facility in range(FACILITIES):
        for offset in range(DAYS):
            for hour in PARTS:
                day = FIRST + timedelta(days=offset)
                starts = int(datetime(day.year, day.month, day.day, hour, tzinfo=JST).timestamp() * 1_000_000)
                booked = CAPACITY if chance.random() < 0.6 else chance.randrange(CAPACITY)
                number = f"{facility:03d}{offset:03d}{hour:02d}"
                rows.append((f"slot{number}", f"facility-{facility:03d}", starts, starts + 3 * 3_600_000_000, "",
                             CAPACITY, booked, False, 0))  # fmt: skip
    return rows


# --- by hand ---


def _by_hand(mark: str, tail: str = "") -> str:
    day = f"(starts_at + {_TOKYO}) / {_A_DAY}"
    state = (
        f"CASE WHEN cancelled THEN 10 WHEN starts_at <= {mark} THEN 9 WHEN starts_at <= {mark} THEN 8 "
        f"WHEN starts_at >= {mark} THEN 4 WHEN booked + {mark} > capacity THEN 5 "
        "WHEN (capacity - booked) * 5 <= capacity THEN 1 ELSE 0 END"
    )
    where = f"programme = {mark} AND " if not tail else ""
    return (
        f"SELECT {tail}day, min(state), count(*), sum(CASE WHEN state < 2 THEN 1 ELSE 0 END), "
        f"sum(CASE WHEN state < 2 THEN free ELSE 0 END) FROM (SELECT {tail}{day} AS day, {state} AS state, capacity - booked AS free "
        f"FROM gl_calendar_slot WHERE {where}starts_at >= {mark} AND starts_at < {mark} AND capacity > 0) AS each "
        f"GROUP BY {tail}day ORDER BY {tail}day"
    )


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def _given(first: date, last: date) -> tuple[int, ...]:
    """Now, the last start that is too late, the first that is too early, places; then the span."""
    today = NOW.astimezone(JST).date()
    midnight = datetime(today.year, today.month, today.day, tzinfo=JST)
    too_late = (
        midnight + timedelta(days=1 if NOW.astimezone(JST).hour < 17 else 2) - timedelta(microseconds=1)
    )
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=JST) for day in (first, last + timedelta(days=1))
    )
    return (
        _micros(NOW),
        _micros(too_late),
        _micros(midnight + timedelta(days=91)),
        1,
        _micros(start),
        _micros(end),
    )


def _records(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """One record a day, with the opening of days that are not open yet."""
    records = []
    for day, state, number, bookable, free in rows:
        on = date.fromordinal(719_163 + day)
        opens = datetime.combine(on - timedelta(days=90), MIDNIGHT, JST) if state == 4 else None
        records.append(
            {
                "day": on,
                "state": STATES[state],
                "slots": number,
                "bookable": bookable,
                "free": free,
                "opens": opens,
            }
        )
    return records


# --- measuring ---


def _measure(
    database: Database,
    execute: Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]],
    mark: str,
    repeats: int,
) -> dict[str, Any]:
    calendar = _calendar()
    month, year = (date(2026, 6, 1), date(2026, 6, 30)), (FIRST, FIRST + timedelta(days=DAYS - 1))
    sql = _by_hand(mark)

    def ours(span: tuple[date, date], facility: str) -> Any:
        return database.read(lambda tx: calendar.days(tx, facility, *span))

    def hand(span: tuple[date, date], facility: str) -> Any:
        now, late, early, places, since, until = _given(*span)
        return _records(execute(sql, (now, late, early, places, facility, since, until)))

    for span in (month, year):
        _same(ours(span, "facility-007"), hand(span, "facility-007"))
    works: dict[str, Callable[[str], Any]] = {
        "month": partial(ours, month),
        "month_by_hand": partial(hand, month),
        "year": partial(ours, year),
        "year_by_hand": partial(hand, year),
    }
    rounds = [_round(works, repeats) for _ in range(ROUNDS)]
    found = {name: median([each[name] for each in rounds]) for name in works}
    ratios = [median([each[kind] / each[f"{kind}_by_hand"] for each in rounds]) for kind in ("month", "year")]
    everything = partial(execute, _by_hand(mark, "programme, "), _given(*year))
    town = [_once(everything) for _ in range(3)]
    ours_town = [_once(partial(_every, ours, year)) for _ in range(3)]
    return {
        "facility_month_ms": round(found["month"], 3),
        "year_ms": round(found["year"], 3),
        "month_by_hand_ms": round(found["month_by_hand"], 3),
        "year_by_hand_ms": round(found["year_by_hand"], 3),
        "ratio_to_hand_sql": round(max(ratios), 2),
        "town_year_ms": round(median(ours_town), 1),
        "town_year_by_hand_ms": round(median(town), 1),
    }


def _every(ours: Callable[[tuple[date, date], str], Any], year: tuple[date, date]) -> None:
    for each in range(FACILITIES):
        ours(year, f"facility-{each:03d}")


def _same(ours: Any, hand: list[dict[str, Any]]) -> None:
    plain = [(day.day, day.state.value, day.slots, day.bookable, day.free, day.opens) for day in ours]
    assert plain == [tuple(record.values()) for record in hand]


def _round(works: Mapping[str, Callable[[str], Any]], repeats: int) -> dict[str, float]:
    """Median milliseconds of each work over some facilities; the first call of a block warms the processor for its kind."""
    return {
        name: median([_once(partial(work, each)) for each in _facilities(repeats)][1:])
        for name, work in works.items()
    }


def _facilities(number: int) -> list[str]:
    return [f"facility-{each * 7 % FACILITIES:03d}" for each in range(number)]


def _once(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _postgres(repeats: int) -> dict[str, Any]:
    import psycopg

    from govline.testing.postgres import postgres_server

    with postgres_server() as url:
        database = Database.open(url, clock=FixedClock(NOW))
        try:
            database.migrate(_MIGRATIONS)
            with psycopg.connect(
                url.replace("+psycopg", ""), autocommit=True, prepare_threshold=0
            ) as connection:
                with connection.cursor().copy(
                    f"COPY gl_calendar_slot ({', '.join(_SLOT)}) FROM STDIN"
                ) as copy:
                    for row in _rows():
                        copy.write_row(row)
                connection.execute("VACUUM ANALYZE gl_calendar_slot")
                cursor = connection.cursor()
                return _measure(
                    database, lambda sql, given: cursor.execute(sql, given).fetchall(), "%s", repeats
                )
        finally:
            database.close()


def _sqlite(repeats: int) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="govline-bench-"))
    database = Database.open(f"sqlite:///{folder}/town.db", clock=FixedClock(NOW))
    try:
        database.migrate(_MIGRATIONS)
        connection = sqlite3.connect(folder / "town.db", isolation_level=None)
        try:
            connection.execute("BEGIN")
            connection.executemany(
                f"INSERT INTO gl_calendar_slot ({', '.join(_SLOT)}) VALUES ({', '.join('?' * len(_SLOT))})",
                _rows(),
            )
            connection.execute("COMMIT")
            connection.execute("ANALYZE")
            return _measure(
                database, lambda sql, given: connection.execute(sql, given).fetchall(), "?", repeats
            )
        finally:
            connection.close()
    finally:
        database.close()
        shutil.rmtree(folder)
