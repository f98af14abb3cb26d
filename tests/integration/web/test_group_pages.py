"""団体登録 from the citizen's form to the price: asked for on a page, decided by staff, told by LINE; and the same at a terminal."""

import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from govline.calendar import CalendarFeature
from govline.calendar.pages import groups as pages_groups
from govline.core import Actor
from govline.store import identity
from govline.web import Password
from govline.web.staff import LocalStaff

from .conftest import Browser

HALL = {
    "programme": "hall",
    "label": "公民館",
    "capacity": 1,
    "slots": [{"dates": "2026-12-01/2026-12-20", "times": ["10:00-12:00"]}],
    "fees": [{"amount": 1000, "per": "hour"}],
    "reductions": {"福祉": 50, "学校": 100},
    "policy": {"purpose": "会議"},
}
SCHOOL = {
    "programme": "gym",
    "capacity": 1,
    "slots": [{"dates": "2026-12-01", "times": "9:00"}],
    "policy": {"who": {"group": "体育"}},
}


@pytest.fixture
def city(make_city, any_db, clock):
    clock.set(datetime(2026, 11, 20, 3, tzinfo=UTC))
    made = {"staff_login": LocalStaff(any_db, Password(n=2**10, r=8, p=1))}
    return make_city(any_db, (CalendarFeature(), {"programmes": [HALL, SCHOOL]}), made=made).prepare()


@pytest.fixture
def enter(browser, sign_in, hana, city):
    def walk(path):
        sign_in(browser, hana, path)
        return city.read(lambda tx: identity.find_citizen(tx, hana.user_id))

    return walk


@pytest.fixture
def run(city):
    commands = {command.name: command for command in CalendarFeature().offers(city.calendar).commands}
    return lambda *words: commands["groups"].run(city, words)


def html(answer):
    return answer.body.decode()


def ask(browser, label="手話の会", kind="福祉", **more):
    return browser.fill("/c/calendar/groups", label=label, kind=kind, **more)


def waiting(city):
    return city.read(city.calendar.groups.waiting)


def way_to(page, label):
    """The address behind the link that names the group."""
    found = re.search(rf'href="([^"]+)"[^>]*>\s*{label}', html(page))
    assert found, html(page)
    return found[1].replace("&amp;", "&").removeprefix("/pages")


def pushed(city):
    sql = "SELECT payload FROM gl_outbox WHERE topic = 'line.push' ORDER BY id"
    rows = city.read(lambda tx: tx.connection.exec_driver_sql(sql).all())
    payloads = [row[0] if isinstance(row[0], dict) else json.loads(row[0]) for row in rows]
    return [each["messages"][0].get("text", "") for each in payloads]


def test_from_the_form_to_the_price(enter, browser, clerk, city, clock):
    citizen = enter("/c/calendar/groups")
    page = html(browser.get("/c/calendar/groups"))
    assert all(word in page for word in ("福祉", "学校", "体育", "会議"))
    taken = html(ask(browser, purposes=["会議"]))
    assert "団体登録を受け付けました" in taken
    assert "審査中" in html(browser.get("/c/calendar/groups"))
    (group,) = waiting(city)
    assert (group.label, group.kind, group.purposes) == ("手話の会", "福祉", ["会議"])

    listed = clerk.get("/staff/calendar/registrations")
    address = way_to(listed, "手話の会")
    form = html(clerk.get(address))
    assert 'value="50"' in form, "the rate of its class is suggested"
    assert 'value="2027-03-31"' in form, "and the end of the fiscal year"
    given = {"decision": "approve", "kind": "福祉", "rate": "50", "until": "2027-03-31", "purposes": ["会議"]}
    assert "登録を決めました" in html(clerk.fill(address, **given, reason="規約を確認"))
    assert any("登録を承認しました(2027年3月31日まで)" in text for text in pushed(city))
    mine = html(browser.get("/c/calendar/groups"))
    assert "登録済み" in mine
    assert "2027年3月31日" in mine
    slot = city.read(lambda tx: city.calendar.slots(tx, "hall"))[0]
    price = city.read(lambda tx: city.calendar.price(tx, slot.id, citizen=citizen))
    assert (price.total, len(price.lines)) == (1_000, 2)

    clock.advance(timedelta(hours=1))
    renewed = way_to(clerk.get("/staff/calendar/registrations"), "手話の会")
    assert "この内容で登録を更新する" in html(clerk.get(renewed))
    given = {**given, "rate": "100", "until": "", "reason": "更新"}
    assert "登録を決めました" in html(clerk.fill(renewed, **given))
    assert city.read(lambda tx: city.calendar.price(tx, slot.id, citizen=citizen)).total == 0
    assert waiting(city) == []


