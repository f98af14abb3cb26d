"""Settings as an office spells them: what is meant is read, what could be meant otherwise is refused, and each refusal has a remedy."""

from datetime import date, datetime, time

import pytest

from govline.calendar import CutOff, load, parse
from govline.calendar.definition import read_yaml
from govline.calendar.model import Reminder
from govline.calendar.rules import deadline
from govline.calendar.terms import Limit
from govline.core.jst import JST
from govline.errors import DefinitionError, InputError

BASE = {"programme": "hall", "capacity": 5, "slots": [{"dates": "2026-12-01", "times": "9:00"}]}


def policy(**settings):
    return parse({**BASE, "policy": settings}).policy


def times(text):
    (rule,) = parse({**BASE, "slots": [{"dates": "2026-12-01", "times": text}]}).rules
    return rule.times


def refused(data):
    with pytest.raises(DefinitionError) as error:
        parse({**BASE, **data})
    return error.value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("当日 8:30", CutOff(at=time(8, 30))),
        ("当日８時半まで", CutOff(at=time(8, 30))),
        ("当日", CutOff()),
        ("前日17時", CutOff(days=1, at=time(17))),
        ("前日まで", CutOff(days=1)),
        ("1週間前", CutOff(days=7)),
        ("3営業日前の17時15分", CutOff(business_days=3, at=time(17, 15))),
        ("3開庁日前 17:00まで", CutOff(business_days=3, at=time(17))),
        ("30分前", CutOff(hours=0.5)),
    ],
)
def test_cut_offs(written, meant):
    assert policy(book_until=written).book == meant


def test_a_cut_off_on_the_day_itself_is_the_same_for_every_slot_of_it():
    cut = policy(book_until="当日 8:30").book
    for hour in (9, 17, 23):
        assert deadline(cut, datetime(2026, 12, 1, hour, tzinfo=JST)) == datetime(
            2026, 12, 1, 8, 30, tzinfo=JST
        )
    with pytest.raises(InputError):
        CutOff(hours=1, at=time(8))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1週間前 18:00", Reminder(days_before=7)),
        ("当日7時", Reminder(days_before=0, at=time(7))),
        ("前日", Reminder(days_before=1)),
    ],
)
def test_reminders(written, meant):
    assert parse({**BASE, "remind": written}).reminders == (meant,)


@pytest.mark.parametrize(
    "written", ["2026-12-25", date(2026, 12, 25), "2026/12/25", "２０２６年１２月２５日"]
)
def test_what_ends_on_a_day_ends_with_it_and_what_opens_on_a_day_begins_with_it(written):
    assert policy(closes=written).closes == datetime(2026, 12, 26, tzinfo=JST)
    assert policy(opens=written).opens == datetime(2026, 12, 25, tzinfo=JST)
    window = policy(windows=[{"name": "A", "group": "A", "closes": written}]).windows[0]
    assert window.closes == datetime(2026, 12, 26, tzinfo=JST)


@pytest.mark.parametrize(
    "written", ["2026-12-25 9:00", "2026/12/25 9時", "2026-12-25T09:00", "2026-12-25 09:00:00+09:00"]
)
def test_an_instant_is_what_it_says(written):
    assert policy(closes=written).closes == datetime(2026, 12, 25, 9, tzinfo=JST)


def test_slots_that_end_after_midnight():
    assert times("22:00-24:00") == ((time(22), time(0)),)
    assert times("22時〜25時30分") == ((time(22), time(1, 30)),)
    assert times("0:00-24:00") == ((time(0), time(0)),)  # a whole day
    for text in ("9:00-9:00", "9:00-34:00", "24:00-25:00", "9:00-48:00"):
        refused({"slots": [{"dates": "2026-12-01", "times": text}]})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("月〜金", (0, 1, 2, 3, 4)),
        ("平日", (0, 1, 2, 3, 4)),
        ("毎日", tuple(range(7))),
        ("土日", (5, 6)),
        ("金〜月", (0, 4, 5, 6)),
        ("(火)、（木）", (1, 3)),
    ],
)
def test_weekdays(written, meant):
    (rule,) = parse({**BASE, "slots": [{"dates": "2026-12-01", "times": "9:00", "weekdays": written}]}).rules
    assert rule.weekdays == meant


@pytest.mark.parametrize(
    ("written", "least", "most"),
    [
        ("65歳", 65, 65),
        ("満65才以上", 65, None),
        ("18歳未満", None, 17),
        ("12歳から15歳まで", 12, 15),
        ("12-15歳", 12, 15),
    ],
)
def test_ages(written, least, most):
    ages = policy(who={"age": written}).who.ages
    assert (ages.least, ages.most) == (least, most)


@pytest.mark.parametrize(
    "age", ["65", 65, {"least": 65, "most": 18}, {"on": "slot"}, "0歳未満", "17歳から12歳"]
)
def test_ages_that_are_unclear_or_fit_nobody_are_refused(age):
    refused({"policy": {"who": {"age": age}}})


@pytest.mark.parametrize("instant", ["1926-12-01 9:00", date(2206, 12, 1), datetime(1999, 12, 31)])
def test_an_instant_in_another_century_is_refused(instant):
    refused({"policy": {"opens": instant}})


@pytest.mark.parametrize("dates", ["1926-12-01", "2206-12-01", "2026-12-01/2099-12-31", "0001-01-01"])
def test_a_year_that_is_a_slip_of_the_pen_is_refused(dates):
    refused({"slots": [{"dates": dates, "times": "9:00"}]})


def test_bounds_that_no_value_can_meet_are_refused():
    refused({"policy": {"who": {"attributes": {"children": {"least": 3, "most": 2}}}}})


