"""カレンダー予約: slots that are never oversold, and rules that explain every refusal. The pure tier needs no database."""

from typing import TYPE_CHECKING, Any

from govline.calendar.definition import load, load_folder, parse
from govline.calendar.model import (
    Allowed,
    Booking,
    BookingState,
    CitizenFacts,
    CutOff,
    Difference,
    Policy,
    Programme,
    Refused,
    Reminder,
    Slot,
    SlotFacts,
    SlotPlan,
    SlotRule,
)
from govline.calendar.planning import plan
from govline.calendar.preflight import Finding, TownFacts, preflight
from govline.calendar.pricing import Fee, Price, Tariff, price
from govline.calendar.rules import can_book, check, check_cancel, check_change, deadline
from govline.calendar.terms import (
    Ages,
    Condition,
    Eligibility,
    Group,
    Guessing,
    Interval,
    Limit,
    MonthBefore,
    Question,
    Standing,
    Voucher,
    Who,
    Window,
)

if TYPE_CHECKING:
    from govline.calendar.eligibility import Claimed
    from govline.calendar.feature import CalendarConfig, CalendarFeature
    from govline.calendar.service import Calendar

__all__ = [
    "Ages",
    "Allowed",
    "Booking",
    "BookingState",
    "Calendar",
    "CalendarConfig",
    "CalendarFeature",
    "CitizenFacts",
    "Claimed",
    "Condition",
    "CutOff",
    "Difference",
    "Eligibility",
    "Fee",
    "Finding",
    "Group",
    "Guessing",
    "Interval",
    "Limit",
    "MonthBefore",
    "Policy",
    "Price",
    "Programme",
    "Question",
    "Refused",
    "Reminder",
    "Slot",
    "SlotFacts",
    "SlotPlan",
    "SlotRule",
    "Standing",
    "Tariff",
    "TownFacts",
    "Voucher",
    "Who",
    "Window",
    "can_book",
    "check",
    "check_cancel",
    "check_change",
    "deadline",
    "load",
    "load_folder",
    "parse",
    "plan",
    "preflight",
    "price",
]

_LAZY = {
    "Claimed": "govline.calendar.eligibility",
    "Calendar": "govline.calendar.service",
    "CalendarConfig": "govline.calendar.feature",
    "CalendarFeature": "govline.calendar.feature",
}


def __getattr__(name: str) -> Any:
    """Loads what needs the store only when it is asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
