"""Exceptions, January apart, next year's calendar from its day, and the warnings before dates run out, on both engines."""

from datetime import date, datetime, timedelta

import pytest

from govline.calendar.garbage import Garbage, read_area_days
from govline.calendar.garbage.feature import GarbageFeature
from govline.calendar.garbage.warnings import warnings
from govline.core.jst import JST

AREAS = "地名,センター,燃やすごみ,資源\n東町,北工場,月 木,水2 水4\n西町,,火 金,水1 水3\n"
CENTERS = "名称,休止開始日,休止終了日\n北工場,2026/12/31,2027/1/3\n"
EXCEPTIONS = "地区,種類,日付,内容,振替日\n東町,燃やすごみ,2026/12/31,振替,2026/12/30\n,,2027/1/1,休止,\n西町,資源,2026/12/8,臨時,\n"


@pytest.fixture
def garbage():
    return Garbage()


@pytest.fixture
def town(town_db, garbage, tmp_path):
    (tmp_path / "area_days.csv").write_text(AREAS, "utf-8")
    (tmp_path / "center.csv").write_text(CENTERS, "utf-8")
    (tmp_path / "exceptions.csv").write_text(EXCEPTIONS, "utf-8")
    report = town_db.run(lambda tx: garbage.import_file(tx, tmp_path / "area_days.csv"))
    assert (report.written, report.staged, report.warnings) == (True, False, ())
    return town_db


@pytest.fixture
def stage(town, garbage, tmp_path):
    def run(text, starts, ends=None):
        path = tmp_path / "next" / "days.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return town.run(lambda tx: garbage.import_file(tx, path, starts=starts, ends=ends))

    return run


def days(db, garbage, area, first, last):
    count = (last - first).days + 1
    found = db.read(lambda tx: garbage.next_days(tx, area, first=first, days=count))
    return {each.day.isoformat(): "・".join(each.kinds) for each in found}


def at(clock, *when):
    clock.set(datetime(*when, tzinfo=JST))


def test_exceptions_move_cancel_and_add(town, garbage):
    assert days(town, garbage, "東町", date(2026, 12, 28), date(2027, 1, 4)) == {
        "2026-12-28": "燃やすごみ", "2026-12-30": "燃やすごみ", "2027-01-04": "燃やすごみ",
    }  # fmt: skip
    assert days(town, garbage, "西町", date(2026, 12, 28), date(2027, 1, 4)) == {"2026-12-29": "燃やすごみ"}
    assert days(town, garbage, "西町", date(2026, 12, 7), date(2026, 12, 8)) == {
        "2026-12-08": "燃やすごみ・資源"
    }


def test_january_apart(town, garbage, stage, clock):
    report = stage(
        "地名,燃やすごみ,資源,門松\n東町,土,20270120,\n西町,日,-,20270115\n",
        date(2027, 1, 1),
        date(2027, 1, 31),
    )
    assert (report.written, report.staged) == (True, True)
    around = days(town, garbage, "東町", date(2026, 12, 28), date(2027, 2, 4))
    assert around == {
        "2026-12-28": "燃やすごみ", "2026-12-30": "燃やすごみ", "2027-01-02": "燃やすごみ", "2027-01-09": "燃やすごみ",
        "2027-01-16": "燃やすごみ", "2027-01-20": "資源", "2027-01-23": "燃やすごみ", "2027-01-30": "燃やすごみ",
        "2027-02-01": "燃やすごみ", "2027-02-04": "燃やすごみ",
    }  # fmt: skip
    at(clock, 2027, 1, 15, 3, 10)
    assert town.run(garbage.extend) > 0
    assert days(town, garbage, "東町", date(2027, 1, 16), date(2027, 1, 16)) == {"2027-01-16": "燃やすごみ"}
    at(clock, 2027, 2, 1, 3, 10)
    assert town.run(garbage.extend) > 0, "January is over and goes"
    assert town.read(garbage.book).staged == ()
    assert town.read(garbage.kinds) == ["燃やすごみ", "資源"]
    assert days(town, garbage, "東町", date(2027, 2, 1), date(2027, 2, 1)) == {"2027-02-01": "燃やすごみ"}


