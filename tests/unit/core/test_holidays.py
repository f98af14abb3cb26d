"""Holidays against the Cabinet Office's file, files over the rules, closures, and counting in open days."""

import csv
from datetime import date, datetime, timedelta

import pytest

from govline.core.business_days import add_business_days, business_days_between, next_business_day
from govline.core.holidays import HolidayCalendar, read_holiday_csv
from govline.errors import FileError, InputError

OFFICIAL = HolidayCalendar.official()
YEAR_2030 = "国民の祝日・休日月日,国民の祝日・休日名称\r\n2030/1/1,元日\r\n2030/5/7,臨時の祝日\r\n"
SAME_DAY = {"体育の日（スポーツの日）": "体育の日"}  # noqa: RUF100


@pytest.fixture(scope="module")
def rows(data_folder):
    text = (data_folder / "holidays" / "syukujitsu.csv").read_bytes().decode("cp932")
    table = list(csv.reader(text.splitlines()))[1:]
    return [(date(*map(int, day.split("/"))), name) for day, name in table]


@pytest.mark.data
def test_the_rules_equal_the_official_file_row_by_row(rows):
    assert len(rows) == 1_067
    for day, name in rows:
        ours = OFFICIAL.name(day)
        assert ours is not None, day
        assert name.startswith("休日") or ours == SAME_DAY.get(name, name), day


@pytest.mark.data
def test_the_rules_know_no_holiday_that_the_file_lacks(rows):
    expected = {day for day, _ in rows}
    every = (
        date(1955, 1, 1) + timedelta(days=n) for n in range((date(2027, 12, 31) - date(1955, 1, 1)).days + 1)
    )
    assert {day for day in every if OFFICIAL.is_holiday(day)} == expected


@pytest.mark.data
def test_the_official_file_loads_and_answers_with_its_own_names(data_folder, rows):
    calendar = OFFICIAL.with_csv(data_folder / "holidays" / "syukujitsu.csv")
    assert [(day, calendar.name(day)) for day, _ in rows] == rows
    assert calendar.between(date(1955, 1, 1), date(2027, 12, 31)) == rows
    assert calendar.name(date(2028, 1, 1)) == "元日"


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 9, 22), "国民の休日"),
        (date(2026, 5, 6), "振替休日"),
        (date(2019, 10, 22), "即位礼正殿の儀が行われる日"),
        (date(2021, 7, 23), "スポーツの日"),
        (date(2020, 10, 12), None),
        (date(1985, 5, 4), None),
        (date(2026, 11, 24), None),
    ],
)
def test_names_are_japanese(day, name):
    assert OFFICIAL.name(day) == name


@pytest.mark.parametrize(
    "data", [YEAR_2030.encode("cp932"), YEAR_2030.encode(), YEAR_2030.encode("utf-8-sig")]
)
def test_a_file_replaces_the_years_it_names(data):
    calendar = OFFICIAL.with_csv(data)
    assert calendar.name(date(2030, 5, 7)) == "臨時の祝日"
    assert not calendar.is_holiday(date(2030, 5, 3))
    assert calendar.is_holiday(date(2031, 5, 3))


def test_the_end_of_a_file_is_known_weeks_ahead():
    assert OFFICIAL.expiries() == []
    (expiry,) = OFFICIAL.with_csv(YEAR_2030.encode()).expiries()
    assert expiry.last_day == date(2030, 12, 31)
    assert expiry.runs_out(date(2030, 11, 6))
    assert not expiry.runs_out(date(2030, 11, 4))


def test_a_file_may_go_beyond_the_rules():
    calendar = OFFICIAL.with_csv(b"2100-1-1,New Year")
    assert calendar.name(date(2100, 1, 1)) == "New Year"
    for year in (1948, 2101):
        with pytest.raises(InputError) as caught:
            calendar.is_holiday(date(year, 1, 1))
        assert caught.value.code == "GL-0007"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"head,name\n2030/1/1,a\n2030/2/30,b\n", {"row": 3}),
        (b"2030/1/1,a\nsoon,b\n", {"row": 2}),
        (b"2030/1/1,\n", {"row": 1}),
        (b"2030/5/7,a\n", {"year": 2030}),
        (b"head,name\n", {}),
        (b"\xff\xff\x81", {}),
    ],
)
def test_a_bad_file_is_refused_as_a_whole(data, place):
    with pytest.raises(FileError) as caught:
        read_holiday_csv(data)
    assert caught.value.place == place


def test_closures_weekends_and_the_year_end():
    calendar = (
        OFFICIAL.with_year_end()
        .with_closures({date(2026, 11, 25): "館内点検"})
        .with_closures([date(2026, 11, 26)])
    )
    assert calendar.closed_because(date(2026, 11, 22)) == "日曜日"
    assert calendar.closed_because(date(2026, 11, 23)) == "勤労感謝の日"
    assert calendar.closed_because(date(2026, 11, 25)) == "館内点検"
    assert calendar.closed_because(date(2026, 11, 26)) == "閉庁日"
    assert calendar.is_business_day(date(2026, 11, 24))
    assert [calendar.is_business_day(date(2026, 12, day)) for day in (28, 29, 30, 31)] == [
        True,
        False,
        False,
        False,
    ]
    assert calendar.closed_because(date(2027, 1, 3)) == "年末年始"
    assert calendar.is_business_day(date(2027, 1, 4))
    assert OFFICIAL.is_business_day(date(2026, 12, 29))


def test_a_datetime_is_refused():
    for ask in (OFFICIAL.is_holiday, OFFICIAL.is_business_day):
        with pytest.raises(InputError):
            ask(datetime(2026, 11, 23))
    with pytest.raises(InputError):
        OFFICIAL.with_closures([datetime(2026, 11, 23)])


@pytest.mark.parametrize(
    ("on", "days", "expected"),
    [
        (date(2026, 11, 20), 0, date(2026, 11, 20)),
        (date(2026, 11, 20), 1, date(2026, 11, 24)),
        (date(2026, 11, 22), 1, date(2026, 11, 24)),
        (date(2026, 11, 24), -1, date(2026, 11, 20)),
        (date(2026, 12, 28), 1, date(2027, 1, 4)),
        (date(2026, 4, 28), 3, date(2026, 5, 7)),
    ],
)
def test_add_business_days(on, days, expected):
    assert add_business_days(on, days, OFFICIAL.with_year_end()) == expected


def test_deadlines_move_to_the_next_open_day():
    assert next_business_day(date(2026, 11, 21), OFFICIAL) == date(2026, 11, 24)
    assert next_business_day(date(2026, 11, 24), OFFICIAL) == date(2026, 11, 24)


def test_counting_between():
    assert business_days_between(date(2026, 11, 20), date(2026, 11, 24), OFFICIAL) == 1
    assert business_days_between(date(2026, 11, 24), date(2026, 11, 20), OFFICIAL) == -1
    assert business_days_between(date(2026, 11, 20), date(2026, 11, 20), OFFICIAL) == 0
    with pytest.raises(InputError):
        add_business_days(date(2026, 11, 20), 10_001, OFFICIAL)


def test_an_endless_cell_is_named():
    with pytest.raises(FileError, match="GL-0030"):
        read_holiday_csv(b'"' + b"x" * 200_000)
