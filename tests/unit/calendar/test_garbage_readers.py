"""5374 files in every dialect: bytes as towns publish them, every unreadable cell named."""

import pytest

from govline.calendar.garbage import read_area_days, read_centers
from govline.errors import FileError

PLAIN = "地名,センター,燃やすごみ,資源\n東,衛生,月 木,水2\n西,衛生,火 金,\n"
FILES = {
    "chigasaki/area_days.csv": (8, 7, 56, 0),
    "hachioji/area_days.csv": (135, 12, 1620, 4),
    "joyo/area_days.csv": (2, 6, 12, 0),
    "kanazawa/area_days.csv": (71, 4, 284, 0),
    "kyotango/area_days.csv": (169, 7, 1183, 0),
    "takamatsu/area_days.csv": (35, 5, 175, 0),
    "takamatsu/area_days_01ae8828.csv": (35, 5, 175, 0),
}


@pytest.mark.data
@pytest.mark.parametrize("name", FILES)
def test_every_published_file(data_folder, name):
    areas, kinds, cells, unread = FILES[name]
    table = read_area_days(data_folder / "garbage5374" / name)
    assert (len(table.areas), len(table.kinds)) == (areas, kinds)
    assert (table.cells, table.parsed, len(table.problems)) == (cells, cells - unread, unread)
    assert table.parsed / (table.cells - table.empty) >= 0.99
    for problem in table.problems:
        assert (problem.column, problem.cell) == ("紙パック", "隔金20150198")
        assert problem.row > 1
        assert problem.reason == "ない日付です: 隔金20150198"


@pytest.mark.data
def test_every_published_closure(data_folder):
    found = {}
    for path in sorted((data_folder / "garbage5374").glob("*/center.csv")):
        closures, problems = read_centers(path)
        assert problems == []
        found[path.parent.name] = len(closures)
    counts = {"chigasaki": 1, "hachioji": 19, "joyo": 1, "kanazawa": 2, "kyotango": 25, "takamatsu": 1}
    assert found == counts


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.encode("cp932"),
        PLAIN.replace("\n", "\n\n").encode(),
        PLAIN.rstrip().encode(),
        PLAIN.replace("月 木", '"月 木"').encode(),
        PLAIN.replace("水2", "水２").encode(),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", "\t").encode("utf-16"),
        PLAIN.replace(",", "\t").encode("cp932"),
    ],
    ids=[
        "utf-8",
        "bom",
        "crlf",
        "cp932",
        "blank lines",
        "no last newline",
        "quoted",
        "wide digits",
        "utf-16",
        "utf-16 tabs",
        "cp932 tabs",
    ],
)
def test_encodings_and_line_ends(data):
    table = read_area_days(data)
    assert [area.name for area in table.areas] == ["東", "西"]
    assert table.kinds == ("燃やすごみ", "資源")
    assert (table.cells, table.empty, table.parsed, table.problems) == (4, 1, 3, ())
    assert [area.center for area in table.areas] == ["衛生", "衛生"]
    assert set(table.areas[1].rules) == {"燃やすごみ"}


def test_the_centre_column_is_optional():
    table = read_area_days("地名,燃やすごみ,資源\n東,月 木,水2\n".encode())
    assert table.kinds == ("燃やすごみ", "資源")
    assert table.areas[0].center == ""


def test_a_centre_column_is_known_by_its_cells_too():
    table = read_area_days("地区,管轄,燃やすごみ\n東,北工場,月 木\n".encode())
    assert (table.kinds, table.areas[0].center) == (("燃やすごみ",), "北工場")
    (warning,) = table.warnings
    assert (warning.row, warning.column, warning.cell) == (1, "管轄", "北工場")


def test_a_reading_may_stand_beside_the_name():
    table = read_area_days("地名,読み,センター,燃やすごみ\n東部,とうぶ,衛生,月 木\n".encode())
    area = table.areas[0]
    assert (area.reading, area.center, table.kinds) == ("とうぶ", "衛生", ("燃やすごみ",))


