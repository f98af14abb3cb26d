"""Staff's side: passwords, lockouts, a trusted proxy, and the policy that every page asks."""

from datetime import timedelta

import pytest

from govline.core import Reason
from govline.errors import ConfigError, InputError
from govline.web import LocalStaff, Password, ProxyStaff

from .conftest import Browser, text_of

LIGHT = Password(n=2**10, r=8, p=1)


class Policy:
    """Clerks see, chiefs approve."""

    def refuses(self, actor, verb, *, department=""):
        need = {"web.staff": "clerk", "delivery.approve": "chief"}.get(verb, "nobody")
        return None if need in actor.roles else Reason("GL-1500", "だめ")


def test_staff_sign_in_and_act_with_their_roles(clerk, demo):
    assert "職員の画面" in text_of(clerk.get("/staff"))
    clerk.fill("/staff/demo/desk", who="窓口")
    (_, actor, values) = demo.taken[0]
    assert (actor.kind, actor.channel, actor.roles, actor.departments) == (
        "staff",
        "web",
        {"clerk"},
        {"zeimu"},
    )
    assert values["who"] == "窓口"
    assert "yamada" not in actor.id
    assert "送信" in text_of(clerk.get("/staff/web/outbox"))


def test_nobody_is_sent_to_the_door(browser):
    assert "職員ログイン" in text_of(browser.get("/staff"))
    assert "職員ログイン" in text_of(browser.get("/staff/demo/desk"))
    answer = browser.post("/staff/demo/desk", {"who": "x"})
    assert answer.status == 401
    assert "GL-8111" in text_of(answer)


def test_a_citizen_s_session_is_none_of_staff_s(signed_in, clerk):
    signed_in.cookies["gl-hinata-staff"] = signed_in.cookies["gl-hinata"]
    assert "職員ログイン" in text_of(signed_in.get("/staff"))
    clerk.cookies["gl-hinata"] = clerk.cookies["gl-hinata-staff"]
    assert clerk.get("/c/demo/form").status == 303


def test_the_policy_is_asked_for_every_page(make_city, any_db, demo):
    city = make_city(any_db, demo, made={"staff_login": LocalStaff(any_db, LIGHT)})
    city.web._policy = Policy()
    for name, roles in (("clerk", ["clerk"]), ("chief", ["clerk", "chief"]), ("guest", [])):
        hashed = city.web.staff.hash("correct horse")
        any_db.run(lambda tx, n=name, r=roles, h=hashed: city.web.staff.add(tx, n, h, roles=r))
    seen = {}
    for name in ("clerk", "chief", "guest"):
        browser = Browser(city.web)
        menu = browser.fill("/staff/sign-in", name=name, password="correct horse")
        page = browser.get("/staff/demo/approve")
        seen[name] = (menu.status, "承認" in text_of(menu), page.status, "GL-8114" in text_of(page))
    assert seen == {
        "clerk": (200, False, 403, True),
        "chief": (200, True, 200, False),
        "guest": (403, False, 403, True),
    }


def test_wrong_names_and_passwords_say_the_same(clerk, city):
    answers = []
    for name, password in (("yamada", "wrong password"), ("nobody", "correct horse"), ("", "")):
        answer = Browser(city.web).fill("/staff/sign-in", name=name, password=password)
        assert answer.status == 422
        answers.append(text_of(answer))
    assert len(set(answers)) == 1
    assert "correct horse" not in "".join(answers)


def test_five_failures_lock_for_a_while(clerk, city, clock):
    def enter(password):
        return Browser(city.web).fill("/staff/sign-in", name="yamada", password=password).status

    assert [enter("wrong password") for _ in range(5)] == [422] * 5
    assert enter("correct horse") == 422
    clock.advance(timedelta(minutes=16))
    assert enter("correct horse") == 200


def test_who_leaves_is_out_at_once(clerk, city, any_db):
    assert clerk.get("/staff").status == 200
    assert any_db.run(lambda tx: city.web.staff.remove(tx, "yamada"))
    assert "職員ログイン" in text_of(clerk.get("/staff"))
    assert not any_db.run(lambda tx: city.web.staff.remove(tx, "yamada"))


def test_a_working_day_ends(clerk, clock):
    clock.advance(timedelta(hours=9))
    assert "職員ログイン" in text_of(clerk.get("/staff"))


def test_signing_out(clerk, city):
    clerk.get("/staff")
    old = dict(clerk.cookies)
    clerk.post("/staff/sign-out", clerk.hidden())
    assert "職員ログイン" in text_of(clerk.seen)
    clerk.cookies = old
    assert "職員ログイン" in text_of(clerk.get("/staff"))


def test_the_login_form_is_protected_too(city):
    browser = Browser(city.web)
    browser.get("/staff/sign-in")
    answer = browser.post("/staff/sign-in", {"name": "yamada", "password": "correct horse", "_token": "x"})
    assert answer.status == 403
    assert "GL-8110" in text_of(answer)


@pytest.mark.parametrize("name", ["Yamada", "a", "山田", "a b", "a" * 60, "-a"])
def test_names_and_passwords_have_a_form(city, any_db, name):
    with pytest.raises(InputError) as caught:
        any_db.run(lambda tx: city.web.staff.add(tx, name, "x"))
    assert caught.value.code == "GL-8116"
    with pytest.raises(InputError):
        city.web.staff.hash("short")


