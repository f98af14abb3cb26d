"""The simulator's values: channels, citizens, what lies in their inboxes and what is answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import field, frozen

from govline.core import Json, frozen_map
from govline.simulator.shapes import Problem

__all__ = ["Answer", "ChannelSettings", "Citizen", "Content", "Entry", "Side", "refused"]

Side = Literal["town", "citizen", "note"]


@frozen
class ChannelSettings:
    """One Messaging API channel. The defaults are for demonstrations on loopback and protect nothing.

    Args:
        bot_user_id: The `destination` of webhooks, `U` and 32 hex digits.
        login_id: LINE Login channel of the same provider: the audience of ID tokens. `login_secret`: its secret.
        verified: Whether the account may read its follower ids (verified and premium accounts).
        login_token: A channel access token of the LINE Login channel, which its LIFF apps are asked with.
        liff: Endpoint URLs of the LIFF apps of the LINE Login channel.
        assertion_keys: Public keys (RSA, as JWK) by the `kid` that LINE gave each: whoever signs with one gets v2.1 tokens.
        quota: Messages a month; None means unlimited (quota type `none`, 地方公共団体プラン).
    """

    name: str = "ひなた町"
    channel_id: str = "1650000000"
    secret: str = field(default="0123456789abcdef0123456789abcdef", repr=False)
    token: str = field(default="simulator-channel-access-token", repr=False)
    bot_user_id: str = "U00000000000000000000000000000001"
    basic_id: str = "@hinata"
    quota: int | None = None
    login_id: str = "1650000001"
    login_secret: str = field(default="0123456789abcdef0123456789abcdef", repr=False)
    verified: bool = True
    login_token: str = field(default="simulator-login-access-token", repr=False)
    liff: tuple[str, ...] = ()
    assertion_keys: Mapping[str, Mapping[str, str]] = field(factory=dict, converter=frozen_map, hash=False)


@frozen
class Citizen:
    """A LINE user of the simulator."""

    user_id: str
    name: str
    language: str = "ja"


@frozen
class Content:
    """Bytes that a citizen sent, or a rich menu's image."""

    media_type: str
    data: bytes = field(repr=False)


@frozen
class Entry:
    """One line of a talk: a LINE message object, seen by one citizen.

    Args:
        seq: Grows by one within a talk; the key of paging.
        side: Who spoke; `note` is a line of the app itself (友だち追加, ブロック).
        via: reply, push, multicast, narrowcast, broadcast; say, tap … on the citizen's side.
        request_id: LINE's id of the request that brought it.
    """

    seq: int
    at: datetime
    side: Side
    via: str
    message_id: str
    message: Mapping[str, Json] = field(hash=False)
    request_id: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "at": self.at.isoformat(),
            "side": self.side,
            "via": self.via,
            "messageId": self.message_id,
            "message": self.message,
            "requestId": self.request_id,
        }


@frozen
class Answer:
    """What an endpoint says: status, JSON body or bytes, further headers."""

    status: int
    body: Json = field(factory=dict, hash=False)
    headers: Mapping[str, str] = field(factory=dict, converter=frozen_map, hash=False)
    content: Content | None = None


def refused(status: int, message: str, details: list[Problem] | None = None, **rest: Any) -> Answer:
    """An error in LINE's shape: `{"message": …, "details": [{"message", "property"}]}`."""
    return Answer(status, {"message": message, **({"details": details} if details else {}), **rest})
