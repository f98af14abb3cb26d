"""What the town says: LINE messages as frozen values, checked when they are made, plain LINE JSON by `to_line()`.

Text("ご用件をお選びください", choices(["予約する", "予約の確認"])).to_line()
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import field, frozen

from govline.core.actions import (
    AskCamera,
    AskLocation,
    AskPhotos,
    Copy,
    LineAction,
    Open,
    PickDate,
    Postback,
    QuickReply,
    Say,
    SwitchMenu,
    choices,
)
from govline.core.message_check import check_message, check_messages
from govline.core.message_fields import refuse
from govline.core.message_limits import LIMITS, Limits
from govline.core.talk import Message
from govline.core.text import clip, utf16_len
from govline.core.values import Json, frozen_tuple

__all__ = [
    "LIMITS",
    "AskCamera",
    "AskLocation",
    "AskPhotos",
    "Buttons",
    "Carousel",
    "Column",
    "Confirm",
    "Copy",
    "Flex",
    "Image",
    "Limits",
    "LineAction",
    "LineMessage",
    "Location",
    "Open",
    "PickDate",
    "Postback",
    "QuickReply",
    "Raw",
    "Say",
    "Sender",
    "Sticker",
    "SwitchMenu",
    "Text",
    "Video",
    "check_message",
    "check_messages",
    "choices",
    "clip",
    "render",
    "utf16_len",
]

_DEEPEST: Final = 100
_NOT_JSON: Final = (float("inf"), float("-inf"))


def render(
    messages: Iterable[Message], maximum: int | None = None, *, limits: Limits = LIMITS
) -> list[dict[str, Json]]:
    """Plain LINE JSON of the messages of one call, checked as a whole.

    Raises:
        MessageError: More than `maximum` (5) messages, none, or a field beyond its limit.
    """
    lines = [message.to_line() for message in messages]
    check_messages(lines, maximum, limits=limits)
    return lines


def _as_quick(items: Iterable[QuickReply | LineAction | str]) -> tuple[QuickReply, ...]:
    if isinstance(items, str):
        refuse("quickReply.items", "must be a list", "choices([...]), or a list of texts and actions")
    return tuple(_one_quick(item) for item in items)


def _one_quick(item: QuickReply | LineAction | str) -> QuickReply:
    if isinstance(item, QuickReply):
        return item
    return choices([item])[0] if isinstance(item, str) else QuickReply(item)


def _plain(value: Json, depth: int = 0) -> Json:
    """A deep copy made of plain JSON types; so a frozen message cannot change through what it was made from."""
    if depth > _DEEPEST:
        refuse("contents", "JSON is nested too deeply", f"at most {_DEEPEST} levels")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, depth + 1) for inner in value]
    if not (value is None or isinstance(value, str | int | float)) or value in _NOT_JSON or value != value:  # noqa: PLR0124 - NaN
        refuse("contents", f"not JSON: {type(value).__name__}")
    return value


@frozen
class Sender:
    """Another name and icon for one message; LINE refuses names such as LINE."""

    name: str = ""
    icon: str = ""

    def to_line(self) -> dict[str, Json]:
        """Plain LINE JSON."""
        return {key: value for key, value in (("name", self.name), ("iconUrl", self.icon)) if value}


@frozen
class LineMessage:
    """Base of all messages.

    Args:
        quick: Quick replies: `QuickReply`, actions, or plain texts; at most 13. They vanish with the next message.
        sender: Another name and icon.
        limits: The table of limits, where a town knows better than the default.
    """

    quick: tuple[QuickReply, ...] = field(default=(), converter=_as_quick, kw_only=True)
    sender: Sender | None = field(default=None, kw_only=True)
    limits: Limits = field(default=LIMITS, kw_only=True, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_message(self.to_line(), limits=self.limits)

    def to_line(self) -> dict[str, Json]:
        """Plain LINE JSON, a fresh copy."""
        line = self._body()
        if self.quick:
            line["quickReply"] = {"items": [item.to_line() for item in self.quick]}
        if self.sender:
            line["sender"] = self.sender.to_line()
        return line

    def _body(self) -> dict[str, Json]:
        raise NotImplementedError


@frozen
class Text(LineMessage):
    """A text of at most 5,000 UTF-16 code units."""

    text: str
    quick: tuple[QuickReply, ...] = field(default=(), converter=_as_quick)

    def _body(self) -> dict[str, Json]:
        return {"type": "text", "text": self.text}


@frozen
class Image(LineMessage):
    """A picture; `preview` is a smaller one, the picture itself where omitted. https only."""

    url: str
    preview: str = ""

    def _body(self) -> dict[str, Json]:
        return {"type": "image", "originalContentUrl": self.url, "previewImageUrl": self.preview or self.url}


@frozen
class Video(LineMessage):
    """A film with its preview picture. https only."""

    url: str
    preview: str

    def _body(self) -> dict[str, Json]:
        return {"type": "video", "originalContentUrl": self.url, "previewImageUrl": self.preview}


@frozen
class Sticker(LineMessage):
    """A sticker of LINE's list for bots."""

    package: str
    sticker: str

    def _body(self) -> dict[str, Json]:
        return {"type": "sticker", "packageId": self.package, "stickerId": self.sticker}


