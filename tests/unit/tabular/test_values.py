"""Cells as clerks and Excel write them, and what becomes of them."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from govline.core import DataClass
from govline.errors import DefinitionError
from govline.tabular import Column, Table
from govline.tabular.values import formatter, parser
from govline.tabular.wording import REASONS, Misfit

WARDS = {"m": "港地区", "k": "川辺地区"}


def reader(kind, **more):
    return parser(Column("x", "項目", type=kind, **more))


def refused(kind, cell, **more):
    with pytest.raises(Misfit) as misfit:
        reader(kind, **more)(cell)
    assert misfit.value.code in REASONS
    return misfit.value.code


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("2026-04-01", date(2026, 4, 1)),
        ("2026/4/1", date(2026, 4, 1)),
        ("2026.4.1", date(2026, 4, 1)),
        ("２０２６／４／１", date(2026, 4, 1)),
        ("2026年4月1日", date(2026, 4, 1)),
        ("20260401", date(2026, 4, 1)),
        ("令和8年4月1日", date(2026, 4, 1)),
        ("令和8年4月1日（水・祝）", date(2026, 4, 1)),
        ("2026/4/1(水曜日)", date(2026, 4, 1)),
        ("令和元年５月１日", date(2019, 5, 1)),
        ("R8.4.1", date(2026, 4, 1)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("平成31年5月1日", date(2019, 5, 1)),
        ("46113", date(2026, 4, 1)),
        (46113, date(2026, 4, 1)),
        (46113.0, date(2026, 4, 1)),
        ("2026/4/1 0:00", date(2026, 4, 1)),
        ("2026-04-01 00:00:00", date(2026, 4, 1)),
        (datetime(2026, 4, 1), date(2026, 4, 1)),
        (date(2026, 4, 1), date(2026, 4, 1)),
        ("  ", None),
        ("\u3000", None),
        (None, None),
    ],
)
def test_dates(cell, value):
    assert reader("date")(cell) == value


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("2026/2/30", "not_date"),
        ("26/4/1", "short_year"),
        ("2026-04-01(木)", "other_weekday"),
        ("令和8年4月1日（木曜日）", "other_weekday"),
        ("2026/4/1 9:30", "has_time"),
        (datetime(2026, 4, 1, 9), "has_time"),
        ("4月1日", "not_date"),
        ("令和0年1月1日", "not_date"),
        (True, "not_date"),
        (12, "not_date"),
        (46113.5, "not_date"),
        ("そのうち", "not_date"),
    ],
)
def test_what_is_no_date(cell, code):
    assert refused("date", cell) == code


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("9:30", "09:30"),
        ("９：３０", "09:30"),
        ("24:00", "24:00"),
        ("25:30", "25:30"),
        ("9時半", "09:30"),
        ("9時30分", "09:30"),
        ("午後1時30分", "13:30"),
        ("午後12時", "12:00"),
        ("午前12時", "00:00"),
        ("9:30:00", "09:30"),
        (time(9, 30), "09:30"),
        (timedelta(hours=24), "24:00"),
        (datetime(1900, 1, 1, 1, 30), "25:30"),
        (0.5, "12:00"),
        (1, "24:00"),
    ],
)
def test_times(cell, value):
    assert reader("time")(cell) == value


@pytest.mark.parametrize("cell", ["48:00", "9:60", "午後13時", "9:30:15", -0.5, True, "朝", date(2026, 4, 1)])
def test_what_is_no_time(cell):
    assert refused("time", cell) == "not_time"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234", 1234),
        ("１２３", 123),
        ("▲5", -5),
        ("-5", -5),
        ("−5", -5),
        (7.0, 7),
        ("7.0", 7),
        (7, 7),
        ("+3", 3),
    ],
)
def test_integers(cell, value):
    assert reader("integer")(cell) == value


@pytest.mark.parametrize(
    "cell", ["1.5", "12,34", "百", 1.5, True, "1e5", "", "--1", 1e300, float("nan"), float("inf")]
)
def test_what_is_no_integer(cell):
    assert refused("integer", cell, required=True) in ("not_integer", "required", "too_large")


def test_decimals_stay_exact():
    assert reader("decimal")("1,234.50") == Decimal("1234.50")
    assert reader("decimal")(0.1) == Decimal("0.1")
    assert refused("decimal", "一割") == "not_decimal"
    assert refused("decimal", "9" * 70) == "not_decimal"


def test_codes_keep_and_get_back_their_zeros():
    read = reader("code", width=4)
    assert [read(cell) for cell in ("0123", "123", 123, 123.0, "１２３")] == ["0123"] * 5
    assert reader("code")("0123") == "0123"
    assert reader("code")("AB-1") == "AB-1"
    assert refused("code", "1.23E+11") == "exponent"
    assert refused("code", "1E+11") == "exponent"


@pytest.mark.parametrize("cell", ["○", "◯", "はい", "有", "TRUE", True, 1, "1", "レ"])
def test_yes(cell):
    assert reader("boolean")(cell) is True


@pytest.mark.parametrize("cell", ["×", "✕", "いいえ", "無", "FALSE", False, 0, "0"])
def test_no(cell):
    assert reader("boolean")(cell) is False


def test_neither_yes_nor_no():
    assert refused("boolean", "たぶん") == "not_boolean"


def test_choices_by_label_value_and_width():
    read = reader("choice", choices=WARDS)
    assert [read(cell) for cell in ("港地区", "m", "Ｍ", " 港 地区 ")] == ["m"] * 4
    assert refused("choice", "山", choices=WARDS) == "unknown_choice"
    with pytest.raises(Misfit) as misfit:
        read("山")
    assert misfit.value.words["choices"] == "港地区、川辺地区"


def test_a_label_wins_over_another_ones_value():
    assert reader("choice", choices={"a": "b", "b": "c"})("b") == "a"


def test_lists_are_sets_of_words():
    read = reader("list", choices=WARDS)
    assert read("川辺地区、港地区、m") == ("k", "m")
    assert read("、") is None
    assert refused("list", "港地区、山", choices=WARDS) == "unknown_item"
    free = Column("x", "項目", type="list")
    words = ("a、b", "c\\", "d,e")
    assert parser(free)(formatter(free)(words)) == tuple(sorted(words))


def test_instants_are_in_japan():
    read = reader("datetime")
    expected = datetime(2026, 4, 1, 0, 30, tzinfo=UTC)
    for cell in (
        "2026/4/1 9:30",
        "2026-04-01T09:30",
        "2026-04-01T00:30:00Z",
        "令和8年4月1日 9:30",
        datetime(2026, 4, 1, 9, 30),
    ):
        assert read(cell) == expected
    assert read("2026-04-01 24:00") == datetime(2026, 4, 1, 15, tzinfo=UTC)
    assert read(46113.5) == datetime(2026, 4, 1, 3, tzinfo=UTC)
    assert refused("datetime", "明日 9:30") == "not_datetime"
    assert refused("datetime", "9999-12-31 47:00") == "not_datetime"


def test_bounds_lengths_patterns_and_required():
    assert refused("integer", "0", least=1) == "too_small"
    assert refused("integer", "11", most=10) == "too_large"
    assert refused("date", "2020-01-01", least=date(2026, 1, 1)) == "too_small"
    assert refused("text", "あ" * 11, max_length=10) == "too_long"
    assert refused("code", "12", pattern="[0-9]{7}", pattern_hint="7桁") == "pattern"
    assert refused("text", "", required=True) == "required"


def test_an_individual_number_is_refused():
    assert refused("text", "マイナンバー 1234 5678 9018") == "individual_number"


@pytest.mark.parametrize("kind", ["text", "code", "list"])
@pytest.mark.parametrize("cell", [123456789018, 123456789018.0, "123456789018"])
def test_an_individual_number_is_refused_however_excel_typed_it(kind, cell):
    assert refused(kind, cell) == "individual_number"


def test_an_amount_is_an_amount():
    assert reader("integer")("142813450924") == reader("integer")(142813450924) == 142_813_450_924


@pytest.mark.parametrize("kind", ["date", "time", "datetime", "integer", "decimal", "boolean"])
@pytest.mark.parametrize("cell", [float("inf"), float("-inf"), float("nan"), 1e300, -1e300])
def test_numbers_beyond_all_measure_are_a_fault_of_their_row(kind, cell):
    refused(kind, cell)


def test_a_decimal_that_no_file_could_give_back_is_refused():
    assert refused("decimal", 5.957245883439394e-53) == "not_decimal"


def test_hooks_read_and_write():
    column = Column("x", "項目", parse=lambda text: int(text, 16), format=lambda value: f"{value:x}")
    assert parser(column)("ff") == 255
    assert formatter(column)(255) == "ff"
    with pytest.raises(Misfit, match="unfit"):
        parser(column)("そう")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Column("X", "項目"),
        lambda: Column("x", " "),
        lambda: Column("x", "項目", type="choice"),
        lambda: Column("x", "項目", choices={"a": "b"}),
        lambda: Column("x", "項目", type="choice", choices={"a": "b", "c": "b"}),
        lambda: Column("x", "項目", parse=int),
        lambda: Table("t", []),
        lambda: Table("t", [Column("a", "あ"), Column("a", "い")]),
        lambda: Table("t", [Column("a", "あ")], key="b"),
    ],
)
def test_columns_that_cannot_be_right(wrong):
    with pytest.raises(DefinitionError, match="GL-0060"):
        wrong()


def test_delicate_columns():
    assert Column("x", "氏名", data=DataClass.PERSONAL).delicate
    assert not Column("x", "地区", data=DataClass.PREFERENCE).delicate
