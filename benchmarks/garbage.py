"""Garbage days: a year of dates against python-dateutil, and tonight's people against SQL written by hand, on both engines.

Dates: 500 areas with six kinds each (weekly, n-th weekday, every other week, months), one year; from values (`Rule` of terms, `rrule`
of arguments) and from text (cells of 5374.jp, RRULE text). All four must say the same dates.
Selection: who is told of tomorrow among 100,000 citizens (`--full`: 1,000,000). Ours is what the nightly notice does before it sends, in its
unit of work; by hand it is the plainest SQL that does the same, on the driver's own cursor and the same tables: one transaction that
marks the same rows, looks for changes to come and reads the same people. Between two turns the marks are taken away, uncounted.
"""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from dateutil.rrule import FR, MO, MONTHLY, SA, SU, TH, TU, WE, WEEKLY, rrule, rrulestr

from benchmarks._measure import interleave, median
from govline.calendar.garbage import Garbage, Rule, read_area_days
from govline.calendar.garbage._tables import muted, settings
from govline.calendar.garbage.notices import claim
from govline.calendar.garbage.notices_ahead import Due
from govline.core import FixedClock
from govline.store import Database

AREAS, CITIZENS, MANY = 500, 100_000, 1_000_000
YEAR = (date(2026, 4, 1), date(2027, 3, 31))
NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)  # 18:00 in Japan, a Sunday; Monday's areas are told
TOMORROW = date(2026, 11, 30)
WEEKDAYS = "月火水木金土日"
DAYS = (MO, TU, WE, TH, FR, SA, SU)
KINDS = ("燃やすごみ", "資源", "びん・かん", "プラスチック", "埋立ごみ", "古紙")
PACKAGES = ["govline.calendar.garbage.migrations"]
MARK_BY_HAND = """
UPDATE gl_garbage_setting SET told_for = {0}, told_by = {0}
WHERE enabled AND days_before = 1 AND hour BETWEEN {0} AND {0} AND (told_for IS NULL OR told_for < {0})
AND area IN (SELECT area FROM gl_garbage_day WHERE day = {0})
"""
CHANGES_BY_HAND = "SELECT area, day, kind, moved_to FROM gl_garbage_change WHERE day BETWEEN {0} AND {0} ORDER BY 1, 2, 4, 3"
TELL_BY_HAND = """
SELECT s.citizen, s.area, d.kind FROM gl_garbage_day d
JOIN gl_garbage_setting s ON s.area = d.area
JOIN gl_garbage_kind k ON k.label = d.kind
LEFT JOIN gl_garbage_muted m ON m.citizen = s.citizen AND m.kind = d.kind
WHERE d.day = {0} AND m.citizen IS NULL AND s.told_by = {0}
ORDER BY s.citizen, s.area, k.position
"""
UNMARK = "UPDATE gl_garbage_setting SET told_for = NULL, told_by = NULL WHERE told_by IS NOT NULL"
MARK = "0" * 32


def run(quick: bool, *, full: bool = False) -> dict[str, Any]:
    """Dates, then selection on SQLite and PostgreSQL; `full` selects among a million."""
    rounds = 3 if quick else 5
    citizens = MANY if full else CITIZENS
    engines = {"sqlite": _sqlite(citizens, rounds), "postgres": _postgres(citizens, rounds)}
    ratios = [engine["ratio_to_hand_written"] for engine in engines.values()]
    return {
        **_dates(rounds),
        "selection_ratio_to_hand_written": max(ratios),
        "citizens": citizens,
        **engines,
        "areas": AREAS,
        "kinds": len(KINDS),
        "rounds": rounds,
    }


