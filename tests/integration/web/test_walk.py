"""Every registered page, walked by those who may not: strangers, citizens, staff without the role, staff of another town."""

import pytest

from govline.answers import AnswersFeature
from govline.calendar import CalendarFeature
from govline.calendar.garbage import GarbageFeature
from govline.people import PeopleFeature
from govline.segments import SegmentsFeature
from govline.store import Database
from govline.web import LocalStaff, Password

from .conftest import Browser, text_of

LIGHT = Password(n=2**10, r=8, p=1)
HALL = {"programme": "hall", "capacity": 10, "slots": [{"rolling": 7, "times": ["18:00-20:00"]}]}
DEFINITION = {
    "departments": {"zeimu": {"label": "税務課"}},
    "roles": {
        "visitor": {"label": "見学", "verbs": ["data.export"]},
        "clerk": {"label": "担当", "verbs": ["web.staff"]},
        "chief": {"label": "責任者", "verbs": ["*"]},
    },
}
KNOWN = {f"calendar/{name}" for name in ("desk", "take", "use", "close", "places", "locks")} | {
    "town/expiries",
    "web/outbox",
}


@pytest.fixture
def town(make_city, sqlite_db):
    wards = {"name": "ward", "type": "choice", "label": "地区", "choices": {"a": "あ"}}
    features = [
        (PeopleFeature(), {"definition": DEFINITION}),
        (SegmentsFeature(), {"attributes": [wards]}),
        (CalendarFeature(), {"programmes": [HALL]}),
        GarbageFeature(),
        AnswersFeature(),
    ]
    city = make_city(sqlite_db, *features, staff="local")
    city.web.staff._password = LIGHT
    return city.prepare()


def pages_of(city, audience):
    return {name: page for name, page in city.web._pages.items() if page.audience == audience}


@pytest.fixture
def enter(town, sqlite_db):
    hashed = town.web.staff.hash("correct horse")

    def hire(role, place=""):
        def unit(tx):
            name = role or "nobody"
            town.web.staff.add(tx, name, hashed)
            member = town.people.add(tx, name, name)
            if role:
                town.people.assign(tx, member, role, place)

        sqlite_db.run(unit)
        browser = Browser(town.web)
        browser.fill("/staff/sign-in", name=role or "nobody", password="correct horse")
        return browser

    return hire


def test_the_walk_meets_every_page_of_staff(town):
    assert set(pages_of(town, "staff")) >= KNOWN


def test_strangers_are_sent_to_the_door(town):
    for name in pages_of(town, "staff"):
        browser = Browser(town.web)
        assert "職員ログイン" in text_of(browser.get(f"/staff/{name}")), name
        answer = browser.post(f"/staff/{name}", {"_token": "x"})
        assert (answer.status, "GL-8111" in text_of(answer)) == (401, True), name
    for name in pages_of(town, "citizen"):
        assert Browser(town.web).get(f"/c/{name}", follow=False).status == 303, name


def test_staff_without_the_right_role_are_refused_with_a_code(town, enter):
    browsers = {"": enter(""), "visitor": enter("visitor"), "clerk": enter("clerk", "zeimu")}
    for role, browser in browsers.items():
        for name, page in pages_of(town, "staff").items():
            may = role == "clerk" and not page.verb
            for answer in (
                browser.get(f"/staff/{name}"),
                browser.post(f"/staff/{name}", {**browser.hidden(), "_do": "send"}),
            ):
                refused = answer.status == 403 and "GL-8114" in text_of(answer)
                assert refused != may, (role, name)
    menu = text_of(browsers["clerk"].get("/staff"))
    hidden = [page.title for page in pages_of(town, "staff").values() if page.verb]
    assert hidden
    assert not any(title in menu for title in hidden)


def test_the_right_role_opens_all(town, enter):
    browser = enter("chief")
    for name in pages_of(town, "staff"):
        assert browser.get(f"/staff/{name}").status == 200, name


def test_a_citizen_opens_none(town, sign_in, hana):
    browser = Browser(town.web)
    sign_in(browser, hana, "/c/segments/settings")
    for cookie in ("gl-hinata-staff", "gl-hinata-staff-form"):
        browser.cookies[cookie] = browser.cookies["gl-hinata"]
    for name in pages_of(town, "staff"):
        assert "職員ログイン" in text_of(browser.get(f"/staff/{name}")), name
        assert browser.get(f"/c/{name}").status == 404, name


def test_staff_of_another_town_open_none(town, make_city, tmp_path, clock, ids):
    from govline.store import Keyring

    other = Database.open(
        f"sqlite:///{tmp_path}/other.db", town="tonari", clock=clock, ids=ids, keys=Keyring.generate()
    )
    with make_city(other, made={"staff_login": LocalStaff(other, LIGHT)}).prepare() as neighbour:
        hashed = neighbour.web.staff.hash("correct horse")
        other.run(lambda tx: neighbour.web.staff.add(tx, "chief", hashed, roles=["chief"]))
        theirs = Browser(neighbour.web)
        theirs.fill("/staff/sign-in", name="chief", password="correct horse")
        token = theirs.cookies["gl-tonari-staff"]
    browser = Browser(town.web)
    for name in pages_of(town, "staff"):
        browser.cookies["gl-hinata-staff"] = token
        answer = browser.get(f"/staff/{name}")
        assert (answer.status, "GL-8112" in text_of(answer)) == (403, True), name


FORWARDED = {
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-for": "10.0.0.5",
    "forwarded": "host=evil.example;proto=https",
    "x-original-url": "/staff/web/outbox",
    "x-rewrite-url": "/staff/web/outbox",
    "x-forwarded-prefix": "//evil.example",
    "x-http-method-override": "DELETE",
}


def test_headers_of_proxies_are_believed_by_nobody(town, monkeypatch):
    monkeypatch.delenv("GOVLINE_WEB_URL")
    for path in ("/", "/c/segments/settings", "/staff", "/sign-in"):
        plain = Browser(town.web).get(path, follow=False)
        forged = Browser(town.web).get(path, follow=False, headers=FORWARDED)
        assert forged.status == plain.status, path
        seen = f"{forged.body!r}{dict(forged.headers).get('location', '')}"
        assert "evil" not in seen, path
        assert [value.count("Secure") for name, value in forged.headers if name == "set-cookie"] == [
            value.count("Secure") for name, value in plain.headers if name == "set-cookie"
        ]
