"""What a clerk writes: a programme in YAML, with three required settings (programme, capacity, slots).

programme: copal
capacity: 20
slots:
  - dates: 2026-11-24/2026-12-25
    weekdays: 火水木金土日
    times: [10:00-11:30, 13:00-14:30]
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from govline.calendar.model import CutOff, Policy, PoolRule, Programme, Reminder, SlotRule
from govline.core.jst import JST
from govline.errors import DefinitionError

__all__ = [
    "PolicyDefinition",
    "PoolDefinition",
    "ProgrammeDefinition",
    "SlotDefinition",
    "load",
    "load_folder",
    "parse",
]

_WEEKDAYS: Final = "月火水木金土日"
_SPAN: Final = re.compile(r"\s*(?:/|\.\.|〜|～|~)\s*")
_CUT: Final = re.compile(
    r"(?:(?P<hours>\d+(?:\.\d+)?)時間前|(?P<minutes>\d+)分前"
    r"|(?:(?P<business>\d+)営業日前|(?P<days>\d+)日前|(?P<eve>前日)|(?P<same>当日))(?:の?\s*(?P<at>\d{1,2}:\d{2})(?:まで)?)?)"
)
_CLOCK: Final = re.compile(r"(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d))?", re.ASCII)
_LONGEST_SPAN: Final = timedelta(days=3 * 366)
_MINUTES_A_SLOT: Final = 60
_MOST_PLACES: Final = 1_000_000
_MOST_DAYS: Final = 1_000
_A_DAY: Final = {"days": 1, "business": 1, "hours": 24, "minutes": 24 * 60}
_YAML_HINT: Final = (
    "save it as UTF-8; indent by spaces; quote texts that hold a colon; check that every date exists"
)


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError("時刻は 9:00 や 17:30 のように、0:00 から 23:59 までで書いてください")
    return time(int(found["hour"]), int(found["minute"] or 0))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("日付は 2026-11-24 の形で、ある日を書いてください") from None


def _as_text(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | dict):
        raise ValueError("ここには一つの値だけを書いてください")  # noqa: TRY004 - pydantic explains ValueErrors only
    return unicodedata.normalize("NFKC", str(value))


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_span(value: Any) -> tuple[date, date]:
    if isinstance(value, tuple):
        return value
    first, *rest = _SPAN.split(_as_text(value).strip())
    span = _day(first), _day(rest[0] if rest else first)
    if span[1] < span[0] or len(rest) > 1:
        raise ValueError("日付の範囲は 2026-11-24/2026-12-25 の形で、早い日を先に書いてください")
    if span[1] - span[0] > _LONGEST_SPAN:
        raise ValueError("日付の範囲は3年までです")
    return span


def _as_weekdays(value: Any) -> tuple[int, ...]:
    text = "".join(map(str, _as_list(value)))
    wrong = [char for char in text if char not in _WEEKDAYS]
    if wrong or not text:
        raise ValueError("曜日は 月火水木金土日 の文字で書いてください")
    return tuple(sorted({_WEEKDAYS.index(char) for char in text}))


def _as_time_span(value: Any) -> tuple[time, time | None]:
    if isinstance(value, tuple):
        return value
    start, _, end = re.sub(r"[〜～~]", "-", _as_text(value)).partition("-")
    span = _clock(start), _clock(end) if end else None
    if span[0] == span[1]:
        raise ValueError("始まりと終わりが同じ時刻です")
    return span


def _as_instant(value: Any) -> datetime:
    try:
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(_as_text(value))
    except ValueError:
        raise ValueError("日時は 2026-11-01 09:00 の形で書いてください") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=JST)


def _cut(value: Any) -> re.Match[str] | None:
    found = _CUT.fullmatch(_as_text(value).strip())
    if found and max(float(found[name] or 0) / a_day for name, a_day in _A_DAY.items()) > _MOST_DAYS:
        raise ValueError(f"{_MOST_DAYS}日より前は書けません")
    return found


def _as_cut(value: Any) -> CutOff:
    if isinstance(value, CutOff):
        return value
    found = _cut(value)
    if found is None:
        raise ValueError("「2時間前」「前日 17:00」「3営業日前 17:00」のように書いてください")
    at = _clock(found["at"]) if found["at"] else None
    if found["business"]:
        return CutOff(business_days=int(found["business"]), at=at)
    if found["days"] or found["eve"]:
        return CutOff(days=int(found["days"] or 1), at=at)
    if found["same"]:
        raise ValueError("当日の締切は「1時間前」のように書いてください")
    return CutOff(hours=float(found["hours"] or 0) + int(found["minutes"] or 0) / 60)


def _as_reminder(value: Any) -> Reminder:
    if isinstance(value, Reminder):
        return value
    found = _cut(value)
    if found is None or found["business"]:
        raise ValueError("「前日 18:00」「当日 7:00」「2時間前」のように書いてください")
    if found["hours"] or found["minutes"]:
        return Reminder(hours_before=float(found["hours"] or 0) + int(found["minutes"] or 0) / 60)
    days = 0 if found["same"] else int(found["days"] or 1)
    return Reminder(days_before=days, at=_clock(found["at"] or "18:00"))


DateSpan = Annotated[tuple[date, date], BeforeValidator(_as_span)]
TimeSpan = Annotated[tuple[time, time | None], BeforeValidator(_as_time_span)]
Listed = BeforeValidator(_as_list)
Moment = Annotated[datetime, BeforeValidator(_as_instant)]
Cut = Annotated[CutOff, BeforeValidator(_as_cut)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class SlotDefinition(_Written):
    """Slots by dates and times. One of `dates` (days or spans) and `rolling` (the next so many days)."""

    times: Annotated[list[TimeSpan], Listed] = Field(min_length=1)
    dates: Annotated[list[DateSpan], Listed] = []
    rolling: int = Field(default=0, ge=0, le=730)
    weekdays: Annotated[tuple[int, ...], BeforeValidator(_as_weekdays)] = tuple(range(7))
    capacity: int | None = Field(default=None, ge=0, le=_MOST_PLACES)
    name: str = ""

    def rule(self, capacity: int, minutes: int) -> SlotRule:
        """The rule, with the programme's defaults filled in."""
        times = [(start, end or _later(start, minutes)) for start, end in self.times]
        own = capacity if self.capacity is None else self.capacity
        return SlotRule(times, own, self.dates, self.rolling, self.weekdays, self.name)