def test_a_password_is_kept_as_scrypt():
    stored = LIGHT.hash("correct horse")
    assert stored.startswith("scrypt$1024$8$1$")
    assert "correct" not in stored
    assert LIGHT.hash("correct horse") != stored
    assert Password().fits("correct horse", stored)  # the cost stands in the text
    assert not LIGHT.fits("wrong horse", stored)


@pytest.fixture
def behind(make_city, any_db, demo):
    city = make_city(any_db, demo, made={"staff_login": ProxyStaff.behind("127.0.0.0/8", "10.1.2.3")})
    return Browser(city.web)


HEADERS = {"x-staff-user": "0123", "x-staff-roles": "clerk, chief", "x-staff-departments": "zeimu"}


def test_a_trusted_proxy_names_the_member(behind, demo):
    behind.get("/staff/demo/desk", headers=HEADERS)
    form = {**behind.hidden(), "_do": "send", "who": "窓口"}
    behind.post("/staff/demo/desk", form, headers=HEADERS, follow=False)
    assert behind.seen.status == 303
    (_, actor, _) = demo.taken[0]
    assert (actor.roles, actor.departments) == ({"clerk", "chief"}, {"zeimu"})
    assert actor.id != "0123"
    refused = behind.post("/staff/demo/desk", {**form, "_token": "x"}, headers=HEADERS)
    assert "GL-8110" in text_of(refused)


def test_headers_of_anybody_else_bring_nobody_in(behind, monkeypatch):
    login = behind.web.staff
    assert behind.get("/staff").status == 401
    with behind.web._database.begin() as tx:
        assert login.header(tx, HEADERS, "10.1.2.4") is None
        assert login.header(tx, HEADERS, "") is None
        assert login.header(tx, {}, "10.1.2.3") is None
        assert login.header(tx, HEADERS, "10.1.2.3") is not None
        assert login.current(tx, "x") is None
    assert login.password("0123", "x") is None


def test_a_proxy_is_an_address():
    with pytest.raises(ConfigError) as caught:
        ProxyStaff.behind("proxy.example")
    assert caught.value.code == "GL-8116"


def test_a_town_without_staff_pages_has_none(make_city, any_db, demo):
    city = make_city(any_db, demo)
    assert Browser(city.web).get("/staff").status == 404
    with pytest.raises(ConfigError) as caught:
        _ = city.web.staff
    assert caught.value.code == "GL-8140"


def test_roles_come_from_people(make_city, any_db, demo):
    from govline.people import PeopleFeature

    roles = {"clerk": {"label": "担当", "verbs": ["web.staff"]}}
    people = (PeopleFeature(), {"definition": {"roles": roles}})
    city = make_city(any_db, people, demo, staff="local")
    staff = city.web.staff
    staff._password = LIGHT
    hashed = staff.hash("correct horse")

    def hire(tx):
        staff.add(tx, "yamada", hashed)
        return city.people.add(tx, "yamada", "山田")

    member = any_db.run(hire)
    browser = Browser(city.web)
    browser.fill("/staff/sign-in", name="yamada", password="correct horse")
    assert browser.seen.status == 403  # known, but without a role that may
    any_db.run(lambda tx: city.people.assign(tx, member, "clerk"))
    assert browser.get("/staff").status == 200
    browser.fill("/staff/demo/desk", who="窓口")
    assert demo.taken[0][1].id == member


def test_a_draft_stays_at_the_desk_where_it_was_begun(make_city, any_db, demo):
    """A clerk who is moved does not find what a citizen of the old desk told; who comes to the desk does not either."""
    from datetime import date

    from govline.people import Move, PeopleFeature

    definition = {
        "departments": {"zeimu": {"label": "税務課"}, "kankyo": {"label": "環境課"}},
        "roles": {"clerk": {"label": "担当", "verbs": ["web.staff"]}},
    }
    city = make_city(any_db, (PeopleFeature(), {"definition": definition}), demo, staff="local")
    city.web.staff._password = LIGHT
    hashed = city.web.staff.hash("correct horse")

    def hire(tx):
        members = []
        for name, place in (("yamada", "zeimu"), ("suzuki", "zeimu")):
            city.web.staff.add(tx, name, hashed)
            members.append(city.people.add(tx, name, name))
            city.people.assign(tx, members[-1], "clerk", place)
        return members

    yamada, _suzuki = any_db.run(hire)
    browsers = {}
    for name in ("yamada", "suzuki"):
        browsers[name] = Browser(city.web)
        browsers[name].fill("/staff/sign-in", name=name, password="correct horse")
    browsers["yamada"].fill("/staff/demo/desk", do="keep", who="税の相談者")
    assert "税の相談者" in browsers["yamada"].get("/staff/demo/desk").body.decode()
    assert "税の相談者" not in browsers["suzuki"].get("/staff/demo/desk").body.decode()
    today = any_db.clock.now().date()
    any_db.run(lambda tx: city.people.hand_over(tx, [Move(yamada, "kankyo", ("clerk",))], today))
    assert "税の相談者" not in browsers["yamada"].get("/staff/demo/desk").body.decode()
    assert isinstance(today, date)


def test_somebody_else_on_the_same_browser_sees_no_draft(browser, sign_in, simulator, hana):
    sign_in(browser, hana)
    browser.fill("/c/demo/form", do="keep", who="花子だけの下書き")
    browser.get("/")
    browser.post("/sign-out", browser.hidden())
    sign_in(browser, simulator.world.add_citizen("鈴木 太郎"))
    assert "花子だけの下書き" not in browser.get("/c/demo/form").body.decode()
