"""What staff should know weeks ahead: lists of dates that run out, areas that citizens chose and the calendar lacks."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from govline.calendar.garbage import _queries as q
from govline.calendar.garbage.hours import NoticeHours
from govline.calendar.garbage.imports import lost_areas
from govline.calendar.garbage.rules import On, Rule
from govline.core import Expiry, Transaction
from govline.core.jst import to_jst

__all__ = ["expiries", "quiet_wishes", "warnings"]

_AHEAD = timedelta(weeks=6)


def warnings(tx: Transaction) -> list[str]:
    """Sentences that name what is wrong and the remedy; none when all is well."""
    today = to_jst(tx.now).date()
    found = [
        f"area {area} was chosen by {count} citizens and is not in the calendar: they are told nothing"
        for area, count in lost_areas(tx)
    ]
    followed = [starts for starts, ends in tx.all(q.STAGED) if ends is None]
    ending = _ending((kind, cell) for _, kind, cell in tx.all(q.RULES))
    for kind, last in sorted(ending.items(), key=lambda each: each[1]):
        if last < today + _AHEAD and not any(starts <= last + _AHEAD for starts in followed):
            found.append(f"dates of {kind} run out on {last}: govline garbage import FILE --from DAY")
    return found


def quiet_wishes(tx: Transaction, hours: NoticeHours) -> list[str]:
    """Citizens whose hour lies in the town's quiet hours, with the hour at which they are told instead."""
    counts: Counter[tuple[int, int]] = Counter()
    for _, lead, hour, count in tx.all(q.SETTING_COUNTS):
        if hour not in hours.allowed(lead):
            counts[lead, hour] += count
    found: list[str] = []
    for (lead, hour), count in sorted(counts.items()):
        told = hours.told_at(lead, hour)
        what = f"{told}時に送ります" if told is not None else "送れません"
        day = "前日" if lead else "当日"
        found.append(
            f"{day}{hour}時を選んだ登録が{count}件あり、静かな時間帯に入るため、{what}。その時刻に送るには city.yaml の quiet_hours を直します"
        )
    return found


def expiries(tx: Transaction) -> list[Expiry]:
    """The last dates of kinds whose collection days are a list of dates, unless a later calendar is staged."""
    followed = [starts for starts, ends in tx.all(q.STAGED) if ends is None]
    remedy = "次の年度の表を govline garbage import FILE --from 日付"
    return [
        Expiry(f"ごみ収集日({kind})", last, remedy, _AHEAD)
        for kind, last in sorted(_ending((kind, cell) for _, kind, cell in tx.all(q.RULES)).items())
        if not any(starts <= last + _AHEAD for starts in followed)
    ]


def _ending(cells: Iterable[tuple[str, str]]) -> dict[str, date]:
    """For each kind that some area has as dates only: the earliest day after which an area has no more."""
    ending: dict[str, date] = {}
    for kind, cell in cells:
        terms = Rule.parse(cell).terms
        days = [term.day for term in terms if isinstance(term, On)]
        if days and len(days) == len(terms):
            ending[kind] = min(max(days), ending.get(kind, date.max))
    return ending
