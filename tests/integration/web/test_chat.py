"""A word in the chat leads to a page; without an address the citizen still hears something."""

import pytest

from govline.core import Input, TalkContext
from govline.errors import ConfigError


@pytest.fixture
def any_db(sqlite_db):
    return sqlite_db


@pytest.fixture
def say(make_city, any_db, demo):
    city = make_city(any_db, demo, words={"申込": "demo/form"})

    def said(text, kind="text"):
        def work(tx):
            return city.router.answer(tx, TalkContext("c-1", tx.now), Input(kind, text))

        found = city.run(work)
        return found and [message.to_line() for message in found]

    return said


def test_a_word_gets_a_button(say):
    (message,) = say(" 申込 ")
    (action,) = message["template"]["actions"]
    assert action == {"type": "uri", "label": "画面を開く", "uri": "http://127.0.0.1:8999/pages/c/demo/form"}
    assert say("申込書") is None
    assert say("申込", "image") is None


def test_a_town_without_an_address_says_so(say, monkeypatch, caplog):
    monkeypatch.delenv("GOVLINE_WEB_URL")
    (message,) = say("申込")
    assert "開けません" in message["text"]
    assert "GL-8140" in caplog.text


def test_a_word_without_a_page_is_refused_at_once(make_city, any_db, demo):
    for page in ("demo/nope", "demo/desk"):
        with pytest.raises(ConfigError) as caught:
            make_city(any_db, demo, words={"申込": page})
        assert caught.value.code == "GL-8141"
