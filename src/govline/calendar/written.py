"""How settings are written: dates, spans, times and cut-offs as a clerk writes them, and what to say where they cannot be read."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict

from govline.calendar.model import CutOff, Reminder
from govline.core.jst import JST
from govline.tabular.model import Column
from govline.tabular.values import parser
from govline.tabular.wording import Misfit

__all__ = [
    "MOST_DAYS",
    "Cut",
    "DateSpan",
    "Day",
    "Ending",
    "Listed",
    "Moment",
    "Remind",
    "TimeSpan",
    "Weekdays",
    "Written",
    "as_list",
    "as_text",
    "clock",
    "setting_names",
    "span_in",
    "weekdays_in",
    "with_colons",
]

_WEEKDAYS: Final = "月火水木金土日"
_EVERY: Final = {"毎日": _WEEKDAYS, "平日": _WEEKDAYS[:5], "土日": _WEEKDAYS[5:]}
_RUN: Final = re.compile(rf"([{_WEEKDAYS}])[-〜～~]([{_WEEKDAYS}])")
_SPAN: Final = re.compile(r"\s*(?:\.\.|[〜～~]|から|(?<=\d{4}-\d\d-\d\d)/)\s*")
_WITHOUT_YEAR: Final = re.compile(r"(\d{1,2})[/月](\d{1,2})日?")
_DATE_CELL: Final = parser(Column("day", "日付", type="date"))
_SPOKEN: Final = re.compile(r"(\d{1,2})時(?!間)(?:(\d{1,2})分|(半))?")
_CUT: Final = re.compile(
    r"(?:(?P<hours>\d+(?:\.\d+)?)時間前|(?P<minutes>\d+)分前"
    r"|(?:(?P<business>\d+)(?:営業|開庁)日前|(?P<days>\d+)日前|(?P<weeks>\d+)週間前|(?P<eve>前日)|(?P<same>当日))"
    r"(?:の?\s*(?P<at>\d{1,2}:\d{2}))?)(?:まで)?"
)
_CLOCK: Final = re.compile(r"(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d))?", re.ASCII)
_PAST_MIDNIGHT: Final = re.compile(r"(?P<hour>2[4-9]|3\d|4[0-7])(?P<rest>:[0-5]\d)?", re.ASCII)
_MOMENT: Final = re.compile(r"(?P<day>.+?)(?:[T\s]+(?P<at>\d{1,2}:\d{2}))?")
_LONGEST_SPAN: Final = timedelta(days=3 * 366)
_DAY: Final = timedelta(days=1)
MOST_DAYS: Final = 1_000
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_A_DAY: Final = {"weeks": 1 / 7, "days": 1, "business": 1, "hours": 24, "minutes": 24 * 60}


def clock(text: str) -> time:
    """A time of day: `9:00`, `9`, `17:30`, `17時半`; ValueError otherwise."""
    found = _CLOCK.fullmatch(with_colons(text).strip())
    if found is None:
        raise ValueError("時刻は 9:00 や 17:30 のように、0:00 から 23:59 までで書いてください")
    return time(int(found["hour"]), int(found["minute"] or 0))


def with_colons(text: str) -> str:
    """`17時`, `17時5分`, `17時半` as `17:00`, `17:05`, `17:30`."""
    return _SPOKEN.sub(lambda each: f"{each[1]}:{30 if each[3] else int(each[2] or 0):02d}", text)


def _day(text: str) -> date:
    """A day in any spelling of an office: `2026-11-24`, `2026/11/24(火)`, `令和8年11月24日`, `R8.11.24`."""
    try:
        day: date = _DATE_CELL(text)
    except Misfit as misfit:
        if misfit.code == "other_weekday":
            raise ValueError("日付と曜日が合いません。どちらが正しいか確かめてください") from misfit
        raise ValueError("日付は 2026-11-24 や 令和8年11月24日 の形で、ある日を書いてください") from None
    if day is None:
        raise ValueError("日付が空です")
    _check_year(day)
    return day


def _check_year(day: date) -> None:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"年は{_FIRST_YEAR}から{_LAST_YEAR}までです。書き間違いでないか確かめてください")


def as_text(value: Any) -> str:
    """One value as text, full-width characters made narrow; ValueError for a list or mapping."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | dict):
        raise ValueError("ここには一つの値だけを書いてください")  # noqa: TRY004 - pydantic explains ValueErrors only
    return unicodedata.normalize("NFKC", str(value))


