"""No notice goes out in the town's quiet hours, whatever its citizens chose before, on both engines."""

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import text

from govline.calendar.garbage import Garbage
from govline.calendar.garbage.feature import GarbageFeature
from govline.calendar.garbage.hours import NoticeHours
from govline.calendar.garbage.model import Setting
from govline.calendar.garbage.warnings import quiet_wishes
from govline.core.jst import JST
from govline.errors import InputError
from govline.store import ticks
from govline.store.policies import QuietHours

AREAS = "地名,燃やすごみ\n東町,月 木\n"
NIGHT = NoticeHours(QuietHours(time(21), time(8)))


@pytest.fixture
def garbage(town_db, tmp_path):
    (tmp_path / "area_days.csv").write_text(AREAS, "utf-8")
    service = Garbage(hours=NIGHT)
    assert town_db.run(lambda tx: service.import_file(tx, tmp_path / "area_days.csv")).written
    return service


def _chose_before(db, *settings):
    """Citizens whose settings were made while the town had no quiet hours."""
    free = Garbage()
    for who, setting in settings:
        db.run(lambda tx, w=who, s=setting: free.save(tx, w, s))


def _told(db):
    sql = text(
        "SELECT d.citizen, r.started_at, r.expires_at FROM gl_delivery_run r"
        " JOIN gl_delivery_recipient d ON d.run_id = r.id ORDER BY r.started_at"
    )
    with db.begin() as tx:
        rows = tx.connection.execute(sql).all()
    return [
        (who, *(datetime.fromtimestamp(at / 1_000_000, JST) for at in (sent, expires)))
        for who, sent, expires in rows
    ]


def _live(db, garbage, clock, first, days=7):
    offered = [each for each in GarbageFeature().offers(garbage).ticks if "notice" in each.name]
    for step in range(days * 24):
        clock.set(datetime.combine(first, time(), JST) + timedelta(hours=step, minutes=1))
        assert not ticks.run_due(db, offered).failed


def test_wishes_in_quiet_hours_are_fulfilled_before_or_behind_them_once(town_db, garbage, clock):
    clock.set(datetime(2026, 12, 6, 0, 0, tzinfo=JST))
    _chose_before(
        town_db,
        ("a", Setting("東町", hour=22)),
        ("b", Setting("東町", days_before=0, hour=5)),
        ("c", Setting("東町", hour=18)),
    )
    _live(town_db, garbage, clock, date(2026, 12, 6))
    told = [(who, f"{sent:%m-%d %H}") for who, sent, _ in _told(town_db)]
    assert told == [
        ("c", "12-06 18"),
        ("a", "12-06 20"),
        ("b", "12-07 08"),
        ("c", "12-09 18"),
        ("a", "12-09 20"),
        ("b", "12-10 08"),
    ]
    assert town_db.read(lambda tx: quiet_wishes(tx, NIGHT)) == [
        "当日5時を選んだ登録が1件あり、静かな時間帯に入るため、8時に送ります。その時刻に送るには city.yaml の quiet_hours を直します",
        "前日22時を選んだ登録が1件あり、静かな時間帯に入るため、20時に送ります。その時刻に送るには city.yaml の quiet_hours を直します",
    ]


def test_what_a_stopped_machine_missed_waits_for_no_quiet_hour(town_db, garbage, clock):
    _chose_before(town_db, ("a", Setting("東町", hour=20)))
    clock.set(datetime(2026, 12, 6, 21, 30, tzinfo=JST))
    assert town_db.run(garbage.notify) == 0
    clock.set(datetime(2026, 12, 9, 20, 30, tzinfo=JST))
    assert town_db.run(garbage.notify) == 1
    ((_, _, expires),) = _told(town_db)
    assert expires == datetime(2026, 12, 9, 21, 0, tzinfo=JST), "not even a slow pump sends at night"


def test_the_service_refuses_such_an_hour_and_moves_what_follows_a_citizen(town_db, garbage):
    with pytest.raises(InputError) as refused:
        town_db.run(lambda tx: garbage.save(tx, "a", Setting("東町", hour=21)))
    assert refused.value.code == "GL-2031"
    _chose_before(town_db, ("b", Setting("東町", days_before=0, hour=6)))
    assert town_db.run(lambda tx: garbage.move(tx, "b", "東町")) == Setting("東町", days_before=0, hour=8)
    town_db.run(lambda tx: garbage.save(tx, "b", Setting("東町", enabled=False, hour=21)))
