"""Our events and messages against LINE's OpenAPI and line-bot-sdk's models: the same bodies, read by both."""

import json
from datetime import date

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govline.core.messages import (
    AskCamera,
    AskLocation,
    AskPhotos,
    Buttons,
    Carousel,
    Column,
    Confirm,
    Copy,
    Flex,
    Image,
    Location,
    Open,
    PickDate,
    Postback,
    Say,
    Sender,
    Sticker,
    Text,
    Video,
)
from govline.line.events import EVENT_TYPES, UnknownEvent
from govline.line.messages_in import UnknownContent
from govline.line.parsing import BrokenEvent, from_sdk, parse
from govline.line.signature import sign

pytestmark = pytest.mark.data
SECRET = "s"
TEXT = st.text(max_size=12)
PLAIN = {
    "string": TEXT,
    "boolean": st.booleans(),
    "integer": st.integers(0, 2**31 - 1),
    "number": st.floats(-90, 90, allow_nan=False),
}


@pytest.fixture(scope="module")
def schemas(data_folder):
    return yaml.safe_load((data_folder / "line-openapi" / "webhook.yml").read_text())["components"]["schemas"]


def merged(schemas, schema):
    """Properties, required names and discriminator of a schema, with `$ref` and `allOf` followed."""
    if "$ref" in schema:
        return merged(schemas, schemas[schema["$ref"].rpartition("/")[2]])
    properties, required = {}, set()
    for part in schema.get("allOf", []):
        inner = merged(schemas, part)
        properties |= inner[0]
        required |= inner[1]
    return properties | schema.get("properties", {}), required | set(schema.get("required", []))


def resolved(schemas, schema):
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def example(schemas, schema, fixed=None):
    """A strategy for values of a schema; subtypes by discriminator, optional properties present or not."""
    plain = resolved(schemas, schema)
    if "discriminator" in plain and fixed is None:
        mapping = plain["discriminator"]["mapping"]
        return st.sampled_from(sorted(mapping)).flatmap(
            lambda kind: example(schemas, {"$ref": mapping[kind]}, fixed=kind)
        )
    if "enum" in plain:
        return st.sampled_from(plain["enum"])
    if plain.get("type") == "array":
        return st.lists(example(schemas, plain["items"]), max_size=2)
    properties, required = merged(schemas, plain)
    if not properties:
        return (
            st.dictionaries(TEXT, TEXT, max_size=2) if plain.get("type") == "object" else PLAIN[plain["type"]]
        )
    values = {name: example(schemas, inner) for name, inner in properties.items()}
    if fixed is not None:
        values["type"] = st.just(fixed)
    for name in ("webhookEventId", "originalContentUrl", "previewImageUrl"):
        if name in values:
            values[name] = st.just("01JX") if name == "webhookEventId" else st.just("https://a.example/b")
    optional = {name: value for name, value in values.items() if name not in required}
    return st.fixed_dictionaries({n: v for n, v in values.items() if n in required}, optional=optional)


def source_of(event):
    source = event.source
    if source is None:
        return None
    return (source.type, *(getattr(source, name, None) for name in ("user_id", "group_id", "room_id")))


def our_source(event):
    source = event.source
    return None if source is None else tuple(source.get(n) for n in ("type", "userId", "groupId", "roomId"))


def agree(ours, theirs):
    assert ours.type == theirs.type
    assert ours.id == theirs.webhook_event_id
    assert ours.timestamp == theirs.timestamp
    assert ours.mode == theirs.mode.value
    assert ours.redelivery == theirs.delivery_context.is_redelivery
    assert our_source(ours) == source_of(theirs)
    assert ours.reply_token == getattr(theirs, "reply_token", None)
    assert type(ours).__name__.removesuffix("Event") in (
        type(theirs).__name__.removesuffix("Event"),
        "DeliveryCompletion",
    )
    if ours.type == "message":
        agree_on_content(ours.message, theirs.message)
    if ours.type == "postback":
        assert (ours.postback["data"], ours.postback.get("params")) == (
            theirs.postback.data,
            theirs.postback.params,
        )
    if ours.type == "follow":
        assert ours.unblocked == theirs.follow.is_unblocked


def agree_on_content(ours, theirs):
    assert (ours.type, ours.id) == (theirs.type, theirs.id)
    for name in (
        "text",
        "file_name",
        "file_size",
        "latitude",
        "longitude",
        "title",
        "address",
        "sticker_id",
        "duration",
    ):
        assert getattr(ours, name, None) == getattr(theirs, name, None), name


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_the_sdk_and_we_read_every_event_type_alike(schemas, kind):
    from linebot.v3.webhook import WebhookParser

    mapping = schemas["Event"]["discriminator"]["mapping"]

    @settings(
        max_examples=60 if kind == "message" else 12, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(example(schemas, {"$ref": mapping[kind]}, fixed=kind))
    def check(event):
        raw = json.dumps({"destination": "U0", "events": [event]}).encode()
        (theirs,) = WebhookParser(SECRET).parse(raw.decode(), sign(SECRET, raw))
        (ours,) = parse(raw).events
        assert not isinstance(ours, BrokenEvent | UnknownEvent)
        agree(ours, theirs)
        (through,) = from_sdk([theirs]).events
        agree(through, theirs)

    check()


def test_every_type_of_the_openapi_is_known(schemas):
    assert set(schemas["Event"]["discriminator"]["mapping"]) == EVENT_TYPES


def test_every_required_field_that_we_drop_breaks_no_neighbour(schemas):
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(example(schemas, {"$ref": "#/components/schemas/Event"}), min_size=3, max_size=3), st.data()
    )
    def check(events, data):
        events[1].pop(data.draw(st.sampled_from(sorted(events[1]))))
        first, _, last = parse({"destination": "", "events": events}).events
        assert not isinstance(first, BrokenEvent)
        assert not isinstance(last, BrokenEvent)

    check()


