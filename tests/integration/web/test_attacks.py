"""What an attacker tries against the pages, and the code that answers: CSRF, scripts, paths, other towns, floods, leaks."""

import logging
import re
from html.parser import HTMLParser

import pytest

from govline.city import City
from govline.store import Database
from govline.web import WebFeature
from govline.web.bodies import MOST_BODY
from govline.web.links import open_link
from govline.web.rendering import safe

from .conftest import BASE, Browser, Demo, text_of

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}${7*7}<!--"
GOOD = {"who": "花子", "ward": "a"}


@pytest.fixture
def any_db(sqlite_db):
    """One engine is enough here: what a visitor sees does not depend on it (forms, links and staff run on both)."""
    return sqlite_db


def refused(answer, code, status):
    assert answer.status == status, answer.body.decode()
    assert code in text_of(answer)


# --- CSRF -------------------------------------------------------------------------------------------------------------


def test_a_form_without_this_session_s_token_is_refused(signed_in, demo, city, sign_in, simulator):
    signed_in.get("/c/demo/form")
    form = {**signed_in.hidden(), "_do": "send", **GOOD}
    other = Browser(city.web)
    sign_in(other, simulator.world.add_citizen("鈴木"))
    for token in ("", "x" * 64, other.hidden()["_token"]):
        refused(signed_in.post("/c/demo/form", {**form, "_token": token}), "GL-8110", 403)
    refused(signed_in.post("/sign-out", {"_token": "x"}), "GL-8110", 403)
    assert demo.taken == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8998"},
        {"origin": "https://127.0.0.1:8999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_refused_even_with_the_token(signed_in, demo, headers):
    signed_in.get("/c/demo/form")
    form = {**signed_in.hidden(), "_do": "send", **GOOD}
    refused(signed_in.post("/c/demo/form", form, headers=headers), "GL-8110", 403)
    assert demo.taken == []
    own = {"origin": "http://127.0.0.1:8999", "sec-fetch-site": "same-origin"}
    assert signed_in.post("/c/demo/form", form, headers=own).status == 200
    assert len(demo.taken) == 1


def test_nobody_s_form_is_refused_and_not_kept(browser, demo, city):
    refused(browser.post("/c/demo/form", {"_do": "send", **GOOD}), "GL-8111", 401)
    with city.begin() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM gl_web_draft").scalar() == 0


# --- scripts ----------------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    """Every element and attribute name as a browser would see them."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes = set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def harmless(answer):
    html = answer.body.decode()
    seen = Tags()
    seen.feed(html)
    assert not seen.tags & {"script", "img", "style", "iframe", "object", "base"}
    assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}
    assert "{{7*7}}" in html or "7*7" not in html
    assert "49" not in text_of(answer)


def test_every_displayed_value_is_text(signed_in, demo):
    demo.value = EVIL
    plain = signed_in.get("/c/demo/quiet")
    harmless(plain)
    assert text_of(plain).count("alert(1)") >= 8
    harmless(signed_in.get("/c/demo/form"))
    harmless(
        signed_in.fill("/c/demo/form", who=EVIL, about=EVIL, count=EVIL, day=EVIL, ward=EVIL, topics=EVIL)
    )
    harmless(
        signed_in.fill(
            f"/c/demo/form?{'x'}=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", do="keep", who=EVIL, about=EVIL
        )
    )
    harmless(signed_in.get("/c/demo/form"))
    demo.refuse = [EVIL]
    harmless(signed_in.fill("/c/demo/form", **{**GOOD, "who": "花子"}))
    harmless(signed_in.get("/nowhere/%3Cscript%3E?lang=%3Cscript%3E"))
    harmless(signed_in.get("/c/demo/form?lang=en%22%3E%3Cscript%3E"))


def test_labels_helps_choices_and_rows_are_text(signed_in):
    from govline.core import Reason
    from govline.core.pages import Page, PageField, View

    kinds = ("text", "lines", "integer", "date", "choice", "choices", "flag", "file")
    fields = [
        PageField(
            f"a{at}",
            EVIL,
            kind,
            help=EVIL,
            value=EVIL,
            choices={EVIL: EVIL},
            autocomplete=EVIL,
            accept=[EVIL],
        )
        for at, kind in enumerate(kinds)
    ]
    view = View(EVIL, [], fields, EVIL)
    reasons = [Reason("GL-2103", EVIL, {"field": EVIL}), Reason("GL-2103", EVIL, {"field": "a0"})]
    signed_in.web._pages["demo/evil"] = Page("evil", EVIL, lambda _tx, _request: view, lambda *_: reasons)
    harmless(signed_in.get("/c/demo/evil"))
    harmless(signed_in.fill("/c/demo/evil"))
    harmless(signed_in.get("/"))


