"""Our events against LINE's OpenAPI and line-bot-sdk's models: the same bodies, read by both."""

import json

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