class PolicyDefinition(_Written):
    """The policy as written; every setting is optional."""

    opens: Moment | None = None
    closes: Moment | None = None
    opens_days_before: int | None = Field(default=None, ge=0, le=_MOST_DAYS)
    book_until: Cut = CutOff()
    change_until: Cut = CutOff()
    cancel_until: Cut = CutOff()
    max_party: int | None = Field(default=None, ge=1)
    limit: int | None = Field(default=None, ge=1)
    hold_minutes: int = Field(default=10, ge=1, le=_MOST_DAYS * 24 * 60)

    def policy(self) -> Policy:
        return Policy(
            opens=self.opens,
            closes=self.closes,
            opens_days_before=self.opens_days_before,
            book=self.book_until,
            change=self.change_until,
            cancel=self.cancel_until,
            max_party=self.max_party,
            limit=self.limit,
            hold=timedelta(minutes=self.hold_minutes),
        )


class PoolDefinition(_Written):
    """A counter that slots share: a supply, or a cap for each month, day or time; `slots` names the slots that count."""

    name: str = Field(min_length=1)
    capacity: int = Field(ge=0, le=_MOST_PLACES)
    per: Literal["programme", "month", "day", "time"] = "programme"
    slots: Annotated[list[str], Listed] = []
    counts: Literal["places", "bookings"] = "places"

    def rule(self) -> PoolRule:
        """As the rest of the calendar knows it."""
        return PoolRule(self.name, self.capacity, self.per, self.slots, per_place=self.counts == "places")


