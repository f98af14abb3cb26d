"""LINE's rules for flex contents, checked on plain JSON: types, bubble count, byte size, actions anywhere in the tree."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from govline.core.action_check import check_action
from govline.core.message_fields import check_items, check_object, check_type, check_uri, join, refuse
from govline.core.message_limits import Limits
from govline.core.values import Json

__all__ = ["check_flex"]

_BLOCKS: Final = ("header", "hero", "body", "footer")
_COMPONENTS: Final = ("box", "button", "image", "video", "icon", "text", "span", "separator", "filler")
_LAYOUTS: Final = ("horizontal", "vertical", "baseline")
_ANY: Final = 1_000_000


def check_flex(contents: Json, path: str, limits: Limits) -> None:
    """Check the `contents` of a flex message: a bubble, or a carousel of bubbles."""
    container = check_object(contents, path)
    if check_type(container, path, ("bubble", "carousel")) == "bubble":
        _check_bubble(container, path, limits)
        return
    place = join(path, "contents")
    for number, bubble in enumerate(check_items(container.get("contents"), place, 1, limits.flex_bubbles)):
        where = f"{place}[{number}]"
        check_type(check_object(bubble, where), where, ("bubble",))
        _check_bubble(bubble, where, limits)
    _check_bytes(container, path, limits.flex_carousel_bytes)


def _check_bubble(bubble: Mapping[str, Json], path: str, limits: Limits) -> None:
    _check_bytes(bubble, path, limits.flex_bubble_bytes)
    _check_own_action(bubble, path, limits)
    waiting = [(bubble[block], join(path, block)) for block in _BLOCKS if bubble.get(block) is not None]
    while waiting:
        value, where = waiting.pop()
        component = check_object(value, where)
        _check_component(component, where, limits)
        waiting.extend(_inside(component, where))


def _inside(component: Mapping[str, Json], path: str) -> Iterator[tuple[Json, str]]:
    if component.get("contents") is not None:
        place = join(path, "contents")
        for number, child in enumerate(check_items(component["contents"], place, 0, _ANY)):
            yield child, f"{place}[{number}]"
    if component.get("altContent") is not None:
        yield component["altContent"], join(path, "altContent")


def _check_component(component: Mapping[str, Json], path: str, limits: Limits) -> None:
    kind = check_type(component, path, _COMPONENTS)
    if kind == "box" and component.get("layout") not in _LAYOUTS:
        refuse(join(path, "layout"), "unknown layout", f"one of {', '.join(_LAYOUTS)}")
    if kind == "box" and component.get("contents") is None:
        refuse(join(path, "contents"), "list is missing", "an empty box has contents: []")
    if kind in ("image", "icon", "video"):
        check_uri(component.get("url"), join(path, "url"), limits.media_url, limits.media_schemes)
    if kind in ("text", "span") and not isinstance(component.get("text", ""), str):
        refuse(join(path, "text"), "must be text")
    if kind == "text" and not component.get("text") and not component.get("contents"):
        refuse(join(path, "text"), "text is empty", "a text component needs text or contents")
    if kind == "button":
        check_action(component.get("action"), join(path, "action"), limits, label=limits.flex_label)
    else:
        _check_own_action(component, path, limits)


def _check_own_action(component: Mapping[str, Json], path: str, limits: Limits) -> None:
    if component.get("action") is not None:
        place = join(path, "action")
        check_action(component["action"], place, limits, label=limits.flex_label, label_needed=False)


def _check_bytes(contents: Mapping[str, Json], path: str, limit: int) -> None:
    size = len(
        json.dumps(contents, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    )
    if size > limit:
        refuse(path, "flex JSON is too large", f"{size} bytes, at most {limit}", limit=limit, actual=size)
