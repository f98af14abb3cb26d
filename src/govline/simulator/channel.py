"""One channel's state: friends, talks, tokens, retry keys, quota. Pure: no HTTP, every change under the world's lock."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field

from govline.core import Clock, Json
from govline.core.jst import JST
from govline.simulator.audiences import AudienceShelf
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
        self.key_ids: dict[str, str] = {}
        self.link_tokens: dict[str, tuple[str, datetime]] = {}
        self.sent: Counter[tuple[str, str]] = Counter()
        self.units: dict[str, set[str]] = defaultdict(set)
        self.unit_requests: dict[str, dict[str, str]] = defaultdict(dict)
        self.cast: dict[str, datetime] = {}
        self.taps: Counter[tuple[str, str]] = Counter()
        self.joined: Counter[str] = Counter()
        self.blocked: Counter[str] = Counter()
        self.audiences = AudienceShelf(clock, limits)
        self.liff: dict[str, dict[str, Any]] = {}
        for url in settings.liff:
            self.add_liff({"view": {"type": "full", "url": url}})
        self.webhook_url: str | None = None
        self.webhook_active = True
        self._reply_tokens: dict[str, tuple[str, datetime]] = {}

    def friendship(self, user: str) -> Friendship:
        return self.friends.setdefault(user, Friendship())

    def is_friend(self, user: str) -> bool:
        found = self.friends.get(user)
        return found is not None and found.friend

    def befriend(self, user: str) -> bool:
        """Make somebody a friend, or one again; says whether he was known before."""
        friendship, day = self.friendship(user), self.today()
        again = friendship.known
        if not again:
            self.joined[day] += 1
        elif not friendship.friend:
            self.blocked[day] -= 1
        friendship.friend = friendship.known = True
        return again

    def block(self, user: str) -> None:
        """A friend blocks the town."""
        self.friendship(user).friend = False
        self.blocked[self.today()] += 1

    def add_liff(self, app: Mapping[str, Json]) -> str:
        """Register a LIFF app; answers its id."""
        last = max((int(each.rpartition("-")[2]) for each in self.liff), default=0)
        liff_id = f"{self.settings.login_id}-{last + 1:08d}"
        self.liff[liff_id] = dict(app)
        return liff_id

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
        return self.today()[:6]

    def today(self) -> str:
        """`YYYYMMDD` in Japan's time."""
        return self._clock.now().astimezone(JST).strftime("%Y%m%d")

    def yesterday(self) -> str:
        """`YYYYMMDD`, the last day with statistics."""
        return (self._clock.now().astimezone(JST) - timedelta(days=1)).strftime("%Y%m%d")

    def used(self) -> int:
        """Messages counted this month; replies are free."""
        month = self.month()
        return sum(
            count for (kind, day), count in self.sent.items() if kind != "reply" and day.startswith(month)
        )

    def count(self, kind: str, people: int) -> None:
        """Count per recipient, not per message object."""
        self.sent[kind, self.today()] += people

    def record_cast(self, request: str) -> None:
        """Remember a broadcast or narrowcast: LINE keeps statistics of these by request."""
        self.cast[request] = self._clock.now()

    def record_unit(self, names: Sequence[str], request: str) -> None:
        """Note an aggregation unit; past the month's limit a new name is silently lost, as LINE does."""
        known = self.units[self.month()]
        for name in names:
            if name in known or len(known) < self.limits.units_a_month:
                known.add(name)
                self.unit_requests[name][request] = self.today()

    def remembered(self, key: str) -> Remembered | None:
        found = self.retry_keys.get(key.lower())
        return found if found and found.until > self._clock.now() else None
