"""The linter before reception opens: one fault, one finding, with its key; a sound programme has none."""

from datetime import date, datetime, time, timedelta

import pytest
from attrs import evolve

from govline.calendar import CutOff, Policy, Programme, parse
from govline.calendar.model import PoolRule, SlotRule
from govline.calendar.preflight import Finding, TownFacts, placed, preflight
from govline.calendar.terms import Ages, Eligibility, Interval, Who, Window
from govline.core.holidays import HolidayCalendar
from govline.core.jst import JST

NOW = datetime(2026, 11, 20, 9, tzinfo=JST)
OFFICIAL = HolidayCalendar.official()
TOWN = TownFacts(OFFICIAL.is_business_day, OFFICIAL.is_holiday, HolidayCalendar.LAST_DAY)
BASE = {
    "programme": "flu",
    "capacity": 20,
    "slots": [{"dates": "2027-01-05/2027-01-29", "weekdays": "月火水木金", "times": ["10:00", "13:00"]}],
}


def at(day, hour=9, month=12, year=2026):
    return datetime(year, month, day, hour, tzinfo=JST)


def found(programme, facts=TOWN, now=NOW):
    return [(each.code, each.level, each.key) for each in preflight(programme, now, facts)]


def programme(terms=None, **more):
    made = parse({**BASE, **more})
    return made if terms is None else evolve(made, policy=terms)


def test_a_sound_programme_has_no_finding():
    assert found(programme()) == []
    staged = Policy(
        opens=at(10), windows=[Window("75歳以上", Who(ages=Ages(75)), opens=at(1))], book=CutOff(days=1)
    )
    assert found(programme(staged)) == []
    assert found(programme(slots=[{"rolling": 30, "times": "9:00"}])) == []
    assert found(Programme("by_code")) == []


SLOTS = "slots"
DATES = [
    (
        {"slots": [{"dates": "2026-11-28/2026-11-29", "weekdays": "月", "times": "9:00"}]},
        ("GL-2201", "error", SLOTS),
    ),
    ({"closed": "2027-01-01/2027-01-31"}, ("GL-2201", "error", SLOTS)),
    ({"slots": [{"dates": "2026-11-10", "times": "9:00"}]}, ("GL-2202", "error", SLOTS)),
    ({"slots": [{"dates": "2026-11-20", "times": "9:00"}]}, ("GL-2202", "error", SLOTS)),
    ({"slots": [{"dates": "2026-12-25", "times": "9:00"}]}, ("GL-2203", "warning", SLOTS)),
]


@pytest.mark.parametrize(("more", "expected"), DATES)
def test_dates(more, expected):
    assert found(programme(**more)) == [expected]


def test_dates_run_out_within_the_weeks_asked_for():
    last = programme(slots=[{"dates": "2027-01-01", "times": "9:00"}])
    assert found(last) == []  # 42 days ahead
    assert found(last, evolve(TOWN, weeks=7)) == [("GL-2203", "warning", "slots")]
    assert found(last, now=NOW + timedelta(days=1)) == [("GL-2203", "warning", "slots")]


def test_a_holiday_table_that_ends_too_soon():
    facts = evolve(TOWN, holidays_until=date(2026, 12, 31))
    assert found(programme(closed_on_holidays=True), facts) == [("GL-2211", "error", "closed_on_holidays")]
    assert found(programme(Policy(cancel=CutOff(business_days=1))), facts)[0][0] == "GL-2211"
    assert found(programme(), facts) == []
    far = SlotRule([(time(9), time(10))], 1, [(date(2100, 1, 5), date(2100, 1, 5))])
    assert found(Programme("p", rules=[far], closed_on_holidays=True)) == [
        ("GL-2211", "error", "closed_on_holidays")
    ]


