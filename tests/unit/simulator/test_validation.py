"""LINE's limits in UTF-16 units, and its error shape."""

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from govline.core.messages import LIMITS, check_messages
from govline.errors import MessageError
from govline.simulator.limits import Limits
from govline.simulator.validation import RequestRules

NAMES = [
    "type",
    "text",
    "contents",
    "actions",
    "action",
    "columns",
    "template",
    "items",
    "quickReply",
    "label",
    "data",
    "mode",
    "initial",
    "min",
    "max",
    "url",
    "layout",
    "body",
    "hero",
    "altText",
    "thumbnailImageUrl",
    "title",
    "imageUrl",
    "sender",
    "size",
    "areas",
    "bounds",
    "baseSize",
    "area",
]
KINDS = ["text", "textV2", "template", "flex", "imagemap", "location", "image", "sticker", "buttons"]
RULES = RequestRules(Limits())
IMAGE = "https://town.example/a.jpg"


def problems(*messages):
    return [
        (each["property"], each["message"])
        for each in RULES.problems("validate", {"messages": list(messages)})
    ]


def text(length, **rest):
    return {"type": "text", "text": "あ" * length, **rest}


def tap(label="はい", **rest):
    return {"type": "message", "label": label, "text": "はい", **rest}


def template(**body):
    return {"type": "template", "altText": "一覧", "template": body}


def quick(count):
    return {"quickReply": {"items": [{"type": "action", "action": tap()} for _ in range(count)]}}


def carousel(*sizes):
    columns = [{"text": "説明", "actions": [tap()] * size} for size in sizes]
    return template(type="carousel", columns=columns)


def flex(*contents, **bubble):
    body = {"type": "box", "layout": "vertical", "contents": list(contents)}
    return {"type": "flex", "altText": "案内", "contents": {"type": "bubble", "body": body, **bubble}}


GOOD = [
    text(5000),
    {"type": "text", "text": "🍎" * 2500},
    text(1, **quick(13)),
    {"type": "sticker", "packageId": "446", "stickerId": "1988"},
    {"type": "image", "originalContentUrl": IMAGE, "previewImageUrl": "http://127.0.0.1:8000/a.png"},
    {"type": "location", "title": "役場", "address": "中央1", "latitude": 34.8, "longitude": 135},
    template(type="buttons", text="あ" * 160, actions=[tap()] * 4),
    template(type="buttons", title="題", text="あ" * 60, actions=[tap()]),
    template(type="confirm", text="あ" * 240, actions=[tap(), tap("いいえ")]),
    carousel(3, 3),
    template(type="image_carousel", columns=[{"imageUrl": IMAGE, "action": tap("あ" * 12)}]),
    flex({"type": "text", "text": "本文", "wrap": True}, {"type": "separator", "margin": "md"}),
    flex({"type": "button", "action": {"type": "postback", "label": "予約", "data": "x" * 300}}),
    text(1, quickReply={"items": [{"type": "action", "action": {"type": "location", "label": "現在地"}}]}),
]

BAD = [
    ({"type": "text"}, "messages[0].text", "must be specified"),
    ({"type": "text", "text": ""}, "messages[0].text", "May not be empty"),
    (text(5001), "messages[0].text", "Length must be between 1 and 5000"),
    ({"type": "text", "text": "🍎" * 2501}, "messages[0].text", "Length must be between 1 and 5000"),
    ({"type": "telepathy"}, "messages[0].type", "must be one of the known types"),
    ({"text": "x"}, "messages[0].type", "must be specified"),
    ("x", "messages[0]", "must be an object"),
    (text(1, **quick(14)), "messages[0].quickReply.items", "Size must be between 1 and 13"),
    (
        text(1, quickReply={"items": [{"type": "action", "action": tap("あ" * 21)}]}),
        "messages[0].quickReply.items[0].action.label",
        "Length must be between 1 and 20",
    ),
    (
        {"type": "image", "originalContentUrl": "http://town.example/a.jpg", "previewImageUrl": IMAGE},
        "messages[0].originalContentUrl",
        "invalid uri scheme",
    ),
    (
        {"type": "location", "title": "役場", "address": "中央1", "latitude": 91, "longitude": 135},
        "messages[0].latitude",
        "must be between -90 and 90",
    ),
    (
        template(type="buttons", title="題", text="あ" * 61, actions=[tap()]),
        "messages[0].template.text",
        "Length must be between 1 and 60",
    ),
    (
        template(type="buttons", text="あ", actions=[tap()] * 5),
        "messages[0].template.actions",
        "Size must be between 1 and 4",
    ),
    (
        template(type="confirm", text="あ", actions=[tap()]),
        "messages[0].template.actions",
        "Size must be between 2 and 2",
    ),
    (
        carousel(1, 2),
        "messages[0].template.columns",
        "the number of actions must be the same in every column",
    ),
    (carousel(*[1] * 11), "messages[0].template.columns", "Size must be between 1 and 10"),
    (
        {**template(type="confirm", text="あ", actions=[tap(), tap()]), "altText": "あ" * 401},
        "messages[0].altText",
        "Length must be between 1 and 400",
    ),
    (
        flex({"type": "text", "text": "x", "colour": "#000000"}),
        "messages[0].contents.body.contents[0].colour",
        "unknown field",
    ),
    (
        flex({"type": "button", "action": {"type": "postback", "label": "予約", "data": "x" * 301}}),
        "messages[0].contents.body.contents[0].action.data",
        "Length must be between 1 and 300",
    ),
    (
        template(type="buttons", text="x", actions=[{"type": "location", "label": "ここ"}]),
        "messages[0].template.actions[0].type",
        "must be one of the known types",
    ),
    (
        template(
            type="buttons",
            text="x",
            actions=[
                {"type": "datetimepicker", "label": "日", "data": "d", "mode": "date", "initial": "12/1"}
            ],
        ),
        "messages[0].template.actions[0].initial",
        "invalid date or time",
    ),
    (text(1, sender={"name": "あ" * 21}), "messages[0].sender.name", "Length must be between 1 and 20"),
]


