"""The few questions asked of every field of a LINE message; each raises MessageError naming the field, never its text."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from govline.core.text import utf16_len
from govline.core.values import Json
from govline.errors import MessageError

__all__ = [
    "check_items",
    "check_number",
    "check_object",
    "check_text",
    "check_type",
    "check_uri",
    "join",
    "refuse",
]

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):\S+", re.ASCII)
_TYPE_SHOWN: Final = 40


def join(path: str, key: str) -> str:
    """The path of a key below `path`."""
    return f"{path}.{key}" if path else key


def refuse(path: str, message: str, hint: str = "", **facts: int) -> NoReturn:
    """Raise for the field at `path`; `facts` (limit, actual) go into the error's place."""
    raise MessageError(message, hint=hint, place={"field": path or "message", **facts})


def check_object(value: Json, path: str) -> Mapping[str, Json]:
    """The value as a JSON object."""
    if not isinstance(value, Mapping):
        refuse(path, "must be a JSON object", f"got {type(value).__name__}")
    return value


def check_type(value: Mapping[str, Json], path: str, known: Sequence[str]) -> str:
    """The object's `type`, one of `known`."""
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in known:
        shown = repr(kind[:_TYPE_SHOWN]) if isinstance(kind, str) else "no type"
        refuse(join(path, "type"), f"unknown type: {shown}", f"one of {', '.join(known)}")
    return kind


def check_text(value: Json, path: str, limit: int, *, empty: bool = False) -> None:
    """A text of 1 (0 where `empty`; then it may be absent too) to `limit` UTF-16 code units."""
    if value is None and empty:
        return
    if not isinstance(value, str):
        refuse(path, "text is missing" if value is None else "must be text", f"got {type(value).__name__}")
    if not value.isascii() and _has_lone_surrogate(value):
        refuse(path, "half of a surrogate pair stands alone", "cut texts with govline.core.text.clip")
    length = utf16_len(value)
    if not length and not empty:
        refuse(path, "text is empty", limit=limit, actual=0)
    if length > limit:
        refuse(
            path,
            "text is too long",
            f"{length} UTF-16 code units, at most {limit}",
            limit=limit,
            actual=length,
        )


def check_items(value: Json, path: str, low: int, high: int) -> Sequence[Json]:
    """The value as a list of `low` to `high` items."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
        refuse(path, "list is missing" if value is None else "must be a list", f"got {type(value).__name__}")
    if not low <= len(value) <= high:
        wrong = "too many items" if len(value) > high else "too few items"
        refuse(path, wrong, f"{len(value)} items, {low} to {high} allowed", limit=high, actual=len(value))
    return value


def check_uri(value: Json, path: str, limit: int, schemes: frozenset[str]) -> None:
    """An address with one of `schemes`, without spaces."""
    check_text(value, path, limit)
    match = _SCHEME.fullmatch(value)
    if match is None or match[1].lower() not in schemes:
        refuse(
            path, "not an address that LINE accepts", f"one of {', '.join(sorted(schemes))}, without spaces"
        )


def check_number(value: Json, path: str, low: float, high: float) -> None:
    """A number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        refuse(path, f"must be a number from {low} to {high}")


def _has_lone_surrogate(text: str) -> bool:
    try:
        text.encode("utf-16-le")
    except UnicodeEncodeError:
        return True
    return False