WINDOWS = [
    (Policy(opens=at(10), closes=at(10)), [("GL-2205", "error", "policy.closes"), ("GL-2204", "error", "policy.closes")]),
    (Policy(closes=at(1, month=11)), [("GL-2207", "error", "policy.closes")]),
    (Policy(closes=at(20, month=11)), [("GL-2207", "error", "policy.closes")]),
    (Policy(windows=[Window("A", Who(groups={"A"}), opens=at(10), closes=at(9))]), [("GL-2204", "error", "policy.windows.0")]),
    (Policy(opens=at(1), windows=[Window("A", Who(groups={"A"}), opens=at(7))]), [("GL-2219", "warning", "policy.windows.0")]),
    (Policy(opens=at(5)), [("GL-2212", "warning", "policy.opens")]),  # a Saturday
    (Policy(opens=at(23, month=11)), [("GL-2212", "warning", "policy.opens")]),  # a national holiday
    (Policy(opens=at(10, 0)), [("GL-2212", "warning", "policy.opens")]),
    (Policy(opens=at(10, 22)), [("GL-2212", "warning", "policy.opens")]),
    (Policy(opens=at(10, 21)), []),
    (Policy(opens=at(10, 7)), []),
    (Policy(windows=[Window("A", Who(groups={"A"}), opens=at(6))]), [("GL-2212", "warning", "policy.windows.0.opens")]),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "expected"), WINDOWS)
def test_windows(policy, expected):
    assert found(programme(policy)) == expected


def test_slots_outside_the_reception_and_cut_offs_that_leave_none():
    january = Policy(opens_days_before=7, closes=at(12, month=1, year=2027))
    (outside,) = preflight(programme(january), NOW, TOWN)
    assert (outside.code, outside.level, outside.key) == ("GL-2205", "warning", "policy.closes")
    assert "最初は1月20日(水) 10:00" in outside.text
    late = Policy(opens=at(15, month=1, year=2027), book=CutOff(business_days=20))
    assert found(programme(late)) == [("GL-2206", "error", "policy.book_until")]
    some = Policy(opens=at(18, month=1, year=2027), book=CutOff(business_days=3))
    assert ("GL-2206", "warning", "policy.book_until") in found(programme(some))
    never = Policy(opens_days_before=7, cancel=CutOff(days=8))
    assert found(programme(never)) == [("GL-2208", "warning", "policy.cancel_until")]
    assert found(programme(evolve(never, cancel=CutOff(days=6)))) == []
    fixed = Policy(opens=at(8, month=1, year=2027), cancel=CutOff(days=5))
    (told,) = preflight(
        programme(fixed, slots=[{"dates": "2027-01-08/2027-01-29", "times": "10:00"}]), NOW, TOWN
    )
    assert told.code == "GL-2208"
    assert "枠が5件あります(最初は1月8日(金) 10:00)" in told.text  # those of the 13th until the 8th is over


MONTHLY = "2か月前の5日 12:00"
LEGITIMATE = {
    "late bookings cannot be cancelled": {"book_until": "1時間前", "cancel_until": "前日 17:00"},
    "a week to cancel, half an hour to book": {"book_until": "30分前", "cancel_until": "1週間前"},
    "first come by the month": {
        "opens_month_before": MONTHLY,
        "book_until": "3営業日前 17:00",
        "cancel_until": "7日前",
    },
    "groups, residents, everybody": {
        "opens_month_before": "1か月前の1日 9:00",
        "windows": [
            {"name": "優先団体", "group": "福祉", "opens_month_before": "3か月前の1日 9:00"},
            {"name": "市民", "attributes": {"resident": True}, "opens_month_before": "2か月前の1日 9:00"},
        ],
        "cancel_until": "3日前",
    },
    "by age, and one window is over": {
        "opens": "2026-11-24 9:00",
        "closes": "2027-01-28",
        "windows": [
            {"name": "75歳以上", "age": "75歳以上", "opens": "2026-11-02 9:00", "closes": "2026-11-15"}
        ],
    },
    "sixty days ahead": {"opens_days_before": 60, "book_until": "前日", "cancel_until": "2日前"},
    "counted": {"limits": ["1日1件", "1か月に4件", "年度に10件"], "limit": 3, "opens_days_before": 30},
    "began on a Sunday": {"opens": "2026-11-15 0:00"},
}


@pytest.mark.parametrize("policy", LEGITIMATE.values(), ids=LEGITIMATE)
def test_what_towns_really_do_is_no_finding(policy):
    assert found(programme(policy=policy)) == []


def test_rooms_of_different_sizes_take_parties_of_different_sizes():
    rooms = [
        {**BASE["slots"][0], "capacity": size, "name": name}
        for name, size in (("会議室", 10), ("ホール", 300))
    ]
    assert found(programme(slots=rooms, policy={"max_party": 300})) == []
    assert found(programme(slots=rooms, policy={"max_party": 301})) == [
        ("GL-2220", "warning", "policy.max_party")
    ]


