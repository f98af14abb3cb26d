"""iCalendar (RFC 5545) of collection days: whole-day events, rules as RRULE, an alarm the evening before. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from govline.calendar.garbage.recurrence import Recurrence, recurrences
from govline.calendar.garbage.rules import Rule
from govline.calendar.ics import escaped, ics_bytes

__all__ = ["calendar_ics"]

_ALARM = "-PT6H"  # from midnight: 18:00 on the evening before


def calendar_ics(
    area: str,
    kinds: Mapping[str, tuple[Rule, Sequence[date]]],
    *,
    town: str,
    first: date,
    last: date,
    stamp: datetime,
) -> bytes:
    """A calendar to subscribe to.

    Args:
        area: Its name stands in the calendar's name and in every UID.
        kinds: By label: the rule and the days that hold from `first` to `last` (closures and exceptions applied). What the rule
            says beyond those days becomes EXDATE, days beyond the rule stand as dates.
        town: The town's id, part of every UID: the same event keeps its UID from export to export.
        stamp: When it was made (DTSTAMP).

    Returns:
        UTF-8 with CRLF; lines folded at 75 octets without splitting a character.
    """
    lines: list[str] = []
    stamped = f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    for kind, (rule, days) in kinds.items():
        for part, rrule, start, extra, without in _events(rule, days, first, last):
            uid = hashlib.sha256(f"{town}\n{area}\n{kind}\n{first}\n{part}".encode()).hexdigest()[:32]
            lines += [
                "BEGIN:VEVENT",
                f"UID:{uid}@garbage.govline",
                stamped,
                f"DTSTART;VALUE=DATE:{start:%Y%m%d}",
                f"DTEND;VALUE=DATE:{start + timedelta(days=1):%Y%m%d}",
                f"SUMMARY:{escaped(kind)}",
                f"LOCATION:{escaped(area)}",
                "TRANSP:TRANSPARENT",
                *([f"RRULE:{rrule};UNTIL={last:%Y%m%d}"] if rrule else []),
                *_dates("RDATE", extra),
                *_dates("EXDATE", without),
                "BEGIN:VALARM",
                "ACTION:DISPLAY",
                f"DESCRIPTION:{escaped(f'明日は{kind}の収集日です')}",
                f"TRIGGER:{_ALARM}",
                "END:VALARM",
                "END:VEVENT",
            ]
    return ics_bytes("garbage", [f"X-WR-CALNAME:{escaped(f'ごみ収集日 {area}')}"], lines)


Event = tuple[int, str, date, list[date], list[date]]


def _events(rule: Rule, days: Sequence[date], first: date, last: date) -> Iterator[Event]:
    """Each day in exactly one event, whatever closures and exceptions did to the rule."""
    left = set(days)
    for part, recurrence in enumerate(recurrences(rule), 1):
        if recurrence.rrule:
            event = _recurring(part, recurrence, left, first, last)
            if event is not None:
                yield event
    if left:
        start, *more = sorted(left)
        yield 0, "", start, more, []


def _recurring(part: int, recurrence: Recurrence, left: set[date], first: date, last: date) -> Event | None:
    found = recurrence.rule.between(first, last)
    without = [day for day in found if day not in left]
    if len(without) == len(found):
        return None
    left.difference_update(found)
    return part, recurrence.rrule, found[0], [], without


def _dates(name: str, days: Iterable[date]) -> list[str]:
    text = ",".join(f"{day:%Y%m%d}" for day in days)
    return [f"{name};VALUE=DATE:{text}"] if text else []