def _cells(area: int) -> Iterator[str]:
    """Six cells of an area; neighbours differ, so that nothing is computed once for many."""
    one, two = WEEKDAYS[area % 5], WEEKDAYS[(area + 3) % 6]
    anchor = date(2026, 4, 1) + timedelta(days=area % 14)
    yield f"{one} {two}"
    yield f"{two}1 {two}3"
    yield f"隔{WEEKDAYS[anchor.weekday()]}{anchor:%Y%m%d}"
    yield WEEKDAYS[(area + 1) % 7]
    yield f"{one}{area % 4 + 1}"
    yield f"{one}2 {one}4:{' '.join(str(month) for month in range(1, 13) if month != area % 12 + 1)}"


def _rrules(area: int) -> Iterator[dict[str, Any]]:
    """The same six as dateutil's arguments."""
    one, two = DAYS[area % 5], DAYS[(area + 3) % 6]
    anchor = datetime(2026, 4, 1) + timedelta(days=area % 14)
    start = datetime.combine(YEAR[0], datetime.min.time())
    yield {"freq": WEEKLY, "dtstart": start, "byweekday": [one, two]}
    yield {"freq": MONTHLY, "dtstart": start, "byweekday": [two(1), two(3)]}
    yield {"freq": WEEKLY, "dtstart": anchor, "interval": 2}
    yield {"freq": WEEKLY, "dtstart": start, "byweekday": [DAYS[(area + 1) % 7]]}
    yield {"freq": MONTHLY, "dtstart": start, "byweekday": [one(area % 4 + 1)]}
    months = [month for month in range(1, 13) if month != area % 12 + 1]
    yield {"freq": MONTHLY, "dtstart": start, "byweekday": [one(2), one(4)], "bymonth": months}


def _dates(rounds: int) -> dict[str, Any]:
    cells = [cell for area in range(AREAS) for cell in _cells(area)]
    terms = [Rule.parse(cell).terms for cell in cells]
    given = [arguments for area in range(AREAS) for arguments in _rrules(area)]
    until = datetime.combine(YEAR[1], datetime.min.time())
    texts = [str(rrule(**arguments, until=until)) for arguments in given]
    variants: dict[str, Callable[[], list[list[date]]]] = {
        "ours": lambda: [Rule(each).between(*YEAR) for each in terms],
        "dateutil": lambda: [[day.date() for day in rrule(**each, until=until)] for each in given],
        "ours_text": lambda: [Rule.parse(cell).between(*YEAR) for cell in cells],
        "dateutil_text": lambda: [[day.date() for day in rrulestr(text)] for text in texts],
    }
    expected = variants["dateutil"]()
    assert all(variant() == expected for variant in variants.values()), "all must say the same dates"
    times = interleave({name: partial(_seconds, work) for name, work in variants.items()}, rounds=rounds)
    seconds = {name: median(each) for name, each in times.items()}
    return {
        "seconds": round(seconds["ours"], 3),
        "dateutil_seconds": round(seconds["dateutil"], 3),
        "ratio_to_dateutil": round(seconds["ours"] / seconds["dateutil"], 3),
        "text_seconds": round(seconds["ours_text"], 3),
        "dateutil_text_seconds": round(seconds["dateutil_text"], 3),
        "text_ratio_to_dateutil": round(seconds["ours_text"] / seconds["dateutil_text"], 3),
    }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _sqlite(citizens: int, rounds: int) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="govline-bench-"))
    path = folder / "town.db"
    database = Database.open(f"sqlite:///{path}", clock=FixedClock(NOW))
    bare = sqlite3.connect(path)
    try:
        imported = _fill(database, citizens)
        bare.execute("PRAGMA synchronous = FULL")

        def by_hand() -> list[Any]:
            bare.execute("BEGIN IMMEDIATE")
            with bare:
                return _by_hand(bare, "?")

        def fresh() -> None:
            with bare:
                bare.execute(UNMARK)
            bare.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        return {**_selection(database, by_hand, fresh, rounds), "import_seconds": imported}
    finally:
        bare.close()
        database.close()
        shutil.rmtree(folder)


