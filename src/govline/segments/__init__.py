"""Segments (セグメント配信): typed attributes of citizens, filters over them, and deliveries to who they select.

The pure tier needs no database and no City: `attr("ward").in_("A", "B").to_sql(columns={"ward": "resident.ward_cd"},
dialect="postgresql")` gives SQL and parameters over a table of your own.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from govline.segments.model import Attr, Filter, Today, attr

if TYPE_CHECKING:
    from govline.segments._sql import Children, to_sql
    from govline.segments.attributes import AttributeDef, Attributes
    from govline.segments.definition import from_json, to_json
    from govline.segments.feature import SegmentsFeature
    from govline.segments.predicate import Explanation, explain
    from govline.segments.rules import resolve
    from govline.segments.service import Segments
    from govline.segments.text import to_text

__all__ = [
    "Attr",
    "AttributeDef",
    "Attributes",
    "Children",
    "Explanation",
    "Filter",
    "Segments",
    "SegmentsFeature",
    "Today",
    "attr",
    "explain",
    "from_json",
    "resolve",
    "to_json",
    "to_sql",
    "to_text",
]

_LAZY = {
    "AttributeDef": "attributes",
    "Attributes": "attributes",
    "Children": "_sql",
    "Explanation": "predicate",
    "Segments": "service",
    "SegmentsFeature": "feature",
    "explain": "predicate",
    "from_json": "definition",
    "resolve": "rules",
    "to_json": "definition",
    "to_sql": "_sql",
    "to_text": "text",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
