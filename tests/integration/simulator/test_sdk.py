"""The official SDK, pointed at the simulator with `host=`, works unchanged."""

import struct
import uuid
import zlib

import pytest
from linebot.v3 import messaging as sdk
from linebot.v3.messaging.exceptions import ApiException
from linebot.v3.webhook import SignatureValidator, WebhookParser


def png(width, height):
    """A flat picture, made by hand."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xee" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


class LoopbackClient(sdk.ApiClient):
    """The SDK writes `https://api-data.line.me` into its blob calls; only that is turned back to `host=`."""

    def call_api(self, *args, **kwargs):
        return super().call_api(*args, **{**kwargs, "_host": None})


@pytest.fixture
def api_client(simulator, base_url):
    token = simulator.world.channel().settings.token
    with LoopbackClient(sdk.Configuration(host=base_url, access_token=token)) as client:
        yield client
        client.rest_client.pool_manager.clear()
        client.close()


@pytest.fixture
def api(api_client):
    return sdk.MessagingApi(api_client)


@pytest.fixture
def blob(api_client):
    return sdk.MessagingApiBlob(api_client)


def hello(text="こんにちは"):
    return sdk.TextMessage(text=text)


def test_reply_push_multicast_broadcast_narrowcast(api, client, town):
    ann, ben = client.citizen("安"), client.citizen("勉")
    client.settle()
    token = next(event["replyToken"] for event in town.events if event["source"]["userId"] == ann.user_id)
    sent = api.reply_message(sdk.ReplyMessageRequest(replyToken=token, messages=[hello("返信")]))
    assert len(sent.sent_messages) == 1
    api.push_message(sdk.PushMessageRequest(to=ann.user_id, messages=[hello("個別")]))
    api.multicast(sdk.MulticastRequest(to=[ann.user_id, ben.user_id], messages=[hello("一斉")]))
    api.broadcast(sdk.BroadcastRequest(messages=[hello("全員")]))
    made = api.narrowcast_with_http_info(sdk.NarrowcastRequest(messages=[hello("絞り")]))
    progress = api.get_narrowcast_progress(made.headers["x-line-request-id"])
    assert (progress.phase, progress.success_count) == ("succeeded", 2)
    seen = [(each["via"], each["message"]["text"]) for each in ann.messages()]
    expected = [("reply", "返信"), ("push", "個別"), ("multicast", "一斉"), ("broadcast", "全員")]
    assert seen == [*expected, ("narrowcast", "絞り")]
    assert [each["via"] for each in ben.messages()] == ["multicast", "broadcast", "narrowcast"]
    assert api.get_message_quota().type == "none"
    assert api.get_message_quota_consumption().total_usage == 7
    assert client.violations() == []


def test_a_retry_is_answered_with_409_and_the_accepted_id(api, client):
    ann = client.citizen("安")
    key = str(uuid.UUID(int=9))
    request = sdk.PushMessageRequest(to=ann.user_id, messages=[hello()])
    first = api.push_message_with_http_info(request, x_line_retry_key=key)
    with pytest.raises(ApiException) as caught:
        api.push_message(request, x_line_retry_key=key)
    assert caught.value.status == 409
    accepted = first.headers["x-line-request-id"]
    assert caught.value.headers["x-line-accepted-request-id"] == accepted
    assert len(ann.messages()) == 1


def test_profile_followers_info_and_loading(api, client):
    ann = client.citizen("安")
    assert api.get_profile(ann.user_id).display_name == "安"
    assert api.get_followers().user_ids == [ann.user_id]
    assert api.get_bot_info().basic_id == "@hinata"
    api.show_loading_animation(sdk.ShowLoadingAnimationRequest(chatId=ann.user_id, loadingSeconds=5))
    assert client.request("GET", f"/poll?citizen={ann.user_id}")["typing"]
    ann.block()
    with pytest.raises(ApiException) as caught:
        api.get_profile(ann.user_id)
    assert caught.value.status == 404


def test_followers_come_in_pages(api, client):
    ids = client.citizens_in_bulk(700)
    page = api.get_followers(limit=500)
    rest = api.get_followers(start=page.next, limit=500)
    assert (page.user_ids + rest.user_ids, rest.next) == (ids, None)


def test_content_that_a_citizen_sent(blob, client, town):
    ann = client.citizen("安")
    ann.send_image(png(10, 10))
    client.settle()
    [message] = [event["message"] for event in town.events if event["type"] == "message"]
    assert bytes(blob.get_message_content(message["id"])) == png(10, 10)
    assert blob.get_message_content_transcoding_by_message_id(message["id"]).status == "succeeded"


def rich_menu(name, *actions):
    areas = [
        sdk.RichMenuArea(bounds=sdk.RichMenuBounds(x=index * 400, y=0, width=400, height=400), action=action)
        for index, action in enumerate(actions)
    ]
    size = sdk.RichMenuSize(width=1200, height=400)
    return sdk.RichMenuRequest(size=size, selected=True, name=name, chatBarText="メニュー", areas=areas)


def test_rich_menus_with_tabs(api, blob, client, town):
    ann = client.citizen("安")
    switch = sdk.RichMenuSwitchAction(richMenuAliasId="two", data="tab=two", label="次へ")
    one = api.create_rich_menu(
        rich_menu("one", sdk.MessageAction(label="予約", text="予約する"), switch)
    ).rich_menu_id
    two = api.create_rich_menu(rich_menu("two", sdk.PostbackAction(label="戻る", data="back"))).rich_menu_id
    with pytest.raises(ApiException):
        api.set_default_rich_menu(one)
    for menu in (one, two):
        blob.set_rich_menu_image(menu, body=png(1200, 400), _headers={"Content-Type": "image/png"})
    api.create_rich_menu_alias(sdk.CreateRichMenuAliasRequest(richMenuAliasId="two", richMenuId=two))
    api.set_default_rich_menu(one)
    assert api.get_default_rich_menu_id().rich_menu_id == one
    ann.open()
    assert ann.menu()["name"] == "one"
    ann.tap("予約")
    ann.tap("次へ")
    assert ann.menu()["name"] == "two"
    assert api.get_rich_menu_id_of_user(ann.user_id).rich_menu_id == two
    client.settle()
    params = [event["postback"]["params"] for event in town.events if event["type"] == "postback"]
    assert params == [{"newRichMenuAliasId": "two", "status": "SUCCESS"}]
    assert [event["message"]["text"] for event in town.events if event["type"] == "message"] == ["予約する"]
    api.unlink_rich_menu_id_from_user(ann.user_id)
    assert ann.menu()["name"] == "one"
    api.link_rich_menu_id_to_users(sdk.RichMenuBulkLinkRequest(richMenuId=two, userIds=[ann.user_id]))
    assert ann.menu()["name"] == "two"
    api.delete_rich_menu(two)
    assert [menu.name for menu in api.get_rich_menu_list().richmenus] == ["one"]
    assert bytes(blob.get_rich_menu_image(one)) == png(1200, 400)


def test_validate_is_a_dry_run(api, client):
    ann = client.citizen("安")
    api.validate_push(sdk.ValidateMessageRequest(messages=[hello()]))
    with pytest.raises(ApiException) as caught:
        api.validate_push(sdk.ValidateMessageRequest(messages=[hello("あ" * 5001)]))
    assert caught.value.status == 400
    assert "messages[0].text" in caught.value.body
    assert ann.messages() == []


def test_webhook_endpoint_and_its_test(api, town):
    assert api.get_webhook_endpoint().endpoint == town.url
    assert api.test_webhook_endpoint().success
    town.answers = [500]
    assert api.test_webhook_endpoint().status_code == 500
    with pytest.raises(ApiException):
        api.set_webhook_endpoint(sdk.SetWebhookEndpointRequest(endpoint="https://town.example/hook"))


def test_the_sdk_accepts_signature_and_body_of_every_gesture(simulator, client, town):
    ann = client.citizen("安")
    ann.say("こんにちは🍎")
    ann.send_location(34.85, 135.78, "役場", "中央1")
    ann.send_sticker()
    ann.send_image(png(10, 10))
    ann.tap_action({"type": "postback", "data": "a=1", "label": "押す", "displayText": "押した"})
    ann.tap_action(
        {"type": "datetimepicker", "data": "day", "mode": "date", "label": "日"}, {"date": "2026-12-01"}
    )
    ann.unsend(ann.lines()[1]["messageId"])
    ann.block()
    ann.follow()
    client.settle()
    secret = simulator.world.channel().settings.secret
    validator, parser = SignatureValidator(secret), WebhookParser(secret)
    kinds = []
    for body, signature in zip(town.bodies, town.signatures, strict=True):
        assert validator.validate(body.decode(), signature)
        kinds += [event.type for event in parser.parse(body.decode(), signature)]
    postbacks = ["postback", "postback", "unsend", "unfollow", "follow"]
    assert kinds == ["follow", *["message"] * 4, *postbacks]
    follows = [event["follow"]["isUnblocked"] for event in town.events if event["type"] == "follow"]
    assert follows == [False, True]
