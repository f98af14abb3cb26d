"""Where one thing must not run into another: sign-ins, sessions, races, headers said twice."""

import json
import threading
from datetime import timedelta
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from attrs import evolve

from govline.core import Actor, Reason
from govline.errors import PageRefused
from govline.store import outbox
from govline.web import LocalStaff, Password, ProxyStaff, StaffMember
from govline.web.serving import _ask_of, _ask_of_environ

from .conftest import BASE, Browser, authorize, text_of


def location(answer):
    return dict(answer.headers)["location"]


def count(city, table):
    with city.begin() as tx:
        return tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()


def at_once(work, number):
    """Runs `work(n)` in threads that start together; what they gave, in no order."""
    gate, found = threading.Barrier(number), []

    def run(at):
        gate.wait(20)
        found.append(work(at))

    threads = [threading.Thread(target=run, args=(at,)) for at in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == number
    return found


class TestSignIn:
    def finished(self, city, browser, simulator, hana):
        answer = browser.get("/c/demo/form")
        query = urlsplit(authorize(simulator, location(answer), hana)).query
        return dict(browser.cookies), query

    def test_lines_answer_must_carry_this_sign_ins_nonce(self, city, browser, simulator, hana):
        """An ID token of the same person and channel, from another sign-in, injected at LINE's answer."""
        _, query = self.finished(city, browser, simulator, hana)
        other = simulator.world.id_tokens.issue(hana, "1650000001", nonce="of-another-sign-in")
        login = city.web.settings.login
        fetch = login.fetch

        def injected(url, form=None):
            return json.dumps({"id_token": other}).encode() if form is not None else fetch(url, form)

        object.__setattr__(login, "fetch", injected)
        answer = browser.get(f"/sign-in/done?{query}")
        assert (answer.status, "GL-8105" in text_of(answer)) == (401, True)
        assert "gl-hinata" not in browser.cookies
        assert count(city, "gl_web_session") == 0

    def test_the_same_sign_in_twice_at_once_opens_one_session(self, city, browser, simulator, hana):
        cookies, query = self.finished(city, browser, simulator, hana)
        login = city.web.settings.login
        fetch, kept, lock = login.fetch, {}, threading.Lock()

        def remembering(url, form=None):
            if form is None:
                return fetch(url, form)
            with lock:  # LINE that would give the token to both
                if "token" not in kept:
                    kept["token"] = fetch(url, form)
                return kept["token"]

        object.__setattr__(login, "fetch", remembering)

        def finish(_at):
            twin = Browser(city.web)
            twin.cookies = dict(cookies)
            return twin.get(f"/sign-in/done?{query}", follow=False).status

        assert sorted(at_once(finish, 4)) == [303, 401, 401, 401]
        assert count(city, "gl_web_session") == 1

    def test_a_host_header_changes_no_address_where_the_town_said_its_own(self, city, browser):
        answer = browser.get(
            "/c/demo/form", headers={"host": "evil.example", "x-forwarded-host": "evil.example"}
        )
        asked = dict(parse_qsl(urlsplit(location(answer)).query))
        assert asked["redirect_uri"] == f"{BASE}/sign-in/done"
        assert "evil" not in location(answer) + str(answer.headers)
        assert city.web.url("demo/form").startswith(BASE)


class TestForms:
    GOOD: ClassVar = {"who": "佐藤 花子", "ward": "a"}

    def test_what_somebody_typed_into_the_address_is_in_no_row(self, signed_in, city):
        typed = "/c/demo/form?" + urlencode({"q": "佐藤 花子 090-1234-5678"})
        assert "受付番号" in text_of(signed_in.fill(typed, **self.GOOD))
        (entry,) = city.read(lambda tx: outbox.list(tx))
        assert entry.topic == "line.push"
        with city.begin() as tx:
            rows = str(tx.connection.exec_driver_sql("SELECT * FROM gl_outbox").all())
        assert not [word for word in ("1234", "%E4%BD%90", "佐藤", "?q=") if word in rows]

    @pytest.mark.parametrize(
        "key", ["", "x", "佐藤 花子 090-1234-5678", "a" * 101, "a" * 20 + "\0", "../../../../etc/passwd"]
    )
    def test_a_form_s_key_is_ours_or_nobody_s(self, signed_in, demo, key):
        signed_in.get("/c/demo/form")
        signed_in.post("/c/demo/form", {**signed_in.hidden(), **self.GOOD, "_do": "send", "_key": key})
        assert signed_in.seen.status == 200
        ((used, _, _),) = demo.taken
        assert used != key
        assert len(used) >= 32

    def test_a_key_of_somebody_else_hides_nothing(self, city, signed_in, sign_in, simulator, demo):
        """Two citizens send the same key: two submissions, two messages."""
        other = Browser(city.web)
        sign_in(other, simulator.world.add_citizen("鈴木"))
        for browser in (signed_in, other):
            browser.get("/c/demo/form")
            browser.post("/c/demo/form", {**browser.hidden(), **self.GOOD, "_do": "send", "_key": "k" * 32})
        assert len(demo.taken) == 2
        assert len(city.read(lambda tx: outbox.list(tx))) == 2

    def test_a_link_for_one_use_in_many_hands_at_once(self, city, clock, demo):
        """Each hand has a form of its own, so that only the link's own mark keeps them apart."""
        until = clock.now() + timedelta(days=1)
        path = city.run(lambda tx: city.web.link(tx, "demo/form", expires=until, once=True)).removeprefix(
            BASE
        )
        hands = []
        for _ in range(8):
            hand = Browser(city.web)
            hand.get(path)
            hands.append((hand, {**hand.hidden(), "_do": "send", "who": "花子"}))
        assert len({form["_key"] for _, form in hands}) == 8

        def send(at):
            hand, form = hands[at]
            return hand.post(path, form, follow=False).status

        assert sorted(at_once(send, 8)) == [303] + [404] * 7
        assert count(city, "gl_web_submission") == count(city, "gl_audit") == 1


class TestStaff:
    def test_signing_in_again_ends_the_session_before(self, clerk, city):
        old = dict(clerk.cookies)
        clerk.fill("/staff/sign-in", name="yamada", password="correct horse")
        assert clerk.get("/staff").status == 200
        assert clerk.cookies["gl-hinata-staff"] != old["gl-hinata-staff"]
        clerk.cookies = old
        assert "職員ログイン" in text_of(clerk.get("/staff"))

    def test_a_cookie_of_elsewhere_does_not_keep_anybody_out(self, clerk):
        clerk.cookies["gl-hinata-staff"] = "minato." + "x" * 43
        clerk.get("/staff/sign-in")
        form = {**clerk.hidden(), "name": "yamada", "password": "correct horse"}
        assert clerk.post("/staff/sign-in", form).status == 200

    def test_guesses_at_the_same_time_are_all_counted(self, clerk, city):
        """Eight guesses race for one name: none is lost, the name is locked."""

        def guess(at):
            return city.web.staff.password("yamada", f"wrong password {at}")

        assert at_once(guess, 8) == [None] * 8
        assert city.web.staff.password("yamada", "correct horse") is None

    def test_a_password_that_changes_while_it_is_checked_is_the_old_one(self, any_db, clerk, city):
        """The hash is judged outside of the unit; in it, the row must still be the one that was judged."""
        staff = city.web.staff
        fresh, fits = staff.hash("another horse"), staff._password.fits

        class Slow(Password):
            def fits(self, password, stored):
                def change(tx):
                    staff.remove(tx, "yamada")
                    staff.add(tx, "yamada", fresh)

                any_db.run(change)
                return fits(password, stored)

        staff._password = Slow(n=2**10, r=8, p=1)
        assert staff.password("yamada", "correct horse") is None

    def test_a_flood_of_guesses_takes_two_cores_and_no_more(self, any_db, city):
        running, most, held = [], [], threading.Event()

        class Slow(Password):
            def fits(self, password, stored):
                running.append(1)
                most.append(len(running))
                held.wait(20)
                running.pop()
                return False

        staff = LocalStaff(any_db, Slow(n=2**10, r=8, p=1))
        staff._patience = 0.0

        def guess(_at):
            try:
                return staff.password("nobody", "x")
            except PageRefused as refused:
                held.set()
                return refused.code

        assert min(map(str, at_once(guess, 6))) == "GL-8124"
        assert max(most) <= 2

    @pytest.mark.parametrize("name", ["evil,yamada", "evil, yamada", ","])
    def test_a_proxy_s_header_that_came_twice_names_nobody(self, any_db, name):
        login = ProxyStaff.behind("10.1.2.3")
        with any_db.begin() as tx:
            assert login.header(tx, {"x-staff-user": name}, "10.1.2.3") is None
            assert login.header(tx, {"x-staff-user": "yamada"}, "::ffff:10.1.2.3") is None


def test_headers_said_twice_are_seen_to_be_said_twice():
    from starlette.requests import Request

    names = [
        (b"x-staff-user", b"evil"),
        (b"x-staff-user", b"yamada"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
    ]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": names,
        "client": None,
    }
    ask = _ask_of(Request({**scope, "server": ("h", 80)}), b"")
    assert ask.headers["x-staff-user"] == "evil,yamada"
    assert ask.cookies == {"a": "1", "b": "2"}


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "1e9", "", "0x10", " 5"])
def test_a_length_that_is_none_reads_nothing(length):
    import io

    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "CONTENT_LENGTH": length, "SERVER_NAME": "h"}
    ask = _ask_of_environ({**environ, "SERVER_PORT": "80", "wsgi.input": io.BytesIO(b"x" * 10)})
    assert ask.body == b""


