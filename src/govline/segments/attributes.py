"""Declared attributes of citizens: what may be asked, stored and filtered, and of which type."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal

from attrs import field, frozen

from govline.core.individual_number import guard
from govline.core.values import DataClass, Json, frozen_map
from govline.errors import DefinitionError, InputError
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
    Term,
    Today,
)
from govline.segments.text import to_text

__all__ = ["BLOCKED", "AttributeDef", "AttributeType", "Attributes"]

AttributeType = Literal["text", "integer", "date", "boolean", "choice", "tags", "children"]
"""`tags` holds several of the choices (or any words where none are declared), `children` rows of named fields."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_RESERVED: Final = frozenset({"citizen", "blocked", "position", "value"})
_LONGEST: Final = 1_000
_MOST: Final = 100
_INT64: Final = 1 << 63


@frozen
class AttributeDef:
    """One attribute.

    Args:
        name: `[a-z][a-z0-9_]*`, up to 40 characters; it names a column.
        label: What staff and citizens read.
        choices: Of a choice or tags attribute: stored value -> label.
        data: How delicate; chat may register PUBLIC and PREFERENCE only.
        fields: Of a children attribute: its columns, plain types only.
    """

    name: str = field()
    type: AttributeType
    label: str = ""
    choices: Mapping[str, str] = field(factory=dict, converter=frozen_map, hash=False)
    data: DataClass = DataClass.PREFERENCE
    fields: tuple["AttributeDef", ...] = ()

    @name.validator
    def _identifier(self, _: Any, value: str) -> None:
        if not _NAME.match(value):
            raise _wrong(value, "its name is not [a-z][a-z0-9_]* of up to 40 characters")

    def __attrs_post_init__(self) -> None:
        if (self.type == "choice") > bool(self.choices) or (
            self.choices and self.type not in ("choice", "tags")
        ):
            raise _wrong(self.name, "a choice has choices, tags may have them, no other type does")
        if (self.type == "children") != bool(self.fields):
            raise _wrong(self.name, "children have fields, no other type does")
        if any(inner.type in ("tags", "children") for inner in self.fields):
            raise _wrong(self.name, "the fields of children are plain")

    def parse(self, value: Json) -> Any:
        """The value as it is stored: dates as `date`, tags sorted without doubles, None for no answer (an empty list too).

        Raises:
            InputError: GL-3020, the value does not fit the attribute; it is not repeated in the error.
            IndividualNumberRefused: A text carries a 個人番号.
        """
        if value is None:
            return None
        parsed = _PARSERS[self.type](self, value)
        if parsed is None:
            raise InputError(
                "the value does not fit the attribute",
                code="GL-3020",
                hint=f"it is of type {self.type}",
                place={"attribute": self.name},
            )
        return None if parsed == () else parsed


BLOCKED: Final = AttributeDef("blocked", "boolean", label="ブロック中", data=DataClass.PREFERENCE)
"""Whether the citizen has blocked the account: known of everyone, kept by the store, never set."""


class Attributes(Mapping[str, AttributeDef]):
    """The declared attributes of a town, by name; `blocked` is always among them."""

    def __init__(self, definitions: Iterable[AttributeDef]) -> None:
        self._known: dict[str, AttributeDef] = {"blocked": BLOCKED}
        for definition in definitions:
            if definition.name in _RESERVED or definition.name in self._known:
                raise _wrong(definition.name, "its name is reserved or declared twice")
            self._known[definition.name] = definition

    def __getitem__(self, name: str) -> AttributeDef:
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def declared(self) -> tuple[AttributeDef, ...]:
        """Those of the town, in order of declaration."""
        return tuple(known for known in self._known.values() if known is not BLOCKED)

    @property
    def labels(self) -> dict[str, str]:
        """Name -> label, for `to_text`."""
        inner = {row.name: row.label for known in self.declared for row in known.fields if row.label}
        return inner | {name: known.label for name, known in self._known.items() if known.label}

    def to_text(self, filter: Filter) -> str:  # noqa: A002 - `filter` is the field's word
        """The filter in Japanese with the declared labels."""
        everything = [*self._known.values(), *(row for known in self.declared for row in known.fields)]
        return to_text(
            filter, self.labels, {known.name: known.choices for known in everything if known.choices}
        )

    def settable(self, name: str) -> AttributeDef:
        """A declared attribute. Raises DefinitionError GL-3002 for any other name."""
        if name not in self._known or name == "blocked":
            raise _unknown(name)
        return self._known[name]

    def check(self, filter: Filter) -> None:  # noqa: A002 - `filter` is the field's word
        """Refuse a filter that names an unknown attribute or compares one with a value of another type.

        Raises:
            DefinitionError: GL-3002 unknown attribute, GL-3003 a value or a leaf that does not fit its type.
        """
        _check(filter, self._known)


