"""Booking on the pages: a month in words, a day with reasons, a form that acts once, own bookings; with a cookie jar as a browser."""

import re
from datetime import UTC, datetime

import pytest

from govline.calendar import CalendarFeature
from govline.core import Actor
from govline.web import Password
from govline.web.staff import LocalStaff

WRITTEN = {
    "programme": "hiroba",
    "label": "わくわく広場",
    "capacity": 3,
    "slots": [{"dates": "2026-11-24/2026-11-29", "times": ["10:00-11:30", "13:00-14:30"]}],
    "policy": {"max_party": 2, "limit": 2, "cancel_until": "前日 17:00"},
}
HALL = {
    "programme": "hall",
    "label": "公民館",
    "capacity": 1,
    "per_group": True,
    "slots": [
        {"dates": "2026-11-24/2026-11-29", "times": "9:00-12:00", "name": name} for name in ("全面", "半面")
    ],
    "parts": {"全面": ["半面"]},
}


@pytest.fixture
def written():
    return [WRITTEN]


@pytest.fixture
def city(make_city, any_db, clock, written):
    clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    made = {"staff_login": LocalStaff(any_db, Password(n=2**10, r=8, p=1))}
    return make_city(any_db, (CalendarFeature(), {"programmes": written}), made=made).prepare()


@pytest.fixture
def enter(browser, sign_in, hana):
    def walk(path="/c/calendar/book"):
        return sign_in(browser, hana, path)

    return walk


def html(answer):
    return answer.body.decode()


def link(answer, label):
    found = re.search(rf'href="([^"]+)"[^>]*aria-label="[^"]*{label}', html(answer)) or re.search(
        rf'href="([^"]+)">[^<]*{label}', html(answer)
    )
    assert found, html(answer)
    return found[1].replace("&amp;", "&").removeprefix("/pages")


def test_from_the_month_to_a_booking_and_back(enter, browser, city, hana, any_db):
    month = enter()
    assert "わくわく広場: 2026年11月の空き" in html(month)
    assert "24 ○空き: 11月24日(火) 空きがあります 2枠中2枠" in html(month)
    day = browser.get(link(month, "11月24日"))
    assert "○空き 残3: 10:00を選ぶ" in html(day)
    form = browser.get(link(day, "10:00を選ぶ"))
    path = link(day, "10:00を選ぶ")
    assert "11月24日(火) 10:00-11:30" in html(form)
    fields = browser.hidden()
    done = browser.post(path, {**fields, "_do": "send", "party": "2"})
    assert "予約しました" in html(done)
    again = browser.post(path, {**fields, "_do": "send", "party": "2"})
    assert "予約しました" in html(again)
    (slot,) = [s for s in city.read(lambda tx: city.calendar.slots(tx, "hiroba")) if s.booked]
    assert (slot.booked, slot.starts) == (2, datetime(2026, 11, 24, 1, tzinfo=UTC))
    day = browser.get("/c/calendar/day?programme=hiroba&day=2026-11-24")
    assert "●予約済" in html(day)
    assert "この枠には、すでにご本人の予約があります。" in html(day)


@pytest.mark.parametrize("written", [[{**WRITTEN, "fees": [{"amount": 300, "per": "person"}]}]])
def test_what_it_costs_stands_before_and_after(enter, browser, city):
    path = link(enter("/c/calendar/day?programme=hiroba&day=2026-11-25&party=2"), "10:00を選ぶ")
    form = html(browser.get(path))
    assert "使用料(1名 300円 × 2)" in form
    assert "料金(2名の場合)" in form
    done = html(browser.post(path, {**browser.hidden(), "_do": "send", "party": "1"}))
    assert re.search(r"<dt>料金</dt>\s*<dd[^>]*>300円", done)
    assert re.search(r"<dt>料金</dt>\s*<dd[^>]*>300円", html(browser.get("/c/calendar/mine")))


