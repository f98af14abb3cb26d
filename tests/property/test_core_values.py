"""Properties of core's values: eras, ages, business days, the 個人番号 guard, message limits."""

from contextlib import suppress
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.core.business_days import add_business_days, business_days_between
from govline.core.eras import format_era, parse_era, to_era
from govline.core.holidays import HolidayCalendar
from govline.core.individual_number import MASK, check_digit, find, is_individual_number, redact
from govline.core.jst import age_at, fiscal_year, legal_age_at, school_year
from govline.core.messages import Text, check_messages, clip, utf16_len
from govline.errors import MessageError

CALENDAR = HolidayCalendar.official().with_year_end()
ERA_DAYS = st.dates(date(1873, 1, 1), date(2100, 12, 31))
BIRTHS = st.dates(date(1920, 1, 1), date(2026, 11, 22))
FIRST_ELEVEN = st.text("0123456789", min_size=11, max_size=11)
WRITINGS = ("0123456789", "０１２３４５６７８９", "〇一二三四五六七八九")
NOISE = st.text("0123456789１２一二 -－　\n.,、█●①マイナンバー電話番号は+aTZ\u200b\u20e3", max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "text",
                    "template",
                    "contents",
                    "action",
                    "actions",
                    "columns",
                    "quickReply",
                    "items",
                    "altText",
                ]
            )
            | st.text(max_size=3),
            inner
            | st.sampled_from(
                ["text", "flex", "template", "carousel", "bubble", "box", "buttons", "message", "imagemap"]
            ),
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(ERA_DAYS)
def test_an_era_date_comes_back_in_every_writing(on):
    assert parse_era(format_era(on)) == parse_era(to_era(on).short()) == on


@given(BIRTHS, st.integers(0, 40_000))
def test_the_legal_age_runs_one_day_ahead(birth, days):
    on = birth + timedelta(days=days)
    assert legal_age_at(birth, on) == age_at(birth, on + timedelta(days=1))
    assert 0 <= legal_age_at(birth, on) - age_at(birth, on) <= 1


@given(BIRTHS, st.integers(2027, 2040))
def test_a_child_in_grade_one_is_legally_six_on_the_first_of_april(birth, year):
    first = date(year, 4, 1)
    entered = school_year(birth, first) >= 0
    assert entered == (legal_age_at(birth, first - timedelta(days=1)) >= 6)
    assert school_year(birth, first) - school_year(birth, first - timedelta(days=1)) == 1
    assert fiscal_year(first) == year


@given(st.dates(date(1960, 1, 1), date(2090, 1, 1)), st.integers(-60, 60))
@settings(max_examples=60, deadline=None)
def test_adding_open_days_and_counting_them_are_inverse(on, days):
    there = add_business_days(on, days, CALENDAR)
    assert business_days_between(on, there, CALENDAR) == days
    assert days == 0 or CALENDAR.is_business_day(there)


@given(
    FIRST_ELEVEN,
    st.sampled_from(WRITINGS),
    st.sampled_from(["", " ", "-", "　", "－"]),
    st.sampled_from([12, 6, 4]),
)
def test_every_number_is_found_in_every_writing(first, digits, separator, size):
    number = f"{first}{check_digit(first)}"
    assert is_individual_number(number)
    written = "".join(digits[int(char)] for char in number)
    text = "番号は" + separator.join(written[at : at + size] for at in range(0, 12, size)) + "です"
    (span,) = find(text)
    assert (span.start, span.end) == (3, len(text) - 2)
    assert not any(char in digits for char in redact(text))


@given(FIRST_ELEVEN, st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_seen_unless_both_remainders_give_zero(first, place, change):
    wrong = first[:place] + str((int(first[place]) + change) % 10) + first[place + 1 :]
    same = check_digit(first) == check_digit(wrong)
    assert not same or check_digit(first) == 0


@given(
    st.lists(NOISE | FIRST_ELEVEN.map(lambda first: f"{first}{check_digit(first)}"), max_size=5).map("".join)
)
@settings(max_examples=300)
def test_redaction_is_complete_keeps_the_length_and_changes_only_digits(text):
    hidden = redact(text)
    assert find(hidden) == ()
    assert len(hidden) == len(text)
    inside = {place for span in find(text) for place in range(span.start, span.end)}
    for place, (old, new) in enumerate(zip(text, hidden, strict=True)):
        assert old == new or (new == MASK and place in inside)


@given(st.text(max_size=80), st.integers(1, 40))
def test_a_clipped_text_always_fits_its_message(text, limit):
    cut = clip(text.encode("utf-8", "replace").decode(), limit, "…")
    if cut:
        assert utf16_len(Text(cut).text) <= limit


@given(JSON | st.lists(JSON, max_size=3))
@settings(max_examples=300)
def test_the_checker_answers_any_json_with_a_message_error_or_nothing(value):
    with suppress(MessageError):
        check_messages(value)
