"""Cells to values and back: what clerks type, what Excel makes of it, and one canonical text for each value."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, Final

from govline.core.eras import parse_era
from govline.core.individual_number import find
from govline.core.jst import JST
from govline.errors import GovlineError
from govline.tabular.model import Column
from govline.tabular.wording import Misfit

__all__ = ["Cell", "formatter", "parser"]

Cell = Any
"""A cell as a file gives it: text from CSV; from Excel also int, float, bool, datetime, date, time, timedelta, None."""

_EDGES: Final = " \t\r\n\u3000\u00a0\ufeff"
_INT64: Final = 1 << 63
_FIRST_SERIAL_DAY: Final = date(1899, 12, 30)
_GROUPED: Final = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_EXPONENT: Final = re.compile(r"[0-9](\.[0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)
_DATE: Final = re.compile(r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日?)")
_WEEKDAYS: Final = "月火水木金土日"
_WEEKDAY: Final = re.compile(rf"\s*\(([{_WEEKDAYS}])(?:曜日?)?(?:[・/]?祝)?\)$")
_SHORT_YEAR: Final = re.compile(r"[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}")
_MIDNIGHT: Final = re.compile(r"[T ]*0{1,2}:00(:00(\.0+)?)?")
_TIME: Final = re.compile(
    r"(午前|午後|AM|PM)?\s*([0-9]{1,2})(?::([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,6})?)?|時(?:([0-9]{1,2})分|(半))?)",
    re.IGNORECASE,
)
_ZONE: Final = re.compile(r"(Z|[+-][0-9]{2}:?[0-9]{2})$")
_SEPARATORS: Final = "、,，;；|\n"
_YES: Final = frozenset(
    (
        "○",
        "◯",
        "〇",
        "o",
        "1",
        "true",
        "t",
        "yes",
        "y",
        "はい",
        "有",
        "あり",
        "可",
        "レ",
        "✓",
        "✔",
        "☑",
        "■",
        "●",
        "on",
        "する",
    )
)
_NO: Final = frozenset(
    (
        "×",
        "✕",
        "✖",
        "x",
        "0",
        "false",
        "f",
        "no",
        "n",
        "いいえ",
        "無",
        "なし",
        "不可",
        "□",
        "☐",
        "off",
        "しない",
        "-",
    )
)
_HOLDS_NUMBERS: Final = frozenset(("text", "code", "list"))
"""Types of columns in which a 個人番号 could stand, typed by Excel as text or as a number; one amount in eleven looks like one."""
_MINUS: Final = str.maketrans(dict.fromkeys("▲△−‐–—ー", "-"))


def parser(column: Column) -> Callable[[Cell], Any]:
    """The function that reads this column's cells: the value, None for an empty cell; Misfit says why not.

    It checks everything that one cell can tell: type, length, pattern, bounds, 個人番号.
    """
    read: Callable[[Cell], Any] = (
        _hooked(column, column.parse) if column.parse else _READERS[column.type](column)
    )
    pattern = re.compile(column.pattern) if column.pattern else None
    longest = column.max_length
    bounded = column.least is not None or column.most is not None
    guarded = column.type in _HOLDS_NUMBERS or column.parse is not None

    def parse(cell: Cell) -> Any:
        if type(cell) is str:
            cell = cell.strip(_EDGES)
        if cell is None or cell == "":
            if column.required:
                raise Misfit("required")
            return None
        if guarded:
            _refuse_individual_number(cell if type(cell) is str else _plain_text(cell))
        value = read(cell)
        if longest is not None:
            _check_length(value, longest)
        if pattern is not None and not pattern.fullmatch(str(value)):
            raise Misfit("pattern", hint=column.pattern_hint or f"次の形にしてください: {column.pattern}")
        if bounded and value is not None:
            _check_bounds(column, value)
        return value

    return parse


def formatter(column: Column) -> Callable[[Any], str]:
    """The function that writes this column's values as canonical text; "" for None."""
    write = column.format or _WRITERS.get(column.type, str)
    choices = column.choices

    def format_value(value: Any) -> str:
        if value is None:
            return ""
        if choices:
            if type(value) is tuple:
                return _joined(sorted(choices.get(item, item) for item in value))
            return choices.get(value, str(value))
        return write(value)

    return format_value


def _hooked(_: Column, hook: Callable[[str], Any]) -> Callable[[Cell], Any]:
    def read(cell: Cell) -> Any:
        try:
            return hook(_plain_text(cell))
        except GovlineError as error:
            raise Misfit("unfit", hint=error.hint or error.message) from None
        except ValueError:
            raise Misfit("unfit", hint="値を確かめてください") from None

    return read


def _refuse_individual_number(text: str) -> None:
    if len(text) >= 12 and any(find(text)):
        raise Misfit("individual_number")


def _check_length(value: Any, longest: int) -> None:
    texts = value if type(value) is tuple else (str(value),)
    if any(len(text) > longest for text in texts):
        raise Misfit("too_long", max_length=longest)


