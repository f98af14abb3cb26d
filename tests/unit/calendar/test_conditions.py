"""Rules about the citizen: ages as Japan counts them, attributes, lists, intervals, limits in spans, groups, questions."""

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve

from govline.calendar import CitizenFacts, Policy, SlotFacts, check, check_change
from govline.calendar.conditions import answer_reasons, used
from govline.calendar.reasons import because
from govline.calendar.terms import (
    Ages,
    Condition,
    Eligibility,
    Group,
    Interval,
    Limit,
    Question,
    Standing,
    Voucher,
    Who,
)
from govline.core.jst import JST

NOW = datetime(2026, 11, 20, 9, tzinfo=JST)
START = datetime(2027, 1, 12, 10, tzinfo=JST)
SLOT = SlotFacts(starts=START, capacity=9, id="s", name="武田")


def codes(policy, citizen, slot=SLOT):
    return [reason.code for reason in check(policy, slot, citizen, NOW)]


def on(day):
    return evolve(SLOT, starts=datetime.combine(day, START.timetz()))


# --- ages ---


@pytest.mark.parametrize(
    ("ages", "born", "day", "fits"),
    [
        (Ages(65), "1962-01-13", date(2027, 1, 12), True),
        (Ages(65), "1962-01-14", date(2027, 1, 12), False),
        (Ages(65, counted="birthday"), "1962-01-13", date(2027, 1, 12), False),
        (Ages(65, counted="birthday"), "1962-01-12", date(2027, 1, 12), True),
        (Ages(most=64), "1962-01-13", date(2027, 1, 12), True),
        (Ages(most=64), "1962-01-12", date(2027, 1, 12), False),
        # born on 29 February: reaches the age on 28 February, in leap years too; is beyond it on 1 March of common years
        (Ages(20), "2008-02-29", date(2028, 2, 28), True),
        (Ages(20), "2008-02-29", date(2028, 2, 27), False),
        (Ages(19), "2008-02-29", date(2027, 2, 28), True),
        (Ages(most=18), "2008-02-29", date(2027, 2, 28), True),
        (Ages(most=18), "2008-02-29", date(2027, 3, 1), False),
        # by the end of the fiscal year; who is born on 1 April reaches the age on 31 March
        (Ages(65, on="fiscal_year_end"), "1962-04-01", date(2026, 12, 1), True),
        (Ages(65, on="fiscal_year_end"), "1962-04-02", date(2026, 12, 1), False),
        (Ages(65, on="fiscal_year_end"), "1962-04-02", date(2027, 4, 1), True),
        (Ages(12, 17, on=date(2027, 4, 1)), "2015-04-02", date(2026, 12, 1), True),
        (Ages(1), "2027-06-01", date(2027, 1, 12), False),
    ],
)
def test_ages_on_the_day_that_counts(ages, born, day, fits):
    citizen = CitizenFacts(attributes={"birth_date": born})
    assert codes(Policy(who=Who(ages=ages)), citizen, on(day)) == ([] if fits else ["GL-2118"])


def test_an_age_that_is_not_known_is_asked_for_and_no_age_is_told():
    reasons = check(Policy(who=Who(ages=Ages(65))), SLOT, CitizenFacts(), NOW)
    assert [(reason.code, reason.help["needs"]) for reason in reasons] == [("GL-2119", "birth_date")]
    wrong = CitizenFacts(attributes={"birth_date": "sometime"})
    assert codes(Policy(who=Who(ages=Ages(65))), wrong) == ["GL-2119"]
    young = check(
        Policy(who=Who(ages=Ages(65))), SLOT, CitizenFacts(attributes={"birth_date": "2000-01-01"}), NOW
    )[0]
    assert "2000" not in repr(young)
    assert young.text == "対象は1月12日(火)に65歳以上の方です。"


@pytest.mark.parametrize(
    ("ages", "text"),
    [(Ages(65), "65歳以上"), (Ages(most=17), "17歳以下"), (Ages(12, 17), "12歳から17歳まで")],
)
def test_ages_read(ages, text):
    grown = CitizenFacts(attributes={"birth_date": "1980-01-01"})
    (reason,) = check(Policy(who=Who(ages=ages)), SLOT, grown, NOW)
    assert text in reason.text


