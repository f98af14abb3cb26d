"""電話・窓口の予約 on a page: booked once with name and number, merged by the code read out, refused with every reason, overridden on record."""

import logging
import re
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from govline.calendar import CalendarFeature
from govline.web import Password
from govline.web.staff import LocalStaff

from .conftest import Browser, text_of

HALL = {
    "programme": "hall",
    "label": "集会室",
    "capacity": 1,
    "per_group": True,
    "slots": [{"dates": "2026-12-01/2026-12-02", "times": ["10:00-11:00", "13:00-14:00"]}],
    "options": {"マイク": {"stock": 2}},
    "policy": {"limit": 1, "max_party": 4},
}
FLU = {
    "programme": "flu",
    "label": "予防接種",
    "capacity": 3,
    "slots": [{"dates": "2026-12-01", "times": "10:00-11:00"}],
    "policy": {
        "eligibility": {"number": "10桁"},
        "questions": [{"ask": "37.5度以上の熱がありますか?", "stop": ["はい"]}],
    },
}
FIRST = {
    "programme": "dose-1",
    "label": "1回目",
    "capacity": 3,
    "contact": "required",
    "slots": [{"dates": "2026-12-01", "times": "10:00-11:00"}],
    "linked": {"to": "dose-2", "least_days": 21, "most_days": 28},
}
SECOND = {
    "programme": "dose-2",
    "label": "2回目",
    "capacity": 3,
    "slots": [{"dates": "2026-12-22/2026-12-23", "times": "10:00-11:00"}],
}
QUIET = {
    "programme": "quiet",
    "label": "匿名相談",
    "capacity": 1,
    "contact": "none",
    "slots": [{"dates": "2026-12-01", "times": "10:00-11:00"}],
}
NAME, PHONE = "山本 さくら", "090-1234-5678"


@pytest.fixture
def city(make_city, any_db, clock):
    clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    made = {"staff_login": LocalStaff(any_db, Password(n=2**10, r=8, p=1))}
    programmes = [HALL, FLU, FIRST, SECOND, QUIET]
    return make_city(any_db, (CalendarFeature(), {"programmes": programmes}), made=made).prepare()


def slots(city, programme="hall"):
    return city.read(lambda tx: city.calendar.slots(tx, programme))


def form_of(slot):
    return f"/staff/calendar/take?slot={slot.id}"


def booked(city, slot):
    return city.read(lambda tx: city.calendar.slot(tx, slot.id)).booked


def rows(city, sql):
    return city.read(lambda tx: [*map(str, tx.connection.exec_driver_sql(sql).all())])


def code_in(page):
    return re.search(r"引き継ぎコード\(読み上げ用[^)]*\)\s+(\S+)", text_of(page))[1]


def bookings_of(city):
    return re.findall(r"'([0-9a-f-]{36})'", "".join(rows(city, "SELECT id FROM gl_calendar_booking")))


def test_from_the_menu_to_a_booking_that_becomes_the_citizens(clerk, city, caplog):
    caplog.set_level(logging.DEBUG)
    assert "電話・窓口の予約を入れる" in text_of(clerk.get("/staff"))
    assert "集会室" in text_of(clerk.get("/staff/calendar/take"))
    month = clerk.get("/staff/calendar/take?programme=hall&month=2026-12").body.decode()
    assert "take?programme=hall&amp;day=2026-12-01" in month
    day = clerk.get("/staff/calendar/take?programme=hall&day=2026-12-01").body.decode()
    slot = slots(city)[0]
    assert f"take?slot={slot.id}" in day
    at = form_of(slot)
    assert "この時間の残り: 2" in text_of(clerk.get(at))
    typed = {"name": NAME, "phone": PHONE, "party": "3", "o0": "2", "channel": "phone"}
    sent = {**clerk.hidden(), "_do": "send", **typed}
    done = clerk.post(at, sent)
    assert "予約しました" in text_of(done)
    assert "マイク×2" in text_of(done)
    assert "2026-12-01" in done.body.decode(), "the way to the day"
    again = clerk.post(at, sent)
    assert code_in(again) == code_in(done)
    assert booked(city, slot) == 1, "sent twice, booked once"

    (booking,) = bookings_of(city)
    (step,) = city.read(lambda tx: city.calendar.history(tx, booking))
    assert (step.what, step.actor_kind, step.channel) == ("made", "staff", "phone")
    ticket = city.run(lambda tx: city.calendar.ticket(tx, booking))
    assert ticket.code in text_of(done)
    kept = city.run(lambda tx: city.calendar.counter.contact(tx, booking))
    assert (kept.label, kept.digits) == (NAME, "09012345678")
    assert "電話" in text_of(clerk.get("/staff/calendar/desk?programme=hall&day=2026-12-01"))

    merged = city.run(lambda tx: city.calendar.merge(tx, code_in(done), "citizen-1", key="m"))
    assert [(each.id, each.party, each.options) for each in merged.moved] == [(booking, 3, {"マイク": 2})]
    assert city.read(city.calendar.reconcile) == []
    assert not any(each in caplog.text for each in (NAME, PHONE, "09012345678", code_in(done)))


