"""Webhook bodies: tolerant, complete, and silent about their content."""

import json
from datetime import UTC, datetime

import pytest

from govline.errors import InputError
from govline.line.events import FollowEvent, MessageEvent, UnknownEvent
from govline.line.messages_in import UnknownContent
from govline.line.parsing import BrokenEvent, derived_id, load_event, parse

TARO = "U" + "1" * 32
BASE = {
    "timestamp": 1_790_000_000_123,
    "mode": "active",
    "webhookEventId": "01J",
    "deliveryContext": {"isRedelivery": True},
    "source": {"type": "user", "userId": TARO},
}


def text(words, **changes):
    return {
        **BASE,
        "type": "message",
        "message": {"type": "text", "id": "1", "quoteToken": "q", "text": words},
        **changes,
    }


def one(event):
    (found,) = parse({"destination": "U0", "events": [event]}).events
    return found


def test_a_message_has_everything_by_name():
    event = one(text("予約", replyToken="r"))
    assert isinstance(event, MessageEvent)
    assert event.message.text == "予約"
    assert (event.id, event.user_id, event.citizen, event.redelivery) == ("01J", TARO, None, True)
    assert event.at == datetime(2026, 9, 21, 14, 13, 20, 123_000, tzinfo=UTC)


def test_bytes_text_and_objects_read_alike():
    body = {"destination": "U0", "events": [text("🍎"), {**BASE, "type": "unfollow"}]}
    raw = json.dumps(body, ensure_ascii=False)
    assert parse(raw.encode()).events == parse(raw).events == parse(body).events
    assert parse(raw).destination == "U0"


@pytest.mark.parametrize(
    "changes",
    [
        {"message": None},
        {"message": {"type": "text", "id": "1"}},
        {"message": {"type": "location", "id": "1", "latitude": "north", "longitude": 1}},
        {"timestamp": None},
        {"timestamp": 10**18},
        {"timestamp": -1},
        {"timestamp": True, "source": 7},
        {"source": "user"},
        {"type": "memberJoined", "joined": {"members": [1]}},
        {"type": "postback", "postback": {"data": None}},
    ],
)
def test_a_known_type_of_wrong_shape_is_broken_and_alone(changes):
    first, broken, last = parse({"events": [text("a"), {**text("秘密"), **changes}, text("b")]}).events
    assert (first.message.text, last.message.text) == ("a", "b")
    assert isinstance(broken, BrokenEvent)
    assert broken.id == "01J"
    assert "秘密" not in repr(broken)
    assert TARO not in repr(broken)


@pytest.mark.parametrize("item", [None, 3, "text", [], {}, {"type": 5}, {"type": None, "webhookEventId": 9}])
def test_what_is_no_event_at_all_is_broken_with_an_id(item):
    first, broken = parse({"events": [text("a"), item]}).events
    assert isinstance(first, MessageEvent)
    assert isinstance(broken, BrokenEvent)
    assert broken.id.startswith("derived-")
    assert broken.timestamp == 0


def test_new_types_kinds_and_fields_are_let_through():
    strange = one({**BASE, "type": "hologramTouched", "hologram": {"x": 1}})
    assert isinstance(strange, UnknownEvent)
    assert strange.type == "hologramTouched"
    assert isinstance(one(text("a", message={"type": "hologram"})).message, UnknownContent)
    assert (
        one(text("a", newField={"x": 1}, source={"type": "planet", "planetId": "p"})).source_type == "planet"
    )
    assert one(text("a", mode="dreaming")).mode == "dreaming"
    assert not one({"type": "follow", "timestamp": 1}).unblocked
    assert isinstance(one({"type": "follow", "timestamp": 1, "follow": None, "source": None}), FollowEvent)


@pytest.mark.parametrize("source", [None, {}, {"userId": None}, {"type": "user", "userId": 7}, {"type": 7}])
def test_a_strange_source_is_nobody(source):
    event = one(text("a", source=source))
    assert (event.user_id, event.citizen) == (None, None)
    assert event.message.text == "a"


def test_an_event_without_an_id_gets_a_stable_one():
    nameless = text("a")
    del nameless["webhookEventId"]
    again = {**nameless, "deliveryContext": {"isRedelivery": False}}
    assert (
        one(nameless).id
        == one(again).id
        == one({**nameless, "webhookEventId": ""}).id
        == derived_id(nameless)
    )
    assert one(nameless).id != one({**nameless, "timestamp": 5}).id
    assert parse({"events": [text("x"), nameless]}).events[0].id == "01J"


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"null", b"[]", b"{}", b'{"events":1}', b'{"events":[NaN]}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_body_is_refused(raw):
    with pytest.raises(InputError, match="GL-8012"):
        parse(raw)


def test_half_an_emoji_loses_itself_and_nothing_else():
    raw = json.dumps({"events": [text("a\ud83d"), text("b🍎")]}).encode()
    half, whole = parse(raw).events
    assert (half.message.text, whole.message.text) == ("a\ufffd", "b🍎")


def test_reprs_say_type_and_id_only():
    event = one(text("秘密", replyToken="r-secret"))
    for shown in (repr(event), str(event), repr(parse({"events": [text("秘密")]}))):
        assert "秘密" not in shown
        assert TARO not in shown
        assert "r-secret" not in shown
        assert "01J" in shown


def test_a_stored_event_is_read_back():
    stored = text("a", source={"type": "user", "citizenId": "c-1"}, govlineRefused="individual_number")
    event = load_event(stored)
    assert (event.citizen, event.user_id, event.govline_refused) == ("c-1", None, "individual_number")


@pytest.mark.parametrize(("open_", "close"), [('{"a":', "}"), ("[", "]")])
def test_an_event_nested_too_deeply_loses_itself_and_nothing_else(open_, close):
    deep = open_ * 400 + "1" + close * 400
    raw = f'{{"events":[{json.dumps(text("a"))},{deep},{json.dumps(text("b"))}]}}'
    for body in (raw, raw.encode(), json.loads(raw)):
        first, broken, last = parse(body).events
        assert (first.message.text, last.message.text) == ("a", "b")
        assert isinstance(broken, BrokenEvent)