# --- attributes ---


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (Condition("ward", ["minato"]), "minato", []),
        (Condition("ward", ["minato"]), "kawabe", ["GL-2117"]),
        (Condition("ward", ["minato"]), None, ["GL-2119"]),
        (Condition("topics", ["bosai"]), ["event", "bosai"], []),
        (Condition("topics", ["bosai"]), [], ["GL-2117"]),
        (Condition("resident", [True]), True, []),
        (Condition("children", least=1), 1, []),
        (Condition("children", least=1), 0, ["GL-2117"]),
        (Condition("children", most=2), 3, ["GL-2117"]),
        (Condition("children", least=1), True, ["GL-2117"]),
        (Condition("children", least=1), "2", ["GL-2117"]),
    ],
)
def test_attributes(condition, value, expected):
    citizen = CitizenFacts(attributes={condition.attribute: value})
    assert codes(Policy(who=Who(conditions=[condition])), citizen) == expected


def test_a_class_has_words_for_citizens():
    policy = Policy(who=Who("港地区にお住まいの方", conditions=[Condition("ward", ["minato"])]))
    reason = check(policy, SLOT, CitizenFacts(attributes={"ward": "kawabe"}), NOW)[0]
    assert reason.text == "対象は港地区にお住まいの方です。"
    assert Who().anybody
    (reason,) = check(Policy(who=Who(cohorts={"B", "A"})), SLOT, CitizenFacts(), NOW)
    assert reason.text == "対象はA・Bです。"


# --- groups ---


def test_registered_groups_by_class_end_and_purpose():
    policy = Policy(who=Who(groups={"福祉"}))
    group = Group("g", "福祉", 50, date(2027, 1, 12), {"会議"})
    assert codes(policy, CitizenFacts()) == ["GL-2120"]
    assert codes(policy, CitizenFacts(group=evolve(group, kind="営利"))) == ["GL-2120"]
    assert codes(policy, CitizenFacts(group=group, purpose="会議")) == []
    assert codes(policy, CitizenFacts(group=group), on(date(2027, 1, 13))) == ["GL-2121"]
    assert codes(policy, CitizenFacts(group=group, purpose="販売")) == ["GL-2122"]


# --- the list ---


def test_the_list_says_what_is_missing():
    policy = Policy(eligibility=Eligibility("接種券番号"), who=Who(cohorts={"A"}))
    missing = check(policy, SLOT, CitizenFacts(), NOW)
    assert [reason.code for reason in missing] == ["GL-2117", "GL-2123"]
    assert missing[1].text == "先に接種券番号と生年月日を、予約ページで入力してください。"
    voucher = Voucher("v", "A", until=date(2027, 1, 12))
    assert codes(policy, CitizenFacts(voucher=voucher)) == []
    assert codes(policy, CitizenFacts(voucher=voucher), on(date(2027, 1, 13))) == ["GL-2125"]
    assert codes(policy, CitizenFacts(voucher=evolve(voucher, taken=True))) == ["GL-2124"]
    assert codes(policy, CitizenFacts(person=False)) == []


# --- intervals ---


def dose(day, programme="dose1", product="武田", **more):
    starts = datetime.combine(day, START.timetz())
    return Standing(programme, "x", starts, starts + timedelta(hours=1), product, **more)


RULE = Interval("dose1", 21, 42, same_product=True)
FIRST = date(2026, 12, 22)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2027, 1, 11), ["GL-2127"]),
        (date(2027, 1, 12), []),
        (date(2027, 2, 2), []),
        (date(2027, 2, 3), ["GL-2128"]),
        (date(2026, 12, 1), ["GL-2127"]),
    ],
)
def test_an_interval_counts_days_in_japan(day, expected):
    assert codes(Policy(interval=RULE), CitizenFacts(history=[dose(FIRST)]), on(day)) == expected


def test_an_interval_over_the_edge_of_a_day():
    late = dose(FIRST)
    late = evolve(late, starts=datetime(2026, 12, 21, 15, 0, tzinfo=UTC))  # 00:00 on the 22nd in Japan
    assert codes(Policy(interval=RULE), CitizenFacts(history=[late])) == []
    before = evolve(late, starts=late.starts - timedelta(microseconds=1))
    reasons = check(Policy(interval=evolve(RULE, most=21)), SLOT, CitizenFacts(history=[before]), NOW)
    assert [reason.code for reason in reasons] == ["GL-2128"]


