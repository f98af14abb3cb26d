"""Prices line by line: hours begun, days of the week, holidays, reductions rounded down, options."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govline.calendar.pricing import Fee, Price, Tariff, price
from govline.core.jst import JST
from govline.errors import InputError

START = datetime(2026, 11, 28, 9, tzinfo=JST)  # a Saturday
HOUR = timedelta(hours=1)
HALL = Tariff(
    [Fee(1_500, "hour", weekdays=[5, 6]), Fee(1_000, "hour")],
    {"マイク": Fee(200, "piece", name="マイク"), "照明": Fee(300, "hour")},
    {"福祉": 50},
    round_down_to=10,
)


def bill(hours=2.0, tariff=HALL, starts=START, **more):
    return price(tariff, starts, starts + hours * HOUR, **more)


@pytest.mark.parametrize(
    ("more", "total"),
    [
        ({}, 3_000),
        ({"hours": 1.25}, 3_000),
        ({"starts": START - timedelta(days=1)}, 2_000),
        ({"starts": datetime(2026, 11, 27, 15, tzinfo=UTC)}, 3_000),  # Saturday 0:00 in Japan
        ({"rate": 50}, 1_500),
        ({"rate": 100}, 0),
        ({"rate": 33}, 2_010),
        ({"options": {"マイク": 2, "照明": 1}}, 4_000),
        ({"options": {"マイク": 0}}, 3_000),
        ({"rate": 100, "options": {"マイク": 1}}, 200),
    ],
)
def test_what_a_hall_costs(more, total):
    assert bill(**more).total == total


def test_every_line_is_explained():
    found = bill(rate=50, kind="福祉", options={"マイク": 2})
    assert found.text.splitlines() == [
        "使用料(1時間 1,500円 × 2) 3,000円",
        "減免(福祉 50%) -1,500円",
        "マイク(1個 200円 × 2) 400円",
        "合計 1,900円",
    ]


def test_per_person_by_slot_and_on_holidays():
    tariff = Tariff([Fee(900, slots={"全面"}, holidays=True), Fee(500, slots={"全面"}), Fee(100, "person")])
    assert bill(tariff=tariff, party=3).total == 300
    assert bill(tariff=tariff, slot="全面").total == 500
    assert bill(tariff=tariff, slot="全面", holiday=True).total == 900
    assert price(Tariff(), START, START + HOUR) == Price(())


def test_options_are_reduced_only_where_the_tariff_says_so():
    tariff = Tariff([Fee(1_000)], {"マイク": Fee(200, "piece")}, reduces_options=True)
    assert bill(tariff=tariff, rate=50, options={"マイク": 1}).total == 600


@pytest.mark.parametrize(
    "more", [{"options": {"太鼓": 1}}, {"options": {"マイク": -1}}, {"rate": 101}, {"rate": -1}]
)
def test_what_cannot_be_priced_is_refused(more):
    with pytest.raises(InputError) as refused:
        bill(**more)
    assert refused.value.code == "GL-2005"


@given(st.integers(0, 100_000), st.integers(0, 100), st.sampled_from([1, 10, 100]))
def test_a_reduction_is_never_more_than_the_fee_and_never_less_than_promised(amount, rate, step):
    total = bill(tariff=Tariff([Fee(amount)], round_down_to=step), rate=rate).total
    assert 0 <= total <= amount * (100 - rate) / 100 or rate == 0
    assert rate == 0 or total % step == 0
