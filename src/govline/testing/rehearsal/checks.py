"""Judges a rehearsal: what citizens should have heard against what they heard."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Protocol

from attrs import frozen

from govline.city import City
from govline.core import CitizenId
from govline.core.jst import JST
from govline.testing.rehearsal.almanac import Almanac
from govline.testing.rehearsal.before import Before
from govline.testing.rehearsal.model import Delivery, Finding, Wish
from govline.testing.rehearsal.reading import NoticeReader
from govline.testing.rehearsal.report import Checks, Report
from govline.testing.rehearsal.spans import april, data_ends

__all__ = ["Expected", "judge"]

_DAY: Final = timedelta(days=1)
_SHOWN: Final = 5
_WEEK: Final = timedelta(days=8)

Key = tuple[CitizenId, date, str]
What = tuple[date, str, tuple[str, ...], datetime]
Heard = list[tuple[datetime, tuple[str, ...]]]


class Seen(Protocol):
    """What a rehearsal wrote down; see `running.Record`."""

    deliveries: list[Delivery]
    failed: list[tuple[str, datetime]]
    held: dict[str, int]
    late: list[str]


@frozen
class Expected:
    """What a citizen should hear of one area's collection day, and when."""

    at: datetime
    kinds: frozenset[str]


def judge(city: City, before: Before, seen: Seen, first: date, days: int, *, invented: int = 0) -> Report:
    """Compare what was seen with what ought to be; `before` was read before anything ran."""
    until = first + days * _DAY
    numbers = before.numbers
    for each in seen.deliveries:
        for citizen in each.citizens:
            numbers.setdefault(citizen, len(numbers) + 1)
    garbage = _garbage(before, seen.deliveries, first, until, numbers) if before.book else {}
    generic = {
        "doubled": [*garbage.pop("doubled", ()), *_doubled(seen.deliveries, numbers)],
        "missed": [*garbage.pop("missed", ()), *({"schedule": due} for due in seen.late)],
        "in_quiet_hours": list(_in_quiet_hours(city, seen.deliveries)),
        "failed": [{"tick": name, "at": at.isoformat()} for name, at in seen.failed],
    }
    reader = NoticeReader(before.texts, before.known_areas) if before.texts else None
    told = []
    for each in seen.deliveries:
        day = reader.day(each) if reader and each.source == "garbage" else None
        lines = reader.lines(each.text) if reader and reader.reads_areas and day else {}
        told.append((each, lines, tuple(numbers[citizen] for citizen in each.citizens)))
    checks = Checks(**garbage, **generic)
    warned = [*_warnings(before, checks), *_held(seen.held)]
    return Report(city.id, first, until - _DAY, days, len(numbers), invented, told, checks, warned, seen.held)


def _garbage(
    before: Before,
    deliveries: Sequence[Delivery],
    first: date,
    until: date,
    numbers: Mapping[CitizenId, int],
) -> dict[str, list[Finding]]:
    assert before.book is not None
    assert before.texts is not None
    almanac = Almanac(before.book, first, until)
    reader = NoticeReader(before.texts, before.known_areas)
    expected = _expected(before.wishes, almanac, first, until)
    heard = _heard(reader, deliveries, expected)
    found = _compare(expected, heard, almanac, numbers)
    areas = sorted({each.area for each in before.wishes if each.enabled})
    found["unannounced"] = list(_unannounced(before.wishes, almanac, reader, deliveries, numbers))
    found["data_ends"] = list(data_ends(almanac, areas))
    given = {key: heard.get(key, ()) for key in expected}
    found["april"] = [
        {
            "from": turn.isoformat(),
            "expected": sum(1 for key in expected if (key[1].year, key[1].month) == (turn.year, 4)),
            "delivered": sum(
                1 for key, got in given.items() if got and (key[1].year, key[1].month) == (turn.year, 4)
            ),
            "gaps": gaps,
        }
        for turn, gaps in april(almanac, areas)
    ]
    return found


