"""Cells in every writing: read for certain, warned of, or refused with a suggestion where a near text could be read."""

from datetime import date

import pytest

from govline.calendar.garbage import Rule, RuleError, read_area_days
from govline.calendar.garbage.suggestions import suggestion

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def days(text):
    return Rule.parse(text).between(*YEAR)


@pytest.mark.parametrize(
    ("prose", "cell"),
    [
        ("月2回(第2・4水曜日)", "水2 水4"),
        ("月２回（第２・４）水曜日", "水2 水4"),
        ("月1回 第3水曜日", "水3"),
        ("週2回(月・木曜日)", "月 木"),
        ("週1回 水曜日", "水"),
        ("第一・第三水曜日", "水1 水3"),
        ("第二、四月曜日", "月2 月4"),
        ("第2週の月曜日", "月2"),
        ("月曜日 木曜日", "月 木"),
        ("月曜と木曜", "月 木"),
        ("毎週月曜日及び木曜日", "月 木"),
        ("第2水曜日(4~9月)", "水2:4 5 6 7 8 9"),
        ("第2水曜（10月〜3月）", "水2:10 11 12 1 2 3"),
        ("第1・3水曜日(4・6・8月)", "水1:4 6 8 水3:4 6 8"),
        ("第1水曜(4~9月)、第2水曜(10~3月)", "水1:4 5 6 7 8 9 水2:10 11 12 1 2 3"),
        ("2026年1月14日、2026年2月11日", "20260114 20260211"),
        ("2026/1/14 2026/2/11", "20260114 20260211"),
        ("2026-01-14", "20260114"),
        ("令和8年1月14日", "20260114"),
        ("2026年1月14日(水)・2026年2月11日(水曜日)", "20260114 20260211"),
        ("金2 20260414:4 5", "金2:4 5 20260414"),
        ("水1:4 6 7; 水2:5 1", "水1:4 6 7 水2:5 1"),
        ("金1:12; 火2:9；木2 木4:10 2;", "金1:12 火2:9 木2:10 2 木4:10 2"),
        *(
            (days_alone, "月 木")
            for days_alone in (
                "月木",
                "月・木",
                "月，木",
                "月／木",
                "月＆木",
                "（月・木）",
                "月木曜日",
                "毎週（月・木）",
                "毎週月木",
                "㊊㊍",
                "⽉・⽊",
            )
        ),
        ("1・3週の水曜", "水1 水3"),
        ("毎月1・3・5週目の水曜日", "水1 水3 水5"),
        ("5週目の水曜", "水5"),
        ("第1第3水曜日", "水1 水3"),
        ("第1. 3水曜日", "水1 水3"),
        ("第１～３水曜", "水1 水2 水3"),
        ("水曜日（第1・3）", "水1 水3"),
        ("水曜日 第1・3週", "水1 水3"),
        ("水曜日(2・4週目)、金曜日(2・4週目)", "水2 水4 金2 金4"),
        ("水1・3", "水1 水3"),
        ("水曜1・3 金1・3", "水1 水3 金1 金3"),
        ("水2:4・5", "水2:4 5"),
        ("水2:4月、5月 金", "水2:4 5 金"),
        ("水2 水4:4,5月", "水2 水4:4 5"),
        ("毎月第２土曜日（8月を除く）", "土2:1 2 3 4 5 6 7 9 10 11 12"),
        ("第2土曜(12～2月は除く)", "土2:3 4 5 6 7 8 9 10 11"),
        ("偶数月の第2水曜日", "水2:2 4 6 8 10 12"),
        ("第2水曜日(奇数月)", "水2:1 3 5 7 9 11"),
        ("奇数月の1週目の月曜", "月1:1 3 5 7 9 11"),
        ("4月の1・3週目の月曜", "月1:4 月3:4"),
        ("第2水曜日 4月・5月", "水2:4 5"),
        ("4月～9月は第2水曜日、10月～3月は第1水曜日", "水2:4 5 6 7 8 9 水1:10 11 12 1 2 3"),
        ("4~9月は月・木", "月 木:4 5 6 7 8 9"),
        ("12~3月:第2水曜日(1月を除く)", "水2:12 2 3"),
        ("毎週水曜日（第5水曜日を除く）", "水1 水2 水3 水4"),
        ("水曜日（第3週は除く）", "水1 水2 水4 水5"),
        ("隔週水曜日（2026年1月7日から）", "隔水20260107"),
        ("隔週水20260107", "隔水20260107"),
        ("R8.1.14", "20260114"),
    ],
)
def test_writings_of_one_rule(prose, cell):
    rule = Rule.parse(prose)
    assert rule.between(*YEAR) == days(cell)
    assert rule.warnings == ()


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("月2回(第2水曜日)", "回数と曜日が合いません"),
        ("週1回 月・木", "回数と曜日が合いません"),
        ("月2回", "収集日として読めません"),
        ("月2回 月・木", "回数と曜日が合いません"),
        ("隔週水曜日", "隔週は基準日が要ります(例 隔水20260107)"),
        ("隔水", "隔週は基準日が要ります(例 隔水20260107)"),
        ("1月15日", "年のない日付です"),
        ("4/15", "年のない日付です"),
        ("第2水曜日(9月まで)", "収集日として読めません"),
        (
            "月・木（祝日は収集しません）",
            "休みや例外の条件は読めません(休む日は center.csv か exceptions.csv に日付で書きます)",
        ),
        (
            "毎週火・金曜日（年末年始は休み）",
            "休みや例外の条件は読めません(休む日は center.csv か exceptions.csv に日付で書きます)",
        ),
        ("第1水曜 2・4月", "収集日として読めません"),
        ("第1水曜 4月 第2木曜", "月の指定がどれに掛かるか分かりません"),
        ("第1水曜 第2木曜 4月", "収集日として読めません"),
        ("朝8時まで", "収集日として読めません"),
        ("祝日も収集", "収集日として読めません"),
        ("2・4月 第1水曜", "収集日として読めません"),
        ("1・3月曜", "収集日として読めません"),
        ("水(1、3)", "収集日として読めません"),
        ("第2・4水・金", "収集日として読めません"),
        ("4~9月は第2水曜日、第3金曜日", "月の指定がどれに掛かるか分かりません"),
        ("第2水曜日(5を除く)", "月の指定として読めません"),
        ("4~9月は第2水曜日(10月)", "月が残りません"),
        ("第2水曜日(第5週を除く)", "除く週がどれに掛かるか分かりません"),
        ("第0・1水曜", "第1から第5までです"),
        ("水曜日 第1・3 月曜日", "収集日として読めません"),
        ("毎週月曜・第2水曜(4~9月)", "月の指定がどれに掛かるか分かりません"),
        ("第2水曜(4~13月)", "ない月です"),
        ("令和8年2月30日", "ない日付です"),
        ("金2 20260614:4 5", "日付が指定の月にありません"),
        ("2026011", "日付は8桁です"),
        ("20260114 202602111", "日付は8桁です"),
    ],
)
def test_doubt_is_refused_and_says_why(cell, why):
    with pytest.raises(RuleError) as error:
        Rule.parse(cell)
    assert error.value.message == why


