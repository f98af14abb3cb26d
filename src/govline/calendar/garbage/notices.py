"""The notice: who is told of tomorrow's (or today's) collection, each exactly once, in one message."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from types import MappingProxyType
from typing import Any, Final

from govline.calendar.garbage import _queries as q
from govline.calendar.garbage.hours import NoticeHours
from govline.calendar.garbage.model import HOURS, DayOff, Group
from govline.calendar.garbage.notices_ahead import ANNOUNCED_DAYS, Due, announce, carry, change_lines
from govline.calendar.labels import day_label
from govline.core import CitizenId, Transaction
from govline.core.jst import JST, to_jst
from govline.core.messages import Text
from govline.core.texts import Texts
from govline.delivery import freeze
from govline.store import languages

__all__ = ["ANNOUNCED_DAYS", "CATCH_UP_HOURS", "changes", "claim", "notify", "tonight"]

CATCH_UP_HOURS = 3
"""A notice that a stopped machine missed still goes out within so many hours of its time, never on another day."""

_AHEAD = timedelta(days=ANNOUNCED_DAYS + 1)

_NOTHING: Final[Mapping[CitizenId, Any]] = MappingProxyType({})

Row = tuple[CitizenId, str, str]
Changes = dict[str, list[DayOff]]


def notify(tx: Transaction, texts: Texts, hours: NoticeHours) -> int:
    """Freeze a delivery for everybody whose hour has come and who was not told yet; the number of citizens.

    In the town's quiet hours nobody is told: whoever wished for such an hour is told before or after it, see `NoticeHours.told_at`.

    Safe to run at any time and any number of times: a citizen's row is marked with the day it was told for in the same
    transaction, so a second run, a rerun and a run after downtime find only who is still owed a notice.
    """
    if hours.is_quiet(tx.now):
        return 0
    today = to_jst(tx.now).date()
    ahead = [each for own in changes(tx, today, today + _AHEAD).values() for each in own]
    expires = _expires(tx.now, hours)
    told = 0
    for due in _passes(tx.now, hours):
        told += _notify(tx, texts, due, expires)
        told += announce(tx, texts, due, ahead, expires)
    return told


def tonight(tx: Transaction, day: date) -> list[Group]:
    """Who would be told of this collection day, whatever the hour, and has not been told yet; writes nothing."""
    rows: list[Row] = []
    for lead, hours in HOURS.items():
        rows += tx.all(q.WOULD_TELL, Due(lead, day, hours.start, hours.stop).terms)
    return _groups(sorted(rows, key=itemgetter(0)))


def changes(tx: Transaction, first: date, last: date) -> Changes:
    """Days on which something would be collected and is not, from `first` to `last`, by area."""
    rows = [DayOff(*row) for row in tx.all(q.CHANGES, {"first": first, "last": last})]
    return {area: list(own) for area, own in groupby(rows, key=attrgetter("area"))}


def _passes(now: datetime, hours: NoticeHours) -> Iterator[Due]:
    wall = to_jst(now)
    for lead in HOURS:
        asked = hours.asked(lead, wall.hour - CATCH_UP_HOURS + 1, wall.hour)
        if asked:
            yield Due(lead, wall.date() + timedelta(days=lead), *asked)


def _expires(now: datetime, hours: NoticeHours) -> datetime:
    """A few hours, never past midnight ("tomorrow" would then mean another day), and never in quiet hours."""
    midnight = datetime.combine(to_jst(now).date() + timedelta(days=1), time(), JST)
    return min(now + timedelta(hours=CATCH_UP_HOURS), midnight, hours.next_quiet(now) or midnight)


def _notify(tx: Transaction, texts: Texts, due: Due, expires: datetime) -> int:
    mark, coming, rows = claim(tx, due)
    locales = languages.locales_of(tx, dict.fromkeys(row[0] for row in rows))
    groups = _groups(rows, _hidden(tx, due, mark, coming), locales)
    told: dict[str, list[CitizenId]] = {}
    for group in groups:
        told.setdefault(_text(texts, due, group, coming), []).extend(group.citizens)
    for words, citizens in told.items():
        freeze(
            tx,
            key=f"garbage:{due.day}:{due.lead}:{to_jst(tx.now):%Y%m%dT%H}:{mark}:{_digest(words)}",
            source="garbage",
            messages=[Text(words)],
            recipients=citizens,
            expires=expires,
        )
    return sum(map(len, told.values()))


def claim(tx: Transaction, due: Due) -> tuple[str, Changes, Sequence[Row]]:
    """Mark everybody who is due, and find whom to tell of what.

    Returns:
        The mark, the changes that the notices announce, and rows ordered by citizen, area and kind.
    """
    mark = tx.new_id()
    if not tx.write(q.MARK_TOLD, {**due.terms, "mark": mark}):
        return mark, {}, []
    coming = changes(tx, due.day, due.day + timedelta(days=ANNOUNCED_DAYS))
    if coming:
        carry(tx, due, mark)
    return mark, coming, tx.all(q.TO_TELL, {**due.terms, "mark": mark})


def _hidden(tx: Transaction, due: Due, mark: str, coming: Changes) -> dict[CitizenId, tuple[str, ...]]:
    """Of the kinds with changes to come, those that a citizen does not want to be told of."""
    kinds = {each.kind for own in coming.values() for each in own}
    rows = [row for row in tx.all(q.HIDDEN, {**due.terms, "mark": mark}) if row[1] in kinds] if kinds else []
    return {citizen: tuple(row[1] for row in own) for citizen, own in groupby(rows, key=itemgetter(0))}


def _groups(
    rows: Iterable[Row],
    hidden: Mapping[CitizenId, tuple[str, ...]] = _NOTHING,
    locales: Mapping[CitizenId, str] = _NOTHING,
) -> list[Group]:
    """Citizens by what they are told, and in which language; rows come ordered by citizen, area and kind."""
    told: dict[tuple[Any, ...], list[CitizenId]] = {}
    for citizen, own in groupby(rows, key=itemgetter(0)):
        areas = tuple(
            (area, tuple(row[2] for row in of_area)) for area, of_area in groupby(own, key=itemgetter(1))
        )
        locale = locales.get(citizen, languages.DEFAULT)
        told.setdefault((areas, hidden.get(citizen, ()), locale), []).append(citizen)
    return [
        Group(areas, tuple(citizens), unwanted, locale)
        for (areas, unwanted, locale), citizens in told.items()
    ]


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _text(texts: Texts, due: Due, group: Group, coming: Changes) -> str:
    key = "garbage.tomorrow" if due.lead else "garbage.today"
    when = texts.get(key, group.locale, day=day_label(due.day, group.locale))
    lines = [_line(texts, group.locale, area, kinds) for area, kinds in group.areas]
    return "\n".join([when, *lines, *_announced(texts, group, coming)])


def _announced(texts: Texts, group: Group, coming: Changes) -> Iterator[str]:
    for area, _ in group.areas:
        own = [each for each in coming.get(area, ()) if each.kind not in group.hidden]
        yield from change_lines(texts, area, own, group.locale)


def _line(texts: Texts, locale: str, area: str, kinds: tuple[str, ...]) -> str:
    return texts.get("garbage.line", locale, area=area, kinds="・".join(f"「{kind}」" for kind in kinds))
