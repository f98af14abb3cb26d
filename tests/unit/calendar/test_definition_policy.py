"""Policies as a clerk writes them; every wrong setting is named with its key and line."""

from datetime import date, datetime, time, timedelta

import pytest

from govline.calendar import CutOff, Policy, load, parse
from govline.calendar.options import Option
from govline.calendar.terms import (
    Ages,
    Condition,
    Eligibility,
    Guessing,
    Interval,
    Limit,
    MonthBefore,
    Question,
    Who,
    Window,
)
from govline.core.jst import JST
from govline.errors import DefinitionError

BASE = {"programme": "p", "capacity": 5, "slots": [{"rolling": 7, "times": "9:00", "name": "武田"}]}


def written(**policy):
    return parse({**BASE, "policy": policy}).policy


def test_three_settings_are_enough():
    assert parse(BASE).policy == Policy()
    assert parse(BASE).tariff is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("65歳以上", Ages(65)),
        ("65歳から", Ages(65)),
        ("18歳未満", Ages(most=17)),
        ("17歳以下", Ages(most=17)),
        ("12歳から17歳まで", Ages(12, 17)),
        ("12-17", Ages(12, 17)),
        ("１２〜１７歳", Ages(12, 17)),
        ({"least": 65, "on": "fiscal_year_end", "counted": "birthday"}, Ages(65, on="fiscal_year_end", counted="birthday")),
        ({"most": 6, "on": "2027-04-01", "attribute": "born"}, Ages(most=6, on=date(2027, 4, 1), attribute="born")),
    ],
)  # fmt: skip
def test_ages(text, expected):
    assert written(who={"age": text}).who.ages == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1日1件", Limit(1, "day")),
        ("1日に2件まで", Limit(2, "day")),
        ("1枠に4名分", Limit(4, "slot", counts="places")),
        ("1か月に4件", Limit(4, "month")),
        ("月4件", Limit(4, "month")),
        ("年度に2件", Limit(2, "fiscal_year")),
        ("90日間に1件", Limit(1, "rolling", 90)),
        ("全部で３件", Limit(3)),
    ],
)
def test_limits(text, expected):
    assert written(limits=text).limits == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2か月前の5日 12:00", MonthBefore(2, 5, time(12))),
        ("前月1日 9:00", MonthBefore(1, 1, time(9))),
        ("１ヶ月前の末日", None),
        ("3カ月前の31日", MonthBefore(3, 31)),
    ],
)
def test_openings_of_a_month(text, expected):
    if expected is None:
        with pytest.raises(DefinitionError):
            written(opens_month_before=text)
    else:
        assert written(opens_month_before=text).opens_month == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("21日以上", (21, None)), ("21日から42日", (21, 42)), ("21-42", (21, 42)), ("21日〜42日まで", (21, 42))],
)
def test_intervals(text, expected):
    assert written(interval={"days": text, "after": "dose1"}).interval == Interval("dose1", *expected)


def test_windows_lists_questions_and_payment():
    policy = written(
        opens="2026-12-10 09:00",
        opens_at="9:30",
        windows=[
            {"name": "75歳以上", "age": "75歳以上", "opens": "2026-12-01 09:00"},
            {"name": "港", "attributes": {"ward": "minato", "children": {"least": 1}}, "opens_days_before": 30, "opens_at": "12:00"},
            {"name": "団体", "group": ["優先", "福祉"], "cohort": "A"},
        ],
        eligibility={"name": "接種券番号", "number": "10桁", "guesses": {"most": 3, "lock_minutes": 60}},
        questions=[{"ask": "熱はありますか", "say": "お電話ください。"}],
        products={"武": "武田"},
        pay_by="3日前 23:59",
    )  # fmt: skip
    first = datetime(2026, 12, 1, 9, tzinfo=JST)
    assert policy.windows == (
        Window("75歳以上", Who(ages=Ages(75)), first),
        Window("港", Who(conditions=[Condition("ward", ["minato"]), Condition("children", least=1)]), None, 30, time(12)),
        Window("団体", Who(groups={"優先", "福祉"}, cohorts={"A"})),
    )  # fmt: skip
    assert policy.eligibility == Eligibility("接種券番号", "[0-9]{10}", Guessing(3, lock=timedelta(hours=1)))
    assert policy.questions == (Question("熱はありますか", told="お電話ください。"),)
    assert (policy.pay_by, policy.opens_at) == (CutOff(days=3, at=time(23, 59)), time(9, 30))
    assert policy.products == {"武": ("武田",)}
    assert policy.counts
    assert policy.groups
    assert policy.attributes == {"birth_date", "ward", "children"}
    assert written(eligibility=True).eligibility == Eligibility()


def test_fees():
    tariff = parse(
        {
            **BASE,
            "fees": [{"amount": 900, "per": "hour", "slots": "武田", "weekdays": "土日"}, 500],
            "options": {"マイク": 200},
            "reductions": {"福祉": 50},
            "round_down_to": 10,
        }
    ).tariff
    assert [(fee.amount, fee.per, fee.weekdays) for fee in tariff.fees] == [
        (900, "hour", (5, 6)),
        (500, "booking", ()),
    ]
    assert (tariff.options["マイク"].amount, tariff.reductions, tariff.round_down_to) == (
        200,
        {"福祉": 50},
        10,
    )