def test_places_are_compared_with_those_who_still_need_one():
    policy, facts = Policy(eligibility=Eligibility()), evolve(TOWN, cohorts={"": 800})
    assert found(programme(policy), facts) == [("GL-2213", "warning", "slots")]
    assert found(programme(policy), evolve(facts, booked=100)) == []
    rolling = evolve(programme(slots=[{"rolling": 30, "times": "9:00"}]), policy=policy)
    assert found(rolling, facts) == []


ROOMS = [
    ({"pools": [{"name": "在庫", "capacity": 0}]}, ("GL-2214", "error", "pools.0.capacity")),
    ({"pools": [{"name": "在庫", "capacity": 19}]}, ("GL-2214", "warning", "pools.0.capacity")),
    ({"policy": {"max_party": 21}}, ("GL-2220", "warning", "policy.max_party")),
    ({"slots": BASE["slots"] * 2}, ("GL-2221", "warning", "slots")),
]


@pytest.mark.parametrize(("more", "expected"), ROOMS)
def test_places(more, expected):
    assert found(programme(**more)) == [expected]


def test_rooms_without_a_name_and_parts_that_nobody_books():
    rule = SlotRule(
        [(at(1).time(), at(1, 10).time())], 1, [(date(2027, 1, 5), date(2027, 1, 29))], name="全面"
    )
    hall = Programme("hall", rules=[rule], parts={"全面": ("A", "B")}, per_group=True)
    assert found(hall) == [("GL-2215", "warning", "parts.全面")] * 2
    named = evolve(hall, rules=[rule, *(evolve(rule, name=name) for name in "AB")])
    assert found(named) == []
    unnamed = evolve(hall, rules=[*named.rules, evolve(rule, name="")])
    assert found(unnamed) == [("GL-2215", "error", "slots")]
    small = evolve(named, pools=[PoolRule("鍵", 1, "time", {"A"}, per_place=False)])
    assert found(small) == []


def listed(policy, **cohorts):
    policy = evolve(policy, eligibility=Eligibility())
    return found(programme(policy), evolve(TOWN, cohorts=cohorts))


def test_rows_of_the_list_that_nobody_lets_in():
    windows = [Window("第1回", Who(cohorts={"A"}), opens=at(1))]
    error, warning = "policy.windows", "policy.windows"
    assert listed(Policy(windows=windows), A=5) == []
    assert listed(Policy(windows=windows), A=5, B=2) == [("GL-2210", "error", error)]
    assert listed(Policy(windows=windows), B=2) == [
        ("GL-2210", "error", error),
        ("GL-2216", "warning", warning),
    ]
    assert listed(Policy(opens=at(10), windows=windows), A=5, B=2) == []
    assert listed(Policy(who=Who(cohorts={"A"})), A=5, B=2) == [("GL-2210", "error", error)]
    assert listed(Policy(), A=800) == [("GL-2213", "warning", "slots")]
    assert listed(Policy()) == [("GL-2209", "error", "policy.eligibility")]
    assert found(programme(Policy(eligibility=Eligibility()))) == []


def test_cohorts_without_a_list():
    policy = Policy(windows=[Window("第1回", Who(cohorts={"A"}), opens=at(1))])
    assert found(programme(policy)) == [("GL-2209", "error", "policy.windows")]


def test_names_that_are_not_there():
    facts = evolve(TOWN, programmes={"flu"}, attributes={"ward"})
    assert found(programme(Policy(interval=Interval("dose1", 21))), facts) == [
        ("GL-2218", "error", "policy.interval.after")
    ]
    assert found(programme(Policy(interval=Interval())), facts) == [("GL-2218", "error", "policy.interval")]
    assert found(programme(Policy(who=Who(ages=Ages(65)))), facts) == [("GL-2217", "error", "policy.who")]


