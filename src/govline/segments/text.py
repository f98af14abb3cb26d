"""Filters in Japanese, for the clerk who approves a delivery."""

from collections.abc import Mapping
from datetime import date
from typing import Final

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
    Operand,
    Or,
    Term,
    Today,
)

__all__ = ["to_text"]

Labels = Mapping[str, str]
_COMPARE: Final = {
    "eq": "{term}が{value}",
    "ne": "{term}が{value}以外",
    "lt": "{term}が{value}より小さい",
    "le": "{term}が{value}以下",
    "gt": "{term}が{value}より大きい",
    "ge": "{term}が{value}以上",
}


def to_text(filter: Filter, labels: Labels) -> str:  # noqa: A002
    """A sentence in Japanese; an attribute without a label appears by its name."""
    match filter:
        case And(()):
            return "全員"
        case Or(()):
            return "該当者なし"
        case And(parts):
            return " かつ ".join(_inner(part, labels) for part in parts)
        case Or(parts):
            return " または ".join(_inner(part, labels) for part in parts)
        case Not(Answered(name)):
            return f"{_label(name, labels)}が未回答"
        case Not(part):
            return f"「{to_text(part, labels)}」に当てはまらない"
        case Answered(name):
            return f"{_label(name, labels)}が回答済み"
        case HasTag(name, values):
            return f"{_label(name, labels)}に{_list(values, '')}を含む"
        case HasChild(name, where):
            return f"{_label(name, labels)}に({to_text(where, labels)})の人がいる"
    return _leaf(filter, labels)


def _leaf(leaf: Filter, labels: Labels) -> str:
    match leaf:
        case Compare(term, op, value):
            return _COMPARE[op].format(term=_term(term, labels), value=_value(value, _unit(term)))
        case In(term, values):
            return f"{_term(term, labels)}が{_list(values, _unit(term))}"
        case Between(term, low, high):
            ends = ((low, "以上"), (high, "以下"))
            bounds = "".join(f"{_value(end, _unit(term))}{word}" for end, word in ends if end is not None)
            return f"{_term(term, labels)}が{bounds}"
    raise TypeError(type(leaf).__name__)


def _inner(part: Filter, labels: Labels) -> str:
    text = to_text(part, labels)
    return f"({text})" if isinstance(part, And | Or) and len(part.parts) > 1 else text


def _label(name: str, labels: Labels) -> str:
    return labels.get(name, name)


def _term(term: Term, labels: Labels) -> str:
    return f"{_label(term.name, labels)}の年齢" if term.age else _label(term.name, labels)


def _unit(term: Term) -> str:
    return "歳" if term.age else ""


def _list(values: tuple[Operand, ...], unit: str) -> str:
    if not values:
        return "(選択なし)"
    return "・".join(_value(value, unit) for value in values) + ("のいずれか" if len(values) > 1 else "")


def _value(value: Operand, unit: str) -> str:
    match value:
        case bool():
            return "はい" if value else "いいえ"
        case int():
            return f"{value}{unit}"
        case date():
            return f"{value.year}年{value.month}月{value.day}日"
        case Today(0):
            return "当日"
        case Today(days):
            return f"当日の{abs(days)}日{'前' if days < 0 else '後'}"
    return f"「{value}」"
