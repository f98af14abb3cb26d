"""A voucher's number and birth date go in by every door (files, the page, staff) and stand nowhere afterwards."""

import logging
import re
import traceback
import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import inspect, text

from govline.calendar import CalendarFeature
from govline.calendar.mailing import write_labels
from govline.core import Actor
from govline.errors import GovlineError

STAFF = Actor("staff", "s1", "counter")
NUMBERS = ("7700112233", "7700998877", "7700445566", "7700777111")
BORN = date(1937, 11, 23)
SPELLED = ("1937-11-23", "1937/11/23", "19371123", "昭和12年11月23日", "S12.11.23", "1937年11月23日")
HEAD = "接種券番号,生年月日,区分,前回の日,前回の種類,有効期限"
SHOT = {
    "programme": "shot",
    "label": "予防接種",
    "capacity": 3,
    "slots": [{"dates": "2026-11-24/2026-11-29", "times": ["10:00-11:30", "13:00-14:30"]}],
    "policy": {"eligibility": {"name": "接種券番号", "number": "10桁", "guesses": {"most": 2}}},
}


@pytest.fixture
def city(make_city, any_db, clock):
    clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    return make_city(any_db, (CalendarFeature(), {"programmes": [SHOT]})).prepare()


@pytest.fixture
def citizen(browser, sign_in, hana):
    def enter():
        sign_in(browser, hana, "/c/calendar/book")
        return browser

    return enter


def every_row(city):
    """Everything that stands in any table, as text and as bytes."""

    def look(tx):
        names = inspect(tx.connection).get_table_names()
        assert len(names) > 30
        return [tx.connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in names]

    return repr(city.read(look))


def showing(shown):
    """Canaries in this text, whichever way they are spelled."""
    plain = unicodedata.normalize("NFKC", shown)
    bare = re.sub(r"[\s\-]", "", plain)
    return [number for number in NUMBERS if number in bare] + [day for day in SPELLED if day in plain]


def load(city, path, *rows, **more):
    path.write_text("\n".join([HEAD, *rows]), "utf-8")
    return city.tabular.load("eligible-shot", path, actor=STAFF, **more)


def test_a_session_with_vouchers_leaves_no_number_and_no_birth_date(citizen, city, tmp_path, caplog, clock):
    lists, told = city.calendar.eligibility, []
    first, other, unknown, withdrawn = NUMBERS
    with caplog.at_level(logging.DEBUG):
        path = tmp_path / "list.csv"
        told += [
            load(city, path, f"{first},{SPELLED[3]},A,,,", f"{other}9,{SPELLED[1]},A,,,", f"{first},x,A,,,")
        ]
        told += [city.tabular.check("eligible-shot", path)]
        told += [
            load(
                city,
                path,
                f"{first},{SPELLED[3]},A,,,",
                f"{other},1950-01-01,B,,,",
                f"{withdrawn},{SPELLED[4]},B,,,",
            )
        ]
        assert told[-1].added == 3
        told += [load(city, path, f"{withdrawn},{SPELLED[2]},C,,,")]
        told += [city.tabular.undo("eligible-shot", actor=STAFF)]

        browser = citizen()
        page = "/c/calendar/claim?programme=shot"
        spelled = f"{first[:4]}ー{first[4:]}"
        for number, born in (
            (first, "1950-01-01"),
            (spelled + "1", str(BORN)),
            (first, "x"),
            (spelled, str(BORN)),
        ):
            browser.fill(page, number=number, born=born)
        answer = browser.get("/c/calendar/day?programme=shot&day=2026-11-24")
        assert "10:00を選ぶ" in answer.body.decode()
        for number in (unknown, other, other):
            browser.fill(page, number=number, born=str(BORN))
        clock.advance(timedelta(days=2))

        def staff(tx):
            slot = city.calendar.slots(tx, "shot")[0]
            claimed = lists.claim(tx, "shot", None, first, BORN, key="staff", source="phone")
            wrong = [lists.claim(tx, "shot", None, other, BORN, key=f"w{n}") for n in range(2)]
            booking = city.calendar.book(tx, slot.id, None, key="by phone")
            lists.attach(tx, booking.id, claimed.voucher.id)
            released = lists.release(tx, "shot", reason="本人確認", number=other)
            return [claimed, wrong, booking, released, lists.state(tx, "shot")]

        told += city.run(staff, actor=STAFF)
        for bad in ({"key": "staff"}, {"key": ""}):
            with pytest.raises(GovlineError) as error:
                city.run(lambda tx, bad=bad: lists.claim(tx, "shot", None, other, BORN, **bad), actor=STAFF)
            told += [traceback.format_exception(error.value)]
        vendor = tmp_path / "vendor.csv"
        vendor.write_text("\n".join(["券番号", *NUMBERS]), "utf-8")
        city.read(lambda tx: write_labels(tx, city.calendar, "shot", vendor, tmp_path / "labels.csv"))
        told += [city.check(), city.view()]
    assert showing(every_row(city)) == []
    assert showing(caplog.text) == []
    assert showing(repr(told)) == []
    assert showing(f"{first} {SPELLED[2]}") == [first, SPELLED[2]]  # the test sees what it looks for


def test_what_was_mistyped_on_the_page_rests_in_no_draft(citizen, city, clock, sign_in, hana):
    """A malformed birth date brings the form back filled in, and a session that ended asks for it anew."""
    browser, page = citizen(), "/c/calendar/claim?programme=shot"
    wrong = browser.fill(page, number=NUMBERS[0], born="昭和12年13月")
    assert wrong.status == 422
    assert f'value="{NUMBERS[0]}"' in wrong.body.decode(), (
        "whoever mistyped one thing does not type all again"
    )

    form = {**browser.hidden(), "_do": "send", "number": NUMBERS[0], "born": str(BORN)}
    clock.advance(timedelta(hours=13))
    ended = browser.post(page, form)
    assert ended.status == 401
    assert "下書き" not in ended.body.decode(), "nothing was kept, so nothing is promised"
    sign_in(browser, hana, "/c/calendar/claim?programme=shot")
    again = browser.get(page).body.decode()
    assert NUMBERS[0] not in again
    assert "前回の入力の続き" not in again
    with city.begin() as tx:
        assert tx.connection.execute(text("SELECT count(*) FROM gl_web_draft")).scalar() == 0
