"""Unguessable links: open without signing in, expire, may be used once, and carry facts that no address shows."""

from datetime import timedelta

import pytest

from govline.errors import ConfigError

from .conftest import BASE, Browser, text_of


def make(city, clock, page="demo/form", *, days=1, **rest):
    expires = clock.now() + timedelta(days=days)
    return city.run(lambda tx: city.web.link(tx, page, expires=expires, **rest)).removeprefix(BASE)


def test_a_link_opens_its_page_for_whoever_holds_it(city, clock, demo):
    path = make(city, clock, facts={"words": "番号 A-7"})
    assert len(path.partition("/l/hinata.")[2]) >= 43
    browser = Browser(city.web)
    answer = browser.get(path)
    assert "番号 A-7" in text_of(answer)
    assert "ログアウト" not in text_of(answer)
    done = browser.fill(path, who="花子")
    assert "受付番号" in text_of(done)
    browser.fill(path, who="花子")
    assert len(demo.taken) == 2
    with city.begin() as tx:
        rows = tx.connection.exec_driver_sql("SELECT * FROM gl_web_link").all()
    assert path.rpartition(".")[2] not in str(rows)
    assert "A-7" not in str(rows)


def test_a_link_for_one_use(city, clock, demo):
    path = make(city, clock, once=True)
    browser, slow = Browser(city.web), Browser(city.web)
    slow.get(path)
    browser.get(path)
    form = {**browser.hidden(), "_do": "send", "who": "花子"}
    first = browser.post(path, form)
    again = browser.post(path, form)  # the same tap twice shows the same page
    assert first.status == again.status == 200
    assert "受付番号" in text_of(again)
    late = slow.post(path, {**slow.hidden(), "_do": "send", "who": "他"})
    assert late.status == 404
    assert "GL-8113" in text_of(late)
    assert len(demo.taken) == 1
    assert Browser(city.web).get(path).status == 404


def test_a_link_expires(city, clock):
    path = make(city, clock, days=1)
    clock.advance(timedelta(days=1))
    answer = Browser(city.web).get(path)
    assert answer.status == 404
    assert "GL-8113" in text_of(answer)
    clock.advance(timedelta(days=2))
    assert city.run(city.web.purge) == 1


def test_a_guess_is_refused(city):
    answer = Browser(city.web).get(f"/l/hinata.{'A' * 43}")
    assert answer.status == 404
    assert "GL-8113" in text_of(answer)


def test_a_link_of_a_citizen_acts_as_them(city, clock, demo):
    path = make(city, clock, citizen="c-1")
    Browser(city.web).fill(path, who="花子")
    (_, actor, _) = demo.taken[0]
    assert (actor.kind, actor.id) == ("citizen", "c-1")


def test_addresses_of_pages(city, clock, monkeypatch):
    assert city.web.url("demo/form", {"slot": "a b"}) == f"{BASE}/c/demo/form?slot=a+b"
    assert city.web.url("demo/desk") == f"{BASE}/staff/demo/desk"
    for wrong in (lambda: city.web.url("demo/nope"), lambda: make(city, clock, "demo/desk")):
        with pytest.raises(ConfigError) as caught:
            wrong()
        assert caught.value.code == "GL-8141"
    monkeypatch.delenv("GOVLINE_WEB_URL")
    with pytest.raises(ConfigError) as caught:
        city.web.url("demo/form")
    assert caught.value.code == "GL-8140"
