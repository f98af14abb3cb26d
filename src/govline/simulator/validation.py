"""LINE's limits on messages and requests, checked by our own strict rules (line.md §2, §5, §6)."""

import re
from collections.abc import Mapping
from typing import Final

from govline.core import Json
from govline.simulator.actions import action
from govline.simulator.flex import flex_contents
from govline.simulator.limits import Limits
from govline.simulator.shapes import (
    Check,
    Problem,
    anything,
    as_strings,
    flag,
    later,
    many,
    number,
    record,
    tagged,
    text,
    uri,
    whole,
)

__all__ = ["RETRY_KEY", "UNIT_NAME", "USER_ID", "RequestRules"]

USER_ID: Final = re.compile(r"U[0-9a-f]{32}")
RETRY_KEY: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
UNIT_NAME: Final = r"[a-zA-Z0-9_]{1,30}"
_TEMPLATE_IMAGE: Final[dict[str, Check]] = {
    "imageAspectRatio": as_strings(("rectangle", "square")),
    "imageSize": as_strings(("cover", "contain")),
    "imageBackgroundColor": text(7),
}
_AREA: Final = record(dict.fromkeys(("x", "y", "width", "height"), whole(0, 10_000)), {})
_RECIPIENT: Final = text(33, pattern=USER_ID.pattern)
_EMOJI: Final = record({"index": whole(0, 5000), "productId": text(100), "emojiId": text(100)}, {})


def _bubble(longest: int, tight: int, extra: Mapping[str, Check], need: Mapping[str, Check]) -> Check:
    """Buttons template or carousel column: the text must be shorter beside a title or an image."""
    may: dict[str, Check] = {
        "thumbnailImageUrl": uri(2000),
        "title": text(40),
        "defaultAction": action(labelled=False),
        **extra,
    }
    wide = record({"text": text(longest), **need}, may)
    narrow = record({"text": text(tight), **need}, may)

    def check(value: Json, where: str, problems: list[Problem]) -> None:
        crowded = isinstance(value, dict) and (value.get("title") or value.get("thumbnailImageUrl"))
        (narrow if crowded else wide)(value, where, problems)

    return check


def _carousel(value: Json, where: str, problems: list[Problem]) -> None:
    column = _bubble(120, 60, {"imageBackgroundColor": text(7)}, {"actions": many(action(), 1, 3)})
    record({"columns": many(column, 1, 10)}, _TEMPLATE_IMAGE)(value, where, problems)
    columns = value.get("columns")
    if isinstance(columns, list):
        actions = [each.get("actions") for each in columns if isinstance(each, dict)]
        sizes = {len(each) for each in actions if isinstance(each, list)}
        if len(sizes) > 1:
            problems.append(
                {
                    "message": "the number of actions must be the same in every column",
                    "property": f"{where}.columns",
                }
            )


def _templates() -> Check:
    picture = record({"imageUrl": uri(2000), "action": action(labelled=False, longest=12)}, {})
    return tagged(
        {
            "buttons": _bubble(160, 60, _TEMPLATE_IMAGE, {"actions": many(action(), 1, 4)}),
            "confirm": record({"text": text(240), "actions": many(action(), 2, 2)}, {}),
            "carousel": _carousel,
            "image_carousel": record({"columns": many(picture, 1, 10)}, {}),
        }
    )


def _imagemap(alt: Check) -> dict[str, Check]:
    tap = tagged(
        {
            "message": record({"text": text(400), "area": _AREA}, {"label": text(100)}),
            "uri": record({"linkUri": uri(1000, ("http", "https", "line", "tel")), "area": _AREA}, {}),
            "clipboard": record({"clipboardText": text(1000), "area": _AREA}, {}),
        }
    )
    size = record({"width": whole(1, 1040), "height": whole(1, 10_000)}, {})
    return {"baseUrl": uri(2000), "altText": alt, "baseSize": size, "actions": many(tap, 1, 50)}


def _kinds(limits: Limits) -> dict[str, tuple[dict[str, Check], dict[str, Check]]]:
    """Required and optional fields of each message type."""
    alt = text(limits.alt_text)
    media: dict[str, Check] = {"originalContentUrl": uri(2000), "previewImageUrl": uri(2000)}
    return {
        "text": ({"text": text(5000)}, {"emojis": many(_EMOJI, 0, 20), "quoteToken": text(500)}),
        "textV2": ({"text": text(5000)}, {"substitution": anything, "quoteToken": text(500)}),
        "sticker": ({"packageId": text(20), "stickerId": text(20)}, {"quoteToken": text(500)}),
        "image": (media, {}),
        "video": (media, {"trackingId": text(100)}),
        "audio": ({"originalContentUrl": uri(2000), "duration": whole(1, 86_400_000)}, {}),
        "location": (
            {
                "title": text(100),
                "address": text(100),
                "latitude": number(-90, 90),
                "longitude": number(-180, 180),
            },
            {},
        ),
        "template": ({"altText": alt, "template": _templates()}, {}),
        "flex": ({"altText": alt, "contents": flex_contents(limits)}, {}),
        "imagemap": (_imagemap(alt), {"video": anything}),
        "coupon": ({"couponId": text(100)}, {"deliveryTag": text(30)}),
    }


def _message(limits: Limits) -> Check:
    item = record({"action": action(quick=True)}, {"type": as_strings(("action",)), "imageUrl": uri(2000)})
    common: dict[str, Check] = {
        "quickReply": record({"items": many(item, 1, 13)}, {}),
        "sender": record({}, {"name": text(20), "iconUrl": uri(2000)}),
    }
    return tagged({name: record(need, {**may, **common}) for name, (need, may) in _kinds(limits).items()})


