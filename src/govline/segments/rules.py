"""Take the symbols out of a filter: relative dates and ages become plain dates, once per run."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

from attrs import evolve

from govline.errors import DefinitionError
from govline.segments.model import (
    And,
    Answered,
    Between,
    Compare,
    CompareOp,
    Filter,
    HasChild,
    HasTag,
    In,
    Not,
    Operand,
    Or,
    Term,
    Today,
    Value,
)

__all__ = ["latest_birth", "names", "resolve"]

_OLDEST: Final = 150


def resolve(filter: Filter, as_of: date | None) -> Filter:  # noqa: A002 - `filter` is the field's word
    """The same set of people without `Today` and without ages, decided at `as_of`.

    Args:
        as_of: The day of the decision in Asia/Tokyo; needed only where the filter speaks of today or of an age.

    Raises:
        DefinitionError: GL-3004 where `as_of` is needed and missing; GL-3003 an age that is not compared with integers.
    """
    match filter:
        case And(parts) | Or(parts):
            return evolve(filter, parts=tuple(resolve(part, as_of) for part in parts))
        case Not(part):
            return Not(resolve(part, as_of))
        case HasChild(name, where):
            return HasChild(name, resolve(where, as_of))
        case Compare(Term(name, True), op, value):
            return _age(name, op, _years(value), _needed(as_of))
        case Between(Term(name, True), low, high):
            return _age_between(name, low, high, _needed(as_of))
        case In(Term(name, True), values):
            return Or(tuple(_age(name, "eq", _years(value), _needed(as_of)) for value in values))
        case Compare(value=value):
            return evolve(filter, value=_plain(value, as_of))
        case Between(low=low, high=high):
            return evolve(filter, low=_plain_end(low, as_of), high=_plain_end(high, as_of))
        case In(values=values) | HasTag(values=values):
            return evolve(filter, values=tuple(_plain(value, as_of) for value in values))
    return filter


def latest_birth(years: int, as_of: date) -> date:
    """The last birth date of people who are at least `years` old at `as_of`.

    A year of life is full on the birthday; whoever is born on 29 February completes it on 1 March of a common year.
    """
    try:
        return as_of.replace(year=as_of.year - years)
    except ValueError:
        return date(as_of.year - years, 2, 28)


def names(filter: Filter) -> Iterator[str]:  # noqa: A002 - `filter` is the field's word
    """Every attribute that the filter looks at (of repeated ones only the attribute itself)."""
    match filter:
        case And(parts) | Or(parts):
            for part in parts:
                yield from names(part)
        case Not(part):
            yield from names(part)
        case Compare(term=Term(name)) | Between(term=Term(name)) | In(term=Term(name)):
            yield name
        case Answered(name) | HasTag(name=name) | HasChild(name=name):
            yield name


_AGE: Final[dict[CompareOp, Callable[[Term, int, date], Filter]]] = {
    "ge": lambda born, years, at: Compare(born, "le", latest_birth(years, at)),
    "gt": lambda born, years, at: Compare(born, "le", latest_birth(years + 1, at)),
    "lt": lambda born, years, at: Compare(born, "gt", latest_birth(years, at)),
    "le": lambda born, years, at: Compare(born, "gt", latest_birth(years + 1, at)),
}


def _age(name: str, op: CompareOp, years: int, as_of: date) -> Filter:
    born = Term(name)
    if op == "eq":
        return And((_AGE["ge"](born, years, as_of), _AGE["le"](born, years, as_of)))
    if op == "ne":
        return Or((_AGE["lt"](born, years, as_of), _AGE["gt"](born, years, as_of)))
    return _AGE[op](born, years, as_of)


def _age_between(name: str, low: Operand | None, high: Operand | None, as_of: date) -> Filter:
    bounds: tuple[tuple[CompareOp, Operand | None], ...] = (("ge", low), ("le", high))
    ends = [_age(name, op, _years(bound), as_of) for op, bound in bounds if bound is not None]
    return ends[0] if len(ends) == 1 else And(tuple(ends))


def _needed(as_of: date | None) -> date:
    if as_of is None:
        raise DefinitionError(
            "the filter speaks of today or of an age", code="GL-3004", hint="give as_of, a date in Asia/Tokyo"
        )
    return as_of


def _years(value: Operand) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _OLDEST:
        raise DefinitionError(
            "an age is compared with full years", code="GL-3003", hint="0 to 150, an integer"
        )
    return value


def _plain(value: Operand, as_of: date | None) -> Value:
    return _needed(as_of) + timedelta(days=value.days) if isinstance(value, Today) else value


def _plain_end(value: Operand | None, as_of: date | None) -> Value | None:
    return None if value is None else _plain(value, as_of)