def _check(node: Filter, known: Mapping[str, AttributeDef]) -> None:
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                _check(part, known)
        case Not(part):
            _check(part, known)
        case Answered(name):
            _known(known, name)
        case HasTag(name, values):
            _check_values(_of_type(known, name, "tags"), values)
        case HasChild(name, where):
            _check(where, {row.name: row for row in _of_type(known, name, "children").fields})
        case Compare(term, _, value):
            _check_term(known, term, (value,))
        case Between(term, low, high):
            _check_term(known, term, [end for end in (low, high) if end is not None])
        case In(term, values):
            _check_term(known, term, values)


def _check_term(known: Mapping[str, AttributeDef], term: Term, values: Sequence[Any]) -> None:
    definition = _known(known, term.name)
    if term.age:
        _of_type(known, term.name, "date")
        return  # resolve() checks the years
    if definition.type in ("tags", "children"):
        raise _misfit(term.name, definition.type)
    _check_values(definition, values)


def _check_values(definition: AttributeDef, values: Sequence[Any]) -> None:
    kind = _PYTHON[definition.type]
    for value in values:
        fits = type(value) is kind or (kind is date and isinstance(value, Today))
        if not fits or (definition.choices and value not in definition.choices):
            raise _misfit(definition.name, definition.type)


def _known(known: Mapping[str, AttributeDef], name: str) -> AttributeDef:
    if name not in known:
        raise _unknown(name)
    return known[name]


def _of_type(known: Mapping[str, AttributeDef], name: str, kind: AttributeType) -> AttributeDef:
    definition = _known(known, name)
    if definition.type != kind:
        raise _misfit(name, definition.type)
    return definition


_PYTHON: Final[Mapping[str, type]] = {
    "text": str,
    "integer": int,
    "date": date,
    "boolean": bool,
    "choice": str,
    "tags": str,
}


def _text(_: AttributeDef, value: Json) -> str | None:
    if not isinstance(value, str) or len(value) > _LONGEST or "\0" in value or not _encodable(value):
        return None
    guard(value)
    return value


def _encodable(value: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _integer(_: AttributeDef, value: Json) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not -_INT64 <= value < _INT64:
        return None
    return value


def _date(_: AttributeDef, value: Json) -> date | None:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _boolean(_: AttributeDef, value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def _choice(definition: AttributeDef, value: Json) -> str | None:
    return value if isinstance(value, str) and value in definition.choices else None


def _tags(definition: AttributeDef, value: Json) -> tuple[str, ...] | None:
    if not isinstance(value, list | tuple | set | frozenset) or len(value) > _MOST:
        return None
    one = _choice if definition.choices else _text
    tags = [one(definition, tag) for tag in value]
    return None if None in tags else tuple(sorted({tag for tag in tags if tag is not None}))


def _children(definition: AttributeDef, value: Json) -> tuple[dict[str, Any], ...] | None:
    if not isinstance(value, list | tuple) or len(value) > _MOST:
        return None
    names = {inner.name for inner in definition.fields}
    if not all(isinstance(row, Mapping) and set(row) <= names for row in value):
        return None
    return tuple(
        {inner.name: inner.parse(row.get(inner.name)) for inner in definition.fields} for row in value
    )


_PARSERS: Final = {
    "text": _text,
    "integer": _integer,
    "date": _date,
    "boolean": _boolean,
    "choice": _choice,
    "tags": _tags,
    "children": _children,
}


def _wrong(name: str, why: str) -> DefinitionError:
    return DefinitionError(
        f"an attribute cannot be declared so: {why}", code="GL-3010", place={"attribute": name}
    )


def _unknown(name: str) -> DefinitionError:
    return DefinitionError("no such attribute is declared", code="GL-3002", place={"attribute": name})


def _misfit(name: str, kind: str) -> DefinitionError:
    return DefinitionError(
        f"the filter does not fit an attribute of type {kind}", code="GL-3003", place={"attribute": name}
    )