@pytest.mark.parametrize("written", [[{**WRITTEN, "capacity": 1}]])
def test_going_back_after_booking_meets_ones_own_booking_and_nothing_else(enter, browser, city):
    path = link(enter("/c/calendar/day?programme=hiroba&day=2026-11-25"), "10:00を選ぶ")
    browser.get(path)
    browser.post(path, {**browser.hidden(), "_do": "send", "party": "1"})
    back = browser.get(path)
    assert "この枠には、すでにご本人の予約があります。" in html(back)
    assert "満員です" not in html(back)
    assert "予約の確認" in html(browser.get(link(back, "予約の確認・変更・取消")))


def test_change_and_cancel_my_own(enter, browser, city, hana, any_db):
    day = enter("/c/calendar/day?programme=hiroba&day=2026-11-25")
    path = link(day, "10:00を選ぶ")
    browser.get(path)
    browser.post(path, {**browser.hidden(), "_do": "send", "party": "1"})
    mine = browser.get("/c/calendar/mine")
    month = browser.get(link(mine, "11月25日\\(水\\) 10:00を変更する"))
    assert "いまのご予約は11月25日(水) 10:00です" in html(month)
    day = browser.get(link(month, "11月26日"))
    path = link(day, "13:00を選ぶ")
    form = browser.get(path)
    assert "いまのご予約" in html(form)
    assert "変更しました" in html(browser.post(path, {**browser.hidden(), "_do": "send", "party": "2"}))
    mine = browser.get("/c/calendar/mine")
    assert "11月26日(木) 13:00" in html(mine)
    path = link(mine, "を取り消す")
    browser.get(path)
    fields = browser.hidden()
    assert "取り消しました" in html(browser.post(path, {**fields, "_do": "send"}))
    assert "取り消しました" in html(browser.post(path, {**fields, "_do": "send"}))
    assert "予約はありません" in html(browser.get("/c/calendar/mine"))
    assert city.read(city.calendar.reconcile) == []


def test_a_strangers_booking_shows_nothing(enter, browser, city):
    slot = city.read(lambda tx: city.calendar.slots(tx, "hiroba"))[0]
    theirs = city.run(lambda tx: city.calendar.book(tx, slot.id, "someone", key="x"))
    answer = enter(f"/c/calendar/cancel?booking={theirs.id}")
    assert "この予約は見つかりません" in html(answer)
    browser.get("/c/calendar/mine")
    browser.get(f"/c/calendar/confirm?slot={slot.id}")
    refused = browser.post(f"/c/calendar/cancel?booking={theirs.id}", {**browser.hidden(), "_do": "send"})
    assert refused.status == 422
    assert city.read(lambda tx: city.calendar.booking(tx, theirs.id)).state.value == "confirmed"


def test_a_refusal_says_every_reason(enter, browser, city):
    slot = city.read(lambda tx: city.calendar.slots(tx, "hiroba"))[0]
    path = f"/c/calendar/confirm?programme=hiroba&slot={slot.id}"
    enter(path)
    fields = browser.hidden()
    city.run(lambda tx: city.calendar.book(tx, slot.id, "someone", party=2, key="x"))
    answer = browser.post(path, {**fields, "_do": "send", "party": "2"})
    assert answer.status == 422
    assert "残りは1名分です。" in html(answer)
    city.run(lambda tx: city.calendar.book(tx, slot.id, "other", key="y"))
    shown = browser.get(path)
    assert "満員です。" in html(shown)
    assert "この内容で予約する" not in html(shown)


@pytest.mark.parametrize(
    "path",
    [
        "month?month=9999-13",
        "month?programme=hiroba&month=0001-01&party=99999999",
        "day?day=nonsense",
        "confirm?slot=nothing&party=-1",
        "cancel?booking=x",
        "month?booking=x",
    ],
)
def test_an_address_that_means_nothing_breaks_nothing(enter, path):
    assert enter(f"/c/calendar/{path}").status == 200


