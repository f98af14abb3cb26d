"""第1回と第2回 on the pages: the first, then what fits after it, then both or none; moved together; in three languages."""

import re
from datetime import UTC, datetime

import pytest

from govline.calendar import CalendarFeature
from govline.store import identity
from govline.web import Password
from govline.web.staff import LocalStaff

TIMES = ["10:00-10:30", "11:00-11:30"]
FIRST = {
    "programme": "dose-1",
    "label": "接種1回目",
    "capacity": 2,
    "slots": [{"dates": "2026-12-01/2026-12-02", "times": TIMES}],
    "linked": {"to": "dose-2", "least_days": 21, "most_days": 28, "on_cancel": "ask"},
    "policy": {"max_party": 2},
}
SECOND = {
    "programme": "dose-2",
    "label": "接種2回目",
    "capacity": 2,
    "slots": [{"dates": ["2026-12-22", "2026-12-30/2026-12-31"], "times": TIMES}],
}
COURSE = {
    "programme": "course",
    "label": "マタニティ教室",
    "capacity": 2,
    "slots": [{"dates": ["2026-12-01", "2026-12-08", "2026-12-15"], "times": "10:00-10:30"}],
    "linked": {"least_days": 7, "most_days": 7},
    "fees": [{"amount": 500}],
}


@pytest.fixture
def written():
    return [FIRST, SECOND]


@pytest.fixture
def city(make_city, any_db, clock, written):
    clock.set(datetime(2026, 11, 20, tzinfo=UTC))
    made = {"staff_login": LocalStaff(any_db, Password(n=2**10, r=8, p=1))}
    return make_city(any_db, (CalendarFeature(), {"programmes": written}), made=made).prepare()


@pytest.fixture
def enter(browser, sign_in, hana):
    return lambda path="/c/calendar/book": sign_in(browser, hana, path)


@pytest.fixture
def who(any_db, hana):
    return lambda: any_db.read(lambda tx: identity.find_citizen(tx, hana.user_id))


def html(answer):
    return answer.body.decode()


def link(answer, label):
    found = re.search(rf'href="([^"]+)"[^>]*aria-label="[^"]*{label}', html(answer)) or re.search(
        rf'href="([^"]+)">[^<]*{label}', html(answer)
    )
    assert found, html(answer)
    return found[1].replace("&amp;", "&").removeprefix("/pages")


def slots(city, programme="dose-1"):
    return city.read(lambda tx: city.calendar.slots(tx, programme))


def booked(city, *programmes):
    return [sum(slot.booked for slot in slots(city, name)) for name in programmes or ("dose-1", "dose-2")]


def to_the_form(browser, month, first="12月2日", second="12月30日"):
    """From the month of the first one to the form of both."""
    for label in (first, "10:00を選ぶ", second, "11:00を選ぶ"):
        path = link(month, label)
        month = browser.get(path)
    return path, month


def send(browser, path, **values):
    return browser.post(path, {**browser.hidden(), "_do": "send", **values})


