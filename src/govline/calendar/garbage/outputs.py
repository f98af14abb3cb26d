"""`govline garbage export` and `govline garbage calendar`: what the town's calendar says, as files."""

import csv
import io
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from govline.calendar.garbage.editions import Book, Edition
from govline.calendar.garbage.ics import calendar_ics
from govline.calendar.garbage.picture import picture
from govline.calendar.garbage.printing import calendar_html
from govline.calendar.garbage.rules import Rule
from govline.calendar.garbage.service import Garbage
from govline.calendar.garbage.side_files import ACTION_WORDS
from govline.calendar.garbage.yaml_file import write_yaml
from govline.errors import InputError

__all__ = ["calendar_command", "calendar_of", "export_command", "export_rows"]

_APRIL = 4


def export_command(city: Any, words: Sequence[str]) -> int:
    """Write the calendar that holds today as files that `import` reads again.

    Args:
        city: The City.
        words: `FILE [--center FILE] [--exceptions FILE]`; `.yaml` or CSV by FILE's ending.

    Returns:
        0 written.
    """
    parser = ArgumentParser(prog="govline garbage export")
    parser.add_argument("file", type=Path, help="area_days.csv or a .yaml file")
    parser.add_argument("--center", type=Path, help="write the closures there")
    parser.add_argument("--exceptions", type=Path, help="write the exceptions there")
    given = parser.parse_args(list(words))
    garbage: Garbage = city.garbage
    edition = city.database.read(garbage.book).base
    if given.file.suffix.lower() in {".yaml", ".yml"}:
        write_yaml(edition.areas, given.file)
    else:
        _write_csv(given.file, export_rows(edition))
    if given.center:
        spans = [(each.center, each.first.isoformat(), each.last.isoformat()) for each in edition.closures]
        _write_csv(given.center, [("名称", "休止開始日", "休止終了日"), *spans])
    if given.exceptions:
        changes = [
            (
                c.area,
                c.kind,
                c.day.isoformat(),
                ACTION_WORDS[c.action],
                c.moved_to.isoformat() if c.moved_to else "",
            )
            for c in edition.changes
        ]
        _write_csv(given.exceptions, [("地区", "種類", "日付", "内容", "振替日"), *changes])
    sys.stdout.write(f"書き出しました: 地区 {len(edition.areas)} · 種類 {len(edition.kinds)}\n")
    return 0


def export_rows(edition: Edition) -> list[list[str]]:
    """An edition as rows of `area_days.csv`; kinds without a cell anywhere stand as empty columns."""
    rows = [["地名", "読み", "センター", *edition.kinds]]
    for area in edition.areas:
        cells = dict(area.cells)
        rows.append([area.name, area.reading, area.center, *(cells.get(kind, "") for kind in edition.kinds)])
    return rows


def calendar_command(city: Any, words: Sequence[str]) -> int:
    """Write a year of one area: iCalendar to subscribe to, HTML to print on A4, or that page as a picture.

    Args:
        city: The City.
        words: `--area NAME --year Y [--fiscal] --format ics|html|png [--out FILE]`; to standard output where no file is named.

    Returns:
        0 written.

    Raises:
        InputError: GL-2025, no such area.
    """
    parser = ArgumentParser(prog="govline garbage calendar")
    parser.add_argument("--area", required=True)
    parser.add_argument("--year", type=int, required=True)
    parser.add_argument("--fiscal", action="store_true", help="April to March")
    parser.add_argument("--format", choices=["ics", "html", "png"], required=True)
    parser.add_argument("--out", type=Path, help="the file to write")
    given = parser.parse_args(list(words))
    garbage: Garbage = city.garbage
    book = city.database.read(garbage.book)
    first = date(given.year, _APRIL if given.fiscal else 1, 1)
    stamp = city.database.clock.now()
    data = calendar_of(book, given.area, first, given.format, town=city.id, stamp=stamp)
    if given.out:
        given.out.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)
    return 0


def calendar_of(book: Book, area: str, first: date, form: str, *, town: str, stamp: Any) -> bytes:
    """Twelve months of an area from `first` on, as `ics`, `html` or `png`.

    Raises:
        InputError: GL-2025, no such area on any of these days.
        FileError: GL-2030, nothing on this machine draws a PNG.
    """
    last = first.replace(year=first.year + 1) - timedelta(days=1)
    own = [each for edition, _ in book.spans(first, last) for each in edition.areas if each.name == area]
    if not own:
        raise InputError("the town has no such area", code="GL-2025", place={"area": area})
    days: dict[str, set[date]] = {}
    for cell in book.lay_out(first, last, area):
        days.setdefault(cell.kind, set()).update(cell.laid.days)
    if form != "ics":
        page = calendar_html(area, {kind: sorted(found) for kind, found in days.items()}, first=first)
        return picture(page) if form == "png" else page.encode()
    cells = {kind: cell for each in reversed(own) for kind, cell in each.cells}
    kinds = {kind: (Rule.parse(cells[kind]), sorted(found)) for kind, found in days.items()}
    return calendar_ics(area, kinds, town=town, first=first, last=last, stamp=stamp)


def _write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """With a BOM, so that Excel opens it as UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode("utf-8-sig"))