def test_paths_and_names_have_a_form(city):
    from govline.core.pages import Page, PageField
    from govline.errors import ConfigError, InputError

    page = Page("x", "x", lambda _tx, _request: None)
    for name in ("demo/a b", "demo/../x", "demo/", "Demo/x", "demo/x/y"):
        with pytest.raises(ConfigError) as caught:
            city.web.bind_pages({name: page})
        assert caught.value.code == "GL-8141"
    for name in ("_token", "", "a b", "あ", "a" * 61, "a\n"):
        with pytest.raises(InputError):
            PageField(name, "x")


def test_a_town_s_name_is_text(make_city, any_db, demo):
    city = make_city(any_db, demo)
    browser = Browser(city.web)
    object.__setattr__(city.web._routes.desk, "name", EVIL)
    harmless(browser.get("/"))


def test_links_of_features_run_no_script(signed_in, demo):
    from govline.core.pages import Link, LinkList, Page, View

    bad = [
        Link("x", url=url)
        for url in (
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "//evil.example",
            "http://plain.example",
        )
    ]
    signed_in.web._pages["demo/bad"] = Page("bad", "x", lambda _tx, _request: View("x", [LinkList(bad)]))
    html = signed_in.get("/c/demo/bad").body.decode()
    assert html.count('href="#"') == len(bad)
    assert "javascript" not in html.lower()


def test_headers_on_every_answer(signed_in):
    for answer in (
        signed_in.get("/"),
        signed_in.get("/c/demo/form"),
        signed_in.get("/nowhere"),
        signed_in.get("/c/demo/broken"),
        signed_in.get("/sign-in", follow=False),
        signed_in.post("/c/demo/form", {}),
    ):
        headers = dict(answer.headers)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
    html = signed_in.get("/c/demo/form").body.decode()
    assert "<script" not in html
    assert "style=" not in html
    outside = [
        url
        for url in re.findall(r'(?:src|href|action)="([^"]*)"', html)
        if not url.startswith(("/pages", "#"))
    ]
    assert outside == []


def test_cookies_are_out_of_reach(make_city, any_db, demo, monkeypatch):
    monkeypatch.setenv("GOVLINE_WEB_URL", "https://town.example/pages")
    far = Browser(make_city(any_db, demo).web)
    given = dict(far.get("/c/demo/form").headers)["set-cookie"]
    assert "; HttpOnly; SameSite=Lax; Secure" in given
    assert "; Path=/pages;" in given
    monkeypatch.setenv("GOVLINE_WEB_URL", BASE)
    near = Browser(make_city(any_db, demo).web)
    assert "Secure" not in dict(near.get("/c/demo/form").headers)["set-cookie"]


# --- paths and methods ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/static/../service.py",
        "/static/..%2f..%2fservice.py",
        "/static/%2e%2e/service.py",
        "/static//etc/passwd",
        "/static/web.css",
        "/static/web.css\0.png",
        "/static/",
        "/c/demo/../../staff",
        "/c/demo/form/..",
        "/c/demo/desk",
        "/c/../../etc/passwd",
        "/c/demo/nope",
        "/l/../../etc",
        "//evil.example",
        "/staff/demo/form",
        "/.env",
        "/c/demo/" + "x" * 5000,
    ],
)
def test_no_path_leads_anywhere_else(signed_in, path):
    refused(signed_in.get(path), "GL-8125", 404)


