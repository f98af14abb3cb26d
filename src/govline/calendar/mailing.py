"""郵送: which cohort gets its vouchers when, and rows to merge with the vendor's own addresses by voucher number.

No address is read or kept: of the vendor's file only the column of numbers is looked at, and what comes out holds the number again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from govline.calendar._queries import eligible as q
from govline.calendar.eligibility import number_purpose, plain_number
from govline.calendar.model import CitizenFacts, Policy, Slot
from govline.calendar.reception import opening, windows_for
from govline.calendar.service import Calendar
from govline.calendar.terms import Voucher
from govline.core import DataClass, Transaction
from govline.store._reach import keyring
from govline.tabular import Column, Table, read, write

__all__ = ["COHORTS", "LABELS", "Cohort", "cohorts", "label_rows", "write_cohorts", "write_labels"]

COHORTS: Final = Table(
    "mailing",
    [
        Column("cohort", "区分"),
        Column("rows", "発送数", type="integer"),
        Column("opens", "受付開始", type="datetime"),
        Column("claimed", "登録済み", type="integer"),
        Column("booked", "予約済み", type="integer"),
    ],
)
_NUMBER: Final = Column(
    "number",
    "券番号",
    type="code",
    required=True,
    data=DataClass.PERSONAL,
    aliases=("接種券番号", "番号", "整理券番号"),
)
LABELS: Final = Table(
    "labels",
    [
        _NUMBER,
        Column("cohort", "区分"),
        Column("opens", "受付開始", type="datetime"),
        Column("send", "発送", type="boolean"),
    ],
)
_PAGE: Final = 500


@frozen
class Cohort:
    """A class of the eligibility list.

    Args:
        rows: Vouchers to send. `claimed`: already entered on the page. `booked`: with a live booking.
        opens: When its reception opens for the first slot ahead; None where it is open from the beginning, or never.
    """

    name: str
    rows: int
    claimed: int
    booked: int
    opens: datetime | None


def cohorts(tx: Transaction, calendar: Calendar, programme: str) -> list[Cohort]:
    """The cohorts of a programme's list in the order in which their reception opens.

    Raises:
        InputError: GL-2006, the programme has no list.
    """
    policy, slots = calendar.programme(programme).policy, calendar.slots(tx, programme, limit=1_000)
    found = [
        Cohort(name, rows, claimed, booked, _opens(policy, slots, name))
        for name, (rows, claimed, booked) in calendar.eligibility.state(tx, programme).cohorts.items()
    ]
    return sorted(found, key=lambda each: (each.opens is not None, each.opens, each.name))


def write_cohorts(tx: Transaction, calendar: Calendar, programme: str, path: Path | str) -> int:
    """The cohorts as a file; how many."""
    rows = [
        {
            "cohort": each.name or "(区分なし)",
            "rows": each.rows,
            "opens": each.opens,
            "claimed": each.claimed,
            "booked": each.booked,
        }
        for each in cohorts(tx, calendar, programme)
    ]
    return write(COHORTS, path, rows).rows


def write_labels(
    tx: Transaction, calendar: Calendar, programme: str, numbers: Path | str, path: Path | str
) -> tuple[int, int]:
    """For each number of the vendor's file its cohort and opening; rows, and how many of them are not to be sent.

    Args:
        numbers: The vendor's file; of its columns only 券番号 is read.
    """
    reading = read(Table("numbers", [_NUMBER]), numbers)
    rows = label_rows(tx, calendar, programme, [row.values.get("number") or "" for row in reading])
    write(LABELS, path, rows)
    return len(rows), sum(not row["send"] for row in rows)


def label_rows(
    tx: Transaction, calendar: Calendar, programme: str, numbers: Sequence[str]
) -> list[Mapping[str, Any]]:
    """Cohort and opening by number, in the file's order; `send` False for a number that is not on the list or was withdrawn."""
    opens = {each.name: each.opens for each in cohorts(tx, calendar, programme)}
    entries = dict(_entries(tx, programme, numbers))
    return [
        {
            "number": number,
            "cohort": entry.cohort or None,
            "opens": opens.get(entry.cohort),
            "send": True,
        }
        if (entry := entries.get(number)) is not None
        else {"number": number, "send": False}
        for number in numbers
    ]


def _entries(tx: Transaction, programme: str, numbers: Sequence[str]) -> Iterator[tuple[str, q.Entry]]:
    keys, purpose = keyring(tx), number_purpose(programme)
    for start in range(0, len(numbers), _PAGE):
        hashes = {
            each: number
            for number in numbers[start : start + _PAGE]
            for each in keys.lookups(plain_number(number), purpose)
        }
        found: Sequence[q.Entry] = tx.all(
            q.FIND_ENTRY, {"programme": programme, "numbers": json.dumps([*hashes])}
        )
        yield from ((hashes[entry.number], entry) for entry in found if not entry.withdrawn)


def _opens(policy: Policy, slots: Sequence[Slot], cohort: str) -> datetime | None:
    facts = CitizenFacts(voucher=Voucher("", cohort))
    for slot in slots:
        instants = [opening(window, slot) for window in windows_for(policy, slot, facts)]
        if None in instants:
            return None
        if known := [instant for instant in instants if instant is not None]:
            return min(known)
    return None
