"""Answers and events of the simulator conform to LINE's published OpenAPI."""

import uuid
from datetime import timedelta

import openapi_schema_validator as schema_validator
import pytest
import yaml

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def specs(data_folder):
    folder = data_folder / "line-openapi"
    names = ("messaging-api", "channel-access-token", "webhook", "insight", "manage-audience", "liff")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {name: yaml.load((folder / f"{name}.yml").read_text("utf-8"), loader) for name in names}


def check(spec, schema, value):
    document = {**schema, "components": spec["components"]}
    errors = [error.message for error in schema_validator.OAS30Validator(document).iter_errors(value)]
    assert errors == []


def conforms(spec, method, path, answer):
    """The answer's status is described, and its JSON has the described shape."""
    responses = spec["paths"][path][method.lower()]["responses"]
    content = responses[str(answer.status)].get("content", {})
    if "application/json" in content:
        check(spec, content["application/json"]["schema"], answer.json())


def test_answers(specs, client, line, simulator):
    spec = specs["messaging-api"]
    ann = client.citizen("安")
    messages = [{"type": "text", "text": "こんにちは"}]
    user = {"to": ann.user_id, "messages": messages}
    key = str(uuid.UUID(int=1))
    token = simulator.world.channel().issue_reply_token(ann.user_id)
    area = {
        "bounds": {"x": 0, "y": 0, "width": 9, "height": 9},
        "action": {"type": "uri", "uri": "https://town.example"},
    }
    menu = {
        "size": {"width": 1200, "height": 400},
        "selected": True,
        "name": "m",
        "chatBarText": "m",
        "areas": [area],
    }
    calls = [
        ("POST", "/v2/bot/message/reply", {"replyToken": token, "messages": messages}, {}),
        ("POST", "/v2/bot/message/reply", {"replyToken": token, "messages": messages}, {}),
        ("POST", "/v2/bot/message/push", user, {"x_line_retry_key": key}),
        ("POST", "/v2/bot/message/push", user, {"x_line_retry_key": key}),
        ("POST", "/v2/bot/message/push", {**user, "messages": []}, {}),
        ("POST", "/v2/bot/message/multicast", {**user, "to": [ann.user_id]}, {}),
        ("POST", "/v2/bot/message/multicast", {**user, "to": []}, {}),
        ("POST", "/v2/bot/message/narrowcast", {"messages": messages}, {}),
        ("POST", "/v2/bot/message/broadcast", {"messages": messages}, {}),
        ("POST", "/v2/bot/message/validate/push", {"messages": messages}, {}),
        ("GET", "/v2/bot/message/quota", None, {}),
        ("GET", "/v2/bot/message/quota/consumption", None, {}),
        ("GET", "/v2/bot/followers/ids", None, {}),
        ("GET", "/v2/bot/info", None, {}),
        ("GET", "/v2/bot/channel/webhook/endpoint", None, {}),
        ("POST", "/v2/bot/channel/webhook/test", {}, {}),
        ("GET", "/v2/bot/message/aggregation/info", None, {}),
        ("GET", "/v2/bot/message/aggregation/list", None, {}),
        ("POST", "/v2/bot/chat/loading/start", {"chatId": ann.user_id}, {}),
        ("POST", "/v2/bot/richmenu", menu, {}),
        ("GET", "/v2/bot/richmenu/list", None, {}),
        ("GET", "/v2/bot/richmenu/alias/list", None, {}),
    ]
    for method, path, body, headers in calls:
        conforms(spec, method, path, line.call(method, path, body, **headers))
    statuses = [each["status"] for each in client.log()]
    assert statuses[:9] == [200, 400, 200, 409, 400, 200, 400, 202, 200]


def test_paths_with_parameters(specs, client, line, clock):
    spec = specs["messaging-api"]
    ann = client.citizen("安")
    made = line.call("POST", "/v2/bot/message/narrowcast", {"messages": [{"type": "text", "text": "x"}]})
    request = made.headers["x-line-request-id"]
    for template, path in (
        ("/v2/bot/profile/{userId}", f"/v2/bot/profile/{ann.user_id}"),
        ("/v2/bot/message/progress/narrowcast", f"/v2/bot/message/progress/narrowcast?requestId={request}"),
        ("/v2/bot/message/delivery/push", "/v2/bot/message/delivery/push?date=20261119"),
    ):
        conforms(spec, "GET", template, line.call("GET", path))
    linked = line.call("POST", f"/v2/bot/user/{ann.user_id}/linkToken")
    conforms(spec, "POST", "/v2/bot/user/{userId}/linkToken", linked)


def test_statistics_audiences_and_liff_apps(specs, client, line, simulator, clock):
    ann = client.citizen("安")
    message = {"messages": [{"type": "text", "text": "お知らせ"}]}
    sent = line.call("POST", "/v2/bot/message/broadcast", message).headers["x-line-request-id"]
    clock.advance(timedelta(days=1))
    insight, unit = "/v2/bot/insight/", "customAggregationUnit=u&from=20261119&to=20261121"
    for path, query in (
        ("followers", "date=20261120"),
        ("followers", "date=20261121"),
        ("message/delivery", "date=20261120"),
        ("demographic", ""),
        ("message/event", f"requestId={sent}"),
        ("message/event/aggregation", unit),
    ):
        conforms(specs["insight"], "GET", insight + path, line.call("GET", f"{insight}{path}?{query}"))
    group = "/v2/bot/audienceGroup"
    created = line.call(
        "POST", f"{group}/upload", {"description": "住民", "audiences": [{"id": ann.user_id}]}
    )
    number = created.json()["audienceGroupId"]
    audience = specs["manage-audience"]
    conforms(audience, "POST", f"{group}/upload", created)
    conforms(audience, "GET", f"{group}/list", line.call("GET", f"{group}/list?page=1"))
    conforms(audience, "GET", group + "/{audienceGroupId}", line.call("GET", f"{group}/{number}"))
    body = {"description": "見た人", "requestId": sent}
    for kind in ("click", "imp"):
        conforms(audience, "POST", f"{group}/{kind}", line.call("POST", f"{group}/{kind}", body))
    login = type(line)(line.base_url, simulator.world.channel().settings.login_token)
    app = {"view": {"type": "full", "url": "https://town.example/liff"}}
    conforms(specs["liff"], "POST", "/liff/v1/apps", login.call("POST", "/liff/v1/apps", app))
    conforms(specs["liff"], "GET", "/liff/v1/apps", login.call("GET", "/liff/v1/apps"))
    login.http.clear()


def test_every_event_is_described(specs, client, town):
    spec = specs["webhook"]
    ann = client.citizen("安")
    ann.say("こんにちは")
    ann.send_location(34.85, 135.78)
    ann.send_sticker()
    ann.send_image(b"\x89PNG")
    ann.tap_action({"type": "postback", "data": "a", "label": "押す"})
    ann.unsend(ann.lines()[1]["messageId"])
    ann.block()
    client.webhooks("verify", dummy=True)
    client.settle()
    mapping = spec["components"]["schemas"]["Event"]["discriminator"]["mapping"]
    contents = spec["components"]["schemas"]["MessageContent"]["discriminator"]["mapping"]
    for event in town.events:
        check(spec, {"$ref": mapping[event["type"]]}, event)
        if event["type"] == "message":
            check(spec, {"$ref": contents[event["message"]["type"]]}, event["message"])
    kinds = {event["type"] for event in town.events}
    assert kinds == {"follow", "message", "postback", "unsend", "unfollow"}