def test_both_are_booked_at_once_and_stand_together(enter, browser, city):
    month = browser.get(link(enter(), "接種1回目"))
    month = browser.get(link(month, "次の月"))
    path, form = to_the_form(browser, month)
    assert "1回目" in html(form)
    assert "接種1回目 12月2日(水) 10:00-10:30" in html(form)
    assert "接種2回目 12月30日(水) 11:00-11:30" in html(form)
    assert booked(city) == [0, 0], "nothing is booked while one chooses"
    fields = browser.hidden()
    for _ in range(2):
        done = browser.post(path, {**fields, "_do": "send", "party": "1"})
        assert "予約しました" in html(done)
        assert len(set(re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", html(done)))) == 2
    assert booked(city) == [1, 1]
    mine = html(browser.get("/c/calendar/mine"))
    assert "接種2回目 12月30日(水) 11:00" in mine
    assert mine.count("組になる予約") == 2
    assert mine.count("両方の日時を変更する") == 1


def test_only_what_fits_can_be_chosen_and_the_rest_says_why(enter, browser, city):
    first = slots(city)[0]
    enter("/c/calendar/mine")
    page = browser.get(f"/c/calendar/day?beside={first.id}&day=2026-12-30")
    assert "前の回から28日以内の日(12月29日(火)まで)をお選びください。" in html(page)
    assert "を選ぶ" not in html(page).replace("前の回から選び直す", "")
    month = browser.get(f"/c/calendar/month?beside={first.id}")
    assert "2026年12月" in html(month)
    assert "次に空いている日: 12月22日(火)" in html(month)
    back = browser.get(link(month, "前の回から選び直す"))
    assert "接種1回目: 2026年12月" in html(back)


def test_a_first_one_without_a_second_is_marked(enter, browser, city):
    for slot in slots(city, "dose-2"):
        if slot.starts.day == 22:
            city.run(lambda tx, s=slot: city.calendar.book(tx, s.id, None, party=2, key=s.id))
    enter("/c/calendar/mine")
    day = browser.get("/c/calendar/day?programme=dose-1&day=2026-12-01")
    assert "続きの回の空きがありません。" in html(day)
    assert "10:00を選ぶ" not in html(day)
    assert "10:00を選ぶ" in html(browser.get("/c/calendar/day?programme=dose-1&day=2026-12-02"))


def test_who_loses_the_second_has_no_first_and_reads_which_day_is_gone(enter, browser, city, who):
    enter("/c/calendar/mine")
    month = browser.get("/c/calendar/month?programme=dose-1&month=2026-12")
    path, _ = to_the_form(browser, month)
    fields = browser.hidden()
    last = next(s for s in slots(city, "dose-2") if path.endswith(s.id) or s.id in path)
    city.run(lambda tx: city.calendar.book(tx, last.id, None, party=2, key="x"))
    refused = browser.post(path, {**fields, "_do": "send", "party": "1"})
    assert refused.status == 422
    assert "12月30日(水) 11:00: 満員です。" in html(refused)
    assert booked(city) == [0, 2]
    shown = browser.get(path)
    assert "両方を予約する" not in html(shown)
    assert "×満員" in html(
        browser.get(link(shown, "続きの回を選び直す").replace("month?", "day?day=2026-12-30&"))
    )


def test_half_of_a_pair_is_not_booked_by_an_old_address(enter, browser, city):
    path = f"/c/calendar/confirm?programme=dose-1&slot={slots(city)[0].id}"
    enter("/c/calendar/mine")
    browser.get("/c/calendar/merge")
    fields = browser.hidden()
    shown = browser.get(path)
    assert "続きの回の日時もお選びください。" in html(shown)
    on = browser.get(link(shown, "続きの回を選ぶ"))
    assert "前の回は12月1日(火) 10:00です。" in html(on)
    refused = browser.post(path, {**fields, "_do": "send", "party": "1"})
    assert refused.status in (400, 404, 405, 422)
    assert booked(city) == [0, 0]


@pytest.fixture
def pair(enter, city, who):
    enter("/c/calendar/mine")
    both = [slots(city)[0].id, slots(city, "dose-2")[0].id]
    wanted = [(slot, 1) for slot in both]
    return city.run(lambda tx: city.calendar.book_linked(tx, wanted, who(), key="pair")).bookings


def test_a_move_that_breaks_the_days_moves_both(pair, browser, city):
    two = pair[1]
    day = browser.get(f"/c/calendar/day?booking={two.id}&day=2026-12-30")
    shown = browser.get(link(day, "10:00を選ぶ"))
    assert "前の回から28日以内の日(12月29日(火)まで)をお選びください。" in html(shown)
    month = browser.get(link(shown, "もう一方の予約も一緒に変更する"))
    assert "もう一方は12月30日(水) 10:00に変更します。" in html(month)
    day = browser.get(link(month, "12月2日"))
    path = link(day, "11:00を選ぶ")
    form = browser.get(path)
    assert "いまのご予約" in html(form)
    assert "変更しました" in html(send(browser, path))
    now = [city.read(lambda tx, b=each: city.calendar.booking(tx, b.id)).starts.day for each in pair]
    assert now == [2, 30]
    assert city.read(city.calendar.reconcile) == []


def test_both_are_moved_from_one_s_own_bookings(pair, browser, city):
    month = browser.get(link(browser.get("/c/calendar/mine"), "両方の日時を変更する"))
    path, _ = to_the_form(browser, month)
    assert "変更しました" in html(send(browser, path))
    now = [city.read(lambda tx, b=each: city.calendar.booking(tx, b.id)).starts.day for each in pair]
    assert now == [2, 30]


def test_a_move_within_the_days_moves_one_alone(pair, browser, city):
    path = link(browser.get(f"/c/calendar/day?booking={pair[1].id}&day=2026-12-22"), "11:00を選ぶ")
    form = browser.get(path)
    assert "この内容に変更する" in html(form)
    assert "変更しました" in html(send(browser, path, party="1"))
    assert city.read(lambda tx: city.calendar.booking(tx, pair[0].id)).starts == pair[0].starts


def test_nobody_moves_a_stranger_s_pair(enter, browser, city):
    both = [slots(city)[0].id, slots(city, "dose-2")[0].id]
    wanted = [(slot, 1) for slot in both]
    theirs = city.run(lambda tx: city.calendar.book_linked(tx, wanted, "someone", key="pair")).bookings
    to = [slots(city)[2].id, slots(city, "dose-2")[2].id]
    enter("/c/calendar/mine")
    query = f"booking={theirs[1].id}&partner={theirs[0].id}&beside={to[0]}&slot={to[1]}"
    shown = browser.get(f"/c/calendar/pair?{query}")
    assert "変更する" not in html(shown)
    now = [city.read(lambda tx, b=each: city.calendar.booking(tx, b.id)).slot for each in theirs]
    assert now == both


@pytest.mark.parametrize("written", [[COURSE]])
def test_two_of_one_programme_with_what_both_cost(enter, browser, city):
    month = enter("/c/calendar/month?programme=course&month=2026-12")
    for label in ("12月8日", "10:00を選ぶ", "12月15日", "10:00を選ぶ"):
        path = link(month, label)
        month = browser.get(path)
    assert "料金(合計)" in html(month)
    assert "1,000円" in html(month)
    assert 'name="party"' not in html(month), "what stands there is what is paid"
    assert "予約しました" in html(send(browser, path))
    assert booked(city, "course") == [2]
    last = browser.get("/c/calendar/day?programme=course&day=2026-12-15")
    assert "●予約済" in html(last)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ("Nothing is booked until", "Book both")),
        ("ja-easy", ("つづきの 日を", "ふたつ 予約(よやく)する")),
    ],
)
def test_other_languages_have_words_of_their_own(enter, browser, city, lang, said):
    first, second = slots(city)[0], slots(city, "dose-2")[0]
    enter("/c/calendar/mine")
    assert said[0] in html(browser.get(f"/c/calendar/month?beside={first.id}&lang={lang}"))
    assert said[1] in html(browser.get(f"/c/calendar/pair?beside={first.id}&slot={second.id}&lang={lang}"))