def test_more_than_nine_kinds():
    kinds = [f"種類{n}" for n in range(12)]
    text = f"地名,センター,{','.join(kinds)}\n東,,{','.join(['月'] * 12)}\n"
    assert read_area_days(text.encode()).kinds == tuple(kinds)


def test_bad_cells_are_named_and_the_others_read():
    text = "地名,センター,燃やすごみ,資源\n東,,月 木x,水2\n\n西,,管路,2土\n"
    table = read_area_days(text.encode())
    places = [(problem.row, problem.column, problem.cell) for problem in table.problems]
    assert places == [(2, "燃やすごみ", "月 木x"), (4, "燃やすごみ", "管路"), (4, "資源", "2土")]
    assert table.parsed == 1
    assert "木x" in table.problems[0].reason


def test_rows_that_do_not_fit_the_header_are_named():
    text = "地名,センター,燃やすごみ,資源\n東,,月,水2,金\n東,,月,\n,,月,\n西,,月\n北\n南,,火,木\n東,,水,金\n"
    table = read_area_days(text.encode())
    reasons = [(problem.row, problem.reason) for problem in table.problems]
    assert reasons == [
        (2, "見出しより列が多い行です"),
        (4, "地区名がありません"),
        (6, "見出しより列が少ない行です"),
        (8, "同じ地区が2回あります"),
    ]
    assert [(area.name, set(area.rules)) for area in table.areas] == [
        ("東", {"燃やすごみ"}),
        ("西", {"燃やすごみ"}),
        ("南", {"燃やすごみ", "資源"}),
    ]
    assert [(warning.row, warning.column, warning.cell, warning.reason) for warning in table.warnings] == [
        (5, "地名", "西", "見出しより列が少ない行です。足りない末尾の列を空として読みました")
    ]
    assert (table.cells, table.empty) == (14, 5)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", "地名,センター\n東,北\n".encode(), b"\xff\xfe\x00\xd8\x80", b'a,b\n"x,1\n',
     b"PK\x03\x04", PLAIN.encode("utf-16-le"), PLAIN.replace("東", "東\0").encode()],
    ids=["empty", "blank", "no kinds", "bytes", "open quote", "workbook", "utf-16 unmarked", "nul"],
)  # fmt: skip
def test_files_that_hold_no_table(data):
    with pytest.raises(FileError, match="GL-2021"):
        read_area_days(data)


def test_closures_in_every_date_form():
    text = "名称,休止開始日,休止終了日\n北,2022/12/31,2023/1/3\n南,20231231,20240103\n東,2024-01-01,\n"
    closures, problems = read_centers(text.encode())
    assert [(c.center, c.first.isoformat(), c.last.isoformat()) for c in closures] == [
        ("北", "2022-12-31", "2023-01-03"), ("南", "2023-12-31", "2024-01-03"), ("東", "2024-01-01", "2024-01-01"),
    ]  # fmt: skip
    assert problems == []


def test_closures_that_cannot_be_read_are_named():
    text = "名称,休止開始日,休止終了日\n北,2023/1/3,2022/12/31\n南,1月1日,1月3日\n東,2023/2/30,2023/3/1\n"
    closures, problems = read_centers(text.encode())
    assert closures == []
    assert [(problem.row, problem.cell) for problem in problems] == [
        (2, "2023/1/3,2022/12/31"), (3, "1月1日,1月3日"), (4, "2023/2/30,2023/3/1"),
    ]  # fmt: skip


def test_cells_under_a_blank_header_are_not_lost():
    with pytest.raises(FileError, match=r"GL-2021.*column 4.*row=2"):
        read_area_days("地名,センター,燃やすごみ,\n東,,月,水2\n".encode())
    assert read_area_days("地名,センター,燃やすごみ,,\n東,,月,,\n".encode()).parsed == 1