def test_nothing_personal_is_in_an_address_a_draft_or_the_answer_at_rest(clerk, city):
    slot = slots(city)[0]
    city.run(lambda tx: city.calendar.book(tx, slots(city)[1].id, "citizen-1", key="k"))
    at = form_of(slot)
    clerk.get(at)
    wrong = clerk.post(
        at, {**clerk.hidden(), "_do": "send", "name": NAME, "phone": PHONE, "party": "9", "channel": "phone"}
    )
    assert wrong.status == 422
    assert "1回の予約は4名までです" in text_of(wrong)
    assert NAME in wrong.body.decode(), "nothing is typed twice"
    fresh = clerk.get(at).body.decode()
    assert 'value="9"' in fresh, "the rest is a draft"
    assert NAME not in fresh
    assert PHONE not in fresh
    typed = {"name": NAME, "phone": PHONE, "party": "1", "channel": "counter"}
    sent = clerk.post(at, {**clerk.hidden(), "_do": "send", **typed}, follow=False)
    where = unquote(dict(sent.headers)["location"])
    assert not any(each in where for each in (NAME, PHONE))
    done = clerk.get(where.removeprefix("/pages"))
    assert "予約しました" in text_of(done)
    for table in ("gl_calendar_booking", "gl_calendar_history", "gl_audit", "gl_calendar_request"):
        text = "".join(rows(city, f"SELECT * FROM {table}"))
        assert not any(each in text for each in (NAME, PHONE, "09012345678", code_in(done))), table


def test_a_full_slot_is_refused_and_no_reason_opens_it(clerk, city):
    slot = slots(city)[0]
    at = form_of(slot)
    clerk.get(at)
    fields = clerk.hidden()
    city.run(lambda tx: city.calendar.book(tx, slot.id, "citizen-1", key="k"))
    typed = {"name": NAME, "party": "1", "channel": "counter", "override": "yes", "reason": "至急"}
    late = clerk.post(at, {**fields, "_do": "send", **typed})
    assert "満員" in text_of(clerk.get("/staff/calendar/take?programme=hall&day=2026-12-01"))
    assert late.status == 422
    assert "満員です" in text_of(late)
    assert NAME not in text_of(late)
    assert (
        "take?slot=" + slot.id
        not in clerk.get("/staff/calendar/take?programme=hall&day=2026-12-01").body.decode()
    )
    shown = clerk.get(at)
    assert "満" in text_of(shown)
    assert 'name="party"' not in shown.body.decode()
    assert booked(city, slot) == 1


