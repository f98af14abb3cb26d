"""The messenger over the real line-bot-sdk and the bulk wire, against a LINE on loopback."""

import json
import threading
import uuid

import pytest

from govline.core.messages import Text
from govline.errors import LineError, RateLimited
from govline.line.bulk import multicast_body
from govline.line.doctor import diagnose
from govline.line.menus import RichMenu, RichMenuArea, publish_menu
from govline.line.messenger import Quota, WebhookEndpoint

KEY = str(uuid.UUID(int=7))
TARO = "U" + "1" * 32
HELLO = [Text("こんにちは🍎").to_line()]


def header(request, name):
    return {key.lower(): value for key, value in request[2].items()}.get(name.lower())


@pytest.mark.data
def test_what_we_send_fits_lines_openapi(line, messenger, openapi):
    flex = {"type": "flex", "altText": "a", "contents": {"type": "bubble", "newerThanTheSdk": {"x": 1}}}
    messenger.reply("token", [*HELLO, flex])
    messenger.push(TARO, HELLO, retry_key=KEY, unit="bins_2026")
    messenger.multicast([TARO] * 500, json.dumps(HELLO).encode(), retry_key=KEY, unit="bins_2026")
    messenger.validate("push", HELLO)
    for request in line.requests:
        openapi(*request)
        assert header(request, "authorization") == "Bearer token-1"
    assert json.loads(line.requests[0][3])["messages"][1] == flex
    assert [header(request, "x-line-retry-key") for request in line.requests] == [None, KEY, KEY, None]


def test_multicast_bytes_are_spliced_not_parsed(line, messenger):
    frozen = b'[ {"type":"text",  "text":"\xe3\x81\x82"} ]'
    assert messenger.multicast([TARO], frozen, retry_key=KEY).ok
    assert line.requests[0][3] == b'{"to":["' + TARO.encode() + b'"],"messages":' + frozen + b"}"
    assert multicast_body([TARO], frozen, "u_1").endswith(b',"customAggregationUnits":["u_1"]}')


@pytest.mark.parametrize("send", ["push", "multicast"])
def test_every_answer_is_a_value(line, messenger, send):
    def call():
        if send == "push":
            return messenger.push(TARO, HELLO, retry_key=KEY)
        return messenger.multicast([TARO], b"[]", retry_key=KEY)

    line.say(409, "The retry key is already accepted", {"x-line-accepted-request-id": "r-0"})
    line.say(400, "bad", details=[{"message": f"no {TARO}", "property": "to[0]"}])
    for status in (401, 403, 404, 429, 500, 502, 503, 504):
        line.say(status, "words")
    conflict, bad, *rest = [call() for _ in range(10)]
    assert (conflict.status, conflict.accepted_id, conflict.request_id) == (409, "r-0", "r-1")
    assert (bad.status, bad.message) == (400, "bad; to[0]: no (id)")
    assert [answer.status for answer in rest] == [401, 403, 404, 429, 500, 502, 503, 504]
    assert len(line.requests) == 10


@pytest.mark.parametrize("send", ["push", "reply", "multicast", "link_menu"])
def test_a_proxys_page_in_another_charset_is_still_an_answer(line, messenger, send):
    line.answers.append((502, {"content-type": "text/html"}, "混雑".encode("shift_jis")))
    assert _call(messenger, send).status == 502
    line.answers.append((200, {"content-type": "text/html; charset=nonsense"}, b"\xff"))
    answer = _call(messenger, send)
    assert answer.ok or answer.ambiguous


def test_an_unreadable_answer_to_a_question_is_a_line_error(line, messenger):
    for body in (b"<html>", b"\xff", b'{"type":7}'):
        line.answers.append((200, {}, body))
        with pytest.raises(LineError):
            messenger.quota()


@pytest.mark.parametrize("send", ["push", "reply", "multicast", "link_menu"])
def test_a_cut_connection_may_have_arrived_and_is_not_repeated_unseen(line, messenger, send):
    line.cut = 1
    answer = _call(messenger, send)
    assert (answer.status, answer.left, answer.ambiguous) == (0, True, True)
    assert len(line.requests) == 1
    assert _call(messenger, send).ok


@pytest.mark.parametrize("send", ["push", "reply", "multicast"])
def test_a_refused_connection_never_left_and_a_timeout_did(nobody, deaf, send):
    assert (_call(nobody, send).left, _call(deaf, send).left) == (False, True)


