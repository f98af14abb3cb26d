"""Webhook events as LINE writes them, from plain facts."""

from typing import Any

from govline.core import Clock, Json, to_micros
from govline.simulator.mint import Mint

__all__ = ["EventWriter"]

_STICKER_WORDS = ["ありがとう", "OK"]


class EventWriter:
    """Writes events with an id, a time and the delivery context.

    Args:
        clock: Times of events.
        mint: Their ids.
    """

    def __init__(self, clock: Clock, mint: Mint) -> None:
        self._clock = clock
        self._mint = mint

    def event(self, kind: str, user: str | None, **fields: Json) -> dict[str, Any]:
        """An event of any type, also one that does not exist yet."""
        now = self._clock.now()
        return {
            "type": kind,
            "mode": "active",
            "timestamp": to_micros(now) // 1000,
            **({"source": {"type": "user", "userId": user}} if user else {}),
            "webhookEventId": self._mint.ulid(now),
            "deliveryContext": {"isRedelivery": False},
            **fields,
        }

    def message(self, user: str, token: str, content: dict[str, Any]) -> dict[str, Any]:
        return self.event("message", user, replyToken=token, message=content)

    def text(self, message_id: str, text: str) -> dict[str, Any]:
        return {"type": "text", "id": message_id, "quoteToken": self._mint.hex(32), "text": text}

    def image(self, message_id: str) -> dict[str, Any]:
        provider = {"type": "line"}
        return {
            "type": "image",
            "id": message_id,
            "quoteToken": self._mint.hex(32),
            "contentProvider": provider,
        }

    def sticker(self, message_id: str, package: str, sticker: str) -> dict[str, Any]:
        return {
            "type": "sticker",
            "id": message_id,
            "quoteToken": self._mint.hex(32),
            "packageId": package,
            "stickerId": sticker,
            "stickerResourceType": "STATIC",
            "keywords": list(_STICKER_WORDS),
        }

    @staticmethod
    def location(
        message_id: str, latitude: float, longitude: float, title: str = "", address: str = ""
    ) -> dict[str, Any]:
        place = {"type": "location", "id": message_id, "latitude": latitude, "longitude": longitude}
        return {**place, **({"title": title} if title else {}), **({"address": address} if address else {})}

    def dummies(self) -> list[dict[str, Any]]:
        """What the console's verify button was seen to send: user ids and reply tokens that do not exist."""
        token, user = "0" * 32, "U" + "deadbeef" * 4
        return [
            self.message(user, token, self.text("100001", "Hello, world")),
            self.message(user, "f" * 32, self.sticker("100002", "1", "1")),
        ]
