"""From LINE's events to what a talk understands."""

import pytest

from govline.core import Input, Place
from govline.line.inputs import to_input
from govline.line.parsing import load_event

BASE = {"timestamp": 1, "mode": "active", "webhookEventId": "e", "source": {"type": "user", "citizenId": "c"}}


def event(kind, **rest):
    return load_event({**BASE, "type": kind, **rest})


def message(kind, **rest):
    return event("message", message={"type": kind, "id": "m", **rest})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (message("text", text="予\0約"), Input("text", text="予約", key="e")),
        (message("image"), Input("image", content_id="m", key="e")),
        (message("video", duration=3), Input("video", content_id="m", key="e")),
        (message("audio"), Input("audio", content_id="m", key="e")),
        (message("file", fileName="a.pdf", fileSize=1), Input("file", text="a.pdf", content_id="m", key="e")),
        (
            message("location", latitude=33.0, longitude=130.5, title="役場"),
            Input("location", place=Place(33.0, 130.5, "役場"), key="e"),
        ),
        (message("sticker", packageId="1", stickerId="2"), Input("sticker", data="1/2", key="e")),
        (
            event("postback", postback={"data": "a=1", "params": {"date": "2026-11-20"}}),
            Input("postback", data="a=1", params={"date": "2026-11-20"}, key="e"),
        ),
        (event("postback", postback={"data": "a=1"}), Input("postback", data="a=1", key="e")),
        (event("follow", follow={"isUnblocked": True}), Input("follow", params={"unblocked": True}, key="e")),
        (
            event("beacon", beacon={"hwid": "h", "type": "enter"}),
            Input("event", data="line.beacon", params={"hwid": "h", "type": "enter"}, key="e"),
        ),
        (
            event("accountLink", link={"result": "ok", "nonce": "n"}),
            Input("event", data="line.accountLink", params={"result": "ok", "nonce": "n"}, key="e"),
        ),
    ],
)
def test_what_a_citizen_did(given, expected):
    found = to_input(given)
    assert found == expected
    assert dict(found.params) == dict(expected.params)


@pytest.mark.parametrize(
    "given",
    [
        event("unfollow"),
        event("unsend", unsend={"messageId": "m"}),
        event("somethingNew"),
        event("message", message=None),
        message("hologram"),
        load_event({**BASE, "type": "join", "source": {"type": "group", "groupId": "C"}}),
        load_event({**BASE, "type": "postback", "postback": {"data": "a"}, "mode": "standby"}),
        load_event(
            {
                **BASE,
                "type": "postback",
                "postback": {"data": "a"},
                "source": {"type": "group", "groupId": "C"},
            }
        ),
        load_event(
            {
                **BASE,
                "type": "message",
                "message": {"type": "text", "id": "1", "text": "●"},
                "govlineRefused": "x",
            }
        ),
    ],
)
def test_nothing_to_answer(given):
    assert to_input(given) is None