def test_a_limit_is_said_and_overridden_with_a_reason_that_stands_on_record(clerk, city):
    one, two = slots(city)[:2]
    typed = {"name": NAME, "phone": PHONE, "party": "1", "channel": "walk_in"}
    assert "予約しました" in text_of(clerk.fill(form_of(one), **typed))
    refused = clerk.fill(form_of(two), **typed)
    assert refused.status == 422
    assert "特例で外せます" in text_of(refused)
    assert booked(city, two) == 0
    bare = clerk.fill(form_of(two), **typed, override="yes")
    assert "理由を書いてください" in text_of(bare)
    done = clerk.fill(form_of(two), **typed, override="yes", reason="付き添いの方のため")
    assert "予約しました" in text_of(done)
    booking = max(bookings_of(city))
    (step,) = city.read(lambda tx: city.calendar.history(tx, booking))
    assert (step.reason, step.channel) == ("付き添いの方のため", "walk_in")
    assert step.data["waived"]
    audited = rows(city, "SELECT actor_kind, channel, action FROM gl_audit")
    assert audited.count("('staff', 'walk_in', 'calendar.booked')") == 2
    made = city.read(lambda tx: city.calendar.booking(tx, booking))
    assert list(made.waived) == list(step.data["waived"])
    assert "当日来所" in text_of(clerk.get("/staff/calendar/desk?programme=hall&day=2026-12-01"))


def test_a_programme_with_a_list_says_why_and_an_answer_that_stops_stops(clerk, city):
    (slot,) = slots(city, "flu")
    typed = {"name": NAME, "party": "1", "channel": "phone"}
    refused = clerk.fill(form_of(slot), **typed, q0="いいえ")
    assert "先に券番号と生年月日を" in text_of(refused)
    assert "特例で外せます" in text_of(refused)
    typed |= {"override": "yes", "reason": "名簿の誤り"}
    assert "予約しました" not in text_of(clerk.fill(form_of(slot), **typed, q0="はい"))
    assert booked(city, slot) == 0
    assert "予約しました" in text_of(clerk.fill(form_of(slot), **typed, q0="いいえ"))


def test_a_pair_is_booked_whole_and_a_name_is_asked_where_the_programme_needs_one(clerk, city):
    (first,), (second, _) = slots(city, "dose-1"), slots(city, "dose-2")
    typed = {"party": "1", "channel": "phone", "second": second.id}
    bare = clerk.fill(form_of(first), **typed)
    assert bare.status == 422
    assert "連絡先" in text_of(bare)
    assert "特例で外せます" not in text_of(bare)
    done = clerk.fill(form_of(first), **typed, phone=PHONE)
    assert "予約しました" in text_of(done)
    assert (booked(city, first), booked(city, second)) == (1, 1)
    merged = city.run(lambda tx: city.calendar.merge(tx, code_in(done), "citizen-1", key="m"))
    assert len(merged.moved) == 2


def test_an_anonymous_programme_asks_for_no_name_and_gives_no_code(clerk, city):
    (slot,) = slots(city, "quiet")
    assert 'name="phone"' not in clerk.get(form_of(slot)).body.decode()
    done = clerk.fill(form_of(slot), party="1", channel="counter")
    assert "予約しました" in text_of(done)
    assert "引き継ぎコード" not in text_of(done)


def test_without_a_channel_nothing_is_booked_and_no_other_one_is_believed(clerk, city):
    slot = slots(city)[0]
    for channel in ({}, {"channel": "line"}, {"channel": "cli"}):
        assert clerk.fill(form_of(slot), name=NAME, party="1", **channel).status == 422
    assert booked(city, slot) == 0


def test_a_slot_that_is_gone_is_said(clerk, city):
    assert clerk.get("/staff/calendar/take?slot=nothing").status == 200
    assert "この日に枠はありません" in text_of(
        clerk.get("/staff/calendar/take?programme=hall&day=2026-12-09")
    )


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30"])
def test_a_day_that_no_calendar_goes_to_is_none(clerk, day):
    for page in ("take", "desk"):
        assert clerk.get(f"/staff/calendar/{page}?programme=hall&day={day}").status == 200, page


def test_who_may_not_override_is_not_offered_it(clerk, city, monkeypatch):
    from govline.core import Reason

    class Policy:
        def refuses(self, actor, verb):
            return Reason("GL-6001", "no") if verb == "calendar.override" else None

    desk = city.calendar.counter
    object.__setattr__(desk, "policy", Policy())
    monkeypatch.setattr(type(city.calendar), "counter", desk, raising=False)
    page = clerk.get(form_of(slots(city)[0])).body.decode()
    assert 'name="party"' in page
    assert 'name="override"' not in page


def test_a_stranger_is_sent_to_the_door(city):
    assert "職員ログイン" in text_of(Browser(city.web).get("/staff/calendar/take"))
