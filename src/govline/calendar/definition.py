"""What a clerk writes: a programme in YAML, with three required settings (programme, capacity, slots).

programme: copal
capacity: 20
slots:
  - dates: 2026-11-24/2026-12-25
    weekdays: 火水木金土日
    times: [10:00-11:30, 13:00-14:30]
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from govline.calendar.definition_policy import FeeText, OptionsText, PolicyDefinition
from govline.calendar.misreadings import told
from govline.calendar.model import Link, PoolRule, Programme, SlotRule
from govline.calendar.pricing import Tariff
from govline.calendar.written import DateSpan, Day, Listed, Remind, TimeSpan, Weekdays, Written, setting_names
from govline.errors import DefinitionError

__all__ = [
    "PolicyDefinition",
    "PoolDefinition",
    "ProgrammeDefinition",
    "SlotDefinition",
    "line_of",
    "load",
    "load_folder",
    "parse",
    "read_yaml",
]

_MINUTES_A_SLOT: Final = 60
_YAML_HINT: Final = (
    "save it as UTF-8; indent by spaces; quote texts that hold a colon; check that every date exists"
)
_DATE: Final = re.compile(r"\b([12]\d{3})-(\d{1,2})-(\d{1,2})\b")
_MONTHS: Final = 12
_MOST_DAYS: Final = 1_000
_MOST_PLACES: Final = 1_000_000


class SlotDefinition(Written):
    """Slots by dates and times. One of `dates` (days or spans) and `rolling` (the next so many days)."""

    times: Annotated[list[TimeSpan], Listed] = Field(min_length=1)
    dates: Annotated[list[DateSpan], Listed] = Field(default=[])
    rolling: int = Field(default=0, ge=0, le=730)
    weekdays: Weekdays = tuple(range(7))
    capacity: int | None = Field(default=None, ge=0, le=_MOST_PLACES)
    name: str = ""
    was: Annotated[list[str], Listed] = Field(default=[])

    @model_validator(mode="after")
    def _either_dated_or_rolling(self) -> Self:
        if bool(self.dates) == bool(self.rolling):
            raise ValueError("枠には dates(日付)か rolling(何日先まで)の、どちらか一つを書いてください")
        return self

    def rule(
        self, capacity: int, minutes: int, since: date | None = None, until: date | None = None
    ) -> SlotRule:
        """The rule, with the programme's defaults filled in; it holds from `since` to `until`."""
        times = [(start, end or _later(start, minutes)) for start, end in self.times]
        own = capacity if self.capacity is None else self.capacity
        return SlotRule(
            times, own, self.dates, self.rolling, self.weekdays, self.name, self.was, since, until
        )


class EditionDefinition(Written):
    """Slots from a day on (next fiscal year's); the ones before it hold until the day before. Policies have dates of their own."""

    from_: Day = Field(alias="from")
    slots: list[SlotDefinition]
    capacity: int | None = Field(default=None, ge=0, le=_MOST_PLACES)
    minutes: int | None = Field(default=None, ge=1, lt=24 * 60)


class PoolDefinition(Written):
    """A counter that slots share: a supply, or a cap for each month, day or time; `slots` names the slots that count."""

    name: str = Field(min_length=1)
    capacity: int = Field(ge=0, le=_MOST_PLACES)
    per: Literal["programme", "month", "day", "time"] = "programme"
    slots: Annotated[list[str], Listed] = Field(default=[])
    counts: Literal["places", "bookings"] = "places"

    def rule(self) -> PoolRule:
        """As the rest of the calendar knows it."""
        return PoolRule(self.name, self.capacity, self.per, self.slots, per_place=self.counts == "places")


class LinkDefinition(Written):
    """Bookings that belong together (第1回と第2回): `to` names the later one's programme, this one where omitted."""

    to: str = ""
    least_days: int = Field(default=0, ge=0, le=_MOST_DAYS)
    most_days: int | None = Field(default=None, ge=0, le=_MOST_DAYS)
    same_product: bool = False
    on_cancel: Literal["both", "ask"] = "both"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.most_days is not None and self.most_days < self.least_days:
            raise ValueError("linked: most_days は least_days 以上にしてください")
        return self

    def link(self) -> Link:
        """As the rest of the calendar knows it."""
        return Link(self.to, self.least_days, self.most_days, self.same_product, self.on_cancel)


