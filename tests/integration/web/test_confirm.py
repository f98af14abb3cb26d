"""The page to confirm (確認画面): entries once more, nothing sent before, correction loses nothing."""

import pytest

from govline.core.pages import Page, PageField, Paragraph, Submitted, View
from govline.core.values import DataClass
from govline.errors import InputError
from govline.store import outbox

from .conftest import text_of

GOOD = {"who": "佐藤 花子", "about": "一行目\n二行目", "count": "3", "ward": "a", "topics": ["x", "y"]}


@pytest.fixture
def any_db(sqlite_db):
    """One engine is enough here: what a visitor sees does not depend on it (forms, links and staff run on both)."""
    return sqlite_db


@pytest.fixture
def asking(signed_in, demo):
    """The demo's form, confirmed first; what it took."""
    fields = [each for each in demo.fields() if each.kind != "file"]
    fields.append(PageField("word", "合言葉", data=DataClass.SECRET))
    view, taken = View("申込", [Paragraph("ご記入ください。")], fields, "申し込む", confirm=True), []

    def submit(_tx, request, values):
        taken.append((request.key, dict(values)))
        return Submitted("受け付けました", tell="受け付けました。")

    page = Page("sure", "申込", lambda _tx, _request: view, submit)
    signed_in.web._pages["demo/sure"] = page
    signed_in.taken = taken
    return signed_in


def count(city, table):
    with city.begin() as tx:
        return tx.connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()


def test_entries_are_shown_once_more_and_then_taken_once(asking, city):
    asked = asking.get("/c/demo/sure")
    assert "入力内容の確認へ進む" in text_of(asked)
    shown = asking.fill("/c/demo/sure", **GOOD, word="ひらけごま")
    assert shown.status == 200
    text = text_of(shown)
    for words in (
        "まだ送信されていません",
        "佐藤 花子",
        "一行目\n二行目",
        "あ地区",
        "防災\n子育て",
        "いいえ",
        "入力なし",
        "●●●●",
    ):
        assert words in text, words
    assert "ひらけごま" not in text
    assert asking.taken == []
    assert (count(city, "gl_web_draft"), count(city, "gl_web_submission")) == (1, 0)
    assert "佐藤 花子" in asking.get("/c/demo/sure?lang=en").body.decode()  # another language loses nothing
    sure = _carried(shown) | {"_do": "sure"}
    for _ in range(2):
        done = asking.post("/c/demo/sure", sure)
        assert "受け付けました" in text_of(done)
    ((_key, values),) = asking.taken
    assert (values["who"], values["count"], values["topics"], values["word"]) == (
        "佐藤 花子",
        3,
        ("x", "y"),
        "ひらけごま",
    )
    assert len(city.read(lambda tx: outbox.list(tx))) == 1
    assert count(city, "gl_web_draft") == 0


def test_correcting_brings_everything_back(asking):
    shown = asking.fill("/c/demo/sure", **GOOD)
    again = asking.post("/c/demo/sure", _carried(shown) | {"_do": "edit"})
    html = again.body.decode()
    assert 'value="佐藤 花子"' in html
    assert "一行目\n二行目" in html
    assert html.count(" checked") == 3
    assert asking.taken == []
    assert _carried(again)["_key"] == _carried(shown)["_key"]


def test_what_is_carried_is_checked_again(asking):
    shown = asking.fill("/c/demo/sure", **GOOD)
    refused = asking.post("/c/demo/sure", _carried(shown) | {"_do": "sure", "count": "99", "ward": "zzz"})
    assert refused.status == 422
    assert asking.taken == []
    for token in ("", "x" * 64):
        foreign = asking.post("/c/demo/sure", _carried(shown) | {"_do": "sure", "_token": token})
        assert (foreign.status, "GL-8110" in text_of(foreign)) == (403, True)
    assert asking.taken == []


def test_mistakes_are_said_before_anything_is_shown(asking):
    said = asking.fill("/c/demo/sure", **{**GOOD, "who": "", "about": "1234 5678 9018"})
    assert said.status == 422
    assert "まだ送信されていません" not in text_of(said)
    assert "9018" not in said.body.decode()


def test_a_session_that_ends_on_the_page_to_confirm_keeps_a_draft(asking, city, clock, sign_in, hana):
    from datetime import timedelta

    shown = asking.fill("/c/demo/sure", **GOOD)
    clock.advance(timedelta(hours=13))
    lost = asking.post("/c/demo/sure", _carried(shown) | {"_do": "sure"})
    assert (lost.status, asking.taken) == (401, [])
    assert "佐藤 花子" in sign_in(asking, hana, "/c/demo/sure").body.decode()


def test_a_file_cannot_be_confirmed():
    with pytest.raises(InputError):
        View("x", fields=[PageField("photo", "写真", "file")], confirm=True)


def _carried(answer):
    from html.parser import HTMLParser

    found = {}

    class Hidden(HTMLParser):
        def handle_starttag(self, tag, attrs):
            given = dict(attrs)
            if tag == "input" and given.get("type") == "hidden":
                found.setdefault(given["name"], []).append(given["value"])

    Hidden().feed(answer.body.decode().partition("</main>")[0])
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}
