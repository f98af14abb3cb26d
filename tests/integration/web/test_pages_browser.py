"""The pages in real Chromium: from the chat to the settings and back, axe-core on every page, no JavaScript, keyboard, zoom."""

import os
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from govline.cli.local import local_town
from govline.cli.template import copy_demo_town
from govline.core.pages import Page, PageField, Paragraph, Submitted, View
from govline.simulator import serve
from govline.web import app

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
PHONE, DESKTOP = {"width": 375, "height": 812}, {"width": 1280, "height": 900}
COLOURS = ["color-contrast", "link-in-text-block"]  # what a dark scheme can change
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_context(chromium):
    """Contexts whose pages fail the test when anything leaves this machine or the console complains."""
    wrong, contexts = [], []

    def make(**options):
        context = chromium.new_context(**{"locale": "ja-JP", "viewport": PHONE, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        context.on(
            "request",
            lambda request: (
                None if urlsplit(request.url).hostname == "127.0.0.1" else wrong.append(request.url)
            ),
        )
        context.on(
            "console",
            lambda line: (
                wrong.append(line.text)
                if line.type == "error" and "responded with a status of" not in line.text
                else None
            ),
        )
        return context

    yield make
    for context in contexts:
        context.close()
    assert wrong == []


def picture(page, name):
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/web-{name}.png", full_page=True)


@cache
def _axe():
    return (files("axe_playwright_python") / "axe.min.js").read_text()


def accessible(page, name):
    """No violation of axe-core, in light and dark; nothing to scroll sideways; targets of 44 px."""
    for scheme, only in (
        ("light", {"type": "tag", "values": RULES}),
        ("dark", {"type": "rule", "values": COLOURS}),
    ):
        page.emulate_media(color_scheme=scheme)
        if scheme == "light":
            page.evaluate(_axe())
        found = page.evaluate("only => axe.run({runOnly: only, resultTypes: ['violations']})", only)
        assert [
            (each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]
        ] == [], (name, scheme)
        picture(page, f"{name}-{scheme}")
    page.emulate_media(color_scheme="light")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    small = page.evaluate(
        """() => [...document.querySelectorAll('a[href]:not(.skip), button, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), textarea, label.pick')]
        .filter(node => node.getBoundingClientRect().height < 44).map(node => node.outerHTML)"""
    )
    assert small == [], name


@pytest.fixture
def town(tmp_path, monkeypatch):
    for name in (
        "LINE_CHANNEL_SECRET",
        "LINE_CHANNEL_ACCESS_TOKEN",
        "LINE_LOGIN_CHANNEL_SECRET",
        "GOVLINE_KEYS",
    ):
        monkeypatch.delenv(name, raising=False)
    morning = datetime(2026, 12, 1, 9, tzinfo=JST)
    with local_town(copy_demo_town(tmp_path / "hinata"), worker="thread", at=morning) as running:
        yield running


def heard(page, text):
    page.locator(".line:not(.own)", has_text=text).last.wait_for()


def test_from_the_chat_to_the_settings_and_back(town, open_context):
    context = open_context(viewport=DESKTOP)
    chat = context.new_page()
    chat.goto(town.url)
    chat.get_by_role("button", name="住民を追加してはじめる").click()
    chat.get_by_role("button", name="決める").click()
    heard(chat, "ひなた町の公式アカウントです")
    chat.locator("#quick").get_by_role("button", name="登録内容の変更").click()
    heard(chat, "こちらから手続きできます")
    with context.expect_page() as opened:
        chat.locator("#talk").get_by_role("button", name="画面を開く").last.click()
    page = opened.value
    page.set_viewport_size(PHONE)
    page.get_by_role("heading", name="登録内容の変更").wait_for()
    assert page.url.startswith(town.pages)
    accessible(page, "chat-settings")
    page.get_by_label("みなと").check()
    page.get_by_label("防災").check()
    page.get_by_role("button", name="保存する").click()
    page.get_by_role("heading", name="保存しました").wait_for()
    picture(page, "chat-saved")
    heard(chat, "登録内容を保存しました")
    picture(chat, "chat-told")
    page.reload()  # shows the same page and saves nothing again
    page.get_by_role("link", name="登録内容を見る").click()
    assert page.get_by_label("みなと").is_checked()
    send = town.city.commands["segments"]["send"]
    assert send.run(town.city, ["dansui", "ward=minato", "【断水】みなと地区"]) == 0
    heard(chat, "【断水】みなと地区")
    assert chat.locator(".line", has_text="登録内容を保存しました").count() == 1


@pytest.fixture
def pages(city, monkeypatch):
    """The pages alone, served; the address that they call their own is the served one."""
    with serve(app(city)) as url:
        monkeypatch.setenv("GOVLINE_WEB_URL", url)
        yield url


@pytest.fixture
def any_db(sqlite_db):
    """One engine is enough here: what a visitor sees does not depend on it (forms, links and staff run on both)."""
    return sqlite_db


def enter(page, pages, simulator, citizen, path="/c/demo/form"):
    page.goto(f"{simulator.url}/sim/open?citizen={citizen.user_id}&url={pages}{path}")
    page.locator("#main h1").wait_for()


def test_every_page_is_accessible(pages, open_context, simulator, hana, city):
    page = open_context().new_page()
    enter(page, pages, simulator, hana)
    accessible(page, "form")
    page.get_by_role("button", name="申し込む").click()
    page.locator("#errors").wait_for()
    accessible(page, "errors")
    page.get_by_label("お名前").fill("佐藤 花子")
    page.get_by_role("button", name="入力の途中で保存する").click()
    page.get_by_text("途中まで保存しました").wait_for()
    accessible(page, "draft")
    page.set_viewport_size(DESKTOP)
    accessible(page, "draft-desktop")
    page.get_by_role("button", name="申し込む").click()
    page.get_by_role("heading", name="受け付けました").wait_for()
    accessible(page, "done")
    for lang in ("en", "ja-easy"):
        page.goto(f"{pages}/c/demo/quiet?lang={lang}")
        accessible(page, f"blocks-{lang}")
    for path in ("/", "/nowhere", "/c/demo/broken"):
        page.goto(f"{pages}{path}?lang=ja")
        accessible(page, path.replace("/", "_"))
    staff = city.web.staff
    hashed = staff.hash("correct horse")
    city.run(lambda tx: staff.add(tx, "yamada", hashed))
    page.goto(f"{pages}/staff")
    accessible(page, "staff-door")
    page.get_by_label("ログイン名").fill("yamada")
    page.get_by_label("パスワード").fill("wrong password")
    page.get_by_role("button", name="ログインする").click()
    page.locator("#errors").wait_for()
    accessible(page, "staff-refused")
    page.get_by_label("パスワード").fill("correct horse")
    page.get_by_role("button", name="ログインする").click()
    page.get_by_role("link", name="送信の状況").wait_for()
    accessible(page, "staff-menu")
    page.get_by_role("link", name="送信の状況").click()
    page.get_by_role("table").wait_for()
    accessible(page, "staff-outbox")
    page.goto(f"{pages}/staff/town/expiries")
    page.get_by_role("heading", name="期限のあるもの").wait_for()
    accessible(page, "staff-expiries")


@pytest.fixture
def liff_town(make_city, sqlite_db, demo, monkeypatch):
    """The address of a town with LIFF."""
    city = make_city(sqlite_db, demo, liff={"id": "1650000001-abcdefgh"})
    with serve(app(city)) as url:
        monkeypatch.setenv("GOVLINE_WEB_URL", url)
        yield url


def test_liff_signs_in_by_its_script_and_by_a_link_without_it(liff_town, chromium, simulator, hana):
    """A stand-in for LINE's SDK at LINE's address, let in by this page's policy alone; the ID token is a genuine one."""
    token = simulator.world.id_tokens.issue(hana, "1650000001")
    sdk = f"window.liff = {{init: async () => 0, isLoggedIn: () => %s, getIDToken: () => '{token}'}}"
    context = chromium.new_context(locale="ja-JP", viewport=PHONE)
    wrong, logged_in = [], ["false"]
    context.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    context.route(
        "https://static.line-scdn.net/**",
        lambda route: route.fulfill(body=sdk % logged_in[0], content_type="text/javascript"),
    )
    page = context.new_page()
    page.goto(f"{liff_town}/c/demo/form")
    page.get_by_role("link", name="LINEでログイン").wait_for()
    accessible(page, "liff")
    page.set_viewport_size(DESKTOP)
    accessible(page, "liff-desktop")
    logged_in[0] = "true"
    page.goto(f"{liff_town}/c/demo/form")
    page.get_by_label("お名前").wait_for()
    assert page.url == f"{liff_town}/c/demo/form"
    context.close()
    assert wrong == []


def test_the_page_to_confirm(pages, open_context, simulator, hana, city):
    fields = [
        PageField("who", "お名前", required=True),
        PageField("about", "ご用件", "lines"),
        PageField("topics", "関心", "choices", choices={"x": "防災", "y": "子育て"}),
    ]
    taken = []

    def submit(_tx, _request, values):
        taken.append(dict(values))
        return Submitted("受け付けました")

    view = View("申込", [Paragraph("ご記入ください。")], fields, "申し込む", confirm=True)
    city.web._pages["demo/sure"] = Page("sure", "申込", lambda _tx, _request: view, submit)
    page = open_context(java_script_enabled=True).new_page()
    enter(page, pages, simulator, hana, "/c/demo/sure")
    page.get_by_label("お名前").fill("佐藤 <b>花子</b>")
    page.get_by_label("ご用件").fill('一行目\n"二行目"')
    page.get_by_label("防災").check()
    page.get_by_label("子育て").check()
    page.get_by_role("button", name="入力内容の確認へ進む").click()
    page.get_by_text("まだ送信されていません").wait_for()
    accessible(page, "confirm")
    page.set_viewport_size(DESKTOP)
    accessible(page, "confirm-desktop")
    page.get_by_role("button", name="修正する").click()
    assert page.get_by_label("ご用件").input_value() == '一行目\n"二行目"'
    assert page.get_by_label("子育て").is_checked()
    page.get_by_role("button", name="入力内容の確認へ進む").click()
    page.get_by_role("button", name="申し込む").click()
    page.get_by_role("heading", name="受け付けました").wait_for()
    assert taken == [{"who": "佐藤 <b>花子</b>", "about": '一行目\n"二行目"', "topics": ("x", "y")}]


def test_without_javascript_and_at_200_percent(pages, open_context, simulator, hana, demo):
    half = {"width": 188, "height": 406}  # 375 px at 200 %
    page = open_context(java_script_enabled=False, viewport=half).new_page()
    enter(page, pages, simulator, hana)
    picture(page, "zoom")
    page.get_by_label("お名前").fill("花子")
    page.get_by_label("人数").fill("3")
    page.get_by_label("写真").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": _png()})
    page.get_by_role("button", name="申し込む").click()
    page.get_by_role("heading", name="受け付けました").wait_for()
    ((_, _, values),) = demo.taken
    assert (values["who"], values["count"], values["photo"].media_type) == ("花子", 3, "image/png")


def test_by_keyboard_alone(pages, open_context, simulator, hana, demo):
    page = open_context().new_page()
    enter(page, pages, simulator, hana)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "who"
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"
    page.keyboard.type("はな")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="受け付けました").wait_for()
    assert demo.taken[0][2]["who"] == "はな"
    page.goto(f"{pages}/c/demo/form")
    page.get_by_role("button", name="申し込む").click()
    page.locator("#errors").wait_for()
    assert page.evaluate("document.activeElement.id") == "errors"
    page.locator("#errors a").first.press("Enter")
    assert page.evaluate("document.activeElement.name") == "who"


def test_a_wide_page_at_320_px(pages, open_context, simulator, hana, demo):
    demo.value = "とても長い言葉" * 30
    page = open_context(viewport={"width": 320, "height": 600}).new_page()
    enter(page, pages, simulator, hana, "/c/demo/quiet")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _png():
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