def test_next_years_calendar_holds_from_its_day(town, garbage, stage, clock):
    at(clock, 2027, 2, 1)
    report = stage("地名,燃やすごみ,びん\n東町,水,金1\n南町,水,金1\n", date(2027, 4, 1))
    assert report.staged
    assert report.lost_areas == ()
    assert town.read(garbage.areas) == ["東町", "西町"], "the areas of today"
    assert town.read(garbage.kinds) == ["燃やすごみ", "資源", "びん"], "its days are shown before its day"
    expected = {"2027-03-29": "燃やすごみ", "2027-04-02": "びん", "2027-04-07": "燃やすごみ"}
    assert days(town, garbage, "東町", date(2027, 3, 29), date(2027, 4, 7)) == expected
    at(clock, 2027, 3, 31, 23)
    town.run(garbage.extend)
    assert town.read(garbage.areas) == ["東町", "西町"]
    at(clock, 2027, 4, 1, 0, 1)
    assert town.run(garbage.extend) > 0
    assert town.run(garbage.extend) == 0, "once"
    assert (town.read(garbage.areas), town.read(garbage.kinds)) == (["東町", "南町"], ["燃やすごみ", "びん"])
    assert days(town, garbage, "東町", date(2027, 4, 1), date(2027, 4, 7)) == {
        "2027-04-02": "びん",
        "2027-04-07": "燃やすごみ",
    }


def test_prepare_turns_too(town, garbage, stage, clock):
    stage("地名,ごみ\n東町,水\n", date(2027, 4, 1))
    at(clock, 2027, 4, 2)
    town.run(garbage.prepare)
    assert town.read(garbage.kinds) == ["ごみ"]


def test_of_two_that_are_due_the_last_holds(town, garbage, stage, clock):
    stage("地名,古\n東町,月\n", date(2027, 4, 1))
    stage("地名,新\n東町,月\n", date(2027, 5, 1))
    at(clock, 2027, 6, 1)
    town.run(garbage.extend)
    assert town.read(garbage.kinds) == ["新"]
    assert town.read(garbage.book).staged == ()


def test_staging_again_replaces_what_was_staged(town, garbage, stage):
    stage("地名,古\n東町,月\n", date(2027, 4, 1))
    stage("地名,新\n東町,月\n", date(2027, 4, 1))
    (edition,) = town.read(garbage.book).staged
    assert edition.kinds == ("新",)
    assert days(town, garbage, "東町", date(2027, 4, 5), date(2027, 4, 5)) == {"2027-04-05": "新"}


def test_a_past_day_replaces_at_once(town, garbage, stage):
    assert not stage("地名,ごみ\n東町,月\n", date(2026, 11, 1)).staged
    assert town.read(garbage.kinds) == ["ごみ"]


def test_an_area_that_next_year_lacks_is_named(town, garbage, stage, clock):
    town.run(lambda tx: garbage.move(tx, "c", "西町"))
    assert stage("地名,ごみ\n東町,月\n", date(2027, 4, 1)).lost_areas == (("西町", 1),)
    assert town.read(warnings) == []
    at(clock, 2027, 4, 1, 4)
    town.run(garbage.extend)
    assert town.read(warnings) == [
        "area 西町 was chosen by 1 citizens and is not in the calendar: they are told nothing"
    ]


def test_a_moved_day_crosses_into_another_calendar(town, garbage, tmp_path):
    (tmp_path / "e.csv").write_text(
        "地区,種類,日付,内容,振替日\n西町,燃やすごみ,2027/3/30,振替,2027/4/1\n", "utf-8"
    )
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "days.csv").write_text("地名,燃やすごみ\n西町,月\n", "utf-8")

    def both(tx):
        garbage.import_file(tx, tmp_path / "area_days.csv", exceptions=tmp_path / "e.csv")
        garbage.import_file(tx, tmp_path / "next" / "days.csv", starts=date(2027, 4, 1))

    town.run(both)
    found = days(town, garbage, "西町", date(2027, 3, 30), date(2027, 4, 5))
    assert found == {"2027-04-01": "燃やすごみ", "2027-04-05": "燃やすごみ"}


