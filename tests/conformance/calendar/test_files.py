"""Files of staff about bookings on both engines: telephone lists all or nothing, rosters, mailings by cohort."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar as Ical

from govline.calendar import Calendar, Policy, Programme, SlotPlan
from govline.calendar.datasets import datasets
from govline.calendar.eligible_dataset import eligible_dataset
from govline.calendar.mailing import COHORTS, LABELS, cohorts, write_cohorts, write_labels
from govline.calendar.roster import ROSTER, roster, write_roster
from govline.calendar.terms import Eligibility, Who, Window
from govline.core import Actor, Reason
from govline.core.jst import JST
from govline.errors import InputError
from govline.tabular import Files, read

START = datetime(2026, 11, 24, 1, tzinfo=UTC)
PHONE = Actor("staff", "s1", "phone")
HEAD = "整理番号,日付,開始,人数,氏名,電話\n"


class NoContacts:
    def refuses(self, actor, verb, *, department=""):
        return Reason("GL-1301", "権限がありません。") if verb == "calendar.desk" else None


@pytest.fixture
def calendar(any_db):
    made = Calendar([Programme("p", policy=Policy(max_party=3))])
    plans = [SlotPlan(START + timedelta(hours=n), START + timedelta(hours=n + 1), 2) for n in range(2)]
    any_db.run(lambda tx: made.add_slots(tx, "p", plans))
    return made


@pytest.fixture
def take(any_db, calendar, tmp_path):
    def work(*rows, dry_run=False, head=HEAD, **more):
        path = tmp_path / "list.csv"
        path.write_text(head + "".join(f"{row}\n" for row in rows), "cp932")
        files = Files(any_db, datasets(calendar))
        return (files.check if dry_run else files.load)("bookings-p", path, actor=PHONE, **more)

    return work


def booked(db, calendar):
    return [slot.booked for slot in db.read(lambda tx: calendar.slots(tx, "p"))]


def test_a_telephone_list_is_booked_once(any_db, calendar, take):
    rows = "1,2026/11/24,10:00,1,港 花子,03-0000-0000", "2,令和8年11月24日,11:00,2,,"
    tried = take(*rows, dry_run=True)
    assert (tried.added, tried.refused, tried.written) == (2, 0, False)
    assert booked(any_db, calendar) == [0, 0]
    report = take(*rows)
    assert (report.added, report.unchanged, report.written) == (2, 0, True)
    assert booked(any_db, calendar) == [1, 2]
    again = take(*rows, "3,2026/11/24,10:00,1,川辺 太郎,")
    assert (again.added, again.unchanged) == (1, 2)
    assert booked(any_db, calendar) == [2, 2]
    assert any_db.read(calendar.reconcile) == []


def test_times_past_midnight_belong_to_the_day_on_which_the_evening_began(any_db, calendar, take):
    night = [
        SlotPlan(datetime(2026, 11, day, hour, tzinfo=JST), datetime(2026, 11, day, hour + 1, tzinfo=JST), 1)
        for day, hour in ((24, 0), (25, 0), (25, 1))
    ]
    any_db.run(lambda tx: calendar.add_slots(tx, "p", night))
    assert take("1,2026/11/24,24:00,1,,", "2,2026/11/24,25:00,1,,").added == 2
    taken = any_db.read(lambda tx: calendar.slots(tx, "p"))
    assert [slot.starts for slot in taken if slot.booked] == [plan.starts for plan in night[1:]]


def test_one_refusal_and_nothing_is_booked(any_db, calendar, take):
    report = take(
        "1,2026/11/24,10:00,1,港 花子,",
        "2,2026/11/24,10:00,2,川辺 太郎,",
        "3,2026/11/24,15:00,1,,",
        "4,2026/11/24,11:00,1,,",
    )
    assert (report.added, report.refused, report.written) == (2, 2, False)
    assert all(each.remedy for each in report.issues)
    assert [(each.row, each.column, each.reason) for each in report.issues] == [
        (3, "日付", "残りは1名分です。"),
        (4, "日付", "この日時(と部屋)の枠がありません"),
    ]
    assert "花子" not in repr(report)
    assert booked(any_db, calendar) == [0, 0]
    assert take("1,2026/11/24,10:00,1,港 花子,").added == 1, "a refusal leaves no trace under its number"


def test_a_room_that_is_not_there_is_told_with_those_that_are(any_db, calendar, take):
    night = START + timedelta(hours=9)
    rooms = [SlotPlan(night, night + timedelta(hours=1), 1, name) for name in ("", "A室")]
    any_db.run(lambda tx: calendar.add_slots(tx, "p", rooms[1:]))
    (issue,) = take("1,2026/11/24,19:00,1,,").issues  # the list has no column 部屋
    said = "この日時の部屋は 「A室」 です。「部屋」の列に同じ字で書いてください"
    assert (issue.row, issue.column, issue.remedy) == (2, "", said)
    any_db.run(lambda tx: calendar.add_slots(tx, "p", rooms[:1]))
    (issue,) = take("1,2026/11/24,19:00,1,,,Ａ室", head=HEAD.replace("電話", "電話,部屋")).issues
    assert issue.column == "部屋"
    assert issue.remedy.startswith("この日時の部屋は 空欄、「A室」 です")


def test_a_faulty_cell_and_a_number_used_for_something_else(any_db, calendar, take):
    assert not take("1,2026/11/24,10:00,1,,", "2,2/30,10:00,1,,").written
    assert booked(any_db, calendar) == [0, 0]
    take("1,2026/11/24,10:00,1,,")
    (issue,) = take("1,2026/11/24,11:00,1,,").issues
    assert (issue.column, issue.reason) == ("開始", "取り込んだ予約は、取込では変えられません")


def test_the_roster_names_people_only_to_whoever_may_see_them(any_db, calendar, take, tmp_path):
    take("1,2026/11/24,10:00,2,港 花子,03-0000-0000")
    any_db.run(lambda tx: calendar.book(tx, calendar.slots(tx, "p")[1].id, "c1", key="k"))
    day = date(2026, 11, 24)
    path = tmp_path / "roster.xlsx"
    assert any_db.run(lambda tx: write_roster(tx, calendar, "p", day, path), actor=PHONE) == 2
    first, second = [row.values for row in read(ROSTER, path)]
    assert (first["party"], first["state"], first["channel"], first["label"]) == (
        2,
        "confirmed",
        "phone",
        None,
    )
    assert len(first["code"]) == len(second["code"]) == 14
    arrived = any_db.run(
        lambda tx: calendar.counter.arrive(tx, second["code"], key="a", reason="確認"), actor=PHONE
    )
    assert arrived.state == "attended"
    named = any_db.run(lambda tx: [*roster(tx, calendar, "p", day, contacts=True)], actor=PHONE)
    assert [(row.get("label"), row.get("phone")) for row in named] == [
        ("港 花子", "0300000000"),
        (None, None),
    ]
    strict = Calendar([calendar.programme("p")], policy=NoContacts())
    with pytest.raises(InputError, match="GL-2071"):
        any_db.run(lambda tx: [*roster(tx, strict, "p", day, contacts=True)], actor=PHONE)


def test_a_booking_in_ones_own_calendar_follows_changes(any_db, calendar):
    first, second = any_db.read(lambda tx: calendar.slots(tx, "p"))
    booking = any_db.run(lambda tx: calendar.book(tx, first.id, "c1", key="1"))

    def file():
        data = Ical.from_ical(any_db.read(lambda tx: calendar.ics(tx, booking.id)))
        (event,) = data.walk("VEVENT")
        return data["METHOD"], event["SEQUENCE"], event["DTSTART"].dt, str(event["UID"])

    made = file()
    any_db.run(lambda tx: calendar.change(tx, booking.id, to=second.id, key="2"))
    moved = file()
    any_db.run(lambda tx: calendar.cancel(tx, booking.id, key="3"))
    gone = file()
    assert [each[:3] for each in (made, moved, gone)] == [
        ("PUBLISH", 0, first.starts),
        ("PUBLISH", 1, second.starts),
        ("CANCEL", 2, second.starts),
    ]
    assert made[3] == moved[3] == gone[3]
    assert any_db.read(lambda tx: calendar.ics(tx, "nobody")) is None


def test_vouchers_go_out_by_cohort_without_an_address(any_db, tmp_path):
    opens = [datetime(2026, 11, day, tzinfo=UTC) for day in (9, 16)]
    windows = [
        Window(name, Who(cohorts=[name]), opens=at) for name, at in zip(("高齢", "一般"), opens, strict=True)
    ]
    policy = Policy(eligibility=Eligibility(shape="[0-9]{10}"), windows=windows)
    calendar = Calendar([Programme("v", "接種", policy)])
    any_db.run(lambda tx: calendar.add_slots(tx, "v", [SlotPlan(START, START + timedelta(hours=1), 9)]))
    listed = tmp_path / "list.csv"
    numbers = [f"00000000{n:02d}" for n in range(5)]
    rows = [f"{number},1950-01-0{n + 1},{'高齢' if n < 2 else '一般'}" for n, number in enumerate(numbers)]
    listed.write_text("券番号,生年月日,区分\n" + "\n".join(rows), "utf-8")
    dataset = eligible_dataset(calendar.programme("v"), lambda: any_db.keys, lambda: date(2026, 11, 1))
    assert Files(any_db, [dataset]).load(dataset.name, listed).added == 5
    found = any_db.read(lambda tx: cohorts(tx, calendar, "v"))
    assert [(each.name, each.rows, each.opens) for each in found] == [
        ("高齢", 2, opens[0]),
        ("一般", 3, opens[1]),
    ]
    assert any_db.read(lambda tx: write_cohorts(tx, calendar, "v", tmp_path / "cohorts.csv")) == 2
    assert [row.values["rows"] for row in read(COHORTS, tmp_path / "cohorts.csv")] == [2, 3]
    vendor = tmp_path / "vendor.csv"
    vendor.write_text(f"住所,接種券番号\n港1丁目,{numbers[3]}\n川辺,9999999999\n,{numbers[0]}\n", "cp932")
    out = tmp_path / "labels.csv"
    assert any_db.read(lambda tx: write_labels(tx, calendar, "v", vendor, out)) == (3, 1)
    names = ("number", "cohort", "opens", "send")
    assert [tuple(row.values[name] for name in names) for row in read(LABELS, out)] == [
        (numbers[3], "一般", opens[1], True),
        ("9999999999", None, None, False),
        (numbers[0], "高齢", opens[0], True),
    ]
    assert "港1丁目" not in out.read_text("utf-8-sig")