class ProgrammeDefinition(_Written):
    """A programme as written; `programme`, `capacity` and `slots` are the only required settings."""

    programme: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    capacity: int = Field(ge=0, le=_MOST_PLACES)
    slots: list[SlotDefinition]
    label: str = ""
    minutes: int = Field(default=_MINUTES_A_SLOT, ge=1, lt=24 * 60)
    closed: Annotated[list[DateSpan], Listed] = []
    closed_on_holidays: bool = False
    policy: PolicyDefinition = PolicyDefinition()
    remind: Annotated[Reminder, BeforeValidator(_as_reminder)] | None = None
    pools: list[PoolDefinition] = []
    parts: dict[str, list[str]] = {}
    between_minutes: int = Field(default=0, ge=0, lt=24 * 60)
    per_group: bool = False

    @model_validator(mode="after")
    def _rooms_exist(self) -> Self:
        names = {slot.name for slot in self.slots} | set(self.parts)
        for pool in self.pools:
            if unknown := [name for name in pool.slots if name not in names]:
                raise ValueError(f"pools「{pool.name}」: 「{unknown[0]}」という枠はありません")
        if missing := [name for name in self.parts if name not in {slot.name for slot in self.slots}]:
            raise ValueError(f"parts: 「{missing[0]}」という枠はありません")
        if _circle(self.parts):
            raise ValueError("parts: 部分をたどると、もとの部屋に戻ります")
        return self

    def build(self) -> Programme:
        """The programme as the rest of the calendar knows it."""
        return Programme(
            id=self.programme,
            label=self.label,
            policy=self.policy.policy(),
            rules=[slot.rule(self.capacity, self.minutes) for slot in self.slots],
            closed=self.closed,
            closed_on_holidays=self.closed_on_holidays,
            reminder=self.remind,
            pools=[pool.rule() for pool in self.pools],
            parts={whole: tuple(parts) for whole, parts in self.parts.items()},
            between=timedelta(minutes=self.between_minutes),
            per_group=self.per_group,
        )


def _circle(parts: Mapping[str, Sequence[str]]) -> bool:
    def below(name: str, above: frozenset[str]) -> bool:
        return name in above or any(below(part, above | {name}) for part in parts.get(name, ()))

    return any(below(name, frozenset()) for name in parts)


def _later(start: time, minutes: int) -> time:
    return (datetime.combine(date.min, start) + timedelta(minutes=minutes)).time()


def parse(data: Mapping[str, Any], *, file: str = "") -> Programme:
    """A programme from plain data.

    Raises:
        DefinitionError: A setting is missing, unknown or wrong; `place` names file, line and key.
    """
    try:
        return ProgrammeDefinition.model_validate(data).build()
    except ValidationError as error:
        raise _explained(error, data, file) from error


def _explained(error: ValidationError, data: Mapping[str, Any], file: str) -> DefinitionError:
    first = error.errors()[0]
    place: dict[str, Any] = {"file": file} if file else {}
    line = _line(data, first["loc"])
    if line:
        place["line"] = line
    place["key"] = ".".join(map(str, first["loc"]))
    return DefinitionError(first["msg"], code="GL-2010", hint="calendars/*.yaml", place=place)


def _line(data: Any, path: tuple[Any, ...]) -> int:
    """The line of the deepest written key on the way to `path`; 0 for data that came from no file."""
    line = 0
    for key in path:
        marks = getattr(data, "lc", None)
        if marks is None or not isinstance(data, dict | list):
            break
        try:
            line = (marks.key(key) if isinstance(data, dict) else marks.item(key))[0] + 1
            data = data[key]
        except (KeyError, IndexError, TypeError):
            break
    return line


def load(path: str | Path) -> Programme:
    """A programme from a YAML 1.2 file.

    Raises:
        DefinitionError: The file is no YAML mapping, or a setting is wrong.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    path = Path(path)
    try:
        data = YAML(typ="rt").load(path.read_text("utf-8"))
    except (YAMLError, ValueError, RecursionError) as error:  # also a date that no month has
        mark = getattr(error, "problem_mark", None)
        place = {"file": path.name} | ({"line": mark.line + 1} if mark else {})
        why = getattr(error, "problem", None) or type(error).__name__
        raise DefinitionError(
            f"this is no YAML text: {why}", code="GL-2010", hint=_YAML_HINT, place=place
        ) from error
    if not isinstance(data, Mapping):
        raise DefinitionError("a programme is a mapping", code="GL-2010", place={"file": path.name})
    return parse(data, file=path.name)


def load_folder(folder: str | Path) -> list[Programme]:
    """Every programme of a folder, by file name; an absent folder has none."""
    paths = sorted(Path(folder).glob("*.y*ml"))
    return list(map(partial(load), paths))
