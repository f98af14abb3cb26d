"""Citizens for a town in which nobody has a setting yet: every area, the evening before and the same morning.

Some of them are as citizens are: they leave a kind out, have a second area, stopped their notices, or chose an hour before the
town had quiet hours. Whatever treats one of these wrongly shows in the rehearsal.
"""

import hashlib
from datetime import date, datetime, time
from itertools import cycle, islice, product
from typing import Final

from attrs import evolve

from govline.calendar.garbage import Garbage
from govline.calendar.garbage.model import Setting
from govline.city import City
from govline.core import CitizenId, Transaction
from govline.core.jst import JST
from govline.store import identity
from govline.testing.rehearsal import _queries as q

__all__ = ["invent"]

_TIMES: Final = ((1, 18), (1, 20), (0, 7), (0, 8), (0, 9), (1, 17))
_SAMPLES: Final = 3
_MANY: Final = 300
_WAYS: Final = 20
_LATE: Final = 22


def invent(city: City, wanted: int = 0) -> int:
    """Add citizens to a town's copy; how many.

    Args:
        wanted: So many; 0 for none where citizens have settings, and for one an area and hour (or one an area, where areas are
            many) where nobody has.
    """
    service = getattr(city, "garbage", None)
    if not isinstance(service, Garbage):
        return 0
    areas = city.read(service.areas)
    if not areas or (not wanted and city.read(q.wishes)):
        return 0
    times = _times(city)
    pairs = [(area, when) for when, area in product(times, areas)]
    if not wanted:
        wanted = len(pairs) if len(pairs) <= _MANY else len(areas)
    if wanted < len(pairs):
        pairs = list(zip(areas, cycle(times), strict=False))

    def add(tx: Transaction) -> None:
        for number, (area, (lead, hour)) in enumerate(islice(cycle(pairs), wanted)):
            name = hashlib.sha256(f"{city.id}:{number}".encode()).hexdigest()[:32]
            citizen = identity.citizen_of(tx, f"U{name}")
            service.save(tx, citizen, Setting(area, days_before=lead, hour=hour))
            _differ(tx, service, citizen, number)

    city.run(add)
    return wanted


def _differ(tx: Transaction, service: Garbage, citizen: CitizenId, number: int) -> None:
    """Make one in five another kind of citizen."""
    (own,) = service.settings(tx, citizen)
    areas, kinds = service.areas(tx), service.kinds(tx)
    way = number % _WAYS
    if way == 1:
        service.mute(tx, citizen, kinds[number // _WAYS % len(kinds)])
    elif way == 3 and len(areas) > 1:
        service.save(tx, citizen, evolve(own, area=areas[(areas.index(own.area) + 1) % len(areas)]))
    elif way == 5:
        service.save(tx, citizen, evolve(own, enabled=False))
    elif way == 7:
        Garbage().save(tx, citizen, Setting(own.area, days_before=1, hour=_LATE))


def _times(city: City) -> list[tuple[int, int]]:
    """Hours outside the town's quiet hours."""
    day = date(2026, 1, 1)
    loud = [
        (lead, hour)
        for lead, hour in _TIMES
        if city.quiet_hours.until(datetime.combine(day, time(hour), JST)) is None
    ]
    evening = [each for each in loud if each[0] == 1][:2]
    return [*evening, *[each for each in loud if each[0] == 0][: _SAMPLES - len(evening)]] or [(1, 18)]
