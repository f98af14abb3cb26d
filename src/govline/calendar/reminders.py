"""A booking's reminder: one schedule that moves with a change and dies with a cancellation."""

from datetime import datetime, timedelta

from govline.calendar.labels import when
from govline.calendar.model import Booking, Programme, Reminder
from govline.core import Effect, Schedule, Transaction
from govline.core.jst import JST, to_jst
from govline.core.messages import Text
from govline.core.texts import Texts

__all__ = ["forget", "planned", "remind", "reminder_due"]


def reminder_due(reminder: Reminder, starts: datetime) -> datetime:
    """The instant of the reminder for a slot that starts at `starts`."""
    if reminder.hours_before is not None:
        return starts - timedelta(hours=reminder.hours_before)
    day = to_jst(starts).date() - timedelta(days=reminder.days_before or 0)
    return datetime.combine(day, reminder.at, JST)


def remind(tx: Transaction, programme: Programme, booking: Booking, texts: Texts) -> None:
    """Set or move the reminder of a confirmed booking; none where its time has passed or nobody can be told."""
    schedule = planned(tx, programme, booking, texts)
    if schedule is None:
        forget(tx, booking)
    else:
        tx.schedule(schedule)


def planned(tx: Transaction, programme: Programme, booking: Booking, texts: Texts) -> Schedule | None:
    """The reminder of a confirmed booking, not yet written; None where its time has passed or nobody can be told."""
    if programme.reminder is None or booking.citizen is None or booking.contact:
        return None
    due = reminder_due(programme.reminder, booking.starts)
    if due <= tx.now:
        return None
    text = texts.get("calendar.reminder", programme=programme.title, when=when(booking.starts))
    effect = Effect(
        "line.push",
        {"citizen": booking.citizen, "messages": [Text(text).to_line()]},
        dedupe=f"{_key(booking)}:{booking.slot}",  # a moved booking is reminded of its new slot, once
        expires=booking.starts,
    )
    return Schedule(_key(booking), due, booking.ref, effect)


def forget(tx: Transaction, booking: Booking) -> None:
    """Take the reminder away, if there is one."""
    tx.unschedule(_key(booking))


def _key(booking: Booking) -> str:
    return f"calendar.reminder:{booking.id}"
