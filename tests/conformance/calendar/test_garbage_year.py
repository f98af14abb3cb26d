"""A whole year of evenings, on both engines: everybody is told once of each collection, nobody of a day that is off, April as well."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from govline.calendar.garbage import Garbage
from govline.calendar.garbage.feature import GarbageFeature
from govline.calendar.garbage.model import Setting
from govline.core.jst import JST
from govline.store import ticks

FIRST, LAST = date(2026, 12, 1), date(2027, 11, 30)
NEW_FISCAL_YEAR = date(2027, 4, 1)
AREAS = "地名,センター,ペットボトル,埋立ごみ\n東町,北工場,水1 水3,金4\n西町,北工場,木1 木3,月2\n港町,,水1 水3,金1\n"
NEXT = "地名,センター,ペットボトル,埋立ごみ\n東町,北工場,水2 水4,金4\n西町,北工場,木1 木3,火1\n港町,,水1 水3,金1\n"
CENTERS = "名称,休止開始日,休止終了日\n北工場,2026/12/29,2027/1/8\n"
EXCEPTIONS = "地区,種類,日付,内容,振替日\n東町,埋立ごみ,2026/12/25,振替,2026/12/28\n西町,ペットボトル,2027/1/7,振替,2027/1/10\n港町,埋立ごみ,2027/1/1,休止,\n"
PEOPLE = {
    "a": Setting("東町"),
    "b": Setting("西町", hour=20),
    "c": Setting("港町"),
    "d": Setting("東町", days_before=0, hour=7),
}


def nth(year, month, weekday, *numbers):
    start = date(year, month, 1)
    first = start + timedelta(days=(weekday - start.weekday()) % 7)
    return [first + timedelta(weeks=n - 1) for n in numbers]


def expected_days(area):
    """What the files above mean, counted by hand: no rule of govline's is used."""
    wednesday, thursday, friday, monday, tuesday = 2, 3, 4, 0, 1
    found = set()
    for step in range(12):
        year, month = (2026 * 12 + 11 + step) // 12, (11 + step) % 12 + 1
        later = date(year, month, 1) >= NEW_FISCAL_YEAR
        found |= {
            "東町": {
                *nth(year, month, wednesday, *((2, 4) if later else (1, 3))),
                *nth(year, month, friday, 4),
            },
            "西町": {
                *nth(year, month, thursday, 1, 3),
                *(nth(year, month, tuesday, 1) if later else nth(year, month, monday, 2)),
            },
            "港町": {*nth(year, month, wednesday, 1, 3), *nth(year, month, friday, 1)},
        }[area]
    if area != "港町":
        found -= {date(2026, 12, 29) + timedelta(days=n) for n in range(11)}
    found -= {"東町": {date(2026, 12, 25)}, "西町": set(), "港町": {date(2027, 1, 1)}}[area]
    return found | {"東町": {date(2026, 12, 28)}, "西町": {date(2027, 1, 10)}, "港町": set()}[area]


@pytest.fixture
def garbage(town_db, tmp_path):
    garbage = Garbage()
    for name, content in (("area_days.csv", AREAS), ("center.csv", CENTERS), ("exceptions.csv", EXCEPTIONS)):
        (tmp_path / name).write_text(content, "utf-8")
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "area_days.csv").write_text(NEXT, "utf-8")
    report = town_db.run(lambda tx: garbage.import_file(tx, tmp_path / "area_days.csv"))
    assert report.warnings == ()
    return garbage


def told(db):
    """(collection day, hour of the notice, citizen): the key of a run says both."""
    sql = text(
        "SELECT r.key, d.citizen FROM gl_delivery_run r JOIN gl_delivery_recipient d ON d.run_id = r.id"
    )
    with db.begin() as tx:
        rows = tx.connection.execute(sql).all()
    notices = [(key, citizen) for key, citizen in rows if not key.startswith("garbage:change:")]
    return Counter((*key.split(":")[1:4:2], citizen) for key, citizen in notices)


def told_of_changes(db):
    """Who got a message of its own about a change: (citizen, first day of it)."""
    sql = text("SELECT citizen, day FROM gl_garbage_announced ORDER BY citizen, day")
    with db.begin() as tx:
        return [tuple(row) for row in tx.connection.execute(sql)]


@pytest.mark.long
def test_a_year_of_notices(town_db, garbage, clock, tmp_path):
    for name, setting in PEOPLE.items():
        town_db.run(lambda tx, n=name, s=setting: garbage.save(tx, n, s))
    offered = GarbageFeature().offers(garbage).ticks
    day = FIRST - timedelta(days=1)
    while day < LAST:
        if day == date(2027, 2, 15):
            path = tmp_path / "next" / "area_days.csv"
            assert town_db.run(lambda tx, p=path: garbage.import_file(tx, p, starts=NEW_FISCAL_YEAR)).staged
        for hour in (4, 7, 18, 20):
            clock.set(datetime(day.year, day.month, day.day, hour, 1, tzinfo=JST))
            ticks.run_due(town_db, offered)
            ticks.run_due(town_db, offered)
        day += timedelta(days=1)
    expected = Counter()
    for name, setting in PEOPLE.items():
        for each in expected_days(setting.area):
            if FIRST <= each < LAST or (each == LAST and setting.days_before):
                said = each - timedelta(days=setting.days_before)
                expected[each.isoformat(), f"{said:%Y%m%d}T{setting.hour:02d}", name] = 1
    assert len(expected) > 100
    assert told(town_db) == expected
    assert told_of_changes(town_db) == [
        *(("a", "2026-12-25"), ("a", "2027-01-06"), ("b", "2027-01-07"), ("c", "2027-01-01")),
        *(("d", "2026-12-25"), ("d", "2027-01-06")),
    ], "nobody here has a notice in the week before a change"
