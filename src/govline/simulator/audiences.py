"""Audiences of one channel: citizens put together for narrowcasts (line.md §2)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import define, field

from govline.core import Clock, Json, to_micros
from govline.simulator.limits import Limits

__all__ = ["Audience", "AudienceShelf"]

_LIFE: Final = timedelta(days=180)


@define
class Audience:
    """A group of citizens.

    Args:
        kind: UPLOAD, CLICK or IMP. `facts`: what made it (`requestId`, `clickUrl`).
        ready: From when on a narrowcast may use it.
    """

    number: int
    description: str
    kind: str
    created: datetime
    ready: datetime
    users: set[str] = field(factory=set, repr=False)
    facts: dict[str, Json] = field(factory=dict)
    jobs: list[dict[str, Any]] = field(factory=list)

    def status(self, now: datetime) -> str:
        """IN_PROGRESS, READY or EXPIRED."""
        if now >= self.created + _LIFE:
            return "EXPIRED"
        return "READY" if now >= self.ready else "IN_PROGRESS"

    def head(self) -> dict[str, Any]:
        """What the creating endpoints answer."""
        return {
            "audienceGroupId": self.number,
            "createRoute": "MESSAGING_API",
            "type": self.kind,
            "description": self.description,
            "created": to_micros(self.created) // 1_000_000,
            "permission": "READ_WRITE",
            "expireTimestamp": to_micros(self.created + _LIFE) // 1_000_000,
            "isIfaAudience": False,
            **self.facts,
        }

    def to_json(self, now: datetime) -> dict[str, Any]:
        """What listing and reading answer."""
        return {**self.head(), "status": self.status(now), "audienceCount": len(self.users)}


class AudienceShelf:
    """Not locked: its channel is."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._last = 1_000_000_000_000
        self.groups: dict[int, Audience] = {}

    def create(self, description: str, kind: str, users: Iterable[str], **facts: Json) -> Audience | None:
        """A new audience; None when the channel has as many as LINE allows."""
        if len(self.groups) >= self._limits.audiences:
            return None
        self._last += 1
        now = self._clock.now()
        audience = Audience(
            self._last, description, kind, now, now + self._limits.audience_lag, set(users), dict(facts)
        )
        self.groups[self._last] = audience
        return audience

    def add(self, audience: Audience, users: Iterable[str], description: str) -> None:
        """Put more citizens into an audience."""
        more, now = set(users), self._clock.now()
        audience.users |= more
        audience.ready = now + self._limits.audience_lag
        self._last += 1
        audience.jobs.append(
            {
                "audienceGroupJobId": self._last,
                "audienceGroupId": audience.number,
                "description": description,
                "type": "DIFF_ADD",
                "jobStatus": "FINISHED",
                "failedType": None,
                "audienceCount": len(more),
                "created": to_micros(now) // 1_000_000,
            }
        )

    def ready(self, number: Json) -> Audience | None:
        """An audience that a narrowcast may use now."""
        audience = self.groups.get(number) if isinstance(number, int) else None
        return audience if audience and audience.status(self._clock.now()) == "READY" else None
