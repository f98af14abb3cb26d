"""A programme as a clerk's one sheet: a few settings above, a row for each stretch of slots below; Excel or CSV, in and out.

Required are 名称, 定員 and the slots (日付 and 開始). What a sheet cannot say (policies in depth, pools, fees) stays in the programme's
YAML file: a sheet that is read over it replaces only what sheets say.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen
from pydantic import TypeAdapter, ValidationError

from govline.calendar.definition import ProgrammeDefinition
from govline.calendar.definition_policy import shown_options
from govline.calendar.misreadings import told
from govline.calendar.written import Ending, Moment, as_list, as_text, setting_names, span_in, weekdays_in
from govline.core import frozen_tuple
from govline.core.jst import to_jst
from govline.errors import DefinitionError
from govline.tabular import Column, Issue, Reading, Row, Table, read, write
from govline.tabular.headers import fold_header
from govline.tabular.values import parser
from govline.tabular.wording import REASONS, Misfit

__all__ = ["SETTINGS", "SLOTS", "Sheet", "read_sheet", "write_sheet"]

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_ROLLING: Final = re.compile(r"(\d{1,3})日先まで")
_INSTANT: Final = parser(Column("instant", "日時", type="datetime"))


def _dates(text: str) -> str:
    """`2026/11/24～12月25日` in any spelling of dates as `2026-11-24/2026-12-25`; `60日先まで` stays."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if _ROLLING.fullmatch(plain):
        return plain
    try:
        first, last = span_in(plain)
    except ValueError as error:
        if isinstance(error.__cause__, Misfit):  # the table has words of its own for it
            raise error.__cause__ from None
        raise _unfit(str(error)) from None
    return str(first) if first == last else f"{first}/{last}"


def _unfit(hint: str) -> DefinitionError:
    return DefinitionError("the cell cannot be read", code="GL-2010", hint=hint)


def _span(text: str) -> str:
    dates = _dates(text)
    if _ROLLING.fullmatch(dates):
        raise _unfit("期間や休みは、日付で書いてください")
    return dates


def _shown_dates(value: str) -> str:
    return value.replace("/", "〜")


def _weekdays(text: str) -> str:
    try:
        return weekdays_in(unicodedata.normalize("NFKC", text))
    except ValueError as error:
        raise _unfit(str(error)) from None


def _ending(text: str) -> datetime:
    """`2026-12-25 17:00`; a day alone is meant until it is over."""
    instant: datetime = _INSTANT(text)
    plain = unicodedata.normalize("NFKC", text)
    return instant if re.search(r"[:時]", plain) else instant + timedelta(days=1)


def _shown_ending(instant: datetime) -> str:
    """What `_ending` reads as this instant; a midnight as the day that it ends."""
    here = to_jst(instant)
    if here.time() == time():
        return (here.date() - timedelta(days=1)).isoformat()
    return f"{here:%Y-%m-%d %H:%M}"


SETTINGS: Final = (
    Column("label", "名称", required=True, max_length=60),
    Column("programme", "予約ID", pattern=_ID.pattern, pattern_hint="英小文字、数字、-、_ で書いてください"),
    Column("capacity", "定員", type="integer", required=True, least=0, most=1_000_000),
    Column("period", "期間", parse=_span, format=_shown_dates),
    Column("opens", "受付開始", type="datetime"),
    Column("closes", "受付終了", parse=_ending, format=_shown_ending),
    Column("book_until", "予約締切"),
    Column("change_until", "変更締切"),
    Column("cancel_until", "取消締切"),
    Column("max_party", "1回の人数", type="integer", least=1),
    Column("limit", "1人の件数", type="integer", least=1),
    Column("remind", "お知らせ", type="list"),
    Column("closed", "休み", type="list"),
    Column("closed_on_holidays", "祝日は休み", type="boolean"),
    Column("options", "備品"),
)
"""What stands above the slots, as title and value; in any order, and all but 名称 and 定員 may be left out."""
SLOTS: Final = (
    Column("dates", "日付", required=True, aliases=("期日", "日程"), parse=_dates, format=_shown_dates),
    Column("weekdays", "曜日", parse=_weekdays, format=str),
    Column("starts", "開始", type="time", required=True, aliases=("開始時刻",)),
    Column("ends", "終了", type="time", aliases=("終了時刻",)),
    Column("capacity", "定員", type="integer", least=0, most=1_000_000),
    Column("name", "部屋", aliases=("枠の名前", "会場", "窓口")),
)
_SPAN_CELL: Final = parser(Column("span", "休み", parse=_span, format=str))
_POLICY: Final = ("opens", "closes", "book_until", "change_until", "cancel_until", "max_party", "limit")
_OF_PROGRAMME: Final = ("label", "capacity", "remind", "closed", "closed_on_holidays", "options")
_BY_TITLE: Final = {fold_header(column.title): column for column in SETTINGS}


