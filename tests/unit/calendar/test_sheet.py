"""The clerk's one sheet: three settings are enough, faults are named by row and column, and what goes out comes back."""

from datetime import date, datetime, timedelta

import openpyxl
import pytest

from govline.calendar import parse, plan
from govline.calendar.sheet import read_sheet, write_sheet
from govline.core.jst import JST
from govline.errors import FileError

LEAST = [["名称", "接種"], ["定員", 20], [], ["日付", "開始"], [datetime(2026, 12, 1), "9:00"]]


def book(path, rows):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


def issues(sheet):
    return [(each.row, each.column, each.reason) for each in sheet.issues]


def test_three_settings_are_enough(tmp_path):
    sheet = read_sheet(book(tmp_path / "vaccine.xlsx", LEAST))
    assert sheet.issues == ()
    assert sheet.data == {
        "programme": "vaccine",
        "label": "接種",
        "capacity": 20,
        "slots": [{"dates": "2026-12-01", "times": ["09:00"]}],
    }
    (slot,) = plan(parse(sheet.data), date(2026, 11, 1))
    assert (slot.starts, slot.capacity) == (datetime(2026, 12, 1, 9, tzinfo=JST), 20)


def test_everything_a_sheet_can_say(tmp_path):
    rows = [
        ["※名称（必須）", "屋内遊び場"],
        ["予約ID", "copal"],
        ["定員", "２０"],
        ["受付開始", datetime(2026, 11, 1, 9)],
        ["取消締切", "前日 17:00"],
        ["1人の件数", 1],
        ["お知らせ", "前日 18:00、2時間前"],
        ["祝日は休み", "○"],
        ["休み", "2026-12-29/2027-01-03"],
        [],
        ["日付", "曜日", "開始", "終了", "定員", "部屋"],
        ["2026/11/24～2027/3/31", "火・木", "10:00", "11:30", None, None],
        ["令和8年11月24日～令和9年3月31日", "火曜日木曜日", "13:00", "14:30", None, None],
        ["60日先まで", "土", "22:00", "25:00", 5, "大会議室"],
    ]
    sheet = read_sheet(book(tmp_path / "x.xlsx", rows))
    assert sheet.issues == ()
    assert sheet.data["slots"] == [
        {"dates": "2026-11-24/2027-03-31", "weekdays": "火木", "times": ["10:00-11:30", "13:00-14:30"]},
        {"rolling": 60, "weekdays": "土", "times": ["22:00-01:00"], "capacity": 5, "name": "大会議室"},
    ]
    assert sheet.data["policy"] == {"opens": "2026-11-01 09:00", "cancel_until": "前日 17:00", "limit": 1}
    programme = parse(sheet.data)
    assert len(programme.reminders) == 2
    assert programme.closed_on_holidays
    for name in ("again.xlsx", "again.csv"):
        write_sheet(tmp_path / name, sheet.data)
        again = read_sheet(tmp_path / name)
        assert again.issues == ()
        assert parse(again.data) == programme


def test_equipment_as_on_the_notice_goes_in_and_out(tmp_path):
    rows = [*LEAST[:2], ["備品", "マイク 4個 500円、プロジェクター 1台 1,000円、湯のみ"], *LEAST[2:]]
    sheet = read_sheet(book(tmp_path / "x.xlsx", rows))
    assert sheet.issues == ()
    programme = parse(sheet.data)
    assert [(name, option.stock) for name, option in programme.options.items()] == [
        ("マイク", 4),
        ("プロジェクター", 1),
        ("湯のみ", None),
    ]
    assert programme.tariff.options["プロジェクター"].amount == 1_000
    standing = {**sheet.data, "options": {"マイク": {"stock": 4, "amount": 500}, "湯のみ": None}}
    for options, kept in ((standing["options"], False), ({"マイク": {"stock": 4, "most": 2}}, True)):
        data = {**sheet.data, "options": options}
        write_sheet(tmp_path / "again.xlsx", data)
        again = read_sheet(tmp_path / "again.xlsx", standing=data)
        assert parse(again.data) == parse(data)
        assert (again.data["options"] == options) == kept  # what a line cannot say stays as the file has it
    wrong = read_sheet(book(tmp_path / "w.xlsx", [*LEAST[:2], ["備品", "マイク 4個、マイク"], *LEAST[2:]]))
    assert issues(wrong) == [(3, "備品", "options: 同じ備品が二度書かれています")]


