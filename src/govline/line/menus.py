"""Rich menus: a frozen definition with LINE's limits checked, published once per content.

LINE allows 100 creates an hour and 1,000 menus; a menu's name carries the hash of its content, so publishing the same
definition again finds the menu that is there.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Final, Literal

from attrs import field, frozen

from govline.core import Json
from govline.core.text import utf16_len
from govline.core.values import frozen_tuple
from govline.errors import MessageError
from govline.line.messenger import Messenger

__all__ = ["RichMenu", "RichMenuArea", "publish_menu"]

MediaType = Literal["image/png", "image/jpeg"]
_MOST_AREAS: Final = 20
_LONGEST_BAR: Final = 14
_LONGEST_NAME: Final = 300
_IMAGE_BYTES: Final = 1_000_000
_HASH: Final = 16
_MIN_RATIO: Final = 1.45


@frozen
class RichMenuArea:
    """A tappable rectangle in pixels, and the action as LINE's JSON."""

    x: int
    y: int
    width: int
    height: int
    action: Json = field(hash=False)

    def to_line(self) -> dict[str, Json]:
        """Plain LINE JSON."""
        bounds = {"x": self.x, "y": self.y, "width": self.width, "height": self.height}
        return {"bounds": bounds, "action": self.action}


@frozen
class RichMenu:
    """A rich menu before LINE knows it.

    Args:
        name: For staff; citizens do not see it.
        bar: Text of the chat bar, at most 14 UTF-16 units.
        width: 800 to 2,500 pixels. `height`: at least 250, and width / height at least 1.45.
        selected: Whether it is open at first.

    Raises:
        MessageError: A limit is broken; `place["field"]` names the field.
    """

    name: str
    bar: str
    areas: Sequence[RichMenuArea] = field(converter=frozen_tuple)
    width: int = 2500
    height: int = 1686
    selected: bool = True

    def __attrs_post_init__(self) -> None:
        _check(
            0 < len(self.name) <= _LONGEST_NAME - _HASH - 1,
            "name",
            f"1 to {_LONGEST_NAME - _HASH - 1} characters",
        )
        _check(0 < utf16_len(self.bar) <= _LONGEST_BAR, "chatBarText", f"1 to {_LONGEST_BAR} characters")
        _check(len(self.areas) <= _MOST_AREAS, "areas", f"at most {_MOST_AREAS}")
        _check(800 <= self.width <= 2500, "size.width", "800 to 2500 pixels")
        _check(
            self.height >= 250 and self.width / self.height >= _MIN_RATIO,
            "size.height",
            "250 or more, ratio 1.45",
        )
        for number, area in enumerate(self.areas):
            inside = area.x + area.width <= self.width and area.y + area.height <= self.height
            well = min(area.x, area.y) >= 0 and min(area.width, area.height) > 0
            _check(inside and well, f"areas[{number}].bounds", "within the menu")

    def to_line(self, image: bytes = b"") -> dict[str, Json]:
        """LINE's JSON; the name ends with the hash of definition and image."""
        return {**self._content(), "name": f"{self.name}#{self.content_hash(image)}"}

    def content_hash(self, image: bytes = b"") -> str:
        """16 hex digits over everything that citizens see."""
        text = json.dumps(self._content(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode() + b"\0" + image).hexdigest()[:_HASH]

    def _content(self) -> dict[str, Json]:
        return {
            "size": {"width": self.width, "height": self.height},
            "selected": self.selected,
            "name": self.name,
            "chatBarText": self.bar,
            "areas": [area.to_line() for area in self.areas],
        }


def publish_menu(
    messenger: Messenger, menu: RichMenu, image: bytes, media_type: MediaType = "image/png"
) -> str:
    """Make LINE know the menu and its image; LINE's id of it. Doing it again finds the same menu.

    A run that broke off between menu and image is completed by the next one. Two machines that publish the same menu at
    the same moment may make it twice: publish from one place.

    Raises:
        MessageError: The image is empty or has more than 1 MB.
        LineError: LINE refused or could not be reached.
    """
    _check(0 < len(image) <= _IMAGE_BYTES, "image", f"at most {_IMAGE_BYTES} bytes")
    wanted = menu.to_line(image)
    known = [known_id for known_id, name in messenger.menus().items() if name == wanted["name"]]
    menu_id = min(known) if known else messenger.create_menu(wanted)
    if not known or not messenger.has_menu_image(menu_id):
        messenger.set_menu_image(menu_id, image, media_type)
    return menu_id


def _check(holds: bool, name: str, rule: str) -> None:
    if not holds:
        raise MessageError(f"a rich menu's {name} must be: {rule}", code="GL-8017", place={"field": name})