def _expected(wishes: Iterable[Wish], almanac: Almanac, first: date, until: date) -> dict[Key, Expected]:
    begin, end = (datetime.combine(day, time(), JST) for day in (first, until))
    found: dict[Key, Expected] = {}
    for wish in wishes:
        for day, kinds in almanac.days(wish.area).items() if wish.enabled else ():
            at = datetime.combine(day - wish.lead * _DAY, time(wish.hour), JST)
            due = begin <= at < end and (wish.told_for is None or wish.told_for < day)
            if due and kinds - wish.muted:
                found[wish.citizen, day, wish.area] = Expected(at, frozenset(kinds - wish.muted))
    return found


def _heard(
    reader: NoticeReader, deliveries: Iterable[Delivery], expected: Mapping[Key, Expected]
) -> dict[Key, Heard]:
    """Every notice by citizen, collection day and area; in a wording that names none, those that were expected."""
    heard: dict[Key, Heard] = {}
    due: dict[tuple[CitizenId, date], list[str]] = {}
    for citizen, on, area in expected:
        due.setdefault((citizen, on), []).append(area)
    for each in deliveries:
        day = reader.day(each) if each.source == "garbage" else None
        if day is None:
            continue
        lines = reader.lines(each.text) if reader.reads_areas else None
        for citizen in each.citizens:
            told = lines
            if told is None:
                own = due.get((citizen, day), ())
                told = {area: tuple(expected[citizen, day, area].kinds) for area in own}
            for area, kinds in told.items():
                heard.setdefault((citizen, day, area), []).append((each.at, kinds))
    return heard


def _compare(
    expected: Mapping[Key, Expected],
    heard: Mapping[Key, Heard],
    almanac: Almanac,
    numbers: Mapping[CitizenId, int],
) -> dict[str, list[Finding]]:
    found: dict[str, dict[What, list[int]]] = {}

    def add(check: str, citizen: CitizenId, *what: *What) -> None:
        found.setdefault(check, {}).setdefault(what, []).append(numbers[citizen])

    for (citizen, day, area), due in expected.items():
        got = heard.get((citizen, day, area), [])
        missing = due.kinds - {kind for _, kinds in got for kind in kinds}
        if missing:
            add("missed", citizen, day, area, tuple(sorted(missing)), due.at)
        if len(got) > 1:
            add("doubled", citizen, day, area, tuple(sorted(due.kinds)), got[1][0])
        if got and got[0][0] != due.at:
            add("mistimed", citizen, day, area, tuple(sorted(due.kinds)), got[0][0])
    for (citizen, day, area), got in heard.items():
        wanted = expected.get((citizen, day, area))
        collected = almanac.days(area).get(day, set())
        for at, kinds in got:
            if closed := tuple(sorted(set(kinds) - collected)):
                add("on_closed_days", citizen, day, area, closed, at)
            own = set(kinds) & collected - (wanted.kinds if wanted else frozenset())
            if own:
                add("unwanted", citizen, day, area, tuple(sorted(own)), at)
    return {
        check: [_finding(*what, who) for what, who in sorted(groups.items(), key=lambda each: each[0])]
        for check, groups in found.items()
    }


def _finding(day: date, area: str, kinds: tuple[str, ...], at: datetime, who: list[int]) -> Finding:
    return {
        "day": day.isoformat(),
        "area": area,
        "kinds": list(kinds),
        "at": at.isoformat(),
        "citizens": len(who),
        "who": who[:_SHOWN],
    }