@pytest.mark.parametrize(
    "path",
    [
        "month?beside=x",
        "pair",
        "pair?beside=x&slot=y",
        "pair?booking=x",
        "month?both=x&partner=y",
        "day?beside=x&day=2026-12-01",
    ],
)
def test_an_address_that_means_nothing_breaks_nothing(enter, path):
    assert enter(f"/c/calendar/{path}").status == 200


LISTED = {**SECOND, "policy": {"eligibility": {"name": "接種券番号", "number": "10桁"}}}


@pytest.mark.parametrize("written", [[FIRST, LISTED]])
def test_who_must_be_on_the_list_of_the_second_shows_it_on_the_way(enter, browser, city, tmp_path):
    lines = ["接種券番号,生年月日,区分,前回の日,前回の種類,有効期限", "1234567890,1950/4/1,,,,"]
    (tmp_path / "list.csv").write_text("\n".join(lines), "utf-8")
    assert city.tabular.load("eligible-dose-2", tmp_path / "list.csv").added == 1
    month = enter("/c/calendar/month?programme=dose-1&month=2026-12")
    for label in ("12月2日", "10:00を選ぶ"):
        month = browser.get(link(month, label))
    assert "先に接種券番号と生年月日を" in html(month)
    path = link(month, "予約できる方かどうかの確認")
    claimed = browser.fill(path, number="1234567890", born="1950-04-01")
    assert "確認できました" in html(claimed)
    month = browser.get(link(claimed, "予約する"))
    assert "前の回は12月2日(水) 10:00です。" in html(month)
    for label in ("12月30日", "11:00を選ぶ"):
        path = link(month, label)
        month = browser.get(path)
    assert "予約しました" in html(send(browser, path, party="1"))
    assert booked(city) == [1, 1]


@pytest.mark.parametrize("half", ["booking={}", "partner={}"])
def test_an_address_with_half_of_a_move_books_nothing_more(pair, browser, city, half):
    to = [slots(city)[2].id, slots(city, "dose-2")[2].id]
    path = f"/c/calendar/pair?{half.format(pair[1].id)}&beside={to[0]}&slot={to[1]}"
    browser.get("/c/calendar/merge")
    fields = browser.hidden()
    shown = html(browser.get(path))
    assert "両方を予約する" not in shown
    assert "この内容に変更する" not in shown
    browser.post(path, {**fields, "_do": "send", "party": "1"})
    assert booked(city) == [1, 1]
