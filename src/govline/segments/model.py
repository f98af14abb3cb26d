"""The language of segments: a filter is a tree of frozen values.

Two-valued: every leaf is true or false of a person, a missing value makes it false, and NOT is the complement of the
set of people. (`NOT(NULL = 'yes')` in SQL and `!(x = yes)` in JsonLogic both do something else; see facts/segments §2.)
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import field, frozen

from govline.core.values import frozen_tuple
from govline.errors import DefinitionError

if TYPE_CHECKING:
    from govline.segments._sql import Columns, Dates, Dialect, Params, ParamStyle

__all__ = [
    "And",
    "Answered",
    "Attr",
    "Between",
    "Compare",
    "CompareOp",
    "Filter",
    "HasChild",
    "HasTag",
    "In",
    "Not",
    "Operand",
    "Or",
    "Term",
    "Today",
    "Value",
    "attr",
]

CompareOp = Literal["eq", "ne", "lt", "le", "gt", "ge"]
Value = str | int | bool | date
_INT64: Final = 1 << 63
_FAR: Final = 36_525


@frozen
class Today:
    """A date that stays symbolic until the filter is resolved: `as_of` plus a number of days."""

    days: int = field(default=0)

    @days.validator
    def _near(self, _: Any, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _FAR:
            raise DefinitionError(
                "today is moved by a number of days", code="GL-3003", hint="at most 100 years"
            )


Operand = Value | Today


@frozen
class Term:
    """What a leaf looks at: an attribute, or the age in full years at `as_of` of the birth date in it."""

    name: str = field()
    age: bool = False

    @name.validator
    def _named(self, _: Any, value: str) -> None:
        if not isinstance(value, str) or not 1 <= len(value) <= 100:
            raise DefinitionError("an attribute's name has 1 to 100 characters", code="GL-3002")


class Filter:
    """A condition on a person; combine with `&`, `|` and `~`."""

    __slots__ = ()

    def __and__(self, other: "Filter | Attr") -> "Filter":
        return And((*_parts(self, And), *_parts(_filter(other), And)))

    def __or__(self, other: "Filter | Attr") -> "Filter":
        return Or((*_parts(self, Or), *_parts(_filter(other), Or)))

    def __invert__(self) -> "Filter":
        return Not(self)

    def __bool__(self) -> bool:
        raise DefinitionError(
            "a filter has no truth of its own", code="GL-3003", hint="write & | ~, not and or not"
        )

    def to_sql(
        self,
        columns: "Columns",
        dialect: "Dialect",
        *,
        as_of: date | None = None,
        paramstyle: "ParamStyle | None" = None,
        dates: "Dates | None" = None,
    ) -> "tuple[str, Params]":
        """A WHERE condition over a table of your own; see `govline.segments.to_sql`."""
        from govline.segments._sql import to_sql

        return to_sql(self, columns, dialect, as_of=as_of, paramstyle=paramstyle, dates=dates)

    def predicate(
        self, as_of: date | None = None, *, dates: "Dates" = "native"
    ) -> Callable[[Mapping[str, Any]], bool]:
        """A compiled function from a record to true or false; see `govline.segments.predicate.predicate`."""
        from govline.segments.predicate import predicate

        return predicate(self, as_of, dates=dates)

    def to_json(self) -> dict[str, Any]:
        """The filter as plain JSON with a version; `from_json` reads it back."""
        from govline.segments.definition import to_json

        return to_json(self)

    @staticmethod
    def from_json(data: Any) -> "Filter":
        """Read a filter from plain JSON. Raises DefinitionError GL-3001 with the place of the first fault."""
        from govline.segments.definition import from_json

        return from_json(data)

    def to_text(self, labels: Mapping[str, str] | None = None) -> str:
        """The filter in Japanese, for staff; `labels` give attributes their names."""
        from govline.segments.text import to_text

        return to_text(self, labels)


def _operand(value: Any) -> Any:
    """Refuse what one of the engines cannot hold, so that all of them agree on the rest."""
    if isinstance(value, bool | Today) or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return value
    if (
        isinstance(value, str)
        and "\0" not in value
        and not any("\ud800" <= letter <= "\udfff" for letter in value)
    ):
        return value
    raise DefinitionError(
        "a filter compares with text, a 64-bit integer, a boolean or a date",
        code="GL-3003",
        place={"type": type(value).__name__},
    )


def _optional(value: Any) -> Any:
    return None if value is None else _operand(value)


def _operands(values: Sequence[Any]) -> tuple[Any, ...]:
    """One kind of value, without doubles."""
    unique = tuple(dict.fromkeys(_operand(value) for value in values))
    if len({date if isinstance(value, Today) else type(value) for value in values}) > 1:
        raise DefinitionError("the values of a list are of one kind", code="GL-3003")
    return unique


@frozen
class And(Filter):
    """All of the parts; true of everyone where there is none."""

    parts: tuple[Filter, ...] = field(converter=frozen_tuple)


@frozen
class Or(Filter):
    """Any of the parts; true of no one where there is none."""

    parts: tuple[Filter, ...] = field(converter=frozen_tuple)


@frozen
class Not(Filter):
    """Everyone of whom the part is not true, people with a missing value among them."""

    part: Filter


@frozen
class Compare(Filter):
    """The term is answered and compares so with the value; text by code point."""

    term: Term
    op: CompareOp
    value: Operand = field(converter=_operand)


@frozen
class Between(Filter):
    """The term is answered and lies between two bounds, both included; None leaves an end open."""

    term: Term
    low: Operand | None = field(converter=_optional)
    high: Operand | None = field(converter=_optional)

    def __attrs_post_init__(self) -> None:
        if self.low is None and self.high is None:
            raise DefinitionError(
                "between needs a bound", code="GL-3003", hint="use answered() for any value"
            )


@frozen
class In(Filter):
    """The term is answered and is one of the values."""

    term: Term
    values: tuple[Operand, ...] = field(converter=_operands)


@frozen
class Answered(Filter):
    """The attribute has a value (a multi-valued one: at least one)."""

    name: str


@frozen
class HasTag(Filter):
    """The multi-valued attribute holds at least one of the values."""

    name: str
    values: tuple[Operand, ...] = field(converter=_operands)


@frozen
class HasChild(Filter):
    """At least one row of the repeated attribute fulfils `where`: all its bounds apply to the same row."""

    name: str
    where: Filter


class Attr:
    """Builds leaves on one attribute: `attr("ward").in_("A", "B")`, `attr("size") >= 3`, `~attr("blocked")`."""

    __hash__ = None  # type: ignore[assignment]  # equality builds a clause, so it is no key
    __slots__ = ("_term",)

    def __init__(self, term: Term) -> None:
        self._term = term

    @property
    def age(self) -> "Attr":
        """The age in full years, at the filter's `as_of`, of the birth date in this attribute."""
        return Attr(Term(self._term.name, age=True))

    def __eq__(self, value: Operand) -> Filter:  # type: ignore[override]  # builds a clause, as SQLAlchemy does
        return Compare(self._term, "eq", value)

    def __ne__(self, value: Operand) -> Filter:  # type: ignore[override]  # builds a clause, as SQLAlchemy does
        return Compare(self._term, "ne", value)

    def __lt__(self, value: Operand) -> Filter:
        return Compare(self._term, "lt", value)

    def __le__(self, value: Operand) -> Filter:
        return Compare(self._term, "le", value)

    def __gt__(self, value: Operand) -> Filter:
        return Compare(self._term, "gt", value)

    def __ge__(self, value: Operand) -> Filter:
        return Compare(self._term, "ge", value)

    def between(self, low: Operand | None, high: Operand | None) -> Filter:
        """Both ends included; None leaves an end open."""
        return Between(self._term, low, high)

    def in_(self, *values: Operand) -> Filter:
        """One of the values."""
        return In(self._term, values)

    def answered(self) -> Filter:
        """There is a value."""
        return Answered(self._term.name)

    def unanswered(self) -> Filter:
        """There is no value."""
        return Not(Answered(self._term.name))

    def contains(self, *values: Operand) -> Filter:
        """A multi-valued attribute that holds every one of the values."""
        leaves = tuple(HasTag(self._term.name, (value,)) for value in values)
        return leaves[0] if len(leaves) == 1 else And(leaves)

    def any(self, *values: Operand, **bounds: Any) -> Filter:
        """A multi-valued attribute that holds one of `values`, or a repeated one with a row within all `bounds`.

        A bound is a value, a (low, high) pair with None for an open end, or a list of values; the name `age` means the
        age at `as_of` of the row's `birth_date`: `attr("children").any(age=(0, 3))`.
        """
        if bool(values) == bool(bounds):
            raise DefinitionError("any() takes either values or bounds", code="GL-3003")
        if values:
            return HasTag(self._term.name, values)
        leaves = tuple(_bound(name, bound) for name, bound in bounds.items())
        return HasChild(self._term.name, leaves[0] if len(leaves) == 1 else And(leaves))

    def none(self, *values: Operand, **bounds: Any) -> Filter:
        """The complement of `any`: people without any value or row are in it."""
        return Not(self.any(*values, **bounds))

    def __and__(self, other: "Filter | Attr") -> Filter:
        return _filter(self) & other

    def __or__(self, other: "Filter | Attr") -> Filter:
        return _filter(self) | other

    def __invert__(self) -> Filter:
        return ~_filter(self)


def attr(name: str) -> Attr:
    """Start a filter on the attribute of this name."""
    return Attr(Term(name))


def _filter(part: Filter | Attr) -> Filter:
    """A bare attribute means: it is true."""
    return part == True if isinstance(part, Attr) else part  # noqa: E712 - builds a clause


def _parts(part: Filter, kind: type[And] | type[Or]) -> tuple[Filter, ...]:
    return part.parts if isinstance(part, kind) else (part,)


def _bound(name: str, bound: Any) -> Filter:
    on = attr("birth_date").age if name == "age" else attr(name)
    if isinstance(bound, tuple):
        low, high = bound
        return on.between(low, high)
    return on.in_(*bound) if isinstance(bound, list | set | frozenset) else on == bound