def _check_bounds(column: Column, value: Any) -> None:
    if column.least is not None and value < column.least:
        raise Misfit("too_small", least=formatter(column)(column.least))
    if column.most is not None and value > column.most:
        raise Misfit("too_large", most=formatter(column)(column.most))


def _plain_text(cell: Cell) -> str:
    """A cell as text, whatever Excel thought it was."""
    if type(cell) is str:
        return cell.strip(_EDGES)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    return str(cell)


def _narrow(cell: Cell) -> str:
    return unicodedata.normalize("NFKC", _plain_text(cell)).strip()


def _text(_: Column) -> Callable[[Cell], str]:
    def read(cell: Cell) -> str:
        text = _plain_text(cell)
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text

    return read


def _code(column: Column) -> Callable[[Cell], str]:
    def read(cell: Cell) -> str:
        text = _narrow(cell)
        if _EXPONENT.fullmatch(text):
            raise Misfit("exponent")
        return text.zfill(column.width) if text.isdecimal() else text

    return read


def _integer(_: Column) -> Callable[[Cell], int]:
    def read(cell: Cell) -> int:
        number = _decimal_of(cell, "not_integer")
        if number != number.to_integral_value():
            raise Misfit("not_integer")
        value = int(number)
        if not -_INT64 <= value < _INT64:
            raise Misfit("too_large", most=_INT64 - 1)
        return value

    return read


def _decimal(_: Column) -> Callable[[Cell], Decimal]:
    return lambda cell: _decimal_of(cell, "not_decimal")


def _decimal_of(cell: Cell, code: str) -> Decimal:
    if type(cell) is int:
        return Decimal(cell)
    if isinstance(cell, bool | date | time | timedelta):
        raise Misfit(code)
    text = repr(cell) if isinstance(cell, float) else _narrow(cell).translate(_MINUS)
    if _GROUPED.fullmatch(text.lstrip("-+")):
        text = text.replace(",", "")
    if not isinstance(cell, float) and (not _NUMBER.fullmatch(text) or len(text) > 60):
        raise Misfit(code)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise Misfit(code) from None
    if not number.is_finite() or abs(number.adjusted()) > 60 or len(format(number, "f")) > 60:
        raise Misfit(code)
    return number


def _date(_: Column) -> Callable[[Cell], date]:
    return _date_of


def _date_of(cell: Cell) -> date:
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise Misfit("has_time")
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool | time | timedelta):
        raise Misfit("not_date")
    if isinstance(cell, int | float):
        return _serial_day(cell)
    text, weekday = _without_weekday(_narrow(cell))
    day = _written_date(text)
    if weekday and weekday != _WEEKDAYS[day.weekday()]:
        raise Misfit("other_weekday")
    return day


def _without_weekday(text: str) -> tuple[str, str]:
    """`2026年12月4日(金)` as date and weekday."""
    found = _WEEKDAY.search(text)
    return (text[: found.start()], found[1]) if found else (text, "")


def _written_date(text: str) -> date:
    match = _DATE.match(text)
    if match:
        if rest := text[match.end() :]:
            raise_unless_midnight(rest)
        return _day(match[1], match[3] or match[5], match[4] or match[6])
    if text.isdecimal():
        if len(text) == 8:
            return _day(text[:4], text[4:6], text[6:])
        if len(text) == 5:
            return _serial_day(int(text))
    if _SHORT_YEAR.fullmatch(text):
        raise Misfit("short_year")
    try:
        return parse_era(text, lenient=True)
    except GovlineError:
        raise Misfit("not_date") from None


def raise_unless_midnight(rest: str) -> None:
    """Refuse a time of day behind a date, but for the 0:00 that programs append."""
    if not _MIDNIGHT.fullmatch(rest):
        raise Misfit("has_time" if ":" in rest or "時" in rest else "not_date")


def _day(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise Misfit("not_date") from None


def _serial_day(serial: float) -> date:
    """Excel's day number; below 61 it counts a 29 February 1900 that never was."""
    if not 61 <= serial < 2_958_466 or serial != int(serial):
        raise Misfit("not_date")
    return _FIRST_SERIAL_DAY + timedelta(days=int(serial))


def _time(_: Column) -> Callable[[Cell], str]:
    def read(cell: Cell) -> str:
        minutes = _seconds_of(cell) / 60
        if minutes != int(minutes):
            raise Misfit("not_time")
        return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}"

    return read


def _seconds_of(cell: Cell) -> float:
    """Seconds since midnight, up to 47:59:59."""
    if isinstance(cell, datetime) and cell.date() <= date(1900, 1, 1):
        cell = timedelta(days=(cell.date() - date(1899, 12, 31)).days) + (
            cell - datetime.combine(cell.date(), time())
        )
    if isinstance(cell, bool | date):
        raise Misfit("not_time")
    if isinstance(cell, time):
        return cell.hour * 3600 + cell.minute * 60 + cell.second + cell.microsecond / 1e6
    if isinstance(cell, timedelta | int | float):
        seconds = cell.total_seconds() if isinstance(cell, timedelta) else cell * 86_400
        if not 0 <= seconds < 48 * 3600 - 0.5:
            raise Misfit("not_time")
        return seconds if isinstance(cell, timedelta) else round(seconds)
    return _clock(_narrow(cell))