def test_what_counts_as_the_earlier_event():
    policy = Policy(interval=RULE)
    assert codes(policy, CitizenFacts()) == ["GL-2126"]
    assert codes(Policy(interval=evolve(RULE, required=False)), CitizenFacts()) == []
    assert codes(policy, CitizenFacts(history=[dose(FIRST, "other")])) == ["GL-2126"]
    assert codes(policy, CitizenFacts(history=[dose(FIRST, missed=True)])) == ["GL-2126"]
    came = Policy(interval=evolve(RULE, attended=True))
    assert codes(came, CitizenFacts(history=[dose(FIRST)])) == ["GL-2126"]
    assert codes(came, CitizenFacts(history=[dose(FIRST, attended=True)])) == []
    elsewhere = CitizenFacts(voucher=Voucher("v", earlier=FIRST, product="武田"))
    assert codes(policy, elsewhere) == []
    assert codes(Policy(interval=evolve(RULE, after="")), elsewhere) == []


def test_the_same_product():
    other = dose(FIRST, product="ファイザー")
    reason = check(Policy(interval=RULE), SLOT, CitizenFacts(history=[other]), NOW)[0]
    assert (reason.code, reason.help["product"]) == ("GL-2129", "ファイザー")
    rooms = Policy(interval=RULE, products={"ファイザー": ("武田", "会場B")})
    assert codes(rooms, CitizenFacts(history=[other])) == []
    assert rooms.product("会場B") == "ファイザー"


def test_the_first_day_is_told():
    reason = check(Policy(interval=RULE), on(date(2027, 1, 4)), CitizenFacts(history=[dose(FIRST)]), NOW)[0]
    assert reason.help == {"from": "2027-01-12", "limit": 21}
    assert "1月12日(火)以降" in reason.text


# --- limits ---


def mine(*days, places=1):
    return [dose(day, "p", places=places) for day in days]


@pytest.mark.parametrize(
    ("limit", "days", "slot_day", "refused"),
    [
        (Limit(1, "day"), [date(2027, 1, 12)], date(2027, 1, 12), True),
        (Limit(1, "day"), [date(2027, 1, 11), date(2027, 1, 13)], date(2027, 1, 12), False),
        (Limit(2, "month"), [date(2027, 1, 1), date(2027, 1, 31)], date(2027, 1, 12), True),
        (Limit(2, "month"), [date(2027, 1, 1), date(2026, 12, 31)], date(2027, 1, 12), False),
        (Limit(1, "month"), [date(2026, 1, 12)], date(2027, 1, 12), False),
        (Limit(1, "fiscal_year"), [date(2026, 4, 1)], date(2027, 3, 31), True),
        (Limit(1, "fiscal_year"), [date(2027, 4, 1)], date(2027, 3, 31), False),
        (Limit(2, "programme"), [date(2020, 1, 1), date(2029, 1, 1)], date(2027, 1, 12), True),
        (Limit(1, "rolling", 90), [date(2026, 10, 15)], date(2027, 1, 12), True),
        (Limit(1, "rolling", 90), [date(2026, 10, 14)], date(2027, 1, 12), False),
        (Limit(1, "rolling", 90), [date(2027, 4, 11)], date(2027, 1, 12), True),
        (Limit(1, "rolling", 90), [date(2027, 4, 12)], date(2027, 1, 12), False),
        # two before and two behind never lie in one run of ten days
        (Limit(3, "rolling", 10), [date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 18), date(2027, 1, 19)], date(2027, 1, 12), False),
        (Limit(3, "rolling", 16), [date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 18), date(2027, 1, 19)], date(2027, 1, 12), True),
        (Limit(1, "rolling", 2), [date(2028, 2, 29)], date(2028, 3, 1), True),
        (Limit(1, "rolling", 2), [date(2027, 2, 27)], date(2027, 3, 1), False),
    ],
)  # fmt: skip
def test_limits_in_spans(limit, days, slot_day, refused):
    citizen = CitizenFacts(history=mine(*days), programme="p")
    assert codes(Policy(limits=[limit]), citizen, on(slot_day)) == (["GL-2108"] if refused else [])