def as_list(value: Any) -> list[Any]:
    """A list as it is, one value as a list of one."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_span(value: Any) -> tuple[date, date]:
    return value if isinstance(value, tuple) else span_in(as_text(value))


def span_in(text: str) -> tuple[date, date]:
    """A day, or the first and last of a span: `2026-11-24/2026-12-25`, `令和8年11月24日から12月25日まで`, `2026/11/24〜12/25`.

    Raises:
        ValueError: In a clerk's words: it cannot be read, runs backwards, or is longer than three years.
    """
    first, *rest = _SPAN.split(unicodedata.normalize("NFKC", text).strip().removesuffix("まで"))
    begins = _day(first)
    ends = _last_day(begins, rest[0]) if rest else begins
    if ends < begins or len(rest) > 1:
        raise ValueError("日付の範囲は 2026-11-24/2026-12-25 の形で、早い日を先に書いてください")
    if ends - begins > _LONGEST_SPAN:
        raise ValueError("日付の範囲は3年までです")
    return begins, ends


def _last_day(first: date, text: str) -> date:
    """The end of a span; one without a year (`12/25`) is the next such day after its beginning."""
    short = _WITHOUT_YEAR.fullmatch(text)
    if short is None:
        return _day(text)
    month, day = int(short[1]), int(short[2])
    passed = (month, day) < (first.month, first.day)
    return _day(f"{first.year + passed}-{month}-{day}")


def weekdays_in(text: str) -> str:
    """`火・木`, `月曜日から金曜日` (`月〜金`), `平日`, `毎日` as the letters of the week in order; ValueError otherwise."""
    plain = re.sub(r"曜日?|[・、,()（）\s]", "", text.replace("から", "〜"))
    plain = _RUN.sub(_between, _EVERY.get(plain, plain))
    if not plain or any(char not in _WEEKDAYS for char in plain):
        raise ValueError(
            "曜日は 火木土、月〜金、平日、毎日 のように書いてください。祝日は日付で書いてください"
        )
    return "".join(sorted(set(plain), key=_WEEKDAYS.index))


def _between(run: re.Match[str]) -> str:
    first, last = _WEEKDAYS.index(run[1]), _WEEKDAYS.index(run[2])
    return _WEEKDAYS[first : last + 1] if first <= last else _WEEKDAYS[first:] + _WEEKDAYS[: last + 1]


def _as_weekdays(value: Any) -> tuple[int, ...]:
    if isinstance(value, tuple):
        return value
    return tuple(_WEEKDAYS.index(char) for char in weekdays_in("".join(map(as_text, as_list(value)))))


def _as_time_span(value: Any) -> tuple[time, time | None]:
    if isinstance(value, tuple):
        return value
    start, _, end = re.sub(r"[〜～~]", "-", as_text(value)).partition("-")
    begins, past_midnight = clock(start), _PAST_MIDNIGHT.fullmatch(with_colons(end).strip())
    if past_midnight is None:
        ends = clock(end) if end else None
    else:
        ends = clock(f"{int(past_midnight['hour']) - 24}{past_midnight['rest'] or ''}")
    if begins == ends and past_midnight is None:
        raise ValueError("始まりと終わりが同じ時刻です")
    if past_midnight is not None and ends is not None and ends > begins:
        raise ValueError("一つの枠は24時間までです")
    return begins, ends


def _as_instant(value: Any) -> datetime:
    """An instant; a day alone is its beginning."""
    try:
        instant = value if isinstance(value, datetime) else _instant(as_text(value))
    except ValueError:
        raise ValueError("日時は 2026-11-01 9:00 の形で書いてください") from None
    _check_year(instant)
    return instant if instant.tzinfo else instant.replace(tzinfo=JST)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        found = _MOMENT.fullmatch(with_colons(text).strip())
    if found is None:
        raise ValueError("no instant")
    return datetime.combine(_day(found["day"]), clock(found["at"]) if found["at"] else time())


def _as_ending(value: Any) -> datetime:
    """The instant at which something ends; a day alone is meant until it is over."""
    instant = _as_instant(value)
    return instant + _DAY if _is_day(value) else instant


def _is_day(value: Any) -> bool:
    if isinstance(value, date):
        return not isinstance(value, datetime)
    return isinstance(value, str) and not re.search(r"[:時T]", as_text(value))


def _cut(value: Any) -> re.Match[str] | None:
    found = _CUT.fullmatch(with_colons(as_text(value)).strip())
    if found and max(float(found[name] or 0) / a_day for name, a_day in _A_DAY.items()) > MOST_DAYS:
        raise ValueError(f"{MOST_DAYS}日より前は書けません")
    return found


def _days(found: re.Match[str]) -> int:
    return int(found["days"] or 0) + 7 * int(found["weeks"] or 0) + bool(found["eve"])


def _hours(found: re.Match[str]) -> float:
    return float(found["hours"] or 0) + int(found["minutes"] or 0) / 60


def as_cut(value: Any) -> CutOff:
    """`2時間前`, `当日 8:30`, `前日 17:00`, `3営業日前 17:00`, `1週間前`."""
    if isinstance(value, CutOff):
        return value
    found = _cut(value)
    if found is None:
        raise ValueError("「2時間前」「当日 8:30」「前日 17:00」「3営業日前 17:00」のように書いてください")
    if found["hours"] or found["minutes"]:
        return CutOff(hours=_hours(found))
    at = clock(found["at"]) if found["at"] else None
    return CutOff(days=_days(found), business_days=int(found["business"] or 0), at=at)


def as_reminder(value: Any) -> Reminder:
    """`前日 18:00`, `当日 7:00`, `1週間前 18:00`, `2時間前`."""
    if isinstance(value, Reminder):
        return value
    found = _cut(value)
    if found is None or found["business"]:
        raise ValueError("「前日 18:00」「当日 7:00」「2時間前」のように書いてください")
    if found["hours"] or found["minutes"]:
        return Reminder(hours_before=_hours(found))
    return Reminder(days_before=_days(found), at=clock(found["at"] or "18:00"))


def _as_day(value: Any) -> date:
    return _day(as_text(value).strip())


Day = Annotated[date, BeforeValidator(_as_day)]
DateSpan = Annotated[tuple[date, date], BeforeValidator(_as_span)]
TimeSpan = Annotated[tuple[time, time | None], BeforeValidator(_as_time_span)]
Listed = BeforeValidator(as_list)
Moment = Annotated[datetime, BeforeValidator(_as_instant)]
Ending = Annotated[datetime, BeforeValidator(_as_ending)]
Cut = Annotated[CutOff, BeforeValidator(as_cut)]
Weekdays = Annotated[tuple[int, ...], BeforeValidator(_as_weekdays)]
Remind = Annotated[Reminder, BeforeValidator(as_reminder)]


class Written(BaseModel):
    """Settings as a clerk writes them: an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def setting_names(of: type[Written] = Written) -> frozenset[str]:
    """Every name that a setting can have, at whatever depth."""
    own = {each.alias or name for name, each in of.model_fields.items()}
    return frozenset(own.union(*map(setting_names, of.__subclasses__())))
