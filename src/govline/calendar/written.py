"""How settings are written: dates, spans, times and cut-offs as a clerk writes them, and what to say where they cannot be read."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict

from govline.calendar.model import CutOff, Reminder
from govline.core.jst import JST

__all__ = [
    "MOST_DAYS",
    "Cut",
    "DateSpan",
    "Listed",
    "Moment",
    "Remind",
    "TimeSpan",
    "Weekdays",
    "Written",
    "as_list",
    "as_text",
    "clock",
]

_WEEKDAYS: Final = "月火水木金土日"
_SPAN: Final = re.compile(r"\s*(?:/|\.\.|〜|～|~)\s*")
_CUT: Final = re.compile(
    r"(?:(?P<hours>\d+(?:\.\d+)?)時間前|(?P<minutes>\d+)分前"
    r"|(?:(?P<business>\d+)営業日前|(?P<days>\d+)日前|(?P<eve>前日)|(?P<same>当日))(?:の?\s*(?P<at>\d{1,2}:\d{2})(?:まで)?)?)"
)
_CLOCK: Final = re.compile(r"(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d))?", re.ASCII)
_LONGEST_SPAN: Final = timedelta(days=3 * 366)
MOST_DAYS: Final = 1_000
_A_DAY: Final = {"days": 1, "business": 1, "hours": 24, "minutes": 24 * 60}


def clock(text: str) -> time:
    """A time of day: `9:00`, `9`, `17:30`; ValueError otherwise."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError("時刻は 9:00 や 17:30 のように、0:00 から 23:59 までで書いてください")
    return time(int(found["hour"]), int(found["minute"] or 0))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("日付は 2026-11-24 の形で、ある日を書いてください") from None


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
    if isinstance(value, tuple):
        return value
    first, *rest = _SPAN.split(as_text(value).strip())
    span = _day(first), _day(rest[0] if rest else first)
    if span[1] < span[0] or len(rest) > 1:
        raise ValueError("日付の範囲は 2026-11-24/2026-12-25 の形で、早い日を先に書いてください")
    if span[1] - span[0] > _LONGEST_SPAN:
        raise ValueError("日付の範囲は3年までです")
    return span


def _as_weekdays(value: Any) -> tuple[int, ...]:
    text = "".join(map(str, as_list(value)))
    wrong = [char for char in text if char not in _WEEKDAYS]
    if wrong or not text:
        raise ValueError("曜日は 月火水木金土日 の文字で書いてください")
    return tuple(sorted({_WEEKDAYS.index(char) for char in text}))


def _as_time_span(value: Any) -> tuple[time, time | None]:
    if isinstance(value, tuple):
        return value
    start, _, end = re.sub(r"[〜～~]", "-", as_text(value)).partition("-")
    span = clock(start), clock(end) if end else None
    if span[0] == span[1]:
        raise ValueError("始まりと終わりが同じ時刻です")
    return span


def _as_instant(value: Any) -> datetime:
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(as_text(value))
    except ValueError:
        raise ValueError("日時は 2026-11-01 09:00 の形で書いてください") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=JST)


def _cut(value: Any) -> re.Match[str] | None:
    found = _CUT.fullmatch(as_text(value).strip())
    if found and max(float(found[name] or 0) / a_day for name, a_day in _A_DAY.items()) > MOST_DAYS:
        raise ValueError(f"{MOST_DAYS}日より前は書けません")
    return found


def as_cut(value: Any) -> CutOff:
    """`2時間前`, `前日 17:00`, `3営業日前 17:00`."""
    if isinstance(value, CutOff):
        return value
    found = _cut(value)
    if found is None:
        raise ValueError("「2時間前」「前日 17:00」「3営業日前 17:00」のように書いてください")
    at = clock(found["at"]) if found["at"] else None
    if found["business"]:
        return CutOff(business_days=int(found["business"]), at=at)
    if found["days"] or found["eve"]:
        return CutOff(days=int(found["days"] or 1), at=at)
    if found["same"]:
        raise ValueError("当日の締切は「1時間前」のように書いてください")
    return CutOff(hours=float(found["hours"] or 0) + int(found["minutes"] or 0) / 60)


def as_reminder(value: Any) -> Reminder:
    """`前日 18:00`, `当日 7:00`, `2時間前`."""
    if isinstance(value, Reminder):
        return value
    found = _cut(value)
    if found is None or found["business"]:
        raise ValueError("「前日 18:00」「当日 7:00」「2時間前」のように書いてください")
    if found["hours"] or found["minutes"]:
        return Reminder(hours_before=float(found["hours"] or 0) + int(found["minutes"] or 0) / 60)
    days = 0 if found["same"] else int(found["days"] or 1)
    return Reminder(days_before=days, at=clock(found["at"] or "18:00"))


DateSpan = Annotated[tuple[date, date], BeforeValidator(_as_span)]
TimeSpan = Annotated[tuple[time, time | None], BeforeValidator(_as_time_span)]
Listed = BeforeValidator(as_list)
Moment = Annotated[datetime, BeforeValidator(_as_instant)]
Cut = Annotated[CutOff, BeforeValidator(as_cut)]
Weekdays = Annotated[tuple[int, ...], BeforeValidator(_as_weekdays)]
Remind = Annotated[Reminder, BeforeValidator(as_reminder)]


class Written(BaseModel):
    """Settings as a clerk writes them: an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
