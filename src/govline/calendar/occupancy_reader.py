"""Occupancy and progress from the rows, in a reading unit, and `govline calendar occupancy`."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from govline.calendar._queries import views as qv
from govline.calendar.availability import midnight
from govline.calendar.labels import month_label
from govline.calendar.occupancy import By, Heat, Progress, Use, heat_csv, heat_json, heat_of
from govline.calendar.occupancy_picture import heat_html, heat_svg
from govline.calendar.service import Calendar
from govline.core import Command, Transaction

__all__ = ["OCCUPANCY_COMMAND", "month_of", "occupancy", "progress"]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAY: Final = timedelta(days=1)


def occupancy(
    tx: Transaction, calendar: Calendar, programme: str, first: date, last: date, *, by: By = "time"
) -> Heat:
    """How full each day is from `first` to `last`, by starting time or by place.

    Raises:
        ConfigError: GL-2002, no such programme.
    """
    found = calendar.programme(programme)
    rows = [
        (date.fromordinal(_EPOCH + day), micros, name, capacity, booked)
        for day, micros, name, capacity, booked in tx.all(qv.BY_TIME, _span(found.id, first, last))
    ]
    span = f"{month_label(first)}" if (last + _DAY).month != last.month else f"{first} - {last}"
    return heat_of(f"{found.title} {span}", by, rows)


def progress(tx: Transaction, calendar: Calendar, programme: str, first: date, last: date) -> Progress:
    """Bookings by state and places left, for slots from `first` to `last`."""
    span = _span(calendar.programme(programme).id, first, last)
    rows = tx.all(qv.PROGRESS, span)
    total = heat_of("", "time", ((date.min, 0, "", *row[3:]) for row in tx.all(qv.BY_TIME, span))).total
    return Progress(
        Use(total.capacity, total.booked),
        {state: count for state, count, _ in rows},
        {state: places for state, _, places in rows},
    )


def month_of(text: str) -> tuple[date, date]:
    """First and last day of `2026-12`; ValueError where it is no month."""
    first = date.fromisoformat(f"{text}-01")
    return first, (first + 31 * _DAY).replace(day=1) - _DAY


def _span(programme: str, first: date, last: date) -> dict[str, Any]:
    return {"programme": programme, "since": midnight(first), "until": midnight(last + _DAY)}


def _occupancy(city: Any, words: Sequence[str]) -> int:
    """Write how full a month is: a picture, a table, or figures with the progress of the programme.

    Args:
        city: The City.
        words: `PROGRAMME --month YYYY-MM --format svg|png|csv|json [--by time|place] [--out FILE]`.

    Returns:
        0 written.

    Raises:
        ConfigError: GL-2002, no such programme.
        FileError: GL-2030, nothing on this machine draws a PNG.
    """
    parser = ArgumentParser(prog="govline calendar occupancy")
    parser.add_argument("programme")
    parser.add_argument("--month", type=_month, required=True, help="2026-12")
    parser.add_argument("--format", choices=["svg", "png", "csv", "json"], default="csv")
    parser.add_argument("--by", choices=["time", "place"], default="time", help="rows: times, or slot names")
    parser.add_argument("--out", type=Path, help="the file to write")
    given = parser.parse_args(list(words))
    data = city.database.read(lambda tx: _written(tx, city.calendar, given))
    if given.out:
        given.out.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)
    return 0


def _month(text: str) -> tuple[date, date]:
    try:
        return month_of(text)
    except ValueError:
        raise ArgumentTypeError("a month is written 2026-12") from None


def _written(tx: Transaction, calendar: Calendar, given: Namespace) -> bytes:
    programme, span, form = given.programme, given.month, given.format
    heat = occupancy(tx, calendar, programme, *span, by=given.by)
    if form == "svg":
        return heat_svg(heat).encode()
    if form == "csv":
        return heat_csv(heat).encode("utf-8-sig")
    if form == "png":
        from govline.calendar.garbage.picture import picture

        return picture(heat_html(heat))
    plain = heat_json(heat) | {"progress": progress(tx, calendar, programme, *span).to_json()}
    return (json.dumps(plain, ensure_ascii=False) + "\n").encode()


OCCUPANCY_COMMAND: Final = Command("occupancy", "予約の埋まり具合を図・表で出す", _occupancy)
