"""A clerk's sheet on its way into the town: examined, published whole or not at all, changed, and what is in its way."""

import shutil
from datetime import datetime

import openpyxl
import pytest
from icalendar import Calendar as Ical

from govline import City, Database, FixedClock
from govline.calendar import CalendarFeature, load
from govline.calendar.publishing import publish, undoable
from govline.core import SYSTEM, Actor
from govline.core.jst import JST
from govline.store import audit

NOW = datetime(2026, 11, 20, 9, tzinfo=JST)


def sheet(path, *rows, **head):
    book = openpyxl.Workbook()
    for title, value in {"名称": "冬の接種", "定員": 2, **head}.items():
        book.active.append([title, value])
    book.active.append([])
    for row in (["日付", "開始", "終了", "部屋"], *rows):
        book.active.append(row)
    book.save(path)
    return str(path)


@pytest.fixture
def city(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path}/town.db", town="hinata", clock=FixedClock(NOW))
    with City(database, [CalendarFeature()], folder=tmp_path).prepare() as made:
        yield made


@pytest.fixture
def clerk(city, capsys):
    def run(name, *words):
        code = city.commands["calendar"][name].run(city, list(words))
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def slots(city, programme="winter"):
    found = city.read(lambda tx: city.calendar.slots(tx, programme))
    return [(slot.starts.astimezone(JST), slot.capacity, slot.booked) for slot in found]


def test_examined_mended_published(city, clerk, tmp_path):
    """職員が必須3項目のExcelで接種枠を作成、検査が期間外の枠を指摘、修正して公開."""
    path = tmp_path / "winter.xlsx"
    wrong = sheet(path, ["2026-12-01", "9:00"], ["2027-12-02", "9:00"], 期間="2026-12-01〜2026-12-25")
    code, told = clerk("new", wrong, "--publish")
    assert code == 1
    assert told.startswith("✗ 7行 日付: 期間(2026-12-01〜2026-12-25)の外の枠です\n  → ")
    assert not (tmp_path / "calendars").exists()
    mended = sheet(path, ["2026-12-01", "9:00"], ["2026-12-02", "9:00"], 期間="2026-12-01〜2026-12-25")
    code, told = clerk("new", mended)
    assert (code, "新しい枠 2" in told, "まだ公開していません" in told) == (0, True, True)
    assert "winter" not in city.calendar.programmes
    code, told = clerk("new", mended, "--publish")
    assert (code, told.splitlines()[-1]) == (0, "公開しました: winter.yaml 新しい枠 2、なくした枠 0")
    day = datetime(2026, 12, 1, 9, tzinfo=JST)
    assert slots(city) == [(day, 2, 0), (day.replace(day=2), 2, 0)]
    entries = city.read(audit.list)
    assert "calendar.publish" in [entry.action for entry in entries]


def test_what_the_preflight_finds_stops_it(city, clerk, tmp_path):
    late = sheet(tmp_path / "winter.xlsx", ["2026-12-01", "9:00"], 受付開始="2026-12-02 9:00")
    code, told = clerk("new", late, "--publish")
    assert code == 1
    assert "✗ GL-22" in told
    assert "winter" not in city.calendar.programmes


def test_changed_by_the_sheet_that_was_exported(city, clerk, tmp_path):
    clerk("new", sheet(tmp_path / "winter.xlsx", ["2026-12-01", "9:00"], ["2026-12-02", "9:00"]), "--publish")
    first, _ = city.read(lambda tx: city.calendar.slots(tx, "winter"))
    for who in "ab":
        city.run(lambda tx, who=who: city.calendar.book(tx, first.id, who, key=who))
    path = tmp_path / "calendars" / "winter.yaml"
    path.write_text("# 町の注記\n" + path.read_text("utf-8") + "per_group: true\n", "utf-8")
    assert clerk("sheet", "winter", str(tmp_path / "edit.xlsx"))[0] == 0
    book = openpyxl.load_workbook(tmp_path / "edit.xlsx")
    book.worksheets[0]["B3"] = 1
    book.save(tmp_path / "edit.xlsx")
    code, told = clerk("new", str(tmp_path / "edit.xlsx"))
    assert (code, "予約2名分が、新しい設定に合いません" in told) == (0, True)
    assert slots(city)[1][1] == 2, "a trial changes nothing"
    assert clerk("new", str(tmp_path / "edit.xlsx"), "--publish")[0] == 0
    assert [(capacity, booked) for _, capacity, booked in slots(city)] == [(2, 2), (1, 0)]
    text = path.read_text("utf-8")
    assert text.startswith("# 町の注記\n")
    assert "per_group: true" in text
    code, told = clerk("conflicts")
    assert code == 1
    assert told.startswith("! winter 12月1日(火) 9:00: 設定では定員1、予約2名分 ")


