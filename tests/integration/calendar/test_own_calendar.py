"""A citizen puts a booking into their own calendar: from the page, by the chat's link; a change replaces it, a cancellation takes it out."""

import re
from datetime import datetime
from urllib.parse import unquote

import icalendar
import pytest

from govline.cli.local import local_town
from govline.core.jst import JST
from govline.store import identity

CITY = """\
id: hinata
name: ひなた町
database: sqlite:///town.db
line: {secret_env: LINE_CHANNEL_SECRET, token_env: LINE_CHANNEL_ACCESS_TOKEN}
features: {calendar: {}, scenario: {}, web: {login_channel: "1650000001"}}
"""
LIST = """\
scenario: mine
title: 予約の確認
triggers: [予約の確認]
start: list
steps:
  list: {do: calendar.list, next: told, none: told}
  told: {end: told}
"""
TAX = """\
programme: tax
label: 確定申告/相談
capacity: 2
slots: [{dates: 2027-02-16/2027-02-18, times: [9:00-9:30], name: 第1会議室, weekdays: 火水木}]
remind: [前日 18:00]
"""


@pytest.fixture
def town(tmp_path):
    for name, text in {
        "city.yaml": CITY,
        "scenarios/mine.yaml": LIST,
        "calendars/tax.yaml": TAX,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    with local_town(tmp_path, worker="none", at=datetime(2027, 2, 1, 9, tzinfo=JST)) as local:
        yield local


@pytest.fixture
def hana(town):
    found = town.client.citizen("花子")
    town.client.settle()
    town.city.settle()
    return found


def book(town, user):
    who = town.city.read(lambda tx: identity.find_citizen(tx, user))
    slot, *_ = town.city.read(lambda tx: town.city.calendar.slots(tx, "tax"))
    return town.city.run(lambda tx: town.city.calendar.book(tx, slot.id, who, key="k"))


def event(page):
    assert page.headers["content-type"].startswith("text/calendar; charset=utf-8; method=")
    assert page.headers["cache-control"] == "no-store"
    calendar = icalendar.Calendar.from_ical(page.body)
    (found,) = calendar.walk("VEVENT")
    assert page.headers["content-type"].endswith(f"method={calendar['METHOD']}")
    return calendar, found


def test_from_the_page_through_a_change_to_the_end(town, hana, visitor):
    booking = book(town, hana.user_id)
    page = visitor(town, hana.user_id).page("calendar/mine").follow("カレンダーに入れる")
    calendar, first = event(page)
    assert calendar["METHOD"] == "PUBLISH"
    assert (first["SUMMARY"], first["LOCATION"]) == ("確定申告/相談", "第1会議室")
    assert first["DTSTART"].dt == datetime(2027, 2, 16, 9, tzinfo=JST)
    assert [alarm["ACTION"] for alarm in first.walk("VALARM")] == ["DISPLAY"]
    named = page.headers["content-disposition"]
    assert named.startswith('attachment; filename="2027-02-16.ics"; ')
    assert unquote(named.partition("filename*=UTF-8''")[2]) == "確定申告_相談_2027-02-16.ics"
    again = event(visitor(town, hana.user_id).page("calendar/mine").follow("カレンダーに入れる"))[1]
    assert again["SEQUENCE"] == first["SEQUENCE"]

    page.page("calendar/mine").follow("変更する").follow("17").follow("9:00 第1会議室を選ぶ").send(party="1")
    _, moved = event(page.follow("カレンダーに入れる"))
    assert moved["UID"] == first["UID"]
    assert moved["SEQUENCE"] > first["SEQUENCE"]
    assert moved["DTSTART"].dt == datetime(2027, 2, 17, 9, tzinfo=JST)

    page.page("calendar/mine").follow("取り消す").send()
    calendar, gone = event(page.follow("カレンダーからも消す"))
    assert (calendar["METHOD"], gone["STATUS"], gone["UID"]) == ("CANCEL", "CANCELLED", first["UID"])
    assert gone["SEQUENCE"] > moved["SEQUENCE"]
    assert gone.walk("VALARM") == []
    assert town.city.read(lambda tx: town.city.calendar.booking(tx, booking.id)).state == "cancelled"


def test_by_the_link_of_the_chat_without_signing_in(town, hana, visitor):
    booking = book(town, hana.user_id)
    hana.say("予約の確認")
    town.client.settle()
    town.city.settle()
    said = hana.messages()[-1]["message"]
    assert said["text"] == "ご予約の一覧です。\n・確定申告/相談 2月16日(火) 9:00 1名"
    ((button,),) = [[item["action"]] for item in said["quickReply"]["items"]]
    assert button["label"] == "2/16 9:00をカレンダーへ"
    assert re.search(r"/l/hinata\.[A-Za-z0-9_-]{43}\?openExternalBrowser=1$", button["uri"])
    stranger = visitor(town, "nobody").open(button["uri"])  # nobody is signed in in that browser
    assert event(stranger)[1]["SUMMARY"] == "確定申告/相談"
    town.city.run(lambda tx: town.city.calendar.cancel(tx, booking.id, key="c"))
    assert event(stranger.open(button["uri"]))[0]["METHOD"] == "CANCEL"
    assert "address" not in stranger.body.decode()


def test_nobody_takes_anothers(town, hana, visitor):
    booking = book(town, hana.user_id)
    other = town.client.citizen("太郎")
    town.client.settle()
    town.city.settle()
    page = visitor(town, other.user_id).page(f"calendar/ics?booking={booking.id}")
    assert page.headers["content-type"].startswith("text/html")
    assert "この予約は見つかりません" in page.text
