"""iCalendar (RFC 5545): how lines are escaped and folded, a citizen's booking, a programme's day for staff. Pure."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import field, frozen

from govline.calendar.model import Booking, Reminder
from govline.calendar.options import options_text
from govline.calendar.reminding import reminder_due
from govline.core import frozen_tuple

__all__ = ["Taken", "booking_ics", "day_ics", "escaped", "folded", "ics_bytes"]

_OCTETS: Final = 75


@frozen
class Taken:
    """A booking as a calendar file shows it.

    Args:
        booking: Live or ended; an ended one is taken out of the reader's calendar.
        title: Of its programme, as citizens read it. `ends`: of its slot. `room`: the slot's name.
        sequence: How often it was changed so far; never less than in a file that was made before.
        reminders: When the reader is reminded.
    """

    booking: Booking
    title: str
    ends: datetime
    room: str = ""
    sequence: int = 0
    reminders: tuple[Reminder, ...] = field(default=(), converter=frozen_tuple)


def booking_ics(taken: Taken, *, town: str, stamp: datetime) -> bytes:
    """One booking for the citizen's own calendar; a newer file of the same booking replaces it, one of an ended booking removes it.

    Args:
        town: The town's id, part of the UID.
        stamp: When it was made.
    """
    booking = taken.booking
    gone = not booking.state.live
    uid = hashlib.sha256(f"{town}\n{booking.id}".encode()).hexdigest()[:32]
    alarms = [] if gone else [line for each in taken.reminders for line in _alarm(each, taken)]
    event = [
        *_opening(f"{uid}@booking.govline", stamp, booking.starts, taken.ends),
        f"SEQUENCE:{taken.sequence}",
        f"STATUS:{'CANCELLED' if gone else 'CONFIRMED'}",
        f"SUMMARY:{escaped(taken.title)}",
        *([f"LOCATION:{escaped(taken.room)}"] if taken.room else []),
        *([f"DESCRIPTION:{escaped(f'備品: {options_text(booking.options)}')}"] if booking.options else []),
        *alarms,
        "END:VEVENT",
    ]
    return ics_bytes("booking", [f"METHOD:{'CANCEL' if gone else 'PUBLISH'}"], event)


def day_ics(
    title: str, slots: Iterable[tuple[str, datetime, datetime, str, int, int]], *, town: str, stamp: datetime
) -> bytes:
    """The slots of a programme for staff's calendar: when, where, and how many are booked; nobody's name.

    Args:
        title: Of the programme. `slots`: id, start, end, room, places booked, capacity of each.
    """
    lines: list[str] = []
    for slot, starts, ends, room, booked, capacity in slots:
        uid = hashlib.sha256(f"{town}\n{slot}".encode()).hexdigest()[:32]
        lines += [
            *_opening(f"{uid}@slot.govline", stamp, starts, ends),
            f"SUMMARY:{escaped(f'{title} 予約{booked}/{capacity}')}",
            *([f"LOCATION:{escaped(room)}"] if room else []),
            "END:VEVENT",
        ]
    return ics_bytes("slots", [f"X-WR-CALNAME:{escaped(title)}"], lines)


def ics_bytes(kind: str, head: Sequence[str], lines: Iterable[str]) -> bytes:
    """A whole calendar file, UTF-8 with CRLF, lines folded.

    Args:
        kind: What it holds, for PRODID. `head`: properties of the calendar. `lines`: its components.
    """
    opening = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//govline//{kind}//JA", "CALSCALE:GREGORIAN"]
    return b"".join(folded(line) for line in [*opening, *head, *lines, "END:VCALENDAR"])


def escaped(value: str) -> str:
    """A TEXT value: backslash, comma, semicolon and line break escaped, other control characters made blanks."""
    for char in "\\;,":
        value = value.replace(char, "\\" + char)
    return "".join(char if char.isprintable() else "\\n" if char == "\n" else " " for char in value)


def folded(line: str) -> bytes:
    """RFC 5545 3.1: at most 75 octets a line, no character split; a continuation begins with a blank, which counts."""
    parts: list[bytes] = []
    current = b""
    for char in line:
        encoded = char.encode()
        if len(current) + len(encoded) > _OCTETS:
            parts.append(current)
            current = b" "
        current += encoded
    return b"\r\n".join([*parts, current]) + b"\r\n"


def _opening(uid: str, stamp: datetime, starts: datetime, ends: datetime) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(starts)}",
        f"DTEND:{_utc(ends)}",
    ]


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _alarm(reminder: Reminder, taken: Taken) -> list[str]:
    before = (taken.booking.starts - reminder_due(reminder, taken.booking.starts)) // timedelta(minutes=1)
    if before < 0:
        return []
    return [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{escaped(taken.title)}",
        f"TRIGGER:-PT{before}M",
        "END:VALARM",
    ]