def test_our_own_files_have_stamped_names(signed_in):
    html = signed_in.get("/").body.decode()
    (css,) = re.findall(r'href="/pages(/static/web-[0-9a-f]{12}\.css)"', html)
    answer = signed_in.get(css)
    assert (answer.status, answer.media_type) == (200, "text/css; charset=utf-8")
    assert "immutable" in dict(answer.headers)["cache-control"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods(signed_in, method):
    refused(signed_in.request(method, "/pages/c/demo/form"), "GL-8126", 405)


def test_a_page_without_a_form_takes_none(signed_in):
    signed_in.get("/c/demo/form")
    refused(signed_in.post("/c/demo/quiet", signed_in.hidden()), "GL-8126", 405)


# --- sizes and floods -------------------------------------------------------------------------------------------------


def test_a_flood_of_bytes_or_fields(signed_in):
    kind = {"content-type": "application/x-www-form-urlencoded"}
    refused(
        signed_in.request("POST", "/pages/c/demo/form", body=b"a" * (MOST_BODY + 1), headers=kind),
        "GL-8120",
        413,
    )
    refused(signed_in.request("POST", "/pages/c/demo/form", body=b"a=&" * 600, headers=kind), "GL-8123", 400)
    refused(
        signed_in.request(
            "POST", "/pages/c/demo/form", body=b"{}", headers={"content-type": "application/json"}
        ),
        "GL-8123",
        400,
    )


def test_the_hook_slows_down(make_city, any_db, demo):
    asked = []

    def limit(kind, client):
        asked.append((kind, client))
        return 1.0 if len(asked) > 2 else 0.0

    browser = Browser(make_city(any_db, demo, made={"limit": limit}).web)
    assert browser.get("/").status == 200
    assert browser.get("/sign-in/done").status == 400
    answer = browser.get("/")
    refused(answer, "GL-8124", 429)
    assert asked == [("get", "127.0.0.1"), ("sign-in", "127.0.0.1"), ("get", "127.0.0.1")]


# --- other towns ------------------------------------------------------------------------------------------------------


@pytest.fixture
def neighbour(tmp_path, clock, keys, login_environment):
    """Another town in the same process, on the same keys and the same LINE Login channel."""
    database = Database.open(f"sqlite:///{tmp_path}/other.db", town="minato", clock=clock, keys=keys)
    city = City(database, [Demo(), (WebFeature(), {"login_channel": "1650000001"})], name="みなと市")
    with city.prepare():
        yield city


def test_a_session_of_another_town_opens_nothing(signed_in, neighbour):
    stolen = signed_in.cookies["gl-hinata"]
    thief = Browser(neighbour.web)
    thief.cookies["gl-minato"] = stolen
    refused(thief.get("/c/demo/form"), "GL-8112", 403)
    refused(thief.post("/c/demo/form", {"_token": signed_in.hidden().get("_token", "")}), "GL-8112", 403)
    thief.cookies["gl-minato"] = stolen.replace("hinata.", "minato.")
    assert thief.get("/c/demo/form").status == 303


def test_a_link_of_another_town_opens_nothing(city, neighbour, clock):
    from datetime import timedelta

    made = city.run(lambda tx: city.web.link(tx, "demo/quiet", expires=clock.now() + timedelta(days=1)))
    token = made.rpartition("/")[2]
    refused(Browser(neighbour.web).get(f"/l/{token}"), "GL-8112", 403)
    refused(Browser(neighbour.web).get(f"/l/{token.replace('hinata', 'minato')}"), "GL-8113", 404)
    assert city.read(lambda tx: open_link(tx, token)).page == "demo/quiet"


# --- leaks ------------------------------------------------------------------------------------------------------------


def test_an_error_page_says_a_code_and_nothing_else(signed_in, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = signed_in.get("/c/demo/broken")
    refused(answer, "GL-8127", 500)
    assert "RuntimeError" not in text_of(answer)
    assert "RuntimeError" in caplog.text
    assert "花子" not in caplog.text + text_of(answer)


def test_no_personal_data_in_logs_reprs_and_rows(signed_in, demo, hana, caplog, city):
    canary = ("佐藤 花子", "090-1234-5678", hana.user_id)
    with caplog.at_level(logging.DEBUG):
        signed_in.fill("/c/demo/form", do="keep", who=canary[0], about=canary[1])
        signed_in.fill("/c/demo/form", who=canary[0], about=canary[1], count="x")
        signed_in.fill("/c/demo/form", who=canary[0], about=canary[1])
        signed_in.get("/c/demo/broken")
        signed_in.fill("/c/demo/form", who=canary[0], _token="x")
    ask = signed_in.seen
    spoken = [
        caplog.text,
        repr(ask),
        repr(city.web._routes),
        repr(signed_in.web.settings),
        repr(demo.taken[0][1]),
    ]
    assert not [word for word in canary for text in spoken if word in text]
    assert not [token for token in signed_in.cookies.values() if token and token in "".join(spoken)]
    with city.begin() as tx:
        for table in ("session", "spent", "draft", "submission", "link", "staff"):
            rows = tx.connection.exec_driver_sql(f"SELECT * FROM gl_web_{table}").all()
            assert not [word for word in canary if word in str(rows)]
            assert not [token for token in signed_in.cookies.values() if token and token in str(rows)]


def test_the_safe_headers_are_one_function():
    from govline.web import Answer

    assert ("x-frame-options", "DENY") in safe(Answer()).headers
