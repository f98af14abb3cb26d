"""How the databases carry out what is asked most: by index, on both engines, however many citizens there are."""

from datetime import UTC, date, datetime

import pytest

from govline.calendar.garbage import Garbage, read_area_days
from govline.calendar.garbage import _queries as q
from govline.calendar.garbage import _sql as ahead
from govline.calendar.garbage._tables import announced, changes, muted, settings
from govline.calendar.garbage.model import Setting, Wishes

NOW = datetime(2026, 11, 29, 9, tzinfo=UTC)
AREAS = 200
TERMS = {
    "lead": 1,
    "collected": date(2026, 11, 30),
    "from_hour": 18,
    "to_hour": 18,
    "mark": "m",
    "citizen": "7",
    "last": date(2026, 12, 7),
    "changed": date(2026, 12, 4),
    "since": date(2026, 11, 27),
    "before": date(2026, 10, 1),
    "first": date(2026, 11, 30),
}
NIGHTLY = (
    *(q.WOULD_TELL, q.MARK_TOLD, q.TO_TELL, q.WISHES, q.HIDDEN, q.CHANGES),
    *(ahead.CARRY, ahead.ANNOUNCE, ahead.TO_ANNOUNCE),
)
LARGE = ("gl_garbage_setting", "gl_garbage_muted", "gl_garbage_announced", "gl_garbage_day")
"""Tables that grow with the town; nobody's night may read one of them from end to end."""


@pytest.fixture
def town(town_db):
    """Twenty thousand citizens; one area in twenty has a collection on that Monday."""
    rows = [f"地区{n},,{'月' if n % 20 == 0 else '火'},水" for n in range(AREAS)]
    table = read_area_days("\n".join(["地名,センター,燃やすごみ,資源", *rows]).encode())

    def fill(tx):
        Garbage().import_table(tx, table)
        people = [
            {
                "citizen": str(n),
                "area": f"地区{n % AREAS}",
                "enabled": True,
                "days_before": 1,
                "hour": 15 + n % 8,
            }
            for n in range(20_000)
        ]
        tx.connection.execute(settings.insert(), people)
        tx.connection.execute(
            muted.insert(), [{"citizen": str(n), "kind": "資源"} for n in range(0, 20_000, 9)]
        )
        off = [{"day": date(2026, 12, 4), "area": f"地区{n}", "kind": "資源"} for n in range(0, AREAS, 20)]
        tx.connection.execute(changes.insert(), off)
        told = {"day": date(2026, 11, 6), "kind": "資源", "moved_to": ""}
        tx.connection.execute(
            announced.insert(),
            [
                {"citizen": str(n), "area": f"地区{n % AREAS}", "told_by": f"old{n % 50}", **told}
                for n in range(0, 20_000, 4)
            ],
        )

    town_db.run(fill)
    with town_db.begin() as tx:
        tx.connection.exec_driver_sql("ANALYZE")
    return town_db


@pytest.mark.parametrize("statement", NIGHTLY, ids=lambda statement: statement.name)
def test_no_statement_of_the_night_reads_all_settings(town, statement):
    sqlite = town.dialect == "sqlite"
    plan = statement.plan(town.dialect)
    values = plan.encode({name: TERMS[name] for name in TERMS})
    with town.begin() as tx:
        driver = tx.connection.connection.driver_connection
        if sqlite:
            found = driver.execute(f"EXPLAIN QUERY PLAN {plan.sql}", values).fetchall()
            steps = [row[3] for row in found]
        else:
            import psycopg

            # among so few, reading all may be cheapest after all; with scans dear, one stands only where no index serves
            driver.execute("SET LOCAL enable_seqscan = off")
            found = psycopg.RawCursor(driver).execute(f"EXPLAIN {plan.sql}", values).fetchall()
            steps = [row[0] for row in found]
    scans = [step for step in steps for table in LARGE if _reads_all(step, table)]
    assert not scans, steps
    assert any(table.removeprefix("gl_garbage_") in step for step in steps for table in (*LARGE, "change")), (
        steps
    )


def _reads_all(step, table):
    """SQLite says SCAN for a pass over an index as well."""
    return f"SCAN {table}" in step or f"Seq Scan on {table}" in step


def test_settings_and_muted_kinds_come_in_one_query(town):
    garbage = Garbage()
    town.run(lambda tx: garbage.mute(tx, "7", "燃やすごみ"))
    seen = []

    class Counting:
        def __init__(self, tx):
            self._tx = tx

        def all(self, statement, params):
            seen.append(statement.name)
            return self._tx.all(statement, params)

    wishes = town.read(lambda tx: garbage.wishes(Counting(tx), "7"))
    assert wishes == Wishes([Setting("地区7", hour=22)], ["燃やすごみ"], {"地区7": None})
    assert seen == ["garbage.wishes"]
