"""Forms as citizens live through them: mistakes, drafts, sending twice, a session that ends in between."""

import threading
from datetime import date, timedelta

from govline.store import identity, outbox

from .conftest import Browser, text_of


def draft_rows(city):
    with city.begin() as tx:
        return tx.connection.exec_driver_sql("SELECT sealed FROM gl_web_draft").all()


GOOD = {
    "who": "佐藤 花子",
    "about": "保育\n相談",
    "count": "3",
    "day": "2026-12-01",
    "ward": "a",
    "topics": ["x", "y"],
}


def test_a_form_is_taken_and_told_in_the_chat(signed_in, demo, city, hana):
    signed_in.fill("/c/demo/form", do="keep", who="x")
    done = signed_in.fill("/c/demo/form", **GOOD)
    assert done.status == 200
    assert "受付番号" in text_of(done)
    ((key, actor, values),) = demo.taken
    assert values == {
        **GOOD,
        "count": 3,
        "day": date(2026, 12, 1),
        "topics": ("x", "y"),
        "agree": False,
        "photo": None,
    }
    assert (actor.kind, actor.channel) == ("citizen", "web")
    citizen = city.read(lambda tx: identity.find_citizen(tx, hana.user_id))
    assert actor.id == citizen
    assert draft_rows(city) == []
    (entry,) = city.read(lambda tx: outbox.list(tx))
    assert entry.topic == "line.push"
    assert key
    assert signed_in.get("/c/demo/form").status == 200


def test_sending_twice_is_sending_once(signed_in, demo):
    signed_in.get("/c/demo/form")
    form = {**signed_in.hidden(), "_do": "send", **GOOD}
    first = signed_in.post("/c/demo/form", form)
    second = signed_in.post("/c/demo/form", {**form, "who": "別の名前"})
    assert first.body == second.body
    assert len(demo.taken) == 1
    signed_in.fill("/c/demo/form", **GOOD)
    assert len(demo.taken) == 2  # a new form is a new submission


def test_two_taps_at_the_same_time_are_one(signed_in, demo, city):
    signed_in.get("/c/demo/form")
    form = {**signed_in.hidden(), "_do": "send", **GOOD}
    answers = []

    def send():
        twin = Browser(city.web)
        twin.cookies = dict(signed_in.cookies)
        answers.append(twin.post("/c/demo/form", form))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {200}
    with city.begin() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM gl_web_submission").scalar() == 1
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM gl_outbox").scalar() == 1
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM gl_audit").scalar() == 1


def test_mistakes_are_named_together_and_nothing_is_lost(signed_in, demo):
    answer = signed_in.fill("/c/demo/form", who="", count="20", day="あした", ward="a", about="長い話")
    html = answer.body.decode()
    assert answer.status == 422
    assert "入力を確認してください(3件)" in text_of(answer)
    assert html.count('aria-invalid="true"') == 3
    assert 'href="#f-who"' in html
    assert 'aria-describedby="f-who-help f-who-wrong"' in html
    assert "長い話" in html
    assert 'value="a" checked' in html
    assert demo.taken == []


def test_the_page_may_refuse_with_a_reason_and_nothing_is_written(signed_in, demo, city):
    demo.refuse = ["その日は満員です"]
    answer = signed_in.fill("/c/demo/form", **GOOD)
    assert answer.status == 422
    assert "その日は満員です" in text_of(answer)
    with city.begin() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM gl_web_submission").scalar() == 0
    demo.refuse = []
    key = signed_in.hidden(answer)["_key"]
    assert signed_in.post("/c/demo/form", {**signed_in.hidden(answer), **GOOD, "_do": "send"}).status == 200
    assert demo.taken[0][0] == key


def test_a_half_filled_form_waits_sealed(signed_in, demo, city, clock):
    answer = signed_in.fill("/c/demo/form", do="keep", who="佐藤 花子", count="のちほど")
    assert "7日以内に" in text_of(answer)
    ((sealed,),) = draft_rows(city)
    assert "佐藤" not in sealed
    clock.advance(timedelta(hours=1))
    again = signed_in.get("/c/demo/form")
    assert 'value="佐藤 花子"' in again.body.decode()
    assert "前回の入力の続き" in text_of(again)
    assert "入力を取り消して最初から" in text_of(again)
    signed_in.post("/c/demo/form", {**signed_in.hidden(again), "_do": "discard"})
    assert draft_rows(city) == []
    assert demo.taken == []


