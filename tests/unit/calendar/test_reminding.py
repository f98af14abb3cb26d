"""When reminders are due: several of them, none at night, none that comes too late."""

from datetime import UTC, datetime, time, timedelta

from govline.calendar import Reminder
from govline.calendar.reminding import reminders_ahead
from govline.core.jst import JST
from govline.store.policies import QuietHours

NIGHT = QuietHours(time(21), time(6))


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=JST)


def ahead(*reminders, starts, now=datetime(2026, 11, 1, tzinfo=UTC), quiet=NIGHT):
    return reminders_ahead(reminders, starts, now, quiet)


def test_several_before_one_slot():
    found = ahead(Reminder(7, time(9)), Reminder(1, time(18)), Reminder(hours_before=2), starts=at(24, 10))
    assert found == {0: at(17, 9), 1: at(23, 18), 2: at(24, 8)}


def test_those_whose_time_has_passed_are_left_out():
    reminders = Reminder(1, time(18)), Reminder(hours_before=2)
    assert ahead(*reminders, starts=at(24, 10), now=at(23, 18)) == {1: at(24, 8)}
    assert ahead(*reminders, starts=at(24, 10), now=at(24, 8)) == {}


def test_quiet_hours_put_off_to_the_morning():
    assert ahead(Reminder(1, time(22)), starts=at(24, 10)) == {0: at(24, 6)}
    assert ahead(Reminder(hours_before=3), starts=at(24, 8)) == {0: at(24, 6)}


def test_before_the_night_where_the_morning_is_too_late():
    assert ahead(Reminder(hours_before=1), starts=at(24, 6)) == {0: at(23, 21) - timedelta(minutes=1)}
    assert ahead(Reminder(hours_before=1), starts=at(24, 6), quiet=None) == {0: at(24, 5)}


def test_two_at_one_instant_are_one():
    assert ahead(Reminder(1, time(22)), Reminder(1, time(23)), starts=at(24, 10)) == {0: at(24, 6)}
