"""A town's year in a few seconds: a fake clock, a copy of its database, and every delivery judged. `govline simulate` shows it.

Nothing leaves the process and the town's own data is only read. What citizens ought to hear is worked out apart from the code
that tells them, from rules, closures, exceptions and settings, so that a mistake there shows as missed, doubled or wrong.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govline.testing.rehearsal.copying import town_aside
    from govline.testing.rehearsal.report import Report
    from govline.testing.rehearsal.running import rehearse

__all__ = ["Report", "rehearse", "town_aside"]

_LAZY = {"Report": "report", "rehearse": "running", "town_aside": "copying"}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
