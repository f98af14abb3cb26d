"""iCalendar files as other programs read them: the `icalendar` package parses, dateutil expands."""

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from icalendar import Calendar

from govline.calendar.garbage import Rule
from govline.calendar.garbage.ics import calendar_ics
from govline.calendar.garbage.plan import DayChange, lay_out

SPAN = (date(2026, 4, 1), date(2027, 3, 31))
STAMP = datetime(2026, 3, 1, tzinfo=UTC)
CELLS = {
    "燃やすごみ": "月 木",
    "資源": "水1 水3:4 5 6 水2",
    "びん": "隔金20260109",
    "埋立": "20260410 20260501",
    "混在": "隔木20260402:5 火 火2 20260404",
}
CLOSED = [(date(2026, 12, 31), date(2027, 1, 3)), (date(2026, 5, 6), date(2026, 5, 6))]
CHANGES = [
    DayChange(date(2026, 12, 31), "moved", moved_to=date(2026, 12, 29)),
    DayChange(date(2026, 4, 11), "extra"),
]


def made(area="東町", town="hinata", closing="drop", cells=CELLS):
    kinds = {}
    for kind, cell in cells.items():
        rule = Rule.parse(cell)
        kinds[kind] = (rule, lay_out(rule, *SPAN, closed=CLOSED, changes=CHANGES, closing=closing).days)
    return kinds, calendar_ics(area, kinds, town=town, first=SPAN[0], last=SPAN[1], stamp=STAMP)


def expanded(event):
    """Days of an event by its own properties."""
    start = event["DTSTART"].dt
    days = {start}
    if "RRULE" in event:
        text = event["RRULE"].to_ical().decode()
        assert start in {
            day.date() for day in rrulestr(text, dtstart=datetime.combine(start, datetime.min.time()))
        }
        days = {day.date() for day in rrulestr(text, dtstart=datetime.combine(start, datetime.min.time()))}
    for name, change in (("RDATE", days.add), ("EXDATE", days.remove)):
        listed = event.get(name, [])
        for group in listed if isinstance(listed, list) else [listed]:
            for each in group.dts:
                change(each.dt)
    return days


@pytest.mark.parametrize("closing", ["drop", "shift"])
def test_another_program_reads_the_same_days(closing):
    kinds, data = made(closing=closing)
    found = {kind: [] for kind in kinds}
    for event in Calendar.from_ical(data).walk("VEVENT"):
        found[str(event["SUMMARY"])] += expanded(event)
    assert {kind: sorted(days) for kind, days in found.items()} == {
        kind: sorted(days) for kind, (_, days) in kinds.items()
    }


def test_form():
    _, data = made(area="高松第一(松島・築地・新塩屋町)花園・新番丁(四番丁)・塩江")
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no character is split
    calendar = Calendar.from_ical(data)
    assert calendar["X-WR-CALNAME"] == "ごみ収集日 高松第一(松島・築地・新塩屋町)花園・新番丁(四番丁)・塩江"
    for event in calendar.walk("VEVENT"):
        assert type(event["DTSTART"].dt) is date
        assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(days=1)
        (alarm,) = event.walk("VALARM")
        assert alarm["TRIGGER"].dt == -timedelta(hours=6)


def test_text_is_escaped():
    label = "びん;かん,紙\\布\n裏"
    _, data = made(cells={label: "月"})
    assert {str(event["SUMMARY"]) for event in Calendar.from_ical(data).walk("VEVENT")} == {label}
    forged = made(cells={"a\r\nBEGIN:VEVENT": "月"})[1]
    assert forged.count(b"\r\nBEGIN:VEVENT") == len(Calendar.from_ical(forged).walk("VEVENT")) == 2


def test_uids_are_unique_and_stay():
    def uids(**given):
        return [str(event["UID"]) for event in Calendar.from_ical(made(**given)[1]).walk("VEVENT")]

    first = uids()
    assert len(set(first)) == len(first)
    assert uids() == first
    assert uids(closing="shift")[0] == first[0]
    assert not set(uids(area="西町")) & set(first)
    assert not set(uids(town="other")) & set(first)