def _rich_menu() -> Check:
    size = record({"width": whole(800, 2500), "height": whole(250, 2500)}, {})
    bounds = record(
        {**dict.fromkeys(("x", "y"), whole(0, 2500)), **dict.fromkeys(("width", "height"), whole(1, 2500))},
        {},
    )
    area = record({"bounds": bounds, "action": action(labelled=False, menu=True)}, {})
    shape = record(
        {
            "size": size,
            "selected": flag,
            "name": text(300),
            "chatBarText": text(14),
            "areas": many(area, 0, 20),
        },
        {},
    )

    def check(value: Json, where: str, problems: list[Problem]) -> None:
        before = len(problems)
        shape(value, where, problems)
        if len(problems) == before and value["size"]["width"] / value["size"]["height"] < 1.45:
            problems.append({"message": "the aspect ratio must be at least 1.45", "property": "size"})

    return check


def _target() -> Check:
    """A narrowcast's `recipient`: an audience, an earlier request, or some of these joined."""
    inner = later(lambda: check)
    joined = record({}, {"and": many(inner, 1, 10), "or": many(inner, 1, 10), "not": inner})

    def operator(value: Json, where: str, problems: list[Problem]) -> None:
        if sum(value.get(name) is not None for name in ("and", "or", "not")) != 1:
            problems.append({"message": "exactly one of and, or, not must be specified", "property": where})
        joined(value, where, problems)

    check = tagged(
        {
            "audience": record({"audienceGroupId": whole(1, 2**63 - 1)}, {}),
            "redelivery": record({"requestId": text(100)}, {}),
            "operator": operator,
        }
    )
    return check


def _account_shapes() -> dict[str, Check]:
    """Bodies about LIFF apps and audiences."""
    kinds = as_strings(("compact", "tall", "full"))
    scope = many(as_strings(("openid", "email", "profile", "chat_message.write")), 0, 4)
    app: dict[str, Check] = {
        "description": text(200),
        "scope": scope,
        "botPrompt": as_strings(("normal", "aggressive", "none")),
        "permanentLinkPattern": as_strings(("concat",)),
        "features": record({}, {"ble": flag, "qrCode": flag}),
    }
    module: dict[str, Check] = {"moduleMode": flag}
    view, look = {"type": kinds, "url": uri(2000)}, {"type": kinds, "url": uri(2000), **module}
    ids = many(record({"id": _RECIPIENT}, {}), 0, 10_000)
    named: dict[str, Check] = {"description": text(120)}
    upload = text(300)
    return {
        "liff": record({"view": record(view, module)}, app),
        "liff.update": record({}, {**app, "view": record({}, look)}),
        "audience": record(named, {"audiences": ids, "isIfaAudience": flag, "uploadDescription": upload}),
        "audience.add": record(
            {"audienceGroupId": whole(1, 2**63 - 1), "audiences": ids}, {"uploadDescription": upload}
        ),
        "audience.rename": record(named, {}),
        "audience.click": record({**named, "requestId": text(100)}, {"clickUrl": uri(2000)}),
        "audience.imp": record({**named, "requestId": text(100)}, {}),
    }


class RequestRules:
    """Every request body that the fake LINE reads, by endpoint."""

    def __init__(self, limits: Limits) -> None:
        messages = {"messages": many(_message(limits), 1, 5)}
        quiet: dict[str, Check] = {"notificationDisabled": flag}
        unit = {"customAggregationUnits": many(text(30, pattern=UNIT_NAME), 0, 1)}
        limit = record(
            {}, {"max": whole(1, 2**31 - 1), "upToRemainingQuota": flag, "forbidPartialDelivery": flag}
        )
        people = many(_RECIPIENT if limits.malformed_recipient_fails else text(100), 1, 500)
        cast = {"recipient": _target(), "filter": anything, "limit": limit}
        step = tagged(
            {
                "link": record({"from": text(100), "to": text(100)}, {}),
                "unlink": record({"from": text(100)}, {}),
                "unlinkAll": record({}, {}),
            }
        )
        alias = text(32, pattern=r"[a-z0-9_-]{1,32}")
        self._checks: dict[str, Check] = {
            "reply": record({"replyToken": text(1000), **messages}, quiet),
            "push": record({"to": text(100), **messages}, {**quiet, **unit}),
            "multicast": record({"to": people, **messages}, {**quiet, **unit}),
            "narrowcast": record(messages, {**quiet, **cast}),
            "broadcast": record(messages, quiet),
            "validate": record(messages, {}),
            "richmenu": _rich_menu(),
            "alias": record({"richMenuAliasId": alias, "richMenuId": text(100)}, {}),
            "alias.update": record({"richMenuId": text(100)}, {}),
            "bulk.link": record({"richMenuId": text(100), "userIds": many(_RECIPIENT, 1, 500)}, {}),
            "bulk.unlink": record({"userIds": many(_RECIPIENT, 1, 500)}, {}),
            "batch": record(
                {"operations": many(step, 1, 1000)},
                {"resumeRequestKey": text(100, pattern=r"[a-zA-Z0-9_-]{1,100}")},
            ),
            "loading": record({"chatId": _RECIPIENT}, {"loadingSeconds": whole(5, 60)}),
            **_account_shapes(),
            "webhook": record({"endpoint": uri(500)}, {}),
            "webhook.test": record({}, {"endpoint": uri(500)}),
        }

    def problems(self, shape: str, body: Json) -> list[Problem]:
        """Everything wrong with a body, each with LINE's `message` and `property`; empty when it may pass."""
        found: list[Problem] = []
        try:
            self._checks[shape](body, "", found)
        except RecursionError:
            found.append({"message": "nested too deeply", "property": "messages"})
        return found