WRONG = [
    ({"who": {"age": "大人"}}, "policy.who.age"),
    ({"who": {"age": "70歳から60歳"}}, "policy.who.age"),
    ({"who": {"age": "200歳以上"}}, "policy.who.age"),
    ({"limits": ["週に1件"]}, "policy.limits.0"),
    ({"limits": ["1日0件"]}, "policy.limits.0"),
    ({"limits": ["0日間に1件"]}, "policy.limits.0"),
    ({"windows": [{"opens": "2026-12-01"}]}, "policy.windows.0.name"),
    ({"windows": [{"name": "a", "opens": "師走"}]}, "policy.windows.0.opens"),
    ({"windows": [{"name": "a", "cohorts": "A"}]}, "policy.windows.0.cohorts"),
    ({"eligibility": {"number": "[0-9"}}, "policy.eligibility.number"),
    ({"eligibility": {"guesses": {"most": 0}}}, "policy.eligibility.guesses.most"),
    ({"interval": {"days": "しばらく"}}, "policy.interval.days"),
    ({"interval": {"days": "42-21"}}, "policy.interval.days"),
    ({"questions": [{"ask": ""}]}, "policy.questions.0.ask"),
    ({"questions": [{"ask": "熱", "stop": "たぶん"}]}, "policy.questions.0"),
    ({"questions": [{"ask": "熱", "stop": ["はい", "いいえ"]}]}, "policy.questions.0"),
    ({"pay_by": "そのうち"}, "policy.pay_by"),
    ({"opens_month_before": "2か月前の40日"}, "policy.opens_month_before"),
    ({"opens_at": "25:00"}, "policy.opens_at"),
]


@pytest.mark.parametrize(("policy", "key"), WRONG)
def test_what_is_wrong_is_named(policy, key):
    with pytest.raises(DefinitionError) as refused:
        written(**policy)
    assert refused.value.code == "GL-2010"
    assert refused.value.place["key"].startswith(key)


@pytest.mark.parametrize(
    "more",
    [
        {"policy": {"products": {"武": ["会場B"]}}},
        {"fees": [{"amount": 5, "slots": ["会場B"]}]},
        {"reductions": {"福祉": 101}},
    ],
)
def test_slots_that_are_not_there_and_rates_that_cannot_be(more):
    with pytest.raises(DefinitionError):
        parse({**BASE, **more})


def test_the_line_of_a_wrong_setting(tmp_path):
    path = tmp_path / "flu.yaml"
    path.write_text(
        "programme: flu\ncapacity: 5\nslots: [{rolling: 7, times: '9:00'}]\npolicy:\n  limits:\n    - 1日1件\n    - 週に1件\n",
        "utf-8",
    )
    with pytest.raises(DefinitionError) as refused:
        load(path)
    assert refused.value.place == {"file": "flu.yaml", "line": 7, "key": "policy.limits.1"}


HALL = {
    "programme": "h",
    "capacity": 1,
    "slots": [{"dates": "2026-12-14", "times": "9:00", "name": "大ホール"}],
}


def test_equipment_as_a_mapping_and_as_the_line_of_a_notice():
    written = {
        "マイク": {"amount": 500, "per": "piece", "stock": 4, "most": 2, "slots": "大ホール"},
        "湯": None,
        "幕": 300,
    }
    programme = parse({**HALL, "options": written})
    assert programme.options == {
        "マイク": Option(4, 2, {"大ホール"}),
        "湯": Option(),
        "幕": Option(),
    }
    assert {name: fee.amount for name, fee in programme.tariff.options.items()} == {"マイク": 500, "幕": 300}
    line = parse({**HALL, "options": "マイク ４個 500円、プロジェクター 1台 1,000円, 湯のみ"})
    assert {name: option.stock for name, option in line.options.items()} == {
        "マイク": 4,
        "プロジェクター": 1,
        "湯のみ": None,
    }
    assert parse({**HALL, "options": {"湯": None}}).tariff is None


@pytest.mark.parametrize(
    ("options", "key", "said"),
    [
        ({"マイク": {"stock": 1, "most": 2}}, "options.マイク", "stock(全部の数)以下"),
        ({"マイク": {"slots": ["小ホール"]}}, "", "options「マイク」: 「小ホール」という枠はありません"),
        ({"マイク": {"stock": -1}}, "options.マイク.stock", "小さすぎます"),
        ({"マイク": {"per": "piece"}}, "options.マイク", "amount"),
        ({"a=b": 1}, "options", "「=」"),
        ("マイク、マイク 3個", "options", "二度"),
        ({"マイク": {"weekdays": "月"}}, "options.マイク.weekdays", "この名前の設定はありません"),
    ],
)
def test_equipment_that_makes_no_sense_is_told_with_its_place(options, key, said):
    with pytest.raises(DefinitionError) as caught:
        parse({**HALL, "options": options})
    assert caught.value.place["key"] == key
    assert said in str(caught.value)