def test_a_header_that_comes_twice_is_no_area():
    table = read_area_days((PLAIN + "地名,センター,燃やすごみ,資源\n").encode())
    assert [area.name for area in table.areas] == ["東", "西"]
    assert (table.cells, table.problems) == (4, ())
    (warning,) = table.warnings
    assert (warning.row, warning.code) == (4, "GL-2022")


def test_a_file_without_areas_says_so():
    table = read_area_days("地名,センター,燃やすごみ\n".encode())
    assert [problem.reason for problem in table.problems] == ["地区の行が1つもありません"]


def test_closures_without_a_header_are_all_read():
    closures, problems = read_centers("北,2026/12/31,2027/1/3\n南,2026/12/31,2027/1/3\n".encode())
    assert ([closure.center for closure in closures], problems) == (["北", "南"], [])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("北,2026/1/1,2026/1/2,2026/5/3", "日付が3つ以上あります"),
        ("北,2026/1/1,2026/1/3,2026/12/31,2027/1/3", "日付が3つ以上あります"),
        (",2026/1/1,2026/1/3", "センターの名称がありません"),
        ("北,1026/1/1,2026/1/3", "休止期間が1年を超えています"),
    ],
)
def test_a_closure_is_never_guessed_nor_lost(row, reason):
    closures, (problem,) = read_centers(f"名称,休止開始日,休止終了日,,\n{row}\n".encode())
    assert closures == []
    assert problem.row == 2
    assert problem.reason.startswith(reason)


@pytest.mark.parametrize(
    "text", ["", "\n", "名称,休止開始日,休止終了日\n", "名称,休止開始日,休止終了日\n北,,\n"]
)
def test_a_file_of_closures_may_be_empty(text):
    assert read_centers(text.encode()) == ([], [])


def test_further_columns_beside_a_closure_are_remarks():
    closures, problems = read_centers("名称,開始,終了,備考\n北,2026/1/1,2026/1/3,年始\n".encode())
    assert (len(closures), problems) == (1, [])


def test_a_file_that_is_not_there_is_named(tmp_path):
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(FileError, match=r"GL-2021.*file="):
            read_area_days(path)


def test_closures_as_single_days_in_many_columns():
    text = "名称,休止日,休止日,休止日\n北,2026/5/3,2026/5/4,\n南,2026/8/15,,\n東,5/3,,\n"
    closures, problems = read_centers(text.encode())
    assert [(c.center, c.first.isoformat(), c.last == c.first) for c in closures] == [
        ("北", "2026-05-03", True), ("北", "2026-05-04", True), ("南", "2026-08-15", True),
    ]  # fmt: skip
    assert [(p.row, p.reason) for p in problems] == [(4, "休止日として読めません")]


def test_columns_of_one_name_are_kinds_apart_and_named():
    table = read_area_days("地名,不燃ごみ,不燃ごみ,不燃ごみ(2)\n東,月 木,金2,火\n".encode())
    assert table.kinds == ("不燃ごみ", "不燃ごみ(3)", "不燃ごみ(2)")
    assert [(w.column, w.code) for w in table.warnings] == [("不燃ごみ(3)", "GL-2022")]
    assert table.parsed == 3


def test_a_number_before_the_name_of_the_area_is_left_out():
    table = read_area_days("番号,地名,センター,資源\n1,東,NULL,月\n1,西,NULL,火\n".encode())
    assert [area.name for area in table.areas] == ["東", "西"]
    assert (table.problems, table.warnings[0].column) == ((), "番号")


def named(table):
    return [(each.row, each.column, each.cell, each.reason) for each in table.warnings]


@pytest.mark.parametrize(
    "title",
    [
        "令和8年度 ごみ収集日程表,,,\n,,,",
        "令和8年度 ごみ収集日程表\n",
        "令和8年度,ごみ収集日程表\n作成 環境課\n",
    ],
)
def test_a_title_above_the_header_is_named_and_passed_over(title):
    table = read_area_days(f"{title}\n地名,センター,燃やすごみ,資源\nみどり,北,月 木,水1\n".encode())
    (area,) = table.areas
    assert (area.name, area.center, list(area.rules)) == ("みどり", "北", ["燃やすごみ", "資源"])
    assert table.problems == ()
    assert named(table)[0][0] == 1
    assert {reason for *_, reason in named(table)} == {"表の題とみなして読み飛ばしました"}