def test_an_exported_sheet_has_types_and_drop_downs(tmp_path):
    write_sheet(tmp_path / "out.xlsx", read_sheet(book(tmp_path / "vaccine.xlsx", LEAST)).data)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert [sheet.cell(row, 2).value for row in (1, 2, 3)] == ["接種", "vaccine", 20]
    (yes_no,) = sheet.data_validations.dataValidation
    assert str(yes_no.sqref) == "B14"
    assert [cell.value for cell in sheet[17]] == ["日付", "曜日", "開始", "終了", "定員", "部屋"]


def test_every_fault_by_row_and_column(tmp_path):
    rows = [
        ["名称", "接種"],
        ["期間", "2026-12-01〜2026-12-25"],
        ["取消締切", "前の日"],
        ["1人の件数", "たくさん"],
        [],
        ["日付", "開始", "終了", "部屋"],
        ["2026-12-26", "9:00", "10:00", ""],
        ["2026-12-01", "13:00", "12:30", ""],
        ["2/30", "9:00", "", ""],
        ["2026-12-02", "9:00", "", ""],
        ["2026-12-02", "9:00", "", ""],
    ]
    sheet = read_sheet(book(tmp_path / "x.xlsx", rows))
    assert sheet.data == {}
    assert issues(sheet) == [
        (1, "定員", "この設定がありません"),
        (4, "1人の件数", "整数ではありません"),
        (7, "日付", "期間(2026-12-01〜2026-12-25)の外の枠です"),
        (8, "終了", "終了が開始より前です"),
        (9, "日付", "この欄の値として受け取れません"),
        (11, "日付", "10 行目と同じ値です"),
    ]
    good = [["名称", "接種"], ["定員", 1], *rows[2:3], *rows[5:6], rows[9]]
    assert issues(read_sheet(book(tmp_path / "y.xlsx", good))) == [
        (3, "取消締切", "「2時間前」「当日 8:30」「前日 17:00」「3営業日前 17:00」のように書いてください")
    ]


def test_a_sheet_over_a_file_keeps_what_sheets_cannot_say(tmp_path):
    standing = {
        "programme": "vaccine",
        "label": "旧",
        "capacity": 5,
        "slots": [],
        "policy": {"limit": 1, "eligibility": True},
        "pools": [{"name": "ワクチン", "capacity": 100}],
    }
    data = read_sheet(book(tmp_path / "any.xlsx", LEAST), standing=standing, programme="vaccine").data
    assert (data["label"], data["capacity"], data["pools"]) == ("接種", 20, standing["pools"])
    assert data["policy"] == {"limit": 1, "eligibility": True}


@pytest.mark.parametrize(
    ("cell", "dates"),
    [
        ("2026/12/10～12/25", "2026-12-10/2026-12-25"),
        ("令和8年12月10日から1月5日まで", "2026-12-10/2027-01-05"),
        ("2026-12-10/2026-12-25", "2026-12-10/2026-12-25"),
        (" ２０２６/１２/１０ ", "2026-12-10"),
        ("2026-12-10〜2026-12-10", "2026-12-10"),
        ("90日先まで", None),
        ("12/25〜12/10", ""),
        ("2026-12-25〜2026-12-10", ""),
        ("2026-12-10〜13/25", ""),
        ("2026-12-10〜2036-12-10", ""),
        ("毎日", ""),
    ],
)
def test_spans_as_clerks_write_them(tmp_path, cell, dates):
    sheet = read_sheet(book(tmp_path / "p.xlsx", [*LEAST[:4], [cell, "9:00"]]))
    if dates == "":
        (issue,) = sheet.issues
        assert issue.remedy.startswith("日付")
        assert issue.remedy.endswith(("書いてください", "3年までです"))
    else:
        assert sheet.data["slots"][0].get("dates") == dates


