"""Garbage days on SQLite and PostgreSQL: import, settings, and notices over a simulated month."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from govline.calendar.garbage import Garbage
from govline.calendar.garbage.feature import GarbageFeature
from govline.calendar.garbage.model import Setting
from govline.calendar.garbage.texts import GARBAGE_TEXTS
from govline.core.jst import JST
from govline.core.texts import Texts
from govline.errors import FileError, InputError
from govline.store import identity, languages, ticks

AREAS = "地名,センター,燃やすごみ,資源,埋立ごみ\n東町,北工場,月 木,水2 水4,金1\n西町,南工場,火 金,水1 水3,\n港町,,月 木,土,\n"
CENTERS = "名称,休止開始日,休止終了日\n北工場,2026/12/31,2027/1/3\n"


@pytest.fixture
def garbage():
    return Garbage()


@pytest.fixture
def files(tmp_path):
    (tmp_path / "area_days.csv").write_text(AREAS, "utf-8")
    (tmp_path / "center.csv").write_text(CENTERS, "utf-8")
    return tmp_path / "area_days.csv"


@pytest.fixture
def town(town_db, garbage, files):
    assert town_db.run(lambda tx: garbage.import_file(tx, files)).written
    return town_db


def citizen(db, name):
    return db.run(lambda tx: identity.citizen_of(tx, f"U{name:0>32}"))


def at(clock, day, hour, minute=0):
    clock.set(datetime(day.year, day.month, day.day, hour, minute, tzinfo=JST))


def runs(db):
    """Every frozen run: its text and how many it reaches."""
    sql = text(
        "SELECT r.messages, r.expires_at, d.citizen FROM gl_delivery_run r JOIN gl_delivery_recipient d ON d.run_id = r.id ORDER BY r.id"
    )
    with db.begin() as tx:
        return [(bytes(body).decode(), citizen) for body, _, citizen in tx.connection.execute(sql)]


def test_an_import_replaces_everything(town, garbage, tmp_path):
    report = town.run(lambda tx: garbage.import_file(tx, tmp_path / "area_days.csv"))
    assert (report.areas, report.kinds, report.cells) == (3, ("燃やすごみ", "資源", "埋立ごみ"), 9)
    assert (report.empty, report.parsed, report.closures, report.written) == (2, 7, 1, True)
    assert town.read(garbage.areas) == ["東町", "西町", "港町"]
    (tmp_path / "next.csv").write_text("地名,ごみ\n東町,月\n", "utf-8")
    second = town.run(lambda tx: garbage.import_file(tx, tmp_path / "next.csv"))
    assert second.kinds == ("ごみ",)
    assert town.read(garbage.areas) == ["東町"]
    assert second.warnings[0].code == "GL-2024", "center.csv beside it closes a centre that no area names"


def test_a_file_with_problems_writes_nothing(town, garbage, tmp_path):
    (tmp_path / "bad.csv").write_text("地名,燃やすごみ,資源\n南町,月 木,管路\n", "utf-8")
    report = town.run(lambda tx: garbage.import_file(tx, tmp_path / "bad.csv"))
    assert not report.written
    assert [(p.row, p.column, p.cell) for p in report.problems] == [(2, "資源", "管路")]
    assert town.read(garbage.areas) == ["東町", "西町", "港町"]
    skipped = town.run(lambda tx: garbage.import_file(tx, tmp_path / "bad.csv", skip_unreadable=True))
    assert skipped.written
    assert town.read(lambda tx: garbage.next_days(tx, "南町", days=7))[0].kinds == ("燃やすごみ",)


def test_an_area_that_vanishes_is_named_with_its_citizens(town, garbage, tmp_path):
    for name in "ab":
        who = citizen(town, name)
        town.run(lambda tx, who=who: garbage.move(tx, who, "西町"))
    (tmp_path / "next.csv").write_text("地名,ごみ\n東町,月\n", "utf-8")
    report = town.run(lambda tx: garbage.import_file(tx, tmp_path / "next.csv"))
    assert report.lost_areas == (("西町", 2),)


def test_next_days_leave_closures_out(town, garbage):
    days = town.read(lambda tx: garbage.next_days(tx, "東町", first=date(2026, 12, 28), days=11))
    found = [(day.day.isoformat(), day.kinds) for day in days]
    assert found == [
        ("2026-12-28", ("燃やすごみ",)),
        ("2027-01-04", ("燃やすごみ",)),
        ("2027-01-07", ("燃やすごみ",)),
    ]
    other = town.read(lambda tx: garbage.next_days(tx, "港町", first=date(2026, 12, 31), days=1))
    assert other[0].kinds == ("燃やすごみ",), "no centre, no closure"


def test_days_are_extended_before_they_run_out(town, garbage, clock):
    assert town.run(garbage.extend) == 0
    clock.advance(timedelta(days=100))
    assert town.run(garbage.extend) > 150
    last = town.read(lambda tx: garbage.next_days(tx, "東町", first=date(2027, 8, 20), days=20))
    assert last


def test_prepare_imports_once(town_db, garbage, files):
    configured = Garbage(calendar=files)
    assert town_db.run(configured.prepare).written
    assert town_db.run(configured.prepare) is None
    files.write_text("地名,ごみ,資源\n東町,月,管路\n", "utf-8")
    with town_db.begin() as tx:
        tx.connection.execute(text("DELETE FROM gl_garbage_horizon"))
    with pytest.raises(FileError, match="GL-2026"):
        town_db.run(configured.prepare)


def test_a_month_of_notices(town, garbage, clock):
    """Three areas, a centre that closes over New Year: each citizen one notice before each day, none for a closed day."""
    who = {area: citizen(town, str(n)) for n, area in enumerate(("東町", "西町", "港町"))}
    for area, person in who.items():
        town.run(lambda tx, a=area, p=person: garbage.save(tx, p, Setting(a)))
    offered = GarbageFeature().offers(garbage)
    first, last = date(2026, 12, 10), date(2027, 1, 10)
    expected = Counter()
    for area, person in who.items():
        for each in town.read(lambda tx, a=area: garbage.next_days(tx, a, first=first, days=60)):
            if first < each.day <= last:
                expected[each.day, person] = 1
    told = Counter()
    day = first
    while day < last:
        for hour in (9, 17, 18, 19, 23):
            at(clock, day, hour, 1)
            before = len(runs(town)) if hour == 18 else 0
            ticks.run_due(town, offered.ticks)
            if hour == 18:
                new = runs(town)[before:]
                told.update((day + timedelta(days=1), person) for _, person in new)
        day += timedelta(days=1)
    assert told == expected
    assert len(runs(town)) == sum(expected.values()), "and nothing at any other hour"
    closed = [date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3)]
    assert not any((day, who["東町"]) in told for day in closed)
    assert (date(2026, 12, 31), who["港町"]) in told


def test_people_who_are_told_the_same_share_a_run(town, garbage, clock):
    for n in range(6):
        who = citizen(town, str(n))
        area = "東町" if n < 4 else "港町"
        setting = Setting(area, hour=20 if n == 0 else 18)
        town.run(lambda tx, w=who, s=setting: garbage.save(tx, w, s))
        if n == 3:
            town.run(lambda tx, w=who: garbage.mute(tx, w, "燃やすごみ"))
    at(clock, date(2026, 11, 29), 18)  # tomorrow is a Monday
    assert town.run(garbage.notify) == 4
    with town.begin() as tx:
        sizes = (
            tx.connection.execute(text("SELECT size FROM gl_delivery_batch ORDER BY size")).scalars().all()
        )
    assert sizes == [2, 2]
    body = runs(town)[0][0]
    assert "明日 11月30日(月)" in body
    assert "「燃やすごみ」" in body
    at(clock, date(2026, 11, 29), 20)
    assert town.run(garbage.notify) == 1


def test_a_stopped_machine_makes_up_within_its_hours_and_never_twice(town, garbage, clock):
    who = citizen(town, "a")
    town.run(lambda tx: garbage.save(tx, who, Setting("東町")))
    at(clock, date(2026, 11, 29), 20, 59)
    assert town.run(garbage.notify) == 1
    assert town.run(garbage.notify) == 0
    at(clock, date(2026, 11, 29), 21)
    assert town.run(garbage.notify) == 0
    at(clock, date(2026, 12, 2), 21)
    assert town.run(garbage.notify) == 0, "three hours late is too late"
    at(clock, date(2026, 12, 3), 0, 30)
    assert town.run(garbage.notify) == 0, "and tomorrow has become today"


def test_changing_the_hour_neither_doubles_nor_loses_the_notice(town, garbage, clock):
    who = citizen(town, "a")
    town.run(lambda tx: garbage.save(tx, who, Setting("東町", hour=20)))
    at(clock, date(2026, 11, 29), 19)
    assert town.run(garbage.notify) == 0
    town.run(lambda tx: garbage.save(tx, who, Setting("東町", hour=18)))
    at(clock, date(2026, 11, 29), 20)
    assert town.run(garbage.notify) == 1, "18 has passed, but nothing was sent yet"
    town.run(lambda tx: garbage.save(tx, who, Setting("東町", hour=21)))
    at(clock, date(2026, 11, 29), 21)
    assert town.run(garbage.notify) == 0
    town.run(lambda tx: garbage.save(tx, who, Setting("東町", days_before=0, hour=7)))
    at(clock, date(2026, 11, 30), 7)
    assert town.run(garbage.notify) == 0, "told yesterday evening"
    at(clock, date(2026, 12, 3), 7)
    assert town.run(garbage.notify) == 1
    assert "今日 12月3日(木)" in runs(town)[-1][0]


def test_a_first_setting_after_its_hour_starts_with_the_next_day(town, garbage, clock):
    who = citizen(town, "a")
    at(clock, date(2026, 11, 29), 19)
    town.run(lambda tx: garbage.save(tx, who, Setting("東町")))
    assert town.run(garbage.notify) == 0
    at(clock, date(2026, 12, 2), 18)
    assert town.run(garbage.notify) == 1


def test_moving_house_keeps_hour_and_kinds(town, garbage, clock):
    who = citizen(town, "a")
    town.run(lambda tx: garbage.save(tx, who, Setting("東町", hour=20)))
    town.run(lambda tx: garbage.mute(tx, who, "資源"))
    at(clock, date(2026, 11, 30), 12)
    assert town.run(lambda tx: garbage.move(tx, who, "西町")) == Setting("西町", hour=20)
    assert town.read(lambda tx: garbage.settings(tx, who)) == [Setting("西町", hour=20)]
    at(clock, date(2026, 11, 30), 20)
    assert town.run(garbage.notify) == 1, "Tuesday in the new area"
    town.run(lambda tx: garbage.move(tx, who, "西町"))
    assert town.run(garbage.notify) == 0
    at(clock, date(2026, 12, 1), 20)
    assert town.run(garbage.notify) == 0, "resources are muted, and nothing else is collected"


def test_two_areas_are_one_message(town, garbage, clock):
    who = citizen(town, "a")
    for area in ("東町", "港町"):
        town.run(lambda tx, a=area: garbage.save(tx, who, Setting(a)))
    at(clock, date(2026, 11, 29), 18)
    assert len(town.read(lambda tx: garbage.tonight(tx, date(2026, 11, 30)))) == 1
    assert town.run(garbage.notify) == 1
    ((body, _),) = runs(town)
    assert "東町" in body
    assert "港町" in body


def test_off_means_off(town, garbage, clock):
    who = citizen(town, "a")
    town.run(lambda tx: garbage.save(tx, who, Setting("東町", enabled=False)))
    at(clock, date(2026, 11, 29), 18)
    assert town.run(garbage.notify) == 0
    assert town.read(lambda tx: garbage.tonight(tx, date(2026, 11, 30))) == []


def test_what_cannot_be_set_is_refused(town, garbage):
    with pytest.raises(InputError, match="GL-2025"):
        town.run(lambda tx: garbage.save(tx, "x", Setting("南町")))
    for lead, hour in ((1, 3), (0, 18), (2, 18)):
        with pytest.raises(InputError, match="GL-2023"):
            Setting("東町", days_before=lead, hour=hour)


def test_erasing_forgets_the_settings(town, garbage):
    who = citizen(town, "a")
    town.run(lambda tx: garbage.save(tx, who, Setting("東町")))
    town.run(lambda tx: garbage.mute(tx, who, "資源"))
    town.run(lambda tx: garbage.erase(tx, who))
    assert town.read(lambda tx: (garbage.settings(tx, who), garbage.muted(tx, who))) == ([], [])


@pytest.mark.data
@pytest.mark.parametrize("name", ["joyo", "kanazawa", "takamatsu", "chigasaki", "kyotango", "hachioji"])
def test_real_calendars_can_be_imported(town_db, garbage, data_folder, name):
    path = data_folder / "garbage5374" / name / "area_days.csv"
    report = town_db.run(lambda tx: garbage.import_file(tx, path, skip_unreadable=True))
    assert report.written
    assert report.days > 250
    assert len(town_db.read(garbage.areas)) == report.areas


def test_notices_are_in_the_citizens_language_and_one_batch_a_language(town, clock):
    texts = Texts({"garbage.line": {"en": "{kinds} ({area})"}}, GARBAGE_TEXTS)
    garbage = Garbage(texts)
    spoken = ["ja", "en", "en", "ja-easy", "zh-TW", "ja", "en"]
    for n, locale in enumerate(spoken):
        who = citizen(town, str(n))
        town.run(lambda tx, w=who: garbage.save(tx, w, Setting("東町")))
        town.run(lambda tx, w=who, spoken=locale: languages.choose(tx, w, spoken))
    at(clock, date(2026, 11, 29), 18)
    assert town.run(garbage.notify) == len(spoken)
    bodies = sorted({body for body, _ in runs(town)})
    with town.begin() as tx:
        sizes = (
            tx.connection.execute(text("SELECT size FROM gl_delivery_batch ORDER BY size")).scalars().all()
        )
    assert sizes == [1, 3, 3], "Japanese, English and やさしい日本語; a language without texts reads Japanese"
    assert len(bodies) == 3
    assert any("Tomorrow, Mon 30 Nov" in body and "「燃やすごみ」 (東町)" in body for body in bodies)
    assert any("明日 11月30日(月) の収集" in body for body in bodies)
    assert any("あした 11月30日(月)" in body for body in bodies)
