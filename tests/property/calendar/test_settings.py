"""Whatever a clerk writes is read or refused with a place and a remedy, and what was read can be planned and examined."""

from copy import deepcopy
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.calendar import parse, plan
from govline.calendar.preflight import TownFacts, preflight
from govline.core.holidays import HolidayCalendar
from govline.core.jst import JST
from govline.errors import DefinitionError

NOW = datetime(2026, 11, 20, 9, tzinfo=JST)
DAYS = HolidayCalendar.official().with_year_end()
TOWN = TownFacts(
    DAYS.is_business_day,
    DAYS.is_holiday,
    HolidayCalendar.LAST_DAY,
    ["p", "dose1"],
    ["birth_date"],
    {"A": 3, "": 2},
    reach={"p": (date(2026, 12, 1), date(2027, 1, 31)), "dose1": (date.min, date(2027, 3, 31))},
    entries={(None, None): 3, (date(2026, 12, 1), date(2026, 12, 31)): 2},
)
FULL = {
    "programme": "p",
    "label": "接種",
    "capacity": 3,
    "minutes": 30,
    "slots": [
        {"dates": ["2026-12-01/2027-01-31", "2027-02-28"], "times": ["9:00-10:00", "22:00-25:00"], "weekdays": "月〜金"},
        {"rolling": 30, "times": "13:00", "capacity": 1, "name": "B"},
    ],
    "editions": [{"from": "2027-01-15", "slots": [{"dates": "2027-01-15/2027-01-31", "times": "10:00"}]}],
    "closed": "2026-12-29/2027-01-03",
    "closed_on_holidays": True,
    "remind": ["前日 18:00", "2時間前"],
    "pools": [{"name": "在庫", "capacity": 5, "per": "day", "slots": ["B"]}],
    "parts": {"B": ["C"]},
    "fees": {"amount": 500, "per": "hour", "slots": "B"},
    "linked": {"to": "dose1", "least_days": 21, "most_days": 42},
    "policy": {
        "opens": "2026-11-25 9:00",
        "closes": "2027-01-20",
        "opens_days_before": 30,
        "opens_month_before": "前月1日 9:00",
        "windows": [{"name": "先行", "cohort": "A", "opens": "2026-11-24 9:00"}],
        "who": {"age": "65歳以上", "attributes": {"ward": ["m"], "children": {"least": 1}}},
        "book_until": "3営業日前 17:00",
        "cancel_until": "当日 8:30",
        "limits": ["1日1件", "90日間に2名分"],
        "eligibility": {"name": "券", "number": "10桁", "guesses": {"most": 3}},
        "interval": {"after": "dose1", "days": "21日から42日"},
        "questions": [{"ask": "熱は?", "stop": "はい"}],
        "pay_by": "3日前 23:59",
    },
}  # fmt: skip


def paths(value, here=()):
    """The place of every value, at whatever depth."""
    yield here
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from paths(inner, (*here, key))


WRITTEN = [
    "", " ", "9:00", "25:00", "２４時", "0", "-1", "1.5", "毎日", "祝日", "当日 8:30", "1000日前", "1001日前", "999週間前", "0営業日前", "65歳",
    "151歳以上", "2027-02-29", "2026-12-01/2026-11-01", "2026-12-01/2031-01-01", "9999-12-31", "0001-01-01", "全部で1件", "0日間に1件", "10桁", "99桁", "[", "B", "C", "p",
]  # fmt: skip
junk = (
    st.sampled_from(WRITTEN)
    | st.none()
    | st.booleans()
    | st.integers(-5, 2**70)
    | st.floats()
    | st.text(max_size=6)
    | st.dates()
    | st.datetimes()
    | st.just([])
    | st.just({})
    | st.lists(st.sampled_from(WRITTEN), max_size=2)
)


def replaced(path, value):
    """The full programme with another value in one place."""
    data = deepcopy(FULL)
    if not path:
        return data
    *way, last = path
    there = data
    for key in way:
        there = there[key]
    there[last] = value
    return data


def read_or_refused(data):
    try:
        return parse(data)
    except DefinitionError as error:
        return error


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(list(paths(FULL))), junk)
def test_any_value_in_any_place_is_read_or_refused(path, value):
    read = read_or_refused(replaced(path, value))
    if isinstance(read, DefinitionError):
        assert (read.code, bool(read.hint), "key" in read.place) == ("GL-2010", True, True)
        return
    programme = read
    slots = plan(programme, date(2026, 11, 20), holiday=TOWN.holiday)
    assert all(timedelta() < slot.ends - slot.starts <= timedelta(days=1) for slot in slots)
    for finding in preflight(programme, NOW, TOWN):
        assert finding.text.endswith("。")
        assert finding.remedy


def test_the_full_programme_is_read():
    assert parse(FULL).id == "p"