def _postgres(citizens: int, rounds: int) -> dict[str, Any]:
    import psycopg

    from govline.testing.postgres import postgres_server

    with postgres_server() as url:
        database = Database.open(url, clock=FixedClock(NOW))
        bare = psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)
        try:
            imported = _fill(database, citizens)

            def by_hand() -> list[Any]:
                with bare.transaction():
                    return _by_hand(bare, "%s")

            def fresh() -> None:
                bare.execute(UNMARK)
                bare.execute("VACUUM gl_garbage_setting")

            return {**_selection(database, by_hand, fresh, rounds), "import_seconds": imported}
        finally:
            bare.close()
            database.close()


def _fill(database: Database, citizens: int) -> float:
    """Import the calendar, then settings: seven in ten at 18:00, one in ten with a kind muted. Seconds of the import."""
    database.migrate(PACKAGES)
    header = ",".join(("地名", "センター", *KINDS))
    rows = [",".join((f"地区{area}", "", *_cells(area))) for area in range(AREAS)]
    table = read_area_days("\n".join([header, *rows]).encode())
    began = time.perf_counter()
    assert database.run(lambda tx: Garbage().import_table(tx, table)).written
    imported = time.perf_counter() - began
    for start in range(0, citizens, 20_000):
        numbers = range(start, min(start + 20_000, citizens))
        database.run(partial(_settings, numbers=numbers))
    with database.begin() as tx:
        tx.connection.exec_driver_sql("ANALYZE")
    return round(imported, 2)


def _settings(tx: Any, numbers: range) -> None:
    rows = [
        {
            "citizen": f"{number:032x}",
            "area": f"地区{number % AREAS}",
            "enabled": True,
            "days_before": 1,
            "hour": 18 if number % 10 < 7 else 20,
            "told_for": None,
            "told_by": None,
        }
        for number in numbers
    ]
    tx.connection.execute(settings.insert(), rows)
    few = [
        {"citizen": f"{number:032x}", "kind": KINDS[number // 10 % 6]}
        for number in numbers
        if number % 10 == 3
    ]
    tx.connection.execute(muted.insert(), few)


def _by_hand(bare: Any, sign: str) -> list[Any]:
    """The three statements on a driver's connection, inside the caller's transaction."""
    day, week = TOMORROW.isoformat(), (TOMORROW + timedelta(days=7)).isoformat()
    bare.execute(MARK_BY_HAND.format(sign), (day, MARK, 18, 18, day, day))
    changes = bare.execute(CHANGES_BY_HAND.format(sign), (day, week)).fetchall()
    assert not changes, "no change is to come, so that neither side announces any"
    people: list[Any] = bare.execute(TELL_BY_HAND.format(sign), (day, MARK)).fetchall()
    return people


def _selection(
    database: Database, by_hand: Callable[[], list[Any]], fresh: Callable[[], None], rounds: int
) -> dict[str, Any]:
    due = Due(1, TOMORROW, 18, 18)

    def ours() -> list[Any]:
        return [tuple(row) for row in database.run(lambda tx: claim(tx, due))[2]]

    def hand() -> list[Any]:
        return [tuple(row) for row in by_hand()]

    def marked() -> int:
        with database.begin() as tx:
            count = (
                "SELECT count(*) FROM gl_garbage_setting WHERE told_by IS NOT NULL AND told_for IS NOT NULL"
            )
            return int(tx.connection.exec_driver_sql(count).scalar_one())

    def turn(work: Callable[[], list[Any]]) -> float:
        fresh()
        return _seconds(work)

    people, ours_marked = ours(), marked()
    fresh()
    assert people == hand(), "both must find the same people"
    assert ours_marked == marked() > 0, "both must mark the same rows"
    variants = {"ours": partial(turn, ours), "by_hand": partial(turn, hand)}
    times = interleave(variants, rounds=rounds * 4 + 1)
    seconds, plain = median(times["ours"]), median(times["by_hand"])
    return {
        "ratio_to_hand_written": round(seconds / plain, 2),
        "selection_ms": round(seconds * 1000, 1),
        "hand_written_ms": round(plain * 1000, 1),
        "rows": len(people),
        "marked": ours_marked,
    }
