"""What a rehearsal found, as a value and as JSON."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import field, frozen

from govline.core import frozen_tuple
from govline.core.values import frozen_map
from govline.testing.rehearsal.model import Delivery, Finding

__all__ = ["Checks", "Report", "Told"]

Told = tuple[Delivery, Mapping[str, tuple[str, ...]], tuple[int, ...]]
"""A delivery, the kinds by area that it tells of, and its citizens by number."""


@frozen
class Checks:
    """What is wrong, each finding as plain JSON; a rehearsal is well when all but `data_ends` are empty.

    Args:
        missed: Collection days that a citizen should have been told of and was not, and schedules that never fired.
        doubled: Told twice.
        on_closed_days: Told of a collection that there is not: an exception, a closure, or no such day.
        in_quiet_hours: Sent in the town's quiet hours, by source and time of day.
        mistimed: Told at another hour than wanted. `unwanted`: told although switched off or muted.
        unannounced: A cancelled or moved day of which a citizen did not hear beforehand.
        failed: Daily work that raised an error.
        data_ends: Kinds whose listed dates run out within the span; a warning.
        april: For each turn of the financial year: notices expected and delivered in April, and gaps between calendars.
    """

    missed: tuple[Finding, ...] = field(default=(), converter=frozen_tuple)
    doubled: tuple[Finding, ...] = field(default=(), converter=frozen_tuple)
    on_closed_days: tuple[Finding, ...] = field(default=(), converter=frozen_tuple)
    in_quiet_hours: tuple[Finding, ...] = field(default=(), converter=frozen_tuple)
    mistimed: tuple[Finding, ...] = field(default=(), converter=frozen_tuple)
    unwanted: tuple[Finding, ...] = field(default=(), converter=frozen_tuple)
    unannounced: tuple[Finding, ...] = field(default=(), converter=frozen_tuple)
    failed: tuple[Finding, ...] = field(default=(), converter=frozen_tuple)
    data_ends: tuple[Finding, ...] = field(default=(), converter=frozen_tuple)
    april: tuple[Finding, ...] = field(default=(), converter=frozen_tuple)

    @property
    def wrong(self) -> dict[str, tuple[Finding, ...]]:
        """Every check that found something that fails a rehearsal, by name."""
        found = {name: value for name, value in self.to_json().items() if name not in ("data_ends", "april")}
        gaps = tuple(gap for each in self.april for gap in each["gaps"])
        return {name: tuple(value) for name, value in {**found, "april": gaps}.items() if value}

    def to_json(self) -> dict[str, Any]:
        """All of them, empty ones as well."""
        names = (
            *("missed", "doubled", "on_closed_days", "in_quiet_hours", "mistimed", "unwanted"),
            *("unannounced", "failed", "data_ends", "april"),
        )
        return {name: list(getattr(self, name)) for name in names}


@frozen
class Report:
    """A rehearsed span of days.

    Args:
        town: The town's id.
        citizens: How many had a setting or got something. `invented`: how many of them were made up.
        told: Deliveries in order.
        warnings: Sentences that do not fail a rehearsal.
    """

    town: str
    first: date
    last: date
    days: int
    citizens: int
    invented: int
    told: tuple[Told, ...] = field(converter=frozen_tuple)
    checks: Checks
    warnings: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    held: Mapping[str, int] = field(factory=dict, converter=frozen_map, hash=False)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; warnings may stand."""
        return not self.checks.wrong

    @property
    def counts(self) -> dict[str, Any]:
        """Deliveries, messages (one a recipient), both by source and by month."""
        sources: Counter[str] = Counter()
        months: Counter[str] = Counter()
        for delivery, _, who in self.told:
            sources[delivery.source] += len(who)
            months[f"{delivery.at:%Y-%m}"] += len(who)
        return {
            "deliveries": len(self.told),
            "messages": sum(sources.values()),
            "by_source": dict(sources),
            "by_month": dict(months),
            "held_back": dict(self.held),
        }

    def to_json(self) -> dict[str, Any]:
        """The report as `govline simulate --json` prints it."""
        return {
            "town": self.town,
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "days": self.days,
            "citizens": self.citizens,
            "invented": self.invented,
            "deliveries": [_delivery(*each) for each in self.told],
            "counts": self.counts,
            "checks": self.checks.to_json(),
            "warnings": list(self.warnings),
            "ok": self.ok,
        }


def _delivery(
    delivery: Delivery, areas: Mapping[str, tuple[str, ...]], who: tuple[int, ...]
) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if areas:
        kinds = [kind for own in areas.values() for kind in own]
        about = {"area": "・".join(areas), "kinds": list(dict.fromkeys(kinds))}
    return {
        "at": delivery.at.isoformat(),
        "source": delivery.source,
        "citizens": len(who),
        "who": list(who),
        **about,
        "text": delivery.text,
    }
