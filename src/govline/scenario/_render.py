"""Questions as LINE JSON: texts, quick replies, pages of choices, and the postback data that says where a tap belongs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import frozen

from govline.core.message_limits import LIMITS
from govline.core.text import clip
from govline.core.values import Json
from govline.scenario._templates import Text

__all__ = [
    "CHOSEN",
    "PICKED",
    "PREFIX",
    "START",
    "TURNED",
    "Prompt",
    "Tap",
    "camera_items",
    "pages_of",
    "picker_item",
    "place_item",
    "tap_of",
    "text_message",
]

PREFIX: Final = "scn|"
CHOSEN: Final = "c"
TURNED: Final = "p"
PICKED: Final = "d"
START: Final = "start"
_PAGE: Final = LIMITS.quick_items - 2
_EMPTY: Final = "…"
Item = dict[str, Json]
Message = dict[str, Json]


@frozen
class Tap:
    """What the data of one of our postbacks says: `scn|scenario|version.hash|step|token`; `scn|scenario|start` starts it.

    `token`: `c0` the first choice, `p1` the second page, `d` the picker.
    """

    scenario: str
    pin: str
    step: str = ""
    token: str = ""

    @property
    def starts(self) -> bool:
        return self.pin == START


def tap_of(data: str) -> Tap | None:
    """Read postback data; None when it is not ours."""
    parts = data.split("|")
    return Tap(*parts[1:]) if data.startswith(PREFIX) and len(parts) in {3, 5} else None


def pages_of(
    labels: Sequence[str],
    extra: Sequence[Item],
    data: Callable[[str], str],
    turn_page: tuple[str, str],
) -> list[list[Item]]:
    """Quick replies of a question, page by page (one, maybe empty, page at least).

    Args:
        labels: Of the choices, in order.
        extra: Items that stand first on every page (date picker, location …).
        data: From a token (`c0`, `p1`) to postback data.
        turn_page: Labels of the items that turn to the next and the previous page.
    """
    taps = [_postback(label, data(f"{CHOSEN}{index}")) for index, label in enumerate(labels)]
    if len(taps) + len(extra) <= LIMITS.quick_items:
        return [[*extra, *taps]]
    size = _PAGE - len(extra)
    chunks = [taps[start : start + size] for start in range(0, len(taps), size)]
    return [
        [
            *extra,
            *chunk,
            *([_postback(turn_page[1], data(f"{TURNED}{page - 1}"))] if page else []),
            *([_postback(turn_page[0], data(f"{TURNED}{page + 1}"))] if page + 1 < len(chunks) else []),
        ]
        for page, chunk in enumerate(chunks)
    ]


def picker_item(label: str, data: str, mode: str) -> Item:
    """A quick reply that opens LINE's date or time picker."""
    return _item({"type": "datetimepicker", "label": label, "data": data, "mode": mode})


def place_item(label: str) -> Item:
    """A quick reply that opens the map."""
    return _item({"type": "location", "label": label})


def camera_items(take: str, choose: str) -> list[Item]:
    """Quick replies that open the camera and the photos."""
    return [_item({"type": "camera", "label": take}), _item({"type": "cameraRoll", "label": choose})]


class Prompt:
    """Texts with quick replies under the last; rendered once when no text depends on slots."""

    __slots__ = ("_pages", "_ready", "_texts")

    def __init__(self, texts: Sequence[Text], pages: Sequence[Sequence[Item]] = ((),)) -> None:
        self._texts = tuple(texts)
        self._pages = tuple(list(page) for page in pages)
        fixed = all(isinstance(text, str) for text in self._texts)
        self._ready = [self._build({}, page) for page in range(len(self._pages))] if fixed else None

    @property
    def pages(self) -> int:
        return len(self._pages)

    def render(self, slots: Mapping[str, Json], page: int = 0) -> list[Message]:
        """Plain LINE JSON; a page beyond the last is the first."""
        page = page if 0 <= page < len(self._pages) else 0
        return self._ready[page] if self._ready is not None else self._build(slots, page)

    def _build(self, slots: Mapping[str, Json], page: int) -> list[Message]:
        messages = [text_message(text if isinstance(text, str) else text(slots)) for text in self._texts]
        items = self._pages[page]
        if items and messages:
            messages[-1]["quickReply"] = {"items": items}
        return messages


def text_message(text: str) -> Message:
    """A text message within LINE's limit; LINE refuses an empty one, so nothing is written as `…`."""
    fitting = text if len(text) * 2 <= LIMITS.text else clip(text, LIMITS.text, "…")
    return {"type": "text", "text": fitting if fitting.strip() else _EMPTY}


def _postback(label: str, data: str) -> Item:
    return _item({"type": "postback", "label": label, "data": data, "displayText": label})


def _item(action: dict[str, Json]) -> Item:
    return {"type": "action", "action": action}
