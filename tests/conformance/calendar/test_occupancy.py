"""How full a month is: figures from the rows, a picture that says them in words, the command; plans that do not scan the bookings."""

import csv
import io
import json
import shutil
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from govline.calendar import Calendar, CalendarFeature, parse
from govline.calendar import _queries as q
from govline.calendar._queries import views
from govline.calendar._queries.holds import HOLDS_IN_THE_WAY, HOLDS_OF
from govline.calendar.occupancy import Use, heat_csv
from govline.calendar.occupancy_picture import heat_svg
from govline.calendar.occupancy_reader import OCCUPANCY_COMMAND, month_of, occupancy, progress
from govline.city import City
from govline.core import Actor

WRITTEN = {
    "programme": "hall",
    "label": "公民館 <本館>",
    "capacity": 2,
    "slots": [
        {"dates": "2026-12-01/2026-12-25", "times": ["9:00-12:00", "13:00-17:00"], "name": name}
        for name in ("A", "B")
    ],
}
FIRST, LAST = month_of("2026-12")


@pytest.fixture
def calendar(any_db, clock):
    clock.set(datetime(2026, 11, 30, tzinfo=UTC))
    any_db.migrate(["govline.delivery.migrations", "govline.calendar.migrations"])
    calendar = Calendar([parse(WRITTEN)])
    any_db.run(calendar.prepare)
    slots = any_db.read(lambda tx: calendar.slots(tx, "hall"))
    for slot in slots[:4]:
        any_db.run(lambda tx, s=slot: calendar.book(tx, s.id, None, party=2, key=s.id))
    any_db.run(lambda tx: calendar.book(tx, slots[4].id, None, key="one"))
    return calendar


def test_figures_by_time_and_by_place(any_db, calendar):
    heat = any_db.read(lambda tx: occupancy(tx, calendar, "hall", FIRST, LAST))
    assert heat.rows == ("9:00", "13:00")
    assert (heat.days[0], heat.days[-1]) == (date(2026, 12, 1), date(2026, 12, 25))
    assert heat.total == Use(200, 9)
    assert heat.cells["9:00", date(2026, 12, 1)] == Use(4, 4)
    assert heat.of_day(date(2026, 12, 1)).percent == 100
    places = any_db.read(lambda tx: occupancy(tx, calendar, "hall", FIRST, LAST, by="place"))
    assert places.rows == ("A", "B")
    assert places.total == heat.total
    rows = list(csv.reader(io.StringIO(heat_csv(heat))))
    assert rows[1] == ["2026-12-01", "9:00", "4", "4", "100"]
    assert len(rows) == 51


def test_a_hundred_per_cent_is_full_and_nothing_less():
    assert [Use(3, n).percent for n in range(5)] == [0, 33, 66, 100, 100]
    assert Use(1_000, 999).percent == 99
    assert Use(0, 2).percent == 0  # closed, with two who still stand in it


def test_progress_tells_who_came(any_db, calendar, clock):
    slots = any_db.read(lambda tx: calendar.slots(tx, "hall"))
    came = any_db.run(lambda tx: calendar.book(tx, slots[5].id, "a", key="came"))
    clock.set(datetime(2026, 12, 2, 0, 30, tzinfo=UTC))
    staff = Actor("staff", "s1", "counter")
    any_db.run(lambda tx: calendar.counter.arrive(tx, came.id, key="here"), actor=staff)
    found = any_db.read(lambda tx: progress(tx, calendar, "hall", FIRST, LAST))
    assert (found.use.capacity, found.use.booked, found.free) == (200, 10, 190)
    assert found.bookings == {"attended": 1, "confirmed": 5}


def test_the_picture_is_read_as_well_as_seen(any_db, calendar):
    svg = heat_svg(any_db.read(lambda tx: occupancy(tx, calendar, "hall", FIRST, LAST)))
    root = ET.fromstring(svg)
    space = {"s": "http://www.w3.org/2000/svg"}
    assert root.get("role") == "img"
    assert root.findtext("s:title", namespaces=space) == "公民館 <本館> 2026年12月"
    assert "満員の日: 12月1日(火)" in root.findtext("s:desc", namespaces=space)
    cells = [each.text for each in root.findall("s:g/s:title", space)]
    assert cells[0] == "12月1日(火) 9:00 予約4/定員4"
    assert len(cells) == 50
    assert 'fill="url(#full)"' in svg  # a pattern, not a colour alone


def test_the_command(sqlite_db, clock, tmp_path, capsysbinary):
    clock.set(datetime(2026, 11, 30, tzinfo=UTC))
    city = City(sqlite_db, [(CalendarFeature(), {"programmes": [WRITTEN]})]).prepare()
    words = ["hall", "--month", "2026-12", "--format"]
    assert OCCUPANCY_COMMAND.run(city, [*words, "json"]) == 0
    assert json.loads(capsysbinary.readouterr().out)["progress"]["free"] == 200
    assert (
        OCCUPANCY_COMMAND.run(city, [*words, "svg", "--by", "place", "--out", str(tmp_path / "a.svg")]) == 0
    )
    assert (tmp_path / "a.svg").read_text("utf-8").startswith("<svg")
    if shutil.which("chromium"):
        assert OCCUPANCY_COMMAND.run(city, [*words, "png", "--out", str(tmp_path / "a.png")]) == 0
        assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(SystemExit):
        OCCUPANCY_COMMAND.run(city, ["hall", "--month", "December"])


def test_no_look_scans_all_bookings(sqlite_db):
    sqlite_db.migrate(["govline.delivery.migrations", "govline.calendar.migrations"])

    def plans(tx):
        for statement in (
            HOLDS_IN_THE_WAY,
            HOLDS_OF,
            q.BOOKINGS_OF,
            views.DAY_LIST,
            views.PROGRESS,
            views.LIVE_SLOTS_OF,
        ):
            sql = statement.plan("sqlite").sql
            rows = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?")).all()
            yield from [(statement.name, row[3]) for row in rows]

    found = sqlite_db.read(lambda tx: list(plans(tx)))
    assert [each for each in found if each[1].startswith("SCAN gl_calendar")] == []