class ProgrammeDefinition(Written):
    """A programme as written; `programme`, `capacity` and `slots` are the only required settings."""

    programme: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    capacity: int = Field(ge=0, le=_MOST_PLACES)
    slots: list[SlotDefinition]
    editions: list[EditionDefinition] = Field(default=[])
    label: str = ""
    minutes: int = Field(default=_MINUTES_A_SLOT, ge=1, lt=24 * 60)
    closed: Annotated[list[DateSpan], Listed] = Field(default=[])
    closed_on_holidays: bool = False
    policy: PolicyDefinition = PolicyDefinition()
    remind: Annotated[list[Remind], Listed] = Field(default=[])
    pools: list[PoolDefinition] = Field(default=[])
    parts: dict[str, list[str]] = Field(default={})
    between_minutes: int = Field(default=0, ge=0, lt=24 * 60)
    per_group: bool = False
    fees: Annotated[list[FeeText], Listed] = Field(default=[])
    options: OptionsText = Field(default={})
    reductions: dict[str, Annotated[int, Field(ge=0, le=100)]] = Field(default={})
    reduces_options: bool = False
    round_down_to: int = Field(default=1, ge=1)
    contact: Literal["required", "optional", "none"] = "optional"
    linked: LinkDefinition | None = None
    no_show_minutes: int | None = Field(default=None, ge=0, le=_MOST_DAYS * 24 * 60)

    @model_validator(mode="after")
    def _rooms_exist(self) -> Self:
        written = {slot.name for slots in self._all_slots() for slot in slots}
        names = written | set(self.parts)
        starts = [edition.from_ for edition in self.editions]
        if starts != sorted(set(starts)):
            raise ValueError("editions: from の日付は、早い順に一度ずつ書いてください")
        for pool in self.pools:
            if unknown := [name for name in pool.slots if name not in names]:
                raise ValueError(f"pools「{pool.name}」: 「{unknown[0]}」という枠はありません")
        for where, used in self._named_slots():
            if unknown := [name for name in used if name not in names]:
                raise ValueError(f"{where}: 「{unknown[0]}」という枠はありません")
        if missing := [name for name in self.parts if name not in written]:
            raise ValueError(f"parts: 「{missing[0]}」という枠はありません")
        if _circle(self.parts):
            raise ValueError("parts: 部分をたどると、もとの部屋に戻ります")
        return self

    def _all_slots(self) -> Iterator[list[SlotDefinition]]:
        yield self.slots
        yield from (edition.slots for edition in self.editions)

    def _rules(self) -> Iterator[SlotRule]:
        """Every edition's rules, each until the day before the next one."""
        own = EditionDefinition.model_construct(from_=date.min, slots=self.slots)
        for edition, following in zip_longest([own, *self.editions], self.editions):
            capacity = self.capacity if edition.capacity is None else edition.capacity
            until = following.from_ - timedelta(days=1) if following else None
            since = edition.from_ if edition is not own else None
            for slot in edition.slots:
                yield slot.rule(capacity, edition.minutes or self.minutes, since, until)

    def _named_slots(self) -> Iterator[tuple[str, Sequence[str]]]:
        yield from ((f"policy.products「{name}」", slots) for name, slots in self.policy.products.items())
        yield from (("fees", fee.slots) for fee in self.fees)
        yield from ((f"options「{name}」", option.slots) for name, option in self.options.items())

    def build(self) -> Programme:
        """The programme as the rest of the calendar knows it."""
        return Programme(
            id=self.programme,
            label=self.label,
            policy=self.policy.policy(),
            rules=list(self._rules()),
            closed=self.closed,
            closed_on_holidays=self.closed_on_holidays,
            reminders=self.remind,
            pools=[pool.rule() for pool in self.pools],
            parts={whole: tuple(parts) for whole, parts in self.parts.items()},
            between=timedelta(minutes=self.between_minutes),
            per_group=self.per_group,
            tariff=self._tariff(),
            options={name: option.option() for name, option in self.options.items()},
            contact=self.contact,
            link=self.linked.link() if self.linked else None,
            no_show_after=None if self.no_show_minutes is None else timedelta(minutes=self.no_show_minutes),
        )

    def _tariff(self) -> Tariff | None:
        """None where nothing has a price."""
        priced = {name: fee for name, option in self.options.items() if (fee := option.fee(name)) is not None}
        if not self.fees and not priced:
            return None
        return Tariff(
            [fee.fee() for fee in self.fees],
            priced,
            dict(self.reductions),
            self.reduces_options,
            self.round_down_to,
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
    line = line_of(data, first["loc"])
    if line:
        place["line"] = line
    place["key"] = ".".join(map(str, first["loc"]))
    reason, remedy = told(first, setting_names())
    return DefinitionError(reason, code="GL-2010", hint=remedy, place=place)


def line_of(data: Any, path: tuple[Any, ...]) -> int:
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


def read_yaml(path: str | Path) -> Mapping[str, Any]:
    """The settings of a YAML 1.2 file as they stand there, with their lines for `line_of`.

    Raises:
        DefinitionError: The file is no YAML mapping.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    path = Path(path)
    text = ""
    try:
        text = path.read_text("utf-8")
        data = YAML(typ="rt").load(text)
    except (YAMLError, ValueError, RecursionError) as error:  # also a date that no month has
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else _line_without_such_day(text)
        place = {"file": path.name} | ({"line": line} if line else {})
        why = getattr(error, "problem", None) or type(error).__name__
        raise DefinitionError(
            f"this is no YAML text: {why}", code="GL-2010", hint=_YAML_HINT, place=place
        ) from error
    if not isinstance(data, Mapping):
        raise DefinitionError("a programme is a mapping", code="GL-2010", place={"file": path.name})
    return data


def _line_without_such_day(text: str) -> int:
    """The first line with a date that no month has; 0 where there is none."""
    for number, line in enumerate(text.splitlines(), start=1):
        for year, month, day in _DATE.findall(line):
            if not (1 <= int(month) <= _MONTHS and 1 <= int(day) <= monthrange(int(year), int(month))[1]):
                return number
    return 0


def load(path: str | Path) -> Programme:
    """A programme from a YAML 1.2 file.

    Raises:
        DefinitionError: The file is no YAML mapping, or a setting is wrong.
    """
    return parse(read_yaml(path), file=Path(path).name)


def load_folder(folder: str | Path) -> list[Programme]:
    """Every programme of a folder, by file name; an absent folder has none."""
    paths = sorted(Path(folder).glob("*.y*ml"))
    return list(map(partial(load), paths))