@pytest.mark.parametrize("written", [[WRITTEN, HALL]])
def test_rooms_and_overlaps_are_told_apart(enter, browser, city):
    assert "公民館" in html(enter())
    slots = {s.name: s for s in city.read(lambda tx: city.calendar.slots(tx, "hall", limit=2))}
    city.run(lambda tx: city.calendar.book(tx, slots["半面"].id, None, key="x"))
    day = html(browser.get("/c/calendar/day?programme=hall&day=2026-11-24"))
    assert "×使用中" in day
    assert "同じ時間に、重なる場所の予約が入っています。" in day
    assert "○" in html(browser.get("/c/calendar/month?programme=hall&lang=en"))


@pytest.mark.parametrize(
    "written", [[{**WRITTEN, "policy": {"questions": [{"ask": "37.5度以上の熱がありますか?"}]}}]]
)
def test_a_fever_stops_before_the_booking(enter, browser, city):
    slot = city.read(lambda tx: city.calendar.slots(tx, "hiroba"))[0]
    path = f"/c/calendar/confirm?slot={slot.id}"
    enter(path)
    answer = browser.post(path, {**browser.hidden(), "_do": "send", "party": "1", "q0": "はい"})
    assert answer.status == 422
    assert "窓口にご相談ください" in html(answer)
    assert city.read(lambda tx: city.calendar.slot(tx, slot.id)).booked == 0


LISTED = {**WRITTEN, "policy": {"eligibility": {"name": "接種券番号", "number": "10桁"}}}


@pytest.mark.parametrize("written", [[LISTED]])
def test_a_voucher_is_shown_on_the_page_and_wrong_entries_lock(enter, browser, city, tmp_path):
    number = "1234567890"
    lines = ["接種券番号,生年月日,区分,前回の日,前回の種類,有効期限", f"{number},1950/4/1,,,,"]
    (tmp_path / "list.csv").write_text("\n".join(lines), "utf-8")
    assert city.tabular.load("eligible-hiroba", tmp_path / "list.csv").added == 1
    enter()
    day = browser.get("/c/calendar/day?programme=hiroba&day=2026-11-24")
    assert "先に接種券番号と生年月日を" in html(day)
    path = "/c/calendar/claim?programme=hiroba"
    right = {"number": number, "born": "1950-04-01"}
    for _ in range(6):  # no number at all is no guess, and is said at its field
        mistyped = browser.fill(path, **{**right, "number": "123456789"})
    assert mistyped.status == 422
    assert 'href="#f-number">接種券番号は10桁の数字で入力してください。' in html(mistyped)
    assert 'value="1950-04-01"' in html(mistyped)
    assert "確認できませんでした" in html(browser.fill(path, **{**right, "born": "1950-04-02"}))
    assert "確認できました" in html(browser.fill(path, **right))
    day = browser.get("/c/calendar/day?programme=hiroba&day=2026-11-24")
    assert "10:00を選ぶ" in html(day)
    for _ in range(5):
        refused = browser.fill(path, number="9999999999", born="1950-04-01")
    assert "受け付けを止めています" in html(refused)
    assert number not in html(refused)


def test_staff_see_the_day_and_close_it(clerk, city, simulator):
    slot = city.read(lambda tx: city.calendar.slots(tx, "hiroba"))[0]
    booking = city.run(lambda tx: city.calendar.book(tx, slot.id, "citizen-7", party=2, key="x"))
    desk = html(clerk.get("/staff/calendar/desk?programme=hiroba&day=2026-11-24"))
    assert booking.id[-8:] in desk
    assert "citizen-7" not in desk
    code = city.run(lambda tx: city.calendar.ticket(tx, booking.id)).code
    desk = html(clerk.get("/staff/calendar/desk?programme=hiroba&day=2026-11-24"))
    assert code in desk, "the number that the citizen reads out on the telephone"
    assert booking.id[-8:] not in desk
    assert "2/3" in desk
    use = html(clerk.get("/staff/calendar/use?programme=hiroba&day=2026-11-24"))
    assert "33%" in use
    path = "/staff/calendar/close?programme=hiroba&day=2026-11-24"
    closed = clerk.fill(path, since="10:00", until="11:30", reason="設備点検のため")
    assert "中止しました" in html(closed)
    assert city.read(lambda tx: city.calendar.slot(tx, slot.id)).cancelled
    assert "中止(振替待ち)" in html(clerk.get("/staff/calendar/desk?programme=hiroba&day=2026-11-24"))
    wrong = clerk.fill(path, since="13:00", until="11:30", reason="x")
    assert "終わりは始まりより後" in html(wrong)


