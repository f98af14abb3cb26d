"""Export and import again; a year as iCalendar and on paper."""

import re
import shutil
import subprocess
from datetime import date

import pytest
from icalendar import Calendar

from govline.calendar.garbage import Garbage, Rule
from govline.calendar.garbage.outputs import calendar_command, export_command
from govline.calendar.garbage.picture import picture
from govline.calendar.garbage.printing import calendar_html, marks
from govline.errors import FileError, InputError

AREAS = "地名,読み,センター,燃やすごみ,資源,空\n東<町>,ひがしまち,北工場,月 木,水2 水4,\n西町,,,火 金,20270106 20270203,-\n"
CENTERS = "名称,休止開始日,休止終了日\n北工場,2026/12/31,2027/1/3\n"
EXCEPTIONS = "地区,種類,日付,内容,振替日\n西町,資源,2027/1/6,振替,2027/1/7\n,,2027/1/1,休止,\n西町,燃やすごみ,2027/1/9,臨時,\n"


class Town:
    """What commands use of a City."""

    id = "hinata"

    def __init__(self, database):
        self.database = database
        self.garbage = Garbage()


@pytest.fixture
def town(town_db, tmp_path):
    city = Town(town_db)
    for name, text in (("area_days.csv", AREAS), ("center.csv", CENTERS), ("exceptions.csv", EXCEPTIONS)):
        (tmp_path / name).write_text(text, "utf-8")
    assert town_db.run(lambda tx: city.garbage.import_file(tx, tmp_path / "area_days.csv")).written
    return city


@pytest.mark.parametrize("name", ["again.csv", "again.yaml"])
def test_an_export_imports_again(town, tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    words = [
        str(out / name),
        "--center",
        str(out / "center.csv"),
        "--exceptions",
        str(out / "exceptions.csv"),
    ]
    assert export_command(town, words) == 0
    before = town.database.read(town.garbage.book).base
    report = town.database.run(lambda tx: town.garbage.import_file(tx, out / name))
    assert (report.written, report.problems) == (True, ())
    after = town.database.read(town.garbage.book).base
    assert (after.areas, after.closures, after.changes) == (before.areas, before.closures, before.changes)


def test_a_year_as_icalendar(town, tmp_path):
    out = tmp_path / "year.ics"
    words = ["--area", "西町", "--year", "2026", "--fiscal", "--format", "ics", "--out", str(out)]
    assert calendar_command(town, words) == 0
    events = Calendar.from_ical(out.read_bytes()).walk("VEVENT")
    assert {str(event["SUMMARY"]) for event in events} == {"燃やすごみ", "資源"}
    resources = next(event for event in events if event["SUMMARY"] == "資源")
    assert resources["DTSTART"].dt == date(2027, 1, 7)
    burnable = next(event for event in events if "RRULE" in event)
    assert [each.dt for each in burnable["EXDATE"].dts] == [date(2027, 1, 1)]


def test_a_year_on_paper(town, capsysbinary):
    assert calendar_command(town, ["--area", "東<町>", "--year", "2027", "--format", "html"]) == 0
    page = capsysbinary.readouterr().out.decode()
    assert page.count("<section>") == 12
    assert "東&lt;町&gt; ごみ収集カレンダー 2027年<" in page
    assert "東<町>" not in page
    assert '<td class="off" title="元日"><b>1</b></td>' in page, "a holiday, and closed"
    assert 'title="成人の日 燃やすごみ"' in page
    assert page.count(">燃</i>") == 1 + len([1 for cell in _laid(town, "東<町>", 2027, "燃やすごみ")])


@pytest.mark.browser
def test_a_year_as_a_picture(town, tmp_path):
    if shutil.which("chromium") is None:
        pytest.skip("no Chromium on this machine")
    out = tmp_path / "year.png"
    words = ["--area", "東<町>", "--year", "2027", "--format", "png", "--out", str(out)]
    assert calendar_command(town, words) == 0
    data = out.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (1588, 2246), "A4 upright"


@pytest.mark.parametrize(("tool", "reason"), [("chromium", "no Chromium"), ("fc-list", "no Japanese font")])
def test_a_machine_that_cannot_draw_says_what_to_install(tmp_path, monkeypatch, tool, reason):
    for name in ("chromium", "fc-list"):
        path = tmp_path / name
        if name != tool or name == "fc-list":
            path.write_text("#!/bin/sh\n")
            path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileError, match=reason) as raised:
        picture("<body>")
    assert "fonts-noto-cjk" in raised.value.hint


def _laid(town, area, year, kind):
    book = town.database.read(town.garbage.book)
    for cell in book.lay_out(date(year, 1, 1), date(year, 12, 31), area):
        if cell.kind == kind:
            yield from cell.laid.days


def test_an_unknown_area_is_refused(town):
    with pytest.raises(InputError, match="GL-2025"):
        calendar_command(town, ["--area", "南町", "--year", "2027", "--format", "ics"])


def test_marks_tell_kinds_apart():
    assert marks({"燃やすごみ": 0, "資源": 0}) == {"燃やすごみ": "燃", "資源": "資"}
    assert marks({"可燃": 0, "可燃粗大": 0}) == {"可燃": "1", "可燃粗大": "2"}


def test_a_fiscal_year_begins_in_april():
    page = calendar_html("東", {"燃やすごみ": []}, first=date(2026, 4, 1))
    assert page.index("2026年4月") < page.index("2027年3月")
    assert "2026年度" in page


@pytest.mark.browser
def test_a_year_fits_one_page(tmp_path):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    span = (date(2027, 1, 1), date(2027, 12, 31))
    cells = {
        "燃やすごみ": "月 木",
        "燃やさない": "月1",
        "資源": "月1 月3",
        "プラ": "月",
        "びん": "月2",
        "埋立": "月2 月4",
        **{f"種類{n}": f"月{n % 5 + 1} 木" for n in range(6)},
    }
    page = tmp_path / "year.html"
    page.write_text(
        calendar_html("みどり", {k: Rule.parse(c).between(*span) for k, c in cells.items()}, first=span[0]),
        "utf-8",
    )
    words = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        f"--print-to-pdf={tmp_path / 'year.pdf'}",
    ]
    subprocess.run([chromium, *words, page.as_uri()], check=True, capture_output=True, timeout=100)
    assert re.findall(rb"/Count (\d+)", (tmp_path / "year.pdf").read_bytes())[0] == b"1"
