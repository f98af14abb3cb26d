"""In real Chromium: a clerk publishes a programme by its sheet, a group is asked for and registered; axe-core on every page of it."""

from datetime import UTC, datetime
from importlib.resources import files
from os import environ
from pathlib import Path

import openpyxl
import pytest

from govline import City
from govline.calendar import CalendarFeature
from govline.simulator import serve
from govline.web import Password, WebFeature, app
from govline.web.staff import LocalStaff

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not CHROMIUM.exists() and not environ.get("CI"), reason="Debian's chromium is not installed"
    ),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HALL = {
    "programme": "hall",
    "label": "公民館",
    "capacity": 1,
    "slots": [{"dates": "2026-12-01/2026-12-20", "times": ["10:00-12:00"]}],
    "fees": [{"amount": 1000, "per": "hour"}],
    "reductions": {"福祉": 50},
    "policy": {"purpose": "会議"},
}


@pytest.fixture
def city(login_environment, sqlite_db, clock, tmp_path):
    clock.set(datetime(2026, 11, 20, 3, tzinfo=UTC))
    login = LocalStaff(sqlite_db, Password(n=2**10, r=8, p=1))
    web = (WebFeature(staff_login=login), {"login_channel": "1650000001"})
    town = City(sqlite_db, [(CalendarFeature(), {"programmes": [HALL]}), web], folder=tmp_path).prepare()
    town.run(lambda tx: login.add(tx, "yamada", login.hash("correct horse")))
    return town


@pytest.fixture
def pages(city, monkeypatch):
    with serve(app(city)) as url:
        monkeypatch.setenv("GOVLINE_WEB_URL", url)
        yield url


@pytest.fixture
def page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(15_000)
        yield context.new_page()
        browser.close()


def accessible(page, name):
    """Nothing that axe-core objects to, light and dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
        found = page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == [], (name, scheme)


def enter(page, pages):
    page.goto(f"{pages}/staff")
    page.get_by_label("ログイン名").fill("yamada")
    page.get_by_label("パスワード").fill("correct horse")
    page.get_by_role("button", name="ログインする").click()


def sheet(path, *days):
    book = openpyxl.Workbook()
    rows = [["名称", "冬の接種"], ["予約ID", "winter"], ["定員", 2], ["期間", "令和8年12月1日〜12月25日"], []]
    for row in [*rows, ["日付", "開始"], *([day, "9:00"] for day in days)]:
        book.active.append(row)
    book.save(path)
    return str(path)


def send(page, file, deed):
    page.get_by_label("予約の表(.xlsx)").set_input_files(file)
    page.get_by_label(deed).check()
    page.get_by_role("button", name="表を送る").click()


def test_a_clerk_publishes_a_programme_by_its_sheet(page, pages, city, tmp_path):
    enter(page, pages)
    page.get_by_role("link", name="予約の表を公開する").click()
    accessible(page, "publish")
    send(page, sheet(tmp_path / "wrong.xlsx", "2026-12-01", "2027-12-02"), "検査して、誤りがなければ公開する")
    page.get_by_role("heading", name="公開していません").wait_for()
    assert page.get_by_role("row", name="8 日付 誤り 期間(2026-12-01〜2026-12-25)の外の枠です").is_visible()
    accessible(page, "refused")
    page.get_by_role("link", name="表を直して、もう一度送ってください。").click()
    mended = sheet(tmp_path / "mended.xlsx", "2026-12-01", "2026-12-02")
    send(page, mended, "検査だけする")
    page.get_by_role("heading", name="検査しました").wait_for()
    assert "winter" not in city.calendar.programmes
    accessible(page, "examined")
    page.get_by_role("link", name="予約の表を公開する").click()
    send(page, mended, "検査して、誤りがなければ公開する")
    page.get_by_role("heading", name="公開しました").wait_for()
    assert len(city.read(lambda tx: city.calendar.slots(tx, "winter"))) == 2
    page.get_by_role("link", name="公開した予約の表").click()
    accessible(page, "published")
    with page.expect_download() as taken:
        page.get_by_role("link", name="冬の接種の表を取り出す(Excel)").click()
    assert taken.value.suggested_filename == "winter.xlsx"
    page.get_by_label("冬の接種").check()
    page.get_by_role("button", name="最後の公開を取り消す").click()
    page.get_by_role("heading", name="公開を取り消しました").wait_for()
    assert "winter" not in city.calendar.programmes


def test_a_group_is_asked_for_and_registered(page, pages, city, simulator, hana):
    page.goto(f"{simulator.url}/sim/open?citizen={hana.user_id}&url={pages}/c/calendar/groups")
    page.get_by_role("heading", name="団体登録").wait_for()
    accessible(page, "groups")
    page.get_by_label("団体の名前").fill("手話の会")
    page.get_by_label("福祉").check()
    page.get_by_label("会議").check()
    page.get_by_role("button", name="登録を申し込む").click()
    page.get_by_role("heading", name="団体登録を受け付けました").wait_for()
    page.get_by_role("link", name="団体登録", exact=True).click()
    accessible(page, "mine")
    enter(page, pages)
    page.get_by_role("link", name="団体登録の審査").click()
    accessible(page, "registrations")
    page.get_by_role("link", name="手話の会").click()
    accessible(page, "registration")
    page.get_by_label("登録を承認する").check()
    page.get_by_label("理由").fill("規約を確認")
    page.get_by_role("button", name="決めて知らせる").click()
    page.get_by_role("heading", name="登録を決めました").wait_for()
    (group,) = city.read(city.calendar.groups.approved)
    assert (group.label, group.rate, group.purposes) == ("手話の会", 50, ["会議"])
