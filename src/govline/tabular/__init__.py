"""Files of staff, in and out: declared columns, CSV in every encoding of an office, Excel, dry run, undo.

Alone: `read(table, path)` gives rows with all faults of each, `write(table, path, rows)` streams any number of them.
With a database: `Files` imports and exports the datasets that features register.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govline.tabular.feature import TabularFeature
    from govline.tabular.journal import Import
    from govline.tabular.model import Change, Column, Issue, Row, Source, Table
    from govline.tabular.reading import Reading, read
    from govline.tabular.report import Report
    from govline.tabular.service import Files, Undone
    from govline.tabular.substitutes import Substitute
    from govline.tabular.wording import REASONS
    from govline.tabular.writing import ENCODINGS, Written, write

_LAZY = {
    "ENCODINGS": "writing",
    "REASONS": "wording",
    "Change": "model",
    "Column": "model",
    "Files": "service",
    "Import": "journal",
    "Issue": "model",
    "Reading": "reading",
    "Report": "report",
    "Row": "model",
    "Source": "model",
    "Substitute": "substitutes",
    "Table": "model",
    "TabularFeature": "feature",
    "Undone": "service",
    "Written": "writing",
    "read": "reading",
    "write": "writing",
}

__all__ = [
    "ENCODINGS",
    "REASONS",
    "Change",
    "Column",
    "Files",
    "Import",
    "Issue",
    "Reading",
    "Report",
    "Row",
    "Source",
    "Substitute",
    "Table",
    "TabularFeature",
    "Undone",
    "Written",
    "read",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