def _call(messenger, send):
    if send == "multicast":
        return messenger.multicast([TARO], b"[]", retry_key=KEY)
    if send == "push":
        return messenger.push(TARO, HELLO, retry_key=KEY)
    return messenger.reply("token", HELLO) if send == "reply" else messenger.link_menu(TARO, "richmenu-1")


def test_a_rotated_token_is_taken_up_at_once(line):
    from govline.line.sdk import SdkMessenger

    tokens = iter(["a", "a", "b", "b"])
    messenger = SdkMessenger(lambda: next(tokens), host=line.host)
    messenger.push(TARO, HELLO, retry_key=KEY)
    messenger.multicast([TARO], b"[]", retry_key=KEY)
    messenger.push(TARO, HELLO, retry_key=KEY)
    messenger.multicast([TARO], b"[]", retry_key=KEY)
    messenger.close()
    assert [header(request, "authorization")[-1] for request in line.requests] == ["a", "a", "b", "b"]


def test_sixteen_threads_share_one_messenger(line, messenger):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(_call(messenger, "multicast").ok)) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 16


def test_questions_come_back_as_plain_values(line, messenger):
    line.say(200, userId=TARO, displayName="太郎", language="ja")
    profile = messenger.profile(TARO)
    assert (profile.display_name, profile.language) == ("太郎", "ja")
    assert "太郎" not in repr(profile)
    line.answers.append((200, {"content-type": "image/jpeg"}, b"\xff\xd8"))
    content = messenger.content("1")
    assert (content.data, content.media_type) == (b"\xff\xd8", "image/jpeg")
    line.say(200, type="limited", value=200)
    line.say(200, totalUsage=150)
    assert messenger.quota() == Quota(200, 150)
    line.say(200, type="none")
    line.say(200, totalUsage=10**6)
    assert messenger.quota() == Quota(None, 10**6)
    line.say(404, "Not found")
    assert messenger.webhook_endpoint() == WebhookEndpoint("", active=False)


def test_a_refused_question_raises_without_personal_data(line, messenger, nobody):
    line.say(404, f"no such user {TARO}")
    with pytest.raises(LineError) as caught:
        messenger.profile(TARO)
    assert TARO not in str(caught.value)
    assert caught.value.place["status"] == 404
    line.say(429, "The API rate limit has been exceeded. Try again later.")
    with pytest.raises(RateLimited):
        messenger.quota()
    with pytest.raises(LineError):
        nobody.quota()


def test_a_menu_is_published_once_per_content(line, messenger):
    menu = RichMenu("main", "メニュー", [RichMenuArea(0, 0, 2500, 1686, {"type": "message", "text": "予約"})])
    name = menu.to_line(b"png")["name"]
    line.say(200, richmenus=[])
    line.say(200, richMenuId="richmenu-1")
    line.say(200)
    assert publish_menu(messenger, menu, b"png") == "richmenu-1"
    created = json.loads(line.requests[1][3])
    assert created == menu.to_line(b"png")
    assert (created["name"], created["chatBarText"]) == (name, "メニュー")
    assert (line.requests[2][0], line.requests[2][3]) == ("POST", b"png")
    assert header(line.requests[2], "content-type") == "image/png"
    known = {**menu.to_line(b"png"), "richMenuId": "richmenu-1"}
    line.say(200, richmenus=[known])
    line.answers.append((200, {"content-type": "image/png"}, b"png"))
    assert publish_menu(messenger, menu, b"png") == "richmenu-1"
    assert [request[0] for request in line.requests[3:]] == ["GET", "GET"]
    line.say(200, richmenus=[known])
    line.say(404, "Not found")
    line.say(200)
    publish_menu(messenger, menu, b"png")
    assert (line.requests[-1][0], line.requests[-1][3]) == ("POST", b"png")


def test_the_doctor_names_place_and_remedy(line, messenger):
    bot = {"userId": TARO, "basicId": "@x", "displayName": "町", "chatMode": "bot", "markAsReadMode": "auto"}
    line.say(200, **bot)
    line.say(200, endpoint="https://town.example/line", active=True)
    line.say(200, type="none")
    line.say(200, totalUsage=3)
    assert diagnose(messenger, TARO) == []
    line.say(200, **{**bot, "chatMode": "chat"})
    line.say(200, endpoint="https://town.example/line", active=False)
    line.say(200, type="limited", value=200)
    line.say(200, totalUsage=200)
    assert len(diagnose(messenger, "Uother")) == 4
    line.say(401, "Authentication failed")
    (found,) = diagnose(messenger)
    assert found.code == "GL-8041"
    assert "token" in str(found)