@frozen
class Sheet:
    """A sheet that was read.

    Args:
        data: The programme as its YAML file will hold it; {} where something is wrong.
        issues: Every fault, by row and column.
        rows: Rows of slots.
        notes: What was read otherwise than somebody might think, and keeps nothing from being published.
        places: Row and column of each setting, and of the slots.
    """

    data: Mapping[str, Any] = field(hash=False)
    issues: tuple[Issue, ...] = field(default=(), converter=frozen_tuple)
    rows: int = 0
    notes: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    places: Mapping[str, tuple[int, str]] = field(factory=dict, hash=False)

    def place_of(self, key: str) -> tuple[int, str] | None:
        """Row and column that say this setting (`policy.closes`, `slots`); None where the sheet does not say it."""
        return self.places.get(key.removeprefix("policy.")) or self.places.get(key.partition(".")[0])


def read_sheet(path: Path | str, *, standing: Mapping[str, Any] | None = None, programme: str = "") -> Sheet:
    """Read a sheet, all its faults at once.

    Args:
        standing: The programme's file as it is; settings that a sheet cannot say are taken from it.
        programme: Its id, where the sheet names none; made from the file's name, or else from 名称.

    Raises:
        FileError: GL-0030 to GL-0039, the file cannot be read at all, or has no row of headers 日付 and 開始.
    """
    reading = read(Table("slots", SLOTS), path)
    settings = _Settings(reading)
    table = Table("slots", SLOTS, rules=[settings.judge])
    reading = read(table, path)
    rows = list(reading)
    issues = [*settings.issues, *reading.report.issues, *_twice(reading, rows)]
    if not rows:
        issues.append(_issue(reading.header.row, "日付", "枠が1行もありません", "日付と開始を書いてください"))
    given = settings.values
    slots = _slots(row for row in rows if not row.issues)
    cleared = settings.rows.keys() - given.keys()
    data = _merged(_without(standing or {}, cleared), given, [slot for slot, _ in slots])
    data["programme"] = given.get("programme") or programme or _named(Path(path), str(given.get("label", "")))
    if not issues:
        issues = list(_against(data, reading, settings, [where for _, where in slots]))
    issues.sort(key=lambda issue: issue.row)
    titles = {column.name: column.title for column in SETTINGS}
    places = {name: (number, titles[name]) for name, number in settings.rows.items()}
    places["slots"] = (reading.header.row, reading.header.titles["dates"])
    return Sheet({} if issues else data, issues, len(rows), _notes(reading), places)


def _notes(reading: Reading) -> Iterator[str]:
    if reading.source.hidden_rows:
        yield f"非表示の{reading.source.hidden_rows}行も読みました。要らない行は消してください。"
    for title in reading.source.hidden_columns:
        yield f"非表示の列「{title}」も読みました。要らない列は消してください。"
    for title in reading.header.unknown:
        yield f"「{title}」の列は読みません。"


def write_sheet(path: Path | str, data: Mapping[str, Any]) -> None:
    """Write a programme's file as a sheet with types and drop-downs; read back it says the same.

    Raises:
        FileError: It cannot be written.
        MissingExtra: A workbook without the extra `excel`.
    """
    policy = data.get("policy") or {}
    values = {**{name: data.get(name) for name in ("programme", *_OF_PROGRAMME)}, **policy}
    values["label"] = values["label"] or values["programme"]
    for name, alias in (("opens", Moment), ("closes", Ending)):
        written = values.get(name)
        values[name] = None if written in (None, "") else TypeAdapter(alias).validate_python(written)
    for name, spelled in (("remind", as_text), ("closed", _spelled)):
        values[name] = tuple(spelled(each) for each in as_list(values[name] or []))
    values["options"] = said = shown_options(data.get("options"))
    unsaid = {"options"} if said is None else set()  # what a line cannot say stays as the file has it
    above = [(column, values.get(column.name)) for column in SETTINGS if column.name not in unsaid]
    write(Table("slots", SLOTS), path, _rows(data.get("slots") or []), above=above)


