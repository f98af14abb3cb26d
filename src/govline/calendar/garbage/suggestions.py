"""What a cell that cannot be read may have meant: shown to the clerk, never used unasked. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from govline.calendar.garbage.rules import WEEKDAYS, Rule, RuleError
from govline.core.text import normalize

__all__ = ["suggestion"]

_W: Final = f"[{WEEKDAYS}]"
_TOKEN: Final = rf"隔{_W}\d{{8}}|e\d{{1,2}}w\d{{8}}|\d{{8}}|\*\d+|{_W}\d?"
_LONGEST: Final = 120
_DAYS: Final = re.compile(rf"(?P<first>{_W})(?:曜日?)?(?:[~〜-]|から)(?P<last>{_W})")
_OTHERWISE: Final = re.compile(r"[~〜]|(?<!年)末|最終|\d\s?[週月]\D{0,3}除")
"""Words without which a cell says something else: they are never left out."""
_STRAY: Final = re.compile(r"[`'\"?!#%&$@^~|<>{}\[\]。.…_+=\\]")


def suggestion(cell: str) -> str:
    """The nearest text that could be read, "" where there is none."""
    text = normalize(cell)
    if len(text) > _LONGEST:
        return ""
    for candidate in _candidates(text):
        plain = normalize(candidate)
        if plain != text and _readable(plain):
            return plain
    return ""


def _candidates(text: str) -> Iterator[str]:
    if _DAYS.search(text):
        yield _DAYS.sub(_each_day, text)
        return
    reversed_back = re.sub(rf"([1-5])({_W})", r"\2\1", text)
    yield reversed_back
    yield _STRAY.sub("", text)
    yield re.sub(r"[,、・/;]", " ", text)
    yield re.sub(rf"({_W})([1-5](?:[・,、/][1-5])+)", _each_n, text)
    yield re.sub(r"(\d{1,2})[~-](\d{1,2})", _each_month, text)
    yield re.sub(rf"(隔{_W})\s+(\d{{8}})", r"\1\2", text)
    yield re.sub(rf"(?<!第)([1-5](?:[・,][1-5])*{_W})(?!\d)", r"第\1", text)
    for start in (text, _STRAY.sub("", reversed_back)):
        if re.fullmatch(rf"(?:(?:{_TOKEN})\s*)+", start):
            yield " ".join(re.findall(_TOKEN, start))
    yield re.sub(rf"({_W})曜?日?([1-5])", r"第\2\1曜", text)
    if not _OTHERWISE.search(text):
        yield re.sub(rf"\s*(?![{WEEKDAYS}隔ew*:])[^\d\s曜第毎週・、,]+", "", text)


def _each_n(found: re.Match[str]) -> str:
    return " ".join(f"{found[1]}{n}" for n in re.findall(r"\d", found[2]))


def _each_day(found: re.Match[str]) -> str:
    first, last = WEEKDAYS.index(found["first"]), WEEKDAYS.index(found["last"])
    return "・".join(WEEKDAYS[first : last + 1]) if first < last else found[0]


def _each_month(found: re.Match[str]) -> str:
    first, last = int(found[1]), int(found[2])
    if not (1 <= first <= 12 and 1 <= last <= 12):
        return found[0]
    return " ".join(str((first - 1 + step) % 12 + 1) for step in range((last - first) % 12 + 1))


def _readable(text: str) -> bool:
    """For certain: what would be read with a date left out is no suggestion."""
    try:
        return not any("除いて読みました" in warning for warning in Rule.parse(text).warnings)
    except RuleError:
        return False
