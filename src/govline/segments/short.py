"""Filters as people type them at a terminal."""

import json
import re
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Final

from govline.errors import DefinitionError
from govline.segments.attributes import Attributes
from govline.segments.definition import from_json
from govline.segments.model import Filter, attr

__all__ = ["read_filter"]

_SHORT: Final = re.compile(r"(?P<name>[a-z][a-z0-9_]*)=(?P<values>[^=\s]+)")


def read_filter(source: str, attributes: Attributes) -> Filter:
    """A filter in the clerk's form (`ward=minato,kawabe`; several hold together), as JSON, or in a file of JSON.

    Raises:
        DefinitionError: GL-3001 it is none of these; GL-3002 it names what is not declared.
    """
    if source.strip() and all(_SHORT.fullmatch(word) for word in source.split()):
        return _short(source, attributes)
    text = source if source.lstrip().startswith("{") else _file(source)
    try:
        return from_json(json.loads(text))
    except json.JSONDecodeError as error:
        raise DefinitionError("the filter is no JSON", code="GL-3001", place={"line": error.lineno}) from None


def _short(source: str, attributes: Attributes) -> Filter:
    """The clerk's form: each word names an attribute and the values of which one must fit."""
    parts: list[Filter] = []
    for found in _SHORT.finditer(source):
        term, values = attr(found["name"]), found["values"].split(",")
        parts.append(
            term.any(*values) if attributes.settable(found["name"]).type == "tags" else term.in_(*values)
        )
    return reduce(and_, parts)


def _file(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        raise DefinitionError(
            "the filter's file cannot be read", code="GL-3001", place={"file": path}
        ) from None