def _unannounced(
    wishes: Iterable[Wish],
    almanac: Almanac,
    reader: NoticeReader,
    deliveries: Sequence[Delivery],
    numbers: Mapping[CitizenId, int],
) -> Iterator[Finding]:
    """Changes of which somebody did not hear in the week before; those of the first week may have been told before it."""
    by_citizen: dict[CitizenId, list[Delivery]] = {}
    for each in deliveries:
        if each.source == "garbage":
            for citizen in each.citizens:
                by_citizen.setdefault(citizen, []).append(each)
    announced: dict[tuple[str, Any], bool] = {}
    missing: dict[Any, list[int]] = {}
    for wish in wishes:
        for off in almanac.offs(wish.area) if wish.enabled else ():
            if off.kind in wish.muted or not almanac.first + _WEEK <= off.day < almanac.last:
                continue
            last = datetime.combine(off.day - wish.lead * _DAY, time(wish.hour), JST)
            for each in by_citizen.get(wish.citizen, ()):
                if each.at <= last and (last - each.at) <= _WEEK:
                    pair = (each.text, off)
                    if pair not in announced:
                        announced[pair] = reader.announces(each.text, off)
                    if announced[pair]:
                        break
            else:
                missing.setdefault((off, last), []).append(numbers[wish.citizen])
    for (off, last), who in missing.items():
        to = {"moved_to": off.moved_to.isoformat()} if off.moved_to else {}
        yield {**_finding(off.day, off.area, (off.kind,), last, who), **to}


def _doubled(deliveries: Sequence[Delivery], numbers: Mapping[CitizenId, int]) -> Iterator[Finding]:
    """The same words from the same source to the same citizen on one day; garbage notices are compared by their days as well."""
    said = Counter(
        (citizen, each.source, each.at.date(), each.text) for each in deliveries for citizen in each.citizens
    )
    groups: dict[tuple[str, date, str], list[int]] = {}
    for (citizen, source, day, text), times in said.items():
        if times > 1:
            groups.setdefault((source, day, text), []).append(numbers[citizen])
    for (source, day, text), who in groups.items():
        yield {
            "source": source,
            "day": day.isoformat(),
            "text": text,
            "citizens": len(who),
            "who": who[:_SHOWN],
        }


def _in_quiet_hours(city: City, deliveries: Sequence[Delivery]) -> Iterator[Finding]:
    groups: dict[tuple[str, str], list[Delivery]] = {}
    for each in deliveries:
        if city.quiet_hours.until(each.at) is not None:
            groups.setdefault((each.source, f"{each.at:%H:%M}"), []).append(each)
    for (source, clock), some in sorted(groups.items()):
        yield {
            "source": source,
            "time": clock,
            "first": some[0].at.isoformat(),
            "deliveries": len(some),
            "citizens": len({citizen for each in some for citizen in each.citizens}),
        }


def _warnings(before: Before, checks: Checks) -> Iterator[str]:
    if before.book is not None and not before.areas:
        yield "ごみの収集日が登録されていません"
    yield from before.moved
    yield from _left_out(before)
    for ending in checks.data_ends:
        yield f"{ending['kind']}の日付は{ending['last']}で終わります({ending['areas']}地区): 次の表を取り込んでください"
    lost = Counter(each.area for each in before.wishes if each.area not in before.known_areas)
    for area, count in sorted(lost.items()):
        yield f"地区「{area}」は収集日の表にありません(登録者 {count}人には届きません)"
    if before.unreachable:
        yield f"LINEで届かない登録者が{before.unreachable}人います(ブロックなど)"


def _left_out(before: Before) -> Iterator[str]:
    """Areas of citizens that a calendar to come does not know, whichever the day it starts."""
    chosen = Counter(each.area for each in before.wishes if each.enabled and each.area in before.known_areas)
    for edition in before.book.staged if before.book else ():
        names = {own.name for own in edition.areas}
        for area, count in sorted(chosen.items()):
            if area not in names:
                until = f"から{edition.ends}まで" if edition.ends else "から"
                yield f"地区「{area}」は{edition.starts}{until}の表にありません(登録者 {count}人には届きません)"


def _held(held: Mapping[str, int]) -> Iterator[str]:
    for topic, count in sorted(held.items()):
        yield f"外部への処理 {topic} は行わず、{count}回と数えました"
