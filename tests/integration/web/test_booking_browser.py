"""Booking in real Chromium: from the chat to the month, a day, a booking and its change; axe-core, no JavaScript, keyboard, 320 px."""

import os
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from govline.calendar import CalendarFeature
from govline.cli.local import local_town
from govline.cli.template import copy_demo_town
from govline.simulator import serve
from govline.web import Password, app
from govline.web.staff import LocalStaff

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("CI"), reason="Debian's chromium is not installed"
    ),
]
JST = ZoneInfo("Asia/Tokyo")
PICTURES = os.environ.get("GOVLINE_PICTURES")
PHONE, DESKTOP = {"width": 375, "height": 812}, {"width": 1280, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WRITTEN = {
    "programme": "hall",
    "label": "みなと公民館",
    "capacity": 5,
    "slots": [
        {
            "dates": "2026-12-01/2026-12-25",
            "times": ["9:00-12:00", "13:00-17:00"],
            "name": name,
            "weekdays": "火水木金土",
        }
        for name in ("大会議室", "和室")
    ],
    "policy": {"max_party": 5, "book_until": "前日 17:00", "opens_days_before": 20},
}

TIMES = ["9:00-9:30", "9:30-10:00", "10:00-10:30", "13:00-13:30"]
FIRST = {
    "programme": "dose-1",
    "label": "新型コロナ接種1回目",
    "capacity": 3,
    "slots": [{"dates": "2026-12-03/2026-12-11", "times": TIMES, "name": "保健センター", "weekdays": "平日"}],
    "linked": {"to": "dose-2", "least_days": 21, "most_days": 28, "on_cancel": "ask"},
    "policy": {"questions": [{"ask": "37.5度以上の熱がありますか?"}]},
    "fees": [{"amount": 1500}],
}
SECOND = {
    "programme": "dose-2",
    "label": "新型コロナ接種2回目",
    "capacity": 3,
    "slots": [{"dates": "2026-12-24/2026-12-28", "times": TIMES, "name": "保健センター"}],
}


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    contexts = []

    def make(**options):
        context = chromium.new_context(**{"locale": "ja-JP", "viewport": PHONE, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def looked_at(page, name):
    """No violation of axe-core, light and dark; nothing to scroll sideways; targets of 44 px."""
    script = (files("axe_playwright_python") / "axe.min.js").read_text()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(script)
        found = page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
        wrong = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]
        assert wrong == [], (name, scheme)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/booking-{name}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    small = page.evaluate(
        "() => [...document.querySelectorAll('a[href]:not(.skip), button')]"
        ".filter(node => node.getBoundingClientRect().height < 44).map(node => node.outerHTML)"
    )
    assert small == [], name


@pytest.fixture
def any_db(sqlite_db):
    """One engine is enough for what a visitor sees."""
    return sqlite_db


@pytest.fixture
def written():
    return [WRITTEN]


@pytest.fixture
def city(make_city, any_db, clock, written):
    clock.set(datetime(2026, 12, 2, 9, tzinfo=JST))
    made = {"staff_login": LocalStaff(any_db, Password(n=2**10, r=8, p=1))}
    town = make_city(any_db, (CalendarFeature(), {"programmes": written}), made=made).prepare()
    slots = town.read(lambda tx: town.calendar.slots(tx, "hall")) if written == [WRITTEN] else []
    for at, slot in enumerate(slots[:40]):
        if at % 3 == 0 or slot.starts.astimezone(JST).day in (8, 9):
            town.run(lambda tx, s=slot, n=at: town.calendar.book(tx, s.id, None, party=5 - n % 2, key=s.id))
    return town


@pytest.fixture
def pages(city, monkeypatch):
    with serve(app(city)) as url:
        monkeypatch.setenv("GOVLINE_WEB_URL", url)
        yield url


def enter(page, pages, simulator, citizen, path):
    page.goto(f"{simulator.url}/sim/open?citizen={citizen.user_id}&url={pages}{path}")
    page.locator("#main h1").wait_for()


def test_every_page_of_a_booking_is_accessible(pages, open_page, simulator, hana, city):
    page = open_page()
    enter(page, pages, simulator, hana, "/c/calendar/book")
    looked_at(page, "month")
    page.set_viewport_size(DESKTOP)
    looked_at(page, "month-desktop")
    page.set_viewport_size(PHONE)
    for lang in ("en", "ja-easy"):
        page.goto(f"{pages}/c/calendar/month?lang={lang}")
        looked_at(page, f"month-{lang}")
    page.goto(f"{pages}/c/calendar/day?day=2026-12-08&lang=ja")
    looked_at(page, "day-full")
    page.goto(f"{pages}/c/calendar/day?day=2026-12-10")
    looked_at(page, "day")
    page.get_by_role("link", name="を選ぶ").first.click()
    looked_at(page, "confirm")
    page.get_by_label("人数").fill("9")
    page.get_by_role("button", name="この内容で予約する").click()
    page.locator("#errors").wait_for()
    looked_at(page, "refused")
    page.get_by_label("人数").fill("1")
    page.get_by_role("button", name="この内容で予約する").click()
    page.get_by_role("heading", name="予約しました").wait_for()
    looked_at(page, "booked")
    page.get_by_role("link", name="予約の確認・変更・取消").click()
    looked_at(page, "mine")
    page.get_by_role("link", name="変更する").click()
    looked_at(page, "moving")
    page.goto(f"{pages}/c/calendar/mine")
    page.get_by_role("link", name="取り消す").click()
    looked_at(page, "cancel")
    for lang in ("ja", "en"):
        page.goto(f"{pages}/c/calendar/merge?lang={lang}")
        looked_at(page, f"merge-{lang}")
        page.locator("input[name=code]").fill("ABCDE-12345")
        page.locator("button[value=send]").click()
        page.locator(".notice, .warning, [class*=warning]").first.wait_for()
        looked_at(page, f"not-merged-{lang}")


def signed_in_staff(open_page, pages, city):
    staff = city.web.staff
    hashed = staff.hash("correct horse")
    city.run(lambda tx: staff.add(tx, "yamada", hashed))
    page = open_page(viewport=DESKTOP)
    page.goto(f"{pages}/staff")
    page.get_by_label("ログイン名").fill("yamada")
    page.get_by_label("パスワード").fill("correct horse")
    page.get_by_role("button", name="ログインする").click()
    return page


def test_the_desk_is_accessible(pages, open_page, city):
    page = signed_in_staff(open_page, pages, city)
    page.get_by_role("link", name="予約の状況").click()
    page.goto(f"{pages}/staff/calendar/desk?day=2026-12-08")
    looked_at(page, "desk")
    page.get_by_role("link", name="予約の埋まり具合(月)").click()
    page.get_by_role("heading", name="みなと公民館 2026年12月").wait_for()
    looked_at(page, "use")
    page.goto(f"{pages}/staff/calendar/close?day=2026-12-08")
    looked_at(page, "close")


def test_a_booking_by_telephone_is_taken_accessibly(pages, open_page, city):
    page = signed_in_staff(open_page, pages, city)
    page.get_by_role("link", name="電話・窓口の予約を入れる").click()
    page.goto(f"{pages}/staff/calendar/take?month=2026-12")
    looked_at(page, "take-month")
    page.get_by_role("link", name="12月8日(火)").click()
    looked_at(page, "take-day")
    page.get_by_role("link", name="を選ぶ").first.click()
    looked_at(page, "take-form")
    page.get_by_label("お名前").first.fill("山本")
    page.get_by_label("電話", exact=True).check()
    page.get_by_role("button", name="この内容で予約する").click()
    page.get_by_role("heading", name="予約しました").wait_for()
    looked_at(page, "take-done")


def test_without_javascript_by_keyboard_at_320_px(pages, open_page, simulator, hana, city):
    page = open_page(java_script_enabled=False, viewport={"width": 320, "height": 600})
    enter(page, pages, simulator, hana, "/c/calendar/month?month=2026-12")
    head = page.get_by_role("columnheader")
    assert head.all_inner_texts() == list("日月火水木金土")
    day = page.get_by_role("link", name="12月10日(木)")
    day.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="みなと公民館: 12月10日(木)").wait_for()
    page.get_by_role("link", name="を選ぶ").first.press("Enter")
    page.get_by_label("人数").fill("1")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="予約しました").wait_for()