def test_no_server_is_asked_for_a_header_with_a_line_in_it(signed_in):
    """Whatever comes in, no header that goes out holds a line break: answers cannot be split."""
    for path in (
        "/c/demo/form?q=a%0d%0aset-cookie:x=1",
        "/sign-in?back=/c/demo/form%0d%0aX:1",
        "/c/demo/form?lang=en%0d%0aX:1",
    ):
        for answer in (signed_in.get(path, follow=False), signed_in.fill(path, who="花子", follow=False)):
            assert not [value for _, value in answer.headers if "\r" in value or "\n" in value]


def test_a_draft_is_saved_for_its_owner_only_by_their_own_form(signed_in, clock, city):
    """The session has ended; what another site makes the browser send is not kept as its owner's draft."""
    signed_in.get("/c/demo/form")
    form = {**signed_in.hidden(), "_do": "send", "who": "他人"}
    clock.advance(timedelta(hours=13))
    for token in ("", "x" * 64):
        assert signed_in.post("/c/demo/form", {**form, "_token": token}).status == 401
    assert count(city, "gl_web_draft") == 0
    signed_in.post("/c/demo/form", form)
    assert count(city, "gl_web_draft") == 1


class Chief:
    """Clerks enter, chiefs approve."""

    def refuses(self, actor, verb, *, department=""):
        need = {"web.staff": "clerk", "delivery.approve": "chief"}[verb]
        return None if need in actor.roles else Reason("GL-1500", "だめ")


