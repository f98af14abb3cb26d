"""The chat page in real Chromium: what a newcomer sees first."""

import asyncio
import json
import os
from pathlib import Path

import pytest
import urllib3
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from govline.core.messages import Buttons, Confirm, Image, Location, Postback, Say, Sticker
from govline.simulator import LineWorld, Simulator, SimulatorClient, serve

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
OUTSIDE = "https://town.example/img/"
ATTACK = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"


def say(label):
    return {"type": "message", "label": label, "text": label}


def postback(label, data):
    return {"type": "postback", "label": label, "data": data, "displayText": f"{label}を選びました"}


QUICK = {
    "items": [
        {"type": "action", "action": say("施設")},
        {"type": "action", "action": {"type": "location", "label": "現在地を送る"}},
        {
            "type": "action",
            "action": {"type": "datetimepicker", "label": "日付", "data": "d", "mode": "date"},
        },
    ]
}
CAROUSEL = {
    "type": "template",
    "altText": "施設一覧",
    "template": {
        "type": "carousel",
        "columns": [
            {
                "thumbnailImageUrl": f"{OUTSIDE}{index}.jpg",
                "title": name,
                "text": "利用できます",
                "actions": [postback("予約する", f"book={index}")],
            }
            for index, name in enumerate(("公民館", "図書館", "体育館"))
        ],
    },
}
FLEX = {
    "type": "flex",
    "altText": "予約",
    "contents": {
        "type": "bubble",
        "hero": {"type": "image", "url": f"{OUTSIDE}hall.jpg", "size": "full", "aspectRatio": "20:13"},
        "body": {
            "type": "box",
            "layout": "vertical",
            "contents": [
                {"type": "text", "text": ATTACK, "wrap": True},
                {"type": "separator", "margin": "md"},
                {"type": "button", "style": "primary", "action": postback("取り消す", "cancel")},
            ],
        },
    },
}
MENU = {
    "size": {"width": 1200, "height": 400},
    "selected": True,
    "name": "main",
    "chatBarText": "町のメニュー",
    "areas": [
        {"bounds": {"x": index * 400, "y": 0, "width": 400, "height": 400}, "action": say(name)}
        for index, name in enumerate(("予約", "ごみの日", "相談"))
    ],
}


EVERY_KIND = [
    message.to_line()
    for message in (
        Buttons(
            "どちらにしますか",
            [Say("役場"), Postback("公民館", "hall")],
            title="会場",
            image=f"{OUTSIDE}b.jpg",
        ),
        Confirm("参加しますか", Say("参加する"), Say("しない")),
        Image(f"{OUTSIDE}poster.jpg"),
        Location("ひなた町役場", "ひなた町1-1", 35.01, 135.76),
        Sticker("446", "1988"),
    )
]


def answer(event):
    if event["type"] == "follow":
        return [{"type": "text", "text": "友だち追加ありがとうございます"}]
    if event["type"] == "postback":
        params = event["postback"].get("params", {})
        return [{"type": "text", "text": " ".join([event["postback"]["data"], *params.values()])}]
    message = event["message"]
    if message["type"] != "text":
        return [{"type": "text", "text": f"{message['type']}を受け取りました"}]
    known = {
        "案内": EVERY_KIND,
        "施設": [CAROUSEL],
        "確認": [FLEX],
        "攻撃": [{"type": "text", "text": ATTACK}],
    }
    return known.get(
        message["text"], [{"type": "text", "text": f"「{message['text']}」", "quickReply": QUICK}]
    )