def test_unknown_types_are_unknown_to_both():
    from linebot.v3.webhook import WebhookParser

    base = {
        "timestamp": 1,
        "mode": "active",
        "webhookEventId": "e",
        "deliveryContext": {"isRedelivery": False},
    }
    body = {
        "events": [
            {**base, "type": "somethingNew", "more": 1},
            {**base, "type": "message", "message": {"type": "hologram", "id": "1"}},
        ]
    }
    raw = json.dumps(body).encode()
    theirs = WebhookParser(SECRET).parse(raw.decode(), sign(SECRET, raw))
    strange, message = parse(raw).events
    assert isinstance(strange, UnknownEvent)
    assert isinstance(message.message, UnknownContent)
    assert [event.type for event in theirs] == [strange.type, message.type]


AREA = "https://a.example/i.jpg"
FLEX = {
    "type": "bubble",
    "hero": {"type": "image", "url": AREA, "size": "full", "action": {"type": "uri", "uri": AREA}},
    "body": {
        "type": "box",
        "layout": "vertical",
        "contents": [
            {"type": "text", "text": "ごみの日", "wrap": True, "weight": "bold"},
            {"type": "separator"},
            {"type": "button", "style": "primary", "action": Say("はい").to_line()},
        ],
    },
}
PICKER = PickDate(
    "日付", "d", "date", initial=date(2026, 12, 1), min=date(2026, 11, 1), max=date(2027, 3, 31)
)
COLUMNS = [Column("広い", [Say("予約"), Postback("詳細", "d=1")], title=name, image=AREA) for name in "甲乙"]
MESSAGES = [
    Text("こんにちは🍎", quick=["はい", AskLocation("場所"), AskCamera("写す"), AskPhotos("選ぶ"), PICKER]),
    Text("案内", sender=Sender("ひなた町", AREA)),
    Image(AREA),
    Video(AREA, AREA),
    Sticker("446", "1988"),
    Location("役場", "ひなた町1-1", 35.01, 135.76),
    Buttons(
        "選ぶ", [Say("はい"), Postback("予約", "b=1", display="予約"), Open("開く", AREA), Copy("写し", "1")]
    ),
    Confirm("よいですか", Say("はい"), Say("いいえ")),
    Carousel(COLUMNS),
    Flex("予約", FLEX),
    Flex("予約", {"type": "carousel", "contents": [FLEX, FLEX]}),
]


@pytest.fixture(scope="module")
def outgoing(data_folder):
    path = data_folder / "line-openapi" / "messaging-api.yml"
    return yaml.safe_load(path.read_text())["components"]["schemas"]


def misfits(schemas, schema, value, place="message"):
    """Where a value leaves LINE's schema: a missing, unknown or wrong field, down through every subtype."""
    plain = resolved(schemas, schema)
    if "discriminator" in plain:
        kind = plain["discriminator"]["mapping"].get(value[plain["discriminator"]["propertyName"]])
        if kind is None:
            return [f"{place}: an unknown type"]
        schema = {"$ref": kind}
        plain = resolved(schemas, schema)
    if isinstance(value, list):
        return [
            bad
            for n, item in enumerate(value)
            for bad in misfits(schemas, plain["items"], item, f"{place}[{n}]")
        ]
    if not isinstance(value, dict):
        fits = plain.get("type") in SCALARS[type(value)] and value in plain.get("enum", [value])
        return [] if fits and len(str(value)) <= plain.get("maxLength", 10**6) else [f"{place}: {value!r}"]
    properties, required = merged(schemas, schema)
    found = [f"{place}.{name}" for name in (required - set(value)) | (set(value) - set(properties))]
    inside = ((name, item) for name, item in value.items() if name in properties)
    return found + [
        bad for name, item in inside for bad in misfits(schemas, properties[name], item, f"{place}.{name}")
    ]


SCALARS = {str: {"string"}, bool: {"boolean"}, int: {"integer", "number"}, float: {"number"}}


def within(ours, theirs):
    """Whether the SDK kept everything; it adds LINE's own defaults to flex."""
    if isinstance(ours, dict):
        return all(name in theirs and within(value, theirs[name]) for name, value in ours.items())
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(within, ours, theirs))
    return ours == theirs


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_fits_lines_openapi_and_comes_back_from_the_sdk(outgoing, message):
    from linebot.v3.messaging import Message

    plain = message.to_line()
    assert misfits(outgoing, {"$ref": "#/components/schemas/Message"}, plain) == []
    assert within(plain, json.loads(json.dumps(Message.from_dict(plain).to_dict())))


def test_the_comparison_sees_a_wrong_field(outgoing):
    plain = Confirm("よいですか", Say("はい"), Say("いいえ")).to_line()
    reference = {"$ref": "#/components/schemas/Message"}
    del plain["template"]["text"]
    plain["template"]["actions"][0]["txt"] = "はい"
    plain["altText"] = 7
    assert sorted(misfits(outgoing, reference, plain)) == [
        "message.altText: 7",
        "message.template.actions[0].txt",
        "message.template.text",
    ]
