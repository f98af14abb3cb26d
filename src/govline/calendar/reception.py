"""When reception is open: for everybody, for classes of citizens each at their own instant. Pure."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Protocol

from govline.calendar.conditions import fits
from govline.calendar.model import CitizenFacts, Policy, SlotFacts
from govline.calendar.reasons import because
from govline.calendar.terms import MonthBefore, Window
from govline.core import Reason
from govline.core.jst import JST, to_jst

__all__ = [
    "anybody_from",
    "first_day_of_month",
    "open_to_all",
    "opening",
    "opening_on",
    "window_reasons",
    "windows_for",
]

_MONTHS = 12


class Opens(Protocol):
    """What a policy and a window have in common."""

    @property
    def opens(self) -> datetime | None:
        """At this instant."""
        ...

    @property
    def opens_days_before(self) -> int | None:
        """So many days before the slot's date."""
        ...

    @property
    def opens_at(self) -> time:
        """At this time of that day."""
        ...

    @property
    def opens_month(self) -> MonthBefore | None:
        """On one day some months before."""
        ...

    @property
    def closes(self) -> datetime | None:
        """And ends then."""
        ...


def opening(policy: Opens, slot: SlotFacts) -> datetime | None:
    """The instant from which this slot can be booked, if the policy (or window) sets one; the latest of its rules."""
    if policy.opens_days_before is None and policy.opens_month is None:
        return policy.opens
    return opening_on(policy, to_jst(slot.starts).date())


def opening_on(policy: Opens, day: date) -> datetime | None:
    """The same for every slot of a day: no rule looks at the time."""
    rules = [] if policy.opens is None else [policy.opens]
    if policy.opens_days_before is not None:
        rules.append(datetime.combine(day - timedelta(days=policy.opens_days_before), policy.opens_at, JST))
    if policy.opens_month is not None:
        rules.append(first_day_of_month(policy.opens_month, day))
    return max(rules, default=None)


def first_day_of_month(rule: MonthBefore, day: date) -> datetime:
    """When the slots of that day's month open; on the last day of a month that is too short."""
    year, month = divmod(day.year * _MONTHS + day.month - 1 - rule.months, _MONTHS)
    last = monthrange(year, month + 1)[1]
    return datetime(year, month + 1, min(rule.day, last), tzinfo=JST).replace(
        hour=rule.at.hour, minute=rule.at.minute
    )


def open_to_all(policy: Policy) -> bool:
    """Whether the policy's own opening lets everybody in: it has one, or there are no windows."""
    own = (policy.opens, policy.opens_days_before, policy.opens_month)
    return not policy.windows or any(rule is not None for rule in own)


def anybody_from(policy: Policy, now: datetime) -> Callable[[date], datetime | None] | None:
    """From when the slots of a day can be booked by somebody; None for the whole where reception has ended for all.

    Later days never open earlier.
    """
    mine: list[Opens] = [policy] if open_to_all(policy) else list(policy.windows)
    still = [window for window in mine if not _closed(window, policy, now)]
    if len(still) == 1:
        return _openings(still[0])
    return (lambda day: _first([opening_on(window, day) for window in still])) if still else None


def _openings(window: Opens) -> Callable[[date], datetime | None]:
    """`opening_on` for many days; the commonest rule is worked out once."""
    if window.opens is not None or window.opens_month is not None or window.opens_days_before is None:
        return partial(opening_on, window)
    before, at = timedelta(days=window.opens_days_before), window.opens_at
    return lambda day: datetime.combine(day - before, at, JST)


def windows_for(policy: Policy, slot: SlotFacts, citizen: CitizenFacts) -> list[Opens]:
    """Every window that this citizen may use for the slot; the policy's own among them where it is open to all."""
    general: list[Opens] = [policy] if open_to_all(policy) else []
    if not citizen.person:
        return general or list(policy.windows)
    return general + [window for window in policy.windows if fits(window.who, slot, citizen)]


def window_reasons(policy: Policy, slot: SlotFacts, citizen: CitizenFacts, now: datetime) -> Iterator[Reason]:
    """Why reception is not open to this citizen at this instant; nothing where one of their windows is."""
    if not policy.windows:  # most programmes, and the hot path
        opens = opening(policy, slot)
        if opens is not None and now < opens:
            yield _not_yet(opens)
        if policy.closes is not None and now >= policy.closes:
            yield _ended(policy.closes)
        return
    mine = windows_for(policy, slot, citizen)
    if not mine:
        yield _for_others(policy.windows)
        return
    still = [window for window in mine if not _closed(window, policy, now)]
    first = _first([opening(window, slot) for window in still or mine])
    if first is not None and now < first:
        yield _not_yet(first)
    if not still:
        yield _ended(max(_end(window, policy) for window in mine))


def _not_yet(opens: datetime) -> Reason:
    return because("not_yet", until=opens)


def _ended(closes: datetime) -> Reason:
    return because("ended", since=closes)


def _first(openings: list[datetime | None]) -> datetime | None:
    """The earliest opening; None where one of them was open from the beginning."""
    set_ = [each for each in openings if each is not None]
    return min(set_) if len(set_) == len(openings) else None


def _for_others(windows: tuple[Window, ...]) -> Reason:
    return because("windows", windows=[window.name for window in windows])


def _end(window: Opens, policy: Policy) -> datetime:
    return min(each for each in (window.closes, policy.closes) if each is not None)


def _closed(window: Opens, policy: Policy, now: datetime) -> bool:
    return any(each is not None and now >= each for each in (window.closes, policy.closes))
