"""Signing in with LINE, walked over HTTP with the simulator's LINE Login; and everybody who must not come in."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from govline.core import FixedClock
from govline.simulator.identity import IdTokens
from govline.store import identity
from govline.web import LiffConfig

from .conftest import BASE, SECRET, Browser, authorize, text_of


@pytest.fixture
def any_db(sqlite_db):
    """One engine is enough here: what a visitor sees does not depend on it (forms, links and staff run on both)."""
    return sqlite_db


def location(answer):
    return dict(answer.headers)["location"]


def refused(answer, code, status):
    assert answer.status == status, answer.body.decode()
    assert code in text_of(answer)
    return True


def test_a_citizen_signs_in_and_is_the_one_of_the_chat(browser, sign_in, hana, city):
    answer = sign_in(browser, hana)
    assert answer.status == 200
    assert "申込" in answer.body.decode()
    known = city.read(lambda tx: identity.find_citizen(tx, hana.user_id))
    with city.begin() as tx:
        rows = tx.connection.exec_driver_sql("SELECT hash, kind, subject FROM gl_web_session").all()
    assert [(kind, subject) for _, kind, subject in rows] == [("citizen", known)]
    assert browser.cookies["gl-hinata"] not in rows[0][0]
    assert "gl-hinata-in" not in browser.cookies


def test_the_way_back_keeps_the_address(browser, sign_in, hana):
    answer = sign_in(browser, hana, "/c/demo/form?slot=a-1")
    assert 'action="/pages/c/demo/form?slot=a-1"' in answer.body.decode()


def test_what_line_is_asked(browser):
    asked = dict(parse_qsl(urlsplit(location(browser.get("/c/demo/form"))).query))
    assert asked["client_id"] == "1650000001"
    assert asked["redirect_uri"] == f"{BASE}/sign-in/done"
    assert (asked["scope"], asked["code_challenge_method"]) == ("openid", "S256")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert all(len(asked[name]) >= 43 for name in ("state", "nonce", "code_challenge"))


def test_the_session_is_fresh_at_every_sign_in_and_gone_at_sign_out(signed_in, sign_in, hana, city):
    first = signed_in.cookies["gl-hinata"]
    sign_in(signed_in, hana, answer=signed_in.get("/sign-in?back=/c/demo/form"))
    second = signed_in.cookies["gl-hinata"]
    assert first != second
    signed_in.cookies["gl-hinata"] = first
    assert signed_in.get("/c/demo/form").status == 303  # a planted or stolen old one opens nothing
    signed_in.cookies["gl-hinata"] = second
    signed_in.get("/c/demo/form")
    signed_in.post("/sign-out", {"_token": signed_in.hidden()["_token"]})
    assert "gl-hinata" not in signed_in.cookies
    with city.begin() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM gl_web_session").scalar() == 0


def test_a_session_ends_by_itself(signed_in, clock):
    assert signed_in.get("/c/demo/form").status == 200
    clock.advance(timedelta(hours=12))
    assert signed_in.get("/c/demo/form").status == 303


def test_another_browser_cannot_finish_a_sign_in(city, browser, simulator, hana):
    """Login CSRF: the attacker's code in the victim's browser, or the victim's in the attacker's."""
    back = authorize(simulator, location(browser.get("/c/demo/form")), hana)
    query = urlsplit(back).query
    stranger = Browser(city.web)
    refused(stranger.get(f"/sign-in/done?{query}"), "GL-8108", 400)
    stranger.get("/c/demo/form")
    refused(stranger.get(f"/sign-in/done?{query}"), "GL-8108", 400)
    assert "gl-hinata" not in stranger.cookies


def test_a_sign_in_happens_once_and_soon(browser, simulator, hana, clock):
    answer = browser.get("/c/demo/form")
    cookie = browser.cookies["gl-hinata-in"]
    query = urlsplit(authorize(simulator, location(answer), hana)).query
    assert browser.get(f"/sign-in/done?{query}").status == 200
    browser.cookies["gl-hinata-in"] = cookie
    refused(browser.get(f"/sign-in/done?{query}"), "GL-8107", 502)  # the code is spent at LINE's
    query = urlsplit(authorize(simulator, location(browser.get("/sign-in?back=/c/demo/form")), hana)).query
    clock.advance(timedelta(minutes=10))
    refused(browser.get(f"/sign-in/done?{query}"), "GL-8108", 400)


def test_a_replayed_token_is_refused_though_line_would_give_it_again(
    city, browser, simulator, hana, monkeypatch
):
    answer = browser.get("/c/demo/form")
    cookie = browser.cookies["gl-hinata-in"]
    query = urlsplit(authorize(simulator, location(answer), hana)).query
    fetch, kept = city.web.settings.login.fetch, {}

    def remembering(url, form=None):
        if form is not None and "token" in kept:
            return kept["token"]
        got = fetch(url, form)
        if form is not None:
            kept["token"] = got
        return got

    object.__setattr__(city.web.settings.login, "fetch", remembering)
    assert browser.get(f"/sign-in/done?{query}").status == 200
    browser.cookies["gl-hinata-in"] = cookie
    refused(browser.get(f"/sign-in/done?{query}"), "GL-8105", 401)


def test_who_says_no_at_line_is_told_so(browser):
    answer = browser.get("/c/demo/form")
    state = dict(parse_qsl(urlsplit(location(answer)).query))["state"]
    said = browser.get(f"/sign-in/done?{urlencode({'error': 'access_denied', 'state': state})}")
    refused(said, "GL-8107", 403)
    assert "/pages/sign-in?back=%2Fc%2Fdemo%2Fform&amp;go=1" in said.body.decode()


def test_line_away(city, browser, simulator, hana, monkeypatch):
    query = urlsplit(authorize(simulator, location(browser.get("/c/demo/form")), hana)).query
    monkeypatch.setenv("GOVLINE_LINE_API", "http://127.0.0.1:9")
    refused(browser.get(f"/sign-in/done?{query}"), "GL-8107", 502)


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/c/demo/form@evil",
        "/c/../staff",
        "/c/demo/form?q=\r\nx",
        "javascript:alert(1)",
    ],
)
def test_a_sign_in_never_leads_out_of_the_town(browser, sign_in, hana, back):
    answer = browser.get(f"/sign-in?{urlencode({'back': back})}")
    landed = sign_in(browser, hana, answer=answer)
    assert landed.status == 200
    assert "手続きの一覧" in landed.body.decode()


def forged(claims=None, *, clock, hana, **rest):
    return IdTokens(clock).issue(hana, "1650000001", **(claims or {}), **rest)


@pytest.fixture
def liff_browser(make_city, any_db, demo):
    city = make_city(any_db, demo, liff=LiffConfig(id="1650000001-abcdefgh").model_dump())
    return Browser(city.web)


def by_liff(browser, token):
    browser.get("/c/demo/form")
    return browser.post("/sign-in/liff", {**browser.hidden(), "id_token": token})


def test_liff_hands_over_its_token(liff_browser, simulator, hana):
    page = liff_browser.get("/c/demo/form")
    html, headers = page.body.decode(), dict(page.headers)
    assert 'data-liff="1650000001-abcdefgh"' in html
    assert 'src="https://static.line-scdn.net/liff/edge/2/sdk.js"' in html
    assert "script-src 'self' https://static.line-scdn.net;" in headers["content-security-policy"]
    assert "LINEでログイン" in html  # without JavaScript
    token = simulator.world.id_tokens.issue(hana, "1650000001")
    assert "申込" in by_liff(liff_browser, token).body.decode()
    form = liff_browser.get("/c/demo/form")
    assert "script" not in dict(form.headers)["content-security-policy"]
    liff_browser.cookies.clear()
    refused(by_liff(liff_browser, token), "GL-8105", 401)  # the same token once more: a replay
    assert "gl-hinata" not in liff_browser.cookies


def test_tokens_of_others_bring_nobody_in(liff_browser, simulator, hana, clock):
    genuine = simulator.world.id_tokens
    cases = {
        "GL-8102": forged(clock=clock, hana=hana),
        "GL-8103": genuine.issue(hana, "1650000001", lifetime=-100),
        "GL-8104": genuine.issue(hana, "1650000099"),
        "GL-8101": "not-a-token",
    }
    for code, token in cases.items():
        refused(by_liff(liff_browser, token), code, 401)
    # LIFF's tokens are ES256: the channel secret proves nothing here
    refused(by_liff(liff_browser, genuine.issue(hana, "1650000001", secret=SECRET)), "GL-8102", 401)
    late = IdTokens(FixedClock(clock.now() + timedelta(hours=1)))
    late._key = genuine._key
    refused(by_liff(liff_browser, late.issue(hana, "1650000001")), "GL-8103", 401)
    assert "gl-hinata" not in liff_browser.cookies


def test_liff_needs_a_sign_in_that_this_browser_began(liff_browser, simulator, hana):
    token = simulator.world.id_tokens.issue(hana, "1650000001")
    refused(liff_browser.post("/sign-in/liff", {"id_token": token, "_token": "x"}), "GL-8110", 403)
    liff_browser.get("/c/demo/form")
    refused(liff_browser.post("/sign-in/liff", {"id_token": token, "_token": "x"}), "GL-8110", 403)


def test_a_town_without_a_login_channel_says_so(make_city, any_db, demo):
    browser = Browser(make_city(any_db, demo, login_channel="").web)
    refused(browser.get("/c/demo/form"), "GL-8107", 503)


@pytest.mark.parametrize(("lang", "tag"), [("en", "en"), ("ja-easy", "ja")])
def test_the_language_that_was_chosen_before_signing_in_stays(browser, sign_in, hana, lang, tag):
    page = sign_in(browser, hana, f"/c/demo/form?lang={lang}")
    assert f'<html lang="{tag}">' in page.body.decode()
    assert browser.cookies["gl-lang"] == lang
    word = {"en": "Sign out", "ja-easy": "ことば"}[lang]
    for later in ("/c/demo/form", "/"):
        assert f'<html lang="{tag}">' in browser.get(later).body.decode()
        assert browser.get(later).body.decode().count(word) == page.body.decode().count(word)


def test_the_language_stays_for_staff_who_sign_in(browser):
    browser.get("/staff?lang=en")
    assert '<html lang="en">' in browser.get("/staff/sign-in").body.decode()


def test_an_address_that_asks_for_no_language_of_ours_leaves_nothing(browser):
    browser.get("/c/demo/form?lang=xx", follow=False)
    assert "gl-lang" not in browser.cookies
