"""和暦 both ways: boundary days, 元年, and every way people write them."""

from datetime import UTC, date, datetime

import pytest

from govline.core.eras import format_era, parse_era, to_era
from govline.errors import InputError


@pytest.mark.parametrize(
    ("on", "text", "short"),
    [
        (date(1873, 1, 1), "明治6年1月1日", "M6.1.1"),
        (date(1912, 7, 29), "明治45年7月29日", "M45.7.29"),
        (date(1912, 7, 30), "大正元年7月30日", "T1.7.30"),
        (date(1926, 12, 24), "大正15年12月24日", "T15.12.24"),
        (date(1926, 12, 25), "昭和元年12月25日", "S1.12.25"),
        (date(1989, 1, 7), "昭和64年1月7日", "S64.1.7"),
        (date(1989, 1, 8), "平成元年1月8日", "H1.1.8"),
        (date(2019, 4, 30), "平成31年4月30日", "H31.4.30"),
        (date(2019, 5, 1), "令和元年5月1日", "R1.5.1"),
        (date(2026, 11, 22), "令和8年11月22日", "R8.11.22"),
    ],
)
def test_boundary_days_both_ways(on, text, short):
    assert format_era(on) == text
    assert to_era(on).short() == short
    assert parse_era(text) == parse_era(short) == on


@pytest.mark.parametrize(
    "text",
    [
        "令和元年5月1日",
        "令和１年５月１日",
        "令和 元年 五月 一日",
        "令和一年五月一日",
        "令元年5月1日",
        "㋿元年5月1日",
        "R1.5.1",
        "r1/5/1",
        "Ｒ１－５－１",
        "R01-05-01",
        "R010501",
        "令和元.5.1",
        "令和1年5月1",
    ],
)
def test_every_spelling(text):
    assert parse_era(text) == date(2019, 5, 1)


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("昭和二十三年十一月三十日", date(1948, 11, 30)),
        ("昭和六四年一月七日", date(1989, 1, 7)),
        ("平成二〇年十月十日", date(2008, 10, 10)),
        ("㍼50年4月1日", date(1975, 4, 1)),
        ("明治45年7月30日", date(1912, 7, 30)),
        ("大正15年12月25日", date(1926, 12, 25)),
    ],
)
def test_kanji_numbers_and_days_with_two_names(text, on):
    assert parse_era(text) == on


@pytest.mark.parametrize(
    "text",
    [
        "",
        "令和6年",
        "令和6年元月1日号",
        "令和0年1月1日",
        "令和6年2月30日",
        "令和6年13月1日",
        "令和元年4月30日",
        "昭和64年1月8日",
        "平成31年5月1日",
        "明治5年12月2日",
        "慶応3年1月1日",
        "X6.4.1",
        "R6.4/1",
        "R6年4.1",
        "令和三四五年一月一日",
        "令和十十年一月一日",
        "2024年4月1日",
        "R٦.4.1",
    ],
)
def test_what_is_not_a_day_is_refused_without_an_echo(text):
    with pytest.raises(InputError) as caught:
        parse_era(text)
    assert caught.value.code == "GL-0006"
    assert text not in caught.value.message or not text


def test_lenient_takes_days_after_the_end_of_an_era():
    assert parse_era("平成31年5月1日", lenient=True) == date(2019, 5, 1)
    assert parse_era("昭和64年1月8日", lenient=True) == date(1989, 1, 8)
    with pytest.raises(InputError):
        parse_era("令和元年4月30日", lenient=True)


def test_the_lunar_calendar_is_refused():
    with pytest.raises(InputError):
        to_era(date(1872, 12, 31))


def test_a_datetime_is_no_date():
    with pytest.raises(InputError, match="GL-0003"):
        format_era(datetime(2026, 11, 22, tzinfo=UTC))
