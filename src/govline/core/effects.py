"""Events between features, effects on the outside world, and schedules: the values that travel."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from attrs import evolve, field, frozen

from govline.core.ids import CitizenId, Id
from govline.core.values import Json, Ref, frozen_map

if TYPE_CHECKING:
    from govline.core.transaction import Transaction

__all__ = [
    "Amend",
    "Dead",
    "Done",
    "Effect",
    "EffectContext",
    "EffectHandler",
    "Event",
    "Fate",
    "Handler",
    "Retry",
    "Schedule",
    "Unknown",
    "Upcaster",
]


@frozen
class Event:
    """Something that happened, told to other features; carries ids, never personal data."""

    name: str
    subject: Ref
    version: int = 1
    citizen: CitizenId | None = None
    data: Mapping[str, Json] = field(factory=dict, converter=frozen_map, hash=False)


@frozen
class Handler:
    """A feature's ear for an event. `outbox` runs after the commit in a transaction of its own; `same_tx` only to veto."""

    event: str
    run: "Callable[[Transaction, Event], None]"
    mode: Literal["outbox", "same_tx"] = "outbox"


@frozen
class Effect:
    """An outbox row: something that must happen outside, once, after the transaction commits.

    Args:
        topic: Which handler carries it out: `line.push`, `delivery.batch` …
        payload: Plain JSON; personal data only sealed or as ids.
        dedupe: A second effect of the same topic and key within the dedupe lifetime is the same effect.
        version: Of the payload's shape; upcasters lift older rows.
        order_key: Effects of one key run one after another, in order.
        due: Not before this instant. `expires`: not after; it ends dead with reason `expired`.
        strict: Whether an effect that ends dead or unknown holds up those behind it until staff skip it. False where a loss
            must silence nobody (replies to a citizen): it leaves the line and stays visible.
        priority: Higher first. `queue`: the bulkhead it runs in; the topic's first word where omitted.
    """

    topic: str
    payload: Mapping[str, Json] = field(converter=frozen_map, hash=False)
    dedupe: str
    version: int = 1
    order_key: str | None = None
    due: datetime | None = None
    expires: datetime | None = None
    priority: int = 0
    queue: str = ""
    strict: bool = True

    def __attrs_post_init__(self) -> None:
        if not self.queue:
            object.__setattr__(self, "queue", self.topic.partition(".")[0])

    def at(self, due: datetime) -> "Effect":
        """The same effect, due later."""
        return evolve(self, due=due)


@frozen
class Done:
    """It happened. `note` is plain JSON that the handler's `record` may store."""

    note: Mapping[str, Json] = field(factory=dict, converter=frozen_map, hash=False)


@frozen
class Retry:
    """It did not happen and may be tried again with the same key; `after` seconds, or the pump's backoff where None.

    Args:
        counts: False when nothing was attempted (our own rate limit): such a turn uses up none of the attempts.
    """

    reason: str
    after: float | None = None
    counts: bool = True


@frozen
class Dead:
    """It did not happen and never will; staff see it."""

    reason: str


@frozen
class Unknown:
    """Whether it happened cannot be known (retry key too old, answer lost): staff decide, nothing is repeated."""

    reason: str


@frozen
class Amend:
    """It surely did not happen, and goes on in another way: the same row, id and place in its order carry a new payload.

    Its attempts begin anew, at once.
    """

    payload: Mapping[str, Json] = field(converter=frozen_map, hash=False)
    reason: str


Fate = Done | Retry | Dead | Unknown | Amend


@frozen
class EffectContext:
    """What a handler is told besides the payload."""

    id: Id
    topic: str
    attempt: int
    enqueued: datetime
    now: datetime
    first_attempt: datetime
    town: str


class EffectHandler(Protocol):
    """Carries effects of one topic out: `run` outside any transaction, `record` inside the one that stores the fate."""

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:
        """Do it outside any transaction; `context.id` is the key that makes a repeat harmless."""
        ...

    def record(self, tx: "Transaction", payload: Mapping[str, Json], fate: Fate) -> None:
        """Write what follows from the fate, in the unit that stores it."""
        ...


Upcaster = Callable[[Mapping[str, Json]], Mapping[str, Json]]
"""Lifts a payload from one version to the next."""


@frozen
class Schedule:
    """The one primitive for reminders, timeouts, expiries and recurring sends.

    It moves with its subject (same key, new due), is never late beyond its effect's `expires`, and fires once.

    Args:
        key: Unique; scheduling the same key again moves it.
        quiet_hours: Whether it waits for the end of the town's quiet hours.
    """

    key: str
    due: datetime
    subject: Ref
    effect: Effect
    quiet_hours: bool = False
