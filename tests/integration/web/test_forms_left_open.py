"""Forms that were left open while the booking they speak of went: nothing is booked in its place, and the page says why."""

from datetime import UTC, datetime

import pytest

from govline.calendar import CalendarFeature
from govline.store import identity

DATES = [f"2026-12-0{day}" for day in (1, 2, 8, 9)]
ONE = {
    "programme": "hiroba",
    "label": "広場",
    "capacity": 3,
    "slots": [{"dates": DATES, "times": "10:00-11:30"}],
}
PAIR = {**ONE, "programme": "class", "label": "教室", "linked": {"least_days": 7, "most_days": 7}}


@pytest.fixture
def city(make_city, any_db, clock):
    clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    return make_city(any_db, (CalendarFeature(), {"programmes": [ONE, PAIR]})).prepare()


@pytest.fixture
def who(browser, sign_in, hana, any_db):
    sign_in(browser, hana, "/c/calendar/mine")
    return any_db.read(lambda tx: identity.find_citizen(tx, hana.user_id))


def send(browser, path, fields):
    return browser.post(path, {**fields, "_do": "send"}).body.decode()


def test_a_change_of_a_booking_that_is_gone_books_nothing(browser, city, who):
    first, second, *_ = city.read(lambda tx: city.calendar.slots(tx, "hiroba"))
    mine = city.run(lambda tx: city.calendar.book(tx, first.id, who, key="b"))
    path = f"/c/calendar/confirm?programme=hiroba&booking={mine.id}&slot={second.id}"
    assert "変更" in browser.get(path).body.decode()
    fields = {**browser.hidden(), "party": "1"}
    city.run(lambda tx: city.calendar.cancel(tx, mine.id, key="x"))
    assert "この予約は見つかりません" in send(browser, path, fields)
    assert "この予約は見つかりません" in browser.get(path).body.decode()
    assert city.read(lambda tx: city.calendar.bookings(tx, who)) == []


def test_a_change_of_a_pair_that_is_gone_books_no_other_pair(browser, city, who):
    a, b, c, d = city.read(lambda tx: city.calendar.slots(tx, "class"))
    pair = [(a.id, 1), (c.id, 1)]
    one, two = city.run(lambda tx: city.calendar.book_linked(tx, pair, who, key="b")).bookings
    path = f"/c/calendar/pair?booking={two.id}&partner={one.id}&beside={b.id}&slot={d.id}"
    assert "変更" in browser.get(path).body.decode()
    fields = browser.hidden()
    city.run(lambda tx: city.calendar.cancel(tx, one.id, key="x"))
    assert "この予約は見つかりません" in send(browser, path, {**fields, "party": "1"})
    assert city.read(lambda tx: city.calendar.bookings(tx, who)) == []
