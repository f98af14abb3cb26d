"""Cells of garbage calendars: read for certain, or refused with the token."""

from datetime import date, timedelta

import pytest

from govline.calendar.garbage import Rule, RuleError

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def days(text, first=YEAR[0], last=YEAR[1]):
    return Rule.parse(text).between(first, last)


def iso(text, *span):
    return [day.isoformat() for day in days(text, *span)]


def test_weekly():
    found = days("月 木")
    assert len(found) == 52 + 53
    assert {day.weekday() for day in found} == {0, 3}
    assert found == sorted(set(found))


def test_nth():
    assert iso("水1 水3", date(2026, 4, 1), date(2026, 5, 31)) == [
        "2026-04-01", "2026-04-15", "2026-05-06", "2026-05-20",
    ]  # fmt: skip
    assert iso("土5") == ["2026-01-31", "2026-05-30", "2026-08-29", "2026-10-31"]


def test_months_belong_to_the_tokens_before_them():
    assert {day.month for day in days("火1 火3:4 5 12")} == {4, 5, 12}
    per_token = days("水1:6 7 水2:4 5")
    assert {(day.month, (day.day - 1) // 7) for day in per_token} == {(6, 0), (7, 0), (4, 1), (5, 1)}
    assert {day.month for day in days("水1:6 7 水2")} == set(range(1, 13))


def test_every_other_week_starts_at_its_anchor():
    assert iso("隔水20260107", date(2025, 12, 1), date(2026, 2, 10)) == [
        "2026-01-07", "2026-01-21", "2026-02-04",
    ]  # fmt: skip
    assert iso("隔水20150114", date(2026, 1, 1), date(2026, 1, 31)) == ["2026-01-14", "2026-01-28"]
    assert iso("e4w20260107", date(2026, 1, 8), date(2026, 3, 5)) == ["2026-02-04", "2026-03-04"]


def test_dates_in_any_order_once():
    assert iso("20260203 20260101 20260203") == ["2026-01-01", "2026-02-03"]
    assert Rule.parse("20260203 20260203").warnings


def test_mixed_cells_with_wide_characters_and_remarks():
    rule = Rule.parse("金４　金５ 20260101 *12")
    assert rule.remarks == ("12",)
    assert rule.between(date(2026, 1, 1), date(2026, 1, 31)) == [
        date(2026, 1, 1), date(2026, 1, 23), date(2026, 1, 30),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("prose", "cell"),
    [
        ("第1・第3水曜", "水1 水3"),
        ("第２・４月曜日", "月2 月4"),
        ("毎月第3水曜日", "水3"),
        ("第1、第3木曜日", "木1 木3"),
        ("毎週火・金曜日", "火 金"),
        ("毎週月曜日・木曜日", "月 木"),
        ("月・木", "月 木"),
        ("水曜日", "水"),
        ("第1月曜日、第3月曜日", "月1 月3"),
        ("毎週火曜と第2金曜", "火 金2"),
        ("第1・3水曜 第2金曜", "水1 水3 金2"),
    ],
)
def test_prose_means_the_same_as_its_cell(prose, cell):
    assert days(prose) == days(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2土", "土0", "土6", "土10", "月 火x", "管路", "月?", "月`", "水:", "水1:13", "水1:0", "隔金20150198", "隔水", "2026011", "202601011",
        "20260230", "水1 水2:4 水3:5", "20260101:4", "*x", "第6月曜", "毎週", "第1・第3", "第13水曜", "第2・4月曜日と金曜日", "第1月曜日・木曜日",
        "曜日", "e0w20260107", "月:あ", "水1::4", "19000101", "",  "  ",
    ],
)  # fmt: skip
def test_what_is_not_certain_is_refused(cell):
    with pytest.raises(RuleError) as error:
        Rule.parse(cell)
    assert error.value.code == "GL-2020"
    assert "token" in error.value.place


def test_an_anchor_on_another_weekday_is_read_but_named():
    rule = Rule.parse("隔火20150114")
    assert rule.between(date(2015, 1, 1), date(2015, 1, 31)) == [date(2015, 1, 14), date(2015, 1, 28)]
    assert rule.warnings == ("隔火20150114: 2015-01-14 は水曜日です",)


def test_a_span_of_one_day_and_of_none():
    wednesday = date(2026, 4, 1)
    assert days("水", wednesday, wednesday) == [wednesday]
    assert days("水1", wednesday, wednesday) == [wednesday]
    assert days("隔水20260401", wednesday, wednesday) == [wednesday]
    assert days("水", wednesday, wednesday - timedelta(days=1)) == []


def test_rules_read_as_japanese():
    assert str(Rule.parse("水1 水3:4 5")) == "第1水曜(4・5月)・第3水曜(4・5月)"
    assert str(Rule.parse("月 隔水20260107 20260101")) == "毎週月曜・隔週水曜・2026年1月1日"


def test_months_behind_a_remark_belong_to_the_whole_cell():
    rule = Rule.parse("月1 *3:4 5")
    assert rule.remarks == ("3",)
    assert rule.between(*YEAR) == days("月1:4 5")
    with pytest.raises(RuleError):
        Rule.parse("*3:4")


def test_a_date_that_breaks_its_list_is_warned_of():
    assert Rule.parse("20260107 20260114 20260121 20260128").warnings == ()
    (warning,) = Rule.parse("20260107 20260114 20260122 20260128").warnings
    assert warning == "20260122: 他の日付は水曜日ですが、この日は木曜日です"
    assert Rule.parse("20260107 20260108 20260114 20260115").warnings == ()  # two days a week
