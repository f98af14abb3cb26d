"""Hours of notices against every kind of quiet time."""

from datetime import datetime, time
from itertools import product

from govline.calendar.garbage.hours import NoticeHours
from govline.calendar.garbage.model import HOURS, Setting
from govline.core.jst import JST
from govline.store.policies import QuietHours


def hours(start, end):
    return NoticeHours(QuietHours(time.fromisoformat(start), time.fromisoformat(end)))


def test_a_town_without_quiet_hours_offers_the_usual_ones():
    assert NoticeHours().offered(1) == (18, 20)
    assert NoticeHours().offered(0) == (6, 7)
    assert NoticeHours().next_quiet(datetime(2026, 1, 1, 12, tzinfo=JST)) is None
    assert hours("08:00", "08:00").allowed(0) == tuple(HOURS[0]), "equal times mean never"


def test_the_default_night_offers_what_is_left():
    night = hours("21:00", "08:00")
    assert night.allowed(1) == (15, 16, 17, 18, 19, 20)
    assert night.offered(0) == (8, 9)
    assert night.fitting(Setting("東", hour=22)).hour == 20
    assert night.fitting(Setting("東", days_before=0, hour=4)).hour == 8
    assert night.asked(1, 18, 20) == (18, 22)
    assert night.asked(0, 6, 8) == (4, 8)
    assert night.asked(0, 18, 20) is None
    assert night.next_quiet(datetime(2026, 1, 1, 20, 1, tzinfo=JST)) == datetime(2026, 1, 1, 21, tzinfo=JST)


def test_half_hours_and_a_quiet_afternoon():
    assert hours("21:30", "06:30").allowed(1)[-1] == 21
    assert hours("21:30", "06:30").allowed(0)[0] == 7
    afternoon = hours("12:00", "17:30")
    assert afternoon.allowed(1) == (18, 19, 20, 21, 22)
    assert afternoon.told_at(1, 15) == 18
    assert afternoon.told_at(0, 6) == 6


def test_a_town_that_is_always_quiet_holds_everything():
    silent = hours("04:00", "23:00")
    assert silent.allowed(1) == silent.offered(0) == ()
    assert silent.told_at(1, 18) is None
    assert silent.fitting(Setting("東")) == Setting("東")


def test_every_hour_is_asked_for_at_exactly_one_told_hour():
    for begin, end in product(range(24), repeat=2):
        town = NoticeHours(QuietHours(time(begin), time(end)))
        for lead in HOURS:
            told = [found for hour in range(24) if (found := town.asked(lead, hour, hour))]
            covered = [hour for first, last in told for hour in range(first, last + 1)]
            assert covered == (list(HOURS[lead]) if town.allowed(lead) else []), (begin, end)
