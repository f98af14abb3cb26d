"""Files beyond area_days.csv: joined names, one row a rule, Excel, YAML, exceptions, descriptions, remarks."""

from datetime import date

import openpyxl
import pytest

from govline.calendar.garbage.editions import edition_of
from govline.calendar.garbage.files import members, read_calendar
from govline.calendar.garbage.inspection import dates_command
from govline.calendar.garbage.plan import DayChange
from govline.calendar.garbage.side_files import (
    Fitting,
    read_descriptions,
    read_exceptions,
    read_remarks,
    without_effect,
)
from govline.calendar.garbage.yaml_file import write_yaml
from govline.errors import FileError

JOINED = (
    '"#property","name","燃やす","資源"\n"1","南第一（島・港）花園・塩","毎週火・金曜日","第２・４月曜日"\n'
)
LONG = (
    "全国地方公共団体コード,ID,地方公共団体名,地区名,分別区分,収集日,備考\n"
    "1,1,市,東町,燃やすごみ,毎週月・木曜日,\n1,2,市,東町,資源,第2・4水曜日,\n1,3,市,西町,燃やすごみ,管路,\n1,4,市,西町,資源,-,\n"
    "1,5,市,東町,資源,水,\n"
)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (
            "高松第一（松島・築地）花園・新番丁（四番丁）・塩江",
            ["高松第一（松島・築地）", "花園", "新番丁（四番丁）", "塩江"],
        ),
        ("栗林・太田", ["栗林", "太田"]),
        ("みどり", ["みどり"]),
        ("東（北・南", ["東（北・南"]),
    ],
)
def test_joined_names(name, parts):
    assert members(name) == parts


def test_open_data_with_joined_names(tmp_path):
    path = tmp_path / "days.csv"
    path.write_text(JOINED, "utf-8")
    table = read_calendar(path)
    (area,) = table.areas
    assert (table.kinds, table.cells, table.parsed) == (("燃やす", "資源"), 2, 2)
    assert area.members == ("南第一（島・港）", "花園", "塩")


def test_one_row_for_each_area_and_kind(tmp_path):
    path = tmp_path / "days.csv"
    path.write_text(LONG, "utf-8")
    table = read_calendar(path)
    assert [area.name for area in table.areas] == ["東町", "西町"]
    assert (table.rows, table.cells, table.empty, table.parsed) == (5, 5, 1, 2)
    assert [(p.row, p.column, p.reason) for p in table.problems] == [
        (4, "燃やすごみ", "収集日として読めません: 管路"),
        (6, "地区名", "同じ地区と種類が2回あります"),
    ]


def test_excel_reads_like_its_csv(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["地名", "センター", "燃やすごみ", "埋立", "番号"])
    sheet.append(["東町", None, "月 木", date(2026, 4, 10), None])
    sheet.append([])
    sheet.append(["西町", "北工場", "火 金", 20260410.0, "月x"])
    path = tmp_path / "days.xlsx"
    book.save(path)
    table = read_calendar(path)
    assert (table.rows, table.cells, table.empty, table.parsed) == (2, 6, 1, 4)
    assert [(p.row, p.column, p.cell) for p in table.problems] == [(4, "番号", "月x")]
    april = (date(2026, 4, 1), date(2026, 4, 30))
    assert {tuple(area.rules["埋立"].between(*april)) for area in table.areas} == {(date(2026, 4, 10),)}


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no book", b"text"])
def test_what_is_no_excel_file(tmp_path, data):
    path = tmp_path / "days.xlsx"
    path.write_bytes(data)
    with pytest.raises(FileError, match="GL-2021"):
        read_calendar(path)


YAML = """areas:
  みどり:
    よみ: みどり
    センター: 北工場
    収集日:
      燃やすごみ: 月 木
      資源: 第2・4水曜
      埋立: 20260410
  かわべ:
    収集日: {燃やすごみ: 管路, 資源: -}
"""


