"""`govline simulate`: a year on a copy, nothing leaves, the town is not touched; and every check is able to fail."""

import json
import socket
import sqlite3
import uuid
from contextlib import closing
from datetime import UTC, date, datetime

import psycopg
import pytest
from sqlalchemy import text

from govline.calendar.garbage import notices, plan, rules
from govline.calendar.garbage.hours import NoticeHours
from govline.calendar.garbage.model import Setting
from govline.city import City
from govline.cli import main
from govline.cli.doctor import examine
from govline.core import Effect, Ref, Schedule
from govline.store import Keyring, identity
from govline.testing.rehearsal import rehearse

TODAY = date(2026, 11, 22)
AREAS = "地名,センター,燃やすごみ,ペットボトル,埋立ごみ\n東町,北工場,月 木,水1 水3,金4\n西町,北工場,,木1 木3,月2\n港町,,火,水1 水3,\n"
CENTERS = "名称,休止開始日,休止終了日\n北工場,2026/12/29,2027/1/3\n"
EXCEPTIONS = (
    "地区,種類,日付,内容,振替日\n東町,埋立ごみ,2026/12/25,振替,2026/12/28\n西町,埋立ごみ,2026/12/14,休止,\n"
)
NEXT = AREAS.replace("水1 水3", "水2 水4")
PEOPLE = (
    (Setting("東町"),),
    (Setting("東町", days_before=0, hour=7),),
    (Setting("西町", hour=20),),
    (Setting("港町"), Setting("西町")),
    (Setting("港町", enabled=False),),
)


def _write(folder, database, *, quiet="21:00", feature="{calendar: garbage/area_days.csv}"):
    (folder / "garbage").mkdir(parents=True, exist_ok=True)
    for name, content in (("area_days", AREAS), ("center", CENTERS), ("exceptions", EXCEPTIONS)):
        (folder / "garbage" / f"{name}.csv").write_text(content, "utf-8")
    lines = [
        *("id: hinata", "name: ひなた町", *database),
        f'quiet_hours: {{start: "{quiet}", end: "06:00"}}',
        f"features: {{garbage: {feature}}}",
    ]
    (folder / "city.yaml").write_text("\n".join(lines), "utf-8")


def _settle_in(folder, people=PEOPLE, *, staged=NEXT):
    """The town as its citizens left it."""
    (folder / "next.csv").write_text(staged, "utf-8")
    with City.load(folder / "city.yaml").prepare() as city:
        for number, settings in enumerate(people):
            who = city.run(lambda tx, n=number: identity.citizen_of(tx, f"U{n:032x}"))
            for setting in settings:
                city.run(lambda tx, w=who, s=setting: city.garbage.save(tx, w, s))
        last = who
        city.run(lambda tx: city.garbage.mute(tx, last, "ペットボトル"))
        files = (
            folder / "next.csv",
            folder / "garbage" / "center.csv",
            folder / "garbage" / "exceptions.csv",
        )
        how = {"center": files[1], "exceptions": files[2], "starts": date(2027, 4, 1)}
        assert city.run(lambda tx: city.garbage.import_file(tx, files[0], **how)).staged


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("GOVLINE_KEYS", Keyring.generate().to_text())


