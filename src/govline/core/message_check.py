"""LINE's rules for whole messages, checked on plain JSON before every send.

LINE refuses a call with five messages because of one label; this finds it first and names the field.
"""

from collections.abc import Callable, Mapping
from typing import Final

from govline.core.action_check import check_action
from govline.core.flex_check import check_flex
from govline.core.message_fields import (
    check_items,
    check_number,
    check_object,
    check_text,
    check_type,
    check_uri,
    join,
    refuse,
)
from govline.core.message_limits import LIMITS, Limits
from govline.core.values import Json

__all__ = ["check_message", "check_messages"]

_ANY: Final = 1_000_000
_IMAGEMAP_ACTIONS: Final = {"message": "text", "uri": "linkUri", "clipboard": "clipboardText"}


def check_messages(messages: Json, maximum: int | None = None, *, limits: Limits = LIMITS) -> None:
    """Check the messages of one call.

    Args:
        messages: Plain LINE JSON, a list of message objects.
        maximum: How many one call may hold; `limits.messages` (5) where omitted.
        limits: The table of limits.

    Raises:
        MessageError: `place["field"]` is the path, such as `messages[1].template.columns[2].text`;
            `limit` and `actual` stand beside it. The text itself is never in the error.
    """
    high = limits.messages if maximum is None else maximum
    for number, message in enumerate(check_items(messages, "messages", 1, high)):
        check_message(message, f"messages[{number}]", limits)


def check_message(message: Json, path: str = "", limits: Limits = LIMITS) -> None:
    """Check one message object; see `check_messages`."""
    body = check_object(message, path)
    kind = check_type(body, path, tuple(_CHECKS))
    _CHECKS[kind](body, path, limits)
    if body.get("quickReply") is not None:
        _quick_reply(body["quickReply"], join(path, "quickReply"), limits)
    if body.get("sender") is not None:
        _sender(body["sender"], join(path, "sender"), limits)


def _quick_reply(value: Json, path: str, limits: Limits) -> None:
    place = join(path, "items")
    for number, item in enumerate(
        check_items(check_object(value, path).get("items"), place, 1, limits.quick_items)
    ):
        where = f"{place}[{number}]"
        body = check_object(item, where)
        if body.get("imageUrl") is not None:
            check_uri(body["imageUrl"], join(where, "imageUrl"), limits.icon_url, limits.media_schemes)
        check_action(body.get("action"), join(where, "action"), limits, quick=True)


def _sender(value: Json, path: str, limits: Limits) -> None:
    body = check_object(value, path)
    check_text(body.get("name"), join(path, "name"), limits.sender_name, empty=True)
    if body.get("iconUrl") is not None:
        check_uri(body["iconUrl"], join(path, "iconUrl"), limits.icon_url, limits.media_schemes)


