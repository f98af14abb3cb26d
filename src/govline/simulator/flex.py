"""LINE's limits on Flex messages: closed shapes, like LINE's own parser, and sizes in bytes."""

import json

from govline.core import Json
from govline.simulator.actions import action
from govline.simulator.limits import Limits
from govline.simulator.shapes import (
    Check,
    Problem,
    anything,
    as_strings,
    flag,
    later,
    many,
    record,
    tagged,
    text,
    uri,
    whole,
)

__all__ = ["flex_contents"]

_WORD = text(50)
_COLOUR = text(9, pattern=r"#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?")
_PLACE: dict[str, Check] = dict.fromkeys(
    ("margin", "position", "offsetTop", "offsetBottom", "offsetStart", "offsetEnd"), _WORD
)
_FLEX = whole(0, 1_000_000)
_LABEL = 40  # unconfirmed; 20 elsewhere
_TAP = action(labelled=False, longest=_LABEL)
_KIND: dict[str, Check] = {"type": anything}
_LETTERS: dict[str, Check] = {
    "size": _WORD,
    "color": _COLOUR,
    "weight": as_strings(("regular", "bold")),
    "style": as_strings(("normal", "italic")),
    "decoration": as_strings(("none", "underline", "line-through")),
}
_BOX_WORDS = (
    *("spacing", "borderWidth", "cornerRadius", "width", "maxWidth", "height", "maxHeight"),
    *("paddingAll", "paddingTop", "paddingBottom", "paddingStart", "paddingEnd"),
)


def _closed(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    return record(required, {**_KIND, **optional}, closed=True)


_SPAN = tagged({"span": _closed({"text": text(2000)}, _LETTERS)})


def _text(value: Json, where: str, problems: list[Problem]) -> None:
    _closed(
        {},
        {
            **_PLACE,
            **_LETTERS,
            "text": text(2000),
            "contents": many(_SPAN, 1, 100),
            "flex": _FLEX,
            "align": as_strings(("start", "end", "center")),
            "gravity": as_strings(("top", "bottom", "center")),
            "wrap": flag,
            "lineSpacing": _WORD,
            "maxLines": whole(0, 1000),
            "action": _TAP,
            "adjustMode": _WORD,
            "scaling": flag,
        },
    )(value, where, problems)
    if value.get("text") is None and value.get("contents") is None:
        problems.append({"message": "must be specified", "property": f"{where}.text"})


_IMAGE = _closed(
    {"url": uri(2000)},
    {
        **_PLACE,
        "flex": _FLEX,
        "align": _WORD,
        "gravity": _WORD,
        "size": _WORD,
        "aspectRatio": text(20, pattern=r"\d+(\.\d+)?:\d+(\.\d+)?"),
        "aspectMode": as_strings(("fit", "cover")),
        "backgroundColor": _COLOUR,
        "action": _TAP,
        "animated": flag,
    },
)
_BUTTON = _closed(
    {"action": action(longest=_LABEL)},
    {
        **_PLACE,
        "flex": _FLEX,
        "color": _COLOUR,
        "style": as_strings(("primary", "secondary", "link")),
        "gravity": _WORD,
        "height": as_strings(("sm", "md")),
        "adjustMode": _WORD,
        "scaling": flag,
    },
)
_BOX: Check = later(lambda: _BOX_SHAPE)
_VIDEO: Check = later(lambda: _VIDEO_SHAPE)
_COMPONENT = tagged(
    {
        "box": _BOX,
        "button": _BUTTON,
        "image": _IMAGE,
        "icon": _closed({"url": uri(2000)}, {**_PLACE, "size": _WORD, "aspectRatio": _WORD, "scaling": flag}),
        "text": _text,
        "separator": _closed({}, {"margin": _WORD, "color": _COLOUR}),
        "filler": _closed({}, {"flex": _FLEX}),
        "spacer": _closed({}, {"size": _WORD}),
    }
)
_VIDEO_SHAPE: Check = _closed(
    {"url": uri(2000), "previewUrl": uri(2000), "altContent": _COMPONENT},
    {"aspectRatio": _WORD, "action": _TAP},
)
_BOX_SHAPE: Check = _closed(
    {"layout": as_strings(("horizontal", "vertical", "baseline")), "contents": many(_COMPONENT, 0, 1000)},
    {
        **_PLACE,
        **dict.fromkeys(_BOX_WORDS, _WORD),
        "flex": _FLEX,
        "backgroundColor": _COLOUR,
        "borderColor": _COLOUR,
        "justifyContent": _WORD,
        "alignItems": _WORD,
        "background": tagged({"linearGradient": anything}),
        "action": _TAP,
    },
)
_BOX_ONLY = tagged({"box": _BOX})
_BLOCK = _closed({}, {"backgroundColor": _COLOUR, "separator": flag, "separatorColor": _COLOUR})
_BUBBLE = _closed(
    {},
    {
        "size": as_strings(("nano", "micro", "deca", "hecto", "kilo", "mega", "giga")),
        "direction": as_strings(("ltr", "rtl")),
        "header": _BOX_ONLY,
        "hero": tagged({"box": _BOX, "image": _IMAGE, "video": _VIDEO}),
        "body": _BOX_ONLY,
        "footer": _BOX_ONLY,
        "styles": _closed({}, dict.fromkeys(("header", "hero", "body", "footer"), _BLOCK)),
        "action": _TAP,
    },
)


def _sized(inner: Check, most: int) -> Check:
    def check(value: Json, where: str, problems: list[Problem]) -> None:
        inner(value, where, problems)
        if len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")) > most:
            problems.append({"message": f"must be at most {most} bytes", "property": where})

    return check


def flex_contents(limits: Limits) -> Check:
    """A bubble, or a carousel of 1 to 12 bubbles."""
    bubble = _sized(_BUBBLE, limits.flex_bubble)
    carousel = _closed({"contents": many(tagged({"bubble": bubble}), 1, 12)}, {})
    return tagged({"bubble": bubble, "carousel": _sized(carousel, limits.flex_carousel)})