def test_yaml(tmp_path):
    path = tmp_path / "days.yaml"
    path.write_text(YAML, "utf-8")
    table = read_calendar(path)
    green, river = table.areas
    assert (green.reading, green.center, list(green.rules)) == (
        "みどり",
        "北工場",
        ["燃やすごみ", "資源", "埋立"],
    )
    assert (table.cells, table.empty, table.parsed, river.rules) == (5, 1, 3, {})
    assert [(p.row, p.column, p.cell) for p in table.problems] == [(10, "燃やすごみ", "管路")]
    write_yaml(edition_of(table)[0].areas, tmp_path / "again.yaml")
    again = read_calendar(tmp_path / "again.yaml")
    assert [(a.name, a.reading, a.center, a.cells) for a in again.areas] == [
        (a.name, a.reading, a.center, a.cells) for a in table.areas
    ]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "areas: 1", "areas: {東: 月}", "areas: {東: {収集日: {資源: [月]}}}", "areas: {東: {days: {}}}", "areas: [", "other: {}",
     "areas: {東: {収集日: {資源: 月, 資源: 火}}}", "areas: {}"],
)  # fmt: skip
def test_yaml_of_another_form(tmp_path, text):
    path = tmp_path / "days.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(FileError, match="GL-2021"):
        read_calendar(path)


EXCEPTIONS = (
    "地区,種類,日付,内容,振替日\n,,2026/12/31,休止,\n東町,資源,2027-01-06,振替,2027-01-07\n全地区,燃やすごみ,20261229,臨時,\n"
    "東町,資源,1月6日,休止,\n東町,資源,2027/1/6,代休,\n東町,資源,2027/1/6,振替,\n東町,,2027/1/6,臨時,\n東町,資源,2027/1/6,休止,2027/1/7\n"
)


def test_exceptions():
    read = read_exceptions(EXCEPTIONS.encode())
    assert read.changes == (
        DayChange(date(2026, 12, 31), "cancelled"),
        DayChange(date(2027, 1, 6), "moved", "東町", "資源", date(2027, 1, 7)),
        DayChange(date(2026, 12, 29), "extra", "", "燃やすごみ"),
    )
    assert [(p.row, p.column, p.cell, p.code) for p in read.problems] == [
        (5, "日付", "1月6日", "GL-2027"),
        (6, "内容", "代休", "GL-2027"),
        (7, "振替日", "", "GL-2027"),
        (8, "種類", "", "GL-2027"),
        (9, "振替日", "2027/1/7", "GL-2027"),
    ]
    assert read_exceptions(b"").changes == ()
    with pytest.raises(FileError, match="GL-2021"):
        read_exceptions("地区,種類\n東町,資源\n".encode())


def test_exceptions_that_contradict_each_other_are_named():
    text = "地区,種類,日付,内容,振替日\n東,資源,2027/1/6,振替,2027/1/7\n東,資源,2027/1/6,休止,\n"
    read = read_exceptions(text.encode())
    assert len(read.changes) == 1
    assert [(p.row, p.reason) for p in read.problems] == [(3, "同じ日の例外が2回あります")]


def test_exceptions_find_their_area_in_any_width():
    change = DayChange(date(2027, 1, 6), "cancelled", "東1丁目", "資源(紙)")
    assert Fitting([change]).of("東１丁目", "資源（紙）") == [change]
    assert Fitting([change]).of("東２丁目", "資源（紙）") == []


def test_exceptions_that_reach_nothing_are_named(tmp_path):
    path = tmp_path / "days.csv"
    path.write_text("地名,センター,燃やすごみ,資源\n東町,,月 木,水2\n", "utf-8")
    table = read_calendar(path)
    text = "地区,種類,日付,内容,振替日\n南町,,2026/12/31,休止,\n東町,紙,2026/12/31,休止,\n東町,資源,2026/12/31,休止,\n,,2026/12/31,休止,\n東町,資源,2026/12/31,臨時,\n"
    found = list(without_effect(table, read_exceptions(text.encode()).changes))
    assert [(p.code, p.cell) for p in found] == [
        ("GL-2028", "南町"),
        ("GL-2028", "東町 紙"),
        ("GL-2028", "2026-12-31"),
    ]


