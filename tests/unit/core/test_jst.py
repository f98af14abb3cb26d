"""Dates as towns count them; the examples stand in 年齢計算ニ関スル法律, 民法143条 and 学校教育法17条."""

from datetime import UTC, date, datetime

import pytest

from govline.core import FixedClock
from govline.core.jst import (
    JST,
    age_at,
    fiscal_year,
    fiscal_year_start,
    legal_age_at,
    school_grade,
    school_year,
    to_jst,
    today,
)
from govline.errors import InputError


def test_today_turns_at_midnight_in_japan():
    clock = FixedClock(datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC))
    assert today(clock) == date(2026, 3, 31)
    clock.set(datetime(2026, 3, 31, 15, 0, tzinfo=UTC))
    assert today(clock) == date(2026, 4, 1)


def test_to_jst_refuses_a_naive_datetime():
    assert to_jst(datetime(2026, 1, 1, tzinfo=UTC)) == datetime(2026, 1, 1, 9, tzinfo=JST)
    with pytest.raises(InputError):
        to_jst(datetime(2026, 1, 1))


def test_fiscal_year():
    assert fiscal_year(date(2026, 3, 31)) == 2025
    assert fiscal_year(date(2026, 4, 1)) == 2026
    assert fiscal_year(date(2026, 12, 31)) == 2026
    assert fiscal_year_start(2026) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("birth", "on", "age", "legal"),
    [
        (date(1961, 11, 22), date(2026, 11, 20), 64, 64),
        (date(1961, 11, 22), date(2026, 11, 21), 64, 65),
        (date(1961, 11, 22), date(2026, 11, 22), 65, 65),
        (date(2008, 2, 29), date(2026, 2, 27), 17, 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17, 18),
        (date(2008, 2, 29), date(2026, 3, 1), 18, 18),
        (date(2008, 2, 29), date(2028, 2, 28), 19, 20),
        (date(2008, 2, 29), date(2028, 2, 29), 20, 20),
        (date(2020, 4, 1), date(2026, 3, 31), 5, 6),
        (date(2026, 11, 22), date(2026, 11, 22), 0, 0),
    ],
)
def test_age_at_and_legal_age_at(birth, on, age, legal):
    assert (age_at(birth, on), legal_age_at(birth, on)) == (age, legal)


def test_an_age_before_birth_is_an_error_without_the_date():
    for count in (age_at, legal_age_at):
        with pytest.raises(InputError) as caught:
            count(date(2026, 11, 22), date(2026, 11, 21))
        assert "2026" not in str(caught.value)


@pytest.mark.parametrize(
    ("birth", "on", "grade"),
    [
        (date(2020, 4, 1), date(2026, 4, 1), "小1"),
        (date(2020, 4, 2), date(2026, 4, 1), "年長"),
        (date(2019, 4, 2), date(2026, 4, 1), "小1"),
        (date(2020, 4, 1), date(2026, 3, 31), "年長"),
        (date(2020, 4, 1), date(2023, 4, 1), "年少"),
        (date(2020, 4, 1), date(2023, 3, 31), None),
        (date(2013, 10, 1), date(2026, 4, 1), "中1"),
        (date(2010, 10, 1), date(2026, 4, 1), "高1"),
        (date(2008, 4, 2), date(2027, 3, 31), "高3"),
        (date(2008, 4, 1), date(2026, 4, 1), None),
        (date(2020, 2, 29), date(2026, 4, 1), "小1"),
    ],
)
def test_school_grade(birth, on, grade):
    assert school_grade(birth, on) == grade


def test_school_year_counts_beyond_the_named_grades():
    assert school_year(date(2020, 4, 1), date(2026, 4, 1)) == 0
    assert school_year(date(2026, 4, 2), date(2026, 4, 3)) == -7
    assert school_year(date(2000, 5, 5), date(2026, 4, 1)) == 19