def test_an_individual_number_is_neither_kept_nor_shown(signed_in, demo, clock, sign_in, hana):
    number = "1234 5678 9018"
    refused = signed_in.fill("/c/demo/form", who="花子", about=f"番号は{number}です")
    assert refused.status == 422
    assert "個人番号" in text_of(refused)
    signed_in.post("/c/demo/form", {**signed_in.hidden(), "_do": "keep", "who": "花子", "about": number})
    clock.advance(timedelta(hours=13))
    signed_in.post("/c/demo/form", {**signed_in.hidden(), "_do": "send", "who": "花子", "about": number})
    again = sign_in(signed_in, hana, answer=signed_in.get("/sign-in?back=/c/demo/form&go=1"))
    assert 'value="花子"' in again.body.decode()
    assert "9018" not in refused.body.decode() + again.body.decode()
    assert demo.taken == []


def test_a_draft_expires_and_is_purged(signed_in, city, clock, sign_in, hana):
    signed_in.fill("/c/demo/form", do="keep", who="佐藤 花子")
    clock.advance(timedelta(days=8, hours=1))
    sign_in(signed_in, hana)
    assert "佐藤" not in signed_in.get("/c/demo/form").body.decode()
    city.run(city.web.purge)
    assert draft_rows(city) == []


def test_a_draft_of_one_address_is_not_that_of_another(signed_in):
    signed_in.fill("/c/demo/form?slot=1", do="keep", who="はな")
    assert "はな" not in signed_in.get("/c/demo/form?slot=2").body.decode()
    assert "はな" in signed_in.get("/c/demo/form?slot=1").body.decode()


def test_a_session_that_ended_while_somebody_wrote_loses_nothing(signed_in, demo, clock, sign_in, hana):
    """After entering everything the last button returns to page 1: not here."""
    signed_in.get("/c/demo/form")
    form = {**signed_in.hidden(), "_do": "send", **GOOD}
    clock.advance(timedelta(hours=13))
    answer = signed_in.post("/c/demo/form", form)
    assert answer.status == 401
    assert "下書きに残しました" in text_of(answer)
    assert demo.taken == []
    landed = sign_in(signed_in, hana, answer=signed_in.get("/sign-in?back=/c/demo/form&go=1"))
    assert 'value="佐藤 花子"' in landed.body.decode()
    signed_in.post("/c/demo/form", {**signed_in.hidden(landed), **GOOD, "_do": "send"})
    assert len(demo.taken) == 1


def test_a_result_is_shown_to_its_owner_only(signed_in, city, sign_in, simulator):
    signed_in.fill("/c/demo/form", **GOOD)
    key = signed_in.seen
    assert "A-1" in key.body.decode()
    with city.begin() as tx:
        assert (
            tx.connection.exec_driver_sql("SELECT sealed FROM gl_web_submission").scalar().count("A-1") == 0
        )
    other = Browser(city.web)
    sign_in(other, simulator.world.add_citizen("鈴木"))
    assert "A-1" not in other.get("/c/demo/form?done=x").body.decode()


def test_erasing_a_citizen_leaves_nothing(signed_in, city, hana):
    signed_in.fill("/c/demo/form", **GOOD)
    signed_in.fill("/c/demo/form", do="keep", who="佐藤")
    citizen = city.read(lambda tx: identity.find_citizen(tx, hana.user_id))
    city.run(lambda tx: city.web.erase(tx, citizen))
    with city.begin() as tx:
        for table in ("session", "draft", "submission", "link"):
            assert tx.connection.exec_driver_sql(f"SELECT count(*) FROM gl_web_{table}").scalar() == 0


def test_languages(signed_in):
    english = signed_in.get("/c/demo/form?lang=en")
    assert '<html lang="en">' in english.body.decode()
    assert "required" in text_of(english)
    assert "required" in text_of(signed_in.get("/c/demo/form"))  # remembered
    easy = signed_in.get("/c/demo/form?lang=ja-easy")
    assert '<html lang="ja">' in easy.body.decode()
    assert "かならず" in text_of(easy)
    signed_in.cookies.pop("gl-lang")
    assert "必須" in text_of(signed_in.get("/c/demo/form", headers={"accept-language": "zh-TW"}))
    assert "required" in text_of(signed_in.get("/c/demo/form", headers={"accept-language": "en-US,en"}))
