"""備品 on the pages: asked beside the people with fee and what is left, the bill before anything is booked, errors at the field."""

import json
import re
from datetime import UTC, date, datetime

import pytest

from govline.calendar import CalendarFeature
from govline.store import identity
from govline.web import Password
from govline.web.staff import LocalStaff

ROOMS = {
    "programme": "rooms",
    "label": "公民館",
    "capacity": 1,
    "per_group": True,
    "slots": [
        {"dates": "2026-11-24", "times": ["9:00-12:00", "13:00-16:00"], "name": "大ホール"},
        {"dates": "2026-11-24", "times": "10:00-12:00", "name": "和室"},
    ],
    "options": {
        "マイク": {"amount": 500, "per": "piece", "stock": 4, "most": 2},
        "プロジェクター": {"stock": 1, "slots": ["大ホール"]},
    },
    "fees": [1000],
}
FREE = {
    "programme": "free",
    "label": "集会所",
    "capacity": 1,
    "slots": [{"dates": "2026-11-24", "times": "9:00-12:00"}],
    "options": {"椅子": {"stock": 10}},
}
PAID = {**ROOMS, "programme": "paid", "policy": {"pay_by": "前日 17:00"}}


@pytest.fixture
def city(make_city, any_db, clock):
    clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    made = {"staff_login": LocalStaff(any_db, Password(n=2**10, r=8, p=1))}
    return make_city(any_db, (CalendarFeature(), {"programmes": [ROOMS, FREE, PAID]}), made=made).prepare()


@pytest.fixture
def who(any_db, hana):
    return lambda: any_db.read(lambda tx: identity.find_citizen(tx, hana.user_id))


def html(answer):
    return answer.body.decode()


def link(answer, label):
    found = re.search(rf'href="([^"]+)"[^>]*>[^<]*{label}', html(answer))
    assert found, html(answer)
    return found[1].replace("&amp;", "&").removeprefix("/pages")


def path(city, name, hour, programme="rooms"):
    slots = city.read(lambda tx: city.calendar.slots(tx, programme))
    slot = next(slot for slot in slots if slot.name == name and (slot.starts.hour + 9) % 24 == hour)
    return slot, f"/c/calendar/confirm?programme={programme}&slot={slot.id}"


def test_numbers_then_the_bill_then_the_booking(sign_in, browser, hana, city, who):
    slot, at = path(city, "大ホール", 9)
    form = sign_in(browser, hana, at)
    assert "マイクの数" in html(form)
    assert "料金: 500円(1個につき) · この時間の残り: 4 · 一つの予約で2まで" in html(form)
    assert "無料 · この時間の残り: 1" in html(form)
    look = browser.post(at, {**browser.hidden(), "_do": "send", "party": "20", "o0": "2", "o1": "1"})
    assert "まだ予約は済んでいません。" in html(look)
    assert "2,000円" in html(look)
    assert "プロジェクター×1、マイク×2" in html(look)
    assert not city.read(lambda tx: city.calendar.slot(tx, slot.id)).booked
    on = link(look, "この内容で進む")
    sure = browser.get(on)
    assert "2,000円" in html(sure)
    assert 'name="party"' not in html(sure)
    done = browser.post(on, {**browser.hidden(), "_do": "send"})
    assert "予約しました" in html(done)
    assert "プロジェクター×1、マイク×2" in html(done)
    mine = browser.get("/c/calendar/mine")
    assert "プロジェクター×1、マイク×2" in html(mine)
    assert "2,000円" in html(mine)
    again = link(mine, "の備品を変更する")
    form = browser.get(again)
    assert re.search(r'name="o0"[^>]*value="2"', html(form))
    look = browser.post(again, {**browser.hidden(), "_do": "send", "party": "20", "o0": "1", "o1": "0"})
    assert "差額について" in html(look)
    on = link(look, "この内容で進む")
    browser.get(on)
    assert "変更しました" in html(browser.post(on, {**browser.hidden(), "_do": "send"}))
    (booking,) = city.read(lambda tx: city.calendar.bookings(tx, who()))
    assert booking.options == {"マイク": 1}
    cancel = browser.get(f"/c/calendar/cancel?booking={booking.id}")
    assert "マイク×1" in html(cancel)
    assert city.read(city.calendar.reconcile) == []


