"""Verify and read webhook bodies: ours against line-bot-sdk's WebhookParser, on the same bytes, in turn."""

import json
import time
from importlib.metadata import version

from benchmarks._measure import ROUNDS, interleave, median
from govline.line.parsing import BrokenEvent, parse
from govline.line.signature import sign, signature_fits

SECRET = "0123456789abcdef0123456789abcdef"
SIZES = (1, 100)
_MESSAGES = (
    {"type": "text", "text": "粗大ごみの予約をしたいのですが、どうすればよいですか", "quoteToken": "q3Plxr4AgKd" * 5},
    {"type": "sticker", "packageId": "446", "stickerId": "1988", "stickerResourceType": "ANIMATION",
     "keywords": ["cony", "sally", "hello"], "quoteToken": "q3Plxr4AgKd" * 5},
    {"type": "image", "contentProvider": {"type": "line"}, "quoteToken": "q3Plxr4AgKd" * 5},
    {"type": "location", "title": "役場", "address": "invented 1-1", "latitude": 33.01, "longitude": 130.52},
    {"type": "text", "text": "予約する", "quoteToken": "q3Plxr4AgKd" * 5},
)  # fmt: skip
_OTHERS = (
    {
        "type": "postback",
        "postback": {"data": "s=play&v=3&p=pick", "params": {"datetime": "2026-11-20T10:30"}},
    },
    {"type": "follow", "follow": {"isUnblocked": False}},
    {"type": "unfollow"},
)


def body(size):
    """A signed body of `size` mixed events: five messages to three others, as a town sees them."""
    raw = json.dumps(
        {"destination": f"U{0:032x}", "events": [_event(number) for number in range(size)]},
        ensure_ascii=False,
    ).encode()
    return raw, sign(SECRET, raw)


def _event(number):
    shapes = (*_MESSAGES, *_OTHERS)
    shape = shapes[number % len(shapes)]
    kind = (
        {"type": "message", "message": {"id": str(10**17 + number), **shape}} if shape in _MESSAGES else shape
    )
    token = {} if kind["type"] == "unfollow" else {"replyToken": f"{number:032x}"}
    return {
        **kind,
        **token,
        "timestamp": 1_790_000_000_000 + number,
        "mode": "active",
        "webhookEventId": f"01J{number:023d}",
        "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": f"U{number:032x}"},
    }


def run(quick):
    """Events a second of both, and how many times faster ours is; the headline is 100 events a body."""
    sizes = {str(size): _compare(size, 0.15 if quick else 1.0) for size in SIZES}
    headline = sizes[str(SIZES[-1])]
    return {**headline, "sizes": sizes, "rounds": ROUNDS, "line_bot_sdk": version("line-bot-sdk")}


def _compare(size, seconds):
    from linebot.v3.webhook import WebhookParser

    raw, signature = body(size)
    theirs = WebhookParser(SECRET)

    def ours():
        assert signature_fits((SECRET,), raw, signature)
        return parse(raw).events

    def sdk():
        return theirs.parse(raw.decode(), signature)

    _check(ours(), sdk())
    found = interleave(
        {"ours": lambda: _rate(ours, seconds) * size, "sdk": lambda: _rate(sdk, seconds) * size}
    )
    ratios = [mine / other for mine, other in zip(found["ours"], found["sdk"], strict=True)]
    return {
        "ratio_to_sdk": round(median(ratios), 2),
        "events_per_s": round(median(found["ours"])),
        "sdk_events_per_s": round(median(found["sdk"])),
        "bytes": len(raw),
    }


def _check(ours, theirs):
    """Both must have read the same events, or the figures compare nothing."""
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert not isinstance(mine, BrokenEvent)
        assert (mine.type, mine.id, mine.timestamp) == (other.type, other.webhook_event_id, other.timestamp)
        assert mine.user_id == other.source.user_id


def _rate(work, seconds):
    """Calls a second within about `seconds`."""
    count, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        work()
        count += 1
    return count / took