class TestReasonsInTheVisitorsLanguage:
    def test_a_day_a_form_and_a_refusal_speak_english(self, enter, browser, city):
        slot = city.read(lambda tx: city.calendar.slots(tx, "hiroba"))[0]
        path = f"/c/calendar/confirm?programme=hiroba&slot={slot.id}"
        enter(path)
        browser.get(f"{path}&lang=en")
        fields = browser.hidden()
        city.run(lambda tx: city.calendar.book(tx, slot.id, "someone", party=2, key="x"))
        refused = browser.post(path, {**fields, "_do": "send", "party": "2"})
        assert "Places left for 1." in html(refused)
        city.run(lambda tx: city.calendar.book(tx, slot.id, "other", key="y"))
        shown = browser.get(path)
        assert "This time is full." in html(shown)
        assert "Other times on Tue 24 Nov" in html(shown)
        browser.get(path.replace(slot.id, city.read(lambda tx: city.calendar.slots(tx, "hiroba"))[1].id))
        day = browser.get("/c/calendar/day?programme=hiroba&day=2026-11-24&party=9")
        assert "× full" in html(day)
        assert "満員" not in html(day)

    def test_a_programme_with_nothing_left_says_what_would_help(self, enter, browser, city):
        for number, slot in enumerate(city.read(lambda tx: city.calendar.slots(tx, "hiroba"))):
            for party in (2, 1):
                who = f"c{number}-{party}"
                city.run(lambda tx, s=slot, w=who, p=party: city.calendar.book(tx, s.id, w, party=p, key=w))
        enter("/c/calendar/mine")
        page = browser.get("/c/calendar/month?programme=hiroba&lang=ja-easy")
        assert "だれかが やめると 予約(よやく)できます。" in html(page)

    def test_what_stands_in_one_s_own_way_is_said_above_the_month(self, enter, browser, city, hana, any_db):
        from govline.store import identity

        enter("/c/calendar/mine")
        who = any_db.read(lambda tx: identity.find_citizen(tx, hana.user_id))
        for slot in city.read(lambda tx: city.calendar.slots(tx, "hiroba"))[:2]:
            city.run(lambda tx, s=slot: city.calendar.book(tx, s.id, who, key=s.id))
        page = browser.get("/c/calendar/month?programme=hiroba&month=2026-11")
        assert "予約はお一人2件までです。" in html(page)

    def test_who_booked_on_the_page_has_the_code_for_the_counter(self, enter, browser, city):
        day = enter("/c/calendar/day?programme=hiroba&day=2026-11-25")
        path = link(day, "10:00を選ぶ")
        browser.get(path)
        done = html(browser.post(path, {**browser.hidden(), "_do": "send", "party": "1"}))
        (code,) = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", done)
        assert code in html(browser.get("/c/calendar/mine"))
        (booked,) = [s for s in city.read(lambda tx: city.calendar.slots(tx, "hiroba")) if s.booked]
        came = city.run(
            lambda tx: city.calendar.counter.arrive(tx, code, key="a", reason="前日に来た"),
            actor=Actor("staff", "s", "counter"),
        )
        assert (came.slot, came.state) == (booked.id, "attended")