@frozen
class Location(LineMessage):
    """A place on the map; latitude and longitude in degrees (WGS 84)."""

    title: str
    address: str
    latitude: float
    longitude: float

    def _body(self) -> dict[str, Json]:
        return {
            "type": "location",
            "title": self.title,
            "address": self.address,
            "latitude": self.latitude,
            "longitude": self.longitude,
        }


@frozen
class _Template(LineMessage):
    def _body(self) -> dict[str, Json]:
        alt = getattr(self, "alt", "") or clip(self._summary(), self.limits.alt_text, "…")
        return {"type": "template", "altText": alt, "template": self._template()}

    def _summary(self) -> str:
        raise NotImplementedError

    def _template(self) -> dict[str, Json]:
        raise NotImplementedError


def _card(
    text: str, title: str, image: str, default: LineAction | None, actions: Sequence[LineAction]
) -> dict[str, Json]:
    given = {
        "thumbnailImageUrl": image,
        "title": title,
        "defaultAction": default.to_line() if default else None,
    }
    card: dict[str, Json] = {key: value for key, value in given.items() if value}
    return {**card, "text": text, "actions": [action.to_line() for action in actions]}


@frozen
class Buttons(_Template):
    """A card with 1 to 4 buttons.

    Args:
        text: At most 160 UTF-16 code units; 60 with a title or image.
        actions: The buttons.
        title: At most 40. `image`: https address of a picture above.
        alt: For notifications and old devices; title and text where omitted.
        default: What a tap on the picture or text does.
    """

    text: str
    actions: tuple[LineAction, ...] = field(converter=frozen_tuple)
    title: str = ""
    image: str = ""
    alt: str = ""
    default: LineAction | None = None

    def _summary(self) -> str:
        return f"{self.title}\n{self.text}".strip()

    def _template(self) -> dict[str, Json]:
        return {"type": "buttons", **_card(self.text, self.title, self.image, self.default, self.actions)}


@frozen
class Confirm(_Template):
    """A question of at most 240 UTF-16 code units with two buttons."""

    text: str
    yes: LineAction
    no: LineAction
    alt: str = ""

    def _summary(self) -> str:
        return self.text

    def _template(self) -> dict[str, Json]:
        return {"type": "confirm", "text": self.text, "actions": [self.yes.to_line(), self.no.to_line()]}


@frozen
class Column:
    """One card of a carousel: text at most 120 UTF-16 code units (60 with title or image), 1 to 3 buttons."""

    text: str
    actions: tuple[LineAction, ...] = field(converter=frozen_tuple)
    title: str = ""
    image: str = ""
    default: LineAction | None = None

    def to_line(self) -> dict[str, Json]:
        """Plain LINE JSON; the carousel checks it."""
        return _card(self.text, self.title, self.image, self.default, self.actions)


@frozen
class Carousel(_Template):
    """1 to 10 cards side by side, all with the same number of buttons."""

    columns: tuple[Column, ...] = field(converter=frozen_tuple)
    alt: str = ""

    def _summary(self) -> str:
        return "、".join(column.title or column.text for column in self.columns)

    def _template(self) -> dict[str, Json]:
        return {"type": "carousel", "columns": [column.to_line() for column in self.columns]}


@frozen
class Flex(LineMessage):
    """A flex message from the raw JSON of a bubble or carousel (LINE's Flex Message Simulator writes it)."""

    alt: str
    contents: Mapping[str, Json] = field(converter=_plain, hash=False)

    def _body(self) -> dict[str, Json]:
        return {"type": "flex", "altText": self.alt, "contents": _plain(self.contents)}


@frozen
class Raw(LineMessage):
    """Any message from its plain LINE JSON; checked by type. `quick` and `sender` replace those inside."""

    json: Mapping[str, Json] = field(converter=_plain, hash=False)

    def _body(self) -> dict[str, Json]:
        body: dict[str, Json] = _plain(self.json)
        return body
