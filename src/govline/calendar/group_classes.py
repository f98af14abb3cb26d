"""What a group can register as: the 減免 classes and the purposes that the programmes know. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

from govline.calendar.model import Programme
from govline.core.jst import fiscal_year, fiscal_year_start

__all__ = ["class_rates", "registered_until", "registration_purposes"]

_SOON = timedelta(days=31)


def class_rates(programmes: Iterable[Programme]) -> dict[str, int]:
    """Every class that a tariff reduces or a policy lets in, with the highest rate that a tariff gives it; 0 where none does."""
    found: dict[str, int] = {}
    for programme in programmes:
        policy, tariff = programme.policy, programme.tariff
        for kind in policy.who.groups.union(*(window.who.groups for window in policy.windows)):
            found.setdefault(kind, 0)
        for kind, rate in (tariff.reductions if tariff else {}).items():
            found[kind] = max(rate, found.get(kind, 0))
    return dict(sorted(found.items()))


def registration_purposes(programmes: Iterable[Programme]) -> tuple[str, ...]:
    """What programmes are for, where they say it."""
    return tuple(sorted({each.policy.purpose for each in programmes if each.policy.purpose}))


def registered_until(today: date) -> date:
    """Until when a registration of today usually is good: the end of the fiscal year, of the next one in its last month."""
    year = fiscal_year(today + _SOON)
    return fiscal_year_start(year + 1) - timedelta(days=1)
