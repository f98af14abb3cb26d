"""What a citizen can tap: LINE's actions as frozen values, checked when they are made."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import ClassVar, Literal

from attrs import field, frozen

from govline.core.action_check import check_action
from govline.core.message_fields import check_uri
from govline.core.message_limits import LIMITS, Limits
from govline.core.text import clip, normalize
from govline.core.values import Json
from govline.errors import MessageError

__all__ = [
    "AskCamera",
    "AskLocation",
    "AskPhotos",
    "Copy",
    "LineAction",
    "Open",
    "PickDate",
    "Postback",
    "QuickReply",
    "Say",
    "SwitchMenu",
    "choices",
]

PickerMode = Literal["date", "time", "datetime"]
InputOption = Literal["", "closeRichMenu", "openRichMenu", "openKeyboard", "openVoice"]


@frozen
class LineAction:
    """Base of all actions: a label of at most 20 UTF-16 code units, and `to_line()`."""

    kind: ClassVar[str]
    label: str
    limits: Limits = field(default=LIMITS, kw_only=True, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_action(self.to_line(), limits=self.limits, quick=self.kind in self.limits.quick_only)

    def to_line(self) -> dict[str, Json]:
        """Plain LINE JSON."""
        return {"type": self.kind, "label": self.label, **self._body()}

    def _body(self) -> dict[str, Json]:
        return {}


@frozen
class Say(LineAction):
    """The citizen says `text` (the label where omitted) when tapping."""

    kind: ClassVar[str] = "message"
    text: str = ""

    def _body(self) -> dict[str, Json]:
        return {"text": self.text or self.label}


@frozen
class Postback(LineAction):
    """`data` comes back to the town, `display` is shown as said. Never personal data in either.

    Args:
        data: At most 300 UTF-16 code units.
        display: Shown in the talk as the citizen's words; nothing where empty.
        option: What LINE opens or closes.
        fill_in: Put into the keyboard's field; sets `option` to openKeyboard.
    """

    kind: ClassVar[str] = "postback"
    data: str
    display: str = ""
    option: InputOption = ""
    fill_in: str = ""

    def _body(self) -> dict[str, Json]:
        option = self.option or ("openKeyboard" if self.fill_in else "")
        given = {"displayText": self.display, "inputOption": option, "fillInText": self.fill_in}
        return {"data": self.data, **{key: value for key, value in given.items() if value}}


@frozen
class Open(LineAction):
    """Opens an address (https, http, line or tel)."""

    kind: ClassVar[str] = "uri"
    uri: str

    def _body(self) -> dict[str, Json]:
        return {"uri": self.uri}


@frozen
class Copy(LineAction):
    """Copies `text` to the citizen's clipboard."""

    kind: ClassVar[str] = "clipboard"
    text: str

    def _body(self) -> dict[str, Json]:
        return {"clipboardText": self.text}


def _picked(value: date | time | str | None) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dt%H:%M")
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value.isoformat() if isinstance(value, date) else value or ""


@frozen
class PickDate(LineAction):
    """LINE's date and time picker; the answer comes back as a postback with `params`.

    Args:
        data: Comes back with the answer.
        mode: `date`, `time` or `datetime`.
        initial: First shown. `min`, `max`: first and last that can be picked, 1900-01-01 to 2100-12-31.
            Python values, naive and in the town's time, or LINE's text (`2026-11-22`, `18:30`, `2026-11-22t18:30`).
    """

    kind: ClassVar[str] = "datetimepicker"
    data: str
    mode: PickerMode = "date"
    initial: str = field(default="", converter=_picked)
    min: str = field(default="", converter=_picked)
    max: str = field(default="", converter=_picked)

    def _body(self) -> dict[str, Json]:
        bounds = {"initial": self.initial, "min": self.min, "max": self.max}
        return {
            "data": self.data,
            "mode": self.mode,
            **{key: value for key, value in bounds.items() if value},
        }


@frozen
class AskLocation(LineAction):
    """Opens the location screen; quick replies only."""

    kind: ClassVar[str] = "location"


@frozen
class AskCamera(LineAction):
    """Opens the camera; quick replies only."""

    kind: ClassVar[str] = "camera"


@frozen
class AskPhotos(LineAction):
    """Opens the photo library; quick replies only."""

    kind: ClassVar[str] = "cameraRoll"


@frozen
class SwitchMenu(LineAction):
    """Switches to another rich menu by its alias; rich menus only. `data` comes back as a postback."""

    kind: ClassVar[str] = "richmenuswitch"
    alias: str
    data: str

    def _body(self) -> dict[str, Json]:
        return {"richMenuAliasId": self.alias, "data": self.data}


@frozen
class QuickReply:
    """A button under a message, gone with the next message; `icon` is an https address of an image."""

    action: LineAction
    icon: str = ""

    def __attrs_post_init__(self) -> None:
        limits = self.action.limits
        if self.icon:
            check_uri(self.icon, "imageUrl", limits.icon_url, limits.media_schemes)
        check_action(self.action.to_line(), "action", limits, quick=True)

    def to_line(self) -> dict[str, Json]:
        """Plain LINE JSON."""
        icon = {"imageUrl": self.icon} if self.icon else {}
        return {"type": "action", **icon, "action": self.action.to_line()}


def choices(labels: Iterable[str] | Mapping[str, str]) -> tuple[QuickReply, ...]:
    """Quick replies from plain labels.

    Args:
        labels: Texts that the citizen will say; or a mapping label to postback data. Long labels are cut for the eye,
            the full text is still what is said or displayed.

    Raises:
        MessageError: More than 13, or two labels that look the same once cut and normalised (a typed answer could mean both).
    """
    pairs = dict(labels).items() if isinstance(labels, Mapping) else [(label, None) for label in labels]
    replies = tuple(QuickReply(_choice(label, data)) for label, data in pairs)
    if len(replies) > LIMITS.quick_items:
        raise MessageError(
            "too many choices",
            hint=f"{len(replies)} choices, at most {LIMITS.quick_items}: page them",
            place={"field": "quickReply.items", "limit": LIMITS.quick_items, "actual": len(replies)},
        )
    if len({normalize(reply.action.label) for reply in replies}) < len(replies):
        raise MessageError(
            "two choices look the same",
            hint="their first 20 characters must differ",
            place={"field": "quickReply.items"},
        )
    return replies


def _choice(label: str, data: str | None) -> LineAction:
    short = clip(label, LIMITS.label, "…")
    return Say(short, label) if data is None else Postback(short, data, label)