def test_a_room_shows_its_own_and_no_more_than_one_booking_may_have(sign_in, browser, city, hana):
    slot, _ = path(city, "大ホール", 9)
    city.run(lambda tx: city.calendar.book(tx, slot.id, "x", key="x", options={"マイク": 2}))
    _, at = path(city, "和室", 10)
    form = sign_in(browser, hana, at)
    assert "プロジェクター" not in html(form)
    assert "この時間の残り: 2" in html(form)
    wrong = browser.post(at, {**browser.hidden(), "_do": "send", "party": "3", "o0": "3"})
    assert wrong.status == 422
    assert 'href="#f-o0"' in html(wrong)


def test_who_was_too_slow_reads_what_is_left_beside_the_field(sign_in, browser, hana, city):
    _, at = path(city, "和室", 10)
    sign_in(browser, hana, at)
    fields = browser.hidden()
    slot, _ = path(city, "大ホール", 9)
    city.run(lambda tx: city.calendar.book(tx, slot.id, "x", key="x", options={"マイク": 2}))
    for each in city.read(lambda tx: city.calendar.upkeep.equipment(tx, "rooms", date(2026, 11, 24))):
        if each.label.startswith("マイク"):
            city.run(
                lambda tx, pool=each.id: city.calendar.upkeep.set_places(tx, pool, 3, reason="故障", key=pool)
            )
    late = browser.post(at, {**fields, "_do": "send", "party": "3", "o0": "2"})
    assert late.status == 422
    assert "この時間の「マイク」は残り1個です。" in html(late)
    assert 'href="#f-o0"' in html(late)


@pytest.mark.parametrize("said", [("en", "How many of 椅子"), ("ja-easy", "椅子は いくつ")])
def test_where_nothing_costs_anything_one_form_does(sign_in, browser, hana, city, said):
    locale, word = said
    _, at = path(city, "", 9, "free")
    sign_in(browser, hana, at)
    form = browser.get(f"{at}&lang={locale}")
    assert word in html(form)
    done = browser.post(at, {**browser.hidden(), "_do": "send", "party": "1", "o0": "4"})
    assert "椅子×4" in html(done)


def test_a_room_that_has_no_projector_says_what_is_given_back(sign_in, browser, hana, city, who):
    slot, _ = path(city, "大ホール", 9)
    sign_in(browser, hana, "/c/calendar/mine")
    booking = city.run(
        lambda tx: city.calendar.book(tx, slot.id, who(), key="x", options={"プロジェクター": 1})
    )
    other, at = path(city, "和室", 10)
    form = browser.get(f"{at}&booking={booking.id}")
    assert "この枠では「プロジェクター」は使えません。" in html(form)
    look = browser.post(
        f"{at}&booking={booking.id}", {**browser.hidden(), "_do": "send", "party": "1", "o0": ""}
    )
    on = link(look, "この内容で進む")
    browser.get(on)
    assert "変更しました" in html(browser.post(on, {**browser.hidden(), "_do": "send"}))
    moved = city.read(lambda tx: city.calendar.booking(tx, booking.id))
    assert (moved.slot, moved.options) == (other.id, {})


def test_staff_see_what_costs_something_else_now_and_who_has_what(clerk, city, capsys):
    slot, _ = path(city, "大ホール", 9, "paid")
    booking = city.run(lambda tx: city.calendar.book(tx, slot.id, "x", key="x", options={"マイク": 2}))
    assert "マイク×2" in html(clerk.get("/staff/calendar/desk?programme=paid&day=2026-11-24"))
    places = html(clerk.get("/staff/calendar/places?programme=paid&day=2026-11-24"))
    assert "マイク 9:00" in places
    assert "プロジェクター 13:00" in places
    city.run(lambda tx: city.calendar.paid(tx, booking.id))
    city.run(lambda tx: city.calendar.change(tx, booking.id, to=slot.id, key="y", options={}))
    assert "料金が変わった(2,000円→1,000円)" in html(clerk.get("/staff/calendar/unsettled"))
    commands = {each.name: each for each in CalendarFeature().offers(city.calendar).commands}
    assert commands["unsettled"].run(city, ["--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["booking"], told["billed"], told["owed"]) == (booking.id, 2_000, 1_000)
    done = clerk.fill("/staff/calendar/unsettled", booking=booking.id, outcome="refunded", reason="返金")
    assert "記録しました" in html(done)
    assert city.read(city.calendar.upkeep.repriced) == []
