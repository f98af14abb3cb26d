"""Japan's holidays, and the days on which a town's office is closed.

The rules come from the `holidays` library (equal to the Cabinet Office's file on all its rows); a town that wants the official word
loads that file over them. Source: 国民の祝日に関する法律; https://www8.cao.go.jp/chosei/shukujitsu/syukujitsu.csv.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self

from attrs import evolve, field, frozen

from govline.core.custody import Expiry
from govline.errors import FileError, InputError

__all__ = ["HolidayCalendar", "read_holiday_csv"]

_DATE: Final = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})", re.ASCII)
_WEEKEND: Final = {5: "土曜日", 6: "日曜日"}
_NOTICE: Final = timedelta(weeks=8)
_FIRST_YEAR: Final = 1949
_LAST_YEAR: Final = 2099

Days = Mapping[date, str]


def _frozen(value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(dict(value))


@frozen
class HolidayCalendar:
    """Holidays with their Japanese names, and closures of the town; a value, safe to share.

    Args:
        years: Years whose holidays come from a file instead of the rules.
        closures: Single days on which the office is closed, with the reason.
        yearly: (month, day) closed in every year, with the reason.
    """

    LAST_DAY: ClassVar[date] = date(_LAST_YEAR, 12, 31)
    """The last day whose holidays the rules know."""

    years: Mapping[int, Days] = field(factory=dict, converter=_frozen, hash=False)
    closures: Days = field(factory=dict, converter=_frozen, hash=False)
    yearly: Mapping[tuple[int, int], str] = field(factory=dict, converter=_frozen, hash=False)

    @classmethod
    def official(cls) -> Self:
        """The holidays of the law, 1949 to 2099; equinoxes of coming years are computed, not yet announced."""
        return cls()

    def with_csv(self, source: Path | str | bytes) -> Self:
        """The Cabinet Office's file over the rules: a year that it names counts as the file says and no otherwise.

        Raises:
            FileError: See `read_holiday_csv`.
        """
        return evolve(self, years={**self.years, **read_holiday_csv(source)})

    def expiries(self) -> list[Expiry]:
        """When the official file's word ends, for a feature's `Offers.expiries`; nothing where only the rules count.

        The Cabinet Office adds the next year every February, so a file that ends within eight weeks has a successor.
        """
        if not self.years:
            return []
        last = date(max(self.years), 12, 31)
        return [Expiry("祝日の表", last, "内閣府の syukujitsu.csv を新しくする", _NOTICE)]

    def with_closures(self, days: Days | Iterable[date], name: str = "閉庁日") -> Self:
        """Further days on which the office is closed; `name` where no reason is given."""
        named = days if isinstance(days, Mapping) else dict.fromkeys(days, name)
        return evolve(
            self, closures={**self.closures, **{_plain_date(day): text for day, text in named.items()}}
        )

    def with_year_end(self, first: int = 29, last: int = 3) -> Self:
        """The year-end closure from `first` December to `last` January, as the town's 条例 says (地方自治法4条の2)."""
        days = [*((12, day) for day in range(first, 32)), *((1, day) for day in range(1, last + 1))]
        return evolve(self, yearly={**self.yearly, **dict.fromkeys(days, "年末年始")})

    def name(self, on: date) -> str | None:
        """The holiday's Japanese name, or None.

        Raises:
            InputError: GL-0007, outside 1949 to 2099 and of no loaded file; GL-0003, a datetime.
        """
        return self._of(_plain_date(on).year).get(on)

    def is_holiday(self, on: date) -> bool:
        """Whether it is a national holiday (祝日, 振替休日, 国民の休日)."""
        return self.name(on) is not None

    def between(self, first: date, last: date) -> list[tuple[date, str]]:
        """The holidays from `first` to `last`, both included."""
        years = range(_plain_date(first).year, _plain_date(last).year + 1)
        return [
            (day, name)
            for year in years
            for day, name in sorted(self._of(year).items())
            if first <= day <= last
        ]

    def closed_because(self, on: date) -> str | None:
        """Why the office is closed: the closure, the holiday or the day of the week; None when it is open."""
        return (
            self.closures.get(_plain_date(on))
            or self.yearly.get((on.month, on.day))
            or self.name(on)
            or _WEEKEND.get(on.weekday())
        )

    def is_business_day(self, on: date) -> bool:
        """Whether the office is open: no weekend, no holiday, no closure."""
        return self.closed_because(on) is None

    def _of(self, year: int) -> Days:
        return self.years[year] if year in self.years else _by_rule(year)


def read_holiday_csv(source: Path | str | bytes) -> dict[int, Days]:
    """The Cabinet Office's file by year: `Y/M/D,name` rows after a header, in CP932 or UTF-8.

    Args:
        source: The file's path, or its bytes.

    Raises:
        FileError: No such file, unreadable encoding, a bad row (with its number), or a year without 1 January: a file of single days
            would wipe out the rest of its year.
    """
    text = _decode(source if isinstance(source, bytes) else _bytes(Path(source)))
    years: dict[int, dict[date, str]] = {}
    for number, row in enumerate(_cells(text), start=1):
        if not any(cell.strip() for cell in row) or (number == 1 and not _DATE.match(row[0].strip())):
            continue
        day, name = _row(row, number)
        years.setdefault(day.year, {})[day] = name
    if not years:
        raise FileError("no holiday in the file", hint="rows look like 2026/1/1,元日")
    for year, days in years.items():
        if date(year, 1, 1) not in days:
            raise FileError(
                "a year without 1 January",
                hint="load whole years; single days go to with_closures",
                place={"year": year},
            )
    return {year: MappingProxyType(days) for year, days in years.items()}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        hint = "the Cabinet Office offers it as syukujitsu.csv; check its name and rights"
        raise FileError(
            "the table of holidays cannot be opened", hint=hint, place={"file": path.name}
        ) from error


def _cells(text: str) -> list[list[str]]:
    try:
        return list(csv.reader(text.splitlines()))
    except csv.Error as error:
        raise FileError(f"this is no CSV: {error}", hint="rows look like 2026/1/1,元日") from error


def _decode(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileError("neither UTF-8 nor CP932", hint="save the file as UTF-8")


def _row(row: list[str], number: int) -> tuple[date, str]:
    match = _DATE.fullmatch(row[0].strip())
    name = row[1].strip() if len(row) > 1 else ""
    if match is None or not name:
        raise FileError("not a holiday row", hint="rows look like 2026/1/1,元日", place={"row": number})
    try:
        return date(int(match[1]), int(match[2]), int(match[3])), name
    except ValueError:
        raise FileError("no such day in the calendar", hint="check the date", place={"row": number}) from None


@lru_cache(maxsize=256)
def _by_rule(year: int) -> Days:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise InputError(
            f"no holidays are known for {year}",
            code="GL-0007",
            hint=f"{_FIRST_YEAR} to {_LAST_YEAR}, or a year of a file loaded by with_csv",
        )
    from holidays import country_holidays  # 0.3 s to import, so only where it is asked

    found = country_holidays("JP", years=year, language="ja", expand=False)
    return MappingProxyType({day: str(name) for day, name in found.items() if day.year == year})


def _plain_date(on: date) -> date:
    if isinstance(on, datetime):
        raise InputError(
            "a date is needed, not a datetime", code="GL-0003", hint="govline.core.jst.to_jst(…).date()"
        )
    return on