def test_the_policy_is_asked_for_what_is_sent_as_well(clerk, city, demo):
    """A form that was opened while the clerk still might, or made by hand."""
    page = city.web._pages["demo/approve"]
    city.web._pages["demo/approve"] = evolve(page, show=demo.show, submit=demo.submit)
    clerk.get("/staff/demo/approve")
    form = {**clerk.hidden(), "_do": "send", "who": "窓口"}
    object.__setattr__(city.web._routes.staff, "policy", Chief())
    for deed in ("send", "sure", "keep", "discard", "edit"):
        answer = clerk.post("/staff/demo/approve", {**form, "_do": deed})
        assert (answer.status, "GL-8114" in text_of(answer)) == (403, True)
    assert demo.taken == []
    assert count(city, "gl_web_draft") == 0


def test_a_citizens_session_enters_no_staff_page_whatever_the_login_believes(
    clerk, signed_in, city, monkeypatch
):
    """A vendor's `current` that takes any id for a member: the session's own kind stands before it."""
    member = StaffMember("x", Actor("staff", "x", "web"))
    monkeypatch.setattr(city.web.staff, "current", lambda _tx, _member: member)
    assert "職員ログイン" not in text_of(clerk.get("/staff"))
    signed_in.cookies["gl-hinata-staff"] = signed_in.cookies["gl-hinata"]
    assert "職員ログイン" in text_of(signed_in.get("/staff"))


def test_liff_s_form_from_another_site_is_refused(make_city, any_db, demo, simulator, hana):
    browser = Browser(make_city(any_db, demo, liff={"id": "1650000001-abcdefgh"}).web)
    browser.get("/c/demo/form")
    form = {**browser.hidden(), "id_token": simulator.world.id_tokens.issue(hana, "1650000001")}
    answer = browser.post("/sign-in/liff", form, headers={"origin": "https://evil.example"})
    assert (answer.status, "GL-8110" in text_of(answer)) == (403, True)
    assert browser.post("/sign-in/liff", form, headers={"origin": "http://127.0.0.1:8999"}).status == 200
