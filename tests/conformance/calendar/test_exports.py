"""Slots and bookings as files of staff, in and out: round trips, what an import refuses before it writes, undo."""

import csv
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from govline.calendar import Booking, Calendar, Policy, Programme, SlotPlan
from govline.calendar.booking_wishes import Judge
from govline.calendar.datasets import datasets
from govline.calendar.merging import Contact
from govline.calendar.model import PoolRule
from govline.calendar.terms import Limit
from govline.core import Actor
from govline.errors import InputError
from govline.tabular import Files

START = datetime(2026, 11, 24, 1, tzinfo=UTC)
CLERK = Actor("staff", "s-1", "phone")


def slots_of(db, calendar, programme="copal"):
    return db.read(lambda tx: calendar.slots(tx, programme))


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def written(path, head, *rows):
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return path


@pytest.fixture
def town(any_db, tmp_path):
    def open_town(*programmes, places=3, number=2):
        calendar = Calendar(programmes)
        plans = [
            SlotPlan(START + timedelta(hours=n), START + timedelta(hours=n + 1), places)
            for n in range(number)
        ]
        any_db.run(lambda tx: calendar.add_slots(tx, programmes[0].id, plans))
        return calendar, Files(any_db, datasets(calendar))

    return open_town


def test_what_goes_out_and_comes_in_again_changes_nothing(any_db, town, tmp_path):
    calendar, files = town(Programme("copal", "屋内遊び場", Policy(limit=9)), number=600)
    first, second, third, *_ = slots_of(any_db, calendar)
    made = any_db.run(lambda tx: calendar.book(tx, first.id, "citizen-1", party=2, key="1"))
    sato = Contact("佐藤 花子", "090-0000-0000")
    any_db.run(lambda tx: calendar.counter.book(tx, second.id, contact=sato, key="2"), actor=CLERK)
    gone = any_db.run(lambda tx: calendar.book(tx, second.id, "citizen-2", key="3"))
    any_db.run(lambda tx: calendar.cancel(tx, gone.id, key="4"))
    any_db.run(lambda tx: calendar.cancel_slot(tx, third.id))
    assert files.export("slots", tmp_path / "slots.csv").rows == 600
    rows = rows_of(tmp_path / "slots.csv")
    assert (rows[0]["開始"], rows[0]["定員"], rows[0]["予約数"]) == ("2026-11-24 10:00", "3", "2")
    assert [row["中止"] for row in rows[:4]] == ["", "", "○", ""]
    assert len({row["枠ID"] for row in rows}) == 600
    assert files.export("bookings", tmp_path / "bookings.xlsx").rows == 3
    sheet = openpyxl.load_workbook(tmp_path / "bookings.xlsx")["bookings"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[1][:5] == ["copal", made.id, datetime(2026, 11, 24), "10:00", None]
    assert [row[cells[0].index("状態")] for row in cells[1:]] == [None, None, "取消"]
    assert "佐藤" not in str(cells)
    assert "●" in str(cells)
    for kind, name in [("slots", "slots.csv"), ("bookings", "bookings.xlsx")]:
        report = files.load(kind, tmp_path / name)
        assert (report.refused, report.added, report.changed) == (0, 0, 0), report.to_text()
    files.export("bookings-copal", tmp_path / "own.csv", encoding="cp932")
    report = files.load("bookings-copal", tmp_path / "own.csv")
    assert (report.refused, report.added, report.changed, report.unchanged) == (0, 0, 0, 3)


def test_slots_come_in_change_and_are_taken_back(any_db, town, tmp_path):
    calendar, files = town(Programme("copal"), Programme("hall"))
    _, two = slots_of(any_db, calendar)
    booked = [
        any_db.run(lambda tx, n=n: calendar.book(tx, two.id, f"c{n}", key=f"k{n}")).id for n in range(3)
    ]
    head = "プログラム,開始,枠の名前,終了,定員,中止"
    path = written(
        tmp_path / "slots.csv",
        head,
        "copal,2026-11-24 10:00,,2026-11-24 11:00,9,",
        "copal,2026-11-24 11:00,,2026-11-24 12:00,2,○",
        "hall,2026/12/01 13:00,A室,2026/12/01 17:00,1,",
        "hall,令和8年12月1日 13:00,B室,2026/12/01 17:00,1,",
    )
    tried = files.check("slots", path)
    assert (tried.added, tried.changed, tried.unchanged) == (2, 2, 0)
    assert [slot.capacity for slot in slots_of(any_db, calendar)] == [3, 3]
    report = files.load("slots", path)
    assert (report.added, report.changed, report.written) == (2, 2, True)
    now = slots_of(any_db, calendar)
    assert [(slot.capacity, slot.cancelled) for slot in now] == [(9, False), (3, True)]
    assert [slot.name for slot in slots_of(any_db, calendar, "hall")] == ["A室", "B室"]
    (conflict,) = any_db.read(lambda tx: calendar.conflicts(tx, "copal"))
    assert (conflict.places, set(conflict.bookings)) == (2, set(booked))
    assert files.load("slots", path).unchanged == 4
    any_db.run(calendar.prepare)
    assert files.load("slots", path).unchanged == 4, "what a file said stays when slots are laid out"
    assert files.undo("slots").rows == 4
    assert [(slot.capacity, slot.cancelled) for slot in slots_of(any_db, calendar)] == [(3, False)] * 2
    assert [slot.capacity for slot in slots_of(any_db, calendar, "hall")] == [0, 0]
    assert files.export("slots", tmp_path / "again.csv").rows == 2
    assert files.load("slots", path).added == 2
    assert any_db.read(calendar.reconcile) == []


def test_a_file_of_slots_is_refused_with_row_column_and_remedy(any_db, town, tmp_path):
    calendar, files = town(Programme("copal"))
    path = written(
        tmp_path / "slots.csv",
        "プログラム,開始,枠の名前,終了,定員",
        "copal,2026-11-24 10:00,,2026-11-24 09:00,9",
        "pool,2026-11-24 10:00,,2026-11-24 11:00,9",
        "copal,2026-11-24 10:00,,2026-11-24 11:00,-1",
    )
    report = files.load("slots", path)
    assert [(each.row, each.column) for each in report.issues] == [
        (2, "終了"),
        (3, "プログラム"),
        (4, "定員"),
    ]
    assert all(each.remedy for each in report.issues)
    assert [slot.capacity for slot in slots_of(any_db, calendar)] == [3, 3]


def test_slots_that_come_in_share_supplies_like_all_others(any_db, town, tmp_path):
    calendar, files = town(Programme("copal", pools=(PoolRule("ワクチン", 2),)))
    path = written(
        tmp_path / "slots.csv",
        "プログラム,開始,枠の名前,終了,定員",
        *(f"copal,2026-12-0{day} 10:00,,2026-12-0{day} 11:00,5" for day in (1, 2)),
    )
    assert files.load("slots", path).added == 2
    *_, first, second = slots_of(any_db, calendar)
    answers = [
        any_db.run(lambda tx, s=slot, n=n: calendar.book(tx, s.id, f"c{n}", key=f"k{n}"))
        for n, slot in enumerate([first, second, second])
    ]
    assert [isinstance(each, Booking) for each in answers] == [True, True, False]
    assert [each.code for each in answers[2].reasons] == ["GL-2115"]
    assert any_db.read(calendar.reconcile) == []


HEAD = "整理番号,日付,開始,人数,氏名,電話,特例の理由"


def test_a_list_is_judged_as_the_desk_would_row_after_row(any_db, town, tmp_path):
    calendar, files = town(
        Programme("copal", policy=Policy(max_party=2, limits=[Limit(1, "day")]), pools=(PoolRule("品", 6),))
    )
    any_db.run(calendar.prepare)
    rows = [
        "1,2026/11/24,10:00,2,港 花子,03-1,",
        "2,2026/11/24,10:00,2,川辺 太郎,03-2,",  # a place too many
        "3,2026/11/24,10:00,1,港 花子,03-1,",  # the same person again
        "4,2026/11/24,11:00,1,港 花子,03-1,",  # one a day
        "5,2026/11/24,11:00,3,山田 一郎,03-3,",  # too many at once
        "6,2026/11/24,10:00,2,川辺 太郎,03-2,市長の依頼",  # with a reason
        "7,2026/11/24,11:00,2,,,",
        "8,2026/11/25,11:00,1,,,",  # no such slot
    ]
    path = written(tmp_path / "list.csv", HEAD, *rows)
    tried = files.check("bookings-copal", path, actor=CLERK)
    assert [each.row for each in tried.issues] == [3, 4, 5, 6, 9]
    assert (tried.added, tried.refused) == (3, 5)
    assert [slot.booked for slot in slots_of(any_db, calendar)] == [0, 0]
    assert not files.load("bookings-copal", path, actor=CLERK).written
    good = files.load("bookings-copal", path, actor=CLERK, good_rows=True)
    assert (good.added, good.written) == (3, True)
    assert [(slot.booked, slot.capacity) for slot in slots_of(any_db, calendar)] == [(4, 4), (2, 3)]
    assert any_db.read(calendar.reconcile) == []
    again = files.check("bookings-copal", path, actor=CLERK)
    assert again.unchanged == 3


def test_supplies_are_counted_across_the_rows(any_db, town, tmp_path):
    _, files = town(Programme("copal", pools=(PoolRule("品", 3),)), places=9)
    slots = "プログラム,開始,枠の名前,終了,定員"
    files.load("slots", written(tmp_path / "s.csv", slots, "copal,2026-12-01 10:00,,2026-12-01 11:00,9"))
    rows = [f"{n},2026/12/01,10:00,2,,," for n in range(2)]
    report = files.check("bookings-copal", written(tmp_path / "l.csv", HEAD, *rows), actor=CLERK)
    assert [each.row for each in report.issues] == [3]
    assert "品" in report.issues[0].reason


def test_a_list_is_taken_back_and_may_come_again(any_db, town, tmp_path):
    calendar, files = town(Programme("copal"), Programme("hall"))
    path = written(
        tmp_path / "list.csv",
        f"プログラム,{HEAD}",
        "copal,1,2026/11/24,10:00,1,港 花子,03-1,",
        "copal,2,2026/11/24,11:00,1,川辺 太郎,03-2,",
    )
    assert files.load("bookings", path, actor=CLERK).added == 2
    assert [slot.booked for slot in slots_of(any_db, calendar)] == [1, 1]
    undone = files.undo("bookings", actor=CLERK)
    assert (undone.rows, undone.left) == (2, 0)
    assert [slot.booked for slot in slots_of(any_db, calendar)] == [0, 0]
    assert files.load("bookings", path, actor=CLERK).added == 2
    files.export("bookings", tmp_path / "all.csv")
    states = [row["状態"] for row in rows_of(tmp_path / "all.csv")]
    assert sorted(states) == ["", "", "取消", "取消"]
    assert files.load("bookings", tmp_path / "all.csv", actor=CLERK).unchanged == 4
    assert any_db.read(calendar.reconcile) == []


def test_a_person_who_is_forgotten_after_90_days_keeps_nothing_from_coming_in_again(any_db, town, tmp_path):
    _, files = town(Programme("copal"))
    path = written(tmp_path / "list.csv", HEAD, "1,2026/11/24,10:00,1,港 花子,03-1,")
    assert files.load("bookings-copal", path, actor=CLERK).added == 1
    forget = "UPDATE gl_calendar_contact SET label = NULL, phone = NULL, phone_hash = NULL"
    any_db.run(lambda tx: tx.connection.exec_driver_sql(forget))
    report = files.load("bookings-copal", path, actor=CLERK)
    assert (report.added, report.refused) == (0, 0)


def test_what_is_over_does_not_come_in_and_what_stands_is_not_changed(any_db, town, tmp_path):
    _, files = town(Programme("copal"))
    head = f"{HEAD},状態"
    path = written(tmp_path / "l.csv", head, "1,2026/11/24,10:00,1,,,,取消", "2,2026/11/24,10:00,1,,,,予約")
    report = files.check("bookings-copal", path, actor=CLERK)
    assert [(each.row, each.column) for each in report.issues] == [(2, "状態")]
    assert files.load("bookings-copal", path, actor=CLERK, good_rows=True).added == 1
    moved = written(tmp_path / "m.csv", head, "2,2026/11/24,11:00,1,,,,")
    (issue,) = files.load("bookings-copal", moved, actor=CLERK).issues
    assert (issue.column, issue.reason) == ("開始", "取り込んだ予約は、取込では変えられません")


def test_a_place_that_somebody_took_meanwhile_takes_the_whole_list_back(any_db, town, tmp_path, monkeypatch):
    calendar, files = town(Programme("copal"), places=600)
    one, two = slots_of(any_db, calendar)
    rows = [f"{n},2026/11/24,10:00,1,,," for n in range(550)] + ["x,2026/11/24,11:00,600,,,"]
    path = written(tmp_path / "list.csv", HEAD, *rows)
    real = Judge.__call__
    rivals = []

    def rival(self, tx, changes):
        found = real(self, tx, changes)
        rivals.append(len(changes))
        return found

    monkeypatch.setattr(Judge, "__call__", rival)
    assert files.check("bookings-copal", path, actor=CLERK).ok
    any_db.run(lambda tx: calendar.book(tx, two.id, "quick", key="q"))
    monkeypatch.setattr(Judge, "__call__", lambda self, tx, changes: [])
    with pytest.raises(InputError, match="GL-2072"):
        files.load("bookings-copal", path, actor=CLERK)
    assert rivals == [500, 51]
    assert [slot.booked for slot in slots_of(any_db, calendar)] == [0, 1]
    assert one.capacity == 600
    assert any_db.read(calendar.reconcile) == []