def test_a_calendar_that_rolls_on_is_not_blamed_for_slots_that_are_too_near_by_now():
    near = Policy(opens_days_before=60, book=CutOff(business_days=2), cancel=CutOff(business_days=2))
    rolling = programme(near, slots=[{"rolling": 90, "times": ["9:00"]}])
    assert found(rolling) == []
    assert found(evolve(rolling, policy=evolve(near, opens_days_before=None))) == []
    assert found(evolve(rolling, policy=evolve(near, opens_days_before=2))) == [
        ("GL-2206", "warning", "policy.book_until")
    ]


def test_a_cut_off_on_the_day_itself_may_lie_behind_the_start():
    assert (
        found(programme(Policy(book=CutOff(at=time(12))))) == []
    )  # the slots at 10:00 can be booked and cancelled until 10:00
    assert found(programme(Policy(cancel=CutOff(at=time(12))))) == []


def test_a_calendar_of_which_nothing_can_be_booked_any_more():
    over = programme(Policy(book=CutOff(days=71)))
    assert ("GL-2206", "warning", "policy.book_until") in found(over)
    assert (
        found(programme(Policy(book=CutOff(days=70), cancel=CutOff(days=70)))) == []
    )  # the last slot is 70 days ahead


def test_a_window_that_opens_after_the_cut_off_never_opens():
    late = at(28, month=1, year=2027)
    policy = Policy(
        opens=at(1),
        windows=[Window("A", Who(groups={"A"}), opens=late)],
        book=CutOff(days=2),
        cancel=CutOff(days=2),
    )
    assert ("GL-2204", "error", "policy.windows.0") in found(programme(policy))


def test_rules_that_overlap():
    twice = [
        {"dates": "2027-01-05/2027-01-29", "times": "10:00-11:00"},
        {"dates": "2027-01-20/2027-01-22", "times": "10:00-12:00"},
    ]
    (finding,) = preflight(programme(slots=twice), NOW, TOWN)
    assert (finding.code, finding.level) == ("GL-2221", "warning")
    assert "3枠、最初は1月20日(水) 10:00" in finding.text
    twice[1]["name"] = "B"
    assert found(programme(slots=twice)) == []
    later = [{"from": "2027-01-20", "slots": [{"dates": "2027-01-20/2027-01-29", "times": "10:00"}]}]
    assert found(programme(editions=later)) == []


def test_nobody_gets_a_place():
    assert found(programme(capacity=0)) == [("GL-2214", "error", "capacity")]


JANUARY = (date(2027, 1, 5), date(2027, 1, 29))


@pytest.mark.parametrize(
    ("interval", "reach", "wrong"),
    [
        (Interval("dose1", 21), {"dose1": (date(2026, 12, 1), date(2026, 12, 20))}, False),
        (
            Interval("dose1", 21, 42),
            {"dose1": (date(2026, 11, 1), date(2026, 11, 24))},
            False,
        ),  # the 42nd day is 5 January
        (Interval("dose1", 21, 42), {"dose1": (date(2026, 11, 1), date(2026, 11, 23))}, True),
        (Interval("dose1", 21), {"dose1": (date(2027, 1, 8), date(2027, 2, 20))}, False),
        (Interval("dose1", 21), {"dose1": (date(2027, 1, 9), date(2027, 2, 20))}, True),
        (Interval("dose1", 21, 42), {"dose1": (date.min, date.max)}, False),
        (Interval("flu", 90), {"flu": JANUARY}, True),
        (Interval("flu", 90, required=False), {"flu": JANUARY}, False),
        (Interval("dose1", 21), {}, False),
    ],
)
def test_an_interval_that_no_slot_keeps(interval, reach, wrong):
    expected = [("GL-2222", "error", "policy.interval")] if wrong else []
    assert found(programme(Policy(interval=interval)), evolve(TOWN, reach=reach)) == expected


def test_an_interval_after_what_the_list_says_is_left_to_the_list():
    policy = Policy(interval=Interval("flu", 90), eligibility=Eligibility())
    assert found(programme(policy), evolve(TOWN, reach={"flu": JANUARY})) == []


