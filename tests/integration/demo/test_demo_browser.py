"""The demo town in real Chromium: the first five minutes of a newcomer, with nothing leaving this machine."""

import os
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from govline.cli.local import local_town
from govline.cli.template import copy_demo_town

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("CI"), reason="Debian's chromium is not installed"
    ),
]
JST = ZoneInfo("Asia/Tokyo")
PICTURES = os.environ.get("GOVLINE_PICTURES")
"""A folder for screenshots, to look at the page with one's own eyes; none are taken without it."""


@pytest.fixture
def town(tmp_path, monkeypatch):
    """The demo town with its worker in a thread, on a Tuesday morning."""
    for name in ("LINE_CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN", "GOVLINE_KEYS"):
        monkeypatch.delenv(name, raising=False)
    morning = datetime(2026, 12, 1, 9, tzinfo=JST)
    with local_town(copy_demo_town(tmp_path / "hinata"), worker="thread", at=morning) as running:
        yield running


@pytest.fixture
def page(town):
    """A page that fails the test when anything leaves this machine or the console complains."""
    from playwright.sync_api import sync_playwright

    wrong = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="ja-JP")
        page = context.new_page()
        page.on(
            "request",
            lambda request: (
                None if urlsplit(request.url).hostname == "127.0.0.1" else wrong.append(request.url)
            ),
        )
        page.on(
            "console", lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.set_default_timeout(15_000)
        yield page
        browser.close()
    assert wrong == []


def heard(page, text):
    page.locator(".line:not(.own)", has_text=text).last.wait_for()


def quick(page, label):
    page.locator("#quick").get_by_role("button", name=label).first.click()


def tile(page, label):
    page.locator("#menu").get_by_role("button", name=label).click()


def section(page, title, *texts):
    """Opens a section of the town's side and waits for what stands in it."""
    page.get_by_role("tab", name=title).click()
    for text in texts:
        page.locator("#sheet td", has_text=text).first.wait_for()


def picture(page, name):
    if PICTURES:
        page.wait_for_timeout(400)
        page.screenshot(path=f"{PICTURES}/{name}.png")


def test_the_first_five_minutes(page, town):
    page.goto(town.url)
    picture(page, "0-empty")
    page.get_by_role("button", name="住民を追加してはじめる").click()
    page.get_by_role("button", name="決める").click()
    heard(page, "ひなた町の公式アカウントです")
    page.locator("#menu").get_by_role("button", name="ごみの日").wait_for()
    picture(page, "1-followed")
    a_booking_is_made_seen_changed_and_cancelled(page)
    a_delivery_reaches_the_ward(page, town)
    the_evening_before_brings_the_notice(page, town)
    the_town_sees_it_all(page)


def a_booking_is_made_seen_changed_and_cancelled(page):
    quick(page, "広場の予約")
    heard(page, "わくわく広場の日時をお選びください")
    picture(page, "2-slots")
    quick(page, "12月2日(水) 10:00")
    heard(page, "何名で利用しますか")
    quick(page, "3")
    heard(page, "12月2日(水) 10:00 3名で予約しますか")
    quick(page, "予約する")
    heard(page, "予約しました。12月2日(水) 10:00 3名です")
    section(page, "予約", "わくわく広場", "12月2日(水) 10:00", "予約済")
    picture(page, "3-booked")
    tile(page, "予約の確認")
    heard(page, "ご予約の一覧です")
    tile(page, "予約の変更")
    heard(page, "からの変更です")
    quick(page, "12月3日(木) 10:00")
    heard(page, "変更しました。12月3日(木) 10:00 3名です")
    tile(page, "予約の取消")
    heard(page, "の予約を取り消しますか")
    picture(page, "4-cancelling")
    page.locator("#talk, #quick").get_by_role("button", name="取り消す", exact=True).last.click()
    heard(page, "予約を取り消しました")
    section(page, "予約", "12月3日(木) 10:00", "取消済")


def a_delivery_reaches_the_ward(page, town):
    tile(page, "地区の登録")
    heard(page, "お住まいの地区をお選びください")
    quick(page, "やまて")
    heard(page, "お住まいの地区を登録しました")
    send = town.city.commands["segments"]["send"]
    assert send.run(town.city, ["dansui", "ward=minato", "【断水】みなと地区"]) == 0
    assert send.run(town.city, ["kuma", "ward=yamate", "【クマ】やまて地区"]) == 0
    heard(page, "【クマ】やまて地区")
    assert page.locator(".line", has_text="みなと地区").count() == 0
    section(page, "配信", "セグメント")
    picture(page, "5-delivered")


def the_evening_before_brings_the_notice(page, town):
    page.get_by_role("button", name="+1日").click()
    page.locator("#clock", has_text="12月2日(水)").wait_for()
    page.get_by_role("button", name="次の18時").click()
    heard(page, "明日 12月3日(木) の収集")
    assert town.clock.now() < datetime(2026, 12, 2, 18, 30, tzinfo=JST)
    section(page, "ごみ通知", "やまて")
    picture(page, "6-garbage")


def the_town_sees_it_all(page):
    section(page, "受信イベント", "友だち追加", "完了")
    section(page, "送信箱", "返信", "一斉配信", "完了")
    picture(page, "7-outbox")
    section(page, "属性", "お住まいの地区")
    section(page, "対話", "地区の登録")
    picture(page, "8-talks")
    section(page, "LINE への要求", "/v2/bot/message/multicast")
    picture(page, "9-line")
    keys = page.locator("#tabs [role=tab]").all_inner_texts()
    assert not [title for title in keys if title.isascii()]
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    picture(page, "10-phone")
