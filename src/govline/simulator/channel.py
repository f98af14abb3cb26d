"""One channel's state: friends, talks, tokens, retry keys, quota. Pure: no HTTP, every change under the world's lock."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from govline.core import Clock, Json
from govline.core.jst import JST
from govline.simulator.limits import Limits
from govline.simulator.menus import MenuShelf
from govline.simulator.mint import Mint
from govline.simulator.model import ChannelSettings, Content, Entry, Side

__all__ = ["Channel", "Friendship", "Remembered"]


@define
class Friendship:
    """How a citizen stands to the town: `friend` now, `known` once, `opened` the talk last at."""

    friend: bool = False
    known: bool = False
    opened: datetime | None = None
    read: int = 0
    typing_until: datetime | None = None


@define
class Remembered:
    """What was accepted under a retry key."""

    fingerprint: bytes
    request_id: str
    until: datetime
    sent: Sequence[Mapping[str, str]] = field(factory=tuple)


class Channel:
    """See the module; callers hold the world's lock."""

    def __init__(self, settings: ChannelSettings, clock: Clock, mint: Mint, limits: Limits) -> None:
        self.settings = settings
        self.limits = limits
        self._clock = clock
        self._mint = mint
        self.friends: dict[str, Friendship] = {}
        self.talks: dict[str, list[Entry]] = defaultdict(list)
        self.contents: dict[str, Content] = {}
        self.menus = MenuShelf(mint, limits)
        self.retry_keys: dict[str, Remembered] = {}
        self.narrowcasts: dict[str, dict[str, Any]] = {}
        self.menu_batches: dict[str, datetime] = {}
        self.tokens: dict[str, datetime] = {}
        self.link_tokens: dict[str, tuple[str, datetime]] = {}
        self.sent: Counter[tuple[str, str]] = Counter()
        self.units: dict[str, set[str]] = defaultdict(set)
        self.webhook_url: str | None = None
        self.webhook_active = True
        self._reply_tokens: dict[str, tuple[str, datetime]] = {}

    def friendship(self, user: str) -> Friendship:
        return self.friends.setdefault(user, Friendship())

    def is_friend(self, user: str) -> bool:
        found = self.friends.get(user)
        return found is not None and found.friend

    def reachable(self, users: Iterable[str]) -> list[str]:
        """Those who would get a message: friends who have not blocked, each once."""
        return [user for user in dict.fromkeys(users) if self.is_friend(user)]

    def followers(self) -> list[str]:
        return [user for user, each in self.friends.items() if each.friend]

    def append(
        self,
        user: str,
        side: Side,
        via: str,
        message: Mapping[str, Json],
        *,
        message_id: str = "",
        request: str = "",
    ) -> Entry:
        """Add a line to a citizen's talk."""
        talk = self.talks[user]
        entry = Entry(
            len(talk) + 1,
            self._clock.now(),
            side,
            via,
            message_id or self._mint.message_id(),
            message,
            request,
        )
        talk.append(entry)
        return entry

    def deliver(
        self, users: Iterable[str], via: str, messages: Sequence[Mapping[str, Json]], request: str
    ) -> None:
        """Lay the same message objects into many talks."""
        numbered = [(self._mint.message_id(), message) for message in messages]
        self.deliver_numbered(users, via, numbered, request)

    def deliver_numbered(
        self, users: Iterable[str], via: str, numbered: Sequence[tuple[str, Mapping[str, Json]]], request: str
    ) -> None:
        for user in users:
            self.friendship(user).typing_until = None
            for message_id, message in numbered:
                self.append(user, "town", via, message, message_id=message_id, request=request)

    def issue_reply_token(self, user: str) -> str:
        token = self._mint.hex(32)
        self._reply_tokens[token] = (user, self._clock.now() + self.limits.reply_token)
        return token

    def spend_reply_token(self, token: str) -> str | None:
        """The citizen a token answers; None when it is unknown, used or too old."""
        user, until = self._reply_tokens.get(token, ("", datetime.min.replace(tzinfo=UTC)))
        if until < self._clock.now():
            return None
        del self._reply_tokens[token]
        return user

    def month(self) -> str:
        """The quota's month, in Japan's time."""
        return self._clock.now().astimezone(JST).strftime("%Y%m")

    def used(self) -> int:
        """Messages counted this month; replies are free."""
        month = self.month()
        return sum(
            count for (kind, day), count in self.sent.items() if kind != "reply" and day.startswith(month)
        )

    def count(self, kind: str, people: int) -> None:
        """Count per recipient, not per message object."""
        self.sent[kind, self._clock.now().astimezone(JST).strftime("%Y%m%d")] += people

    def record_unit(self, names: Sequence[str]) -> None:
        """Note an aggregation unit; past the month's limit a new name is silently lost, as LINE does."""
        known = self.units[self.month()]
        known.update(name for name in names if name in known or len(known) < self.limits.units_a_month)

    def remembered(self, key: str) -> Remembered | None:
        found = self.retry_keys.get(key.lower())
        return found if found and found.until > self._clock.now() else None
