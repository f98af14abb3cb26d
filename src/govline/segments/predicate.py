"""Filters as compiled Python closures, and the trace of why a person is in or out."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Final, Literal

from attrs import frozen

from govline.segments.model import (
    And,
    Answered,
    Between,
    Compare,
    Filter,
    HasChild,
    HasTag,
    In,
    Not,
    Or,
    Value,
)
from govline.segments.rules import resolve

__all__ = ["Explanation", "Predicate", "explain", "predicate"]

Record = Mapping[str, Any]
Predicate = Callable[[Record], bool]
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "le": le,
    "gt": gt,
    "ge": ge,
}


@frozen
class Explanation:
    """One clause, whether the person fulfils it, and the clauses inside it."""

    clause: Filter
    met: bool
    parts: tuple["Explanation", ...] = ()


def predicate(
    filter: Filter,  # noqa: A002 - `filter` is the field's word
    as_of: date | None = None,
    *,
    dates: Literal["native", "text"] = "native",
) -> Predicate:
    """Compile a filter.

    A record maps attribute names to values: plain ones, a collection of strings for tags, a sequence of records for
    repeated ones. None, an empty collection and an absent name are missing.

    Args:
        as_of: Day of the decision in Asia/Tokyo; needed where the filter speaks of today or of an age.
        dates: Whether records hold `date` objects (`native`) or ISO text (`text`).

    Raises:
        DefinitionError: GL-3004, `as_of` is needed.
    """
    return _compile(resolve(filter, as_of), as_text=dates == "text")


def explain(
    filter: Filter,  # noqa: A002 - `filter` is the field's word
    record: Record,
    as_of: date | None = None,
    *,
    dates: Literal["native", "text"] = "native",
) -> Explanation:
    """Which clause lets this person in or out, down to the leaves; symbols stay as staff wrote them."""
    match filter:
        case And(parts) | Or(parts):
            inner = tuple(explain(part, record, as_of, dates=dates) for part in parts)
        case Not(part):
            inner = (explain(part, record, as_of, dates=dates),)
        case _:
            inner = ()
    return Explanation(filter, predicate(filter, as_of, dates=dates)(record), inner)


def _compile(node: Filter, *, as_text: bool) -> Predicate:
    match node:
        case And(parts):
            return _all([_compile(part, as_text=as_text) for part in parts])
        case Or(parts):
            return _any([_compile(part, as_text=as_text) for part in parts])
        case Not(part):
            inner = _compile(part, as_text=as_text)
            return lambda record: not inner(record)
        case Compare(term, op, value):
            return _compare(term.name, op, _value(value, as_text=as_text))
        case Between(term, low, high):
            return _between(term.name, _value(low, as_text=as_text), _value(high, as_text=as_text))
        case In(term, values):
            return _in(term.name, frozenset(_value(value, as_text=as_text) for value in values))
        case Answered(name):
            return lambda record: _present(record.get(name))
        case HasTag(name, values):
            return _has_tag(name, frozenset(_value(value, as_text=as_text) for value in values))
        case HasChild(name, where):
            return _has_child(name, _compile(where, as_text=as_text))
    raise TypeError(type(node).__name__)


def _value(value: Any, *, as_text: bool) -> Value | Any:
    return value.isoformat() if as_text and isinstance(value, date) else value


def _all(parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]
    steps = tuple(parts)

    def every(record: Record) -> bool:
        for step in steps:  # noqa: SIM110 - a generator costs as much as the clauses
            if not step(record):
                return False
        return True

    return every


def _any(parts: list[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]
    steps = tuple(parts)

    def some(record: Record) -> bool:
        for step in steps:  # noqa: SIM110 - as in `every`
            if step(record):
                return True
        return False

    return some


def _compare(name: str, op: str, bound: Any) -> Predicate:
    compare = _COMPARE[op]

    def holds(record: Record) -> bool:
        value = record.get(name)
        return value is not None and compare(value, bound)

    return holds


def _between(name: str, low: Any, high: Any) -> Predicate:
    if low is None:
        return _compare(name, "le", high)
    if high is None:
        return _compare(name, "ge", low)

    def holds(record: Record) -> bool:
        value = record.get(name)
        return value is not None and low <= value <= high

    return holds


def _in(name: str, values: frozenset[Any]) -> Predicate:
    return lambda record: record.get(name) in values


def _has_tag(name: str, values: frozenset[Any]) -> Predicate:
    def holds(record: Record) -> bool:
        tags = record.get(name)
        return tags is not None and not values.isdisjoint(tags)

    return holds


def _has_child(name: str, inner: Predicate) -> Predicate:
    def holds(record: Record) -> bool:
        rows = record.get(name)
        return rows is not None and any(map(inner, rows))

    return holds


def _present(value: Any) -> bool:
    if value is None:
        return False
    return isinstance(value, str) or not isinstance(value, Collection) or len(value) > 0
