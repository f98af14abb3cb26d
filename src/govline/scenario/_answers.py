"""Reading an answer: from what a citizen typed, picked or sent to a value, or to None when it is no answer."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from govline.core import individual_number
from govline.core.jst import JST
from govline.core.talk import Input
from govline.core.text import normalize, utf16_len
from govline.core.values import Json
from govline.errors import DefinitionError

__all__ = ["MAX_ANSWER", "Reader", "reader"]

Reader = Callable[[Input, datetime], Json]
"""From an input, and the present, to the value to save; None when it is no answer to the question."""

MAX_ANSWER: Final = 1_000
_INTEGER: Final = re.compile(r"([+-]?[0-9]{1,15}) ?[^\W0-9_]{0,3}")
_FULL_DAY: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_SHORT_DAY: Final = re.compile(r"([0-9]{1,2})[/月]([0-9]{1,2})日?")
_CLOCK: Final = re.compile(r"(午前|午後)?([0-9]{1,2})(?::([0-9]{2})|時(?:([0-9]{1,2})分|(半))?)")
_RELATIVE: Final = re.compile(r"today(?:([+-][0-9]{1,4}))?")
_UNPAIRED: Final = re.compile("[\ud800-\udfff]")
Bounds = tuple[int | str, int | str] | None


def reader(kind: str, between: Bounds, match: str | None) -> Reader:
    """The reader of an `ask` of this type.

    Raises:
        DefinitionError: GL-4004 when `between` or `match` does not fit the type.
    """
    if match is not None and kind != "text":
        raise _unfit("match", "only a text can be matched")
    if between is not None and kind not in {"text", "integer", "date", "time"}:
        raise _unfit("between", f"a {kind} has no bounds")
    return _READERS[kind](between, match)


def _text_reader(between: Bounds, match: str | None) -> Reader:
    low, high = _numbers(between or (1, MAX_ANSWER))
    try:
        pattern = re.compile(match) if match is not None else None
    except re.error as error:
        raise _unfit("match", f"not a regular expression: {error}") from error

    def read(given: Input, _now: datetime) -> Json:
        if given.kind != "text":
            return None
        text = _UNPAIRED.sub("", given.text).strip()
        if individual_number.find(text):
            return None
        if pattern is not None:
            text = normalize(text, keep_lines=True)
            if not pattern.fullmatch(text):
                return None
        return text if max(low, 1) <= utf16_len(text) <= high else None

    return read


def _integer_reader(between: Bounds, _match: str | None) -> Reader:
    low, high = _numbers(between or (-(10**15), 10**15))

    def read(given: Input, _now: datetime) -> Json:
        found = _INTEGER.fullmatch(normalize(given.text).replace(",", "")) if given.kind == "text" else None
        number = int(found[1]) if found and not individual_number.find(given.text) else None
        return number if number is not None and low <= number <= high else None

    return read


def _date_reader(between: Bounds, _match: str | None) -> Reader:
    low, high = between or ("1900-01-01", "2100-12-31")
    for bound in (low, high):
        if not isinstance(bound, str) or _bound(bound, date.min.replace(year=2000)) is None:
            raise _unfit("between", "a date bound is an ISO date, `today` or `today+30`")

    def read(given: Input, now: datetime) -> Json:
        today = now.astimezone(JST).date()
        day = _day(_typed(given, "date"), today)
        first, last = _bound(str(low), today), _bound(str(high), today)
        return day.isoformat() if day and first and last and first <= day <= last else None

    return read


def _time_reader(between: Bounds, _match: str | None) -> Reader:
    low, high = (_clock(str(bound)) for bound in between or ("00:00", "23:59"))
    if low is None or high is None:
        raise _unfit("between", "a time bound is written HH:MM")

    def read(given: Input, _now: datetime) -> Json:
        found = _clock(_typed(given, "time"))
        return found.strftime("%H:%M") if found and low <= found <= high else None

    return read


def _place_reader(_between: Bounds, _match: str | None) -> Reader:
    def read(given: Input, _now: datetime) -> Json:
        place = given.place
        if given.kind != "location" or place is None:
            return None
        return {
            "latitude": place.latitude,
            "longitude": place.longitude,
            "label": place.title,
            "address": place.address,
        }

    return read


def _image_reader(_between: Bounds, _match: str | None) -> Reader:
    return lambda given, _now: {"content_id": given.content_id} if given.kind == "image" else None


def _choice_reader(_between: Bounds, _match: str | None) -> Reader:
    return lambda _given, _now: None  # the engine takes choices by tap and by label before it asks a reader


_READERS: Final[Mapping[str, Callable[[Bounds, str | None], Reader]]] = {
    "text": _text_reader,
    "integer": _integer_reader,
    "date": _date_reader,
    "time": _time_reader,
    "location": _place_reader,
    "image": _image_reader,
    "choice": _choice_reader,
}


def _typed(given: Input, picker: str) -> str:
    return normalize(given.text) if given.kind == "text" else str(given.params.get(picker, ""))


def _numbers(between: tuple[int | str, int | str]) -> tuple[int, int]:
    low, high = between
    if not isinstance(low, int) or not isinstance(high, int) or low > high:
        raise _unfit("between", "needs two whole numbers, the smaller first")
    return low, high


def _bound(text: str, today: date) -> date | None:
    if relative := _RELATIVE.fullmatch(text):
        return today + timedelta(days=int(relative[1] or 0))
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _day(text: str, today: date) -> date | None:
    try:
        if full := _FULL_DAY.fullmatch(text):
            return date(int(full[1]), int(full[2]), int(full[3]))
        if short := _SHORT_DAY.fullmatch(text):
            return _coming(int(short[1]), int(short[2]), today)
    except ValueError:
        return None
    return None


def _coming(month: int, day: int, today: date) -> date | None:
    """The next such day from today on (29 February may be years away)."""
    for year in range(today.year, today.year + 9):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    half, hour, colon, minutes, exactly_half = found.groups()
    if half and int(hour) > 11:
        return None  # 午後12時 is midnight to some and noon to others: ask again
    hours = int(hour) + 12 if half == "午後" else int(hour)
    minute = 30 if exactly_half else int(colon or minutes or 0)
    return time(hours, minute) if hours < 24 and minute < 60 else None


def _unfit(key: str, message: str) -> DefinitionError:
    return DefinitionError(f"{key}: {message}", code="GL-4004", place={"key": key})
