"""What is asked of the citizen: who they are, how much they have, what came before, what they answered. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from attrs import evolve

from govline.calendar.model import CitizenFacts, Policy, SlotFacts
from govline.calendar.reasons import because
from govline.calendar.terms import Ages, Group, Interval, Limit, Question, Standing, Voucher, Who
from govline.core import Id, Reason
from govline.core.jst import age_at, fiscal_year, fiscal_year_start, legal_age_at, to_jst

__all__ = ["acting_group", "answer_reasons", "fits", "limit_reasons", "person_reasons", "used"]

_DAY = timedelta(days=1)


def person_reasons(policy: Policy, slot: SlotFacts, citizen: CitizenFacts) -> Iterator[Reason]:
    """Every reason in the citizen themselves, limits left out; none for places that nobody in particular takes."""
    if not citizen.person or not (policy.asks or citizen.answers is not None):
        return
    day = to_jst(slot.starts).date()
    yield from _who_reasons(policy.who, day, citizen)
    if policy.eligibility is not None:
        yield from _voucher_reasons(policy.eligibility.name, citizen.voucher, day)
    if policy.interval is not None:
        yield from _interval_reasons(policy, policy.interval, slot, citizen)
    if citizen.answers is not None:
        yield from answer_reasons(policy.questions, citizen.answers)


def fits(who: Who, slot: SlotFacts, citizen: CitizenFacts) -> bool:
    """Whether the citizen is of this class on the slot's day."""
    return not any(True for _ in _who_reasons(who, to_jst(slot.starts).date(), citizen))


# --- who they are ---


def _who_reasons(who: Who, day: date, citizen: CitizenFacts) -> Iterator[Reason]:
    if who.ages is not None:
        yield from _age_reasons(who.ages, day, citizen.attributes.get(who.ages.attribute))
    for condition in who.conditions:
        value = citizen.attributes.get(condition.attribute)
        if value is None:
            yield because("unknown", needs=condition.attribute, **who.called)
        elif not condition.holds(value):
            yield because("who", attribute=condition.attribute, **who.called)
    if who.cohorts and (citizen.voucher is None or citizen.voucher.cohort not in who.cohorts):
        yield because("who", cohorts=sorted(who.cohorts), **who.called)
    if who.groups:
        yield from _group_reasons(who, citizen.group, day, citizen.purpose)


def _age_reasons(ages: Ages, day: date, value: object) -> Iterator[Reason]:
    born = _date(value)
    if born is None:
        yield because("unknown", needs=ages.attribute, least=ages.least, most=ages.most)
        return
    on = _age_day(ages, day)
    oldest = legal_age_at if ages.counted == "legal" else age_at
    young = ages.least is not None and (on < born or oldest(born, on) < ages.least)
    old = ages.most is not None and on >= born and age_at(born, on) > ages.most
    if young or old:
        yield because("ages", least=ages.least, most=ages.most, on=on)


def _age_day(ages: Ages, day: date) -> date:
    if isinstance(ages.on, date):
        return ages.on
    return day if ages.on == "slot" else fiscal_year_start(fiscal_year(day) + 1) - _DAY


def _date(value: object) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def _group_reasons(who: Who, group: Group | None, day: date, purpose: str) -> Iterator[Reason]:
    if group is None or group.kind not in who.groups:
        yield because("group", groups=sorted(who.groups), **who.called)
        return
    if group.until is not None and day > group.until:
        yield because("group_ended", until=group.until)
    if purpose and group.purposes and purpose not in group.purposes:
        yield because("purposes", purposes=sorted(group.purposes))


def acting_group(mine: Iterable[Group], policy: Policy, day: date = date.max) -> Group | None:
    """Of several groups that a citizen acts for, the one they book as: of a class that the policy names, registered for its purpose,
    good on that day (or for longest), with the highest rate; the latest of equals.
    """
    named = policy.who.groups.union(*(window.who.groups for window in policy.windows))

    def rank(group: Group) -> tuple[bool, bool, date, int, Id]:
        aims = not (policy.purpose and group.purposes) or policy.purpose in group.purposes
        return group.kind in named, aims, min(group.until or date.max, day), group.rate, group.id

    return max(mine, key=rank, default=None)


