"""Bookings as other calendars read them: the `icalendar` package parses what we write."""

from datetime import UTC, datetime, time, timedelta

import pytest
from attrs import evolve
from icalendar import Calendar as Ical

from govline.calendar import Booking, BookingState, Reminder
from govline.calendar.ics import Taken, booking_ics, day_ics, escaped, folded

STARTS = datetime(2026, 11, 24, 1, tzinfo=UTC)
STAMP = datetime(2026, 11, 20, tzinfo=UTC)
BOOKING = Booking("b1", "s1", "copal", "citizen-1", 2, BookingState.CONFIRMED, STARTS)
TAKEN = Taken(
    BOOKING,
    "集団接種(第1回); 会場, 本庁",
    STARTS + timedelta(minutes=30),
    "保健センター\n2階 " + "広間" * 40,
    reminders=[Reminder(1, time(18)), Reminder(hours_before=2)],
)


def event_of(data):
    (event,) = Ical.from_ical(data).walk("VEVENT")
    return event


def test_another_program_reads_the_booking():
    data = booking_ics(TAKEN, town="hinata", stamp=STAMP)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    calendar = Ical.from_ical(data)
    event = event_of(data)
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("PUBLISH", "CONFIRMED", 0)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (STARTS, TAKEN.ends)
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == (TAKEN.title, TAKEN.room)
    assert [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")] == [
        timedelta(hours=-16),
        timedelta(hours=-2),
    ]
    assert b"citizen-1" not in data


def test_a_newer_file_replaces_and_a_cancelled_one_removes():
    first = event_of(booking_ics(TAKEN, town="hinata", stamp=STAMP))
    moved = evolve(TAKEN, booking=evolve(BOOKING, starts=STARTS + timedelta(days=1)), sequence=1)
    later = event_of(booking_ics(moved, town="hinata", stamp=STAMP))
    gone = booking_ics(
        evolve(TAKEN, booking=evolve(BOOKING, state="cancelled"), sequence=2), town="hinata", stamp=STAMP
    )
    assert first["UID"] == later["UID"] == event_of(gone)["UID"]
    assert first["UID"] != event_of(booking_ics(TAKEN, town="other", stamp=STAMP))["UID"]
    assert [each["SEQUENCE"] for each in (first, later, event_of(gone))] == [0, 1, 2]
    assert (Ical.from_ical(gone)["METHOD"], event_of(gone)["STATUS"]) == ("CANCEL", "CANCELLED")
    assert not event_of(gone).walk("VALARM")


def test_a_day_for_staff_names_nobody():
    slots = [
        (f"s{n}", STARTS + timedelta(hours=n), STARTS + timedelta(hours=n + 1), "1番", n, 5) for n in range(3)
    ]
    events = Ical.from_ical(day_ics("窓口", slots, town="hinata", stamp=STAMP)).walk("VEVENT")
    assert [str(each["SUMMARY"]) for each in events] == ["窓口 予約0/5", "窓口 予約1/5", "窓口 予約2/5"]
    assert len({str(each["UID"]) for each in events}) == 3


@pytest.mark.parametrize("text", ["あ" * 100, "a" * 74 + "𠮷" * 20, "", "x" * 75, "x" * 76])
def test_folding_never_splits_a_character(text):
    lines = folded(text).removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert "".join(line.decode().removeprefix(" ") for line in lines) == text


def test_escaping():
    assert escaped("a\\b;c,d\ne\rf") == "a\\\\b\\;c\\,d\\ne f"