class _Settings:
    """The rows above the header: title in the first cell that holds anything, value in the next."""

    def __init__(self, reading: Reading) -> None:
        self.values: dict[str, Any] = {}
        self.rows: dict[str, int] = {}
        self.issues: list[Issue] = []
        for number, cells in enumerate(reading.above, 1):
            filled = [cell for cell in cells if cell not in (None, "")]
            column = _BY_TITLE.get(fold_header(filled[0])) if filled else None
            if column is not None:
                self._take(number, column, filled[1] if len(filled) > 1 else None)
            elif _is_setting(cells):
                self.issues.append(_unknown(number, str(filled[0])))
        for column in SETTINGS:
            if column.required and column.name not in self.rows:
                self.issues.append(
                    _issue(
                        1,
                        column.title,
                        "この設定がありません",
                        f"A列に「{column.title}」、B列に値を書いてください",
                    )
                )

    def _take(self, number: int, column: Column, cell: Any) -> None:
        self.rows[column.name] = number
        try:
            value = parser(column)(cell)
            if column.name == "closed" and value:
                value = tuple(map(_SPAN_CELL, value))
        except Misfit as misfit:
            words = REASONS[misfit.code]
            reason, remedy = (each.format(**misfit.words) for each in (words.reason, words.remedy))
            self.issues.append(Issue(number, column.title, misfit.code, reason, remedy))
            return
        if value is not None:
            self.values[column.name] = value

    def judge(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """What a row of slots has against it, on its own or against 期間."""
        starts, ends, dates = values.get("starts"), values.get("ends"), values.get("dates")
        if starts and ends and ends <= starts:
            wrong = "同じ" if ends == starts else "前"
            yield (
                "ends",
                f"終了が開始{'と' if ends == starts else 'より'}{wrong}です",
                "翌日にかかる枠は 25:00 のように書いてください",
            )
        elif starts and ends and ends > _a_day_later(starts):
            yield "ends", "終了が開始の24時間後より後です", "一つの枠は24時間までにしてください"
        if starts and starts >= "24:00":
            yield "starts", "開始は 23:59 までです", "次の日の枠は次の日の日付で書いてください"
        period = self.values.get("period")
        if dates and period and not _ROLLING.fullmatch(dates):
            (first, last), (begin, end) = _ends(dates), _ends(period)
            if first < begin or last > end:
                yield (
                    "dates",
                    f"期間({_shown_dates(period)})の外の枠です",
                    "日付か、上の「期間」を直してください",
                )


def _is_setting(cells: Sequence[Any]) -> bool:
    """Whether a title and its value stand there side by side, and nothing else: no heading, no remark."""
    filled = [at for at, cell in enumerate(cells) if cell not in (None, "")]
    return len(filled) == 2 and filled[1] == filled[0] + 1 and isinstance(cells[filled[0]], str)


def _unknown(row: int, title: str) -> Issue:
    near = get_close_matches(title, [column.title for column in SETTINGS], n=1)
    meant = f"「{near[0]}」ではありませんか" if near else "名前を直すか、行を消してください"
    return _issue(row, title, "この名前の設定はありません", meant)


def _ends(span: str) -> tuple[str, str]:
    first, _, last = span.partition("/")
    return first, last or first


def _twice(reading: Reading, rows: Sequence[Row]) -> Iterator[Issue]:
    """Slots that stand there twice: the same dates, start and room."""
    seen: dict[tuple[Any, ...], int] = {}
    for row in rows:
        key = tuple(row.values.get(name) for name in ("dates", "weekdays", "starts", "name"))
        first = seen.setdefault(key, row.number)
        if first != row.number and not row.issues:
            words = REASONS["duplicate"]
            title = reading.header.titles["dates"]
            yield Issue(row.number, title, "duplicate", words.reason.format(first=first), words.remedy)


def _slots(rows: Iterable[Row]) -> list[tuple[dict[str, Any], list[int]]]:
    """Rows that differ in nothing but their times become one entry; with the rows it came from."""
    found: dict[tuple[Any, ...], tuple[dict[str, Any], list[int]]] = {}
    for row in rows:
        dates = row.values["dates"]
        weekdays, capacity, name = (row.values.get(each) for each in ("weekdays", "capacity", "name"))
        slot: dict[str, Any] = {}
        rolling = _ROLLING.fullmatch(dates)
        slot |= {"rolling": int(rolling[1])} if rolling else {"dates": dates}
        slot |= {"weekdays": weekdays} if weekdays else {}
        slot |= {"times": []}
        slot |= {"capacity": capacity} if capacity is not None else {}
        slot |= {"name": name} if name else {}
        entry, where = found.setdefault((dates, weekdays, capacity, name), (slot, []))
        entry["times"].append(_times(row.values["starts"], row.values.get("ends")))
        where.append(row.number)
    return list(found.values())


def _a_day_later(clock: str) -> str:
    return f"{int(clock[:2]) + 24}{clock[2:]}"


def _times(starts: str, ends: str | None) -> str:
    if not ends:
        return starts
    hour, _, minute = ends.partition(":")
    on_the_clock = f"{int(hour) % 24:02d}:{minute}"
    return f"{starts}-{ends if on_the_clock == starts else on_the_clock}"  # a whole day keeps its 24:00


def _merged(
    standing: Mapping[str, Any], given: Mapping[str, Any], slots: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    data: dict[str, Any] = {"programme": ""}
    data |= {name: standing[name] for name in standing if name not in ("programme", "policy", "slots")}
    data |= {name: _plain(given[name]) for name in _OF_PROGRAMME if name in given}
    data["slots"] = [*slots]
    policy = {**(standing.get("policy") or {})}
    policy |= {name: _plain(given[name]) for name in _POLICY if name in given}
    if policy:
        data["policy"] = policy
    return data


def _without(standing: Mapping[str, Any], cleared: Collection[str]) -> dict[str, Any]:
    """What stands, without the settings whose cells the clerk has emptied."""
    policy = {name: value for name, value in (standing.get("policy") or {}).items() if name not in cleared}
    return {name: value for name, value in standing.items() if name not in cleared} | (
        {"policy": policy} if policy or "policy" in standing else {}
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{to_jst(value):%Y-%m-%d %H:%M}"
    return list(value) if isinstance(value, tuple) else value


def _named(path: Path, label: str) -> str:
    stem = path.stem.lower()
    return stem if _ID.fullmatch(stem) else f"p{sha256(label.encode()).hexdigest()[:8]}"


def _against(
    data: Mapping[str, Any], reading: Reading, settings: _Settings, rows: Sequence[Sequence[int]]
) -> Iterator[Issue]:
    """What the definition says against the whole, told by row and column of the sheet."""
    try:
        ProgrammeDefinition.model_validate(data)
    except ValidationError as error:
        for each in error.errors():
            row, title = _place(each["loc"], reading, settings, rows)
            yield _issue(row, title, *told(each, setting_names()))


def _place(
    path: tuple[Any, ...], reading: Reading, settings: _Settings, rows: Sequence[Sequence[int]]
) -> tuple[int, str]:
    titles = {column.name: column.title for column in SETTINGS}
    if path and path[0] == "slots" and len(path) > 1 and isinstance(path[1], int):
        at = path[3] if len(path) > 3 and path[2] == "times" and isinstance(path[3], int) else 0
        column = {"times": "starts", "rolling": "dates"}.get(str(path[2]) if len(path) > 2 else "", "dates")
        return rows[path[1]][at], reading.header.titles[column]
    name = next((str(each) for each in reversed(path) if str(each) in titles), "label")
    return settings.rows.get(name, 1), titles[name]


def _issue(row: int, title: str, reason: str, remedy: str) -> Issue:
    return Issue(row, title, "rule", reason, remedy)


# --- out ---


def _rows(slots: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for slot in slots:
        spans = [f"{slot['rolling']}日先まで"] if slot.get("rolling") else as_list(slot.get("dates") or [])
        weekdays = "".join(map(str, as_list(slot.get("weekdays") or "")))
        for dates in spans:
            for times in as_list(slot["times"]):
                starts, _, ends = re.sub(r"[〜～~]", "-", str(times)).partition("-")
                yield {
                    "dates": _spelled(dates),
                    "weekdays": weekdays or None,
                    "starts": _clock(starts),
                    "ends": _closing(_clock(starts), _clock(ends)) if ends else None,
                    "capacity": slot.get("capacity"),
                    "name": slot.get("name") or None,
                }


def _clock(text: str) -> str:
    hour, _, minute = text.strip().partition(":")
    return f"{int(hour):02d}:{minute or '00'}"


def _closing(starts: str, ends: str) -> str:
    return ends if ends > starts else _a_day_later(ends)


def _spelled(value: Any) -> str:
    """Dates of a file in the one spelling that sheets are written in."""
    return _dates(as_text(value))
