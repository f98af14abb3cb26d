"""What runs out, told weeks before: calendars, lists, contracts of the town and of every feature."""

import logging
from collections.abc import Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING, Final

from govline.core import Event, Expiry, Ref, Tick, Transaction
from govline.core.jst import to_jst

if TYPE_CHECKING:
    from govline.city.city import City

__all__ = ["expiring", "expiry_tick", "sentence"]

_MONDAY: Final = 0
_log = logging.getLogger("govline.city")


def expiring(city: "City", tx: Transaction) -> list[Expiry]:
    """What runs out soon or has run out, the soonest first."""
    today = to_jst(tx.now).date()
    found: Sequence[Expiry] = [each for source in city.expiry_sources for each in source(tx)]
    return sorted(
        (each for each in found if each.runs_out(today)), key=lambda each: (each.last_day, each.what)
    )


def sentence(expiry: Expiry) -> str:
    """As doctor shows it."""
    return f"{expiry.what}: {expiry.last_day} で終わります。{expiry.remedy}"


def expiry_tick(city: "City") -> Tick:
    """Every Monday morning: a warning in the log and the event `city.runs_out` for each, for a staff page or mail of yours."""

    def run(tx: Transaction, due: datetime) -> None:
        if to_jst(due).weekday() != _MONDAY:
            return
        for expiry in expiring(city, tx):
            _log.warning("%s", sentence(expiry))
            facts = {"what": expiry.what, "last_day": expiry.last_day.isoformat(), "remedy": expiry.remedy}
            tx.emit(Event("city.runs_out", Ref("city", city.id), data=facts))

    return Tick("city.runs_out", time(8, 30), run)
