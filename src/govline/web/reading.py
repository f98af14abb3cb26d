"""From a form's texts to checked values, by the fields that the page asks for; every mistake at once, in plain words."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from attrs import field, frozen

from govline.core import Reason
from govline.core.individual_number import guard
from govline.core.pages import PageField
from govline.core.text import normalize
from govline.errors import IndividualNumberRefused, PageRefused
from govline.web.model import Kept
from govline.web.uploads import MOST_BYTES, inspect

__all__ = ["Checked", "check"]

Words = Callable[..., str]
"""A text of the catalogue in the visitor's locale: `words(key, **values)`."""
_LONGEST: Final = {"text": 200, "lines": 4000}
_NUMBER: Final = re.compile(r"-?\d{1,15}", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@frozen
class Checked:
    """Values by field, and what is wrong with them. Values of fields that are wrong are left out."""

    values: Mapping[str, Any] = field(repr=False, hash=False)
    reasons: tuple[Reason, ...]


def check(fields: Sequence[PageField], kept: Kept, words: Words) -> Checked:
    """Read every field of the page; what the page did not ask for is ignored."""
    values: dict[str, Any] = {}
    reasons: list[Reason] = []
    for asked in fields:
        try:
            values[asked.name] = _value(asked, kept, words)
        except _Wrong as wrong:
            reasons.append(Reason(wrong.code, wrong.text, {"field": asked.name}))
    return Checked(values, tuple(reasons))


class _Wrong(Exception):  # never leaves this module
    def __init__(self, text: str, code: str = "GL-8130") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def _value(asked: PageField, kept: Kept, words: Words) -> Any:
    if asked.kind == "file":
        return _file(asked, kept, words)
    if asked.kind == "flag":
        return _flag(asked, kept, words)
    if asked.kind == "choices":
        return _choices(asked, kept, words)
    text = normalize(kept.first(asked.name), keep_lines=True) if asked.kind == "lines" else _line(asked, kept)
    if not text:
        _need(asked, words)
        return None
    return _READERS[asked.kind](asked, text, words)


def _line(asked: PageField, kept: Kept) -> str:
    return normalize(kept.first(asked.name))


def _need(asked: PageField, words: Words) -> None:
    if asked.required:
        key = "web.choose_one" if asked.kind in ("choice", "choices") else "web.required"
        raise _Wrong(words(key, label=asked.label))


def _text(asked: PageField, text: str, words: Words) -> str:
    most = asked.most or _LONGEST[asked.kind]
    if len(text) > most:
        raise _Wrong(words("web.too_long", label=asked.label, most=most))
    if len(text) < (asked.least or 0):
        raise _Wrong(words("web.too_short", label=asked.label, least=asked.least))
    if _CONTROL.search(text):
        raise _Wrong(words("web.unreadable", label=asked.label))
    try:
        guard(text)
    except IndividualNumberRefused as refused:
        raise _Wrong(words("web.individual_number", label=asked.label), refused.code) from None
    return text


def _integer(asked: PageField, text: str, words: Words) -> int:
    plain = text.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        raise _Wrong(words("web.no_number", label=asked.label))
    number = int(plain)
    if asked.least is not None and number < asked.least:
        raise _Wrong(words("web.too_small", label=asked.label, least=asked.least))
    if asked.most is not None and number > asked.most:
        raise _Wrong(words("web.too_large", label=asked.label, most=asked.most))
    return number


def _date(asked: PageField, text: str, words: Words) -> date:
    plain = text.replace("/", "-")
    try:
        if _DATE.fullmatch(plain):
            return date.fromisoformat(plain)
    except ValueError:
        pass
    raise _Wrong(words("web.no_date", label=asked.label))


def _choice(asked: PageField, text: str, words: Words) -> str:
    if text not in asked.choices:
        raise _Wrong(words("web.choose_one", label=asked.label))
    return text


def _choices(asked: PageField, kept: Kept, words: Words) -> tuple[str, ...]:
    given = tuple(dict.fromkeys(kept.texts.get(asked.name, ())))
    if any(value not in asked.choices for value in given):
        raise _Wrong(words("web.choose_one", label=asked.label))
    if not given:
        _need(asked, words)
    return given


def _flag(asked: PageField, kept: Kept, words: Words) -> bool:
    given = kept.first(asked.name) == "yes"
    if asked.required and not given:
        raise _Wrong(words("web.must_agree", label=asked.label))
    return given


def _file(asked: PageField, kept: Kept, words: Words) -> Any:
    raw = kept.files.get(asked.name)
    if raw is None or not raw.data:
        _need(asked, words)
        return None
    try:
        return inspect(raw.name, raw.data, asked.accept, most=asked.most or MOST_BYTES, field=asked.name)
    except PageRefused as refused:
        raise _Wrong(words(f"web.file.{refused.code}", label=asked.label), refused.code) from None


_READERS: Final[Mapping[str, Callable[[PageField, str, Words], Any]]] = {
    "text": _text,
    "lines": _text,
    "integer": _integer,
    "date": _date,
    "choice": _choice,
}