class EchoTown:
    """Answers every event at once over the simulator's reply endpoint."""

    def __init__(self, token):
        self.line = ""
        self.seen = []
        self._http = urllib3.PoolManager()
        self._headers = {"authorization": f"Bearer {token}"}
        self.app = Starlette(routes=[Route("/hook", self.hook, methods=["POST"])])

    async def hook(self, request):
        for event in json.loads(await request.body())["events"]:
            self.seen.append(
                {"type": event["type"], "status": "done", "text": event.get("message", {}).get("text")}
            )
            if "replyToken" in event:
                await asyncio.to_thread(self.reply, event)
        return Response()

    def reply(self, event):
        body = {"replyToken": event["replyToken"], "messages": answer(event)}
        self.call("POST", "/v2/bot/message/reply", json=body)

    def call(self, method, path, **body):
        answer = self._http.request(method, self.line + path, headers=self._headers, **body)
        assert answer.status == 200, answer.data
        return answer

    def close(self):
        self._http.clear()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def town():
    world = LineWorld()
    town = EchoTown(world.channel().settings.token)
    simulator = Simulator(world, town_view=lambda: {"events": town.seen, "bookings": []})
    with serve(town.app) as town_url, simulator.serve() as url:
        town.line = url
        world.set_webhook(town_url + "/hook")
        yield town
        simulator.postman.wait_idle(10)
    town.close()


@pytest.fixture
def client(town):
    with SimulatorClient(town.line) as client:
        yield client


