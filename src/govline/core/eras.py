"""Japanese eras (和暦) both ways, from 明治6年1月1日 (1873-01-01), when Japan took the Gregorian calendar.

Sources: 太政官布告第337号 (1872) for the calendar; 元号を改める政令 and 詔書 for the first days. 大正 and 昭和 began on the day of
their decree, so 1912-07-30 and 1926-12-25 carry two names in old registers; 平成 and 令和 began on the day after.
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Final, NoReturn

from attrs import frozen

from govline.errors import InputError

__all__ = ["ERAS", "Era", "EraDate", "format_era", "parse_era", "to_era"]


@frozen
class Era:
    """An era: its name, its initial, its first day, and the last day on which it is written."""

    name: str
    initial: str
    first: date
    last: date


ERAS: Final = (
    Era("明治", "M", date(1868, 1, 25), date(1912, 7, 30)),
    Era("大正", "T", date(1912, 7, 30), date(1926, 12, 25)),
    Era("昭和", "S", date(1926, 12, 25), date(1989, 1, 7)),
    Era("平成", "H", date(1989, 1, 8), date(2019, 4, 30)),
    Era("令和", "R", date(2019, 5, 1), date.max),
)
FIRST_DAY: Final = date(1873, 1, 1)

_NAMES: Final = {spelling: era for era in ERAS for spelling in (era.name, era.name[0], era.initial)}
_NUMBER: Final = "([0-9]{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[〇零一二三四五六七八九]{1,2}|元)"
_WRITTEN: Final = re.compile(
    f"({'|'.join(_NAMES)})(?:{_NUMBER}年{_NUMBER}月{_NUMBER}日?|{_NUMBER}([./-]){_NUMBER}\\6{_NUMBER})",
    re.IGNORECASE,
)
_COMPACT: Final = re.compile(r"([MTSHR])([0-9]{2})([0-9]{2})([0-9]{2})", re.IGNORECASE)
_SIGNS: Final = str.maketrans(dict.fromkeys("‐‑‒–—−ー", "-") | {"・": ".", "。": "."})
_KANJI: Final = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0}


@frozen
class EraDate:
    """A date in an era; `year` 1 is 元年."""

    era: Era
    year: int
    month: int
    day: int

    def text(self) -> str:
        """As official letters write it: 令和元年5月1日."""
        year = "元" if self.year == 1 else str(self.year)
        return f"{self.era.name}{year}年{self.month}月{self.day}日"

    def short(self) -> str:
        """As forms write it: R1.5.1."""
        return f"{self.era.initial}{self.year}.{self.month}.{self.day}"


def to_era(on: date) -> EraDate:
    """The era date of a Gregorian date; on the first day of an era, the new one.

    Raises:
        InputError: GL-0006, before 1873-01-01; GL-0003, a datetime, whose date depends on the clock's place.
    """
    if isinstance(on, datetime):
        raise InputError(
            "a date is needed, not a datetime", code="GL-0003", hint="govline.core.jst.to_jst(…).date()"
        )
    if on < FIRST_DAY:
        raise InputError(
            "before 1873-01-01 Japan used a lunar calendar", code="GL-0006", hint="keep such a date as text"
        )
    era = next(era for era in reversed(ERAS) if era.first <= on)
    return EraDate(era, on.year - era.first.year + 1, on.month, on.day)


def format_era(on: date) -> str:
    """令和6年4月1日; see `to_era`."""
    return to_era(on).text()


def parse_era(text: str, *, lenient: bool = False) -> date:
    """The Gregorian date of a 和暦 text.

    Args:
        text: 令和6年4月1日, 令和元年五月一日, 令六年四月一日, R6.4.1, r6/4/1, Ｒ６－４－１, R060401, ㋿6年4月1日;
            full-width and kanji digits, spaces anywhere.
        lenient: Also take days after the end of an era (平成31年5月1日), as papers printed before its end carry them.

    Raises:
        InputError: GL-0006; not such a date, before 1873-01-01, or not a day of its era.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).translate(_SIGNS)
    match = _COMPACT.fullmatch(plain) or _WRITTEN.fullmatch(plain)
    if match is None:
        _refuse("not a Japanese era date", "write it like 令和6年4月1日 or R6.4.1")
    era = _NAMES[match[1].upper()]
    year, month, day = [_number(part) for part in match.groups()[1:] if part and part not in "./-"]
    return _day_of(era, year, month, day, lenient=lenient)


def _day_of(era: Era, year: int, month: int, day: int, *, lenient: bool) -> date:
    if year < 1:
        _refuse("an era has no year 0", "the first year is 1 or 元")
    try:
        on = date(era.first.year + year - 1, month, day)
    except ValueError:
        _refuse("no such day in the calendar", "check month and day")
    if on < FIRST_DAY:
        _refuse("before 1873-01-01 Japan used a lunar calendar", "keep such a date as text")
    if on < era.first or (on > era.last and not lenient):
        _refuse(f"not a day of {era.name}", f"{era.name}: {era.first} to {era.last}")
    return on


def _number(text: str) -> int:
    if text == "元":
        return 1
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return int("".join(str(_KANJI[char]) for char in text))
    return (_KANJI[tens] if tens else 1) * 10 + (_KANJI[ones] if ones else 0)


def _refuse(message: str, hint: str) -> NoReturn:
    raise InputError(message, code="GL-0006", hint=hint)