@pytest.mark.parametrize("written", ["1カ月に4件", "1ヵ月4回", "月に4件まで"])
def test_limits_of_a_month(written):
    assert policy(limits=written).limits == (Limit(4, "month"),)


@pytest.mark.parametrize("slot", [{"times": "9:00"}, {"times": "9:00", "dates": "2026-12-01", "rolling": 5}])
def test_slots_are_either_dated_or_rolling(slot):
    assert refused({"slots": [slot]}).place == {"key": "slots.0"}


@pytest.mark.parametrize(
    ("data", "reason", "remedy"),
    [
        ({"policy": {"book_untill": "前日"}}, "この名前の設定はありません", "「book_until」ではありませんか"),
        ({"xyz": 1}, "この名前の設定はありません", "名前を確かめるか、消してください"),
        ({"capacity": -1}, "小さすぎます", "0以上にしてください"),
        ({"capacity": 1.5}, "整数ではありません", "小数のない数を書いてください"),
        ({"capacity": "多数"}, "整数ではありません", "数字だけを書いてください"),
        ({"closed_on_holidays": "はい"}, "はい・いいえではありません", "true か false で書いてください"),
        ({"slots": "毎日"}, "並びではありません", "一つずつ「- 」で始めて並べてください"),
        ({"policy": []}, "設定のまとまりではありません", "「名前: 値」の形で書いてください"),
        (
            {"contact": "いつも"},
            "書ける値ではありません",
            "次のどれかにしてください: 'required', 'optional' or 'none'",
        ),
    ],
)
def test_a_wrong_setting_is_told_with_a_remedy_in_japanese(data, reason, remedy):
    error = refused(data)
    assert (error.message, error.hint) == (reason, remedy)


def test_a_missing_setting_is_named():
    with pytest.raises(DefinitionError, match="必須の設定がありません") as error:
        parse({"programme": "x", "slots": []})
    assert error.value.place == {"key": "capacity"}


def test_a_day_that_no_month_has_is_told_with_its_line(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(
        "programme: x\ncapacity: 1\nslots:\n  - {dates: 2028-02-29, times: 9:00}\n  - {dates: 2027-02-29, times: 9:00}\n"
    )
    with pytest.raises(DefinitionError) as error:
        read_yaml(path)
    assert error.value.place == {"file": "x.yaml", "line": 5}


# --- dates in any spelling of an office ---

SPANS = [
    "2026-12-01/2026-12-25",
    "2026-12-01..2026-12-25",
    "2026/12/1〜2026/12/25",
    "2026/12/1～12/25",
    "2026.12.1 ~ 2026.12.25",
    "令和8年12月1日から12月25日まで",
    "令和8年12月1日〜令和8年12月25日",
    "R8.12.1〜R8.12.25",
    "２０２６年１２月１日（火）〜１２月２５日",
    "20261201〜20261225",
]


@pytest.mark.parametrize("written", SPANS)
def test_a_span_in_any_spelling_of_an_office(written):
    def span(**more):
        return parse({**BASE, **more})

    first, last = date(2026, 12, 1), date(2026, 12, 25)
    assert span(slots=[{"dates": written, "times": "9:00"}]).rules[0].dates == ((first, last),)
    assert span(closed=written).closed == ((first, last),)


def test_a_span_over_the_new_year_needs_no_second_year():
    (rule,) = parse({**BASE, "slots": [{"dates": "令和8年12月25日〜1/10", "times": "9:00"}]}).rules
    assert rule.dates == ((date(2026, 12, 25), date(2027, 1, 10)),)


@pytest.mark.parametrize(
    "written", ["令和8年11月24日 9:00", "2026/11/24(火) 9時", "R8.11.24 9:00", "2026-11-24T09:00"]
)
def test_an_instant_in_any_spelling_of_an_office(written):
    assert policy(opens=written).opens == datetime(2026, 11, 24, 9, tzinfo=JST)


@pytest.mark.parametrize("written", ["令和8年11月24日", "2026/11/24", "R8.11.24", date(2026, 11, 24)])
def test_a_day_in_any_spelling_of_an_office(written):
    later = [{"from": written, "slots": [{"dates": "2026-12-01", "times": "9:00"}]}]
    assert parse({**BASE, "editions": later}).rules[-1].since == date(2026, 11, 24)
    assert policy(closes=written).closes == datetime(2026, 11, 25, tzinfo=JST)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("12/1", "ある日を書いて"),
        ("令和8年13月1日", "ある日を書いて"),
        ("2026/12/1(金)", "日付と曜日が合いません"),
        ("2026/12/25〜2026/12/1", "早い日を先に"),
        ("2026/12/1〜2036/12/1", "3年まで"),
        ("2026/12/1〜12/2〜12/3", "早い日を先に"),
        ("昭和8年12月1日", "2000から2099まで"),
        ("26/12/1", "ある日を書いて"),
        ("", "日付が空です"),
        ("2026/12/1 9:00", "ある日を書いて"),
    ],
)
def test_what_cannot_be_read_is_told_by_line_and_key(tmp_path, written, words):
    path = tmp_path / "hall.yaml"
    path.write_text(
        f"programme: hall\ncapacity: 5\nslots:\n  - times: 9:00\n    dates: '{written}'\n", "utf-8"
    )
    with pytest.raises(DefinitionError) as refused_:
        load(path)
    assert words in f"{refused_.value} {refused_.value.hint}"
    assert refused_.value.place["file"] == "hall.yaml"
    assert (refused_.value.place["line"], refused_.value.place["key"]) == (5, "slots.0.dates.0")
