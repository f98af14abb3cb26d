"""ごみ収集日: rules of collection days, readers of towns' files, notices the evening before. Rules need no database."""

from typing import TYPE_CHECKING, Any

from govline.calendar.garbage.area_table import AreaTable
from govline.calendar.garbage.centers import Closure, read_centers
from govline.calendar.garbage.files import read_calendar
from govline.calendar.garbage.ics import calendar_ics
from govline.calendar.garbage.plan import DayChange, Laid, lay_out
from govline.calendar.garbage.printing import calendar_html
from govline.calendar.garbage.readers import read_area_days
from govline.calendar.garbage.rules import Every, Nth, On, Rule, RuleError, Weekly
from govline.calendar.garbage.side_files import read_exceptions

if TYPE_CHECKING:
    from govline.calendar.garbage.feature import GarbageConfig, GarbageFeature
    from govline.calendar.garbage.service import Garbage

__all__ = [
    "AreaTable",
    "Closure",
    "DayChange",
    "Every",
    "Garbage",
    "GarbageConfig",
    "GarbageFeature",
    "Laid",
    "Nth",
    "On",
    "Rule",
    "RuleError",
    "Weekly",
    "calendar_html",
    "calendar_ics",
    "lay_out",
    "read_area_days",
    "read_calendar",
    "read_centers",
    "read_exceptions",
]

_LAZY = {
    "Garbage": "govline.calendar.garbage.service",
    "GarbageConfig": "govline.calendar.garbage.feature",
    "GarbageFeature": "govline.calendar.garbage.feature",
}


def __getattr__(name: str) -> Any:
    """Loads what needs the store only when it is asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
