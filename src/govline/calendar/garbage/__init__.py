"""ごみ収集日: rules of collection days, readers of towns' files, notices the evening before. Rules need no database."""

from typing import TYPE_CHECKING, Any

from govline.calendar.garbage.readers import AreaTable, Closure, read_area_days, read_centers
from govline.calendar.garbage.rules import Every, Nth, On, Rule, RuleError, Weekly

if TYPE_CHECKING:
    from govline.calendar.garbage.feature import GarbageConfig, GarbageFeature
    from govline.calendar.garbage.service import Garbage

__all__ = [
    "AreaTable",
    "Closure",
    "Every",
    "Garbage",
    "GarbageConfig",
    "GarbageFeature",
    "Nth",
    "On",
    "Rule",
    "RuleError",
    "Weekly",
    "read_area_days",
    "read_centers",
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
