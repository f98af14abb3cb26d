"""The garbage verbs, each inside the caller's transaction."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from attrs import evolve

from govline.calendar.garbage import _queries as q
from govline.calendar.garbage import imports, notices, staging
from govline.calendar.garbage.area_table import AreaTable, Problem
from govline.calendar.garbage.centers import Closure
from govline.calendar.garbage.editions import Book
from govline.calendar.garbage.hours import NoticeHours
from govline.calendar.garbage.model import CollectionDay, Group, ImportReport, Setting, Wishes
from govline.calendar.garbage.pickups import Bulky, Pickup, pickups
from govline.calendar.garbage.places import Places, Sought
from govline.calendar.garbage.plan import Closing, DayChange
from govline.calendar.garbage.texts import GARBAGE_TEXTS
from govline.core import CitizenId, Transaction
from govline.core.jst import to_jst
from govline.core.texts import Texts
from govline.errors import FileError, InputError

__all__ = ["Garbage"]

_DAY = timedelta(days=1)
_LAID_OUT = 200


class Garbage:
    """The town's collection days and what its citizens want to be told.

    Args:
        texts: The wording of notices; the Japanese defaults where omitted.
        calendar: A file of collection days that `prepare` imports into a town that has no calendar yet.
        closing: What closures do: `drop` leaves closed days out, `shift` moves them by a week; see `plan.lay_out`.
        bulky: How bulky waste is picked up; see `pickups.Bulky`.
        postcodes: Japan Post's list for `prepare` to read beside the calendar, and the municipality that is meant.
        hours: At which hours notices go out, so that none falls into the town's quiet hours.
    """

    def __init__(
        self,
        texts: Texts | None = None,
        calendar: Path | None = None,
        closing: Closing = "drop",
        *,
        bulky: Bulky | None = None,
        postcodes: tuple[Path, str] | None = None,
        hours: NoticeHours | None = None,
    ) -> None:
        self.texts = texts or Texts(defaults=GARBAGE_TEXTS)
        self._calendar = calendar
        self._closing: Closing = closing
        self.bulky = bulky or Bulky()
        self._postcodes = postcodes
        self.hours = hours or NoticeHours()
        self._shelf: tuple[str, Places] = ("", Places(()))

    # --- the town's calendar ---

    def import_file(
        self,
        tx: Transaction,
        path: str | Path,
        *,
        center: str | Path | None = None,
        exceptions: str | Path | None = None,
        towns: str | Path | None = None,
        **how: Any,
    ) -> ImportReport:
        """Replace the town's calendar by a file, or stage it: see `import_table` for `how`.

        Args:
            path: Any form that `files.read_calendar` reads.
            center: The file of closures, `exceptions` that of exceptions, `towns` that of towns; `center.csv`, `exceptions.csv` and
                `towns.csv` beside `path` where there are such.

        Raises:
            FileError: GL-2021, a file holds no table.
        """
        return self.import_files(tx, imports.read_files(path, center, exceptions, towns=towns), **how)

    def import_table(
        self,
        tx: Transaction,
        table: AreaTable,
        closures: Sequence[Closure] = (),
        problems: Sequence[Problem] = (),
        *,
        changes: Sequence[DayChange] = (),
        **how: Any,
    ) -> ImportReport:
        """Replace the town's calendar by what was read; see `import_files`."""
        return self.import_files(tx, imports.TownFiles(table, closures, changes, problems), **how)

    def import_files(self, tx: Transaction, files: imports.TownFiles, **how: Any) -> ImportReport:
        """Replace the town's calendar, or stage one; citizens' settings stay.

        Args:
            how: `skip_unreadable`: import although cells cannot be read. `starts`: the day from which it holds (next year's data);
                `ends`: the last one of a calendar for a while (January apart).
        """
        return imports.import_files(tx, files, closing=self._closing, **how)

    def extend(self, tx: Transaction) -> int:
        """Turn to staged calendars whose day has come, and keep days laid out ahead; how many days were laid out."""
        return imports.extend(tx, self._closing)

    def lay_out(self, tx: Transaction) -> int:
        """Lay days out afresh where the calendar was changed; how many."""
        return imports.lay_out(tx, self._closing)[0]

    def book(self, tx: Transaction) -> Book:
        """The town's calendars: what holds now and what is staged."""
        return staging.book_of(tx, self._closing)

    def prepare(self, tx: Transaction) -> ImportReport | None:
        """Import the configured calendar into a town that has none; keep days laid out ahead.

        Raises:
            FileError: GL-2026, the configured calendar has cells that cannot be read.
        """
        if tx.one(q.HORIZON) is None and self._calendar is not None:
            where, who = self._postcodes or (None, "")
            files = imports.read_files(self._calendar, postcodes=where, municipality=who)
            report = self.import_files(tx, files)
            if not report.written:
                first = report.problems[0] if report.problems else None
                place = {"row": first.row, "column": first.column, "cell": first.cell} if first else {}
                raise FileError("the garbage calendar was not imported", code="GL-2026", place=place)
            return report
        self.extend(tx)
        return None

    def areas(self, tx: Transaction) -> list[str]:
        """Names of all areas, in the file's order."""
        return list(self._places(tx).names)

    def kinds(self, tx: Transaction) -> list[str]:
        """Labels of all kinds, in the file's order."""
        return [label for (label,) in tx.all(q.KINDS)]

    def find_places(self, tx: Transaction, words: str) -> Sought:
        """Areas by their own name, a town's name or a postcode; of an address, its town alone is understood. See `Places.find`."""
        return self._places(tx).find(words)

    def has_towns(self, tx: Transaction) -> bool:
        """Whether citizens may name their town or postcode instead of an area."""
        return self._places(tx).has_towns

    def next_days(
        self, tx: Transaction, area: str, *, first: date | None = None, days: int = 14
    ) -> list[CollectionDay]:
        """Collection days of an area from `first` (today in Japan where omitted), for so many days."""
        start = first or to_jst(tx.now).date()
        rows = tx.all(q.NEXT_DAYS, {"area": area, "first": start, "last": start + (days - 1) * _DAY})
        return [
            CollectionDay(day, [kind for _, kind in found]) for day, found in groupby(rows, itemgetter(0))
        ]

    def pickups(self, tx: Transaction, area: str, *, most: int = 3) -> list[Pickup]:
        """The next pickup days of bulky waste that can still be applied for; as far as days are laid out."""
        days = self.next_days(tx, area, days=_LAID_OUT)
        return pickups(days, self.bulky, to_jst(tx.now).date(), most=most)

    # --- what a citizen wants ---

    def wishes(self, tx: Transaction, citizen: CitizenId) -> Wishes:
        """The citizen's areas, each with when to tell, and the kinds left out: one query."""
        rows = tx.all(q.WISHES, {"citizen": citizen})
        mine = [row for row in rows if row[1] is not None]
        kinds = [row[0] for row in rows if row[1] is None]
        return Wishes([Setting(*row[:4]) for row in mine], kinds, {row[0]: row[4] for row in mine})

    def settings(self, tx: Transaction, citizen: CitizenId) -> list[Setting]:
        """The citizen's areas, each with when to tell."""
        return list(self.wishes(tx, citizen).settings)

    def save(self, tx: Transaction, citizen: CitizenId, setting: Setting) -> None:
        """Add or change one area of the citizen. A first setting whose hour has passed starts with the next day.

        Raises:
            InputError: GL-2025, no such area. GL-2031, the hour lies in the town's quiet hours.
        """
        self._require_area(tx, setting.area)
        if setting.enabled and not self.hours.allows(setting):
            raise InputError(
                "the hour lies in the town's quiet hours",
                code="GL-2031",
                hint=f"choose one of {', '.join(map(str, self.hours.allowed(setting.days_before))) or 'another day'}",
                place={"days_before": setting.days_before, "hour": setting.hour},
            )
        told = self.wishes(tx, citizen).told_for
        told_for = told[setting.area] if setting.area in told else self._passed_for(tx, setting)
        self._write(tx, citizen, setting, told_for)

    def move(self, tx: Transaction, citizen: CitizenId, area: str) -> Setting:
        """The citizen lives in `area` now: it takes the place of all their areas; hour, way and kinds stay.

        Whoever was told of a day already is not told of it again for the new area.
        """
        self._require_area(tx, area)
        before = self.wishes(tx, citizen)
        setting = self.hours.fitting(
            evolve(before.settings[0], area=area) if before.settings else Setting(area)
        )
        told = [day for day in before.told_for.values() if day is not None]
        for each in before.settings:
            tx.write(q.REMOVE_SETTING, {"who": citizen, "area": each.area})
        told_for = max(told, default=None) if before.settings else self._passed_for(tx, setting)
        self._write(tx, citizen, setting, told_for)
        return setting

    def remove(self, tx: Transaction, citizen: CitizenId, area: str) -> bool:
        """Take an area away from the citizen; whether it was there."""
        return bool(tx.write(q.REMOVE_SETTING, {"who": citizen, "area": area}))

    def muted(self, tx: Transaction, citizen: CitizenId) -> list[str]:
        """Kinds that the citizen does not want to be told of."""
        return list(self.wishes(tx, citizen).muted)

    def mute(self, tx: Transaction, citizen: CitizenId, kind: str, *, muted: bool = True) -> None:
        """Leave a kind out of the citizen's notices, or take it in again."""
        if muted:
            tx.write(q.MUTE, {"citizen": citizen, "kind": kind})
        else:
            tx.write(q.UNMUTE, {"who": citizen, "what": kind})

    def erase(self, tx: Transaction, citizen: CitizenId) -> None:
        """Forget the citizen's settings."""
        for statement in q.FORGET:
            tx.write(statement, {"who": citizen})

    # --- notices ---

    def tonight(self, tx: Transaction, day: date) -> list[Group]:
        """Who would be told of this collection day; writes nothing."""
        return notices.tonight(tx, day)

    def notify(self, tx: Transaction) -> int:
        """Send what is due now; how many citizens are told. See `notices.notify`."""
        return notices.notify(tx, self.texts, self.hours)

    def _places(self, tx: Transaction) -> Places:
        """The index of places, made anew when the calendar in the database is another than the one it was made of."""
        row = tx.one(q.VERSION)
        version = (row[0] if row else None) or ""
        if not version:
            return Places(tx.all(q.AREAS), tx.all(q.TOWNS))
        if self._shelf[0] != version:
            self._shelf = (version, Places(tx.all(q.AREAS), tx.all(q.TOWNS)))
        return self._shelf[1]

    def _require_area(self, tx: Transaction, area: str) -> None:
        if area not in self.areas(tx):
            raise InputError("the town has no such area", code="GL-2025", place={"area": area})

    def _write(self, tx: Transaction, citizen: CitizenId, setting: Setting, told_for: date | None) -> None:
        tx.write(
            q.SAVE_SETTING,
            {
                "citizen": citizen,
                "area": setting.area,
                "enabled": setting.enabled,
                "days_before": setting.days_before,
                "hour": setting.hour,
                "told_for": told_for,
                "told_by": None,
            },
        )

    def _passed_for(self, tx: Transaction, setting: Setting) -> date | None:
        """The day whose notice would have gone out earlier today; it is not sent late."""
        wall = to_jst(tx.now)
        hour = self.hours.fitting(setting).hour
        return wall.date() + setting.days_before * _DAY if wall.hour >= hour else None
