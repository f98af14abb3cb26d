"""When staff can be asked: office hours, weekends, holidays and the turn of the year."""

from datetime import datetime

import pytest
from pydantic import ValidationError

from govline.calendar.office import OfficeConfig
from govline.core.holidays import HolidayCalendar
from govline.core.jst import JST

BUSINESS = HolidayCalendar.official().is_business_day
OFFICE = OfficeConfig.model_validate(
    {"hours": ["8:30-12:00", "13:00-17:15"], "closed": "2026-12-29/2027-01-03"}
).office()


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("now", "there", "opens"),
    [
        ("2026-11-20 08:29", False, "2026-11-20 08:30"),
        ("2026-11-20 08:30", True, "2026-11-20 13:00"),
        ("2026-11-20 12:00", False, "2026-11-20 13:00"),
        ("2026-11-20 17:15", False, "2026-11-24 08:30"),  # a weekend and 勤労感謝の日
        ("2026-11-23 10:00", False, "2026-11-24 08:30"),
        ("2026-12-28 20:00", False, "2027-01-04 08:30"),
    ],
)
def test_hours(now, there, opens):
    assert OFFICE.is_open(at(now), BUSINESS) is there
    assert OFFICE.next_opening(at(now), BUSINESS) == at(opens)


def test_an_office_that_never_opens():
    assert OFFICE.next_opening(at("2026-11-20 09:00"), lambda _: False) is None
    assert OFFICE.text == "8:30〜12:00、13:00〜17:15"


@pytest.mark.parametrize("hours", ["8:30", "17:00-8:30", []])
def test_hours_that_cannot_be(hours):
    with pytest.raises(ValidationError):
        OfficeConfig.model_validate({"hours": hours})
