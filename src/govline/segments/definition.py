"""The JSON form of a filter, for admin screens and files: closed operators, a version, errors that name the place."""

from datetime import date
from typing import Annotated, Any, Final, Literal, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)

from govline.errors import DefinitionError
from govline.segments import model as m

__all__ = ["VERSION", "FilterDocument", "from_json", "to_json"]

VERSION: Final = 1
_DEEPEST: Final = 50
_MOST_VALUES: Final = 10_000


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _iso(text: Any) -> date:
    if not isinstance(text, str):
        raise ValueError("a date is written YYYY-MM-DD")  # noqa: TRY004 - pydantic's way to refuse
    return date.fromisoformat(text)


class _Date(_Part):
    date: Annotated[date, BeforeValidator(_iso)]

    def build(self) -> m.Operand:
        return self.date


class _Today(_Part):
    today: StrictInt

    def build(self) -> m.Operand:
        return m.Today(self.today)


_Value = StrictBool | StrictInt | StrictStr | _Date | _Today
_Values = Annotated[list[_Value], Field(max_length=_MOST_VALUES)]


class _Term(_Part):
    attribute: StrictStr
    age: StrictBool = False

    def term(self) -> m.Term:
        return m.Term(self.attribute, self.age)


class _And(_Part):
    type: Literal["and"]
    parts: list["_Node"]

    def build(self) -> m.Filter:
        return m.And(tuple(part.build() for part in self.parts))


class _Or(_Part):
    type: Literal["or"]
    parts: list["_Node"]

    def build(self) -> m.Filter:
        return m.Or(tuple(part.build() for part in self.parts))


class _Not(_Part):
    type: Literal["not"]
    part: "_Node"

    def build(self) -> m.Filter:
        return m.Not(self.part.build())


class _Compare(_Term):
    type: Literal["compare"]
    op: m.CompareOp
    value: _Value

    def build(self) -> m.Filter:
        return m.Compare(self.term(), self.op, _operand(self.value))


class _Between(_Term):
    type: Literal["between"]
    low: _Value | None = None
    high: _Value | None = None

    def build(self) -> m.Filter:
        return m.Between(self.term(), _operand(self.low), _operand(self.high))


class _In(_Term):
    type: Literal["in"]
    values: _Values

    def build(self) -> m.Filter:
        return m.In(self.term(), tuple(map(_operand, self.values)))


class _Answered(_Part):
    type: Literal["answered"]
    attribute: StrictStr

    def build(self) -> m.Filter:
        return m.Answered(self.attribute)


class _Tags(_Part):
    type: Literal["tags"]
    attribute: StrictStr
    values: _Values

    def build(self) -> m.Filter:
        return m.HasTag(self.attribute, tuple(map(_operand, self.values)))


class _Children(_Part):
    type: Literal["children"]
    attribute: StrictStr
    where: "_Node"

    def build(self) -> m.Filter:
        return m.HasChild(self.attribute, self.where.build())


_Node = Annotated[
    Union[_And, _Or, _Not, _Compare, _Between, _In, _Answered, _Tags, _Children],  # noqa: UP007 - forward names
    Field(discriminator="type"),
]


class FilterDocument(_Part):
    """`{"version": 1, "filter": {"type": "and", "parts": […]}}`; its JSON schema is what an admin screen needs."""

    version: Literal[1]
    filter: _Node

    def build(self) -> m.Filter:
        """The filter as frozen values."""
        return self.filter.build()


def from_json(data: Any) -> m.Filter:
    """Read a filter from what `json.loads` gave.

    Raises:
        DefinitionError: GL-3001 with the place of the first fault; GL-3003 a value that cannot be compared.
    """
    _check_depth(data)
    try:
        return FilterDocument.model_validate(data).build()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise DefinitionError(
            f"the filter cannot be read: {first['msg']}",
            code="GL-3001",
            place={"at": ".".join(map(str, first["loc"]))},
        ) from None


def to_json(filter: m.Filter) -> dict[str, Any]:  # noqa: A002 - `filter` is the field's word
    """The filter as plain JSON with its version."""
    return {"version": VERSION, "filter": _node(filter)}


def _check_depth(data: Any) -> None:
    """Refuse what would exhaust the stack, before anything walks it."""
    level, depth = [data], 0
    while level:
        depth += 1
        if depth > 2 * _DEEPEST:
            raise DefinitionError(
                "the filter is nested too deep", code="GL-3001", hint=f"at most {_DEEPEST} levels"
            )
        level = [inner for node in level for inner in _inside(node)]


def _inside(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def _operand(value: Any) -> Any:
    return value.build() if isinstance(value, _Date | _Today) else value


def _node(filter: m.Filter) -> dict[str, Any]:  # noqa: A002 - `filter` is the field's word
    match filter:
        case m.And(parts):
            return {"type": "and", "parts": [_node(part) for part in parts]}
        case m.Or(parts):
            return {"type": "or", "parts": [_node(part) for part in parts]}
        case m.Not(part):
            return {"type": "not", "part": _node(part)}
        case m.Answered(name):
            return {"type": "answered", "attribute": name}
        case m.HasTag(name, values):
            return {"type": "tags", "attribute": name, "values": [_value(value) for value in values]}
        case m.HasChild(name, where):
            return {"type": "children", "attribute": name, "where": _node(where)}
        case m.Compare(term, op, value):
            return {"type": "compare", **_term(term), "op": op, "value": _value(value)}
        case m.Between(term, low, high):
            ends = {"low": low, "high": high}
            return {"type": "between", **_term(term)} | {
                name: _value(end) for name, end in ends.items() if end is not None
            }
        case m.In(term, values):
            return {"type": "in", **_term(term), "values": [_value(value) for value in values]}
    raise TypeError(type(filter).__name__)


def _term(term: m.Term) -> dict[str, Any]:
    return {"attribute": term.name, "age": True} if term.age else {"attribute": term.name}


def _value(value: m.Operand) -> Any:
    if isinstance(value, m.Today):
        return {"today": value.days}
    return {"date": value.isoformat()} if isinstance(value, date) else value