def test_dates_with_exceptions_and_shifts(tmp_path, capsys):
    (tmp_path / "days.csv").write_text("地名,センター,燃やすごみ,資源\n東町,北,木,木1\n", "utf-8")
    (tmp_path / "center.csv").write_text("名称,休止開始日,休止終了日\n北,2026/1/1,2026/1/3\n", "utf-8")
    (tmp_path / "exceptions.csv").write_text(
        "地区,種類,日付,内容,振替日\n東町,資源,2026/1/1,振替,2026/1/4\n", "utf-8"
    )
    words = [
        str(tmp_path / "days.csv"),
        "--from",
        "2026-01-01",
        "--to",
        "2026-01-09",
        "--center",
        str(tmp_path / "center.csv"),
    ]
    assert dates_command(None, [*words, "--closed-days", "shift"]) == 0
    assert capsys.readouterr().out == "東町 燃やすごみ: 2026-01-08\n東町 資源: 2026-01-08\n"
    assert dates_command(None, [*words, "--exceptions", str(tmp_path / "exceptions.csv")]) == 0
    assert capsys.readouterr().out == "東町 燃やすごみ: 2026-01-08\n東町 資源: 2026-01-04\n"


@pytest.mark.data
def test_descriptions_and_remarks_of_every_city(data_folder):
    counts = {}
    for path in sorted((data_folder / "garbage5374").glob("*/description.csv")):
        kinds = read_descriptions(path)
        assert all(kind.label and kind.color for kind in kinds)
        counts[path.parent.name] = len(kinds)
    assert counts == {
        "chigasaki": 7,
        "hachioji": 12,
        "joyo": 6,
        "kanazawa": 4,
        "kyotango": 12,
        "takamatsu": 5,
    }
    for path in (data_folder / "garbage5374").glob("*/remarks.csv"):
        assert read_remarks(path) == {}


def test_remarks():
    assert read_remarks("ID,注意事項\n1,朝8時まで\n*12,雨天も収集\n".encode()) == {
        "1": "朝8時まで",
        "12": "雨天も収集",
    }
    assert read_remarks(b"") == {}
    with pytest.raises(FileError, match="GL-2021"):
        read_descriptions(b"a,b\n1,2\n")


@pytest.mark.parametrize("form", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("prefix", ["", "ごみ収集_"])
def test_the_national_standards_table_in_every_form(tmp_path, form, prefix):
    header = [
        "全国地方公共団体コード",
        "ID",
        *(prefix + name for name in ("地区名", "分別区分", "収集曜日", "備考")),
    ]
    rows = [
        header,
        ["139999", "1", "東町", "燃やすごみ", "月・木", ""],
        ["139999", "2", "東町", "埋立ごみ", "第4金曜日", ""],
    ]
    sign = "\t" if form == "utf-16" else ","
    path = tmp_path / "garbage.csv"
    path.write_bytes("".join(sign.join(row) + "\r\n" for row in rows).encode(form))
    table = read_calendar(path)
    assert (table.problems, table.warnings, table.kinds) == ((), (), ("燃やすごみ", "埋立ごみ"))
    assert [(area.name, area.cells) for area in table.areas] == [
        ("東町", {"燃やすごみ": "月・木", "埋立ごみ": "第4金曜日"})
    ]


def test_a_wards_open_data_with_columns_of_exceptions(tmp_path):
    path = tmp_path / "days.csv"
    header = "ゴミ分類区分,地区名,地区名(英語),収集曜日,祝日の収集,特別に収集する日,適用開始日,標準地域コード"
    rows = [
        "陶器・ガラス・金属ごみ,東一丁目,Higashi,第2木・第4木,あり,,2026/4/1,131",
        "燃やすごみ,東一丁目,Higashi,火・金,あり,,2026/4/1,131",
    ]
    path.write_bytes("\r\n".join([header, *rows]).encode("cp932"))
    table = read_calendar(path)
    (area,) = table.areas
    assert (area.name, table.problems) == ("東一丁目", ())
    assert {kind: str(rule) for kind, rule in area.rules.items()} == {
        "陶器・ガラス・金属ごみ": "第2木曜・第4木曜",
        "燃やすごみ": "毎週火曜・毎週金曜",
    }
    assert [(each.row, each.column, each.cell) for each in table.warnings] == [
        (1, "祝日の収集", "あり"),
        (1, "適用開始日", "2026/4/1"),
    ]