def test_two_clerks_at_one_group(enter, browser, clerk, city, clock):
    enter("/c/calendar/groups")
    ask(browser)
    other = Browser(city.web)
    other.fill("/staff/sign-in", name="yamada", password="correct horse")
    address = way_to(clerk.get("/staff/calendar/registrations"), "手話の会")
    given = {"kind": "福祉", "rate": "50", "until": "", "reason": "確認"}
    assert "登録を決めました" in html(clerk.fill(address, decision="reject", **given))
    clock.advance(timedelta(minutes=1))
    late = html(other.fill(address, decision="approve", **given))
    assert "ほかの職員がすでに決めています" in late
    assert waiting(city) == []
    assert [text for text in pushed(city) if "登録を承認しました" in text] == []
    assert "登録なし" in html(browser.get("/c/calendar/groups"))


def test_three_may_wait(enter, browser, city):
    enter("/c/calendar/groups")
    for n in range(3):
        ask(browser, f"会{n}")
    assert "審査を待っている団体登録が3件あります" in html(ask(browser, "会3"))
    assert len(waiting(city)) == 3


@pytest.mark.parametrize(("lang", "word"), [("en", "Ask for registration"), ("ja-easy", "もうしこむ")])
def test_in_other_languages(enter, browser, lang, word):
    enter("/c/calendar/groups")
    assert word in html(browser.get(f"/c/calendar/groups?lang={lang}"))


def test_who_may_not_decide_does_not_see_them(city):
    pages = {page.path: page for page in CalendarFeature().offers(city.calendar).pages}
    assert {pages[name].verb for name in ("registrations", "registration")} == {"calendar.groups"}
    assert not pages["registration"].listed


def test_a_town_without_classes_has_no_such_page(make_city, any_db):
    plain = {"programme": "p", "capacity": 1, "slots": [{"dates": "2026-12-01", "times": "9:00"}]}
    city = make_city(any_db, (CalendarFeature(), {"programmes": [plain]}))
    paths = {page.path for page in CalendarFeature().offers(city.calendar).pages}
    assert not paths & {"groups", "registrations", "registration"}


def test_the_same_at_a_terminal(city, run, capsys):
    def said(*words):
        code = run(*words, "--json")
        return code, json.loads(capsys.readouterr().out)

    made = [
        city.run(
            lambda tx, n=n: city.calendar.groups.ask(tx, f"会{n}", "福祉", f"c{n}", key=f"k{n}"),
            actor=Actor("citizen", f"c{n}", "web"),
        )
        for n in range(2)
    ]
    code, listed = said()
    assert (code, [each["label"] for each in listed["waiting"]], listed["approved"]) == (
        0,
        ["会0", "会1"],
        [],
    )
    code, one = said("--approve", made[0], "--until", "2027-03-31", "--reason", "規約を確認")
    assert (code, one["rate"], one["until"]) == (0, 50, "2027-03-31")
    assert said("--approve", made[0], "--rate", "30", "--class", "学校", "--purpose", "会議", "--reason", "更新")[1] == {
        "id": made[0], "label": "会0", "class": "学校", "state": "approved", "rate": 30, "until": None, "purposes": ["会議"],
    }  # fmt: skip
    assert said("--reject", made[1], "--reason", "名簿がない")[1]["state"] == "rejected"
    assert run("--reject", made[1], "--reason", "もう一度") == 1
    assert "GL-2171" in capsys.readouterr().err
    assert run() == 0
    out = capsys.readouterr().out
    assert "審査待ち 0件" in out
    assert "会0 学校 30% 期限なし" in out
    assert city.read(lambda tx: city.calendar.groups.of(tx, "c0", day=date(2026, 12, 1))).rate == 30


def test_of_many_groups_the_one_that_runs_out_first_is_at_the_head(clerk, city, monkeypatch):
    monkeypatch.setattr(pages_groups, "_SHOWN", 2)
    groups = city.calendar.groups
    for number in range(5):
        key, until = f"k{number}", date(2027, 3, 31) - timedelta(days=number)
        with city.database.begin() as tx:
            group = groups.ask(tx, f"団体{number}", "福祉", key=key)
            groups.approve(tx, group, rate=50, until=until, reason="総会の記録")
    page = html(clerk.get("/staff/calendar/registrations"))
    assert re.findall(r"団体\d", page) == ["団体4", "団体3"]
    assert "govline calendar groups" in page
