"""Pure decisions: may this citizen book, change or cancel, and if not, why. Every reason is given at once."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

from govline.calendar.conditions import limit_reasons, person_reasons
from govline.calendar.model import Allowed, CitizenFacts, CutOff, Policy, Refused, Shared, SlotFacts
from govline.calendar.reasons import because
from govline.calendar.reception import opening, window_reasons
from govline.core import Reason
from govline.core.jst import JST, to_jst

__all__ = [
    "BusinessDay",
    "can_book",
    "check",
    "check_cancel",
    "check_change",
    "deadline",
    "judge",
    "opening",
    "weekdays_only",
]

BusinessDay = Callable[[date], bool]
"""Whether a town hall works on this day."""

_DAY = timedelta(days=1)
_SATURDAY = 5


def weekdays_only(day: date) -> bool:
    """Business days of a town that knows no holidays: Monday to Friday."""
    return day.weekday() < _SATURDAY


def check(
    policy: Policy,
    slot: SlotFacts,
    citizen: CitizenFacts,
    now: datetime,
    *,
    business_day: BusinessDay = weekdays_only,
) -> list[Reason]:
    """Every reason why this booking is refused; empty when it is allowed.

    Args:
        policy: The programme's rules.
        slot: Facts of the slot, from whatever table.
        citizen: Facts of who asks, and for how many places.
        now: The instant to judge at, aware.
        business_day: Which days count for cut-offs in business days (`govline.core` knows the national holidays).
    """
    return [
        *_slot_reasons(slot, now),
        *window_reasons(policy, slot, citizen, now),
        *_cut_off_reasons("book", policy.book, slot, now, business_day),
        *_place_reasons(policy, slot, citizen),
        *_citizen_reasons(policy, citizen),
        *_own_reasons(policy, slot, citizen),
    ]


def check_change(
    policy: Policy,
    old: SlotFacts,
    new: SlotFacts,
    citizen: CitizenFacts,
    now: datetime,
    *,
    business_day: BusinessDay = weekdays_only,
) -> list[Reason]:
    """Every reason why a booking cannot move from `old` to `new`; `limit` does not count a move, and `history` leaves it out."""
    return [
        *_cut_off_reasons("change", policy.change, old, now, business_day),
        *_slot_reasons(new, now),
        *window_reasons(policy, new, citizen, now),
        *_cut_off_reasons("book", policy.book, new, now, business_day),
        *_place_reasons(policy, new, citizen),
        *(() if not citizen.in_slot else (_already_booked(),)),
        *_own_reasons(policy, new, citizen),
    ]


def check_cancel(
    policy: Policy, slot: SlotFacts, now: datetime, *, business_day: BusinessDay = weekdays_only
) -> list[Reason]:
    """Every reason why a booking of this slot cannot be cancelled by the citizen any more."""
    return list(_cut_off_reasons("cancel", policy.cancel, slot, now, business_day))


def can_book(
    policy: Policy,
    slot: SlotFacts,
    citizen: CitizenFacts,
    now: datetime,
    *,
    business_day: BusinessDay = weekdays_only,
) -> Allowed | Refused:
    """`check` as a verdict."""
    return judge(check(policy, slot, citizen, now, business_day=business_day))


def judge(reasons: list[Reason]) -> Allowed | Refused:
    """Allowed when there is no reason against it."""
    return Refused(reasons) if reasons else Allowed()


def deadline(cut: CutOff, starts: datetime, *, business_day: BusinessDay = weekdays_only) -> datetime:
    """The first instant that is too late for a slot that starts at `starts`."""
    if not cut.of_day:
        return starts - timedelta(hours=cut.hours)
    day = to_jst(starts).date() - cut.days * _DAY
    for _ in range(cut.business_days):
        day = _business_day_before(day, business_day)
    if cut.at is None:
        return datetime.combine(day + _DAY, time(), JST)
    return datetime.combine(day, cut.at, JST)


def _business_day_before(day: date, business_day: BusinessDay) -> date:
    day -= _DAY
    while not business_day(day):
        day -= _DAY
    return day


def _slot_reasons(slot: SlotFacts, now: datetime) -> Iterator[Reason]:
    if slot.cancelled:
        yield because("closed")
    if now >= slot.starts:
        yield because("begun")
    if slot.reserved_until is not None and now < slot.reserved_until:
        yield because("kept_for_others", until=slot.reserved_until)


def _cut_off_reasons(
    verb: str, cut: CutOff, slot: SlotFacts, now: datetime, business_day: BusinessDay
) -> Iterator[Reason]:
    limit = deadline(cut, slot.starts, business_day=business_day)
    if limit <= now < slot.starts or (verb != "book" and now >= slot.starts):
        yield because(f"{verb}_cut_off", since=limit)


def _place_reasons(policy: Policy, slot: SlotFacts, citizen: CitizenFacts) -> Iterator[Reason]:
    if policy.max_party is not None and citizen.party > policy.max_party:
        yield because("party", limit=policy.max_party)
    if slot.free <= 0:
        yield because("full", remaining=0)
    elif citizen.places > slot.free:
        yield because("few_left", remaining=slot.free)
    if slot.shared:
        yield from _short_reasons(slot, citizen.places)


def _short_reasons(slot: SlotFacts, places: int) -> Iterator[Reason]:
    """Every pool that has too little; of one of 備品, whose pools are stretches of time, the fullest stretch."""
    options: dict[str, Shared] = {}
    for pool in slot.shared:
        if pool.needs(places) <= pool.free or _only_itself(slot, pool):
            continue
        if not pool.option:
            yield _short(pool)
        elif pool.option not in options or pool.free < options[pool.option].free:
            options[pool.option] = pool
    yield from map(_short, options.values())


def _only_itself(slot: SlotFacts, pool: Shared) -> bool:
    """Whether nobody else is in the room: what is short are the slot's own places, and that is told already."""
    return pool.per_place and not pool.label and pool.free == slot.free * pool.units


def _short(pool: Shared) -> Reason:
    left = max(pool.free, 0)
    if pool.option:
        return because("option_left" if left else "option_empty", option=pool.option, remaining=left)
    if not pool.label:
        return because("overlaps", remaining=left)
    return because("pool_left" if left else "pool_empty", pool=pool.label, remaining=left)


def _citizen_reasons(policy: Policy, citizen: CitizenFacts) -> Iterator[Reason]:
    if citizen.in_slot:
        yield _already_booked()
    if policy.limit is not None and citizen.live >= policy.limit:
        yield because("limit", limit=policy.limit)


def _own_reasons(policy: Policy, slot: SlotFacts, citizen: CitizenFacts) -> list[Reason]:
    if not (policy.limits or policy.asks or citizen.answers is not None):
        return []
    return [*limit_reasons(policy, slot, citizen), *person_reasons(policy, slot, citizen)]


def _already_booked() -> Reason:
    return because("already_booked")
