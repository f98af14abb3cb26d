"""Filters in Japanese, for the clerk who approves a delivery."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

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
    Operand,
    Or,
    Term,
    Today,
)

__all__ = ["to_text"]


@frozen
class _Words:
    """Names of attributes, and of the values of each."""

    labels: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]

    def name(self, name: str) -> str:
        return self.labels.get(name, name)

    def term(self, term: Term) -> str:
        return f"{self.name(term.name)}の年齢" if term.age else self.name(term.name)


_COMPARE: Final = {
    "eq": "{term}が{value}",
    "ne": "{term}が{value}以外",
    "lt": "{term}が{value}より小さい",
    "le": "{term}が{value}以下",
    "gt": "{term}が{value}より大きい",
    "ge": "{term}が{value}以上",
}


def to_text(
    filter: Filter,  # noqa: A002 - `filter` is the field's word
    labels: Mapping[str, str] | None = None,
    choices: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """A sentence in Japanese.

    Args:
        labels: Attribute -> what staff call it; its name where absent.
        choices: Attribute -> stored value -> what staff call it; the value where absent.
    """
    return _text(filter, _Words(labels or {}, choices or {}))


def _text(node: Filter, words: _Words) -> str:
    match node:
        case And(()):
            return "全員"
        case Or(()):
            return "該当者なし"
        case And(parts):
            return " かつ ".join(_inner(part, words) for part in parts)
        case Or(parts):
            return " または ".join(_inner(part, words) for part in parts)
        case Not(Answered(name)):
            return f"{words.name(name)}が未回答"
        case Not(part):
            return f"「{_text(part, words)}」に当てはまらない"
        case Answered(name):
            return f"{words.name(name)}が回答済み"
        case HasTag(name, values):
            return f"{words.name(name)}に{_list(values, _say(words, name))}を含む"
        case HasChild(name, where):
            return f"{words.name(name)}に({_text(where, words)})の人がいる"
    return _leaf(node, words)


def _leaf(leaf: Filter, words: _Words) -> str:
    match leaf:
        case Compare(term, op, value):
            return _COMPARE[op].format(
                term=words.term(term), value=_say(words, term.name, _unit(term))(value)
            )
        case In(term, values):
            return f"{words.term(term)}が{_list(values, _say(words, term.name, _unit(term)))}"
        case Between(term, low, high):
            say = _say(words, term.name, _unit(term))
            ends = ((low, "以上"), (high, "以下"))
            bounds = "".join(f"{say(end)}{word}" for end, word in ends if end is not None)
            return f"{words.term(term)}が{bounds}"
    raise TypeError(type(leaf).__name__)


def _inner(part: Filter, words: _Words) -> str:
    text = _text(part, words)
    return f"({text})" if isinstance(part, And | Or) and len(part.parts) > 1 else text


def _unit(term: Term) -> str:
    return "歳" if term.age else ""


def _list(values: tuple[Operand, ...], say: Callable[[Operand], str]) -> str:
    if not values:
        return "(選択なし)"
    return "・".join(say(value) for value in values) + ("のいずれか" if len(values) > 1 else "")


def _say(words: _Words, name: str, unit: str = "") -> Callable[[Operand], str]:
    known = words.choices.get(name, {})
    return lambda value: _value(known.get(value, value) if isinstance(value, str) else value, unit)


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
