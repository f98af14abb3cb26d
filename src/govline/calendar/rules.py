"""Pure decisions: may this citizen book, change or cancel, and if not, why. Every reason is given at once."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

from govline.calendar.conditions import limit_reasons, person_reasons
from govline.calendar.labels import when
from govline.calendar.model import Allowed, CitizenFacts, CutOff, Policy, Refused, Shared, SlotFacts
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
        *_cut_off_reasons("予約", policy.book, slot, now, business_day),
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
        *_cut_off_reasons("変更", policy.change, old, now, business_day),
        *_slot_reasons(new, now),
        *window_reasons(policy, new, citizen, now),
        *_cut_off_reasons("予約", policy.book, new, now, business_day),
        *_place_reasons(policy, new, citizen),
        *(() if not citizen.in_slot else (_already_booked(),)),
        *_own_reasons(policy, new, citizen),
    ]


def check_cancel(
    policy: Policy, slot: SlotFacts, now: datetime, *, business_day: BusinessDay = weekdays_only
) -> list[Reason]:
    """Every reason why a booking of this slot cannot be cancelled by the citizen any more."""
    return list(_cut_off_reasons("取消", policy.cancel, slot, now, business_day))


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
    if not (cut.days or cut.business_days):
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
        yield Reason("GL-2102", "この枠は中止になりました。別の日時をお選びください。")
    if now >= slot.starts:
        yield Reason("GL-2110", "この枠の開始時刻を過ぎています。")
    if slot.reserved_until is not None and now < slot.reserved_until:
        since = slot.reserved_until
        yield Reason(
            "GL-2104",
            f"中止になった枠の方を先にご案内しています。受付は{when(since)}からです。",
            {"until": since.isoformat()},
        )


def _cut_off_reasons(
    verb: str, cut: CutOff, slot: SlotFacts, now: datetime, business_day: BusinessDay
) -> Iterator[Reason]:
    limit = deadline(cut, slot.starts, business_day=business_day)
    if limit <= now < slot.starts or (verb != "予約" and now >= slot.starts):
        yield Reason("GL-2106", f"{verb}の締切({when(limit)})を過ぎています。", {"since": limit.isoformat()})


def _place_reasons(policy: Policy, slot: SlotFacts, citizen: CitizenFacts) -> Iterator[Reason]:
    if policy.max_party is not None and citizen.party > policy.max_party:
        yield Reason(
            "GL-2109",
            f"1回の予約は{policy.max_party}名までです。",
            {"limit": policy.max_party},
        )
    if slot.free <= 0:
        yield Reason("GL-2103", "満員です。", {"remaining": 0})
    elif citizen.places > slot.free:
        yield Reason("GL-2103", f"残りは{slot.free}名分です。", {"remaining": slot.free})
    for pool in slot.shared:
        if pool.needs(citizen.places) > pool.free:
            yield _short(pool)


def _short(pool: Shared) -> Reason:
    left = max(pool.free, 0)
    if not pool.label:
        return Reason("GL-2115", "同じ時間に、重なる場所の予約が入っています。", {"remaining": left})
    if left <= 0:
        return Reason(
            "GL-2115", f"「{pool.label}」に空きがありません。", {"pool": pool.label, "remaining": 0}
        )
    return Reason("GL-2115", f"「{pool.label}」の残りは{left}です。", {"pool": pool.label, "remaining": left})


def _citizen_reasons(policy: Policy, citizen: CitizenFacts) -> Iterator[Reason]:
    if citizen.in_slot:
        yield _already_booked()
    if policy.limit is not None and citizen.live >= policy.limit:
        yield Reason("GL-2108", f"予約はお一人{policy.limit}件までです。", {"limit": policy.limit})


def _own_reasons(policy: Policy, slot: SlotFacts, citizen: CitizenFacts) -> list[Reason]:
    if not (policy.limits or policy.asks or citizen.answers is not None):
        return []
    return [*limit_reasons(policy, slot, citizen), *person_reasons(policy, slot, citizen)]


def _already_booked() -> Reason:
    return Reason("GL-2107", "この枠はすでに予約されています。")
