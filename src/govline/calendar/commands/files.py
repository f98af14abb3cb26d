"""`govline calendar new|sheet|conflicts|ics|take|roster|mailing`: programmes and bookings as files of staff."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from govline.calendar.commands.terminal import a_day
from govline.calendar.definition import parse, read_yaml
from govline.calendar.govtech import read_grid
from govline.calendar.ics import day_ics
from govline.calendar.labels import when
from govline.calendar.layout import Layout
from govline.calendar.mailing import write_cohorts, write_labels
from govline.calendar.model import Programme
from govline.calendar.preflight import preflight
from govline.calendar.publishing import file_of, publish, try_out
from govline.calendar.roster import write_roster
from govline.calendar.service import Calendar
from govline.calendar.sheet import Sheet, read_sheet, write_sheet
from govline.core import Actor, Command
from govline.core.jst import JST
from govline.errors import GovlineError

__all__ = ["file_commands", "read_over"]

_CLERK: Final = Actor("staff", "cli", "cli")
_GOOD, _WRONG, _UNREADABLE = 0, 1, 2
Run = Callable[[Any, Sequence[str], Calendar, Path], int]


def file_commands(calendar: Calendar, folder: Callable[[], Path]) -> list[Command]:
    """The commands over one calendar.

    Args:
        folder: Where its programmes' files lie.
    """
    run: Mapping[tuple[str, str], Run] = {
        ("new", "予約の表(Excel か CSV)を検査し、--publish で公開する"): _new,
        ("sheet", "予約の設定を、職員が直せる表にして書き出す"): _sheet,
        ("conflicts", "変えた設定に合わない、予約のある枠を挙げる"): _conflicts,
        ("ics", "1日の枠と予約数を、職員のカレンダー用に書き出す"): _ics,
        ("take", "電話などで受けた予約の一覧を、全件まとめて予約する"): _take,
        ("roster", "1日の予約の名簿を、枠ごとに書き出す"): _roster,
        ("mailing", "券を送る区分ごとの数と受付開始、宛名に合わせる行を書き出す"): _mailing,
    }
    return [Command(name, said, partial(_run, work, calendar, folder)) for (name, said), work in run.items()]


def _run(work: Run, calendar: Calendar, folder: Callable[[], Path], city: Any, words: Sequence[str]) -> int:
    try:
        return work(city, words, calendar, folder())
    except (GovlineError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return _UNREADABLE


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


# --- new ---


def _new(city: Any, words: Sequence[str], calendar: Calendar, folder: Path) -> int:
    parser = ArgumentParser(prog="govline calendar new")
    parser.add_argument(
        "file", type=Path, help="the sheet (.xlsx or CSV), or a calendar grid of the ended programme"
    )
    parser.add_argument("--id", default="", help="the programme's id, where the sheet names none")
    parser.add_argument("--grid", action="store_true", help="FILE is a calendar of LINE SMART CITY GovTech")
    parser.add_argument("--publish", action="store_true", help="write the programme and its slots")
    given = parser.parse_args(list(words))
    sheet = _grid(given.file, given.id) if given.grid else read_over(given.file, given.id, folder)
    _say(*(f"! {note}" for note in sheet.notes))
    if sheet.issues:
        _say(*(f"✗ {each.row}行 {each.column}: {each.reason}\n  → {each.remedy}" for each in sheet.issues))
        _say("公開していません。表を直して、もう一度実行してください。")
        return _WRONG
    programme = parse(sheet.data)
    layout = try_out(city.database, calendar, programme)
    stops = _tell_before(city, calendar, programme, layout)
    if stops:
        _say("公開していません。表を直して、もう一度実行してください。")
        return _WRONG
    if not given.publish:
        _say("まだ公開していません。--publish を付けると公開します。")
        return _GOOD
    path, layout = publish(city.database, calendar, folder, sheet.data, actor=_CLERK)
    _say(f"公開しました: {path.name} 新しい枠 {layout.added}、なくした枠 {layout.removed}")
    return _GOOD


def read_over(file: Path, programme: str, folder: Path) -> Sheet:
    """The sheet over what stands: its id says over which programme.

    Args:
        programme: Its id, where the sheet names none. `folder`: where programmes' files lie.

    Raises:
        FileError: The file cannot be read at all.
    """
    first = read_sheet(file, programme=programme)
    path = file_of(folder, str(first.data["programme"])) if first.data else None
    if path is None or not path.exists():
        return first
    return read_sheet(file, standing=read_yaml(path), programme=programme)


def _grid(file: Path, programme: str) -> Sheet:
    return Sheet(read_grid(file, programme or file.stem))


def _tell_before(city: Any, calendar: Calendar, programme: Programme, layout: Layout) -> bool:
    """Say what the preflight and a trial found; whether something keeps it from being published."""
    found = city.read(lambda tx: preflight(programme, tx.now, calendar.town_facts(tx, programme)))
    for each in found:
        _say(f"{'✗' if each.level == 'error' else '!'} {each.code} {each.text}", f"  → {each.remedy}")
    _say(f"{programme.title}({programme.id}): 新しい枠 {layout.added}、なくなる枠 {layout.removed}")
    for slot in layout.conflicts:
        _say(
            f"! {when(slot.starts)} {slot.name}: 予約{slot.booked}名分が、新しい設定に合いません(予約は残ります)"
        )
    return any(each.level == "error" for each in found)


# --- the others ---


def _sheet(_city: Any, words: Sequence[str], calendar: Calendar, folder: Path) -> int:
    parser = ArgumentParser(prog="govline calendar sheet")
    parser.add_argument("programme")
    parser.add_argument("file", type=Path, help=".xlsx, or CSV")
    given = parser.parse_args(list(words))
    calendar.programme(given.programme)
    path = file_of(folder, given.programme)
    if not path.exists():
        _say("この予約は calendars/ のファイルにありません。city.yaml の programmes を見てください。")
        return _WRONG
    write_sheet(given.file, read_yaml(path))
    _say(f"書き出しました: {given.file.name}")
    return _GOOD


def _conflicts(city: Any, words: Sequence[str], calendar: Calendar, _folder: Path) -> int:
    parser = ArgumentParser(prog="govline calendar conflicts")
    parser.add_argument("programme", nargs="?", default="")
    given = parser.parse_args(list(words))
    names = [given.programme] if given.programme else sorted(calendar.programmes)
    found = [each for name in names for each in city.read(lambda tx, name=name: calendar.conflicts(tx, name))]
    for each in found:
        rule = f"設定では定員{each.places}" if each.places else "設定にない枠"
        place = f"{each.slot.programme} {when(each.slot.starts)} {each.slot.name}".rstrip()
        _say(f"! {place}: {rule}、予約{each.slot.booked}名分 {' '.join(each.bookings)}")
    _say(
        "残す(何もしない)、移す(change)、中止して知らせる(close)のどれかにしてください。"
        if found
        else "✓ ありません"
    )
    return _WRONG if found else _GOOD


def _ics(city: Any, words: Sequence[str], calendar: Calendar, _folder: Path) -> int:
    parser = ArgumentParser(prog="govline calendar ics")
    parser.add_argument("programme")
    parser.add_argument("day", type=a_day, help="2026-12-01")
    parser.add_argument("file", type=Path)
    given = parser.parse_args(list(words))
    since = datetime.combine(given.day, time(), JST)
    until = since + timedelta(days=1)
    slots, stamp = city.read(
        lambda tx: (calendar.slots(tx, given.programme, since=since, until=until), tx.now)
    )
    rows = [
        (slot.id, slot.starts, slot.ends, slot.name, slot.booked, slot.capacity)
        for slot in slots
        if slot.capacity and not slot.cancelled
    ]
    data = day_ics(calendar.programme(given.programme).title, rows, town=city.id, stamp=stamp)
    given.file.write_bytes(data)
    _say(f"書き出しました: {len(rows)}枠")
    return _GOOD


def _take(city: Any, words: Sequence[str], calendar: Calendar, _folder: Path) -> int:
    parser = ArgumentParser(prog="govline calendar take")
    parser.add_argument("programme")
    parser.add_argument(
        "file", type=Path, help="整理番号 | 日付 | 開始 | 部屋 | 人数 | 備品 | 氏名 | 電話 | 特例の理由"
    )
    parser.add_argument("--channel", default="phone", choices=["phone", "counter", "walk_in"])
    parser.add_argument("--dry-run", action="store_true", help="only say what would be refused")
    given = parser.parse_args(list(words))
    kind = f"bookings-{calendar.programme(given.programme).id}"
    work = city.tabular.check if given.dry_run else city.tabular.load
    report = work(kind, given.file, actor=Actor("staff", "cli", given.channel))
    _say(report.to_text())
    return _WRONG if report.refused else _GOOD


def _roster(city: Any, words: Sequence[str], calendar: Calendar, _folder: Path) -> int:
    parser = ArgumentParser(prog="govline calendar roster")
    parser.add_argument("programme")
    parser.add_argument("day", type=a_day, help="2026-12-01")
    parser.add_argument("file", type=Path)
    parser.add_argument("--contacts", action="store_true", help="with names and telephone numbers")
    given = parser.parse_args(list(words))
    count = city.run(
        lambda tx: write_roster(
            tx, calendar, given.programme, given.day, given.file, contacts=given.contacts
        ),
        actor=_CLERK,
    )
    _say(f"書き出しました: {count}件")
    return _GOOD


def _mailing(city: Any, words: Sequence[str], calendar: Calendar, _folder: Path) -> int:
    parser = ArgumentParser(prog="govline calendar mailing")
    parser.add_argument("programme")
    parser.add_argument("file", type=Path)
    parser.add_argument("--numbers", type=Path, help="the mailing vendor's file; only its 券番号 is read")
    given = parser.parse_args(list(words))
    if given.numbers is None:
        count = city.read(lambda tx: write_cohorts(tx, calendar, given.programme, given.file))
        _say(f"書き出しました: {count}区分")
        return _GOOD
    rows, left_out = city.read(
        lambda tx: write_labels(tx, calendar, given.programme, given.numbers, given.file)
    )
    _say(f"書き出しました: {rows}行(うち一覧にない番号 {left_out}行は「発送 ×」)")
    return _GOOD
