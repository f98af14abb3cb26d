"""Where the database is busy or away a page offers the same request again, and what was sent still happens once."""

import logging
import sqlite3
from html import unescape
from re import search

import pytest

from govline.errors import StoreError, UnitTimeout

WHO = "佐藤 花子"


def lost():
    return StoreError("the connection was lost while committing", code="GL-1005")


def away():
    return StoreError("the database gave no connection in time", code="GL-1016")


def full():
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"
    return error


def tap(browser):
    """The button of the page that says to try again."""
    html = browser.seen.body.decode()
    form = search(
        r'<form method="(\w+)" action="([^"]*)">(.*?)</form>', html.split("<main", 1)[1].replace("\n", "")
    )
    hidden = browser.hidden()
    return browser.request(form[1].upper(), unescape(form[2]), form=hidden if form[1] == "post" else None)


@pytest.fixture
def failing(city, monkeypatch):
    """The next unit fails: before it is written, or after."""

    def fail(error, *, written):
        run = city.database.run

        def once(work, **more):
            monkeypatch.setattr(city.database, "run", run)
            if written:
                run(work, **more)
            raise error

        monkeypatch.setattr(city.database, "run", once)

    return fail


@pytest.mark.parametrize(
    "failure",
    [(lost(), True), (lost(), False), (away(), False), (full(), False), (UnitTimeout("late"), False)],
)
def test_a_form_comes_again_and_happens_once(signed_in, demo, failing, caplog, failure):
    error, written = failure
    signed_in.get("/c/demo/form?topic=a%26b")
    sent = {**signed_in.hidden(), "_do": "send", "who": WHO, "about": 'a"<b>'}
    failing(error, written=written)
    with caplog.at_level(logging.DEBUG):
        answer = signed_in.post("/c/demo/form?topic=a%26b", sent)
    assert (answer.status, dict(answer.headers)["retry-after"]) == (503, "5")
    assert "GL-8128" in answer.body.decode()
    assert "GL-8128" in caplog.text
    assert "花子" not in caplog.text
    assert "受け付けました" in tap(signed_in).body.decode()
    ((key, _, values),) = demo.taken
    assert (key, values["who"], values["about"]) == (sent["_key"], WHO, 'a"<b>')


def test_a_page_comes_again(signed_in, city, monkeypatch):
    def away_now(_work):
        raise away()

    with monkeypatch.context() as broken:
        broken.setattr(city.database, "read", away_now)
        assert signed_in.get("/c/demo/quiet?a=1&b=2").status == 503
    assert signed_in.hidden() == {"a": "1", "b": "2"}
    assert tap(signed_in).status == 200


def test_neither_passwords_nor_files_come_back(signed_in, clerk, city, monkeypatch):
    def away_now(_work, **_more):
        raise away()

    form = clerk.fill("/staff/sign-in", name="yamada", password="wrong").body  # the form, before all is away
    assert form
    monkeypatch.setattr(city.database, "read", away_now)
    monkeypatch.setattr(city.database, "run", away_now)
    answer = clerk.post("/staff/sign-in", {**clerk.hidden(), "name": "yamada", "password": "correct horse"})
    assert answer.status == 503
    assert b"correct horse" not in answer.body
    body = (
        b'--x\r\ncontent-disposition: form-data; name="who"\r\n\r\nA\r\n'
        b'--x\r\ncontent-disposition: form-data; name="photo"; filename="a.png"\r\n\r\nB\r\n--x--\r\n'
    )
    kind = {"content-type": "multipart/form-data; boundary=x"}
    answer = signed_in.request("POST", "/pages/c/demo/form", body=body, headers=kind)
    assert answer.status == 503
    assert b'name="who"' not in answer.body