@pytest.fixture
def folder(tmp_path):
    _write(tmp_path, ["database: sqlite:///town.db"])
    _settle_in(tmp_path)
    with closing(sqlite3.connect(tmp_path / "town.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return tmp_path


@pytest.fixture
def postgres_folder(tmp_path, postgres_18):
    schema = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_18.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        _write(tmp_path, [f"database: {postgres_18}", f"schema: {schema}"])
        _settle_in(tmp_path)
        yield tmp_path
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


def _contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _month(folder):
    return rehearse(folder, days=45, start=date(2026, 12, 1), today=TODAY)


@pytest.mark.parametrize(("engine", "days"), [("folder", 365), ("postgres_folder", 150)])
def test_a_year_is_well_on_both_engines(engine, days, request):
    report = rehearse(request.getfixturevalue(engine), days=days, start=TODAY, today=TODAY)
    assert report.checks.wrong == {}
    assert (report.citizens, report.invented, report.days) == (5, 0, days)
    assert report.counts["messages"] > days
    (april,) = report.checks.april
    assert april["expected"] == april["delivered"] > 20
    at = {f"{each.at:%m-%d %H:%M}": (each.text, areas) for each, areas, _ in report.told}
    assert "ペットボトル" in at["04-13 18:00"][0], "the second Wednesday, by the calendar of the new year"
    assert "12-25" not in {key[:5] for key, (body, _) in at.items() if "今日 12月25日" in body}
    told = [body for body, _ in at.values() if "12月14日(月) の「埋立ごみ」はお休みです" in body]
    assert told, "the cancelled day was announced"


def test_the_town_is_only_read(folder, capsys):
    before = _contents(folder)
    assert main(["simulate", "--town", str(folder), "--days", "20", "--json"]) == 0
    assert _contents(folder) == before
    report = json.loads(capsys.readouterr().out)
    assert set(report) >= {"town", "from", "to", "days", "citizens", "deliveries", "counts", "checks", "ok"}
    assert report["town"] == "hinata"
    first = report["deliveries"][0]
    assert set(first) == {"at", "source", "citizens", "who", "area", "kinds", "text"}
    assert "+09:00" in first["at"]
    assert not any("U0000" in each["text"] for each in report["deliveries"])


def test_a_town_without_citizens_gets_some(tmp_path, capsys):
    _write(tmp_path, ["database: sqlite:///town.db"])
    assert main(["simulate", "--town", str(tmp_path), "--days", "10"]) == 0
    said = capsys.readouterr().out
    assert "うち9人は試験用に作成" in said, "three areas, two evenings and a morning"
    assert "✓ 届かなかった: なし" in said
    assert not (tmp_path / "town.db").exists()
    assert main(["simulate", "--town", str(tmp_path), "--days", "3", "--citizens", "50", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["invented"] == 50


def test_leap_days_and_other_years(folder):
    for start in (date(2028, 2, 20), date(2024, 2, 20)):
        report = rehearse(folder, days=20, start=start, today=TODAY)
        assert report.checks.wrong == {}
        assert any("2月29日" in each.text for each, _, _ in report.told)


def test_an_unusable_town_is_refused(tmp_path, capsys):
    assert main(["simulate", "--town", str(tmp_path)]) == 2
    (tmp_path / "city.yaml").write_text("id: [", "utf-8")
    assert main(["simulate", "--town", str(tmp_path)]) == 2
    assert "GL-9001" in capsys.readouterr().err
    assert main(["simulate", "--town", str(tmp_path), "--days", "none"]) == 2


# --- every check can fail ---


def _broken(monkeypatch, work):
    """The hourly notices, with `work(tx)` done before each of them."""
    right = notices.notify

    def notify(tx, texts, hours):
        work(tx)
        return right(tx, texts, hours)

    monkeypatch.setattr(notices, "notify", notify)


def test_a_dropped_mark_shows_as_doubled(folder, monkeypatch):
    _broken(
        monkeypatch, lambda tx: tx.connection.execute(text("UPDATE gl_garbage_setting SET told_for = NULL"))
    )
    wrong = _month(folder).checks.wrong
    assert "doubled" in wrong
    assert wrong["doubled"][0]["citizens"] >= 1


def test_an_ignored_exception_shows(folder, monkeypatch):
    monkeypatch.setattr(plan, "_changed", lambda rule, days, changes, reach: (days, {}))
    wrong = _month(folder).checks.wrong
    closed = {(each["area"], each["day"]) for each in wrong["on_closed_days"]}
    assert closed >= {("東町", "2026-12-25"), ("西町", "2026-12-14")}
    assert ("東町", "2026-12-28") in {(each["area"], each["day"]) for each in wrong["missed"]}
    assert {each["day"] for each in wrong["unannounced"]} >= {"2026-12-25", "2026-12-14"}


def test_an_ignored_closure_shows(folder, monkeypatch):
    monkeypatch.setattr(plan, "_is_closed", lambda day, closed: False)
    wrong = _month(folder).checks.wrong
    assert {each["day"] for each in wrong["on_closed_days"]} == {"2026-12-31"}


def _later_quiet(folder, start):
    """The town widens its quiet hours after its citizens chose."""
    text = (folder / "city.yaml").read_text("utf-8")
    (folder / "city.yaml").write_text(text.replace('start: "23:00"', f'start: "{start}"'), "utf-8")


def test_an_hour_in_quiet_hours_is_moved_and_named(tmp_path, capsys):
    _write(tmp_path, ["database: sqlite:///town.db"], quiet="23:00")
    _settle_in(tmp_path, [(Setting("東町", hour=22),)])
    _later_quiet(tmp_path, "21:00")
    assert main(["simulate", "--town", str(tmp_path), "--days", "10"]) == 0
    said = capsys.readouterr().out
    assert "✓ 静かな時間帯の配信: なし" in said
    assert "前日22時を選んだ登録が1件あり、静かな時間帯に入るため、20時に送ります" in said
    report = rehearse(tmp_path, days=10)
    assert report.told
    assert {delivery.at.hour for delivery, _, _ in report.told} == {20}
    assert "前日22時を選んだ登録が1件" in "\n".join(examine(tmp_path))


def test_a_notice_in_quiet_hours_shows(tmp_path, monkeypatch):
    _write(tmp_path, ["database: sqlite:///town.db"], quiet="23:00")
    _settle_in(tmp_path, [(Setting("東町", hour=22),)])
    _later_quiet(tmp_path, "21:00")
    monkeypatch.setattr(NoticeHours, "is_quiet", lambda self, now: False)
    wrong = rehearse(tmp_path, days=10).checks.wrong
    assert {(each["source"], each["time"]) for each in wrong["in_quiet_hours"]} == {("garbage", "22:00")}


def test_wrong_arithmetic_of_dates_shows(folder, monkeypatch):
    right = rules.Nth.ordinals
    monkeypatch.setattr(
        rules.Nth, "ordinals", lambda term, first, last: (day + 7 for day in right(term, first, last))
    )
    checks = _month(folder).checks.wrong
    assert checks["missed"]
    assert checks["on_closed_days"]


def test_invented_citizens_are_of_all_kinds(tmp_path, monkeypatch):
    _write(tmp_path, ["database: sqlite:///town.db"])
    monkeypatch.setattr(NoticeHours, "is_quiet", lambda self, now: False)
    quiet = rehearse(tmp_path, days=20, start=date(2026, 12, 1), today=TODAY, citizens=20)
    assert quiet.checks.wrong["in_quiet_hours"], "one of twenty chose an hour that was not quiet then"


def test_a_silent_week_shows_as_missed(folder, monkeypatch):
    right = notices.notify
    off = (date(2026, 12, 7), date(2026, 12, 13))

    def notify(tx, texts, hours):
        return 0 if off[0] <= tx.now.date() <= off[1] else right(tx, texts, hours)

    monkeypatch.setattr(notices, "notify", notify)
    wrong = _month(folder).checks.wrong
    assert all("2026-12-07" <= each["day"] <= "2026-12-15" for each in wrong["missed"])
    assert {each["area"] for each in wrong["missed"]} >= {"東町", "港町"}


def test_a_wrong_hour_shows(folder, monkeypatch):
    right = notices._passes

    def early(now, hours):
        for due in right(now, hours):
            yield type(due)(due.lead, due.day, due.from_hour, 22)

    monkeypatch.setattr(notices, "_passes", early)
    wrong = _month(folder).checks.wrong
    assert {each["at"][11:16] for each in wrong["mistimed"]} >= {"15:00"}


def test_telling_who_switched_it_off_shows(folder, monkeypatch):
    _broken(
        monkeypatch, lambda tx: tx.connection.execute(text("UPDATE gl_garbage_setting SET enabled = TRUE"))
    )
    wrong = _month(folder).checks.wrong
    assert {each["area"] for each in wrong["unwanted"]} == {"港町"}


def test_a_change_that_nobody_announces_shows(folder, monkeypatch):
    monkeypatch.setattr(notices, "announce", lambda *_: 0)
    monkeypatch.setattr(notices, "_announced", lambda *_: ())
    wrong = _month(folder).checks.wrong
    assert set(wrong) == {"unannounced"}
    assert "2026-12-14" in {each["day"] for each in wrong["unannounced"]}


def test_a_feature_that_calls_outside_fails_instead(folder, monkeypatch):
    def call(tx):
        with socket.socket() as door:
            door.connect(("127.0.0.1", 9))

    _broken(monkeypatch, call)
    report = rehearse(folder, days=2, start=TODAY, today=TODAY)
    assert report.checks.failed
    assert report.told == ()
    with socket.socket() as door, pytest.raises(OSError, match="refused"):
        door.connect(("127.0.0.1", 9))  # afterwards, doors are as they were


def test_a_hole_at_the_turn_of_the_year_and_an_end_of_dates_show(tmp_path):
    _write(tmp_path, ["database: sqlite:///town.db"])
    listed = " ".join(f"2027{month:02d}{day:02d}" for month in (5, 6, 7) for day in (6, 13, 20, 27))
    _settle_in(tmp_path, [(Setting("港町"),)], staged=f"地名,センター,燃やすごみ\n港町,,{listed}\n")
    report = rehearse(tmp_path, days=300, start=date(2027, 1, 10), today=TODAY)
    assert set(report.checks.wrong) == {"april"}
    assert report.checks.wrong["april"] == (
        {"area": "港町", "kind": "燃やすごみ", "last": "2027-03-30", "next": "2027-05-06"},
    )
    assert report.checks.data_ends == ({"kind": "燃やすごみ", "last": "2027-07-27", "areas": 1},)
    assert any("2027-07-27で終わります" in sentence for sentence in report.warnings)


def test_an_area_that_next_years_calendar_does_not_know_shows(tmp_path):
    """Renamed or joined with another: whoever chose it would hear nothing from April on, and nobody would notice."""
    _write(tmp_path, ["database: sqlite:///town.db"])
    _settle_in(tmp_path, [(Setting("港町"),)], staged="地名,センター,燃やすごみ\n新港町,,火 金\n")
    report = rehearse(tmp_path, days=40, start=date(2027, 3, 10), today=TODAY)
    assert set(report.checks.wrong) == {"april"}
    (gap,) = report.checks.wrong["april"]
    assert (gap["area"], gap["kind"], gap["next"]) == ("港町", "", None)
    assert gap["last"] < "2027-04-01"
    assert any("2027-04-01からの表にありません(登録者 1人" in sentence for sentence in report.warnings)


def test_reminders_of_bookings_are_deliveries_too(folder):
    """Any source counts: a push that a schedule fires, twice the same words, once in the night."""
    with City.load(folder / "city.yaml") as city:
        who = city.run(lambda tx: identity.citizen_of(tx, f"U{0:032x}"))

        def plan_two(tx):
            said = {"citizen": who, "messages": [{"type": "text", "text": "明日の予約です"}]}
            for number, hour in enumerate((3, 14)):
                effect = Effect("line.push", said, dedupe=f"calendar.reminder:{number}")
                due = datetime(2026, 11, 25, hour, tzinfo=UTC)
                tx.schedule(Schedule(f"r{number}", due, Ref("booking", str(number)), effect))

        city.run(plan_two)
    report = rehearse(folder, days=7, start=TODAY, today=TODAY)
    assert report.counts["by_source"]["calendar.reminder"] == 2
    assert report.checks.wrong["doubled"][0]["text"] == "明日の予約です"
    assert report.checks.wrong["in_quiet_hours"][0]["time"] == "23:00"
