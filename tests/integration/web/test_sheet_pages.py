"""職員が必須3項目のExcelで接種枠を作成、検査が期間外の枠を指摘、修正して公開 - on a page, without a shell; taken out again and taken back."""

import io
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from threading import Barrier, Event

import openpyxl
import pytest

from govline import City
from govline.calendar import CalendarFeature, load, publishing
from govline.calendar.publishing import publish, take_back
from govline.core import SYSTEM
from govline.core.pages import Page
from govline.errors import InputError
from govline.store import audit
from govline.web import Password, WebFeature
from govline.web.staff import LocalStaff

from .conftest import Browser

HALL = {
    "programme": "hall",
    "label": "公民館",
    "capacity": 1,
    "slots": [{"dates": "2026-12-01", "times": "9:00"}],
}
PUBLISH = "/staff/calendar/publish"
PUBLISHED = "/staff/calendar/published"


@pytest.fixture
def city(login_environment, any_db, clock, tmp_path):
    clock.set(datetime(2026, 11, 20, 3, tzinfo=UTC))
    web = WebFeature(staff_login=LocalStaff(any_db, Password(n=2**10, r=8, p=1)))
    features = [(CalendarFeature(), {"programmes": [HALL]}), (web, {"login_channel": "1650000001"})]
    return City(any_db, features, name="ひなた町", folder=tmp_path).prepare()