def test_from_the_chat_of_the_demo_town(tmp_path, monkeypatch, open_page):
    for name in (
        "LINE_CHANNEL_SECRET",
        "LINE_CHANNEL_ACCESS_TOKEN",
        "LINE_LOGIN_CHANNEL_SECRET",
        "GOVLINE_KEYS",
    ):
        monkeypatch.delenv(name, raising=False)
    morning = datetime(2026, 12, 1, 9, tzinfo=JST)
    with local_town(copy_demo_town(tmp_path / "hinata"), worker="thread", at=morning) as town:
        chat = open_page(viewport=DESKTOP)
        chat.goto(town.url)
        chat.get_by_role("button", name="住民を追加してはじめる").click()
        chat.get_by_role("button", name="決める").click()
        chat.locator(".line:not(.own)", has_text="公式アカウントです").last.wait_for()
        chat.locator("#text, textarea, input[type=text]").first.fill("画面で予約")
        chat.keyboard.press("Enter")
        chat.locator(".line:not(.own)", has_text="こちらから手続きできます").last.wait_for()
        with chat.context.expect_page() as opened:
            chat.locator("#talk").get_by_role("button", name="画面を開く").last.click()
        page = opened.value
        page.get_by_role("link", name="わくわく広場").click()
        page.get_by_role("link", name="12月3日(木)").click()
        page.get_by_role("link", name="10:00を選ぶ").click()
        page.get_by_role("button", name="この内容で予約する").click()
        page.get_by_role("heading", name="予約しました").wait_for()
        chat.locator(
            ".line:not(.own)", has_text="予約しました。わくわく広場 12月3日(木) 10:00 1名"
        ).last.wait_for()