def _text(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(body.get("text"), join(path, "text"), limits.text)
    check_items(body.get("emojis") or (), join(path, "emojis"), 0, limits.emojis)


def _text_v2(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(body.get("text"), join(path, "text"), limits.text)
    place = join(path, "substitution")
    parts = check_object(body.get("substitution") or {}, place)
    kinds = [
        check_type(check_object(part, join(place, key)), join(place, key), ("mention", "emoji"))
        for key, part in parts.items()
    ]
    for kind, limit in (("mention", limits.mentions), ("emoji", limits.emojis)):
        check_items([found for found in kinds if found == kind], place, 0, limit)


def _sticker(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    for key in ("packageId", "stickerId"):
        check_text(body.get(key), join(path, key), limits.display_text)


def _picture(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    for key in ("originalContentUrl", "previewImageUrl"):
        check_uri(body.get(key), join(path, key), limits.media_url, limits.media_schemes)


def _audio(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_uri(
        body.get("originalContentUrl"),
        join(path, "originalContentUrl"),
        limits.media_url,
        limits.media_schemes,
    )
    check_number(body.get("duration"), join(path, "duration"), 1, _ANY * 1_000)


def _location(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(body.get("title"), join(path, "title"), limits.place_title)
    check_text(body.get("address"), join(path, "address"), limits.place_address)
    check_number(body.get("latitude"), join(path, "latitude"), -90, 90)
    check_number(body.get("longitude"), join(path, "longitude"), -180, 180)


def _imagemap(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_uri(body.get("baseUrl"), join(path, "baseUrl"), limits.media_url, limits.media_schemes)
    check_text(body.get("altText"), join(path, "altText"), limits.alt_text)
    size = check_object(body.get("baseSize"), join(path, "baseSize"))
    for side in ("width", "height"):
        check_number(size.get(side), join(path, f"baseSize.{side}"), 1, _ANY)
    place = join(path, "actions")
    for number, action in enumerate(check_items(body.get("actions"), place, 0, limits.imagemap_actions)):
        _imagemap_action(check_object(action, f"{place}[{number}]"), f"{place}[{number}]", limits)


def _imagemap_action(action: Mapping[str, Json], path: str, limits: Limits) -> None:
    kind = check_type(action, path, tuple(_IMAGEMAP_ACTIONS))
    place = join(path, _IMAGEMAP_ACTIONS[kind])
    value = action.get(_IMAGEMAP_ACTIONS[kind])
    if kind == "uri":
        check_uri(value, place, limits.uri, limits.uri_schemes)
    else:
        check_text(value, place, limits.imagemap_text if kind == "message" else limits.clipboard)
    check_object(action.get("area"), join(path, "area"))


def _template(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    place = join(path, "template")
    template = check_object(body.get("template"), place)
    _TEMPLATES[check_type(template, place, tuple(_TEMPLATES))](template, place, limits)
    check_text(body.get("altText"), join(path, "altText"), limits.alt_text)


def _buttons(template: Mapping[str, Json], path: str, limits: Limits) -> None:
    _card(template, path, limits, limits.buttons_text, limits.buttons_text_short)
    _actions(template, path, limits, 1, limits.buttons_actions)


def _confirm(template: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(template.get("text"), join(path, "text"), limits.confirm_text)
    _actions(template, path, limits, 2, 2)


def _carousel(template: Mapping[str, Json], path: str, limits: Limits) -> None:
    place = join(path, "columns")
    columns = check_items(template.get("columns"), place, 1, limits.columns)
    for number, value in enumerate(columns):
        column = check_object(value, f"{place}[{number}]")
        _card(column, f"{place}[{number}]", limits, limits.column_text, limits.column_text_short)
        _actions(column, f"{place}[{number}]", limits, 1, limits.column_actions)
        _check_alike(columns[0], column, f"{place}[{number}]")


def _check_alike(first: Mapping[str, Json], column: Mapping[str, Json], path: str) -> None:
    if len(column["actions"]) != len(first["actions"]):
        refuse(
            join(path, "actions"),
            "every column must have the same number of actions",
            limit=len(first["actions"]),
            actual=len(column["actions"]),
        )
    for key in ("thumbnailImageUrl", "title"):
        if bool(column.get(key)) != bool(first.get(key)):
            refuse(join(path, key), "either every column has it or none")


def _image_carousel(template: Mapping[str, Json], path: str, limits: Limits) -> None:
    place = join(path, "columns")
    for number, value in enumerate(check_items(template.get("columns"), place, 1, limits.columns)):
        where = f"{place}[{number}]"
        column = check_object(value, where)
        check_uri(column.get("imageUrl"), join(where, "imageUrl"), limits.media_url, limits.media_schemes)
        check_action(
            column.get("action"), join(where, "action"), limits, label=limits.image_label, label_needed=False
        )


def _card(card: Mapping[str, Json], path: str, limits: Limits, long: int, short: int) -> None:
    check_text(card.get("title"), join(path, "title"), limits.title, empty=True)
    if card.get("thumbnailImageUrl") is not None:
        place = join(path, "thumbnailImageUrl")
        check_uri(card["thumbnailImageUrl"], place, limits.media_url, limits.media_schemes)
    decorated = card.get("title") or card.get("thumbnailImageUrl")
    check_text(card.get("text"), join(path, "text"), short if decorated else long)
    if card.get("defaultAction") is not None:
        check_action(card["defaultAction"], join(path, "defaultAction"), limits, label_needed=False)


def _actions(holder: Mapping[str, Json], path: str, limits: Limits, low: int, high: int) -> None:
    place = join(path, "actions")
    for number, action in enumerate(check_items(holder.get("actions"), place, low, high)):
        check_action(action, f"{place}[{number}]", limits)


def _flex(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(body.get("altText"), join(path, "altText"), limits.alt_text)
    check_flex(body.get("contents"), join(path, "contents"), limits)


def _coupon(body: Mapping[str, Json], path: str, limits: Limits) -> None:
    check_text(body.get("couponId"), join(path, "couponId"), limits.display_text)
    check_text(body.get("deliveryTag"), join(path, "deliveryTag"), limits.coupon_tag, empty=True)


_Check = Callable[[Mapping[str, Json], str, Limits], None]
_TEMPLATES: Final[Mapping[str, _Check]] = {
    "buttons": _buttons,
    "confirm": _confirm,
    "carousel": _carousel,
    "image_carousel": _image_carousel,
}
_CHECKS: Final[Mapping[str, _Check]] = {
    "text": _text,
    "textV2": _text_v2,
    "sticker": _sticker,
    "image": _picture,
    "video": _picture,
    "audio": _audio,
    "location": _location,
    "imagemap": _imagemap,
    "template": _template,
    "flex": _flex,
    "coupon": _coupon,
}