@pytest.mark.parametrize(
    ("linked", "reach", "codes"),
    [
        ({"to": "dose2", "least_days": 21}, {"dose2": (date(2027, 1, 1), date(2027, 1, 26))}, []),
        ({"to": "dose2", "least_days": 21}, {"dose2": (date(2027, 1, 1), date(2027, 1, 25))}, ["GL-2222"]),
        ({"to": "dose2", "most_days": 7}, {"dose2": (date(2027, 2, 5), date(2027, 3, 1))}, []),
        ({"to": "dose2", "most_days": 7}, {"dose2": (date(2027, 2, 6), date(2027, 3, 1))}, ["GL-2222"]),
        ({"least_days": 24}, {"flu": JANUARY}, []),
        ({"least_days": 25}, {"flu": JANUARY}, ["GL-2222"]),
        ({"to": "dose2"}, {"flu": JANUARY}, ["GL-2218"]),
    ],
)
def test_a_link_that_no_pair_keeps(linked, reach, codes):
    assert [code for code, _, _ in found(programme(linked=linked), evolve(TOWN, reach=reach))] == codes


@pytest.mark.parametrize(
    ("to", "policy", "faults"),
    [
        ("", Policy(limit=1), [("GL-2222", "error", "policy.limit")]),
        ("flu", Policy(limit=1), [("GL-2222", "error", "policy.limit")]),
        ("", Policy(limit=2), []),
        ("dose2", Policy(limit=1), []),
        ("", Policy(eligibility=Eligibility()), [("GL-2222", "warning", "policy.eligibility")]),
    ],
)
def test_a_pair_that_one_person_cannot_have(to, policy, faults):
    reach = {"flu": JANUARY, "dose2": JANUARY}
    linked = {"least_days": 7} | ({"to": to} if to else {})
    assert found(programme(policy, linked=linked), evolve(TOWN, reach=reach)) == faults


@pytest.mark.parametrize(
    ("entry", "interval", "wrong"),
    [
        ((None, None), None, False),
        ((None, date(2027, 1, 5)), None, False),
        ((None, date(2027, 1, 4)), None, True),
        ((date(2026, 10, 1), None), None, False),
        ((date(2026, 10, 1), None), Interval(least=120), False),  # 29 January
        ((date(2026, 10, 2), None), Interval(least=120), True),
        ((date(2026, 11, 24), None), Interval(most=42), False),
        ((date(2026, 11, 23), None), Interval(most=42), True),
        ((date(2026, 12, 20), date(2027, 1, 10)), Interval(least=21), True),  # 10 January is a Sunday
        ((date(2026, 12, 20), date(2027, 1, 11)), Interval(least=21), False),
    ],
)
def test_rows_of_the_list_that_no_slot_is_for(entry, interval, wrong):
    facts = evolve(TOWN, cohorts={"": 8}, entries={(None, None): 5, entry: 3})
    policy = Policy(eligibility=Eligibility(), interval=interval)
    got = preflight(programme(policy), NOW, facts)
    assert [(each.code, each.level, each.key) for each in got] == (
        [("GL-2223", "warning", "policy.eligibility")] if wrong else []
    )
    assert all("3件" in each.text for each in got)


def test_errors_come_first_and_a_finding_tells_its_place():
    policy = Policy(opens=at(5), windows=[Window("A", Who(groups={"A"}), opens=at(10), closes=at(9))])
    assert [each.level for each in preflight(programme(policy), NOW, TOWN)] == ["error", "warning"]
    finding = placed(Finding("GL-2201", "error", "文", "対処", "flu", "slots"), "flu.yaml", len)
    assert finding.to_json() == {
        "code": "GL-2201", "level": "error", "text": "文", "remedy": "対処", "programme": "flu", "key": "slots", "file": "flu.yaml", "line": 5,
    }  # fmt: skip


def test_every_text_is_a_sentence_for_staff():
    for more, _ in [*DATES, *ROOMS]:
        for each in preflight(programme(**more), NOW, TOWN):
            assert each.text.endswith("。")
            assert each.remedy


def test_two_slots_of_many_places_in_one_room():
    hall = {"parts": {"全面": ["A面"]}, "capacity": 1}
    slots = [{"dates": "2026-12-01", "times": ["9:00-10:00"], "name": name} for name in ("全面", "A面")]
    many = [{**slots[0], "capacity": 30}, {**slots[1], "capacity": 20}]
    assert ("GL-2224", "warning", "slots") in found(programme(**hall, slots=many))
    one_is_whole = found(programme(**hall, slots=[slots[0], many[1]]))
    assert "GL-2224" not in {code for code, *_ in one_is_whole}