@pytest.mark.parametrize(
    ("cell", "near"),
    [
        ("2土", "土2"), ("1水 3水", "水1 水3"), ("月`", "月"), ("月?", "月"), ("月木", "月 木"), ("水1水3", "水1 水3"), ("月,木", "月 木"),
        ("水1・3", "水1 水3"), ("水1:4-6", "水1:4 5 6"), ("水1:10-3", "水1:10 11 12 1 2 3"), ("管路", ""), ("お盆", ""), ("隔金20150198", ""),
        ("土6", ""), ("隔水", ""),
    ],
)  # fmt: skip
def test_suggestions(cell, near):
    assert suggestion(cell) == near


@pytest.mark.parametrize(
    ("cell", "warning"),
    [
        ("20260105 2026011 20260119", "2026011: 7桁の日付のため、この日を除いて読みました"),
        (
            "20260105 20260112 202601119 20260126 20260202",
            "202601119: 日付として読めないため、この日を除いて読みました",
        ),
        (
            "20260105 20260112 20260119 20260231 20260202",
            "20260231: 日付として読めないため、この日を除いて読みました",
        ),
        ("20260119 20260105", "20260105: 日付が順番どおりではありません"),
        ("水2 木4", "第何週かで曜日が違います(水・木): 書き間違いでないか確かめてください"),
        ("2026年1月14日(木)", "20260114(木): 2026-01-14 は水曜日です"),
        ("隔火20150114", "隔火20150114: 2015-01-14 は水曜日です"),
        ("水1 水1", "水1: 同じ指定が重複しています"),
    ],
)
def test_what_looks_wrong_is_read_and_named(cell, warning):
    rule = Rule.parse(cell)
    assert rule.warnings == (warning,)
    assert rule.terms