def test_a_moved_day_survives_laying_out_after_its_old_day(town, garbage, tmp_path, clock):
    (tmp_path / "e.csv").write_text("地区,種類,日付,内容,振替日\n西町,,2027/3/30,振替,2027/4/2\n", "utf-8")
    (tmp_path / "next").mkdir()
    (tmp_path / "next" / "days.csv").write_text("地名,燃やすごみ\n西町,月\n", "utf-8")

    def again(tx):
        return garbage.import_file(tx, tmp_path / "area_days.csv", exceptions=tmp_path / "e.csv")

    town.run(again)
    at(clock, 2027, 4, 1, 9)
    town.run(again)
    assert days(town, garbage, "西町", date(2027, 4, 1), date(2027, 4, 2)) == {"2027-04-02": "燃やすごみ"}
    at(clock, 2027, 3, 31, 9)
    town.run(lambda tx: garbage.import_file(tx, tmp_path / "next" / "days.csv", starts=date(2027, 4, 1)))
    at(clock, 2027, 4, 1, 3, 10)
    assert town.run(garbage.extend) > 0
    found = days(town, garbage, "西町", date(2027, 4, 1), date(2027, 4, 5))
    assert found == {"2027-04-02": "燃やすごみ", "2027-04-05": "燃やすごみ"}, (
        "next year's calendar keeps what was moved into it"
    )


def test_dates_that_run_out_are_warned_of_weeks_before(town, garbage, stage, clock):
    town.run(
        lambda tx: garbage.import_table(
            tx, _table("地名,燃やすごみ,埋立\n東町,月,20261210 20270311\n西町,月,20261211 20270305\n")
        )
    )
    check = next(each for each in GarbageFeature().offers(garbage).checks if each.name == "garbage.days")
    view = GarbageFeature().offers(garbage).view
    assert town.read(check.run) == []
    at(clock, 2027, 1, 25)
    town.run(garbage.extend)
    sentence = "dates of 埋立 run out on 2027-03-05: govline garbage import FILE --from DAY"
    assert town.read(check.run) == [sentence]
    assert town.read(view) == [{"area": "注意", "notice": sentence, "citizens": 0}]
    stage("地名,燃やすごみ,埋立\n東町,月,20270408\n西町,月,20270409\n", date(2027, 4, 1))
    assert town.read(check.run) == [], "next year's dates are staged"


def test_a_date_in_a_closure_stands_and_is_named(town, garbage, tmp_path):
    (tmp_path / "area_days.csv").write_text("地名,センター,資源\n東町,北工場,20261231 20270104\n", "utf-8")
    (tmp_path / "exceptions.csv").unlink()
    report = town.run(lambda tx: garbage.import_file(tx, tmp_path / "area_days.csv"))
    assert [(w.column, w.cell, w.code) for w in report.warnings] == [("資源", "20261231", "GL-2024")]
    assert list(days(town, garbage, "東町", date(2026, 12, 31), date(2027, 1, 4))) == [
        "2026-12-31",
        "2027-01-04",
    ]


def test_names_that_join_areas_are_taken_apart(town, garbage, data_folder):
    path = data_folder / "opendata" / "takamatsu" / "garbage_collection_date.csv"
    report = town.run(lambda tx: garbage.import_file(tx, path))
    assert (report.written, report.areas) == (True, 39)
    assert town.read(lambda tx: garbage.find_places(tx, "塩江").areas) == ["塩江"]
    monday = date(2026, 11, 23)
    assert days(town, garbage, "塩江", monday, monday + timedelta(days=3)) == {
        "2026-11-23": "破砕ごみ", "2026-11-24": "燃やすごみ", "2026-11-25": "プラスチック容器包装",
        "2026-11-26": "紙・布",
    }  # fmt: skip


def test_closures_may_shift_by_setting(town_db, tmp_path):
    (tmp_path / "area_days.csv").write_text("地名,センター,資源\n東町,北工場,木5 木1\n", "utf-8")
    (tmp_path / "center.csv").write_text("名称,休止開始日,休止終了日\n北工場,2026/12/31,2027/1/7\n", "utf-8")
    for closing, expected in (("drop", []), ("shift", ["2027-01-14"])):
        garbage = Garbage(closing=closing)
        town_db.run(lambda tx, g=garbage: g.import_file(tx, tmp_path / "area_days.csv"))
        assert list(days(town_db, garbage, "東町", date(2026, 12, 24), date(2027, 1, 20))) == expected


