"""What must not reach the inbox: LINE's user ids, and any 個人番号 that a citizen typed.

One walk over an event's JSON, whatever its type, so that broken and future events are covered too.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from govline.core import CitizenId, Json

__all__ = ["CitizenOf", "Cleaner", "Guard", "holds_user_id", "user_ids"]

CitizenOf = Callable[[str], CitizenId]
Guard = Callable[[str], str | None]
"""Gets a text; returns it with every 個人番号 taken out, or None where there is none."""

_LINE_USER: Final = re.compile(r"U[0-9a-f]{32}")
# Ids, tokens and times that LINE makes, and data that the town wrote itself: twelve digits in them are no person's number.
# Everything else counts as typed by a citizen, fields that LINE adds later included.
_NOT_TYPED: Final = frozenset(
    [
        "type",
        "mode",
        "id",
        "webhookEventId",
        "replyToken",
        "quoteToken",
        "quotedMessageId",
        "markAsReadToken",
        "messageId",
        "groupId",
        "roomId",
        "botId",
        "productId",
        "emojiId",
        "packageId",
        "stickerId",
        "hwid",
        "dm",
        "nonce",
        "trackingId",
        "originalContentUrl",
        "previewImageUrl",
        "data",
        "date",
        "time",
        "datetime",
        "newRichMenuAliasId",
        "status",
    ]
)


class Cleaner:
    """Cleans one event; `refused` tells afterwards whether a 個人番号 was in it.

    Args:
        citizen_of: Our id of a LINE userId.
        guard: Looks for a 個人番号 in what a person typed.
    """

    def __init__(self, citizen_of: CitizenOf, guard: Guard) -> None:
        self._citizen_of = citizen_of
        self._guard = guard
        self.refused = False

    def clean(self, value: Json, key: str = "") -> Json:
        """A copy with `userId` replaced by `citizenId`, stray user ids masked and 個人番号 taken out."""
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return [self.clean(item, key) for item in value]
        return self._text(value, key) if isinstance(value, str) else value

    def _object(self, item: dict[str, Json]) -> dict[str, Json]:
        cleaned: dict[str, Json] = {}
        for name, value in item.items():
            if name == "userId":
                cleaned["citizenId"] = self._citizen_of(value) if isinstance(value, str) and value else None
            else:
                cleaned[name] = self.clean(value, name)
        return cleaned

    def _text(self, text: str, key: str) -> str:
        if key not in _NOT_TYPED:
            taken_out = self._guard(text)
            if taken_out is not None:
                self.refused = True
                text = taken_out
        return _LINE_USER.sub("(LINE)", text) if "U" in text else text


def holds_user_id(text: str) -> bool:
    """Whether something that looks like a LINE userId stands in a text."""
    return _LINE_USER.search(text) is not None


def user_ids(value: Json) -> Iterator[str]:
    """Every LINE userId in an event's JSON: its source, mentions, members."""
    if isinstance(value, dict):
        user = value.get("userId")
        if isinstance(user, str) and user:
            yield user
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from user_ids(inner)
