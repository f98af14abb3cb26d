"""Small checks that compose: each reads one JSON value and adds what is wrong with it, in LINE's words."""

import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from govline.core import Json

__all__ = [
    "Check",
    "Problem",
    "anything",
    "as_strings",
    "flag",
    "later",
    "loopback",
    "many",
    "number",
    "record",
    "tagged",
    "text",
    "units",
    "uri",
    "whole",
]

Problem = dict[str, str]
Check = Callable[[Json, str, list[Problem]], None]
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def units(value: str) -> int:
    """Length in UTF-16 code units, the way LINE counts text."""
    return len(value.encode("utf-16-le", "surrogatepass")) // 2


def loopback(url: str) -> bool:
    """Whether an address leads to this machine only."""
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False


def _wrong(problems: list[Problem], where: str, message: str) -> None:
    problems.append({"message": message, "property": where})


def anything(_value: Json, _where: str, _problems: list[Problem]) -> None:
    """Accept whatever stands there."""


def text(longest: int, *, shortest: int = 1, pattern: str = "", choices: Collection[str] = ()) -> Check:
    """A string of `shortest` to `longest` UTF-16 units."""
    form = re.compile(pattern) if pattern else None

    def check(value: Json, where: str, problems: list[Problem]) -> None:
        if not isinstance(value, str):
            _wrong(problems, where, "must be a string")
        elif not value and shortest:
            _wrong(problems, where, "May not be empty")
        elif not shortest <= units(value) <= longest:
            _wrong(problems, where, f"Length must be between {shortest} and {longest}")
        elif any("\ud800" <= letter <= "\udfff" for letter in value):
            _wrong(problems, where, "invalid character")
        elif (form and not form.fullmatch(value)) or (choices and value not in choices):
            _wrong(problems, where, "must be one of the allowed values" if choices else "invalid format")

    return check


def as_strings(choices: Collection[str]) -> Check:
    """One of a few words."""
    return text(100, choices=frozenset(choices))


def uri(longest: int, schemes: Collection[str] = ("https",)) -> Check:
    """An address with an allowed scheme; plain http is taken for this machine, where the simulator lives."""

    length = text(longest)

    def check(value: Json, where: str, problems: list[Problem]) -> None:
        before = len(problems)
        length(value, where, problems)
        if len(problems) > before:
            return
        try:
            scheme = urlsplit(value).scheme.lower()
            fine = scheme in schemes or (scheme == "http" and loopback(value))
        except ValueError:
            fine = False
        if not fine:
            _wrong(problems, where, "invalid uri scheme" if ":" in value else "invalid uri")

    return check


def whole(low: int, high: int) -> Check:
    """An integer in a range."""

    def check(value: Json, where: str, problems: list[Problem]) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            _wrong(problems, where, "must be an integer")
        elif not low <= value <= high:
            _wrong(problems, where, f"must be between {low} and {high}")

    return check


def number(low: float, high: float) -> Check:
    """A number in a range."""

    def check(value: Json, where: str, problems: list[Problem]) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            _wrong(problems, where, "must be a number")
        elif not low <= value <= high:
            _wrong(problems, where, f"must be between {low} and {high}")

    return check


def flag(value: Json, where: str, problems: list[Problem]) -> None:
    """True or false."""
    if not isinstance(value, bool):
        _wrong(problems, where, "must be a boolean")


def many(each: Check, fewest: int, most: int) -> Check:
    """A list of `fewest` to `most` values."""

    def check(value: Json, where: str, problems: list[Problem]) -> None:
        if not isinstance(value, list):
            _wrong(problems, where, "must be an array")
        elif not fewest <= len(value) <= most:
            _wrong(problems, where, f"Size must be between {fewest} and {most}")
        else:
            for index, item in enumerate(value):
                each(item, f"{where}[{index}]", problems)

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check], *, closed: bool = False) -> Check:
    """An object; `closed` refuses names that are in neither mapping. A null counts as absent."""
    known = {**required, **optional}

    def check(value: Json, where: str, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            _wrong(problems, where, "must be an object")
            return
        dot = f"{where}." if where else ""
        for name in required:
            if value.get(name) is None:
                _wrong(problems, dot + name, "must be specified")
        for name, item in value.items():
            if name in known and item is not None:
                known[name](item, dot + name, problems)
            elif closed and name not in known:
                _wrong(problems, dot + name, "unknown field")

    return check


def tagged(kinds: Mapping[str, Check], key: str = "type") -> Check:
    """An object whose `type` says which check it must pass; an unknown type is refused."""

    def check(value: Json, where: str, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            _wrong(problems, where, "must be an object")
            return
        kind = value.get(key)
        if not isinstance(kind, str) or kind not in kinds:
            place = f"{where}.{key}" if where else key
            _wrong(problems, place, "must be specified" if kind is None else "must be one of the known types")
        else:
            kinds[kind](value, where, problems)

    return check


def later(find: Callable[[], Check]) -> Check:
    """A check that is looked up when it runs: for shapes that contain themselves."""

    def check(value: Json, where: str, problems: list[Problem]) -> None:
        find()(value, where, problems)

    return check