def test_exceptions_are_announced_the_week_before_and_never_told_of_as_collections(town, garbage, clock):
    for name, area, muted in (("a", "東町", ""), ("b", "東町", "燃やすごみ"), ("c", "西町", "")):
        town.run(lambda tx, n=name, a=area: garbage.move(tx, n, a))
        if muted:
            town.run(lambda tx, n=name: garbage.mute(tx, n, "燃やすごみ"))
    at(clock, 2026, 12, 20, 18)
    assert town.run(garbage.notify) == 1
    assert "※" not in _told(town)["a"][-1], "more than a week before"
    for day in (*range(21, 32), 1):
        at(clock, 2027 if day == 1 else 2026, 1 if day == 1 else 12, day, 18)
        town.run(garbage.notify)
    told = _told(town)
    moved = "※東町: 12月31日(木) の「燃やすごみ」は 12月30日(水) に変わります。"
    assert [text.split("明日 ")[1].split(" の")[0] for text in told["a"][1:]] == [
        "12月23日(水)", "12月24日(木)", "12月28日(月)", "12月30日(水)",
    ]  # fmt: skip
    assert [moved in text for text in told["a"][1:]] == [False, True, True, True]
    assert [moved in text for text in told["b"]] == [False], (
        "whoever muted the kind is not told of its changes"
    )
    assert "※西町: 1月1日(金) の「燃やすごみ」はお休みです。" in told["c"][-1]
    assert not any(
        "明日 1月1日" in text or "明日 12月31日" in text for texts in told.values() for text in texts
    )


def _told(db):
    """Texts by citizen, in the order in which they were frozen."""
    import json

    from sqlalchemy import text

    sql = text(
        "SELECT d.citizen, r.messages FROM gl_delivery_run r JOIN gl_delivery_recipient d ON d.run_id = r.id ORDER BY r.id"
    )
    told = {}
    with db.begin() as tx:
        for citizen, body in tx.connection.execute(sql):
            told.setdefault(citizen, []).append(json.loads(bytes(body))[0]["text"])
    return told


def _table(text):
    from govline.calendar.garbage import read_area_days

    return read_area_days(text.encode())


def test_a_new_calendar_renews_the_index_of_places(town):
    garbage = Garbage()

    def found(words):
        return town.read(lambda tx: garbage.find_places(tx, words).areas)

    for name in ("南", "西"):
        table = read_area_days(f"地名,センター,燃やすごみ\n{name},,月\n".encode())
        town.run(lambda tx, table=table: garbage.import_table(tx, table))
        assert (found(name), town.read(garbage.areas)) == ([name], [name])
    assert found("南") == []


def overlapping(report):
    return [(each.code, each.cell, each.reason) for each in report.warnings if each.code == "GL-2032"]


def test_calendars_for_a_while_that_overlap_are_named(stage):
    january = stage("地名,ごみ\n東町,月\n", date(2027, 1, 1), date(2027, 1, 31))
    assert overlapping(january) == []
    turn_of_year = stage("地名,ごみ\n東町,火\n", date(2026, 12, 20), date(2027, 1, 5))
    assert overlapping(turn_of_year) == [
        (
            "GL-2032",
            "days.csv(2026-12-20 から 2027-01-05 まで)",
            (
                "days.csv(2027-01-01 から 2027-01-31 まで) と 2027-01-01 から 2027-01-05 までが重なります"
                "(この間は days.csv(2027-01-01 から 2027-01-31 まで) によります)"
            ),
        )
    ]
    assert turn_of_year.written
    assert len(overlapping(stage("地名,ごみ\n東町,水\n", date(2027, 1, 5), date(2027, 1, 5)))) == 2


def test_days_side_by_side_and_the_same_days_again_are_no_overlap(stage):
    stage("地名,ごみ\n東町,月\n", date(2027, 1, 1), date(2027, 1, 31))
    for first, last in (
        ((2027, 1, 1), (2027, 1, 31)),
        ((2027, 2, 1), (2027, 2, 28)),
        ((2026, 12, 1), (2026, 12, 31)),
    ):
        assert overlapping(stage("地名,ごみ\n東町,火\n", date(*first), date(*last))) == []
    assert overlapping(stage("地名,ごみ\n東町,水\n", date(2027, 1, 1))) == [], "next year's own calendar"