def test_whoever_may_read_the_towns_files_may_read_a_published_one(city, tmp_path):
    data = {"programme": "p", "capacity": 1, "slots": [{"dates": "2026-12-01", "times": ["9:00"]}]}
    folder = tmp_path / "calendars"
    path, _ = publish(city.database, city.calendar, folder, data, actor=SYSTEM)
    (tmp_path / "plain").touch()
    usual = (tmp_path / "plain").stat().st_mode
    assert path.stat().st_mode == usual
    path.chmod(0o640)
    publish(city.database, city.calendar, folder, {**data, "capacity": 2}, actor=SYSTEM)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_setting_that_was_taken_out_is_in_force_no_longer(city, tmp_path):
    data = {"programme": "p", "capacity": 1, "slots": [{"dates": "2026-12-01/2026-12-02", "times": ["9:00"]}]}
    folder = tmp_path / "calendars"
    publish(city.database, city.calendar, folder, {**data, "closed": ["2026-12-02"]}, actor=SYSTEM)
    path, _ = publish(city.database, city.calendar, folder, data, actor=SYSTEM)
    assert not load(path).closed, "nor when the town reads its file again at night"
    assert len(slots(city, "p")) == 2


def test_who_published_stands_in_the_audit(city, tmp_path):
    data = {"programme": "p", "capacity": 1, "slots": [{"dates": "2026-12-01", "times": ["9:00"]}]}
    who = Actor("staff", "s-1", "counter")
    publish(city.database, city.calendar, tmp_path / "calendars", data, actor=who)
    found = [entry for entry in city.read(audit.list) if entry.action == "calendar.publish"]
    assert [(entry.actor_kind, entry.actor_id) for entry in found] == [("staff", "s-1")]


def test_what_stood_in_its_file_already_is_published_too(city, tmp_path):
    """A file that came with the deployment: there is nothing to write, and no folder of what stood before."""
    data = {"programme": "p", "capacity": 1, "slots": [{"dates": "2026-12-01", "times": ["9:00"]}]}
    folder = tmp_path / "calendars"
    publish(city.database, city.calendar, folder, data, actor=SYSTEM)
    shutil.rmtree(folder / "before")
    publish(city.database, city.calendar, folder, data, actor=SYSTEM)
    assert undoable(folder) == ()
    shutil.rmtree(folder / "before")
    (folder / "before").touch()
    publish(city.database, city.calendar, folder, data, actor=SYSTEM)


def test_nothing_half_written(city, tmp_path, monkeypatch):
    data = {"programme": "p", "capacity": 1, "slots": [{"dates": "2026-12-01", "times": ["9:00"]}]}
    folder = tmp_path / "calendars"
    publish(city.database, city.calendar, folder, data, actor=SYSTEM)
    before = (folder / "p.yaml").read_bytes()

    def broken(tx, programme):
        raise RuntimeError("the database went away")

    monkeypatch.setattr(city.calendar, "lay_out", broken)
    for changed in ({**data, "capacity": 9}, {**data, "programme": "q"}):
        with pytest.raises(RuntimeError):
            publish(city.database, city.calendar, folder, changed, actor=SYSTEM)
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert found == ["before/.published", "before/.turn", "before/p.yaml", "p.yaml"]
    assert (folder / "before" / "p.yaml").read_bytes() == b"", "before the first there was nothing"
    assert (folder / "p.yaml").read_bytes() == before
    assert [*city.calendar.programmes] == ["p"]
    assert city.calendar.programme("p").rules[0].capacity == 1


def test_a_grid_of_the_ended_programme(city, clerk, tmp_path):
    grid = tmp_path / "grid.csv"
    grid.write_text("ID,開始,終了,2026/12/1,2026/12/2\n1,9:00,10:00,5,\n2,10:00,11:00,3,3\n", "cp932")
    code, _ = clerk("new", str(grid), "--grid", "--publish")
    assert code == 0
    assert [capacity for _, capacity, _ in slots(city, "grid")] == [5, 3, 3]


def test_a_day_for_staffs_own_calendar(city, clerk, tmp_path):
    clerk("new", sheet(tmp_path / "winter.xlsx", ["2026-12-01", "9:00"], ["2026-12-02", "9:00"]), "--publish")
    assert clerk("ics", "winter", "2026-12-01", str(tmp_path / "day.ics"))[0] == 0
    (event,) = Ical.from_ical((tmp_path / "day.ics").read_bytes()).walk("VEVENT")
    assert str(event["SUMMARY"]) == "冬の接種 予約0/2"


def test_words_that_lead_nowhere(clerk, tmp_path):
    assert clerk("new", str(tmp_path / "none.xlsx"))[0] == 2
    assert clerk("sheet", "none", str(tmp_path / "x.xlsx"))[0] == 2
    assert clerk("conflicts")[0] == 0
