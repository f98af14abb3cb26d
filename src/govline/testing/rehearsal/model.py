"""The language of a rehearsal: deliveries, what citizens want, what was found."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from attrs import field, frozen

from govline.core import CitizenId, frozen_tuple

__all__ = ["Delivery", "Finding", "Wish"]

Finding = Mapping[str, Any]
"""What is wrong, as plain JSON."""


@frozen
class Delivery:
    """One message, or set of messages, as it would have reached LINE.

    Args:
        at: In Japan.
        source: Which feature sent it: `garbage`, `segments`, `calendar.reminder` …
        key: What makes it one: the key of the run, or the effect's.
        text: Of all its messages, a line each where they have several.
    """

    at: datetime
    source: str
    key: str
    text: str
    citizens: tuple[CitizenId, ...] = field(converter=frozen_tuple)


@frozen
class Wish:
    """What a citizen wants to be told of one area's collection days.

    Args:
        lead: 1 for the evening before, 0 for the same morning.
        told_for: The collection day up to which they need no notice any more when the rehearsal begins.
        muted: Kinds that they do not want to be told of.
    """

    citizen: CitizenId
    area: str
    enabled: bool
    lead: int
    hour: int
    told_for: date | None
    muted: frozenset[str] = frozenset()
