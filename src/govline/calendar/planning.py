"""From a programme's rules to the slots they ask for: pure, repeatable, in order of time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from govline.calendar.model import Programme, SlotPlan, SlotRule
from govline.core.jst import JST

__all__ = ["asked", "no_holidays", "plan", "reaches"]

Holiday = Callable[[date], bool]
_DAY = timedelta(days=1)


def no_holidays(_: date) -> bool:
    """For programmes that are open on national holidays."""
    return False


def plan(programme: Programme, today: date, *, holiday: Holiday = no_holidays) -> list[SlotPlan]:
    """The slots that the programme's rules ask for.

    Args:
        programme: Its rules, closures and whether holidays are closed.
        today: In Asia/Tokyo; where rolling rules begin.
        holiday: Whether a day is a national holiday; asked only when the programme closes on them.
    """
    plans = {(plan.starts, plan.name): plan for plan in asked(programme, today, holiday=holiday)}
    return [plans[key] for key in sorted(plans)]


def asked(programme: Programme, today: date, *, holiday: Holiday = no_holidays) -> Iterator[SlotPlan]:
    """What each rule asks for, rule after rule; of two that ask for one slot `plan` takes the later."""
    return (
        plan
        for rule in programme.rules
        for day in _days(rule, today)
        if not _closed(programme, day, holiday)
        for plan in _slots(rule, day)
    )


def reaches(programmes: Iterable[Programme], today: date) -> dict[str, tuple[date, date]]:
    """The first and last day on which each programme can have slots; one that rolls has always rolled."""
    return {each.id: _reach(each.rules, today) for each in programmes if each.rules}


def _reach(rules: Sequence[SlotRule], today: date) -> tuple[date, date]:
    first = min(min((begin for begin, _ in rule.dates), default=date.min) for rule in rules)
    return first, max(rule.last or today + rule.rolling * _DAY for rule in rules)


def _days(rule: SlotRule, today: date) -> Iterator[date]:
    spans = rule.dates or ((today, today + (rule.rolling - 1) * _DAY),)
    days = (day for first, last in spans for day in _span(first, last))
    return (day for day in days if day.weekday() in rule.weekdays and rule.holds(day))


def _span(first: date, last: date) -> Iterable[date]:
    return (first + offset * _DAY for offset in range((last - first).days + 1))


def _closed(programme: Programme, day: date, holiday: Holiday) -> bool:
    if any(first <= day <= last for first, last in programme.closed):
        return True
    return programme.closed_on_holidays and holiday(day)


def _slots(rule: SlotRule, day: date) -> Iterator[SlotPlan]:
    for start, end in rule.times:
        starts = datetime.combine(day, start, JST)
        ends = datetime.combine(day, end, JST)
        yield SlotPlan(starts, ends if ends > starts else ends + _DAY, rule.capacity, rule.name)
