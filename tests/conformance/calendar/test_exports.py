"""Occupancy and bookings as a clerk's files."""

import csv
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from govline.calendar import Calendar, Policy, Programme, SlotPlan
from govline.calendar.datasets import DATASETS
from govline.errors import InputError
from govline.tabular import Files

START = datetime(2026, 11, 24, 1, tzinfo=UTC)


def test_slots_and_bookings(any_db, tmp_path):
    calendar = Calendar([Programme("copal", "屋内遊び場", Policy(limit=9))])
    files = Files(any_db, DATASETS)

    def fill(tx):
        plans = [SlotPlan(START + timedelta(hours=n), START + timedelta(hours=n + 1), 3) for n in range(600)]
        calendar.add_slots(tx, "copal", plans)

    any_db.run(fill)
    first = any_db.read(lambda tx: calendar.slots(tx, "copal"))[0]
    any_db.run(lambda tx: calendar.book(tx, first.id, "citizen-1", party=2, key="1"))
    assert files.export("slots", tmp_path / "slots.csv").rows == 600
    with (tmp_path / "slots.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["開始"], rows[0]["定員"], rows[0]["予約数"], rows[0]["中止"]) == (
        "2026-11-24 10:00",
        "3",
        "2",
        "×",
    )
    assert len({row["枠ID"] for row in rows}) == 600
    assert files.export("bookings", tmp_path / "bookings.xlsx").rows == 1
    sheet = openpyxl.load_workbook(tmp_path / "bookings.xlsx")["bookings"]
    assert [cell.value for cell in sheet[2]][3:7] == [datetime(2026, 11, 24, 10), "citizen-1", 2, "confirmed"]
    with pytest.raises(InputError, match="GL-0064"):
        files.check("slots", tmp_path / "slots.csv")