def test_an_emptied_cell_empties_and_an_absent_row_leaves_alone(tmp_path):
    standing = {
        "programme": "p",
        "capacity": 5,
        "slots": [],
        "remind": "前日 18:00",
        "closed": "2026-12-29",
        "policy": {"closes": "2026-12-20 17:00", "limit": 1},
    }
    rows = [*LEAST[:2], ["受付終了", None], ["休み", "2026/12/29～2027/1/3、令和9年2月1日"], *LEAST[2:]]
    data = read_sheet(book(tmp_path / "p.xlsx", rows), standing=standing).data
    assert (data["policy"], data["remind"]) == ({"limit": 1}, "前日 18:00")
    assert data["closed"] == ["2026-12-29/2027-01-03", "2027-02-01"]
    rows[3][1] = "年末年始"
    rows.append(["期間", "60日先まで"])
    wrong = read_sheet(book(tmp_path / "p.xlsx", [rows[-1], *rows[:-1]]))
    assert [(row, column) for row, column, _ in issues(wrong)] == [(1, "期間"), (5, "休み")]


def test_an_id_from_the_name_where_the_file_has_none(tmp_path):
    sheet = read_sheet(book(tmp_path / "接種枠.xlsx", LEAST))
    assert sheet.data["programme"].startswith("p")
    assert sheet.data == read_sheet(book(tmp_path / "接種枠2.xlsx", LEAST)).data


def test_a_file_without_slots_or_headers(tmp_path):
    assert issues(read_sheet(book(tmp_path / "x.xlsx", LEAST[:4]))) == [(4, "日付", "枠が1行もありません")]
    with pytest.raises(FileError, match="GL-003"):
        read_sheet(book(tmp_path / "y.xlsx", [["a", "b"]]))


def test_what_a_hand_made_sheet_may_look_like(tmp_path):
    made = openpyxl.Workbook()
    made.active.title = "使い方"
    made.active.append(["黄色い欄に書いてください"])
    sheet = made.create_sheet("枠")
    rows = [
        ["令和8年度 冬の教室"],
        [None, "名称", "教室"],
        [None, "定員", "２０"],
        ["受付終了", datetime(2026, 12, 25)],
        [],
        ["日付", "曜日", "開始", "終了", "備考"],
        ["２０２６年１２月４日(金)", None, "午前9時", "１０時半", "年度内"],
        ["令和8年12月1日〜12月25日", "月〜金", "22:00", "24:00", None],
        ["  ", "　", None, None, None],
    ]
    for row in rows:
        sheet.append(row)
    sheet.row_dimensions[8].hidden = True
    sheet.column_dimensions["B"].hidden = True
    made.save(tmp_path / "class.xlsx")
    read = read_sheet(tmp_path / "class.xlsx")
    assert (read.issues, read.rows) == ((), 2)
    assert read.notes == (
        "非表示の1行も読みました。要らない行は消してください。",
        "非表示の列「曜日」も読みました。要らない列は消してください。",
        "「備考」の列は読みません。",
    )
    assert read.data["slots"] == [
        {"dates": "2026-12-04", "times": ["09:00-10:30"]},
        {"dates": "2026-12-01/2026-12-25", "weekdays": "月火水木金", "times": ["22:00-00:00"]},
    ]
    assert parse(read.data).policy.closes == datetime(2026, 12, 26, tzinfo=JST)


@pytest.mark.parametrize("closes", ["2026-12-25", "2026-12-26 00:00", "2026-12-25 17:00"])
@pytest.mark.parametrize("name", ["out.xlsx", "out.csv"])
def test_the_end_of_reception_goes_out_and_comes_back(tmp_path, closes, name):
    data = {"programme": "x", "capacity": 1, "slots": [{"dates": "2026-12-01", "times": "9:00"}]}
    data["policy"] = {"opens": "2026-11-01", "closes": closes}
    write_sheet(tmp_path / name, data)
    again = read_sheet(tmp_path / name)
    assert parse(again.data).policy == parse(data).policy


def test_a_setting_that_nobody_knows_is_not_passed_over(tmp_path):
    rows = [
        ["名称", "接種"],
        ["定員", 20],
        ["予約〆切", "前日 17:00"],
        ["作成者", "福祉課", "山田"],
        *LEAST[2:],
    ]
    (issue,) = read_sheet(book(tmp_path / "x.xlsx", rows)).issues
    assert (issue.row, issue.column, issue.reason) == (3, "予約〆切", "この名前の設定はありません")
    assert issue.remedy == "「予約締切」ではありませんか"