@pytest.mark.parametrize("cell", ["水1 水3", "水1:4 水2:5", "月1 火1", "水2 水4 20260105 20260112", "月 水2"])
def test_what_looks_right_is_not_named(cell):
    assert Rule.parse(cell).warnings == ()


def test_a_short_date_costs_only_itself():
    assert days("20260105 2026011 20260119") == [date(2026, 1, 5), date(2026, 1, 19)]


@pytest.mark.parametrize(
    "cell",
    [
        "20260105 20260231",  # no long list
        "20260105 20260112 20260119 20260231 20260132",  # two
        "月 20260105 20260112 20260119 20260231",  # not only dates
        "20260105 20260112 20260119 2026x126 20260202",  # no digits
    ],
)
def test_a_wrong_date_anywhere_else_is_refused(cell):
    with pytest.raises(RuleError):
        Rule.parse(cell)


@pytest.mark.parametrize("mark", ["-", "－", "ー", "×", "なし", "収集なし", "　"])
def test_a_mark_for_not_collected_is_an_empty_cell(mark):
    table = read_area_days(f"地名,燃やすごみ,資源\n東,月,{mark}\n".encode())
    assert (table.empty, table.parsed, table.problems) == (1, 1, ())
    assert list(table.areas[0].rules) == ["燃やすごみ"]


def test_a_problem_carries_the_suggestion():
    (problem,) = read_area_days("地名,センター,燃やすごみ\n東,,２土\n".encode()).problems
    assert (problem.cell, problem.suggestion) == ("２土", "土2")


@pytest.mark.parametrize(
    ("cell", "near"),
    [
        ("毎週月～金曜日", "毎週月・火・水・木・金曜日"),
        ("月～金", "月・火・水・木・金"),
        ("月末の水曜日", ""),
        ("最終の平日", ""),
        ("月曜日から金曜日", "月・火・水・木・金曜日"),
        ("隔水 20260107", "隔水20260107"),
        ("2・4火", "第2・4火"),
        ("第5週を除く月曜日", ""),
        ("金～月", ""),
        ("20240229 2024/2/30", ""),
        ("月・木（年末年始除く）", "月・木"),
    ],
)
def test_a_suggestion_keeps_ranges_and_last_weeks(cell, near):
    with pytest.raises(RuleError):
        Rule.parse(cell)
    assert suggestion(cell) == near


def test_the_last_week_of_a_month():
    rule = Rule.parse("最終水曜日")
    assert str(rule) == "最終水曜"
    assert rule.to_rrule() == ("FREQ=MONTHLY;BYDAY=-1WE",)
    assert rule.between(date(2026, 1, 1), date(2026, 4, 28)) == [
        date(2026, 1, 28),
        date(2026, 2, 25),
        date(2026, 3, 25),
    ]
    assert rule.between(date(2026, 4, 29), date(2026, 4, 30)) == [date(2026, 4, 29)]


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        ("火・金（祝日も収集）", "祝日も収集"),
        ("第2水曜日 ※祝日も収集します。", "祝日も収集します"),
        ("月・木(8:30まで)", "8:30まで"),
        ("毎週月曜日 朝8時30分まで", "朝8時30分まで"),
    ],
)
def test_a_note_that_changes_no_day_is_read_past_and_named(cell, note):
    rule = Rule.parse(cell)
    assert rule.warnings == (f"「{note}」は収集日の指定に含めていません",)
    assert rule.terms


def test_a_cell_of_remarks_alone_has_no_day_and_is_named():
    rule = Rule.parse("*3 *12")
    assert (rule.terms, rule.remarks, rule.between(*YEAR)) == ((), ("3", "12"), [])
    assert rule.warnings == ("*3 *12: 備考だけで、収集日の指定がありません",)


def test_what_looks_wrong_is_said_once():
    assert Rule.parse("月 月 月 月").warnings == ("月: 同じ指定が重複しています",)


@pytest.mark.parametrize("cell", ["月 " * 50_000, "9" * 100_000, "20260105 " * 20_000])
def test_an_endless_cell_is_refused_unread(cell):
    with pytest.raises(RuleError, match="長すぎます"):
        Rule.parse(cell)
    assert suggestion(cell) == ""