@pytest.mark.parametrize("written", [[FIRST, SECOND]])
def test_every_page_of_a_pair_is_accessible(pages, open_page, simulator, hana, city):
    page = open_page()
    enter(page, pages, simulator, hana, "/c/calendar/book")
    page.get_by_role("link", name="接種1回目").click()
    page.get_by_role("link", name="12月4日").first.click()
    page.get_by_role("link", name="9:30 保健センターを選ぶ").click()
    page.get_by_text("前の回は12月4日(金) 9:30です。").wait_for()
    looked_at(page, "pair-second-month")
    page.get_by_role("link", name="12月25日").first.click()
    looked_at(page, "pair-second-day")
    page.get_by_role("link", name="10:00 保健センターを選ぶ").click()
    page.get_by_text("1,500円").wait_for()
    looked_at(page, "pair-confirm")
    page.get_by_role("radio", name="いいえ").check()
    page.get_by_role("button", name="両方を予約する").click()
    page.get_by_role("heading", name="予約しました").wait_for()
    looked_at(page, "pair-booked")
    page.get_by_role("link", name="予約の確認・変更・取消").click()
    looked_at(page, "pair-mine")
    page.goto(f"{pages}/c/calendar/day?programme=dose-1&day=2026-12-11")
    looked_at(page, "pair-first-without-second")
    for lang in ("en", "ja-easy"):
        page.goto(f"{pages}/c/calendar/mine?lang={lang}")
        looked_at(page, f"pair-mine-{lang}")
    page.goto(f"{pages}/c/calendar/mine?lang=ja")
    page.get_by_role("link", name="両方の日時を変更する").click()
    page.get_by_role("link", name="12月7日").first.click()
    page.get_by_role("link", name="を選ぶ").first.click()
    looked_at(page, "pair-moving")


@pytest.mark.parametrize("written", [[FIRST, SECOND]])
def test_a_pair_is_booked_by_keyboard_without_javascript_at_320_px(pages, open_page, simulator, hana, city):
    page = open_page(java_script_enabled=False, viewport={"width": 320, "height": 600})
    enter(page, pages, simulator, hana, "/c/calendar/month?programme=dose-1&month=2026-12")
    for name in ("12月3日", "9:00 保健センターを選ぶ", "12月24日", "9:00 保健センターを選ぶ"):
        page.get_by_role("link", name=name).first.press("Enter")
    page.get_by_role("radio", name="いいえ").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="両方を予約する").press("Enter")
    page.get_by_role("heading", name="予約しました").wait_for()
    booked = [
        slot.booked
        for name in ("dose-1", "dose-2")
        for slot in city.read(lambda tx, n=name: city.calendar.slots(tx, n))
    ]
    assert sum(booked) == 2