def test_a_slot_may_last_a_whole_day(tmp_path):
    rows = [*LEAST[:3], ["日付", "開始", "終了"], ["2026-12-01", "0:00", "24:00"]]
    data = read_sheet(book(tmp_path / "x.xlsx", rows)).data
    (slot,) = plan(parse(data), date(2026, 11, 1))
    assert slot.ends - slot.starts == timedelta(days=1)
    write_sheet(tmp_path / "again.xlsx", data)
    assert parse(read_sheet(tmp_path / "again.xlsx").data).rules == parse(data).rules


def test_slots_last_a_day_at_most_and_dates_agree_with_their_weekdays(tmp_path):
    header = ["日付", "開始", "終了"]
    rows = [
        *LEAST[:3],
        header,
        ["2026-12-01", "9:00", "34:00"],
        ["2026-12-01", "10:00", "10:00"],
        ["2026-12-01(水)", "9:00", ""],
    ]
    assert issues(read_sheet(book(tmp_path / "x.xlsx", rows))) == [
        (5, "終了", "終了が開始の24時間後より後です"),
        (6, "終了", "終了が開始と同じです"),
        (7, "日付", "日付と曜日が合いません"),
    ]


@pytest.mark.parametrize(
    ("written", "dates"),
    [
        ("2026-12-25〜1/5", "2026-12-25/2027-01-05"),
        ("2026/12/1から12月25日まで", "2026-12-01/2026-12-25"),
        ("令和8年12月25日〜12/25", "2026-12-25"),
        ("2028-02-01〜2/29", "2028-02-01/2028-02-29"),
        (46357, "2026-12-01"),
    ],
)
def test_spans_as_offices_write_them(tmp_path, written, dates):
    sheet = read_sheet(book(tmp_path / "x.xlsx", [*LEAST[:4], [written, "9:00"]]))
    assert [slot["dates"] for slot in sheet.data["slots"]] == [dates]


@pytest.mark.parametrize(
    "written",
    [
        "2027-02-01〜2/29",
        "2026-12-25〜2026-12-01",
        "12/25",
        "2026-11-31",
        "2020-01-01〜2026-01-01",
        "2206-12-01",
    ],
)
def test_spans_that_are_none(tmp_path, written):
    (issue,) = read_sheet(book(tmp_path / "x.xlsx", [*LEAST[:4], [written, "9:00"]])).issues
    assert (issue.row, issue.column) == (5, "日付")
    assert issue.remedy


def test_a_file_in_any_spelling_is_written_as_a_sheet_that_says_the_same(tmp_path):
    written = {
        "programme": "hall",
        "capacity": 1,
        "closed": ["令和8年12月24日", "2026/12/29〜1/3"],
        "slots": [
            {"dates": ["2026/12/1〜12/25", "R9.1.10"], "times": "9:00-12:00"},
            {"rolling": 30, "times": "13:00"},
        ],
        "policy": {"opens": "令和8年11月24日 9:00", "closes": "2026/12/20"},
    }
    write_sheet(tmp_path / "hall.xlsx", written)
    again = read_sheet(tmp_path / "hall.xlsx")
    assert again.issues == ()
    one, other, today = parse(written), parse(again.data), date(2026, 11, 20)
    assert plan(other, today) == plan(one, today)
    assert (other.closed, other.policy) == (one.closed, one.policy)
    assert again.data["slots"][0]["dates"] == "2026-12-01/2026-12-25"


def test_every_setting_of_a_sheet_has_its_place(tmp_path):
    rows = [
        ["名称", "会議室"],
        ["定員", 1],
        ["受付終了", "2026-12-20"],
        [],
        ["期日", "開始"],
        ["2026-12-25", "9:00"],
    ]
    sheet = read_sheet(book(tmp_path / "p.xlsx", rows))
    assert sheet.place_of("policy.closes") == (3, "受付終了")
    assert sheet.place_of("capacity") == (2, "定員")
    assert sheet.place_of("slots") == (5, "期日")
    assert sheet.place_of("slots.0.times") == (5, "期日")
    assert [sheet.place_of(key) for key in ("policy.opens", "pools.0.capacity", "policy.windows.0")] == [
        None
    ] * 3
