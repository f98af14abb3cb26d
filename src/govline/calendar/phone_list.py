"""電話受付の一覧: bookings that staff took on paper or in a spreadsheet go into the one ledger, all of them or none, refusals by row."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve, frozen

from govline.calendar import _queries as q
from govline.calendar.merging import Contact
from govline.calendar.model import Refused, Slot
from govline.calendar.service import Calendar
from govline.core import Actor, DataClass, Ref, Transaction
from govline.core.jst import JST
from govline.errors import InputError
from govline.tabular import Column, Reading, Report, Row, Table, read
from govline.tabular.wording import Misfit

if TYPE_CHECKING:
    from govline.store import Database

__all__ = ["PHONE_LIST", "take_list"]

_MOST: Final = 2_000
_SECRET: Final = DataClass.PERSONAL
PHONE_LIST: Final = Table(
    "phone",
    [
        Column("no", "整理番号", required=True, max_length=40, aliases=("番号", "受付番号")),
        Column("day", "日付", type="date", required=True),
        Column("starts", "開始", type="time", required=True, aliases=("時刻",)),
        Column("room", "部屋", aliases=("枠の名前", "会場", "窓口")),
        Column("party", "人数", type="integer", least=1, most=10_000),
        Column("label", "氏名", max_length=100, data=_SECRET, aliases=("名前", "団体名")),
        Column("phone", "電話", max_length=30, data=_SECRET, aliases=("電話番号", "連絡先")),
    ],
    key="no",
)
"""What a list of telephone bookings holds. 整理番号 makes the same list again change nothing."""


@frozen
class _Undo(Exception):
    """Takes the unit back; carries what was refused, by row, and how many would be new."""

    refused: Sequence[tuple[Row, str, str]]
    added: int


def take_list(
    db: "Database",
    calendar: Calendar,
    programme: str,
    path: Path | str,
    *,
    actor: Actor,
    dry_run: bool = False,
) -> Report:
    """Book every row of a list, in one unit: all of them, or none where the calendar refuses one.

    Args:
        programme: What the list is for.
        actor: Who took the calls; the channel stands in the bookings.
        dry_run: Say what would be refused, and book nothing.

    Raises:
        FileError: GL-0030 to GL-0039, the file cannot be read.
        InputError: GL-2070, more rows than one unit should hold.
    """
    calendar.programme(programme)
    reading = read(PHONE_LIST, path)
    rows = list(reading)
    if len(rows) > _MOST:
        raise InputError(
            f"a list holds at most {_MOST} bookings",
            code="GL-2070",
            hint="split it by day",
            place={"rows": len(rows)},
        )
    good = [row for row in rows if not row.issues]
    taking = _Taking(calendar, programme, good, keep=not dry_run and not reading.report.refused)
    try:
        added = db.run(taking.work, actor=actor)
    except _Undo as undone:
        return _told(reading, undone, len(good))
    return evolve(reading.report, added=added, changed=0, unchanged=len(good) - added, written=True)


def _told(reading: Reading, undone: _Undo, good: int) -> Report:
    for row, column, reason in undone.refused:
        reading.refuse(
            row, column, Misfit("rule", reason=reason, remedy="一覧を直すか、この行を除いてください")
        )
    stay = good - len(undone.refused)
    return evolve(reading.report, added=undone.added, changed=0, unchanged=stay - undone.added)


@frozen
class _Taking:
    """One list while it is booked; `keep` False takes everything back at the end."""

    calendar: Calendar
    programme: str
    rows: Sequence[Row]
    keep: bool

    def work(self, tx: Transaction) -> int:
        """Book row after row; how many are new."""
        slots = self._slots(tx)
        refused: list[tuple[Row, str, str]] = []
        added = 0
        for row in self.rows:
            key = f"calendar.list:{self.programme}:{row.values['no']}"
            known = tx.one(q.REQUEST, {"request": key}) is not None
            no = self._book(tx, slots, row, key)
            refused += [(row, *no)] if no else []
            added += not known and not no
        if refused or not self.keep:
            raise _Undo(refused, added)
        tx.audit("calendar.list", Ref("calendar.programme", self.programme), {"added": added})
        return added

    def _slots(self, tx: Transaction) -> Mapping[tuple[datetime, str], Slot]:
        starts = [_starts(row) for row in self.rows]
        if not starts:
            return {}
        since, until = min(starts), max(starts) + timedelta(microseconds=1)
        found = self.calendar.slots(tx, self.programme, since=since, until=until, limit=1_000_000)
        return {(slot.starts, slot.name): slot for slot in found}

    def _book(
        self, tx: Transaction, slots: Mapping[tuple[datetime, str], Slot], row: Row, key: str
    ) -> tuple[str, str] | None:
        """Column and reason of a refusal."""
        values = row.values
        slot = slots.get((_starts(row), values.get("room") or ""))
        if slot is None:
            return "day", "この日時(と部屋)の枠がありません"
        contact = Contact(values.get("label") or "", values.get("phone") or "")
        try:
            answer = self.calendar.counter.book(
                tx, slot.id, key=key, party=values.get("party") or 1, contact=contact, reason="一覧の取込"
            )
        except InputError as error:
            if error.code != "GL-2001":
                raise
            return "no", "この整理番号は、別の内容ですでに取り込まれています"
        return ("day", answer.text.replace("\n", " ")) if isinstance(answer, Refused) else None


def _starts(row: Row) -> datetime:
    """The instant of a row; 25:00 is one o'clock of the next day."""
    hour, _, minute = row.values["starts"].partition(":")
    return datetime.combine(row.values["day"], time(), JST) + timedelta(hours=int(hour), minutes=int(minute))
