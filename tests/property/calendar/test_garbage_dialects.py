"""Every dialect of other cities' files, mixed at random: a cell says exactly what was meant, or it is named; never something else."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govline.calendar.garbage import read_area_days, read_calendar
from govline.calendar.garbage.centers import read_centers
from govline.calendar.garbage.labels import japanese
from govline.errors import FileError

WEEK = "月火水木金土日"
FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
YEAR = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
WIDE = str.maketrans("0123456789 *:", "０１２３４５６７８９\u3000＊：")
NUMBERS = st.integers(1, 5)
WEEKDAYS = st.integers(0, 6)
MONTHS = st.lists(st.integers(1, 12), min_size=1, max_size=5, unique=True)


def nth(day):
    return (day.day - 1) // 7 + 1


@st.composite
def weekly(draw):
    weekday = draw(WEEKDAYS)
    return WEEK[weekday], lambda day: day.weekday() == weekday


@st.composite
def nth_weekday(draw):
    weekday, number = draw(WEEKDAYS), draw(NUMBERS)
    return f"{WEEK[weekday]}{number}", lambda day: day.weekday() == weekday and nth(day) == number


@st.composite
def single_day(draw):
    day = draw(st.sampled_from(YEAR))
    return f"{day:%Y%m%d}", lambda other: other == day


@st.composite
def every_weeks(draw):
    anchor = draw(st.sampled_from(YEAR))
    weeks = draw(st.integers(1, 6))
    forms = [
        f"e{weeks}w{anchor:%Y%m%d}",
        *([f"隔{WEEK[anchor.weekday()]}{anchor:%Y%m%d}"] if weeks == 2 else []),
    ]
    form = draw(st.sampled_from(forms))
    return form, lambda day: day >= anchor and (day - anchor).days % (7 * weeks) == 0


TOKEN = st.one_of(weekly(), nth_weekday(), single_day(), every_weeks())


@st.composite
def mixed_cell(draw):
    """Tokens of all kinds side by side, remarks among them."""
    tokens = draw(st.lists(TOKEN, min_size=1, max_size=5))
    remarks = draw(st.lists(st.integers(1, 120).map(lambda n: f"*{n}"), max_size=2))
    text = " ".join([*(text for text, _ in tokens), *remarks])
    return text, lambda day: any(falls(day) for _, falls in tokens)


@st.composite
def month_lists(draw):
    """A list of months for each token: 水1:6 7 11 水2:4 5 8."""
    parts = []
    for text, falls in draw(st.lists(st.one_of(weekly(), nth_weekday()), min_size=1, max_size=3)):
        months = draw(MONTHS)
        parts.append((f"{text}:{' '.join(map(str, months))}", falls, frozenset(months)))
    text = " ".join(text for text, _, _ in parts)
    return text, lambda day: any(falls(day) and day.month in months for _, falls, months in parts)


@st.composite
def prose(draw):
    weekday = draw(WEEKDAYS)
    numbers = sorted(draw(st.sets(NUMBERS, min_size=1, max_size=2)))
    joined = draw(st.sampled_from(["・", "、"])).join(map(str, numbers))
    text = draw(st.sampled_from([f"第{joined}{WEEK[weekday]}曜日", f"毎月第{joined}{WEEK[weekday]}曜"]))
    return text, lambda day: day.weekday() == weekday and nth(day) in numbers


CELL = st.one_of(mixed_cell(), month_lists(), prose())


def dressed(draw, text):
    """Widths, doubled blanks and blanks at the ends, which change nothing."""
    text = text.translate(WIDE) if draw(st.booleans()) else text
    return draw(st.sampled_from(["{}", " {}", "{}  ", "\u3000{}"])).format(text)


def days_of(table, kind):
    return table.areas[0].rules[kind].between(FIRST, LAST)


@given(CELL, st.data())
@settings(max_examples=120, deadline=None)
def test_a_cell_says_exactly_what_was_meant(cell, data):
    text, falls = cell
    header = data.draw(
        st.sampled_from(["地名,センター", "地区,センター", "校下・地区,センター", "収集地区,センター"])
    )
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "cp932"]))
    end = data.draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
    again = data.draw(st.sampled_from([[], [f"{header},燃やすごみ"]]))
    rows = [f"{header},燃やすごみ", *again, f'みどり,12,"{dressed(data.draw, text)}"']
    table = read_area_days(end.join(rows).encode(encoding))
    assert table.problems == ()
    assert (len(table.areas), table.areas[0].center) == (1, "12")
    assert days_of(table, "燃やすごみ") == [day for day in YEAR if falls(day)]


@given(st.lists(CELL, min_size=10, max_size=14))
@settings(max_examples=15, deadline=None)
def test_more_than_nine_kinds_in_a_csv_and_in_excel(cells):
    kinds = [f"種類{n}のごみ" for n in range(len(cells))]
    rows = [["地区", "センター", *kinds], ["みどり", None, *(text for text, _ in cells)]]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    plain = "\n".join(",".join(cell or "" for cell in row) for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        book.save(path := Path(folder) / "days.xlsx")
        book.close()
        tables = [read_area_days(plain.encode()), read_calendar(path)]
    for table in tables:
        assert (table.problems, table.kinds) == ((), tuple(kinds))
        for kind, (_, falls) in zip(kinds, cells, strict=True):
            assert days_of(table, kind) == [day for day in YEAR if falls(day)]


BROKEN = [
    "2土",
    "土２火",
    "管路",
    "金6",
    "水0",
    "隔金20150198",
    "隔水",
    "月?",
    "月`火",
    "水1:13",
    "水1:",
    ":4 5",
    "2026011",
    "20260230",
    "第6月曜",
    "第2・4",
    "毎週",
    "月2回(第1水曜日)",
    "未定",
    "要確認",
    "水3/木",
    "e0w20260101",
    "月月月x",
]


@given(st.sampled_from(BROKEN), st.booleans())
@settings(max_examples=60, deadline=None)
def test_what_is_no_rule_is_named_and_never_read_as_another(text, wide):
    cell = text.translate(WIDE) if wide else text
    table = read_area_days(f"地名,センター,燃やすごみ,資源\nみどり,,{cell},火\n".encode())
    assert [(each.row, each.column, each.cell) for each in table.problems] == [
        (2, "燃やすごみ", cell.strip())
    ]
    assert "燃やすごみ" not in table.areas[0].rules


@pytest.mark.parametrize("header", ["燃やすごみ", "資源", "ペットボトル", "粗大ゴミ", "びん・缶"])
def test_a_kind_that_nobody_can_read_is_no_centre(header):
    table = read_area_days(f"地名,{header},不燃ごみ\nみどり,管路,火\nかわべ,管路,水\n".encode())
    assert table.kinds == (header, "不燃ごみ")
    assert [(each.row, each.column, each.cell) for each in table.problems] == [
        (2, header, "管路"),
        (3, header, "管路"),
    ]
    assert {area.center for area in table.areas} == {""}


def test_centres_that_bear_no_centres_name_still_count():
    table = read_area_days("地区名,管轄,燃やすごみ\nみどり,3,火\nかわべ,4,水\n".encode())
    assert [area.center for area in table.areas] == ["3", "4"]


def test_single_closed_days_in_many_columns():
    closures, problems = read_centers("名称,休止日,休止日,休止日\n1,2026/1/1,20260102,2026/01/03\n".encode())
    assert [(each.center, each.first, each.last) for each in closures] == [
        ("1", date(2026, 1, day), date(2026, 1, day)) for day in (1, 2, 3)
    ]
    assert problems == []


def test_english_kinds_become_japanese_and_unknown_ones_are_named(tmp_path):
    path = tmp_path / "days.csv"
    path.write_text(
        '"#property","name","burnableGarbage","spaceDebris"\n"1","東・西","毎週月曜日","第1火曜日"\n', "utf-8"
    )
    assert read_calendar(path).kinds == ("burnableGarbage", "spaceDebris"), "a file is shown as it is"
    table = japanese(read_calendar(path))
    assert (table.kinds, table.areas[0].members) == (("燃やすごみ", "spaceDebris"), ("東", "西"))
    assert [(each.column, each.code) for each in table.warnings] == [
        ("burnableGarbage", "GL-2022"),
        ("spaceDebris", "GL-2022"),
    ]


def test_bytes_that_hold_no_table_are_refused():
    for data in (b"", b"\n\n", b"\xff\xfe\x00", "地名\nみどり\n".encode()):
        with pytest.raises(FileError):
            read_area_days(data)