# --- the list ---


def _voucher_reasons(name: str, voucher: Voucher | None, day: date) -> Iterator[Reason]:
    if voucher is None:
        yield because("needs_voucher", name=name, needs="eligibility")
        return
    if voucher.taken:
        yield because("voucher_taken", name=name, limit=1)
    if voucher.until is not None and day > voucher.until:
        yield because("voucher_ended", name=name, until=voucher.until)


# --- what came before ---


def _interval_reasons(
    policy: Policy, rule: Interval, slot: SlotFacts, citizen: CitizenFacts
) -> Iterator[Reason]:
    found = _latest(rule, citizen)
    if found is None:
        if rule.required:
            yield because("nothing_before", after=rule.after)
        return
    last, product = found
    day = to_jst(slot.starts).date()
    first, end = last + rule.least * _DAY, None if rule.most is None else last + rule.most * _DAY
    if day < first:
        yield because("too_near", **{"from": first}, limit=rule.least)
    if end is not None and day > end:
        yield because("too_far", until=end, limit=rule.most)
    if rule.same_product and product and policy.product(slot.name) != product:
        yield because("product", product=product)


def _latest(rule: Interval, citizen: CitizenFacts) -> tuple[date, str] | None:
    """The last event that counts, with its product."""
    events = [
        (to_jst(each.starts).date(), each.product)
        for each in citizen.history
        if rule.after and each.programme == rule.after and _counts(rule, each)
    ]
    if citizen.voucher is not None and citizen.voucher.earlier is not None:
        events.append((citizen.voucher.earlier, citizen.voucher.product))
    return max(events, default=None)


def _counts(rule: Interval, event: Standing) -> bool:
    return event.attended if rule.attended else not event.missed


# --- how much they have ---


def limit_reasons(policy: Policy, slot: SlotFacts, citizen: CitizenFacts) -> Iterator[Reason]:
    """Every limit in a span of days that this booking would break."""
    if not policy.limits or not citizen.person:
        return
    mine = [each for each in citizen.history if citizen.programme in ("", each.programme)]
    for limit in policy.limits:
        have, new = used(limit, slot, mine), 1 if limit.counts == "bookings" else citizen.places
        if have + new > limit.most:
            left = max(limit.most - have, 0)
            name = f"limit_{limit.per}_{limit.counts}"
            yield because(name, limit=limit.most, per=limit.per, days=limit.days, remaining=left)


def used(limit: Limit, slot: SlotFacts, history: Sequence[Standing]) -> int:
    """How much of the limit is used up in the span that the slot lies in."""
    day = to_jst(slot.starts).date()
    each = [
        (to_jst(one.starts).date(), 1 if limit.counts == "bookings" else one.places)
        for one in history
        if limit.per != "slot" or one.slot == slot.id
    ]
    if limit.per == "rolling":
        return _fullest(each, day, max(limit.days, 1))
    return sum(size for other, size in each if _span(limit, other) == _span(limit, day))


def _span(limit: Limit, day: date) -> object:
    spans = {"day": day, "month": (day.year, day.month), "fiscal_year": fiscal_year(day)}
    return spans.get(limit.per)


def _fullest(each: Sequence[tuple[date, int]], day: date, days: int) -> int:
    """The most that any run of so many days around this day holds; the fullest begins on this day or on one that counts."""
    reach = days * _DAY
    starts = {day, *(other for other, _ in each if day - reach < other <= day)}
    return max(sum(size for other, size in each if first <= other < first + reach) for first in starts)


# --- what they answered ---


def answer_reasons(questions: Sequence[Question], answers: Mapping[str, str]) -> Iterator[Reason]:
    """Every question that was not answered, and every answer that stops.

    Args:
        questions: The policy's.
        answers: By the question's text; kept nowhere.
    """
    for question in questions:
        answer = answers.get(question.text)
        if answer not in question.choices:
            yield because("unanswered", question=question.text, choices=question.choices)
        elif answer in question.stops:
            stopped = because("stopped", question=question.text)
            yield evolve(stopped, text=question.told, key="") if question.told else stopped
