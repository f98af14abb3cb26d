"""How the databases carry out what is asked most: by index, on both engines, however many citizens there are."""

from datetime import UTC, date, datetime

import pytest

from govline.calendar.garbage import Garbage, read_area_days
from govline.calendar.garbage import _queries as q
from govline.calendar.garbage._tables import muted, settings
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
}
NIGHTLY = (q.WOULD_TELL, q.MARK_TOLD, q.TO_TELL, q.WISHES)


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
    whole = "SCAN gl_garbage_setting" if sqlite else "Seq Scan on gl_garbage_setting"
    assert not [step for step in steps if whole in step], steps
    assert any("gl_garbage_setting" in step for step in steps)


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
