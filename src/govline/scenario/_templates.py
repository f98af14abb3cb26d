"""`{slot.path}` in texts and arguments: look-ups in plain JSON only, no attributes, no calls, no formatting language."""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date
from typing import Final

from govline.core.values import Json
from govline.errors import DefinitionError

__all__ = ["MISSING", "Text", "compile_text", "expand", "look_up", "roots"]

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_PATH: Final = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_BARE: Final = re.compile(r"\{([^{}]+)\}")
_WEEKDAYS: Final = "月火水木金土日"
MISSING: Final = object()

Text = str | Callable[[Mapping[str, Json]], str]
"""A fixed text, or a function from slots to text."""


def compile_text(source: str, kinds: Mapping[str, str]) -> Text:
    """Prepare a text; slots of kind `date` are written as 2026年12月1日(火).

    Raises:
        DefinitionError: GL-4003 when a brace holds anything but a slot path (`{{` and `}}` are literal braces).
    """
    parts = _parts(source)
    if all(isinstance(part, str) for part in parts):
        return "".join(str(part) for part in parts)

    def filled(slots: Mapping[str, Json]) -> str:
        return "".join(part if isinstance(part, str) else _shown(part, slots, kinds) for part in parts)

    return filled


def roots(value: Json) -> set[str]:
    """Names of the slots that a text, or JSON with texts in it, refers to."""
    if isinstance(value, str):
        return {part[0] for part in _parts(value) if not isinstance(part, str)}
    if isinstance(value, Mapping):
        return set().union(*(roots(item) for item in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(roots(item) for item in value))
    return set()


def expand(value: Json, slots: Mapping[str, Json]) -> Json:
    """Fill arguments in; a text that is one bare `{slot.path}` keeps the value's own type (None where missing)."""
    if isinstance(value, str):
        bare = _BARE.fullmatch(value)
        if bare and _PATH.fullmatch(bare[1]):
            found = look_up(slots, bare[1])
            return None if found is MISSING else deepcopy(found)  # an action may change what it is given
        text = compile_text(value, {})
        return text if isinstance(text, str) else text(slots)
    if isinstance(value, Mapping):
        return {key: expand(item, slots) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [expand(item, slots) for item in value]
    return value


def look_up(slots: Mapping[str, Json], path: str) -> Json:
    """The value at `slot.part.0`, or `MISSING`."""
    return _walk(slots, path.split("."))


def _walk(found: Json, names: list[str] | tuple[str, ...]) -> Json:
    for name in names:
        if isinstance(found, Mapping) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isascii() and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return MISSING
    return found


def _parts(source: str) -> list[str | tuple[str, ...]]:
    parts: list[str | tuple[str, ...]] = []
    end = 0
    for token in _TOKEN.finditer(source):
        parts.append(source[end : token.start()])
        end = token.end()
        if token[0] in {"{{", "}}"}:
            parts.append(token[0][0])
        elif token[1] is not None and _PATH.fullmatch(token[1]):
            parts.append(tuple(token[1].split(".")))
        else:
            raise DefinitionError(
                f"{token[0]!r} is no slot path",
                code="GL-4003",
                hint="write {slot} or {slot.part}; a literal brace is {{ or }}",
            )
    parts.append(source[end:])
    return [part for part in parts if part != ""]


def _shown(path: tuple[str, ...], slots: Mapping[str, Json], kinds: Mapping[str, str]) -> str:
    value = _walk(slots, path)
    if len(path) == 1 and kinds.get(path[0]) == "date" and isinstance(value, str):
        return _day(value)
    return _written(value)


def _day(iso: str) -> str:
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{day.year}年{day.month}月{day.day}日({_WEEKDAYS[day.weekday()]})"


def _written(value: Json) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, Mapping):
        return _written(value.get("label"))
    if isinstance(value, list):
        return "、".join(_written(item) for item in value)
    return str(value)