def book_of(*slots, **settings):
    """A clerk's Excel sheet."""
    book = openpyxl.Workbook()
    for title, value in {"名称": "冬の接種", "予約ID": "winter", "定員": 2, **settings}.items():
        book.active.append([title, value])
    book.active.append([])
    book.active.append(["日付", "開始"])
    for slot in slots:
        book.active.append([*slot])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def send(browser, data, deed="check", *, keep=None, name="接種.xlsx"):
    """The page's form with a file, as a browser sends it."""
    browser.get(PUBLISH)
    fields = keep or {**browser.hidden(), "_do": "send", "programme": "", "deed": deed}
    parts = [
        f'--x\r\ncontent-disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = f'--x\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    body = b"".join([*parts, head, data, b"\r\n--x--\r\n"])
    answer = browser.request(
        "POST",
        f"{browser_root(browser)}{PUBLISH}",
        body=body,
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    return answer.body.decode(), fields


def browser_root(browser):
    return "/pages" if browser.base.endswith("/pages") else ""


def cells(html):
    """The rows of the page's tables."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)
    return [
        [
            re.sub(r"<[^>]+>|\s+", " ", cell).strip()
            for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        ]
        for row in rows
    ]


def slots(city, programme="winter"):
    return [(slot.capacity, slot.booked) for slot in city.read(lambda tx: city.calendar.slots(tx, programme))]


PERIOD = {"期間": "令和8年12月1日〜12月25日"}


def test_examined_mended_published(clerk, city, tmp_path):
    wrong = book_of(["2026-12-01", "9:00"], ["2027-12-02", "9:00"], **PERIOD)
    html, _ = send(clerk, wrong, "publish")
    assert "公開していません" in html
    (row,) = [row for row in cells(html) if row[:1] == ["8"]]
    assert row[:4] == ["8", "日付", "誤り", "期間(2026-12-01〜2026-12-25)の外の枠です"]
    assert not (tmp_path / "calendars").exists()
    assert "winter" not in city.calendar.programmes

    mended = book_of(["2026-12-01", "9:00"], ["2026-12-02", "9:00"], **PERIOD)
    html, _ = send(clerk, mended)
    assert all(word in html for word in ("検査しました", "まだ公開していません", "冬の接種"))
    assert "winter" not in city.calendar.programmes, "looking changes nothing"
    assert not (tmp_path / "calendars").exists()
    html, fields = send(clerk, mended, "publish")
    assert "公開しました" in html
    assert slots(city) == [(2, 0), (2, 0)]
    assert city.calendar.programme("winter").title == "冬の接種"
    again, _ = send(clerk, mended, keep=fields)
    assert again == html, "sent twice, published once"
    acts = [
        entry
        for entry in city.read(lambda tx: audit.list(tx, limit=50))
        if entry.action == "calendar.publish"
    ]
    assert {entry.actor_kind for entry in acts} == {"staff"}


def test_what_the_preflight_finds_has_its_row_and_column(clerk, city):
    late = book_of(["2026-12-01", "9:00"], 受付開始="2026-12-02 9:00")
    html, _ = send(clerk, late, "publish")
    assert "公開していません" in html
    (row,) = [row for row in cells(html) if "GL-2206" in "".join(row)]
    assert row[1:3] == ["予約締切", "誤り"] or row[:3] == ["-", "-", "誤り"]
    closed = book_of(["2026-12-01", "9:00"], 受付終了="2026-11-01")
    html, _ = send(clerk, closed, "publish")
    (row,) = [row for row in cells(html) if "GL-2207" in "".join(row)]
    assert row[:3] == ["4", "受付終了", "誤り"]
    assert "winter" not in city.calendar.programmes


@pytest.mark.parametrize("data", [b"PK\x03\x04 no workbook", book_of()[:900], b"%PDF-1.4"])
def test_what_is_no_sheet_is_said_and_changes_nothing(clerk, city, data):
    html, _ = send(clerk, data, "publish")
    assert "公開しました" not in html
    assert [*city.calendar.programmes] == ["hall"]


def test_taken_out_changed_published_and_taken_back(clerk, city, tmp_path):
    send(clerk, book_of(["2026-12-01", "9:00"], ["2026-12-02", "9:00"]), "publish")
    first = city.read(lambda tx: city.calendar.slots(tx, "winter"))[0]
    for who in "ab":
        city.run(lambda tx, w=who: city.calendar.book(tx, first.id, w, key=w))
    assert "冬の接種の表を取り出す" in clerk.get(PUBLISHED).body.decode()
    sheet = clerk.get("/staff/calendar/as-sheet?programme=winter")
    assert (sheet.status, sheet.media_type.split("/")[0]) == (200, "application")
    book = openpyxl.load_workbook(io.BytesIO(sheet.body))
    rows = {row[0].value: row for row in book.worksheets[0].iter_rows()}
    rows["定員"][1].value = 1
    out = io.BytesIO()
    book.save(out)
    html, _ = send(clerk, out.getvalue(), "publish")
    assert "新しい設定に合わない、予約のある枠" in html
    assert slots(city) == [(2, 2), (1, 0)]

    html = clerk.fill(PUBLISHED, programme="winter").body.decode()
    assert "公開を取り消しました" in html
    assert slots(city) == [(2, 2), (2, 0)]
    assert city.calendar.programme("winter").rules[0].capacity == 2
    assert "capacity: 2" in (tmp_path / "calendars" / "winter.yaml").read_text("utf-8")
    assert "公開を取り消しました" in clerk.fill(PUBLISHED, programme="winter").body.decode()
    assert slots(city) == [(2, 2), (1, 0)], "the taking back was taken back"
    assert city.read(city.calendar.reconcile) == []


def test_an_old_form_that_comes_again_publishes_nothing_over_what_is_newer(clerk, city):
    old, newer = (book_of(["2026-12-01", "9:00"], 定員=places) for places in (2, 7))
    html, fields = send(clerk, old, "publish")
    send(clerk, newer, "publish")
    before = slots(city)
    again, _ = send(clerk, old, keep=fields)
    assert again == html
    assert slots(city) == before


def test_a_form_that_was_examined_is_not_published_by_going_back(clerk, city):
    sheet = book_of(["2026-12-01", "9:00"])
    _, fields = send(clerk, sheet, "check")
    html, _ = send(clerk, sheet, keep={**fields, "deed": "publish"})
    assert "まだ公開していません" in html
    assert "winter" not in city.calendar.programmes, "what is said is what was done"


def test_sent_twice_it_is_taken_back_once(clerk, city):
    for times in (["9:00"], ["9:00", "10:00"]):
        send(clerk, book_of(*(["2026-12-01", each] for each in times)), "publish")
    clerk.get(PUBLISHED)
    form = {**clerk.hidden(), "_do": "send", "programme": "winter"}
    pages = [clerk.post(PUBLISHED, form).body for _ in range(2)]
    assert pages[0] == pages[1]
    assert [capacity for capacity, _ in slots(city)] == [2, 0]


def test_a_first_publication_is_taken_back_while_nobody_has_booked(clerk, city, tmp_path):
    send(clerk, book_of(["2026-12-01", "9:00"]), "publish")
    slot = city.read(lambda tx: city.calendar.slots(tx, "winter"))[0]
    booking = city.run(lambda tx: city.calendar.book(tx, slot.id, "a", key="a"))
    refused = clerk.fill(PUBLISHED, programme="winter").body.decode()
    assert "すでに予約があります" in refused
    assert "winter" in city.calendar.programmes
    assert (tmp_path / "calendars" / "winter.yaml").exists()
    city.run(lambda tx: city.calendar.cancel(tx, booking.id, key="x"))
    assert "公開を取り消しました" in clerk.fill(PUBLISHED, programme="winter").body.decode()
    assert [*city.calendar.programmes] == ["hall"]
    assert not (tmp_path / "calendars" / "winter.yaml").exists()
    left = city.read(
        lambda tx: tx.connection.exec_driver_sql(
            "SELECT SUM(capacity) FROM gl_calendar_slot WHERE programme = 'winter'"
        ).scalar()
    )
    assert left == 0
    assert "公開を取り消しました" in clerk.fill(PUBLISHED, programme="winter").body.decode()
    assert slots(city) == [(2, 0)]


def put(city, folder, count):
    """Publish a programme of so many days and places."""
    dates = f"2026-12-01/2026-12-{count:02d}"
    data = {"programme": "winter", "capacity": count, "slots": [{"dates": dates, "times": ["9:00"]}]}
    publish(city.database, city.calendar, folder, data, actor=SYSTEM)


def of_one_sheet(city, folder):
    stands = load(folder / "winter.yaml")
    count = stands.rules[0].capacity
    places = [capacity for capacity, _ in slots(city) if capacity]
    return city.calendar.programme("winter") == stands and places == [count] * count


def test_two_who_publish_at_once_leave_one_sheets_file_and_slots(city, tmp_path):
    start = Barrier(2)

    def at_once(count):
        start.wait()
        put(city, tmp_path / "calendars", count)

    for counts in ((2, 5), (3, 7), (4, 9)):
        with ThreadPoolExecutor(2) as clerks:
            list(clerks.map(at_once, counts))
        assert of_one_sheet(city, tmp_path / "calendars")


def test_without_their_turns_file_and_slots_are_of_two_sheets(city, tmp_path, monkeypatch):
    wrote, done, real = Event(), Event(), publishing._write

    def slow(path, data):
        real(path, data)
        if path.parent.name == "calendars" and b"capacity: 3" in data:
            wrote.set()
            done.wait(5)

    monkeypatch.setattr(publishing, "turn", lambda _path: nullcontext())
    monkeypatch.setattr(publishing, "_write", slow)
    with ThreadPoolExecutor(1) as clerk:
        first = clerk.submit(put, city, tmp_path / "calendars", 3)
        assert wrote.wait(5)
        put(city, tmp_path / "calendars", 7)
        done.set()
        first.result()
    assert not of_one_sheet(city, tmp_path / "calendars"), "what the turns are for"


def test_a_process_that_has_not_read_it_takes_it_back_all_the_same(clerk, city, any_db, tmp_path):
    other = City(any_db, [(CalendarFeature(), {"programmes": [HALL]})], folder=tmp_path)
    send(clerk, book_of(["2026-12-01", "9:00"]), "publish")
    folder = tmp_path / "calendars"
    take_back(other.database, other.calendar, folder, "winter", actor=SYSTEM, key="k")
    assert not (folder / "winter.yaml").exists()
    with pytest.raises(InputError, match="GL-2058"):
        take_back(other.database, other.calendar, folder, "summer", actor=SYSTEM, key="l")
    with pytest.raises(InputError, match="GL-2001"):
        take_back(other.database, other.calendar, folder, "winter", actor=SYSTEM, key="")


def test_who_may_not_publish_does_not(city):
    pages: dict[str, Page] = {page.path: page for page in CalendarFeature().offers(city.calendar).pages}
    assert {pages[name].verb for name in ("publish", "published", "as-sheet")} == {"calendar.publish"}
    assert not pages["as-sheet"].listed
    fresh = Browser(city.web)
    assert "冬の接種" not in fresh.get("/staff/calendar/as-sheet?programme=hall").body.decode()


def test_by_night_a_process_reads_what_another_has_published(
    clerk, city, any_db, login_environment, tmp_path
):
    send(clerk, book_of(["2026-12-01", "9:00"]), "publish")
    other = City(any_db, [(CalendarFeature(), {"programmes": [HALL]})], folder=tmp_path)
    send(clerk, book_of(["2026-12-01", "9:00"], ["2026-12-02", "9:00"]), "publish")
    assert len(other.calendar.programme("winter").rules) == 1
    (tick,) = [tick for tick in other.ticks if tick.name == "calendar.lay_out"]
    other.run(lambda tx: tick.run(tx, tx.now))
    assert slots(city) == [(2, 0), (2, 0)], "the night of a process that opened earlier takes no slot away"
    (tmp_path / "calendars" / "winter.yaml").write_text("programme: [", "utf-8")
    other.run(lambda tx: tick.run(tx, tx.now))
    assert slots(city) == [(2, 0), (2, 0)], "what cannot be read changes nothing"


def test_at_once_a_process_uses_what_another_has_published(clerk, city, any_db, tmp_path, monkeypatch):
    send(clerk, book_of(["2026-12-01", "9:00"]), "publish")
    stamp = tmp_path / "calendars" / "before" / ".published"
    before = stamp.stat().st_mtime_ns
    other = City(any_db, [(CalendarFeature(), {"programmes": [HALL]})], folder=tmp_path)
    send(clerk, book_of(["2026-12-01", "9:00"], ["2026-12-02", "9:00"]), "publish")
    assert stamp.stat().st_mtime_ns >= before
    later = before + 1_000_000_000  # a file system's clock may be coarser than this test is fast
    os.utime(stamp, ns=(later, later))
    assert len(other.calendar.programme("winter").rules) == 1, "it looks once a second"
    monkeypatch.setattr("govline.calendar.programme_files._PAUSE", 0)
    assert len(other.calendar.programme("winter").rules) == 2


def test_the_page_names_the_kind_of_file_as_a_clerk_does(clerk, city):
    page = clerk.get(PUBLISH.removeprefix("/pages")).body.decode()
    assert "Excel (xlsx)、2MBまで" in page


def test_a_folder_that_cannot_be_written_is_said_and_nothing_changes(clerk, city, tmp_path):
    send(clerk, book_of(["2026-12-01", "9:00"]), "publish")
    before = (tmp_path / "calendars" / "winter.yaml").read_bytes()
    shutil.rmtree(tmp_path / "calendars" / "before")
    (tmp_path / "calendars" / "before").write_text("", "utf-8")  # a file where a folder must be: for root too
    html, _ = send(clerk, book_of(["2026-12-02", "9:00"]), "publish")
    assert "公開していません" in html
    assert "GL-0036" in html
    assert (tmp_path / "calendars" / "winter.yaml").read_bytes() == before
    assert slots(city) == [(2, 0)]