def test_numbers_and_codes_before_the_name_are_no_areas():
    text = "全国地方公共団体コード,市区町村名,No.,地区名,燃やすごみ\n131001,ひなた町,1,みどり,月\n131001,ひなた町,2,かわべ,火\n"
    table = read_area_days(text.encode())
    assert [area.name for area in table.areas] == ["みどり", "かわべ"]
    assert [column for _, column, _, _ in named(table)] == ["全国地方公共団体コード", "市区町村名", "No."]


def test_names_start_at_the_formats_own_column_unless_kinds_stand_before_it():
    far = read_area_days("番号,校区,組,地名,燃やすごみ\n1,東,3,みどり,月\n".encode())
    assert [(area.name, list(area.rules)) for area in far.areas] == [("みどり", ["燃やすごみ"])]
    kinds = read_area_days("地区名,燃やすごみ,地名\nみどり,月,火\n".encode())
    assert [(area.name, list(area.rules)) for area in kinds.areas] == [("みどり", ["燃やすごみ", "地名"])]


def test_a_name_that_begins_like_a_note_is_an_area_where_days_follow():
    table = read_area_days("地名,燃やすごみ\n※みどり,月\n".encode())
    assert [area.name for area in table.areas] == ["※みどり"]


def test_lines_are_those_of_the_file_wherever_the_header_stands():
    text = "令和8年度\n\nNo,地区名,燃やすごみ,備考\n1,みどり,月,\n※祝日も収集します,,,\n"
    table = read_area_days(text.encode())
    assert ([area.name for area in table.areas], table.problems) == (["みどり"], ())
    assert [(row, column) for row, column, _, _ in named(table)] == [(1, ""), (3, "No"), (5, ""), (3, "備考")]


def test_the_format_s_second_column_of_ids_stays_the_centre():
    table = read_area_days("校下,地区,燃やすごみ\n東,1,月\n西,2,火\n".encode())
    assert [(area.name, area.center) for area in table.areas] == [("東", "1"), ("西", "2")]


def test_remarks_and_telephone_numbers_are_no_kinds():
    table = read_area_days(
        "地名,燃やすごみ,備考,問い合わせ先\nみどり,月,朝8時まで,03-0000-0000\nかわべ,火,,\n".encode()
    )
    assert (table.kinds, table.problems) == (("燃やすごみ",), ())
    assert [(column, reason) for _, column, _, reason in named(table)] == [
        ("備考", "種類の列ではないため、読みません"),
        ("問い合わせ先", "種類の列ではないため、読みません"),
    ]


def test_a_column_of_remarks_that_says_days_is_read():
    table = read_area_days("地名,燃やすごみ,備考\nみどり,月,第2水曜\n".encode())
    assert table.kinds == ("燃やすごみ", "備考")


@pytest.mark.parametrize(
    "note", ["※祝日も収集します,,", "※祝日も収集します", "(注) 年末年始は休み,,", "*印は要申込"]
)
def test_a_footnote_is_no_area(note):
    table = read_area_days(f"地名,燃やすごみ,資源\nみどり,月,水1\n{note}\n".encode())
    assert ([area.name for area in table.areas], table.rows, table.problems) == (["みどり"], 1, ())
    assert named(table) == [(3, "地名", note.strip(","), "表の注記とみなして読み飛ばしました")]


def test_a_header_of_two_lines_is_one_kind():
    table = read_area_days('地名,"燃やす\nごみ"\nみどり,"月\n木"\n'.encode())
    assert (table.kinds, str(table.areas[0].rules["燃やすごみ"])) == (("燃やすごみ",), "毎週月曜・毎週木曜")