@pytest.mark.parametrize("message", GOOD, ids=lambda message: message["type"])
def test_messages_within_the_limits_pass(message):
    assert problems(message) == []


@pytest.mark.parametrize(("message", "where", "words"), BAD)
def test_messages_beyond_a_limit_name_the_field(message, where, words):
    assert (where, words) in problems(message)


def test_a_flex_bubble_has_a_byte_limit():
    many = flex(*[{"type": "text", "text": "あ" * 1000} for _ in range(11)])
    assert problems(many) == [("messages[0].contents", "must be at most 30720 bytes")]


def test_one_to_five_messages():
    assert RULES.problems("validate", {"messages": []})
    assert RULES.problems("validate", {"messages": [text(1)] * 6})
    assert not RULES.problems("validate", {"messages": [text(1)] * 5})


def test_multicast_limits():
    user = "U" + "0" * 32
    body = {"to": [user] * 500, "messages": [text(1)]}
    assert not RULES.problems("multicast", body)
    assert RULES.problems("multicast", {**body, "to": [user] * 501})
    assert RULES.problems("multicast", {**body, "to": [user, "someone"]})[0]["property"] == "to[1]"
    assert RULES.problems("multicast", {**body, "customAggregationUnits": ["a", "b"]})
    assert RULES.problems("multicast", {**body, "customAggregationUnits": ["五月"]})
    assert not RequestRules(Limits(malformed_recipient_fails=False)).problems(
        "multicast", {**body, "to": [user, "someone"]}
    )


def test_rich_menu_limits():
    area = {"bounds": {"x": 0, "y": 0, "width": 100, "height": 100}, "action": tap()}
    menu = {
        "size": {"width": 2500, "height": 1686},
        "selected": True,
        "name": "main",
        "chatBarText": "メニュー",
        "areas": [area] * 20,
    }
    assert not RULES.problems("richmenu", menu)
    assert RULES.problems("richmenu", {**menu, "areas": [area] * 21})
    assert RULES.problems("richmenu", {**menu, "chatBarText": "あ" * 15})
    assert RULES.problems("richmenu", {**menu, "size": {"width": 800, "height": 800}})
    switch = {"type": "richmenuswitch", "richMenuAliasId": "b", "data": "tab"}
    assert not RULES.problems("richmenu", {**menu, "areas": [{**area, "action": switch}]})
    assert problems(template(type="buttons", text="x", actions=[{**switch, "label": "b"}]))


SCRAP = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(KINDS), scrap=st.dictionaries(st.sampled_from(NAMES), SCRAP, max_size=6))
def test_any_json_is_judged_and_never_breaks_the_judge(kind, scrap):
    found = RULES.problems("validate", {"messages": [{**scrap, "type": kind}]})
    assert all(set(each) == {"message", "property"} for each in found)


def test_nesting_without_end_and_lone_surrogates_are_refused():
    box = {"type": "box", "layout": "vertical", "contents": []}
    for _ in range(2000):
        box = {"type": "box", "layout": "vertical", "contents": [box]}
    assert ("messages", "nested too deeply") in problems(
        {"type": "flex", "altText": "x", "contents": {"type": "bubble", "body": box}}
    )
    assert ("messages[0].text", "invalid character") in problems({"type": "text", "text": "\ud800"})


CORE = evolve(LIMITS, media_schemes=frozenset({"https", "http"}))
STRICTER_HERE = {"unknown field"}


@pytest.mark.parametrize("message", GOOD, ids=lambda message: message["type"])
def test_what_passes_here_passes_the_towns_own_check(message):
    check_messages([message], limits=CORE)


@pytest.mark.parametrize(("message", "where", "words"), BAD)
def test_what_is_refused_here_is_refused_by_the_towns_own_check(message, where, words):
    if words in STRICTER_HERE:
        return
    with pytest.raises(MessageError):
        check_messages([message])