def _clock(text: str) -> float:
    match = _TIME.fullmatch(text)
    if match is None:
        raise Misfit("not_time")
    half, hours, minutes, seconds, fraction, spoken, half_past = match.groups()
    hour = int(hours)
    if half:
        if hour > 12:
            raise Misfit("not_time")
        hour = hour % 12 + (12 if half.upper() in ("午後", "PM") else 0)
    minute = int(minutes or spoken or (30 if half_past else 0))
    second = int(seconds or 0)
    if hour > 47 or minute > 59 or second > 59:
        raise Misfit("not_time")
    return hour * 3600 + minute * 60 + second + float(fraction or 0)


def _datetime(_: Column) -> Callable[[Cell], datetime]:
    def read(cell: Cell) -> datetime:
        if isinstance(cell, datetime):
            return cell.replace(tzinfo=JST).astimezone(UTC) if cell.tzinfo is None else cell.astimezone(UTC)
        if type(cell) is date:
            return datetime.combine(cell, time(), JST).astimezone(UTC)
        if isinstance(cell, float) and not isfinite(cell):
            raise Misfit("not_datetime")
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return datetime.combine(_serial_day(int(cell)), time(), JST).astimezone(UTC) + timedelta(
                seconds=round((cell - int(cell)) * 86_400)
            )
        return _instant(_narrow(cell))

    return read


def _instant(text: str) -> datetime:
    zone = _ZONE.search(text)
    if zone:
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Misfit("not_datetime") from None
    day, blank, clock = text.replace("T", " ").partition(" ")
    try:
        on = _date_of(day)
        seconds = _clock(clock.strip()) if blank else 0
        start = datetime.combine(on, time(), JST).astimezone(UTC)
        return start + timedelta(microseconds=round(seconds * 1_000_000))
    except (Misfit, OverflowError):
        raise Misfit("not_datetime") from None


def _boolean(_: Column) -> Callable[[Cell], bool]:
    def read(cell: Cell) -> bool:
        if isinstance(cell, bool):
            return cell
        word = _folded(cell)
        if word in _YES:
            return True
        if word in _NO:
            return False
        raise Misfit("not_boolean")

    return read


def _folded(cell: Cell) -> str:
    return "".join(_narrow(cell).casefold().split())


def _spellings(choices: Mapping[str, str]) -> dict[str, str]:
    """Every way to write a choice; labels win over stored values, exact ones over folded."""
    found: dict[str, str] = {}
    for spell in (lambda text: text, _folded):
        for stored, label in choices.items():
            found.setdefault(spell(label), stored)
        for stored in choices:
            found.setdefault(spell(stored), stored)
    return found


def _choice(column: Column) -> Callable[[Cell], str]:
    known, labels = _spellings(column.choices), "、".join(column.choices.values())

    def read(cell: Cell) -> str:
        text = _plain_text(cell)
        found = known.get(text) or known.get(_folded(text))
        if found is None:
            raise Misfit("unknown_choice", choices=labels)
        return found

    return read


def _list(column: Column) -> Callable[[Cell], tuple[str, ...] | None]:
    known, labels = _spellings(column.choices), "、".join(column.choices.values())

    def read(cell: Cell) -> tuple[str, ...] | None:
        words = {word for word in _split(_plain_text(cell)) if word}
        if known:
            found = {known.get(word) or known.get(_folded(word)) for word in words}
            if None in found:
                raise Misfit("unknown_item", choices=labels)
            words = {word for word in found if word}
        return tuple(sorted(words)) or None

    return read


def _split(text: str) -> list[str]:
    if not any(mark in text for mark in ("\\", *_SEPARATORS)):
        return [text]
    words, word, escaped = [], "", False
    for char in text.replace("\r\n", "\n").replace("\r", "\n"):
        if escaped:
            word, escaped = word + (char if char in _SEPARATORS or char == "\\" else "\\" + char), False
        elif char == "\\":
            escaped = True
        elif char in _SEPARATORS:
            words.append(word.strip(_EDGES))
            word = ""
        else:
            word += char
    return [*words, (word + "\\" * escaped).strip(_EDGES)]


def _joined(words: list[str]) -> str:
    return "、".join(re.sub(rf"([\\{_SEPARATORS}])", r"\\\1", word) for word in words)


def _write_datetime(value: datetime) -> str:
    local = value.astimezone(JST).replace(tzinfo=None)
    return local.isoformat(" ", "auto" if local.second or local.microsecond else "minutes")


_READERS: Final[Mapping[str, Callable[[Column], Callable[[Cell], Any]]]] = {
    "text": _text,
    "code": _code,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "boolean": _boolean,
    "choice": _choice,
    "list": _list,
}
_WRITERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "decimal": lambda value: format(value, "f"),
    "date": date.isoformat,
    "datetime": _write_datetime,
    "boolean": lambda value: "○" if value else "×",
    "list": lambda value: _joined(list(value)),
}
