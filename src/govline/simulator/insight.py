"""What LINE's statistics would say, worked out from the talks themselves: who got, saw and tapped what was sent."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from attrs import define, field

from govline.core import Json
from govline.simulator.actions import actions_in
from govline.simulator.channel import Channel

__all__ = ["Reach", "people_insight", "reach", "statistics"]

_MEDIA: Final = dict.fromkeys(("uniqueMediaPlayed", "uniqueMediaPlayed100Percent"))
_QUARTERS: Final = ("25", "50", "75", "100")


@define
class Reach:
    """How far one or more requests came.

    Args:
        got: Citizens in whose talk a message lies. `seen`: those who opened the talk afterwards, by bubble from 1.
        links: Addresses in the messages, by bubble.
    """

    got: set[str] = field(factory=set)
    seen: dict[int, set[str]] = field(factory=lambda: defaultdict(set))
    links: dict[tuple[int, str], None] = field(factory=dict)

    def viewers(self) -> set[str]:
        """Who saw any of it."""
        return set().union(*self.seen.values())

    def clicks(self, channel: Channel) -> Counter[tuple[str, str]]:
        """Taps on its links by those who got it: (address, citizen) → how often."""
        addresses = {address for _bubble, address in self.links}
        return Counter(
            {
                (address, user): times
                for (user, address), times in channel.taps.items()
                if address in addresses and user in self.got
            }
        )


def reach(channel: Channel, requests: Iterable[str]) -> Reach:
    """Look a few requests up in every talk."""
    wanted, result = frozenset(requests), Reach()
    for user, talk in channel.talks.items():
        read = channel.friendship(user).read
        bubble: Counter[str] = Counter()
        for entry in talk:
            if entry.side != "town" or entry.request_id not in wanted:
                continue
            bubble[entry.request_id] += 1
            number = bubble[entry.request_id]
            result.got.add(user)
            if entry.seq <= read:
                result.seen[number].add(user)
            for action in actions_in(entry.message):
                if action.get("type") == "uri":
                    result.links[number, str(action.get("uri"))] = None
    return result


def _enough(count: int, least: int) -> int | None:
    """LINE gives no count of fewer than 20 people, lest somebody be recognised."""
    return count if count >= least else None


def statistics(channel: Channel, found: Reach) -> dict[str, Json]:
    """`overview`, `messages` and `clicks` as the two event endpoints share them."""
    least, clicks = channel.limits.insight_minimum, found.clicks(channel)
    clickers = {user for _address, user in clicks}
    bubbles = sorted({*found.seen, *(bubble for bubble, _address in found.links)})
    return {
        "overview": {
            "uniqueImpression": _enough(len(found.viewers()), least),
            "uniqueClick": _enough(len(clickers), least),
            **_MEDIA,
        },
        "messages": [_message(bubble, found.seen[bubble], least) for bubble in bubbles],
        "clicks": [
            _click(bubble, address, clicks, len(clickers), least) for bubble, address in sorted(found.links)
        ],
    }


def _message(bubble: int, seen: set[str], least: int) -> dict[str, Any]:
    media = {
        name: None
        for part in _QUARTERS
        for name in (f"mediaPlayed{part}Percent", f"uniqueMediaPlayed{part}Percent")
    }
    count = _enough(len(seen), least)
    return {
        "seq": bubble,
        "impression": count,
        "uniqueImpression": count,
        "mediaPlayed": None,
        "uniqueMediaPlayed": None,
        **media,
    }


def _click(
    bubble: int, address: str, clicks: Mapping[tuple[str, str], int], everyone: int, least: int
) -> dict[str, Any]:
    own = {user: times for (url, user), times in clicks.items() if url == address}
    many = len(own) >= least
    return {
        "seq": bubble,
        "url": address,
        "click": sum(own.values()) if many else None,
        "uniqueClick": len(own) if many else None,
        "uniqueClickOfRequest": _enough(everyone, least),
    }


def people_insight(channel: Channel, day: str) -> dict[str, Json]:
    """Friends ever added and blocks as of the end of a day (`YYYYMMDD`); blocks take nothing from `followers`."""
    joined = sum(count for at, count in channel.joined.items() if at <= day)
    blocked = sum(count for at, count in channel.blocked.items() if at <= day)
    return {"followers": joined, "targetedReaches": joined - blocked, "blocks": blocked}
