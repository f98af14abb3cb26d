"""Cancelled and moved collections, told ahead: in the notices of the week before, or in a message of their own.

Whoever has a notice in the week before a change reads of it there. Whoever has none (a kind collected once a month) would
stand with the bags at the road: they are told once, as soon as the change is a week away, at their hour.
Who was told of which change stands in a table: a changed hour, a move or a machine that was down makes no second message.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

from attrs import frozen

from govline.calendar.garbage import _sql as sql
from govline.calendar.garbage.model import DayOff
from govline.calendar.labels import day_label
from govline.core import CitizenId, Transaction
from govline.core.jst import to_jst
from govline.core.messages import Text
from govline.core.texts import Texts
from govline.delivery import freeze
from govline.store import languages

__all__ = ["ANNOUNCED_DAYS", "Due", "announce", "carry", "change_lines"]

ANNOUNCED_DAYS = 7
"""A cancelled or moved collection is announced in the week before it."""

_KEPT = timedelta(days=60)
_WEEK = timedelta(days=ANNOUNCED_DAYS)


@frozen
class Due:
    """One lead (the evening before, the same morning) and the hours that are due now; `day` is the collection day."""

    lead: int
    day: date
    from_hour: int
    to_hour: int

    @property
    def terms(self) -> dict[str, Any]:
        """As parameters of the statements."""
        return {
            "lead": self.lead,
            "collected": self.day,
            "from_hour": self.from_hour,
            "to_hour": self.to_hour,
        }


def carry(tx: Transaction, due: Due, mark: str) -> None:
    """Remember whom the notices under this mark tell of which change, so that no message of its own tells them again."""
    terms = {"mark": mark, "collected": due.day, "last": due.day + _WEEK}
    if tx.write(sql.CARRY, terms):
        _purge(tx)


def announce(tx: Transaction, texts: Texts, due: Due, coming: Iterable[DayOff], expires: datetime) -> int:
    """Tell who hears of a change in no notice, once, whatever becomes of their hour; the number of citizens.

    Args:
        coming: The changes of the days to come.
        expires: When it is too late to send.
    """
    mark = tx.new_id()
    written = 0
    for day in sorted({each.day for each in coming if due.day <= each.day <= due.day + _WEEK}):
        terms = {**due.terms, "mark": mark, "changed": day, "since": day - _WEEK}
        written += tx.write(sql.ANNOUNCE, terms)
    if not written:
        return 0
    _purge(tx)
    rows = tx.all(sql.TO_ANNOUNCE, {"mark": mark})
    locales = languages.locales_of(tx, dict.fromkeys(row[0] for row in rows))
    told: dict[str, list[CitizenId]] = {}
    for (locale, offs), citizens in _groups(rows, locales).items():
        told.setdefault(_text(texts, offs, locale), []).extend(citizens)
    for words, citizens in told.items():
        freeze(
            tx,
            key=f"garbage:change:{mark}:{hashlib.sha256(words.encode()).hexdigest()[:16]}",
            source="garbage",
            messages=[Text(words)],
            recipients=citizens,
            expires=expires,
        )
    return sum(map(len, told.values()))


def change_lines(texts: Texts, area: str, changes: Iterable[DayOff], locale: str) -> Iterator[str]:
    """A line for each day of an area that is off or moved; changes come ordered by day and the day moved to."""
    for (day, moved_to), each in groupby(changes, key=attrgetter("day", "moved_to")):
        kinds = "・".join(f"「{off.kind}」" for off in each)
        key = "garbage.day_off" if moved_to is None else "garbage.day_moved"
        to = day_label(moved_to, locale) if moved_to else ""
        yield texts.get(key, locale, area=area, day=day_label(day, locale), kinds=kinds, to=to)


def _groups(
    rows: Sequence[Any], locales: Mapping[CitizenId, str]
) -> dict[tuple[str, tuple[DayOff, ...]], list[CitizenId]]:
    """Citizens by language and what they are told; rows come ordered by citizen."""
    told: dict[tuple[str, tuple[DayOff, ...]], list[CitizenId]] = {}
    for citizen, own in groupby(rows, key=itemgetter(0)):
        offs = tuple(
            DayOff(area, day, kind, date.fromisoformat(to) if to else None) for _, area, day, kind, to in own
        )
        told.setdefault((locales.get(citizen, languages.DEFAULT), offs), []).append(citizen)
    return told


def _text(texts: Texts, told: Sequence[DayOff], locale: str) -> str:
    lines = [
        line
        for area, own in groupby(told, key=attrgetter("area"))
        for line in change_lines(texts, area, own, locale)
    ]
    return "\n".join([texts.get("garbage.changes", locale), *lines])


def _purge(tx: Transaction) -> None:
    tx.write(sql.PURGE, {"before": to_jst(tx.now).date() - _KEPT})