def test_limits_count_only_the_programme_and_may_count_places():
    day = date(2027, 1, 12)
    others = CitizenFacts(history=[dose(day, "other")], programme="p")
    assert codes(Policy(limits=[Limit(1, "day")]), others) == []
    places = Policy(limits=[Limit(5, "day", counts="places")])
    assert codes(places, CitizenFacts(2, history=mine(day, places=3), programme="p")) == []
    reason = check(places, SLOT, CitizenFacts(3, history=mine(day, places=3), programme="p"), NOW)[0]
    assert (reason.text, reason.help["remaining"]) == ("予約はお一人1日に5名分までです。", 2)


def said(limit):
    """The words of a limit that is used up."""
    reason = because(f"limit_{limit.per}_{limit.counts}", limit=limit.most, days=limit.days)
    return reason.text.removeprefix("予約はお一人").removesuffix("です。")


def test_limits_in_a_slot_and_the_words_of_each():
    here = evolve(dose(date(2027, 1, 12), "p", places=2), slot="s")
    limit = Limit(4, "slot", counts="places")
    assert used(limit, SLOT, [here, dose(date(2027, 1, 12), "p")]) == 2
    spans = ("slot", "day", "month", "fiscal_year", "rolling", "programme")
    texts = [said(Limit(2, per, 90)) for per in spans]
    assert texts == [
        "1枠に2件まで",
        "1日に2件まで",
        "1か月に2件まで",
        "年度に2件まで",
        "90日間に2件まで",
        "全部で2件まで",
    ]


def test_every_limit_that_is_broken_is_told_and_a_move_counts_the_others():
    day = date(2027, 1, 12)
    policy = Policy(limits=[Limit(1, "day"), Limit(1, "month")])
    citizen = CitizenFacts(history=mine(day), programme="p")
    assert codes(policy, citizen) == ["GL-2108", "GL-2108"]
    moved = check_change(policy, SLOT, on(date(2027, 1, 20)), citizen, NOW)
    assert [reason.help["per"] for reason in moved] == ["month"]
    assert codes(policy, CitizenFacts(history=mine(day), person=False)) == []


# --- questions ---

FEVER = Question("37.5度以上の熱がありますか?", told="検査センター 00-0000 へお電話ください。")
PLACE = Question("会場", stops=["遠方"], choices=["市内", "遠方"])


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({FEVER.text: "いいえ", PLACE.text: "市内"}, []),
        ({FEVER.text: "はい", PLACE.text: "市内"}, ["GL-2131"]),
        ({FEVER.text: "はい", PLACE.text: "遠方"}, ["GL-2131", "GL-2131"]),
        ({FEVER.text: "たぶん", PLACE.text: "市内"}, ["GL-2130"]),
        ({}, ["GL-2130", "GL-2130"]),
    ],
)
def test_answers_that_stop(answers, expected):
    assert [reason.code for reason in answer_reasons([FEVER, PLACE], answers)] == expected
    policy = Policy(questions=[FEVER, PLACE])
    assert codes(policy, CitizenFacts(answers=answers)) == expected
    assert codes(policy, CitizenFacts()) == []


def test_the_stop_says_whom_to_call_and_answers_stay_out_of_reprs():
    reasons = list(answer_reasons([FEVER], {FEVER.text: "はい"}))
    assert reasons[0].text == "検査センター 00-0000 へお電話ください。"
    assert "はい" not in repr(CitizenFacts(answers={FEVER.text: "はい"}))


def test_every_reason_of_every_kind_at_once():
    policy = Policy(
        limits=[Limit(1, "day")],
        who=Who(ages=Ages(65), groups={"福祉"}),
        eligibility=Eligibility(),
        interval=RULE,
        questions=[FEVER],
    )
    citizen = CitizenFacts(
        attributes={"birth_date": "2000-01-01"},
        history=mine(date(2027, 1, 12)),
        programme="p",
        answers={FEVER.text: "はい"},
    )
    wanted = ["GL-2108", "GL-2118", "GL-2120", "GL-2123", "GL-2126", "GL-2131"]
    assert codes(policy, citizen) == wanted
    assert all(reason.text.endswith("。") for reason in check(policy, SLOT, citizen, NOW))