@pytest.fixture
def page(browser, town):
    """A page that fails the test when anything leaves this machine or the console complains."""
    context = browser.new_context(viewport={"width": 1360, "height": 860}, locale="ja-JP")
    page = context.new_page()
    wrong = []
    page.on(
        "request", lambda request: None if request.url.startswith(town.line) else wrong.append(request.url)
    )
    page.on("console", lambda line: wrong.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.set_default_timeout(15_000)
    yield page
    context.close()
    assert wrong == []


def send(page, text):
    page.fill("#text", text)
    page.press("#text", "Enter")


def bubble(page, text):
    return page.locator(".line:not(.own) .bubble", has_text=text)


def test_a_newcomer_adds_a_citizen_and_talks(page, town):
    page.goto(town.line)
    page.get_by_role("button", name="住民を追加してはじめる").click()
    page.get_by_role("button", name="決める").click()
    bubble(page, "友だち追加ありがとうございます").wait_for()
    send(page, "こんにちは")
    bubble(page, "「こんにちは」").wait_for()
    page.locator("#quick").get_by_role("button", name="施設").click()
    page.get_by_text("図書館").wait_for()
    page.locator(".card", has_text="図書館").get_by_role("button", name="予約する").click()
    bubble(page, "book=1").wait_for()
    assert page.locator(".own .bubble", has_text="予約するを選びました").count() == 1
    assert page.locator("#quick button").count() == 0
    page.get_by_role("tab", name="受信イベント").wait_for()
    page.locator("#sheet td", has_text="こんにちは").wait_for()


def test_two_citizens_have_two_phones(page, town, client):
    client.citizen("安")
    client.citizen("勉")
    page.goto(town.line)
    page.locator("#people button", has_text="安").click()
    send(page, "安です")
    bubble(page, "「安です」").wait_for()
    client.citizen("勉").say("勉です")
    page.get_by_role("button", name="勉 未読2件").click()
    bubble(page, "「勉です」").wait_for()
    assert page.locator("#talk").get_by_text("安です").count() == 0
    page.locator("#people button", has_text="安").click()
    bubble(page, "「安です」").wait_for()


def test_what_people_write_is_never_markup(page, town, client):
    ann = client.citizen(ATTACK[:50])
    ann.say(ATTACK)
    ann.say("攻撃")
    ann.say("確認")
    client.settle()
    page.goto(town.line)
    page.locator(".fx-text", has_text="<script>").wait_for()
    bubble(page, "<script>").first.wait_for()
    page.locator("#sheet td", has_text="<script>").first.wait_for()
    assert "hacked" not in page.title()
    assert page.locator("#talk script").count() == 0


def test_flex_rich_menu_and_date_picker(page, town, client):
    made = town.call("POST", "/v2/bot/richmenu", json=MENU).json()["richMenuId"]
    image = b"\x89PNG\r\n\x1a\n" + bytes(8) + (1200).to_bytes(4) + (400).to_bytes(4)
    town._headers["content-type"] = "image/png"
    town.call("POST", f"/v2/bot/richmenu/{made}/content", body=image)
    del town._headers["content-type"]
    town.call("POST", f"/v2/bot/user/all/richmenu/{made}")
    client.citizen("安")
    page.goto(town.line)
    page.locator("#menu").get_by_role("button", name="ごみの日").click()
    bubble(page, "「ごみの日」").wait_for()
    page.locator("#menu-bar").click()
    page.get_by_role("button", name="日付").click()
    page.locator("dialog input").fill("2026-12-01")
    page.get_by_role("button", name="送信", exact=True).last.click()
    bubble(page, "d 2026-12-01").wait_for()
    send(page, "確認")
    page.get_by_role("button", name="取り消す").click()
    bubble(page, "cancel").wait_for()


def test_buttons_questions_pictures_places_and_stickers_from_the_town(page, town, client):
    client.citizen("安")
    page.goto(town.line)
    send(page, "案内")
    card = page.locator(".line:not(.own) .card")
    card.filter(has_text="会場").get_by_role("button", name="公民館").click()
    bubble(page, "hall").wait_for()
    card.filter(has_text="参加しますか").get_by_role("button", name="参加する").click()
    bubble(page, "「参加する」").wait_for()
    assert card.filter(has_text="ひなた町1-1").locator("strong").inner_text() == "ひなた町役場"
    assert page.locator(".line:not(.own) .sticker").count() == 1
    page.get_by_role("button", name="画像を大きく見る").click()
    page.locator("dialog img").wait_for()


def test_place_picture_and_sticker(page, town, client):
    client.citizen("安")
    page.goto(town.line)
    send(page, "やあ")
    page.locator("#quick").get_by_role("button", name="現在地を送る").click()
    page.get_by_role("button", name="中央公園").click()
    page.locator("dialog").get_by_role("button", name="送信").click()
    bubble(page, "locationを受け取りました").wait_for()
    page.locator("#plus").click()
    page.locator("[data-tray=sticker]").click()
    page.get_by_role("button", name="了解です").click()
    bubble(page, "stickerを受け取りました").wait_for()
    page.set_input_files("#file", files=[{"name": "pixel.png", "mimeType": "image/png", "buffer": PIXEL}])
    bubble(page, "imageを受け取りました").wait_for()
    page.wait_for_function("document.querySelector('.own .photo img')?.naturalWidth === 1")


def test_block_and_unblock_by_keyboard(page, town, client):
    client.citizen("安")
    page.goto(town.line)
    bubble(page, "ありがとう").wait_for()
    page.locator("#more").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="ブロックする").press("Enter")
    page.get_by_text("この公式アカウントをブロックしています").wait_for()
    assert page.locator("#composer").is_hidden()
    page.get_by_role("button", name="ブロックを解除").press("Enter")
    page.locator("#composer").wait_for()
    client.settle()
    assert [event["type"] for event in town.seen] == ["follow", "unfollow", "follow"]


def test_a_town_that_does_not_answer_is_named(page, town, client):
    client.citizen("安")
    client.settle()
    client.request("POST", "/webhooks", {"url": town.line + "/nowhere"})
    page.goto(town.line)
    send(page, "もしもし")
    page.get_by_text("まちのサーバーがエラーを返しました (404)").wait_for()


def test_a_small_screen_shows_the_phone_first(browser, town, client):
    client.citizen("安")
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(town.line)
    bubble(page, "ありがとう").wait_for()
    width = page.evaluate("document.documentElement.scrollWidth")
    composer = page.locator("#composer").bounding_box()
    context.close()
    assert width <= 390
    assert composer["y"] + composer["height"] <= 844


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
